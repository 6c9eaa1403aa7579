"""Order: which entry is copied when."""
