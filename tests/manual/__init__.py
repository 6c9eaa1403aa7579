"""The manuals: complete, in order, and true."""
