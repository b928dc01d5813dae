"""SIGKILL to whoever has a hand in a payload's life, at each step of it, and what that leaves."""
