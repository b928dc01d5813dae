"""From a bare machine to one that can hold worlds: engine, Compose, package mirror, base image."""
