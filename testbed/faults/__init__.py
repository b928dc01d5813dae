"""What is broken on purpose, one small class per fault."""
