"""A virtual machine with SELinux, and what is asked in it; see `python -m tests.vm -h`."""
