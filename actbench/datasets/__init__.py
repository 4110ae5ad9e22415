"""The datasets: what is known of each without loading it, and how each is read, split and scaled."""
