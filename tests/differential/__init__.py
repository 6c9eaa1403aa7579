"""The same command in twin trees: GNU's program in one, ours in the other."""
