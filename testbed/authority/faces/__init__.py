"""What the service looks like on the wire, one file for each protocol."""
