"""Installations that are recorded, and undone by their record."""
