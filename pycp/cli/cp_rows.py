"""Rows of cp that take more than one line to explain, and its words for what cannot be combined."""

from pycp.cli.table import Option

TEE = Option(
    "--tee",
    value="=DIRECTORY",
    field="tee",
    collects="directory",
    help="put every SOURCE into DIRECTORY as well; it is read once for all destinations, and each "
    "of them fares as if it were the only one; may be given several times",
)
CLASHES = {
    ("hard_link", "symbolic_link"): "cannot make both hard and symbolic links",
    ("backup", "update"): "--backup is mutually exclusive with -n or --update=none-fail",
    ("reflink", "sparse"): "--reflink can be used only with --sparse=auto",
    ("tee", "overwrite"): "--tee cannot be combined with --interactive (-i)",
    ("tee", "no_target_directory"): "--tee cannot be combined with --no-target-directory (-T)",
    ("tee", "cluster"): "--tee cannot be combined with --cluster",
    ("tee", "manifest"): "with --tee, FILE of --manifest must be a name below each destination",
}
"""What is said of two fields that exclude each other."""
