"""Completion, in the real shells."""
