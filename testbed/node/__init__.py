"""What runs on the worker node: one file or one folder each, standard library only, copied in. Nobody imports it."""
