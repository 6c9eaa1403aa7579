"""Completion, as the real shells do it."""
