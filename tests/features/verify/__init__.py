"""Copies that are read back, digests of what was copied, and a pace that is kept."""
