"""What holds the whole together: rooms, start-up, tools, packaging."""
