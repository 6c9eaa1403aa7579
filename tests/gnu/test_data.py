"""Contents: plain, with holes, shared, large, growing out of space."""

import fcntl
import tempfile
from dataclasses import replace

import pytest

from tests import needs
from tests.case import ANYTHING, Case, SameAsGnu, Who, cases
from tests.comparison import Comparison
from tests.tree import Node, directory, file

BOTH: tuple[Who, ...] = ("user", "root")
KIB = 1024
MIB = 1024 * KIB
FICLONE = 0x40049409

CONTENTS: dict[str, Node] = {
    "nothing": file(""),
    "one byte": file("x"),
    "one block": file("x" * 4096),
    "128 KiB less one": file("0123456789abcdef" * (8 * KIB - 1) + "0123456789abcde"),
    "128 KiB and one": file("0123456789abcdef" * 8 * KIB + "0"),
    "256 KiB": file("0123456789abcdef" * 16 * KIB),
    "256 KiB and one": file("0123456789abcdef" * 16 * KIB + "0"),
    "a MiB and some": file(b"\0\xff\n" * 400 * KIB),
    "a hole alone": file(size=MIB),
    "a hole of odd size": file(size=MIB + 1),
    "a hole below a block": file(size=511),
    "a hole of one sector": file(size=512),
    "a hole before": file(pieces={MIB: b"x" * 5000}),
    "a hole behind": file(pieces={0: b"x" * 5000}, size=MIB),
    "a hole in the middle": file(pieces={0: b"x" * 5000, MIB: b"y" * 5000}),
    "holes all over": file(pieces={n * 16 * KIB: b"x" * n for n in range(1, 40)}, size=MIB),
    "a huge hole": file(pieces={1 << 33: b"x"}),
    "dense zeros": file(b"\0" * MIB),
    "dense zeros of odd size": file(b"\0" * 1_000_000),
    "dense with zeros": file(b"a" * 3000 + b"\0" * 300_000 + b"b" * 100 + b"\0" * 300_000),
    "dense with zeros at the end": file(b"a" * 4096 + b"\0" * 65536),
    "dense with zeros at the beginning": file(b"\0" * 65536 + b"a"),
    "zeros across a buffer": file(b"a" * 260_000 + b"\0" * 20_000 + b"b" * 300_000),
    "zeros shorter than a block": file((b"a" * 3584 + b"\0" * 512) * 16),
    "zeros and holes": file(
        pieces={0: b"\0" * 70_000, 200 * KIB: b"x" + b"\0" * 100_000, 700 * KIB: b"\0" * 5},
        size=MIB,
    ),
}

EXTENTS = " ".join(
    f"dd if=a of=b conv=notrunc status=none bs=4096 skip={block} seek={block} count={count};"
    for block, count in [(0, 18), (50, 25), (175, 1)]
)
"""Copy the data of "zeros and holes" and nothing else."""


