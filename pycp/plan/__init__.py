"""What to do: reads the file system, never changes it."""
