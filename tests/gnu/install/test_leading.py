"""-D: directories above the destination, or all of -t, made where they are missing."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, ROOT, install
from tests.tree import acl, directory

DEFAULT_ACL = acl("u::rwx u:1001:rwx g::rx m::rwx o::rx", "default")


@cases(
    install("nothing missing", "-Dv a b", "a"),
    install("one missing", "-Dv a p/b", "a"),
    install("three missing", "-Dv a p/q/r/b", "a"),
    install("one there", "-Dv a p/q/b", "a p/"),
    install("all there", "-Dv a p/q/b", "a p/q/b"),
    install("closed umask", "-D a p/q/b", "a", umask=0o077),
    install("most closed umask", "-D a p/q/b", "a", umask=0o777),
    install("open umask", "-D a p/q/b", "a", umask=0),
    install("mode is for the file", "-Dm 600 a p/q/b", "a"),
    install("owner is for the file", "-D -o 1 -g 2 a p/q/b", "a", who=ROOT),
    install("old directories stay as they are", "-Dm 644 a p/q/b", "a p/@0711"),
    install("spelled with dots", "-Dv a ./p/./q/../r/b", "a"),
    install("spelled with slashes", "-Dv a p//q///b", "a"),
    install("absolute", '$ pyinstall -Dv a "$PWD/p/q/b"', "a"),
    install("trailing slash", "-Dv a p/q/", "a", status=1),
    install(
        "trailing dot",
        "-D a p/q/b/..",
        "a b",
        status=1,
        differs="file over directory",
        stderr="pyinstall: cannot overwrite directory 'p/q/b/..' with non-directory 'a'\n",
    ),
    install("into an existing directory", "-Dv a p", "a p/"),
    install("into an existing directory with a slash", "-Dv a p/", "a p/"),
    install("several into an existing directory", "-Dv -m 0644 a b p", "a b p/"),
    install("several into a missing directory", "-D a b p", "a b", status=1),
    install("through a symlink", "-Dv a l/q/b", "a d/ l->d"),
    install("through a symlink with a slash", "-Dv a l//q/b", "a d/ l->d"),
    install("through a dangling symlink", "-D a l/q/b", "a l->x", status=1),
    install("through a looping symlink", "-D a l/q/b", "a l->l", status=1),
    install("through a file", "-D a b/q/r", "a b", status=1),
    install("right below a file", "-D a b/r", "a b", status=1),
    install("through a file further down", "-D a p/b/q/r", "a p/b", status=1),
    install(
        "through a directory that may not be searched", "-D a p/q", "a p/@0600", status=1, who=BOTH
    ),
    install(
        "far through a directory that may not be searched",
        "-D a p/q/r",
        "a p/@0600",
        status=1,
        who=BOTH,
    ),
    install(
        "below a directory that may not be written", "-D a p/q/r", "a p/@0555", status=1, who=BOTH
    ),
    install("below a directory that may not be read", "-Dv a p/q/r", "a p/@0333", who=BOTH),
    install("set-group-id is inherited", "-D a p/q/r", "a p/@2755", who=BOTH),
    install(
        "an access list is inherited", "-D a p/q/r", {"a": "A", "p": directory(xattrs=DEFAULT_ACL)}
    ),
    install("missing source leaves the directories", "-D nosuch p/q/r", status=1),
    install("directory as source leaves the directories", "-D s p/q/r", "s/", status=1),
    install("with T", "-DTv a p/q", "a"),
    install("with backup", "-Dbv a p/q", "a p/q"),
    install("name too long", ["-D", "a", f"p/{'n' * 300}/b"], "a", status=1),
    install("a component is only dots", "-Dv a .../b", "a"),
    install("two dots through nothing", "-Dv a nosuch/../b", "a"),
    install("two dots through a file", "-D a b/../c", "a b", status=1),
)
def test_above_a_file(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What the destination's name goes through is made, from the left; then the source is read."""
    same_as_gnu(case)


@cases(
    install("missing", "-Dv -t p/q a b", "a b"),
    install("partly there", "-Dv -t p/q a b", "a b p/"),
    install("there", "-Dv -t p a b", "a b p/"),
    install("with slashes", "-Dv -t p/q// a", "a"),
    install("with a dot", "-Dv -t p/./q/. a", "a"),
    install("with mode", "-Dm644 -t p/q a b", "a b", umask=0o077),
    install("a dangling symlink", "-Dt l a b", "a b l->x", status=1),
    install("through a dangling symlink", "-Dt l/p a b", "a b l->x", status=1),
    install("a file", "-Dt b a", "a b", status=1),
    install("through a file", "-Dt b/c a", "a b", status=1),
    install("nothing", ["-D", "-t", "", "a", "b"], "a b", status=1),
    install("a missing source among others", "-Dv -t p nosuch a", "a", status=1),
    install("a directory among the sources", "-Dv -t p s a", "a s/", status=1),
    install("sources of one name", "-Dv -t p s/a a", "a s/a", status=1),
    install("not to be written", "-Dt p/q a b", "a b p/@0555", status=1, who=BOTH),
    install("not to be searched", "-Dt p/q a b", "a b p/@0600", status=1, who=BOTH),
    install("absolute", '$ pyinstall -Dv -t "$PWD/p/q" a', "a"),
)
def test_the_target_directory(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-D makes all of -t, once: if that fails there is one message."""
    same_as_gnu(case)
