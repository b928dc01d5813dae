"""What runs on the worker node: one file each, standard library only, copied in. Nobody imports it."""
