"""--exclude and --exclude-from: what is left out."""
