"""SELinux where there is none: a kernel played in memory. What is true is asked in `tests.vm`."""
