"""-b, --backup and -S: the old file is kept under another name."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, TRY, install
from tests.tree import file

LISTED = (
    "Valid arguments are:\n  - 'none', 'off'\n  - 'simple', 'never'\n  - 'existing', 'nil'\n"
    f"  - 'numbered', 't'\n{TRY}"
)


@cases(
    install("b", "-bv a b", "a b"),
    install("b and nothing to keep", "-bv a n", "a"),
    install("b with an older backup", "-bv a b", "a b b~"),
    install("b with numbered backups", "-bv a b", "a b b.~3~"),
    install("b and the environment", "-bv a b", "a b", env={"VERSION_CONTROL": "numbered"}),
    install("b and an empty environment", "-bv a b", "a b", env={"VERSION_CONTROL": ""}),
    install("b and a bad environment", "-bv a b", "a b", env={"VERSION_CONTROL": "x"}, status=1),
    install("bad environment without b", "-v a b", "a b", env={"VERSION_CONTROL": "x"}),
    *(
        install(f"control {word}", f"--backup={word} -v a b", "a b b.~1~")
        for word in [
            "none",
            "off",
            "simple",
            "never",
            "existing",
            "nil",
            "numbered",
            "t",
            "num",
            "e",
        ]
    ),
    install(
        "control that is none",
        "--backup=x a b",
        "a b",
        status=1,
        stderr=f"pyinstall: invalid argument 'x' for 'backup type'\n{LISTED}",
    ),
    install(
        "control that is two",
        "--backup=n a b",
        "a b",
        status=1,
        stderr=f"pyinstall: ambiguous argument 'n' for 'backup type'\n{LISTED}",
    ),
    install("b keeps an earlier control", "--backup=t -b -v a b", "a b"),
    install("an empty control counts as none given", "--backup=t --backup= -v a b", "a b"),
    install("suffix", "-S .old -v a b", "a b"),
    install("empty suffix", ["-v", "-S", "", "a", "b"], "a b"),
    install("suffix with a slash", "-S x/y -v a b", "a b"),
    install("suffix of the environment", "-bv a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": ".e"}),
    install("suffix of the environment alone", "-v a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": ".e"}),
    install("numbers", "--backup=t -v a b", "a b b.~9~ b.~10~"),
    install("numbers in a directory", "--backup=t -v a c d", "a c d/a d/c d/c.~1~"),
    install("directory in the way", "--backup=simple -v a b", "a b b~/", status=1),
    install("symlink", "-bv a l", "a b l->b"),
    install("symlink to a directory with T", "-bTv a l", "a d/x l->d"),
    install("fifo", "-bv a p", "a p|"),
    install(
        "mode and times stay with the backup",
        "-bp -m 600 a b",
        {"a": file("A", age=5), "b": file("B", 0o4750, age=-5)},
    ),
    install("the source would be the backup", "-b a~ a", "a a~", status=1),
    install("the source would be the backup by suffix", "-S .x a.x a", "a a.x", status=1),
    install("the source would be the backup in a directory", "-b d/a~ d/a", "d/a d/a~", status=1),
    install("the source is a numbered backup", "--backup=t -v a.~1~ a", "a a.~1~"),
    install("long name", ["-bv", "a", "n" * 255], {"a": "A", "n" * 255: "N"}),
    install("unwritable directory", "-b a d", "a d/a d/@0555", status=1, who=BOTH),
    install("missing source", "-bv nosuch b", "b", status=1),
    install("directory as source", "-bv s b", "s/ b", status=1),
    install(
        "full disk",
        "# mount -t tmpfs -o size=64k none m && echo old > m/b && "
        "pyinstall -bv big m/b; echo $?; ls -l m | cut -c 1-10; cat m/b",
        {"big": file("b" * 200_000), "m/x": "x"},
    ),
)
def test_backups(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The old file is renamed, and comes back if the new one cannot be made."""
    same_as_gnu(case)


@cases(
    install(
        "a directory with T",
        "-bTv a d",
        "a d/",
        status=1,
        stdout="'a' -> 'd'\n",
        stderr="pyinstall: cannot create regular file 'd': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    install(
        "a symlink to a directory with T and a slash",
        "-bTv a l/",
        "a d/x l->d",
        status=1,
        stdout="'a' -> 'l/'\n",
        stderr="pyinstall: cannot create regular file 'l/': Not a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    install(
        "a directory in the directory",
        "-bv a d",
        "a d/a/",
        status=1,
        stdout="'a' -> 'd/a'\n",
        stderr="pyinstall: cannot create regular file 'd/a': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
)
def test_a_directory_is_not_backed_up(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)
