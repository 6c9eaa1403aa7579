"""The table of sharp edge cases, section 12 of the specification, row by row."""

from tests.case import Case, SameAsGnu, Who, cases
from tests.tree import acl, directory, file, symlink

ROOT: tuple[Who, ...] = ("root",)
DEFAULT_ACL = acl("u::rwx u:1001:rwx g::rx m::rwx o::rx", "default")


def debug(offload: str, reflink: str, sparse: str) -> str:
    """Word the line that --debug prints for each regular file."""
    return f"copy offload: {offload}, reflink: {reflink}, sparse detection: {sparse}\n"


@cases(
    Case(
        "row 1",
        "a new/",
        "a",
        status=1,
        stderr="pycp: cannot create regular file 'new/': Not a directory\n",
    ),
    Case(
        "row 2",
        "a dl",
        "a dl->nx",
        status=1,
        stderr="pycp: not writing through dangling symlink 'dl'\n",
    ),
    Case("row 3", "a dl", "a dl->nx", env={"POSIXLY_CORRECT": "1"}),
    Case("row 4", "-b a dl", "a dl->nx"),
    Case(
        "row 5 n",
        "-n a l",
        "a l->l",
        status=1,
        stderr="pycp: cannot stat 'l': Too many levels of symbolic links\n",
    ),
    Case("row 5 fn", "-fn a l", "a l->l"),
    Case("row 6", "s d", "s/", status=1, stderr="pycp: -r not specified; omitting directory 's'\n"),
    Case(
        "row 7",
        "-Rv s s",
        "s/f",
        status=1,
        stdout="'s' -> 's/s'\n's/f' -> 's/s/f'\n",
        stderr="pycp: cannot copy a directory, 's', into itself, 's/s'\n",
        tries=8,
    ),
    Case("row 8", "-Rv s/. d", "s/f d/", stdout="'s/./f' -> 'd/./f'\n"),
    Case(
        "row 9",
        "p/f q/f c",
        "p/f q/f c/",
        status=1,
        stderr="pycp: will not overwrite just-created 'c/f' with 'q/f'\n",
    ),
    Case("row 10", "--backup=numbered p/f q/f c", "p/f q/f c/"),
    Case(
        "row 11",
        "a ./a c",
        "a c/",
        stderr="pycp: warning: source file './a' specified more than once\n",
    ),
    Case(
        "row 12",
        "-R s s/ c",
        "s/ c/",
        stderr="pycp: warning: source directory 's/' specified more than once\n",
    ),
    Case("row 13", "-bf a a", "a"),
    Case("row 14", "-bf a ./a", "a", status=1, stderr="pycp: 'a' and './a' are the same file\n"),
    Case(
        "row 15",
        "--backup=simple a~ a",
        "a a~",
        status=1,
        stderr="pycp: backing up 'a' might destroy source;  'a~' not copied\n",
    ),
    Case(
        "row 16",
        "-i a b",
        "a b",
        stdin="n\n",
        status=1,
        stderr="pycp: overwrite 'b'? ",
        differs="declined prompt",
    ),
    Case(
        "row 17 i",
        "-i a b",
        "a b@0400",
        stdin="y\n",
        status=1,
        stderr=(
            "pycp: unwritable 'b' (mode 0400, r--------); try anyway? "
            "pycp: cannot create regular file 'b': Permission denied\n"
        ),
    ),
    Case(
        "row 17 fi",
        "-vfi a b",
        "a b@0400",
        stdin="y\n",
        stdout="'a' -> 'b'\nremoved 'b'\n",
        stderr="pycp: replace 'b', overriding mode 0400 (r--------)? ",
    ),
    Case(
        "row 18",
        "-n --update=none-fail a b",
        "a b",
        stderr="",
        differs="update values",
        like="-n a b",
    ),
    Case(
        "row 18 alone",
        "--update=none-fail a b",
        "a b",
        status=1,
        stderr="pycp: not replacing 'b'\n",
        differs="update values",
        like="$ :",
    ),
    Case(
        "row 19",
        "-T a d",
        "a d/",
        status=1,
        stderr="pycp: cannot overwrite directory 'd' with non-directory 'a'\n",
        differs="file over directory",
    ),
    Case("row 19 n", "-nT a d", "a d/", stderr=""),
    Case(
        "row 20",
        "-Tv --backup a d",
        "a d/",
        status=1,
        stdout="'a' -> 'd'\n",
        stderr="pycp: cannot create regular file 'd': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    Case(
        "row 21",
        "-RTv --backup=simple s n",
        "s/f n",
        stdout="'s' -> 'n'\n's/f' -> 'n/f'\n",
        differs="kind conflict with backup",
        like="$ mv n n~; pycp -R s n",
    ),
    Case(
        "row 22",
        "-RT --keep-directory-symlink s n",
        "s/x/f n/x->../r r/",
        status=1,
        stderr="pycp: cannot overwrite non-directory 'n/x' with directory 's/x'\n",
        differs="keep-directory-symlink option",
        like="$ :",
    ),
    Case(
        "row 22 copy-contents",
        "-RT --keep-directory-symlink --copy-contents s n",
        "s/x/f n/x->../r r/",
        stderr="",
        differs="keep-directory-symlink option",
        like="$ cp s/x/f r/f",
    ),
    Case(
        "row 23",
        "-RL s d",
        "s/l->.",
        status=1,
        stderr="pycp: cannot copy cyclic symbolic link 's/l'\n",
    ),
    Case("row 24", "-dv a b d", "a b=a d/b", stdout="'a' -> 'd/a'\n'b' -> 'd/b'\nremoved 'd/b'\n"),
    Case("row 25", "-l s h", "a s->a"),
    Case("row 25 P", "-lP s h2", "a s->a"),
    Case(
        "row 26",
        "-s a d",
        "a d/",
        status=1,
        stderr="pycp: d/a: can make relative symbolic links only in current directory\n",
    ),
    Case("row 27", "-sp a y", "a", before="touch -d 2001-02-03 a"),
    Case(
        "row 28",
        "--parents x/y/f g d",
        "x/y/f g d/g",
        status=1,
        stderr="pycp: cannot create regular file 'd/g': File exists\n",
    ),
    Case(
        "row 29",
        "-v --parents x/y/f d",
        "x/@0555 x/y/@0700 x/y/f d/",
        stdout="x -> d/x\nx/y -> d/x/y\n'x/y/f' -> 'd/x/y/f'\n",
    ),
    Case(
        "row 30",
        "--strip-trailing-slashes a/ b",
        "a",
        status=1,
        stderr="pycp: cannot stat 'a/': Not a directory\n",
    ),
    Case("row 30 directory", "--strip-trailing-slashes a/ dir", "a dir/"),
    Case(
        "row 31 new",
        "# mount -t tmpfs none m && echo A > m/a && pycp --reflink=always m/a m/new; echo $?; ls m",
        "m/",
        stdout="1\na\n",
        stderr="pycp: failed to clone 'm/new' from 'm/a': Operation not supported\n",
        differs="failed clone",
        like="$ :",
    ),
    Case(
        "row 31 onto b",
        (
            "# mount -t tmpfs none m && echo A > m/a && echo B > m/b && "
            "pycp --reflink=always m/a m/b; echo $?; cat m/b"
        ),
        "m/",
        stdout="1\nB\n",
        stderr="pycp: failed to clone 'm/b' from 'm/a': Operation not supported\n",
        differs="failed clone onto a file",
        like="$ :",
    ),
    Case(
        "row 32",
        "# mount -t tmpfs none m && truncate -s 1M m/h && pycp --debug m/h m/o && stat -c %b m/o",
        "m/",
        stdout="'m/h' -> 'm/o'\n" + debug("unknown", "unsupported", "SEEK_HOLE") + "0\n",
        differs="debug option",
        like="$ :",
    ),
    Case(
        "row 32 sparse never",
        (
            "# mount -t tmpfs none m && truncate -s 1M m/h && "
            "pycp --debug --sparse=never m/h m/o | grep -o 'reflink: no' && stat -c %b m/o"
        ),
        "m/",
        stdout="reflink: no\n2048\n",
        differs="debug option",
        like="$ :",
    ),
    Case(
        "row 33",
        (
            "# mount -t tmpfs none m && head -c 1000000 /dev/zero > m/z && "
            "pycp --debug --sparse=always m/z m/o && stat -c %b m/o"
        ),
        "m/",
        stdout="'m/z' -> 'm/o'\n" + debug("avoided", "unsupported", "zeros") + "0\n",
        differs="debug option",
        like="$ :",
    ),
    Case(
        "row 34",
        "$ pycp --debug /proc/version v | grep -o 'copy offload: unsupported'",
        "",
        stdout="copy offload: unsupported\n",
        differs="debug option",
        like="/proc/version v",
    ),
    Case("row 34 umask", "/proc/version v", "", umask=0o077),
    Case(
        "row 35",
        "a /dev/full",
        "a",
        status=1,
        stderr="pycp: error writing '/dev/full': No space left on device\n",
    ),
    Case(
        "row 35 v",
        "$ pycp -v a b > /dev/full",
        "a",
        status=1,
        stderr="pycp: write error: No space left on device\n",
    ),
    Case("row 36 root", "-p a b", {"a": file("A", 0o6755, owner=(0, 0))}, who=ROOT, stderr=""),
    Case("row 36 U p", "-p a c", {"a": file("A", 0o6755, owner=(0, 0))}, stderr=""),
    Case("row 36 U", "a d", {"a": file("A", 0o6755, owner=(0, 0))}, stderr=""),
    Case(
        "row 37 xattr",
        "--preserve=xattr a n",
        {"a": file("A", xattrs={"security.foo": b"1"})},
        status=1,
        stderr=(
            "pycp: setting attribute 'security.foo' for 'security.foo': Operation not permitted\n"
        ),
    ),
    Case("row 37 a", "-a a n", {"a": file("A", xattrs={"security.foo": b"1"})}, stderr=""),
    Case(
        "row 37 all",
        "--preserve=all a n",
        {"a": file("A", xattrs={"security.foo": b"1"})},
        stderr=(
            "pycp: setting attribute 'security.foo' for 'security.foo': Operation not permitted\n"
        ),
    ),
    Case("row 38 Z", "-Z a n", "a", stderr=""),
    Case(
        "row 38 context",
        "--context=x a n",
        "a",
        stderr="pycp: warning: ignoring --context; it requires an SELinux-enabled kernel\n",
    ),
    Case(
        "row 38 preserve",
        "--preserve=context a n",
        "a",
        status=1,
        stderr="pycp: cannot preserve security context without an SELinux-enabled kernel\n",
    ),
    Case(
        "row 39",
        "-R s n",
        "s/1/@0000 s/2/f",
        status=1,
        stderr="pycp: cannot access 's/1': Permission denied\n",
    ),
    Case(
        "row 40",
        "--remove-destination a b",
        "a@0000 b",
        status=1,
        stderr="pycp: cannot open 'a' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ :",
    ),
    Case("row 41", "-R p b", "p| b"),
    Case(
        "row 41 L",
        "-RL p b",
        "p| b",
        status=1,
        stderr="pycp: cannot create fifo 'b': File exists\n",
    ),
    Case("row 42", "-dv a sl", "a t u=t sl->t", stdout="removed 'sl'\n'a' -> 'sl'\n"),
    Case(
        "row 43",
        ["-v", "a'b c", "x\ty", "d"],
        {"a'b c": "1", "x\ty": "2", "d": directory()},
        stdout="\"a'b c\" -> \"d/a'b c\"\n'x'$'\\t''y' -> 'd/x'$'\\t''y'\n",
    ),
    Case(
        "row 44",
        "--remove-destination foo dl/foo",
        "foo bar=foo dl->.",
        status=1,
        stderr="pycp: 'foo' and 'dl/foo' are the same file\n",
        differs="source removed as destination",
        like="$ :",
    ),
    Case("row 45", "-vb -S x/y a b", "a b", stdout="'a' -> 'b' (backup: 'b~')\n"),
    Case(
        "row 45 slash",
        "-vb -S x/ a c",
        "a c",
        status=1,
        stderr="pycp: cannot backup 'c': Not a directory\n",
    ),
    Case(
        "row 46",
        "-p a d",
        {"a": file("A", 0o640), "d": directory(xattrs=DEFAULT_ACL)},
        differs="inherited access list",
        like="$ pycp a d; chmod 640 d/a; touch -r a d/a",
    ),
    Case("row 47 slash", "-RP ld/ n", "d/f ld->d"),
    Case("row 47", "-R ld n2", "d/f ld->d"),
    Case(
        "row 48",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/z && pycp -b big m/z; echo $?; "
            "ls m; cat m/z"
        ),
        {"big": file("b" * 200000), "m": directory()},
        stdout="1\nz\nold\n",
        stderr="pycp: error writing 'm/z': No space left on device\n",
    ),
    Case(
        "row 48 without b",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/z && pycp big m/z; echo $?; "
            "stat -c %s m/z"
        ),
        {"big": file("b" * 200000), "m": directory()},
        stdout="1\n65536\n",
        stderr="pycp: error writing 'm/z': No space left on device\n",
    ),
    Case(
        "row 49",
        "-aT s n",
        {"s/d": directory(0o755), "s": directory(), "n/d": directory(0o700), "n": directory()},
        before="touch -d 2001-01-01 s/d s",
    ),
    Case(
        "row 50",
        "-v --backup=simple a2~ a",
        {"a": "A", "a~": "B", "a2~": symlink("a~")},
        status=1,
        stdout="",
        stderr="pycp: backing up 'a' might destroy source;  'a2~' not copied\n",
        differs="backup through a symlink",
        like="$ :",
    ),
    Case(
        "row 51",
        "-uv a a2 d",
        "a a2=a d/a+5 d/a2+6",
        stdout="removed 'd/a2'\n",
        stderr="",
    ),
    Case(
        "row 52",
        "--preserve=mode,ownership a n",
        {"a": file("A", 0o600), "n": file("N", 0o666, owner=(0, 0))},
        status=1,
        stderr="",
    ),
    Case(
        "row 53",
        "-bfi a a",
        "a a~",
        stdin="n\n",
        status=1,
        stderr="pycp: overwrite 'a~'? ",
        differs="declined prompt",
    ),
    Case(
        "row 54",
        "-Ti s/f d",
        "s/f d/",
        status=1,
        stderr="pycp: overwrite 'd'? ",
        differs="declined prompt",
    ),
)
def test_row(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Each row of the table is as the table says."""
    same_as_gnu(case)