@cases(
    *(
        Case(f"{name} {words or 'plainly'}", f"{words} a b", {"a": node})
        for name, node in CONTENTS.items()
        for words in ["", "--sparse=always", "--sparse=never"]
        if (name, bool(words)) not in [("a huge hole", True), ("zeros and holes", False)]
    ),
    *(
        Case(f"{name} onto a longer file", "a b", {"a": node, "b": file("z" * 2 * MIB)})
        for name, node in CONTENTS.items()
        if name in ["nothing", "one byte", "a hole alone", "a hole behind"]
    ),
    *(
        Case(
            f"{name} onto a file with sparse always",
            "--sparse=always a b",
            {"a": node, "b": "b" * 99},
        )
        for name, node in CONTENTS.items()
        if name in ["dense zeros", "dense with zeros", "a hole behind"]
    ),
    *(
        Case(f"holes with {words}", f"{words} a b", {"a": CONTENTS["holes all over"]})
        for words in [
            "--reflink=never",
            "--reflink=auto",
            "--sparse=auto",
            "-p",
            "-a",
            "--sparse=never --reflink=never",
        ]
    ),
    *(
        Case(
            f"zeros and holes {words or 'plainly'}",
            f"{words} a b",
            {"a": CONTENTS["zeros and holes"], "b": file("z" * 2 * MIB)},
            differs="zeros in data extents",
            like=f"$ : > b; truncate -s 1M b; {EXTENTS}",
        )
        for words in ["", "--sparse=auto", "--reflink=never"]
    ),
    Case(
        "zeros and holes with reflink never and sparse always",
        "--reflink=never --sparse=always a b",
        {"a": CONTENTS["zeros and holes"]},
    ),
    Case(
        "last of two sparse", "--sparse=never --sparse=always a b", {"a": CONTENTS["dense zeros"]}
    ),
    Case(
        "holes in a tree",
        "-R s d",
        {"s/a": CONTENTS["holes all over"], "s/b": CONTENTS["dense zeros"]},
    ),
    Case(
        "a pipe that is read after the source has changed",
        "$ mkfifo p; exec 3<>p; pycp a p & head -c 80000 <&3 >b; wait;"
        " printf NEW | dd of=a bs=1 seek=131070 conv=notrunc status=none;"
        " head -c 51073 <&3 | tail -c 4",
        {"a": file("old " * 32 * KIB + "z")},
        stdout="ld z",
    ),
    Case("holes behind a symlink", "l b", {"a": CONTENTS["a hole behind"]}, before="ln -s a l"),
)
def test_contents(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Every byte arrives, and holes are made where they are wanted."""
    same_as_gnu(case)


@cases(
    Case("new file", "-v --attributes-only a n", "a@0640"),
    Case("existing file keeps its contents", "-v --attributes-only a b", "a@0640 b@0600"),
    Case("existing file with p", "-pv --attributes-only a b", "a@0640+5 b@0600"),
    Case(
        "existing file with preserve mode",
        "--preserve=mode --attributes-only a b",
        "a@0640+5 b@0600",
    ),
    Case("new file with p", "-pv --attributes-only a n", "a@0640+5"),
    Case("tree", "-av --attributes-only s d", "s/a@0600+3 s/l->a s/p| s/x/b"),
    Case(
        "tree onto a tree",
        "-aTv --attributes-only s d",
        {
            "s/a": file("A", 0o600, age=5),
            "s/x": directory(0o700),
            "d/a": "B",
            "d/x": directory(),
            "d/c": "C",
        },
    ),
    Case("unreadable source", "--attributes-only a n", "a@0200", status=1),
    Case("unreadable destination", "-v --attributes-only a b", "a b@0200"),
    Case("unwritable destination", "-v --attributes-only a b", "a b@0400", status=1),
    Case("with reflink always", "--attributes-only --reflink=always a b", "a@0640 b@0600"),
    Case(
        "with sparse always",
        "--attributes-only --sparse=always a n",
        {"a": CONTENTS["a hole behind"]},
    ),
    Case(
        "extended attributes",
        "--attributes-only --preserve=xattr a n",
        {"a": file("A", xattrs={"user.x": b"1"})},
    ),
    Case(
        "extended attributes that cannot be set and a",
        "-a --attributes-only a n",
        {"a": file("A", xattrs={"user.x": b"1", "security.foo": b"2"})},
    ),
    Case(
        "extended attributes that cannot be set and xattr",
        "--preserve=xattr --attributes-only a n",
        {"a": file("A", xattrs={"user.x": b"1", "security.foo": b"2"})},
        status=1,
    ),
    Case(
        "extended attributes that cannot be set",
        "--attributes-only --preserve=all a n",
        {"a": file("A", xattrs={"user.x": b"1", "security.foo": b"2"})},
    ),
    Case(
        "directory conflict",
        "-T --attributes-only a d",
        "a d/",
        status=1,
        stderr="pycp: cannot overwrite directory 'd' with non-directory 'a'\n",
        differs="file over directory",
    ),
    who=BOTH,
)
def test_attributes_only(case: Case, same_as_gnu: SameAsGnu) -> None:
    """--attributes-only opens what it finds without truncating it."""
    same_as_gnu(case)


@cases(
    Case("full device", "big /dev/full", {"big": file("x" * MIB)}, status=1),
    Case("full device and others", "$ ln -s /dev/full d/a; pycp -v a b d", "a b d/", status=1),
    Case(
        "file size limit",
        "$ ulimit -f 8; pycp big b; s=$?; ls -l b | cut -d' ' -f5; exit $s",
        {"big": file("x" * MIB)},
        status=1,
        stderr="pycp: error writing 'b': File too large\n",
        differs="limit on file sizes",
        like="$ trap '' XFSZ; ulimit -f 8; pycp big b; s=$?; ls -l b | cut -d' ' -f5; exit $s",
    ),
    Case(
        "full file system",
        "# mount -t tmpfs -o size=64k none m && pycp -v big a m; s=$?; ls -s m; exit $s",
        {"big": file("x" * MIB), "a": "A", "m": directory()},
        status=1,
    ),
    Case(
        "full file system with a hole",
        (
            "# mount -t tmpfs -o size=64k none m && pycp -v big m && pycp --sparse=never big m/b; "
            "s=$?; exit $s"
        ),
        {"big": file(size=MIB), "m": directory()},
        status=1,
    ),
    Case(
        "full of names",
        "# mount -t tmpfs -o nr_inodes=3 none m && pycp -v a b c m; s=$?; ls m; exit $s",
        "a b c m/",
        status=1,
    ),
    Case(
        "full of names with directories",
        "# mount -t tmpfs -o nr_inodes=3 none m && pycp -Rv s m; s=$?; find m | sort; exit $s",
        "s/a/b/c s/d m/",
        status=1,
        tries=5,  # the order of inode numbers decides what finds room
    ),
    Case(
        "read-only file system",
        (
            "# mount -t tmpfs none m && touch m/b && mount -o remount,ro m && pycp -v a m/b; "
            "pycp -v a m/c; pycp -fv a m/b; pycp -Rv s m; pycp -v --remove-destination a m/b"
        ),
        "a s/f m/",
        status=1,
    ),
    Case(
        "read-only file system with p",
        (
            "# mount -t tmpfs none m && touch m/b && mount -o remount,ro m && pycp -pv a m/b; "
            "pycp -lfv m/b c"
        ),
        "a m/",
        status=1,
    ),
)
def test_no_room(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What does not fit is told; what was written stays."""
    same_as_gnu(case)


@pytest.fixture
def without_clones(comparison: Comparison) -> None:
    """Skip the test where the file system of the trees can share storage."""
    with (
        tempfile.TemporaryFile(dir=comparison.around) as one,
        tempfile.TemporaryFile(dir=comparison.around) as two,
    ):
        one.write(b"x" * 4096)
        one.flush()
        try:
            fcntl.ioctl(two, FICLONE, one.fileno())
        except OSError:
            return
        pytest.skip(f"the file system of {comparison.around} clones files")


def debug(offload: str, reflink: str, sparse: str) -> str:
    """Word the line that --debug prints for each regular file."""
    return f"copy offload: {offload}, reflink: {reflink}, sparse detection: {sparse}\n"


def debugged(
    name: str, words: str, spec: dict[str, Node], how: str, like: str | None = None
) -> Case:
    """Return the case of one file copied to `n` with --debug."""
    return Case(
        name,
        f"--debug {words} a n",
        spec,
        stdout=f"'a' -> 'n'\n{how}",
        differs="debug option",
        like=like or f"{words} a n",
    )


HOLE = {"a": CONTENTS["a hole alone"]}
HOLES = {"a": CONTENTS["a hole in the middle"]}
ZEROS = {"a": CONTENTS["dense zeros of odd size"]}
DENSE = {"a": file("x" * 5000)}


@cases(
    debugged("dense", "", DENSE, debug("yes", "unsupported", "no")),
    debugged("empty", "", {"a": file("")}, debug("unknown", "unsupported", "no")),
    debugged("hole", "", HOLE, debug("unknown", "unsupported", "SEEK_HOLE")),
    debugged("holes", "", HOLES, debug("yes", "unsupported", "SEEK_HOLE")),
    debugged(
        "dense with sparse always",
        "--sparse=always",
        ZEROS,
        debug("avoided", "unsupported", "zeros"),
    ),
    debugged(
        "holes with sparse always",
        "--sparse=always",
        HOLES,
        debug("avoided", "unsupported", "SEEK_HOLE + zeros"),
    ),
    debugged("dense with sparse never", "--sparse=never", DENSE, debug("avoided", "no", "no")),
    debugged("dense with reflink never", "--reflink=never", DENSE, debug("avoided", "no", "no")),
    debugged(
        "holes with reflink never", "--reflink=never", HOLES, debug("avoided", "no", "SEEK_HOLE")
    ),
    debugged(
        "hole with sparse always",
        "--reflink=never --sparse=always",
        HOLE,
        debug("unknown", "no", "SEEK_HOLE"),
    ),
    debugged("dense with a", "-a", DENSE, debug("yes", "unsupported", "no")),
    Case(
        "hole with sparse never",
        "--debug --sparse=never a n",
        HOLE,
        stdout=ANYTHING,
        differs="debug option",
        like="--sparse=never a n",
    ),
    Case(
        "proc file",
        "--debug /proc/version n",
        "",
        stdout="'/proc/version' -> 'n'\n" + debug("unsupported", "unsupported", "no"),
        differs="debug option",
        like="/proc/version n",
    ),
    Case(
        "onto the full device",
        "--debug a /dev/full",
        "a",
        status=1,
        stdout=ANYTHING,
        differs="debug option",
        like="a /dev/full",
    ),
    Case(
        "no line for links",
        "--debug -l a n",
        "a",
        stdout="'a' -> 'n'\n",
        differs="debug option",
        like="-l a n",
    ),
    Case(
        "no line for symlinks",
        "--debug -P l n",
        "l->x",
        stdout="'l' -> 'n'\n",
        differs="debug option",
        like="-P l n",
    ),
    Case(
        "no line for s",
        "--debug -s a n",
        "a",
        stdout="'a' -> 'n'\n",
        differs="debug option",
        like="-s a n",
    ),
    Case(
        "no line for fifos",
        "--debug -R p n",
        "p|",
        stdout="'p' -> 'n'\n",
        differs="debug option",
        like="-R p n",
    ),
    Case(
        "no line for attributes only",
        "--debug --attributes-only a n",
        "a",
        stdout="'a' -> 'n'\n",
        differs="debug option",
        like="--attributes-only a n",
    ),
    Case(
        "no line for an unreadable source",
        "--debug a n",
        "a@0000",
        status=1,
        stdout="'a' -> 'n'\n",
        differs="debug option",
        like="a n",
    ),
    Case(
        "line after removed",
        "--debug -f a b",
        "a b@0000",
        stdout="'a' -> 'b'\nremoved 'b'\n" + debug("yes", "unsupported", "no"),
        differs="debug option",
        like="-f a b",
    ),
    Case(
        "line for a destination that cannot be made",
        "--debug a m/n",
        "a",
        status=1,
        stdout="'a' -> 'm/n'\n" + debug("unknown", "unknown", "unknown"),
        differs="debug option",
        like="a m/n",
    ),
    Case(
        "line after the failure",
        "$ pycp --debug a m/n 2>&1",
        "a",
        status=1,
        stdout=(
            "'a' -> 'm/n'\npycp: cannot create regular file 'm/n': No such file or directory\n"
            + debug("unknown", "unknown", "unknown")
        ),
        stderr="",
        differs="debug option",
        like="a m/n",
    ),
    Case(
        "lines in a tree",
        "--debug -R s n",
        "s/a s/l->a s/b",
        stdout="".join(
            [
                "'s' -> 'n'\n",
                "'s/a' -> 'n/a'\n",
                debug("yes", "unsupported", "no"),
                "'s/l' -> 'n/l'\n",
                "'s/b' -> 'n/b'\n",
                debug("yes", "unsupported", "no"),
            ]
        ),
        differs="debug option",
        like="-R s n",
    ),
)
@pytest.mark.usefixtures("without_clones")
def test_debug(case: Case, same_as_gnu: SameAsGnu) -> None:
    """--debug tells how the contents were copied."""
    same_as_gnu(case)


def not_cloned(destination: str) -> str:
    """Word the failure to share the storage of `a`."""
    return f"pycp: failed to clone '{destination}' from 'a': Operation not supported\n"


@cases(
    Case(
        "new file",
        "-v --reflink=always a n",
        "a",
        status=1,
        stdout="'a' -> 'n'\n",
        stderr=not_cloned("n"),
        differs="failed clone",
        like="$ touch n; rm n",
    ),
    Case(
        "without value",
        "--reflink a n",
        "a",
        status=1,
        stderr=not_cloned("n"),
        differs="failed clone",
        like="$ touch n; rm n",
    ),
    Case("last of two", "--reflink=always --reflink=auto -v a n", "a"),
    Case(
        "existing file",
        "--reflink=always a b",
        "a b",
        status=1,
        stderr=not_cloned("b"),
        differs="failed clone onto a file",
        like="$ :",
    ),
    Case(
        "existing file with f",
        "-f --reflink=always a b",
        "a b",
        status=1,
        stderr=not_cloned("b"),
        differs="failed clone onto a file",
        like="$ :",
    ),
    Case(
        "existing file with backup",
        "-b --reflink=always a b",
        "a b",
        status=1,
        stderr=not_cloned("b"),
    ),
    Case(
        "several",
        "-v --reflink=always a b d",
        "a d/ b",
        status=1,
        stdout="'a' -> 'd/a'\n'b' -> 'd/b'\n",
        stderr=not_cloned("d/a") + not_cloned("d/b").replace("'a'", "'b'"),
        differs="failed clone",
        like="$ touch d",
    ),
    Case(
        "tree",
        "-Rv --reflink=always a d",
        "a/f d/",
        status=1,
        stdout="'a' -> 'd/a'\n'a/f' -> 'd/a/f'\n",
        stderr="pycp: failed to clone 'd/a/f' from 'a/f': Operation not supported\n",
        differs="failed clone",
        like="$ mkdir d/a",
    ),
    Case(
        "with p",
        "-p --reflink=always a n",
        "a@0640",
        status=1,
        stderr=not_cloned("n"),
        differs="failed clone",
        like="$ touch n; rm n",
    ),
    Case(
        "empty file",
        "--reflink=always a n",
        {"a": ""},
        status=1,
        stderr=not_cloned("n"),
        differs="failed clone",
        like="$ touch n; rm n",
    ),
    Case("with l", "-l --reflink=always a n", "a"),
    Case("onto null", "--reflink=always a /dev/null", "a", status=1, stderr=ANYTHING),
)
@pytest.mark.usefixtures("without_clones")
def test_failed_clone(case: Case, same_as_gnu: SameAsGnu) -> None:
    """--reflink=always fails where nothing can be shared, and leaves what was there."""
    same_as_gnu(case)


BTRFS = "truncate -s 120M i && mkfs.btrfs -q i > /dev/null && mount -o loop i m && rm i && cd m"


def on_btrfs(name: str, script: str, expected: str) -> Case:
    """Return the case of a script that runs where files can share storage; `a` holds 1 MiB."""
    return Case(
        name,
        f"# {BTRFS} && yes | head -c 1048576 > a && {script}",
        "m/",
        stdout=expected,
        differs="debug option",
        like="$ touch i && rm i",
    )


CLONED = debug("unknown", "yes", "unknown")


@cases(
    on_btrfs("auto", "pycp --debug a b && cmp a b", f"'a' -> 'b'\n{CLONED}"),
    on_btrfs("always", "pycp --debug --reflink=always a b && cmp a b", f"'a' -> 'b'\n{CLONED}"),
    on_btrfs(
        "onto a file",
        "yes no | head -c 3000000 > b; pycp --debug a b && cmp a b",
        f"'a' -> 'b'\n{CLONED}",
    ),
    on_btrfs(
        "with sparse always", "pycp --debug --sparse=always a b && cmp a b", f"'a' -> 'b'\n{CLONED}"
    ),
    on_btrfs(
        "never",
        "pycp --debug --reflink=never a b && cmp a b",
        "'a' -> 'b'\n" + debug("avoided", "no", "no"),
    ),
    on_btrfs(
        "with sparse never",
        "pycp --debug --sparse=never a b && cmp a b",
        "'a' -> 'b'\n" + debug("avoided", "no", "no"),
    ),
    on_btrfs(
        "with a",
        "touch -d @5 a; chmod 640 a; pycp -a --debug a b && stat -c '%a %Y' b",
        f"'a' -> 'b'\n{CLONED}640 5\n",
    ),
    on_btrfs(
        "onto a longer file, by part of a block",
        "printf x >> a; yes no | head -c 3000000 > b; pycp --debug --reflink=always a b && cmp a b",
        f"'a' -> 'b'\n{CLONED}",
    ),
    on_btrfs(
        "onto a longer file, by less than a block",
        "yes | head -c 5000 > a; yes no | head -c 7000 > b; pycp --reflink=always a b && cmp a b",
        "",
    ),
    on_btrfs(
        "onto a longer file that cannot share",
        "printf x >> a; touch b; chattr +C b; yes no | head -c 3000000 > b; cp -p b c; "
        "pycp --reflink=always a b; echo $?; cmp b c; test b -nt c || echo kept",
        "1\nkept\n",
    ),
    on_btrfs(
        "to another file system",
        "pycp --reflink=always a ../n; echo $?; test -e ../n || echo none",
        "1\nnone\n",
    ),
)
def test_clones(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Where storage can be shared it is, unless -reflink=never or --sparse=never forbids it."""
    needs.mounting_of("btrfs", "btrfs-progs")
    same_as_gnu(replace(case, stderr=ANYTHING))
