"""As GNU does: the same command on two copies of a tree, by GNU's program and by ours."""
