"""What this machine can do for the testbed: each check is really tried, and each "no" has a cause and a remedy."""
