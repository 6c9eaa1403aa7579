"""-d: each operand is a directory to make, with those above it."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, GID, ROOT, UID, install
from tests.tree import acl, directory

DEFAULT_ACL = acl("u::rwx u:1001:rwx g::rx m::rwx o::rx", "default")


@cases(
    install("one", "-d n"),
    install("one with v", "-dv n", stdout="pyinstall: creating directory 'n'\n"),
    install("several", "-dv a b/c d"),
    install("deep", "-dv a/b/c/d"),
    install("the same twice", "-dv n n"),
    install("one that is there", "-dv d", "d/"),
    install("with slashes", "-dv q// q//r///"),
    install("with a dot", "-dv d1/."),
    install("with two dots", "-dv d2/.. d3/x/.."),
    install("with dots inside", "-dv a/./b/../c"),
    install("two dots through nothing", "-dv nosuch/../q8"),
    install("here", "-d ."),
    install("above", "$ cd s && pyinstall -d -m 750 ..", "s/"),
    install("the root", "-d /"),
    install("absolute", '$ pyinstall -dv "$PWD/a/b"'),
    install("absolute, then relative", '$ pyinstall -dv "$PWD/a/b" c'),
    install("nothing", ["-d", ""], status=1),
    install("a file", "-d a", "a", status=1),
    install("a file with a slash", "-d a/", "a", status=1),
    install("below a file", "-d a/b", "a", status=1),
    install("far below a file", "-d a/b/c", "a", status=1),
    install("a file among others", "-dv m a n", "a", status=1),
    install("a symlink to a directory", "-d -m 700 l", "d/ l->d"),
    install("through a symlink", "-dv l/x/y", "d/@0711 l->d"),
    install("through a dangling symlink", "-d l/y", "l->x", status=1),
    install("a fifo", "-d p", "p|", status=1),
    install("odd names", ["-dv", "it's", "a\nb", "a b"]),
    install(
        "odd names that fail", ["-d", "it's/x", "a\nb/x"], {"it's": "A", "a\nb": "B"}, status=1
    ),
    install(
        "odd names that fail in UTF-8",
        ["-d", "it's/x", "é"],
        {"it's": "A", "é": "B"},
        status=1,
        locale="C.UTF-8",
    ),
    install("below what may not be searched", "-d p/x", "p/@0600", status=1),
    install("unreadable and right", "-d -m 0300 p", "p/@0300"),
    install("unreadable and wrong", "-d -m 0311 p", "p/@0300"),
    install("unreadable and new", "-d -m 0 p"),
    install("unreadable and new to another", f"-d -m 0111 -g {GID} p"),
    install("of somebody else and right", "-d p", {"p": directory(0o755, owner=(0, 0))}),
    install("of somebody else and wrong", "-d p", {"p": directory(0o700, owner=(0, 0))}, status=1),
    install(
        "of somebody else and wrong to a group",
        f"-d -g {GID} p",
        {"p": directory(0o755, owner=(0, 0))},
        status=1,
    ),
    install("with T", "-d -T a b"),
    install("unreadable working directory", "$ cd w && chmod 311 . && pyinstall -dv a/b", "w/"),
)
def test_names(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Any spelling works, and what is in the way is told."""
    same_as_gnu(case)


NOT_MADE = "pyinstall: cannot create directory '{}': {}\n"
UNWRITABLE = NOT_MADE.format("{}", "Permission denied")
TOO_LONG = "n" * 300


def unmade(name: str, directory: str, spec: str, reason: str) -> Case:
    """Return the case of a directory that cannot be made, and so not changed either."""
    told = NOT_MADE.format(directory, reason)
    return install(
        name,
        ["-d", directory],
        spec,
        status=1,
        stderr=told,
        differs="directory that cannot be made",
    )


UNSEARCHABLE = acl("u::rw g::rx o::rx", "default")


