"""Measures the authorization service: decisions per second, whole calls of the switch, memory, many callers at once."""
