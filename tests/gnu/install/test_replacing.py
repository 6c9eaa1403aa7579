"""What is in the way is removed and a new file made; anything but a directory can be read."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, ROOT, install
from tests.tree import acl, device, directory, file, unix_socket

DEFAULT_ACL = acl("u::rwx u:1001:rwx g::rwx m::rwx o::rwx", "default")
ACCESS_ACL = acl("u::rw u:1001:rw g::r m::rw o::r")


@cases(
    install("file", "-v a b", "a b"),
    install("file and its mode", "-v -m 640 a b", "a b@0400"),
    install("mode without any bit", "-v a b", "a b@0000"),
    install("hard link", "-v a b", "a b c=b"),
    install("hard link of the source", "-v a h", "a h=a"),
    install("symlink", "-v a l", "a b l->b"),
    install("dangling symlink", "-v a l", "a l->x"),
    install("looping symlink", "-v a l", "a l->l"),
    install("symlink to the source", "-v a l", "a l->a"),
    install("fifo", "-v a p", "a p|"),
    install("socket", "-v a s", {"a": "A", "s": unix_socket()}),
    install("device", "-v a n", {"a": "A", "n": device("c", 1, 3)}, who=ROOT),
    install("block device", "-v a n", {"a": "A", "n": device("b", 7, 99)}, who=ROOT),
    install(
        "file with attributes",
        "a b",
        {"a": "A", "b": file("B", xattrs={"user.x": b"1"} | ACCESS_ACL)},
    ),
    install(
        "running program",
        "$ cp /bin/sleep run; ./run 5 & sleep 0.1; pyinstall a run; echo $?; kill $!; cat run",
        "a",
    ),
    install("program held open", "$ exec 3< b; pyinstall a b; cat <&3; cat b", "a b"),
    install(
        "immutable file",
        "a b",
        "a b",
        before="chattr +i b",
        after="chattr -i b",
        status=1,
        who=ROOT,
    ),
    install(
        "immutable file with backup",
        "-b a b",
        "a b",
        before="chattr +i b",
        after="chattr -i b",
        status=1,
        who=ROOT,
    ),
    install(
        "append-only file",
        "a b",
        "a b",
        before="chattr +a b",
        after="chattr -a b",
        status=1,
        who=ROOT,
    ),
    install(
        "inside an immutable directory",
        "a d",
        "a d/a",
        before="chattr +i d",
        after="chattr -i d",
        status=1,
        who=ROOT,
    ),
    install(
        "read-only file system",
        (
            "# mount --bind d d && mount -o remount,bind,ro d && pyinstall -v a d; echo $?; "
            "pyinstall -d d e; echo $?"
        ),
        "a d/a",
    ),
    install(
        "read-only file system and a new name",
        (
            "# mount --bind d d && mount -o remount,bind,ro d && pyinstall -v a d; echo $?; "
            "pyinstall -D a d/x/y; echo $?"
        ),
        "a d/",
    ),
    install("default access list", "a d", {"a": "A", "d": directory(xattrs=DEFAULT_ACL)}),
    install(
        "default access list and backup",
        "-b -m 640 a d",
        {"a": "A", "d": directory(xattrs=DEFAULT_ACL), "d/a": "B"},
    ),
    install(
        "group of the directory", "a d", {"a": "A", "d": directory(0o2777, owner=(0, 77))}, who=BOTH
    ),
    install("closed umask", "-m 666 a b", "a", umask=0o777),
)
def test_destinations(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Whoever has the old file keeps it; the new one is nobody else's."""
    same_as_gnu(case)


