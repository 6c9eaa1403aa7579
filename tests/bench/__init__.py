"""How fast: tables for people, and nothing that is a test; see `python -m tests.bench -h`."""
