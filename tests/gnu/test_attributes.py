"""Modes, owners, times, extended attributes and access lists."""

import os
import subprocess
import tempfile
from stat import S_IFCHR, S_IFIFO

import pytest

from tests import tree
from tests.case import Case, SameAsGnu, Who, cases
from tests.comparison import Comparison
from tests.programs import ORACLES
from tests.tree import Node, acl, directory, fifo, file, symlink

BOTH: tuple[Who, ...] = ("user", "root")

MODES = [
    "0644",
    "0600",
    "0755",
    "0777",
    "0444",
    "0400",
    "0664",
    "6755",
    "4711",
    "2770",
    "1777",
    "0007",
]
FILES = " ".join(f"s/{mode}@{mode}" for mode in MODES)
DIRECTORIES = " ".join(f"s/{mode}/@{mode}" for mode in MODES)
WAYS = [
    "",
    "-p",
    "-a",
    "--preserve=mode",
    "--preserve=ownership",
    "--preserve=timestamps",
    "--preserve=mode,ownership",
    "--no-preserve=mode",
    "-p --no-preserve=mode",
    "-a --no-preserve=mode,ownership",
    "--no-preserve=all",
    "--preserve=all",
    "-p --no-preserve=timestamps",
    "--no-preserve=mode --preserve=all",
]
MASKS = [0o000, 0o022, 0o027, 0o077, 0o777]


@pytest.mark.one_of(2)
@cases(
    *(
        Case(
            f"files {way or 'plainly'} umask {mask:03o}",
            f"-R {way} s d",
            FILES,
            umask=mask,
            status=None,
        )
        for way in WAYS
        for mask in MASKS
    ),
    *(
        Case(
            f"directories {way or 'plainly'} umask {mask:03o}",
            f"-R {way} s d",
            DIRECTORIES,
            umask=mask,
            status=None,
        )
        for way in WAYS
        for mask in MASKS
    ),
    *(
        Case(
            f"existing {way or 'plainly'}",
            f"-RT {way} s d",
            {
                "s/a": file("A", 0o6755, age=3),
                "s/x": directory(0o2711, age=5),
                "s": directory(0o751, age=7),
                "d/a": file("B", 0o620),
                "d/x": directory(0o700),
                "d": directory(0o711),
            },
            umask=0o027,
        )
        for way in WAYS
    ),
    who=BOTH,
)
def test_modes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Modes of copies depend on the source, the umask and what is preserved."""
    same_as_gnu(case)


FOREIGN = {
    "a": file("A", 0o6755, age=3, owner=(7, 8)),
    "own": file("O", 0o644, age=5),
    "l": symlink("x", owner=(7, 8)),
    "d": directory(),
}


@cases(
    Case("of another with p", "-pv a own d", FOREIGN),
    Case("of another with a", "-av a l d", FOREIGN),
    Case("of another with preserve ownership", "--preserve=ownership a d", FOREIGN),
    Case("of another without", "-P a l d", FOREIGN),
    Case("of a group of the user", "-pv a d", FOREIGN, groups=(8,)),
    Case("of another onto a file of the user", "-p a own", FOREIGN),
    Case(
        "of another onto a file of the user with mode and ownership",
        "--preserve=mode,ownership a own",
        FOREIGN,
    ),
    Case(
        "of the user onto another's",
        "-p own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
    ),
    Case(
        "of the user onto another's with mode",
        "--preserve=mode own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
    ),
    Case(
        "of the user onto another's with mode in utf-8",
        "--preserve=mode own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
        locale="C.UTF-8",
    ),
    Case(
        "of the user onto another's with timestamps",
        "--preserve=timestamps own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
    ),
    Case(
        "of the user onto another's with ownership",
        "--preserve=ownership own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
    ),
    Case(
        "of the user onto another's with mode and ownership",
        "--preserve=mode,ownership own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
        stderr="",
    ),
    Case(
        "of the user onto another's with all",
        "--preserve=all own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
        status=1,
    ),
    Case(
        "of the user onto another's with f",
        "-fp own f",
        FOREIGN | {"f": file("F", 0o644, owner=(0, 0))},
    ),
    Case(
        "of the user onto another's without",
        "own f",
        FOREIGN | {"f": file("F", 0o666, owner=(0, 0))},
    ),
    Case(
        "directory of another",
        "-Rp s d",
        {
            "s": directory(0o3777, owner=(7, 8), age=3),
            "s/f": file("F", owner=(7, 8)),
            "d": directory(),
        },
        who=("root",),
    ),
    Case(
        "directory of another without root's rights",
        "-Rp s d",
        {
            "s": directory(0o3777, owner=(7, 8), age=3),
            "s/f": file("F", owner=(7, 8)),
            "d": directory(),
        },
        differs="special bits of directories",
        like="$ pycp -Rp s d && chmod 0777 d/s",
        who=("user",),
    ),
    Case(
        "directory of another onto the user's",
        "-RpT s d",
        {
            "s": directory(0o3777, owner=(7, 8), age=3),
            "s/f": file("F", owner=(7, 8)),
            "d": directory(0o700),
        },
    ),
    Case(
        "directory of the user onto another's",
        "-RpT s d",
        {"s": directory(0o777, age=3), "s/f": "F", "d": directory(0o777, owner=(0, 0))},
        status=1,
    ),
    Case("fifo of another", "-Rp p d", {"p": fifo(0o640, owner=(7, 8)), "d": directory()}),
    *(
        Case(
            f"special bits {mode:o} of a fifo with ownership, umask {umask:o}",
            f"-R --preserve=ownership {words} p n",
            {"p": fifo(mode)},
            umask=umask,
        )
        for mode in (0o3755, 0o6711, 0o2644, 0o7777)
        for umask in (0o022, 0o077)
        for words in ("", "--no-preserve=mode")[: 1 if umask == 0o077 else 2]
    ),
    Case(
        "special bits of a fifo of another with ownership",
        "-R --preserve=ownership p n",
        {"p": fifo(0o7755, owner=(7, 8))},
    ),
    Case(
        "set-id kept from losing its owner",
        "-p a b",
        {"a": file("A", 0o4755, owner=(7, 8)), "b": file("B", 0o6777)},
    ),
    Case("set-id lost by writing", "a b", {"a": "A", "b": file("B", 0o6777)}),
    Case("no longer private only at the end", "-p a n", {"a": file("A" * 10, 0o666)}, umask=0o000),
    who=BOTH,
)
def test_owners(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Root keeps owners; others keep what they may and lose set-id bits without a word."""
    same_as_gnu(case)


