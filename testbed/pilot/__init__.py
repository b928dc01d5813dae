"""The VO's side: a task queue, a factory that starts pilots on worker nodes, and what they reported."""
