"""Throw-away containers made from a site: engine, images, hosts, worlds."""
