"""Cases of install, a file for each part of its specification."""
