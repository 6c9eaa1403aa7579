"""-p, -v and --debug: times, and what is printed where."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, ROOT, install
from tests.tree import directory, file


@cases(
    install("one", "-p a b", "a-7"),
    install("over a newer one", "-p a b", "a-7 b+7"),
    install("several", "-p a c d", "a-7 c+7 d/"),
    install("with mode", "-p -m 4711 a b", "a-7"),
    install("with owner", "-p -o 4 -g 5 -m 6711 a b", "a-7", who=ROOT),
    install("through a symlink", "-p l b", "a-7 l->a"),
    install("of an unreadable mode", "-p -m 0 a b", "a-7"),
    install("with D", "-Dp a p/b", "a-7"),
    install("with backup", "-bp a b", "a-7 b+7"),
    install("with d", "-dp n"),
    install("access times too", "-p a b", "a-7", atimes=True, before="chmod 644 a"),
    install("with every time before 1970", "-p a b", {"a": file("A", age=-2_000_000_000)}),
    install("without p", "a b", "a-7"),
)
def test_times(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-p keeps both times to the nanosecond."""
    same_as_gnu(case)


DEBUG = "copy offload: unknown, reflink: unsupported, sparse detection: no\n"


@cases(
    install("v", "-v a b", "a b", stdout="removed 'b'\n'a' -> 'b'\n"),
    install("v into a directory", "-v a b d", "a b d/b"),
    install("v with odd names", ["-v", "it's", "d/b\nc"], {"it's": "A", "d/b\nc": "B"}),
    install("v in UTF-8", ["-v", "é", "ü"], {"é": "A"}, locale="C.UTF-8"),
    install("v in C", ["-v", "é", "ü"], {"é": "A"}),
    install("words in UTF-8", ["-m", "é", "a", "b"], "a", locale="C.UTF-8", status=1),
    install("directories in UTF-8", ["-dv", "é", "a/é"], "a", locale="C.UTF-8", status=1),
    install(
        "standard output and error in order", "$ pyinstall -v a nosuch b d 2>&1", "a b d/", status=1
    ),
    install("standard output is full", "$ pyinstall -v a b >/dev/full", "a", status=1),
    install("standard output is full and unused", "$ pyinstall a b >/dev/full", "a"),
    install("standard output is closed", "$ pyinstall -v a b >&-", "a", status=1),
    install("standard output is closed and unused", "$ pyinstall a b >&-", "a"),
    install("a warning to nobody", "$ pyinstall --preserve-context a b 2>&-", "a", status=1),
    install("all is closed", "$ pyinstall -m 640 a b <&- >&- 2>&-", "a"),
    install("error is full", "$ pyinstall nosuch b 2>/dev/full", "a", status=1),
    install("d with standard output full", "$ pyinstall -dv n >/dev/full", status=1),
    install(
        "limit on file size does not kill",
        "$ ulimit -f 1; pyinstall -v big a d; echo $?",
        {"big": file(b"x" * 5000), "a": "A", "d": directory()},
        stderr="pyinstall: error writing 'd/big': File too large\n",
        differs="limit on file sizes",
        like="$ trap '' XFSZ; ulimit -f 1; pyinstall -v big a d; echo $?",
    ),
    install(
        "debug",
        "--debug a b",
        {"a": file(), "b": "B"},
        stdout=f"removed 'b'\n'a' -> 'b'\n{DEBUG}",
        stderr="",
        differs="debug option",
        like="-v a b",
    ),
    install(
        "debug with d",
        "-d --debug n",
        stdout="pyinstall: creating directory 'n'\n",
        stderr="",
        differs="debug option",
        like="-dv n",
    ),
)
def test_lines(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Each thing done is a line; what went wrong comes where it happened."""
    same_as_gnu(case)


@cases(
    install(
        "full disk",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/b && pyinstall -v big m/b; "
            "echo $?; stat -c '%a %s' m/b"
        ),
        {"big": file("b" * 200_000), "m/x": "x"},
    ),
    install(
        "full disk among others",
        (
            "# mount -t tmpfs -o size=64k none m && pyinstall -v big a m; echo $?; "
            "stat -c '%a %s %n' m/*"
        ),
        {"big": file("b" * 60_000, age=-9), "a": file("b" * 60_000), "m/x": "x"},
    ),
    install(
        "no more inodes",
        "# mount -t tmpfs -o nr_inodes=2 none m && pyinstall -v a b m; echo $?; ls m",
        "a b m/x",
    ),
    install(
        "no more inodes for directories",
        "# mount -t tmpfs -o nr_inodes=2 none m && pyinstall -dv m/a/b/c; echo $?; ls m",
        "m/x",
    ),
)
def test_no_space(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What could not be written in full keeps the mode of something unfinished."""
    same_as_gnu(case)


@cases(
    install("the parent of an unsearchable place", "p/a b", "p/a p/@0600", status=1, who=BOTH),
    install(
        "a missing working directory",
        "$ mkdir w && cd w && rmdir ../w && pyinstall ../a b; pyinstall -d n; pyinstall -D a p/q",
        "a",
        status=1,
    ),
    install("no environment", "$ env -i $(command -v pyinstall) a b", "a"),
)
def test_odd_places(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)