@cases(
    install("special bits are not copied", "a b", {"a": file("A", 0o6777)}),
    install("access list is not copied", "a b", {"a": file("A", xattrs=ACCESS_ACL)}),
    install("attributes are not copied", "-p a b", {"a": file("A", xattrs={"user.x": b"1"})}),
    install("owner is not copied", "a b", {"a": file("A", 0o644, owner=(7, 8))}, who=BOTH),
    install("symlink", "-v l b", "a l->a"),
    install("empty file", "-v a b", {"a": file()}),
    install("big file", "a b", {"a": file(b"x" * 3_000_000)}),
    install("holes", "a b", {"a": file(pieces={500_000: b"x", 2_000_000: b"y"}, size=3_000_000)}),
    install("zeros", "a b", {"a": file(b"\0" * 300_000)}),
    install("fifo", "$ (cat a > p &) && pyinstall -v p b", "a p|"),
    install("fifo with p", "$ (cat a > p &) && pyinstall -p p b", "a p|-9"),
    install("standard input", "$ echo x | pyinstall -m 640 /dev/stdin b", ""),
    install("standard input from a file", "$ pyinstall -m 640 /dev/stdin b < a", "a"),
    install("standard input by proc", "$ echo x | pyinstall /proc/self/fd/0 d", "d/"),
    install("file of proc", "/proc/sys/kernel/ostype b"),
    install("nothing", "-m 644 /dev/null b"),
    install("nothing over something", "-v -m 644 /dev/null b", "b"),
    install("unreadable new", "-v a b", "a@0000", status=1, who=BOTH),
    install("unreadable with backup", "-bv a b", "a@0000 b", status=1, who=BOTH),
    install("socket with backup", "-bv s b", {"s": unix_socket(), "b": "B"}, status=1),
    install("unreadable among others", "-v a b d", "a@0000 b d/", status=1),
)
def test_sources(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Symlinks are followed, and whatever can be read becomes a regular file."""
    same_as_gnu(case)


@cases(
    install("one name", "a a", "a", status=1),
    install("two spellings", "a ./a", "a", status=1),
    install("two spellings with a detour", "a d/../a", "a d/", status=1),
    install("into its own directory", "d/a d", "d/a", status=1),
    install("into its own directory through a symlink", "d/a l", "d/a l->d", status=1),
    install("one name with backup", "-b a a", "a", status=1),
    install("one name with numbered backup", "--backup=numbered a a", "a", status=1),
    install("symlink to the destination", "l a", "a l->a", status=1),
    install("symlink to the destination with backup", "-b l a", "a l->a", status=1),
    install("symlink at the destination", "a l", "a l->a"),
    install("symlink at the destination with backup", "-bv a l", "a l->a"),
    install("two symlinks", "-v l m", "a l->a m->a"),
    install("hard links with backup", "-bv a h", "a h=a"),
    install(
        "hard links in one directory",
        "-v d/a e",
        {"d/a": "A", "e": directory(), "e/a": "B"},
        before="ln -f d/a e/a",
    ),
    install("the same source twice", "-v a a d", "a d/", status=1),
    install("two of one name", "-v a s/a d", "a s/a d/", status=1),
    install("two of one name with backup", "-bv a s/a d", "a s/a d/", status=1),
    install("two of one name with numbered backup", "--backup=t -v a s/a d", "a s/a d/"),
    install("two of one name over an old one", "-v a s/a d", "a s/a d/a", status=1),
    install(
        "two of one name and simple backup over an old one",
        "--backup=simple -v a s/a d",
        "a s/a d/a",
        status=1,
        stdout="'a' -> 'd/a' (backup: 'd/a~')\n",
        stderr="pyinstall: will not overwrite just-created 'd/a' with 's/a'\n",
        differs="backup in an unreadable directory",
        like="$ mv d/a d/a~; pyinstall a d",
    ),
    install("two of one name, the first missing", "-v s/a a d", "a s/ d/", status=1),
    install("two of one name and p", "-pv a s/a d", "a s/a d/", status=1),
    install(
        "two of one name among many, whose owner cannot be given",
        f"-g 0 a s/a {(many := ' '.join(f'f{number}' for number in range(20)))} d",
        f"a s/a {many} d/",
        status=1,
    ),
    install("a symlink and its file", "-v l a d", "a l->a d/"),
    install("three of one name", "-v a s/a t/a d", "a s/a t/a d/", status=1),
)
def test_the_same_file(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A file is not installed onto itself, nor over what this run has just installed."""
    same_as_gnu(case)


@cases(
    install(
        "symlink onto itself",
        "l l",
        "a l->a",
        status=1,
        stderr="pyinstall: 'l' and 'l' are the same file\n",
        differs="source removed as destination",
        like="$ :",
    ),
    install(
        "unreadable source",
        "-v a b",
        "a@0000 b",
        status=1,
        stdout="'a' -> 'b'\n",
        stderr="pyinstall: cannot open 'a' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ :",
    ),
    install(
        "unreadable source into a directory",
        "-v a c d",
        "a@0000 c d/a",
        status=1,
        stdout="'a' -> 'd/a'\n'c' -> 'd/c'\n",
        stderr="pyinstall: cannot open 'a' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ pyinstall c d",
    ),
    install(
        "socket as source",
        "s b",
        {"s": unix_socket(), "b": "B"},
        status=1,
        stderr="pyinstall: cannot open 's' for reading: No such device or address\n",
        differs="source opened before removing",
        like="$ :",
    ),
)
def test_what_the_destination_survives(case: Case, same_as_gnu: SameAsGnu) -> None:
    """GNU loses the destination where a source cannot be opened; we open it first."""
    same_as_gnu(case)
