"""Standard output and error: what goes where, and what happens when they fail."""

from tests.case import Case, SameAsGnu, cases
from tests.tree import directory, file

FULL = "pycp: write error: No space left on device\n"
CLOSED = "pycp: write error: Bad file descriptor\n"


@cases(
    Case("verbose file", "-v a n", "a", stdout="'a' -> 'n'\n", stderr=""),
    Case("verbose directory that exists", "-RTv s d", "s/x/ d/x/", stdout="", stderr=""),
    Case(
        "verbose removal comes before",
        "-v --remove-destination a b",
        "a b",
        stdout="removed 'b'\n'a' -> 'b'\n",
    ),
    Case(
        "verbose removal comes after",
        "-dv a b d",
        "a b=a d/b",
        stdout="'a' -> 'd/a'\n'b' -> 'd/b'\nremoved 'd/b'\n",
    ),
    Case("verbose before a failure", "-v a n", "a@0000", status=1, stdout="'a' -> 'n'\n"),
    Case("quiet by default", "-R s n", "s/a s/b", stdout="", stderr=""),
    Case("full output", "$ pycp -v a n > /dev/full", "a", status=1, stderr=FULL),
    Case(
        "full output with much to say",
        "$ pycp -Rv s n > /dev/full",
        {f"s/{n:0100}": "x" for n in range(100)},
        status=1,
        stderr=FULL,
    ),
    Case("full output with nothing to say", "$ pycp a n > /dev/full", "a"),
    Case("full output and a failure", "$ pycp -v a m n > /dev/full", "a n/", status=1),
    Case("full output and diagnostics", "$ pycp -v m a n > /dev/full", "a n/", status=1),
    Case("output closed", "$ pycp -v a n >&-", "a", status=1, stderr=CLOSED),
    Case("output closed with nothing to say", "$ pycp a n >&-", "a"),
    Case("output closed and a directory", "$ pycp -Rv s n >&-", "s/a s/b", status=1, stderr=CLOSED),
    Case("output closed and diagnostics", "$ pycp -LRvT s n >&-", "s/a s/l->no", status=1),
    Case("errors closed", "$ pycp -v a n 2>&-", "a"),
    Case("errors closed and a failure", "$ pycp m n 2>&-", "a", status=1),
    Case("errors to a full device", "$ pycp m n 2> /dev/full", "a", status=1),
    Case(
        "errors to a full device and a question",
        "$ echo y | pycp -i a b 2> /dev/full",
        "a b",
        status=1,
    ),
    Case("a warning to a full device", "$ pycp a a n 2> /dev/full", "a n/", status=1),
    Case("a warning of an option to nobody", "$ pycp --context=x a n 2>&-", "a", status=1),
    Case("input closed", "$ pycp -v a n <&-", "a"),
    Case("a question and input that is none", "$ pycp -i a b 0> n", "a b", status=1),
    Case(
        "a question, input closed and full output",
        "$ pycp -RivT s n <&- > /dev/full",
        "s/a s/b n/b",
        status=1,
    ),
    Case("all closed", "$ pycp a n <&- >&- 2>&-", "a"),
    Case(
        "all closed and several files",
        "$ pycp -R s n <&- >&- 2>&-",
        {"s/a": "A" * 5000, "s/b": "B", "s/x/c": "C"},
    ),
    Case("all closed and verbose", "$ pycp -v a n <&- >&- 2>&-", {"a": "A" * 5000}, status=1),
    Case(
        "input and output closed", "$ pycp a b n <&- >&-", {"a": "A" * 5000, "b": "B", "n/b": "C"}
    ),
    Case("help to a full device", "$ pycp --help > /dev/full", status=1, stderr=FULL),
    Case("version to a full device", "$ pycp --version > /dev/full", status=1, stderr=FULL),
    Case("help to closed output", "$ pycp --help >&-", status=1, stderr=CLOSED),
    Case("version to closed output", "$ pycp --version >&-", status=1, stderr=CLOSED),
    Case(
        "streams in one",
        "$ pycp -Rv s m t n 2>&1",
        "s/a s/b@0000 t/c n/",
        status=1,
        stdout=(
            "'s' -> 'n/s'\n's/a' -> 'n/s/a'\n's/b' -> 'n/s/b'\n"
            "pycp: cannot open 's/b' for reading: Permission denied\n"
            "pycp: cannot stat 'm': No such file or directory\n't' -> 'n/t'\n't/c' -> 'n/t/c'\n"
        ),
    ),
    Case("streams in one with a question", "$ echo y | pycp -iv a b n 2>&1", "a b n/b"),
    Case("streams in one with a warning", "$ pycp -v a a b n 2>&1", "a b n/"),
    Case("streams in one with a usage error", "$ pycp --foo 2>&1", status=1),
    Case(
        "streams in one with removal", "$ pycp -fv a m b n 2>&1", "a b n/a@0400 n/b@0400", status=1
    ),
    Case(
        "reader gone",
        "$ mkfifo p; exec 3<>p 4>p 3>&-; pycp -v a n >&4; echo $?",
        "a",
        stdout="141\n",
    ),
    Case(
        "reader gone with nothing to say",
        "$ mkfifo p; exec 3<>p 4>p 3>&-; pycp a n >&4; echo $?",
        "a",
        stdout="0\n",
    ),
    Case(
        "reader gone and help",
        "$ mkfifo p; exec 3<>p 4>p 3>&-; pycp --help >&4; echo $?",
        stdout="141\n",
    ),
    Case(
        "reader of errors gone",
        "$ mkfifo p; exec 3<>p 4>p 3>&-; pycp m n 2>&4; echo $?",
        stdout="141\n",
    ),
    Case(
        "file size limit does not kill",
        "$ ulimit -f 8; pycp -v big a d; echo $? > status",
        {"big": file("x" * 100000), "a": "A", "d": directory()},
        stderr="pycp: error writing 'd/big': File too large\n",
        differs="limit on file sizes",
        like="$ trap '' XFSZ; ulimit -f 8; pycp -v big a d; echo $? > status",
    ),
)
def test_streams(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Messages go to standard error, the rest to standard output, in the order of events."""
    same_as_gnu(case)
