"""Whole trees: merging, order, copies into themselves, mount points, odd and deep names."""

import os
from dataclasses import replace

from tests.case import ANYTHING, Case, SameAsGnu, Who, cases
from tests.tree import Node, directory, file, symlink

BOTH: tuple[Who, ...] = ("user", "root")


@cases(
    Case(
        "new directory",
        "-Rv s n",
        "s/a s/x/b s/x/y/c s/l->a s/p| s/e/",
        stdout=(
            "'s' -> 'n'\n's/a' -> 'n/a'\n's/x' -> 'n/x'\n's/x/b' -> 'n/x/b'\n's/x/y' -> 'n/x/y'\n"
            "'s/x/y/c' -> 'n/x/y/c'\n's/l' -> 'n/l'\n's/p' -> 'n/p'\n's/e' -> 'n/e'\n"
        ),
    ),
    Case("small r", "-rv s n", "s/a s/x/b"),
    Case("long recursive", "--recursive -v s n", "s/a s/x/b"),
    Case("into a directory", "-Rv s t d", "s/a t/b d/"),
    Case("merging", "-RTv s d", "s/a s/x/b s/x/c s/y/d d/a d/x/c d/x/z d/w"),
    Case("merging by name", "-Rv s d", "s/a s/x/b d/s/x/b d/s/q"),
    Case("merging deep", "-Rv s d", "s/1/2/3/4/a s/1/2/b d/s/1/2/3/c d/s/1/d"),
    Case("empty directory", "-Rv s n", "s/"),
    Case("below a file of its own", "-a . f/c", "f g", status=1),
    Case("below a directory of its own", "-a . f/c", "f/", status=1),
    Case(
        "order is that of inodes",
        "-Rv s n",
        "s/z s/y s/x s/w s/v s/a s/b s/c s/d s/e s/m s/n s/l s/k",
    ),
    Case("order with directories", "-Rv s n", "s/z/1 s/y s/x/2 s/w s/v/4 s/v/3 s/a"),
    Case("two operands into a new name", "-Rv s t n", "s/a t/b", status=1),
    Case("files and directories", "-Rv f s g d", "f s/a g d/"),
    Case("directory among files without R", "-v f s g d", "f s/a g d/", status=1),
    Case("missing among others", "-Rv s m t d", "s/a t/b d/", status=1),
    Case("hidden names", "-Rv s n", "s/.a s/..b s/... s/.x/.y"),
    Case("dot into another place", "$ cd s && pycp -Rv . ../n", "s/a s/x/b"),
    Case("file with R", "-Rv f n", "f"),
    Case("directory onto a missing parent", "-Rv s m/n", "s/a", status=1),
    Case("directory into an unwritable one", "-Rv s t d", "s/a t/b d/@0555", status=1, who=BOTH),
    Case("many names", "-R s n", {f"s/{n % 7}/{n}": str(n) for n in range(300)}),
    Case(
        "wide and deep",
        "-R s n",
        {
            "s/" + "/".join("abc"[n // 3**k % 3] for k in range(4)) + f"/{n}": str(n)
            for n in range(81)
        },
    ),
    Case("long names", "-Rv s n", {"s/" + letter * 255: letter for letter in "abc"}),
    Case("name too long for the destination", ["-R", "s", "n" * 256], "s/a", status=1),
)
def test_trees(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A tree is copied depth first, by rising inode number within a directory."""
    same_as_gnu(case)


@cases(
    Case("s s", "-Rv s s", "s/f", status=1),
    Case("s s with several", "-Rv s s", "s/a s/x/b s/c", status=1),
    Case("s s slash", "-Rv s s/", "s/f", status=1),
    Case("s s x", "-Rv s s/x", "s/f s/x/g", status=1),
    Case("s s new", "-Rv s s/new", "s/f", status=1),
    Case("s s x new", "-Rv s s/x/new", "s/a s/x/b s/c", status=1),
    Case("s s x y", "-Rv s s/x/y", "s/a s/x/y/b s/c", status=1),
    Case("s s and another", "-Rv s t s", "s/f t/g", status=1),
    Case("another and s s", "-Rv t s s", "s/f t/g", status=1),
    Case("s s with a", "-av s s", "s/f", status=1),
    Case("s s with l", "-Rlv s s", "s/f", status=1),
    Case("s s with parents", "-R --parents -v s s", "s/f", status=1),
    Case("s s with L", "-RLv s s", "s/f", status=1),
    Case("s s through a symlink", "-Rv s l", "s/f l->s", status=1),
    Case("s s through a symlink with H", "-RHv l s", "s/f l->s", status=None),
    Case("T s s", "-RTv s s", "s/f", status=1),
    Case("s dot s", "-Rv s/. s", "s/f", status=1),
    Case("s a s", "-Rv s/a s", "s/a/f", status=1),
    Case("s a s with a file", "-Rv s/a s", "s/a", status=1),
    Case("dot d", "-Rv . d", "a d/", status=1),
    Case("dot new", "-Rv . new", "a b/c", status=1),
    Case("dot dot", "$ cd x && pycp -Rv .. y", "a x/b", status=1),
    Case("dot dot into dot", "$ cd x && pycp -Rv .. .", "a x/b", status=1),
    Case("directory twice by two names", "-Rv a a/. c", "a/f c/", status=1),
    Case("directory twice by two names to one place", "-Rv a/. b/. c", "a/f b/f c/"),
    Case("directory and its own child", "-Rv s s/x d", "s/x/f d/"),
    Case("child and its own directory", "-Rv s/x s d", "s/x/f d/", status=1),
)
def test_into_itself(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A copy into its own source stops where it would meet itself.

    Whether that is before or after its other entries depends on the inode number that the
    kernel gives the new directory.
    """
    same_as_gnu(replace(case, tries=8))


@cases(
    Case(
        "through a symlink with L",
        "# mount -t tmpfs -o nr_inodes=500 none d; pycp -RL s d; s=$?; find d | wc -l; exit $s",
        "s/l->../d d/",
        status=1,
        stdout="3\n",
        stderr="pycp: cannot copy a directory, 's', into itself, 'd/s'\n",
        differs="endless copy through a symlink",
        like="$ :",
    ),
)
def test_endless_copy(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A copy that would meet its own copies again and again ends."""
    same_as_gnu(case)


@cases(
    Case("unreadable directory", "-Rv s n", "s/1/@0000 s/2/f", status=1),
    Case("unreadable directory with a", "-av s n", "s/1/@0000 s/2/f", status=1),
    Case("unreadable directory onto another", "-RTv s n", "s/1/@0000 s/2/f n/1/g", status=1),
    Case("unreadable operand", "-Rv s n", "s/@0000", status=1),
    Case("unsearchable operand", "-Rv s n", "s/@0444 s/f s/g", status=1),
    Case("unreadable files", "-Rv s n", "s/a s/b@0000 s/c s/x/d@0000 s/x/e", status=1),
    Case("unwritable files there", "-RTv s n", "s/a s/b s/c n/b@0400", status=1),
    Case("unwritable files there with f", "-RTfv s n", "s/a s/b s/c n/b@0400"),
    Case("unwritable directory there", "-RTv s n", "s/x/a s/y/b n/x/@0500", status=1),
    Case(
        "all sorts of trouble",
        "-Rv s t u n",
        "s/a@0000 s/b t/@0000 u/x/f u/y/g n/s/b@0400 n/u/x",
        status=1,
    ),
    Case(
        "v with diagnostics in one stream",
        "$ pycp -Rv s t m u n 2>&1",
        "s/a@0000 s/b t/@0000 u/f n/",
        status=1,
    ),
    who=BOTH,
)
def test_trouble(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What fails is told and passed over."""
    same_as_gnu(case)


MOUNTS = "mount -t tmpfs none s/m && touch s/m/f && mkdir s/m/x && chmod 750 s/m && "


@cases(
    Case("mount point in a tree", f"# {MOUNTS} pycp -Rxv s d", "s/a s/m/ s/z"),
    Case(
        "mount point in a tree with a", f"# {MOUNTS} touch -d @5 s/m; pycp -axv s d", "s/a s/m/ s/z"
    ),
    Case("mount point in a tree without x", f"# {MOUNTS} pycp -Rv s d", "s/a s/m/ s/z"),
    Case("mount point as operand", f"# {MOUNTS} pycp -Rxv s/m d", "s/a s/m/ s/z"),
    Case("mount point merged", f"# {MOUNTS} pycp -RTxv s d", "s/a s/m/ d/m/g"),
    Case(
        "mount point in the destination",
        "# mount -t tmpfs none d/m && pycp -RTxv s d && ls d/m",
        "s/a s/m/f d/m/",
    ),
    Case("mounted file", "# mount --bind o s/m && pycp -Rxv s d", "s/a s/m o"),
    Case(
        "mounted file of another file system",
        "# mount -t tmpfs none t && echo new > t/o && mount --bind t/o s/m && pycp -Rxv s d",
        "s/a s/m t/",
    ),
    Case("bound directory", "# mount --bind t s/m && pycp -Rxv s d", "s/a s/m/ t/f"),
    Case(
        "link to another file system with L",
        "# mount -t tmpfs none t && touch t/f && pycp -RLxv s d",
        "s/a s/l->../t t/",
    ),
    Case(
        "link to another file system with L but not x",
        "# mount -t tmpfs none t && touch t/f && pycp -RLv s d",
        "s/a s/l->../t t/",
    ),
    Case(
        "link to another file system with H",
        "# mount -t tmpfs none t && touch t/f && pycp -RHxv l d",
        "l->t t/",
    ),
    Case("without R", "# mount -t tmpfs none t && touch t/f && pycp -xv t/f d", "t/ d/"),
    Case(
        "from one file system to another",
        "# mount -t tmpfs none t && cp -a s t/ && pycp -av t/s d",
        {
            "s/f": file("F", 0o640, age=5),
            "s/l": symlink("f", age=6),
            "s/h": file(pieces={65536: b"x"}),
            "s": directory(0o750),
            "t": directory(),
        },
    ),
    Case(
        "hard links across a mount point",
        f"# {MOUNTS} ln s/m/f s/m/g && pycp -av s d",
        "s/a s/m/ s/z",
    ),
    Case(
        "one directory as two operands",
        "# mount --bind s/a s/b && pycp -Rv s/a s/b s/c d",
        "s/a/f s/b/ s/c/f d/",
        status=1,
    ),
    Case(
        "an operand inside another one",
        "# mount --bind s/a s/b/m && pycp -Rv s/a s/b s/c d",
        "s/a/f s/b/m/ s/c/f d/",
        status=1,
    ),
    Case(
        "an operand inside one before",
        "# mount --bind s/c s/b/m && pycp -Rv s/a s/b s/c d",
        "s/a/f s/b/m/ s/c/f d/",
    ),
    Case(
        "s s across a mount point",
        "# mount --bind s m && pycp -Rv s m",
        "s/f m/",
        status=1,
        tries=8,  # whether f comes before the new directory depends on its inode number
    ),
)
def test_mounts(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-x makes the directory of a mount point and copies nothing below it."""
    same_as_gnu(case)


ODD = [
    "new\nline",
    "tab\t",
    " ",
    "-v",
    "é",
    "it's",
    '"',
    "\\",
    "*",
    "~",
    "#",
    "\udcff\udcfe",
    "\x01",
    "a\rb",
    "--help",
]
ODD_TREE: dict[str, str | Node] = {f"s/{name}": str(number) for number, name in enumerate(ODD)}


@cases(
    Case("files", ["-Rv", "s", "n"], ODD_TREE),
    Case("files in utf-8", ["-Rv", "s", "n"], ODD_TREE, locale="C.UTF-8"),
    Case("files in a locale that is missing", ["-Rv", "s", "n"], ODD_TREE, locale="xx_XX.UTF-8"),
    Case("directories", ["-Rv", "s", "n"], {f"s/{name}/f": name for name in ODD}),
    Case("operands", ["-v", "--", *ODD, "d"], dict.fromkeys(ODD, "x") | {"d": directory()}),
    Case("target", ["-Rv", "s", "\udcff\n"], ODD_TREE | {"\udcff\n": directory()}),
    Case(
        "every byte",
        ["-R", "s", "n"],
        {"s/" + os.fsdecode(bytes([n])): str(n) for n in range(1, 256) if n not in b"./"},
    ),
    Case(
        "every byte told",
        ["-Rv", "s", "n"],
        {"s/a" + os.fsdecode(bytes([n])): str(n) for n in range(1, 256) if n != 47},
    ),
    Case(
        "every byte told in utf-8",
        ["-Rv", "s", "n"],
        {"s/a" + os.fsdecode(bytes([n])): str(n) for n in range(1, 256) if n != 47},
        locale="C.UTF-8",
    ),
)
def test_odd_names(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A name may hold any byte but slash and zero."""
    same_as_gnu(case)


# A shell cannot go that deep.
DIG = """python3 -c "
import os
os.mkdir('s'); os.chdir('s')
for _ in range({levels}):
    os.mkdir('{name}'); os.chdir('{name}')
print('deep', file=open('f', 'w'))
"
"""
COUNT = "find n -type d | wc -l; find n -type f -execdir cat '{}' ';'; s=$?; rm -rf s n; exit $s"


@cases(
    Case(
        "deep",
        "$ " + DIG.format(name="d", levels=120) + "pycp -R s n; " + COUNT,
        stdout="121\ndeep\n",
    ),
    Case(
        "deep with a",
        "$ " + DIG.format(name="d", levels=120) + "pycp -a s n; " + COUNT,
        stdout="121\ndeep\n",
    ),
    Case(
        "almost too long for one call",
        "$ " + DIG.format(name="d" * 32, levels=120) + "pycp -R s n; " + COUNT,
        stdout="121\ndeep\n",
    ),
    Case(
        "too long for one call",
        "$ " + DIG.format(name="d" * 100, levels=120) + "pycp -R s n; " + COUNT,
        stdout="121\ndeep\n",
        stderr="",
        differs="names beyond PATH_MAX",
        like="$ :; touch .",
    ),
    Case(
        "too long for one call with a",
        "$ " + DIG.format(name="d" * 100, levels=120) + "pycp -a s n; " + COUNT,
        stdout="121\ndeep\n",
        stderr="",
        differs="names beyond PATH_MAX",
        like="$ :; touch .",
    ),
    Case(
        "too long for one call with hard links",
        "$ " + DIG.format(name="d" * 100, levels=120) + "ln -s x l; pycp -Rl s n; " + COUNT,
        stdout="121\ndeep\n",
        stderr="",
        differs="names beyond PATH_MAX",
        like="$ ln -s x l; touch .",
    ),
    Case(
        "too long for one call when merging",
        "$ "
        + DIG.format(name="d" * 100, levels=120)
        + "pycp -R s n && pycp -RT s n && pycp -RTu s n; "
        + COUNT,
        stdout="121\ndeep\n",
        stderr="",
        differs="names beyond PATH_MAX",
        like="$ :; touch .",
    ),
    Case(
        "deeper than a stack",
        "$ " + DIG.format(name="d", levels=1200) + "pycp -R s n; " + COUNT,
        stdout="1201\ndeep\n",
    ),
    Case(
        "deep with few descriptors",
        "$ " + DIG.format(name="d", levels=100) + "ulimit -n 24; pycp -R s n; " + COUNT,
        stdout="101\ndeep\n",
    ),
    Case(
        "deep with few descriptors and a",
        "$ " + DIG.format(name="d", levels=100) + "ulimit -n 24; pycp -a s n; " + COUNT,
        stdout="101\ndeep\n",
    ),
    Case("operand too long", ["-R", "d/" * 2100 + "f", "n"], "d/", status=1, stderr=ANYTHING),
)
def test_deep(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A tree may be deeper than the longest name the system takes."""
    same_as_gnu(case)
