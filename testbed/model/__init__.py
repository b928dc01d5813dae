"""The words of the testbed, and nothing else: frozen descriptions, no input or output."""
