"""pycp: GNU cp and install, in Python."""

__version__ = "0.1.0"
