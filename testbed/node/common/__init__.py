"""What several programs of a worker node need alike: it lies beside their folders, and knows none of them."""
