"""The test suite of pycp."""
