"""--files-from and --files0-from: sources that a list names."""
