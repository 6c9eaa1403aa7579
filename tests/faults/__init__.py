"""What goes wrong: every call of a small copy in turn, and the system itself."""
