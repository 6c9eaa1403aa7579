"""Sources and destinations of different kinds, and special files."""

from tests.case import Case, SameAsGnu, Who, cases
from tests.tree import device, directory, fifo, file, symlink, unix_socket

BOTH: tuple[Who, ...] = ("user", "root")


def over_directory(destination: str, source: str) -> str:
    """Word the refusal to put anything else over a directory."""
    return f"pycp: cannot overwrite directory '{destination}' with non-directory '{source}'\n"


@cases(
    Case(
        "file over a directory",
        "-T a d",
        "a d/",
        status=1,
        stderr=over_directory("d", "a"),
        differs="file over directory",
    ),
    Case(
        "file over a filled directory",
        "-vT a d",
        "a d/x",
        status=1,
        stderr=over_directory("d", "a"),
        differs="file over directory",
    ),
    Case(
        "file over a directory with f",
        "-fvT a d",
        "a d/",
        status=1,
        stderr=over_directory("d", "a"),
        differs="file over directory",
    ),
    Case(
        "file over a directory in a directory",
        "-v a b d",
        "a b d/a/",
        status=1,
        stderr=over_directory("d/a", "a"),
        differs="file over directory",
    ),
    Case(
        "symlink over a directory",
        "-PT l d",
        "l->x d/",
        status=1,
        stderr=over_directory("d", "l"),
        differs="file over directory",
    ),
    Case(
        "fifo over a directory",
        "-RT p d",
        "p| d/",
        status=1,
        stderr=over_directory("d", "p"),
        differs="file over directory",
    ),
    Case(
        "file over a symlink to a directory",
        "-T a l",
        "a d/ l->d",
        status=1,
        stderr=over_directory("l", "a"),
        differs="file over directory",
    ),
    Case(
        "file over a symlink to a directory with P",
        "-PT a l",
        "a d/ l->d",
        status=1,
        stderr=over_directory("l", "a"),
        differs="file over directory",
    ),
    Case("symlink over a symlink to a directory", "-PTv m l", "m->x d/ l->d"),
    Case("hard link over a symlink to a directory", "-lT a l", "a d/ l->d", status=1),
    Case("directory over a file", "-RT s f", "s/x f", status=1),
    Case("directory over a file with f", "-RfT s f", "s/x f", status=1),
    Case(
        "directory over a file with remove-destination",
        "-RT --remove-destination s f",
        "s/x f",
        status=1,
    ),
    Case("directory over a symlink to a file", "-RT s l", "s/x f l->f", status=1),
    Case("directory over a symlink to a directory", "-RT s l", "s/x d/ l->d", status=1),
    Case("directory over a symlink to a directory with L", "-RLT s l", "s/x d/ l->d", status=1),
    Case("directory over a dangling symlink with L", "-RLT s l", "s/x l->d", status=1),
    Case("directory over a symlink in recursion", "-Rv s d", "s/x/f d/s/x->../../r r/", status=1),
    Case("directory over a fifo", "-RT s p", "s/x p|", status=1),
    Case("directory over a file in recursion", "-Rv s d", "s/a s/x/f s/z d/s/x", status=1),
    Case(
        "file over a directory in recursion",
        "-Rv s d",
        "s/a s/x s/z d/s/x/f",
        status=1,
        stderr=over_directory("d/s/x", "s/x"),
        differs="file over directory",
    ),
    Case("file over a symlink to a file", "-v a l", "a f l->f"),
    Case("file over a symlink to a file with d", "-dv a l", "a f l->f"),
    Case("file over a symlink to a hard-linked file", "-v a l", "a f g=f l->f"),
    Case("file over a symlink to a hard-linked file with d", "-dv a l", "a f g=f l->f"),
    Case("file over a hard-linked file", "-v a f", "a f g=f"),
    Case("file over a hard-linked file with d", "-dv a f", "a f g=f"),
    Case("file over a hard-linked file with preserve links", "--preserve=links -v a f", "a f g=f"),
    Case(
        "file over a hard-linked file with attributes only", "-dv --attributes-only a f", "a f g=f"
    ),
    Case("symlink over a file", "-Pv l f", "l->x f"),
    Case("symlink over a symlink", "-Pv l m", "l->x m->y"),
    Case("symlink over a hard link", "-Pv l f", "l->x f g=f"),
    Case("symlink over a fifo", "-Pv l p", "l->x p|"),
    Case(
        "symlink over a file with attributes only", "-Pv --attributes-only l f", "l->x f", status=1
    ),
    Case("symlink over a file with attributes only and f", "-Pfv --attributes-only l f", "l->x f"),
    Case(
        "symlink over a file in an unwritable directory",
        "-Pv l d/f",
        "l->x d/f d/@0555",
        status=1,
        who=BOTH,
    ),
    Case("fifo over a file", "-Rv p f", "p| f"),
    Case("fifo over a file with L", "-RLv p f", "p| f", status=1),
    Case("fifo over a file with L and f", "-RLfv p f", "p| f", status=1),
    Case("fifo over a file with H", "-RHv p f", "p| f", status=1),
    Case("fifo over a fifo", "-Rv p q", "p|@0600 q|@0644"),
    Case("fifo over a symlink", "-Rv p l", "p| f l->f"),
    Case("socket over a file", "-Rv s f", {"s": unix_socket(), "f": "F"}),
    Case("file over a socket", "a s", {"a": "A", "s": unix_socket()}, status=1),
    Case("file over a socket with f", "-fv a s", {"a": "A", "s": unix_socket()}),
    Case("file into a fifo", "$ cat p > out & pycp -v a p; s=$?; wait; exit $s", "a p|"),
    Case("file over a fifo with remove-destination", "-v --remove-destination a p", "a p|"),
    Case(
        "file over a fifo with R is written into it",
        "$ cat p > out & pycp -Rv a p; s=$?; wait; exit $s",
        "a p|",
    ),
)
def test_conflicts(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A directory and anything else never replace each other; the rest goes by kind."""
    same_as_gnu(case)


@cases(
    Case("fifo", "-Rv p n", "p|"),
    Case("fifo with mode", "-R p n", "p|@0777"),
    Case("fifo with strange mode", "-R p n", "p|@4511"),
    Case("fifo with a", "-av p n", "p|@0741+7", atimes=True),
    Case("fifo with mode nothing", "-a p n", "p|@0000"),
    Case("fifo with no-preserve mode", "-R --no-preserve=mode p n", "p|@0600"),
    Case("fifo in a tree", "-Rv s d", "s/a s/p| s/z"),
    Case(
        "fifo in a tree with copy-contents",
        "$ (echo hello > s/p) & pycp -Rv --copy-contents s d; s=$?; wait; exit $s",
        "s/p|",
    ),
    Case("fifo without R is read", "$ (echo hello > p) & pycp -v p n; s=$?; wait; exit $s", "p|"),
    Case(
        "fifo without R onto a file",
        "$ (echo hello > p) & pycp -v p f; s=$?; wait; exit $s",
        "p|@0640 f",
    ),
    Case(
        "fifo with copy-contents but not R",
        "$ (echo hello > p) & pycp --copy-contents p n; s=$?; wait; exit $s",
        "p|",
    ),
    Case(
        "fifo with attributes only",
        "$ (: > p) & pycp --attributes-only p n; s=$?; wait; exit $s",
        "p|@0640",
    ),
    Case("fifo with attributes only and R", "-R --attributes-only p n", "p|@0640"),
    Case("fifo with l", "-lv p n", "p|"),
    Case("fifo with s", "-sv p n", "p|"),
    Case("fifo to a place that is missing", "-R p m/n", "p|", status=1),
    Case("fifo into an unwritable directory", "-R p d", "p| d/@0555", status=1),
    Case("fifo with umask", "-R p n", "p|@0666", umask=0o077),
    Case("fifo with a and umask", "-a p n", "p|@0666", umask=0o777),
    Case("socket", "-Rv s n", {"s": unix_socket(0o750)}),
    Case("socket with a", "-av s n", {"s": unix_socket(0o750)}),
    Case(
        "socket without R",
        "s n",
        {"s": unix_socket()},
        status=1,
        stderr="pycp: cannot open 's' for reading: No such device or address\n",
    ),
    Case("socket with copy-contents", "-R --copy-contents s n", {"s": unix_socket()}, status=1),
    Case("socket in a tree", "-Rv s n", {"s/a": "A", "s/s": unix_socket(), "s/z": "Z"}),
    Case("null to a new file", "/dev/null n"),
    Case("null onto a file", "/dev/null f", "f"),
    Case("null with p", "-p /dev/null n", umask=0o077),
    Case("onto null", "a /dev/null", "a"),
    Case("onto null by symlink", "a l", "a l->/dev/null"),
    Case(
        "onto the full device",
        "-v a /dev/full",
        "a",
        status=1,
        stderr="pycp: error writing '/dev/full': No space left on device\n",
    ),
    Case("nothing onto the full device", "a /dev/full", {"a": ""}),
    Case("character device as the ordinary user", "-R /dev/null n", status=1, who=("user",)),
    Case("character device", "-Rv c n", {"c": device("c", 1, 3, 0o620)}, status=1),
    Case("character device with a", "-av c n", {"c": device("c", 1, 3, 0o624)}, status=1),
    Case("character device read", "-v c n", {"c": device("c", 1, 3)}),
    Case("character device written", "-v a c", {"a": "A", "c": device("c", 1, 3)}),
    Case("character device over a file", "-Rv c f", {"c": device("c", 1, 3), "f": "F"}, status=1),
    Case(
        "file over a character device with remove-destination",
        "-v --remove-destination a c",
        {"a": "A", "c": device("c", 1, 3)},
    ),
    Case("block device", "-Rv c n", {"c": device("b", 7, 200, 0o640)}, status=1),
    Case(
        "block device with umask",
        "-Rv c n",
        {"c": device("b", 7, 200, 0o666)},
        umask=0o077,
        status=1,
    ),
    Case(
        "hard-linked device with a",
        "-av s n",
        {"s": directory(), "s/c": device("c", 1, 3), "s/d": symlink("c"), "s/p": fifo()},
        before="ln s/c s/e; ln s/p s/q; ln -P s/d s/f",
        status=1,
    ),
    who=BOTH,
)
def test_special_files(case: Case, same_as_gnu: SameAsGnu) -> None:
    """With -R special files are made anew; without it they are read and written."""
    same_as_gnu(case)


@cases(
    Case("proc file", "/proc/version n"),
    Case("proc file onto a file", "/proc/version f", "f"),
    Case("proc file with p", "-p /proc/filesystems n"),
    Case("sys file", "/sys/kernel/mm/transparent_hugepage/enabled n", status=None),
    Case("missing proc file", "/proc/nothing n", status=1),
    Case("standard input a pipe", "$ echo hello | pycp /dev/stdin n"),
    Case("standard input a pipe with umask", "$ echo hello | pycp /dev/stdin n", umask=0o777),
    Case("standard input a large pipe", "$ cat a | pycp /dev/stdin n", {"a": "0123456789" * 50000}),
    Case("standard input a file", "$ pycp /dev/stdin n < a", "a@0640"),
    Case(
        "standard input a file read in part",
        "$ { read x; pycp /dev/stdin n; } < a",
        {"a": "1\n2\n"},
    ),
    Case("standard input by descriptor", "$ echo hello | pycp /dev/fd/0 n"),
    Case("standard input closed", "$ pycp /dev/stdin n <&-", status=1),
    Case("standard input with p", "$ pycp -p /dev/stdin n < a", "a@0640+5"),
    Case("standard input with R", "$ pycp -R /dev/stdin n < a", "a", status=None),
    Case("standard output a pipe", "$ pycp a /dev/stdout | cat", "a"),
    Case(
        "standard output a file is truncated",
        "$ { echo before; pycp a /dev/stdout; echo after; } > out",
        "a",
        status=None,
    ),
    Case("standard output with v", "$ pycp -v a /dev/stdout | cat", "a"),
    Case("standard output closed", "$ pycp a /dev/stdout >&-", "a", status=1),
    Case("through a pipe", "$ cat a | pycp /dev/stdin /dev/stdout | cat > n", {"a": "x" * 300000}),
    Case("large file to a pipe", "$ pycp a /dev/stdout | md5sum", {"a": "0123456789" * 100000}),
    Case(
        "sparse file to a pipe",
        "$ pycp a /dev/stdout | md5sum",
        {"a": file(pieces={1 << 20: b"x"})},
    ),
    Case(
        "sparse file to a pipe with sparse always",
        "$ pycp --sparse=always a /dev/stdout | md5sum",
        {"a": file(pieces={1 << 20: b"x"})},
    ),
    Case("file to a pipe nobody reads", "$ pycp a /dev/stdout | :", {"a": "x" * 300000}),
)
def test_streams(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What has no size, or none to trust, is copied to its end."""
    same_as_gnu(case)


@cases(
    Case(
        "alone",
        "-RT --keep-directory-symlink s n",
        "s/x/f r/ n/x->../r",
        status=1,
        stderr="pycp: cannot overwrite non-directory 'n/x' with directory 's/x'\n",
        differs="keep-directory-symlink option",
        like="-RT s n",
    ),
    Case(
        "with copy-contents",
        "-RTv --keep-directory-symlink --copy-contents s n",
        "s/x/f r/ n/x->../r",
        stdout="'s/x/f' -> 'n/x/f'\n",
        differs="keep-directory-symlink option",
        like="$ cp s/x/f r/f",
    ),
    Case(
        "with p the referent gets the attributes",
        "-RTp --keep-directory-symlink --copy-contents s n",
        {"s/x/f": "F", "s/x": directory(0o700, age=5), "r": directory(), "n/x": symlink("../r")},
        differs="keep-directory-symlink option",
        like="$ cp -p s/x/f r/f; chmod 0700 r; touch -r s/x r; touch -r s n",
    ),
    Case(
        "with a dangling symlink",
        "-RT --keep-directory-symlink --copy-contents s n",
        "s/x/f n/x->../r",
        status=1,
        stderr="pycp: cannot create directory 'n/x': File exists\n",
        differs="keep-directory-symlink option",
        like="-RT s n",
    ),
    Case(
        "with a symlink to a file",
        "-RT --keep-directory-symlink --copy-contents s n",
        "s/x/f n/x->../r r",
        status=1,
        stderr="pycp: cannot overwrite non-directory 'n/x' with directory 's/x'\n",
        differs="keep-directory-symlink option",
        like="-RT s n",
    ),
    Case(
        "of an operand",
        "-RTv --keep-directory-symlink --copy-contents s l",
        "s/f r/ l->r",
        stdout="'s/f' -> 'l/f'\n",
        differs="keep-directory-symlink option",
        like="$ cp s/f r/f",
    ),
    Case(
        "with a",
        "-aT --keep-directory-symlink s n",
        "s/x/f r/ n/x->../r",
        status=1,
        stderr="pycp: cannot overwrite non-directory 'n/x' with directory 's/x'\n",
        differs="keep-directory-symlink option",
        like="-aT s n",
    ),
)
def test_keep_directory_symlink(case: Case, same_as_gnu: SameAsGnu) -> None:
    """--keep-directory-symlink does something only together with -R --copy-contents."""
    same_as_gnu(case)
