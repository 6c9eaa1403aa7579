"""What several processes copy together."""
