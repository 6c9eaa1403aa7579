"""Real builds that end in `make install`."""