@cases(
    *(
        install(
            words,
            f"$ cd p && pyinstall {words}",
            {"p": directory(xattrs=UNSEARCHABLE), "p/a": "A", "p/old": directory(0o600)},
            status=1,
        )
        for words in (
            *("-d n/b", "-d n/b/c", "-dv n/b/", "-d n/.", "-d n/../m", "-d old/b", "-d old/."),
            *("-D a n/b", "-Dv a n/b", "-D a n/b/c", "-D -t n a", "-Dv -t n/b a", "-D a old/b"),
        )
    ),
    install("nothing in it", "$ cd p && pyinstall -d n", {"p": directory(xattrs=UNSEARCHABLE)}),
)
def test_made_without_the_right_to_enter_it(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A default access list may keep us out of what we made: that directory is named."""
    same_as_gnu(case)


@cases(
    unmade("a dangling symlink", "l", "l->x", "File exists"),
    unmade("a looping symlink", "l", "l->l", "File exists"),
    unmade("a dangling symlink with a slash", "l/", "l->x", "File exists"),
    unmade("too long a name", TOO_LONG, "", "File name too long"),
    install("too long a name above", ["-d", f"p/{TOO_LONG}/x"], status=1),
    install(
        "right below",
        "-d ro/x",
        "ro/@0555",
        status=1,
        stderr=UNWRITABLE.format("ro/x"),
        differs="directory that cannot be made",
    ),
    install("further below", "-d ro/x/y", "ro/@0555", status=1, stderr=UNWRITABLE.format("ro/x")),
    install(
        "with owner",
        f"-d -g {GID} ro/x",
        "ro/@0555",
        status=1,
        stderr=UNWRITABLE.format("ro/x"),
        differs="directory that cannot be made",
    ),
    install("there already", "-d ro/x", "ro/x/ ro/@0555"),
)
def test_what_cannot_be_made(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What cannot be made is told by the reason it cannot be made."""
    same_as_gnu(case)


@cases(
    install("default", "-d n", umask=0o077),
    install("ancestors under a closed umask", "-d -m 700 a/b/n", umask=0o777),
    install("ancestors with all bits", "-d -m 7777 a/b/n", umask=0),
    install("sticky", "-d -m 1777 n"),
    install("sticky and there", "-d n", "n/@1777"),
    install("sticky and there with mode", "-d -m 755 n", "n/@1777"),
    install("set-group-id and there", "-d n", "n/@2775"),
    install("set-group-id and there with mode", "-d -m 755 n", "n/@2775"),
    install("set-group-id above", "-d a/n", "a/@2755", who=BOTH),
    install("set-group-id above with mode", "-d -m 755 a/n", "a/@2755", who=BOTH),
    install(
        "set-group-id above and of another group",
        "$ pyinstall -d -m 2770 a/n; pyinstall -d a/b/c",
        {"a": directory(0o2777, owner=(0, 0))},
    ),
    install("access list above", "-d a/b/n", {"a": directory(xattrs=DEFAULT_ACL)}),
    install("access list above with mode", "-d -m 770 a/b/n", {"a": directory(xattrs=DEFAULT_ACL)}),
    install("owner", "-d -o 5 -g 6 a/n", who=ROOT),
    install("owner of one that is there", "-d -o 5 -g 6 n", "n/@2770", who=ROOT),
    install("owner of one with set-id bits and mode", "-d -o 5 -m 755 n", "n/@6770", who=ROOT),
    install("owner and set-id mode", "-d -o 5 -g 6 -m 6755 n", who=ROOT),
    install("owner that is right", f"-d -o {UID} -g {GID} n", "n/@2755"),
    install("owner not allowed", "-d -o root n", status=1),
    install("owner not allowed and there", "-d -o root n", "n/", status=1),
    install("owner not allowed and mode", "-d -o root -m 777 n", status=1),
    install("group not allowed", "-d -g 0 n m", status=1),
    install("group allowed", "-d -g 77 -m 2775 n", groups=(77,)),
    install("the number that means unchanged", "-d -o 4294967295 -g 4294967295 n"),
)
def test_attributes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The named directory gets its mode and owner even if it is there; those above it do not."""
    same_as_gnu(case)
