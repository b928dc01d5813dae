"""What the doctor tries inside a container: standard library only, one JSON object on standard output."""
