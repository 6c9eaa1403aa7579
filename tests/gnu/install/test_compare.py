"""-C: leave alone what would come out the same."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, GID, ROOT, UID, install
from tests.tree import device, directory, file, unix_socket

NEW = file("same", 0o755, age=9)
OLD = file("same", 0o755, age=-9, xattrs={"user.kept": b"1"})
SAME = {"a": NEW, "b": OLD}
BIG = b"x" * 300_000


@cases(
    install("same", "-Cv a b", SAME, stdout=""),
    install("same in a directory", "-Cv a d", {"a": NEW, "d/a": OLD}, stdout=""),
    install("same with debug's v", "-C -v -v a b", SAME, stdout=""),
    install("same with backup", "-Cbv a b", SAME, stdout=""),
    install("same with mode", "-Cv -m 640 a b", {"a": NEW, "b": file("same", 0o640)}, stdout=""),
    install("same with a closed umask", "-Cv a b", SAME, umask=0o077, stdout=""),
    install("same and empty", "-Cv a b", {"a": file(), "b": file(mode=0o755)}, stdout=""),
    install("same and big", "-Cv a b", {"a": file(BIG), "b": file(BIG, 0o755)}, stdout=""),
    install("same and unwritable", "-Cv -m 0444 a b", {"a": NEW, "b": file("same", 0o444)}),
    install(
        "same and a mode of letters", "-Cv -m u=rw,go=r a b", {"a": NEW, "b": file("same", 0o644)}
    ),
    install(
        "same with other links", "-Cv a b", {"a": NEW, "b": OLD, "c": file("x")}, before="ln -f b c"
    ),
    install("same number of owner", f"-Cv -o {UID} -g {GID} a b", SAME, stdout=""),
    install("unchanged owner", "-Cv -o 4294967295 a b", SAME, stdout=""),
    install("same twice", "-Cv a s/a d", {"a": NEW, "s/a": NEW, "d/a": OLD}, stdout=""),
    install("same only the second time", "-Cv a a d", {"a": NEW, "d/b": OLD}),
    install("the file itself", "-Cv a a", {"a": NEW}, stdout=""),
    install("with D", "-CDv a p/b", {"a": NEW, "p/b": OLD}, stdout=""),
)
def test_nothing_to_do(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The destination keeps its inode, its times and everything else."""
    same_as_gnu(case)


@cases(
    install("contents of one size", "-Cv a b", {"a": "one", "b": file("two", 0o755)}),
    install("contents at the end", "-Cv a b", {"a": file(BIG), "b": file(BIG[:-1] + b"y", 0o755)}),
    install("size", "-Cv a b", {"a": "one", "b": file("three", 0o755)}),
    install("no destination", "-Cv a b", {"a": "one"}),
    install("mode", "-Cv a b", {"a": NEW, "b": file("same", 0o754)}),
    install("mode asked for", "-Cv -m 600 a b", SAME),
    install("special bits asked for", "-Cv -m 4755 a b", {"a": NEW, "b": file("same", 0o4755)}),
    install("special bits of the destination", "-Cv a b", {"a": NEW, "b": file("same", 0o4755)}),
    install("special bits of the source", "-Cv a b", {"a": file("same", 0o4755), "b": OLD}),
    install("owner", "-Cv -o 7 a b", SAME, who=ROOT),
    install(
        "owner that is not asked for",
        "-Cv a b",
        {"a": NEW, "b": file("same", 0o755, owner=(7, 0))},
        who=ROOT,
    ),
    install(
        "group that is not asked for",
        "-Cv a b",
        {"a": NEW, "b": file("same", 0o755, owner=(0, 7))},
        who=ROOT,
    ),
    install(
        "group of a directory",
        "$ pyinstall -Cv a d; pyinstall -Cv a d",
        {"a": NEW, "d": directory(0o2777, owner=(0, 77))},
    ),
    install(
        "destination is a symlink",
        "-Cv a l",
        {"a": NEW, "b": OLD, "l": file()},
        before="ln -sf b l",
    ),
    install("destination is a socket", "-Cv a b", {"a": NEW, "b": unix_socket(0o755)}),
    install(
        "destination is a fifo",
        "-Cv a b",
        {"a": file(), "b": file()},
        before="rm b; mkfifo -m 755 b",
    ),
    install("source is no file", "-Cv /dev/null b", {"b": file(mode=0o755)}),
    install("source is a fifo", "$ (printf same > a &) && pyinstall -Cv a b", "a| b"),
    install(
        "destination that cannot be read", "-Cv -m 0200 a b", {"a": NEW, "b": file("same", 0o200)}
    ),
    install("destination with backup", "-Cbv a b", {"a": "one", "b": file("two", 0o755)}),
    install("missing source", "-Cv nosuch b", "b", status=1),
    install("directory as source", "-Cv s b", "s/ b", status=1),
)
def test_something_to_do(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Whatever differs, or cannot be looked at, is installed as without -C."""
    same_as_gnu(case)


@cases(
    install(
        "with p",
        "-Cpv a b",
        SAME,
        stdout="",
        stderr="",
        differs="compare with timestamps",
        like="$ touch -r a b",
    ),
    install(
        "with p and another mode",
        "-Cpv -m 700 a b",
        SAME,
        stdout="removed 'b'\n'a' -> 'b'\n",
        stderr="",
        differs="compare with timestamps",
        like="-p -m 700 a b",
    ),
    install(
        "with p of a missing source",
        "-Cp nosuch b",
        "b",
        status=1,
        stderr="pyinstall: cannot stat 'nosuch': No such file or directory\n",
        differs="compare with timestamps",
        like="$ :",
    ),
    install(
        "source is a symlink",
        "-Cv l b",
        {"l": file(), "a": NEW, "b": OLD},
        before="ln -sf a l",
        stdout="",
        differs="compare follows a symlink",
        like="$ :",
    ),
    install(
        "immutable",
        "-Cv a b",
        SAME,
        before="chattr +i b",
        after="chattr -i b",
        who=ROOT,
        status=0,
        stderr="",
        differs="compare leaves metadata alone",
    ),
    install(
        "immutable with mode",
        "-Cv -m 700 a b",
        SAME,
        before="chattr +i b",
        after="chattr -i b",
        status=1,
        who=ROOT,
    ),
    install(
        "immutable with p",
        "-Cp a b",
        SAME,
        before="chattr +i b",
        after="chattr -i b",
        who=ROOT,
        status=1,
        stderr="pyinstall: cannot set timestamps for 'b': Operation not permitted\n",
        differs="compare with timestamps",
        like="$ :",
    ),
)
def test_newer_than_the_oracle(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What -C learned after 9.1."""
    same_as_gnu(case)


@cases(
    install("device", "-Cv a b", {"a": file(), "b": device("c", 1, 3, 0o755)}, who=ROOT),
    install("as another user", "-Cv a b", SAME, who=BOTH),
)
def test_as_root(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)
