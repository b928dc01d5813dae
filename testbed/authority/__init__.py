"""The stub authorization service: one decision core, and Argus, SCAS, GUMS and modern faces over it."""
