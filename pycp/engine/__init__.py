"""Doing it: data, attributes, links, directories."""
