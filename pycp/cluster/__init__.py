"""Other machines that copy parts of a tree: by MPI, by Dask, or by any Executor of Python's."""
