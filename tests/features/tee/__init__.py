"""Several destinations, and sources that are read once for all of them."""
