"""What is documented, a file for each subject; `testbed.model.oracle` says in which order the rules are asked."""
