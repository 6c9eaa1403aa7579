"""--parents: the whole path of a source below the target directory."""

from tests.case import Case, SameAsGnu, Who, cases
from tests.tree import acl, directory, file

BOTH: tuple[Who, ...] = ("user", "root")


@cases(
    Case(
        "new parents",
        "--parents -v x/y/f d",
        "x/y/f d/",
        stdout="x -> d/x\nx/y -> d/x/y\n'x/y/f' -> 'd/x/y/f'\n",
    ),
    Case("existing parents", "--parents -v x/y/f d", "x/y/f d/x/y/"),
    Case("some existing parents", "--parents -v x/y/z/f d", "x/y/z/f d/x/"),
    Case("no parents", "--parents -v f d", "f d/"),
    Case("in an unsearchable directory", "--parents -v x/f f d", "x/f f d/ d/@0600", status=1),
    Case(
        "in an unsearchable directory, other order", "--parents f x/f d", "x/f f d/@0600", status=1
    ),
    Case("after parents that are files", "--parents -v x/y/f f d", "x/y/f f d/x d/f", status=1),
    Case(
        "after parents in place of a file",
        "--parents -v x/f y/g/f f d",
        "x/f y/g/f f d/y d/f",
        status=1,
    ),
    Case("shared parents", "--parents -v x/y/f x/y/g x/h d", "x/y/f x/y/g x/h d/"),
    Case("by the obsolete name", "--path -v x/y/f d", "x/y/f d/"),
    Case("with t", "--parents -vt d x/y/f z/g", "x/y/f z/g d/"),
    Case(
        "into the current directory and out of it",
        "$ cd e && pycp --parents -v ../x/f .",
        "x/f e/",
        status=1,
    ),
    Case("into itself", "--parents -v x/f .", "x/f", status=1),
    Case("unusual spelling", "--parents -v x//y/./z/f d", "x/y/z/f d/"),
    Case("spelling with dot dot", "--parents -v x/y/../g d", "x/y/f x/g d/"),
    Case("dot first", "--parents -v ./x/f d", "x/f d/"),
    Case("dot dot first", "$ cd e && pycp --parents -v ../x/f d", "x/f e/d/"),
    Case("trailing slashes", "--parents -Rv x/y// d", "x/y/f d/"),
    Case("trailing dot", "--parents -Rv x/y/. d", "x/y/f d/", status=1),
    Case("trailing dot onto existing parents", "--parents -Rv x/y/. d", "x/y/f d/x/y/"),
    Case("trailing dot dot", "--parents -Rv x/y/.. d", "x/y/f x/g d/", status=None),
    Case("strip slashes", "--parents --strip-trailing-slashes -v x/f/ d", "x/f d/"),
    Case("file with slash", "--parents -v x/f/ d", "x/f d/", status=1),
    Case("absolute name", '$ pycp --parents "$PWD/x/f" d', "x/f d/"),
    Case("target with slashes", "--parents -v x/f d//", "x/f d/"),
    Case("directory", "--parents -Rv x/y d", "x/y/f x/y/z/g d/"),
    Case("directory at the top", "--parents -Rv x d", "x/y/f d/"),
    Case("directory without R", "--parents -v x/y d", "x/y/f d/", status=1),
    Case("directory onto itself", "--parents -Rv d/x d", "d/x/f", status=None),
    Case("missing file", "--parents -v x/f d", "x/ d/", status=1),
    Case("missing parent", "--parents -v x/y/f d", "x/ d/", status=1),
    Case("missing parent but existing there", "--parents -v x/y/f d", "x/ d/x/y/", status=1),
    Case("file as parent", "--parents -v x/y/f d", "x/y d/", status=1),
    Case("file in place of a parent", "--parents -v x/y/f d", "x/y/f d/x", status=1),
    Case("file in place of the last parent", "--parents -v x/y/f d", "x/y/f d/x/y", status=1),
    Case("fifo in place of a parent", "--parents -v x/f d", "x/f d/x|", status=1),
    Case("symlink in place of a parent", "--parents -v x/y/f d", "x/y/f d/x->../r r/"),
    Case(
        "dangling symlink in place of a parent", "--parents -v x/y/f d", "x/y/f d/x->../r", status=1
    ),
    Case("symlink as parent", "--parents -v l/f d", "x/f l->x d/"),
    Case("symlink as parent with P", "--parents -Pv l/f d", "x/f l->x d/"),
    Case(
        "symlink as parent with p",
        "--parents -pv l/f d",
        {"x/f": "F", "x": directory(0o700, age=5), "d": directory()},
        before="ln -s x l",
    ),
    Case("symlink as last component", "--parents -Pv x/l d", "x/l->f x/f d/"),
    Case(
        "later sources go on after a failure", "--parents -v x/y/f z/g d", "x/y/f z/g d/x", status=1
    ),
    Case("existing file", "--parents -v x/f d", "x/f d/x/f"),
    Case("existing file after new parents", "--parents -v x/y/f g d", "x/y/f g d/g", status=1),
    Case(
        "existing file after new parents with f", "--parents -fv x/y/f g d", "x/y/f g d/g", status=1
    ),
    Case(
        "existing file after new parents with n", "--parents -nv x/y/f g d", "x/y/f g d/g", status=1
    ),
    Case(
        "existing file after new parents with b", "--parents -bv x/y/f g d", "x/y/f g d/g", status=1
    ),
    Case(
        "existing directory after new parents",
        "--parents -Rv x/y/f g d",
        "x/y/f g/h d/g/",
        status=1,
    ),
    Case("existing file before new parents", "--parents -v g x/y/f d", "x/y/f g d/g"),
    Case("existing parents reset that", "--parents -v x/y/f z/h g d", "x/y/f z/h g d/g d/z/"),
    Case("with i", "--parents -iv x/f d", "x/f d/x/f", stdin="y\n"),
    Case("with n", "--parents -nv x/f d", "x/f d/x/f"),
    Case("with u", "--parents -uv x/f d", "x/f-9 d/x/f"),
    Case("with l", "--parents -lv x/y/f d", "x/y/f d/"),
    Case("with s by absolute name", '$ pycp --parents -s "$PWD/x/f" d', "x/f d/"),
    Case(
        "with a",
        "--parents -av x/y/f d",
        {
            "x/y/f": file("F", 0o600, age=3),
            "x/y": directory(0o700, age=5),
            "x": directory(0o750, age=7),
            "d": directory(),
        },
    ),
    Case(
        "odd names", ["--parents", "-v", "it's\n/ü/f", "d"], {"it's\n/ü/f": "F", "d": directory()}
    ),
    Case(
        "odd names in place of a parent",
        ["--parents", "-v", "it's\n/f", "d"],
        {"it's\n/f": "F", "d/it's\n": "D"},
        status=1,
        stderr="pycp: 'd/it'\\''s'$'\\n' exists but is not a directory\n",
        differs="apostrophe and escape",
    ),
)
def test_paths(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Missing parents are made and announced without quotes."""
    same_as_gnu(case)


PREFIXES = {
    "x": directory(0o750, age=7),
    "x/y": directory(0o1701, age=5),
    "x/y/z": directory(0o555, age=3),
    "x/y/z/f": file("F", 0o640, age=1),
    "d": directory(),
}


@cases(
    *(
        Case(
            f"{words or 'plainly'} umask {umask:03o}",
            f"--parents {words} x/y/z/f d",
            PREFIXES,
            umask=umask,
        )
        for words in [
            "",
            "-p",
            "--preserve=mode",
            "--preserve=timestamps",
            "--preserve=ownership",
            "--no-preserve=mode",
            "--no-preserve=mode -p",
            "--no-preserve=mode --preserve=mode",
            "-R",
        ]
        for umask in [0o000, 0o022, 0o077, 0o777]
    ),
    Case(
        "no mode and a default list that gives others nothing",
        "--parents --preserve=ownership --no-preserve=mode x/f d",
        {
            "x": directory(0o750),
            "x/f": "F",
            "d": directory(xattrs=acl("u::rwx g:: o::", "default")),
        },
    ),
    Case(
        "mode 0555 and 0700",
        "-v --parents x/y/f d",
        "x/@0555 x/y/@0700 x/y/f d/",
        stdout="x -> d/x\nx/y -> d/x/y\n'x/y/f' -> 'd/x/y/f'\n",
    ),
    Case("mode without write", "--parents x/y/f d", "x/@0111 x/y/@0555 x/y/f d/"),
    Case("mode without search for others", "--parents x/f d", "x/@0700 x/f d/"),
    Case("set-id and sticky", "--parents x/y/f d", "x/@2755 x/y/@1777 x/y/f d/"),
    Case("set-id and sticky with p", "--parents -p x/y/f d", "x/@2755 x/y/@1777 x/y/f d/"),
    Case("into a set-group-id directory", "--parents x/y/f d", "x/y/f d/@2755"),
    Case(
        "into a set-group-id directory with p",
        "--parents -p x/y/f d",
        "x/y/f d/@2755",
        differs="special bits of directories",
        like="$ pycp --parents -p x/y/f d && chmod g-s d/x d/x/y",
    ),
    Case(
        "into a set-group-id directory with no-preserve",
        "--parents --no-preserve=mode x/y/f d",
        "x/@0700 x/y/f d/@2755",
    ),
    Case("existing parents are left alone", "--parents x/y/f d", "x/@0750 x/y/@0700 x/y/f d/x/y/"),
    Case(
        "existing parents are left alone with p",
        "--parents -p x/y/f d",
        "x/@0750 x/y/@0700 x/y/f d/x/y/",
    ),
    Case(
        "existing parent above a new one with p",
        "--parents -p x/y/f d",
        {"x": directory(0o750, age=5), "x/y": directory(0o700), "x/y/f": "F", "d/x": directory()},
    ),
    Case(
        "existing parent above a new one",
        "--parents x/y/f d",
        {"x": directory(0o750, age=5), "x/y": directory(0o700), "x/y/f": "F", "d/x": directory()},
    ),
    Case(
        "attributes of parents after a failed copy",
        "--parents -p x/f d",
        {"x": directory(0o750, age=5), "x/f": file("F", 0o000), "d": directory()},
        status=1,
    ),
    Case(
        "owned by another",
        "--parents -p x/f d",
        {"x": directory(0o755, owner=(7, 8)), "x/f": file("F", owner=(7, 8)), "d": directory()},
    ),
    Case(
        "of a group of the user",
        "--parents -p x/f d",
        {"x": directory(0o2755, owner=(7, 8)), "x/f": file("F", owner=(7, 8)), "d": directory()},
        groups=(8,),
    ),
    Case(
        "absolute name with p",
        '$ pycp --parents -p "$PWD/x/f" d && mv "d$PWD/x" e && rm -r d/*',
        {"x": directory(0o700, age=5), "x/f": file("F", 0o640, age=3), "d": directory()},
        stderr="",
        differs="parents of an absolute name",
        like="$ cp -pR x e && touch d",
    ),
    Case("unwritable target", "--parents -v x/y/f d", "x/y/f d/@0555", status=1),
    Case("unwritable existing parent", "--parents -v x/y/f d", "x/y/f d/x/@0555", status=1),
    Case("unsearchable target", "--parents -v x/y/f d", "x/y/f d/@0600", status=1),
    Case("unsearchable source parent", "--parents -v x/y/f d", "x/@0600 x/y/f d/", status=1),
    Case(
        "target with default acl",
        "--parents x/y/f d",
        {"x/y/f": "F", "d": directory()},
        before="setfacl -d -m u:1001:rwx d; touch -d @0 d",
    ),
    who=BOTH,
)
def test_attributes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """New parents look like those of the source, as far as attributes are preserved."""
    same_as_gnu(case)
