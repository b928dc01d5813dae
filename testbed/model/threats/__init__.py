"""The catalogue of attacks, by stage."""