@cases(
    Case("with p", "-p a b", "a+5 b", atimes=True),
    Case("with preserve timestamps", "--preserve=timestamps a n", "a+5", atimes=True),
    Case("of the distant past", "-p a n", "a", before="touch -d '1901-12-14 UTC' a"),
    Case("of the far future", "-p a n", "a", before="touch -d '2200-01-01 UTC' a"),
    Case(
        "with a on everything",
        "-a s d",
        {
            "s/f": file("F", age=1),
            "s/l": symlink("x", age=2),
            "s/p": fifo(age=3),
            "s/e": directory(age=4),
            "s": directory(age=5),
        },
        atimes=True,
    ),
    Case(
        "of a directory filled meanwhile",
        "-a s d",
        {"s": directory(age=5), "s/x": directory(age=6), "s/x/y": file("Y", age=7), "d/s/x/z": "Z"},
    ),
    Case("of a directory without p", "-R s d", {"s": directory(age=5), "s/f": "F"}),
    Case("with l", "-lp a n", "a+5"),
    Case("with s", "-sp a n", "a+5", atimes=True),
    Case("with attributes only", "-p --attributes-only a b", "a+5 b"),
    Case("of an empty file", "-p a n", {"a": file("", age=5)}, atimes=True),
    Case("reading does not spoil them", "-p a n", {"a": file("x" * 1000000, age=5)}, atimes=True),
)
def test_times(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Times are those of the source before it was read, to the nanosecond."""
    same_as_gnu(case)


MANY = {f"user.n{number:02}": b"v" * number for number in range(30)}
XATTRS: dict[str, Node] = {"a": file("A", 0o640, xattrs={"user.x": b"1", "user.y": b"\0\xff"})}
SECURE: dict[str, Node] = {
    "a": file("A", xattrs={"user.x": b"1", "security.foo": b"2", "trusted.t": b"3"})
}


@cases(
    *(
        Case(f"user attributes {words or 'plainly'}", f"{words} a n", XATTRS)
        for words in [
            "",
            "-p",
            "-a",
            "--preserve=xattr",
            "--preserve=all",
            "-a --no-preserve=xattr",
            "--preserve=mode,xattr",
        ]
    ),
    *(
        Case(
            f"other attributes {words}", f"{words} a n", SECURE, status=1 if "xattr" in words else 0
        )
        for words in [
            "-a",
            "--preserve=all",
            "--preserve=xattr",
            "-a --preserve=xattr",
            "--preserve=all -a",
            "--preserve=xattr -a",
            "--preserve=xattr --preserve=all",
        ]
    ),
    Case(
        "existing attributes stay",
        "--preserve=xattr a b",
        XATTRS | {"b": file("B", xattrs={"user.x": b"old", "user.z": b"z"})},
    ),
    Case("many", "--preserve=xattr a n", {"a": file("A", xattrs=MANY)}),
    Case(
        "empty and large",
        "--preserve=xattr a n",
        {"a": file("A", xattrs={"user.empty": b"", "user.large": b"v" * 3000})},
    ),
    Case(
        "odd names",
        "--preserve=xattr a n",
        {"a": file("A", xattrs={"user.it's\n": b"1", "user.ü": b"2"})},
    ),
    Case(
        "names the system says to skip",
        "--preserve=xattr a n",
        {"a": file("A", xattrs={"user.Beagle.x": b"1", "user.Beagles": b"2"})},
    ),
    Case(
        "directory",
        "-R --preserve=xattr s n",
        {"s": directory(xattrs={"user.d": b"1"}), "s/f": file("F", xattrs={"user.f": b"2"})},
    ),
    Case(
        "directory onto a directory",
        "-RT --preserve=xattr s n",
        {"s": directory(xattrs={"user.d": b"1"}), "n": directory(0o700)},
    ),
    Case(
        "unwritable source",
        "--preserve=xattr a n",
        {"a": file("A", 0o400, xattrs={"user.x": b"1"})},
    ),
    Case(
        "unwritable source with umask",
        "--preserve=xattr a n",
        {"a": file("A", 0o444, xattrs={"user.x": b"1"})},
        umask=0o777,
    ),
    Case(
        "unwritable source with p",
        "-p --preserve=xattr a n",
        {"a": file("A", 0o400, xattrs={"user.x": b"1"})},
    ),
    Case(
        "unwritable source with no-preserve",
        "--preserve=xattr --no-preserve=mode a n",
        {"a": file("A", 0o400, xattrs={"user.x": b"1"})},
    ),
    Case("unwritable source without attributes", "--preserve=xattr a n", "a@0444"),
    Case("onto another's", "--preserve=xattr a b", XATTRS | {"b": file("B", 0o666, owner=(0, 0))}),
    Case(
        "onto another's sticky directory",
        "-RT --preserve=xattr s d",
        {"s": directory(xattrs={"user.d": b"1"}), "d": directory(0o1777, owner=(0, 0))},
        status=1,
    ),
    Case(
        "directory behind a symlink",
        "-RL --preserve=xattr l n",
        {"d": directory(xattrs={"user.d": b"1"}), "l": symlink("d")},
        differs="attributes of a directory behind a symlink",
        like="$ pycp -R --preserve=xattr d n",
    ),
    Case(
        "symbolic link to a symlink",
        "-s --preserve=xattr l n",
        {"f": file("F", xattrs={"user.f": b"1"}), "l": symlink("f")},
        stderr="",
    ),
    Case(
        "symbolic links to symlinks in a tree",
        '$ pycp -RLs --preserve=all "$PWD/s" n',
        {"s/f": "F", "s/l": symlink("../x"), "x": file("X", xattrs={"user.x": b"1"})},
        stderr="",
    ),
    Case(
        "symbolic link to a symlink with an attribute",
        "-s --preserve=xattr,timestamps l n",
        {
            "f": file("F", age=3, xattrs={"security.f": b"1", "trusted.f": b"1"}),
            "l": symlink("f", age=5, xattrs={"trusted.l": b"2"}),
        },
        who=("root",),
    ),
    Case("symlink", "-P --preserve=xattr l n", {"l": symlink("x", xattrs={"trusted.t": b"1"})}),
    Case(
        "security of a symlink",
        "-P --preserve=xattr l n",
        {"l": symlink("x", xattrs={"security.foo": b"1"})},
        status=1,
    ),
    Case(
        "security of a directory",
        "-R --preserve=xattr s n",
        {"s": directory(xattrs={"security.foo": b"1"}), "s/f": "F"},
        status=1,
    ),
    Case(
        "security of a directory and a",
        "-a s n",
        {"s": directory(xattrs={"security.foo": b"1"}), "s/f": "F"},
    ),
    Case(
        "security of a directory and all",
        "-R --preserve=all s n",
        {"s": directory(xattrs={"security.foo": b"1"}), "s/f": "F"},
    ),
    Case(
        "capability",
        "--preserve=xattr a n",
        {
            "a": file(
                "A",
                0o755,
                xattrs={
                    "security.capability": bytes.fromhex("0100000200040000000000000000000000000000")
                },
            )
        },
        status=1,
    ),
    Case(
        "capability with p alone",
        "-p a n",
        {
            "a": file(
                "A",
                0o755,
                xattrs={
                    "security.capability": bytes.fromhex("0100000200040000000000000000000000000000")
                },
            )
        },
    ),
    Case(
        "to a file system without attributes",
        (
            "# mount -t ramfs none m; pycp --preserve=xattr a m; echo $?; pycp -a a m; echo $?; "
            "pycp --preserve=all a m"
        ),
        XATTRS | {"m": directory()},
    ),
    Case(
        "from a file system without attributes",
        "# mount -t ramfs none m; echo x > m/a; pycp -a --preserve=xattr m/a n; rm n",
        {"m": directory()},
    ),
    Case(
        "hard links and attributes only",
        "-d --preserve=xattr --attributes-only a b d",
        XATTRS | {"d": directory()},
        before="ln a b",
    ),
    who=BOTH,
)
def test_extended(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Extended attributes are copied with -a, and insisted on with --preserve=xattr."""
    same_as_gnu(case)


NAMED = acl("u::rw u:1001:rwx g::r m::rwx o::")
DEFAULT = acl("u::rwx u:1001:rwx g::rx m::rwx o::rx", "default")
INHERITED = "inherited access list"
LISTED_FIFO = {
    "p": Node(kind=S_IFIFO, xattrs=NAMED),
    "l": symlink("p"),
    "s/l": symlink("../p"),
}


@pytest.fixture(scope="module")
def _keeping_lists_behind_links(comparison: Comparison) -> None:
    """Skip a test where GNU's cp shows nothing: 9.7 asks the link, which has no access list."""
    with tempfile.TemporaryDirectory(dir=comparison.around) as place:
        tree.build(f"{place}/tree", LISTED_FIFO, (os.geteuid(), os.getegid()))
        subprocess.run([ORACLES["pycp"], "-aL", "l", "n"], cwd=f"{place}/tree", check=True)
        if not os.listxattr(f"{place}/tree/n"):
            pytest.skip("GNU's cp here loses access lists of special files behind links")


@pytest.mark.usefixtures("_keeping_lists_behind_links")
@cases(
    Case("of a tree", "-RLp s n", LISTED_FIFO),
    Case("fifo", "-aL l n", LISTED_FIFO),
    Case("operand", "-aH l n", LISTED_FIFO),
    Case(
        "device",
        "-aL l n",
        {"c": Node(kind=S_IFCHR, device=(1, 3), xattrs=NAMED), "l": symlink("c")},
        who=("root",),
    ),
    who=BOTH,
)
def test_access_lists_of_special_files_behind_links(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)


@cases(
    *(
        Case(
            f"access list {words or 'plainly'}",
            f"{words} a n",
            {"a": file("A", xattrs=NAMED)},
            umask=0o027,
        )
        for words in [
            "",
            "-p",
            "-a",
            "--preserve=mode",
            "--preserve=xattr",
            "--preserve=all",
            "--no-preserve=mode",
            "-p --no-preserve=mode",
        ]
    ),
    Case("access list of a fifo", "-a p n", LISTED_FIFO),
    Case("access list onto a file", "-p a b", {"a": file("A", xattrs=NAMED), "b": "B"}),
    Case(
        "access list onto a file with its own",
        "-p a b",
        {
            "a": file("A", xattrs=NAMED),
            "b": file("B", xattrs=acl("u::rw u:1002:rw g::rw m::rw o::r")),
        },
    ),
    Case(
        "access list onto a file without p",
        "a b",
        {
            "a": file("A", xattrs=NAMED),
            "b": file("B", xattrs=acl("u::rw u:1002:rw g::rw m::rw o::r")),
        },
    ),
    Case(
        "mode onto a file with access list",
        "-p a b",
        {"a": file("A", 0o640), "b": file("B", xattrs=acl("u::rw u:1002:rw g::rw m::rw o::r"))},
        differs=INHERITED,
        like="$ pycp a b; chmod 640 b; touch -r a b",
    ),
    Case(
        "mode of another onto a file with access list",
        "-p a b",
        {
            "a": file("A", 0o640, owner=(7, 8)),
            "b": file("B", xattrs=acl("u::rw u:1002:rw g::rw m::rw o::r")),
        },
        who=("root",),
    ),
    Case(
        "mode onto a directory with access lists",
        "-RpT s d",
        {
            "s": directory(0o750, age=3),
            "s/f": "F",
            "d": directory(xattrs=acl("u::rwx u:1002:rwx g::rwx m::rwx o::rx") | DEFAULT),
        },
        differs=INHERITED,
        like="$ pycp -R s/f d; chmod 644 d/f; touch -r s/f d/f; chmod 750 d; touch -r s d",
    ),
    Case("default list of a directory", "-R s n", {"s": directory(xattrs=DEFAULT), "s/f": "F"}),
    Case(
        "default list of a directory with p",
        "-Rp s n",
        {"s": directory(xattrs=DEFAULT), "s/f": "F"},
        status=None,
    ),
    Case(
        "default list of a directory with a",
        "-a s n",
        {"s": directory(xattrs=DEFAULT), "s/e": directory(xattrs=NAMED | DEFAULT)},
    ),
    Case(
        "default list of a directory onto another",
        "-aT s n",
        {"s": directory(xattrs=DEFAULT), "n": directory(0o700)},
    ),
    Case(
        "into a directory with default list",
        "a d",
        {"a": file("A", 0o640), "d": directory(xattrs=DEFAULT)},
        umask=0o077,
    ),
    Case(
        "open file into a directory with default list",
        "a d",
        {"a": file("A", 0o777), "d": directory(xattrs=DEFAULT)},
        umask=0o077,
    ),
    Case(
        "directory into one with default list",
        "-R s d",
        {"s": directory(0o750), "s/f": file("F", 0o600), "d": directory(xattrs=DEFAULT)},
        umask=0o077,
    ),
    Case(
        "fifo into a directory with default list",
        "-R p d",
        {"p": fifo(0o640), "d": directory(xattrs=DEFAULT)},
    ),
    Case(
        "no-preserve into a directory with default list",
        "--no-preserve=mode a d",
        {"a": file("A", 0o640), "d": directory(xattrs=DEFAULT)},
    ),
    Case(
        "no-preserve directory into one with default list",
        "-R --no-preserve=mode s d",
        {"s": directory(0o750), "s/f": file("F", 0o600), "d": directory(xattrs=DEFAULT)},
    ),
    Case(
        "ownership into a directory with default list",
        "--preserve=ownership a d",
        {"a": file("A", 0o664), "d": directory(xattrs=DEFAULT)},
    ),
    Case(
        "p into a directory with default list",
        "-p a d",
        {"a": file("A", 0o640), "d": directory(xattrs=DEFAULT)},
        differs=INHERITED,
        like="$ pycp a d; chmod 640 d/a; touch -r a d/a",
    ),
    Case(
        "a into a directory with default list",
        "-a s d",
        {"s": directory(0o750), "s/f": file("F", 0o640), "d": directory(xattrs=DEFAULT)},
        differs=INHERITED,
        like="$ pycp -R s d; chmod 750 d/s; chmod 640 d/s/f; touch -r s/f d/s/f; touch -r s d/s",
    ),
    Case(
        "access list into a directory with default list",
        "-p a d",
        {"a": file("A", xattrs=NAMED), "d": directory(xattrs=DEFAULT)},
    ),
    Case(
        "to a file system without lists",
        "# mount -t ramfs none m; pycp -p a m; echo $?; pycp -p b m; stat -c %a m/b",
        {
            "a": file("A", xattrs=NAMED),
            "b": file("B", xattrs=acl("u::rw g::r o::r")),
            "m": directory(),
        },
        status=None,
    ),
    *(
        Case(
            f"default list without write for the owner and {words} umask {umask:03o}",
            f"-R {words} s d",
            {
                "s/f": file("F", 0o644),
                "s/g": file("G", 0o755),
                "s/p": fifo(0o644),
                "d": directory(xattrs=acl("u::r u:1002:w g::rx m::r o::x", "default")),
            },
            who=("root",),
            umask=umask,
        )
        for words in ("", "--preserve=ownership", "--preserve=timestamps")
        for umask in (0o022, 0o077, 0o027, 0o277)
    ),
    who=BOTH,
)
def test_access_lists(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Access lists go with the mode; a preserved mode does not undo inherited ones."""
    same_as_gnu(case)


@cases(
    Case("set-group-id parent", "-R s d", "s/f s/x/ d/@2755"),
    Case(
        "set-group-id parent of another group",
        "-R s d",
        {"s/f": "F", "s/x/g": "G", "d": directory(0o2775, owner=(0, 8))},
        groups=(8,),
        who=("root",),
    ),
    Case(
        "set-group-id parent and no-preserve",
        "-R --no-preserve=mode s d",
        "s/@0700 s/f s/x/@0500 d/@2755",
    ),
    Case(
        "set-group-id parent and ownership",
        "-R --preserve=ownership s d",
        "s/@0775 s/f s/x/@0500 d/@2755",
    ),
    *(
        Case(
            f"unwritable source, set-group-id parent {of} group and {words}",
            f"{words} s d",
            {
                "s": directory(0o555),
                "s/f": "F",
                "s/x": directory(0o500),
                "s/x/y/g": "G",
                "s/z/h": "H",
                "d": directory(0o2777, owner=(0, 8)),
            },
            umask=umask,
            groups=groups,
        )
        for of, groups in [("of another's", ()), ("of the user's", (8,))]
        for words, umask in [
            ("-R", 0o022),
            ("-R --preserve=ownership", 0o022),
            ("-R --no-preserve=mode", 0o022),
            ("-R --no-preserve=mode --preserve=ownership", 0o277),
        ]
    ),
    Case(
        "mode onto a set-group-id file",
        "-p a b",
        "a@0644 b@2711",
        differs="special bits of directories",
        like="$ pycp -p a b && chmod g-s b",
    ),
    Case(
        "mode of what its own name led through",
        "-a l d/l",
        "l|@0640 d/l->.",
        differs="attributes by a name that was replaced",
        like="$ rm d/l && pycp -a l d",
    ),
    Case("set-group-id source", "-R s d", "s/@2755 s/x/@6711"),
    Case("set-group-id source with p", "-Rp s d", "s/@2755 s/x/@6711"),
    Case(
        "set-group-id parent and p",
        "-Rp s d",
        "s/f s/x/ d/@2755",
        differs="special bits of directories",
        like="$ pycp -Rp s d && chmod g-s d/s d/s/x",
    ),
    Case(
        "sticky source, set-group-id parent and no-preserve",
        "-R --no-preserve=mode s d",
        "s/@1755 d/@2755",
        differs="sticky directory with no-preserve",
        like="$ pycp -R --no-preserve=mode s d && chmod -t d/s",
    ),
    Case("sticky source and no-preserve", "-R --no-preserve=mode s d", "s/@1755 d/"),
    Case("sticky source", "-R s d", "s/@1777 d/", umask=0o077),
    Case("unsearchable source", "-Rv s d", "s/@0600 s/f", status=1),
    Case("unreadable source", "-Rv s d", "s/@0300 s/f", status=1),
    Case("source of mode nothing", "-Rv s d", "s/@0000 s/f", status=1),
    Case("source of mode nothing with p", "-Rpv s d", {"s": directory(0o000, age=5)}, status=1),
    Case("unwritable source", "-Rv s d", "s/@0555 s/f s/x/@0500 s/x/g"),
    Case("unwritable source with p", "-Rpv s d", "s/@0555 s/f s/x/@0500 s/x/g"),
    Case("unwritable source with umask", "-Rv s d", "s/@0555 s/f s/x/@0700 s/x/g", umask=0o777),
    Case(
        "unwritable source with p and umask", "-Rpv s d", "s/@0555 s/f s/x/@0700 s/x/g", umask=0o777
    ),
    Case("unwritable destination", "-RTv s d", "s/f s/x/g d/@0555 d/x/", status=1),
    Case("unwritable destination with p", "-RTpv s d", "s/f s/x/g d/@0555 d/x/", status=1),
    Case("unsearchable destination", "-RTv s d", "s/f s/x/g d/@0600", status=1),
    Case(
        "attributes after a failure inside",
        "-av s d",
        {"s": directory(0o750, age=5), "s/f": file("F", 0o000), "s/g": "G"},
        status=1,
    ),
    Case(
        "attributes of an unreadable one",
        "-av s d",
        {"s/x": directory(0o300, age=5), "s": directory(0o750, age=6)},
        status=1,
    ),
    Case(
        "dates of merged directories",
        "-aT s n",
        {
            "s/d": directory(0o755, age=-5),
            "s": directory(0o755, age=-9),
            "n/d": directory(0o700),
            "n": directory(0o700),
        },
    ),
    who=BOTH,
)
def test_directories(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A directory is made usable while it is filled and gets its mode at the end."""
    same_as_gnu(case)
