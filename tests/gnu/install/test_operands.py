"""Where a file goes: onto a name, into a directory, or nowhere."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, USER, install
from tests.tree import directory, file

LONG = "n" * 300


@cases(
    install("a new name", "-v a new", "a"),
    install("an old name", "-v a b", "a b"),
    install("a directory", "-v a d", "a d/"),
    install("a directory with slashes", "-v a d//", "a d/"),
    install("a directory with a dot", "-v a ./d/.", "a d/"),
    install("here", "-v s/a .", "s/a"),
    install("here with dots and slashes", "-v s/a ././.", "s/a"),
    install("the directory above", "$ cd s && pyinstall -v a ..", "s/a"),
    install("a name from above", "-v ../tree/a d", "a d/"),
    install("a symlink to a directory", "-v a dl", "a d/ dl->d"),
    install("a symlink to a directory with T", "-vT a dl", "a d/x dl->d"),
    install("several", "-v a b c d", "a b c d/b"),
    install("several into a new name", "a b new", "a b", status=1),
    install("several into a file", "a b c", "a b c", status=1),
    install("several into a dangling link", "a b l", "a b l->x", status=1),
    install("several into a loop", "a b l", "a b l->l", status=1),
    install("several into nothing", ["a", "b", ""], "a b", status=1),
    install("t", "-v -t d a b", "a b d/"),
    install("t a symlink", "-v -t dl a", "a d/ dl->d"),
    install("t here", "-v -t . s/a", "s/a"),
    install("t a file", "-t b a", "a b", status=1),
    install("t a missing name", "-t nodir a", "a", status=1),
    install("t nothing", ["-t", "", "a"], "a", status=1),
    install("t too long", ["-t", LONG, "a"], "a", status=1),
    install("new name with a slash", "a new/", "a", status=1),
    install("file with a slash", "a b/", "a b", status=1),
    install("source with a slash", "a/ b", "a", status=1),
    install("below a file", "a b/c", "a b", status=1),
    install("below nothing", "a no/c", "a", status=1),
    install("name too long", ["a", LONG], "a", status=1),
    install("missing source", "nosuch b", "b", status=1),
    install("missing source among others", "-v a nosuch c d", "a c d/", status=1),
    install("no source", ["", "b"], "b", status=1),
    install("no source into a directory", ["", "d"], "d/", status=1),
    install("dangling source", "l b", "l->x b", status=1),
    install("looping source", "l b", "l->l b", status=1),
    install("directory as source", "s b", "s/f b", status=1),
    install("directory through a symlink", "l b", "s/f l->s", status=1),
    install("directory among others", "-v a s c d", "a s/f c d/", status=1),
    install("directories with dots", "-v . .. a d", "a d/", status=1),
    install("source is a directory and destination is there", "-v s d", "s/f d/", status=1),
    install("unsearchable directory", "a p", "a p/x p/@0600", status=1, who=BOTH),
    install("unsearchable directory with t", "-t p a", "a p/x p/@0600", status=1, who=BOTH),
    install("unwritable directory", "a p", "a p/@0555", status=1, who=BOTH),
    install("unwritable directory and an old file", "a p/x", "a p/x p/@0555", status=1, who=BOTH),
    install("unreadable directory", "-v a p", "a p/@0333", who=BOTH),
    install("unreadable working directory", "$ cd w && chmod 311 . && pyinstall -v ../a b", "a w/"),
    install(
        "sticky directory of others",
        "a p/x",
        {"a": "A", "p": directory(0o1777, owner=(0, 0)), "p/x": file("X", owner=(0, 0))},
        status=1,
    ),
    install(
        "file of others", "a p/x", {"a": "A", "p": directory(0o777), "p/x": file("X", owner=(0, 0))}
    ),
    install("odd bytes", ["-v", "a\n", b"b\xff".decode("utf-8", "surrogateescape")], {"a\n": "A"}),
    install("quote in a name", ["-v", "it's", "d"], {"it's": "A", "d": directory()}),
    install(
        "many spellings of one name",
        '$ for n in x ./x .//x d/../x "$PWD/x"; do pyinstall -v a $n; done',
        "a d/",
        stdout=None,
    ),
)
def test_forms(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The last operand is a directory to go into, or the name itself."""
    same_as_gnu(case)


@cases(
    install(
        "nothing",
        ["a", ""],
        "a",
        status=1,
        stderr="pyinstall: cannot overwrite directory '' with non-directory 'a'\n",
        differs="empty destination",
    ),
    install(
        "nothing with T",
        ["-T", "a", ""],
        "a",
        status=1,
        stderr="pyinstall: cannot overwrite directory '' with non-directory 'a'\n",
        differs="empty destination",
    ),
    install(
        "directory with T",
        "-T a d",
        "a d/",
        status=1,
        stderr="pyinstall: cannot overwrite directory 'd' with non-directory 'a'\n",
        differs="file over directory",
    ),
    install(
        "symlink to a directory with T and a slash",
        "-T a dl/",
        "a d/x dl->d",
        status=1,
        stderr="pyinstall: cannot overwrite directory 'dl/' with non-directory 'a'\n",
        differs="file over directory",
    ),
    install(
        "directory in the directory",
        "-v a b d",
        "a b d/a/",
        status=1,
        stdout="'b' -> 'd/b'\n",
        stderr="pyinstall: cannot overwrite directory 'd/a' with non-directory 'a'\n",
        differs="file over directory",
    ),
    install(
        "directory with D and T",
        "-DT a d",
        "a d/",
        status=1,
        stderr="pyinstall: cannot overwrite directory 'd' with non-directory 'a'\n",
        differs="file over directory",
    ),
    who=USER,
)
def test_no_file_takes_a_directorys_place(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)
