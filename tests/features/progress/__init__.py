"""What is seen of a copy while it goes on."""
