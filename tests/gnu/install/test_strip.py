"""-s: a program is run on the new file before anybody else may see it."""

from tests.case import ANYTHING, Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, ROOT, UID, install, script
from tests.tree import directory, file

APPEND = script('echo stripped >> "$1"')
SHOW = script('umask; stat -c %a "$1"; echo "$#" "$0" "$(basename -- "$1")"; cat')
ABNORMAL = "pyinstall: strip process terminated abnormally\n"


@cases(
    install("one", "-s --strip-program=./st a b", {"a": "A", "st": APPEND}),
    install("over an old file", "-sv --strip-program=./st a b", {"a": "A", "b": "B", "st": APPEND}),
    install(
        "several",
        "-sv --strip-program=./st a c d",
        {"a": "A", "c": "C", "st": APPEND, "d": directory()},
    ),
    install(
        "with t", "-sv --strip-program=./st -t d a", {"a": "A", "st": APPEND, "d": directory()}
    ),
    install("with D", "-sDv --strip-program=./st a p/q/b", {"a": "A", "st": APPEND}),
    install("with p", "-sp --strip-program=./st a b", {"a": file("A", age=5), "st": APPEND}),
    install("with mode", "-s -m 6711 --strip-program=./st a b", {"a": "A", "st": APPEND}),
    install(
        "with owner",
        "-s -o 3 -g 4 -m 6711 --strip-program=./st a b",
        {"a": "A", "st": APPEND},
        who=ROOT,
    ),
    install("with backup", "-sbv --strip-program=./st a b", {"a": "A", "b": "B", "st": APPEND}),
    install(
        "what it sees",
        "-s --strip-program=./st -m 4711 a b",
        {"a": "A", "st": SHOW},
        umask=0o027,
        stdin="in\n",
    ),
    install(
        "what it sees in a directory",
        "-s --strip-program=./st a d",
        {"a": "A", "st": SHOW, "d": directory()},
        stdin="in\n",
    ),
    install("what it sees here", "-s --strip-program=./st s/a .", {"s/a": "A", "st": SHOW}),
    install(
        "what it sees with an absolute name",
        '$ pyinstall -s --strip-program=./st a "$PWD/b"',
        {"a": "A", "st": SHOW},
    ),
    install("one word only", "-s '--strip-program=./st -x' a b", {"a": "A", "st -x": APPEND}),
    install(
        "from PATH",
        "$ PATH=$PWD/s:$PATH; pyinstall -s --strip-program=st a b",
        {"a": "A", "s/st": APPEND},
    ),
    install(
        "strip from PATH", "$ PATH=$PWD/s:$PATH; pyinstall -s a b", {"a": "A", "s/strip": APPEND}
    ),
    install(
        "the last program counts",
        "-s --strip-program=nosuch --strip-program=./st a b",
        {"a": "A", "st": APPEND},
    ),
    install("true", "-s --strip-program=true -m 755 a b", "a"),
    install("true without s", "--strip-program=true a b", "a"),
    install("strip itself on a program", "-s /bin/true b", stdout=""),
    install(
        "a file of its own",
        "-s --strip-program=./st -m 751 a b",
        {"a": "A", "st": script('echo new > t; chmod 777 t; mv t "$1"')},
    ),
    install(
        "a file of its own with p",
        "-sp --strip-program=./st a b",
        {"a": file("A", age=5), "st": script('echo new > t; mv t "$1"')},
    ),
    install(
        "a file that nobody may read",
        "-s --strip-program=./st a b",
        {"a": "A", "st": script('chmod 0 "$1"')},
    ),
    install("odd name", ["-s", "--strip-program=./st", "a", "it's\n"], {"a": "A", "st": APPEND}),
    install("special source", "-sp --strip-program=./st /dev/null b", {"st": APPEND}),
    install(
        "SIGCHLD ignored",
        "$ trap '' CHLD; pyinstall -s --strip-program=./st a b",
        {"a": "A", "st": APPEND},
    ),
)
def test_success(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The program gets the name and nothing else; mode and owner come afterwards."""
    same_as_gnu(case)


@cases(
    install("false", "-s --strip-program=false a b", "a b", status=1, stderr=ABNORMAL),
    install("false among several", "-sv --strip-program=false a c d", "a c d/a", status=1),
    install("false with backup", "-sb --strip-program=false a b", "a b", status=1, stderr=ABNORMAL),
    install(
        "death by a signal",
        "-s --strip-program=./st a b",
        {"a": "A", "st": script("kill $$")},
        status=1,
        stderr=ABNORMAL,
    ),
    install(
        "a file that is no program",
        "-s a b",
        "a b",
        status=1,
        stderr=ANYTHING,
        differs="strip works aside",
        like="$ rm b",
    ),
    install(
        "success without the file",
        "-s --strip-program=./st a b",
        {"a": "A", "st": script('rm "$1"')},
        status=1,
    ),
    install(
        "success without the file and with owner",
        f"-s -o {UID} --strip-program=./st a b",
        {"a": "A", "st": script('rm "$1"')},
        status=1,
    ),
    install(
        "success without the file and with p",
        f"-sp -o {UID} --strip-program=./st a b",
        {"a": "A", "st": script('rm "$1"')},
        status=1,
    ),
    install(
        "failure without the file",
        "-sv --strip-program=./st a c d",
        {"a": "A", "c": "C", "d": directory(), "st": script('rm "$1"; exit 1')},
        status=1,
        stdout="'a' -> 'd/a'\n'c' -> 'd/c'\n",
        stderr=ABNORMAL * 2,
        differs="strip works aside",
        like="$ touch d",
    ),
)
def test_failure(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What could not be stripped is removed; if even that fails, nothing more is done."""
    same_as_gnu(case)


def cannot(program: str, reason: str) -> str:
    return f"pyinstall: cannot run strip program '{program}': {reason}\n"


@cases(
    install(
        "missing program",
        "-s --strip-program=./no a b",
        "a b",
        status=1,
        stderr=cannot("./no", "No such file or directory"),
        differs="strip cannot run",
        like="$ rm b",
    ),
    install(
        "missing program in PATH",
        "-s --strip-program=no-such-program a b",
        "a b",
        status=1,
        stderr=cannot("no-such-program", "No such file or directory"),
        differs="strip cannot run",
        like="$ rm b",
    ),
    install(
        "missing strip",
        "$ PATH=${PATH%%:*}; pyinstall -s a b",
        "a b",
        status=1,
        stdout="",
        stderr="pyinstall: cannot run 'strip': No such file or directory\n",
        differs="strip cannot run",
        like="$ rm b",
    ),
    install(
        "program that may not be run",
        "-s --strip-program=./a a b",
        "a b",
        status=1,
        stderr=cannot("./a", "Permission denied"),
        differs="strip cannot run",
        like="$ rm b",
        who=BOTH,
    ),
    install(
        "directory as program",
        "-s --strip-program=. a b",
        "a b",
        status=1,
        stderr=cannot(".", "Permission denied"),
        differs="strip cannot run",
        like="$ rm b",
    ),
    install(
        "empty program",
        "-s --strip-program= a b",
        "a b",
        status=1,
        stderr=cannot("", "No such file or directory"),
        differs="strip cannot run",
        like="$ rm b",
    ),
    install(
        "missing program with backup",
        "-sbv --strip-program=./no a b",
        "a b",
        status=1,
        stdout="'a' -> 'b' (backup: 'b~')\n",
        stderr=cannot("./no", "No such file or directory"),
        differs="strip cannot run",
        like="$ mv b b~",
    ),
    install(
        "missing program and several",
        "-s --strip-program=./no a c d",
        "a c d/",
        status=1,
        stderr=cannot("./no", "No such file or directory") * 2,
        differs="strip cannot run",
        like="$ touch d",
    ),
    install(
        "script without a first line",
        "-s --strip-program=./st a b",
        {"a": "A", "b": "B", "st": file("true\n", 0o755)},
        status=1,
        stderr=cannot("./st", "Exec format error"),
        differs="strip script without interpreter",
        like="$ rm b",
    ),
    install(
        "dash at the start",
        "-s --strip-program=./st a -- -b",
        {"a": "A", "st": SHOW},
        stdout="0000\n600\n1 ./st -b\n",
        differs="strip of a name with a dash",
        like="$ pyinstall a ./-b",
    ),
    install(
        "dash at the start of a directory",
        "-s --strip-program=./st a -t -d",
        {"a": "A", "st": SHOW, "-d": directory()},
        stdout="0000\n600\n1 ./st a\n",
        differs="strip of a name with a dash",
        like="$ pyinstall a ./-d",
    ),
)
def test_newer_than_the_oracle(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What cannot be run is told in one line, and no shell is asked."""
    same_as_gnu(case)


NOT_REGULAR = "pyinstall: cannot strip 'b': the program left no regular file\n"


@cases(
    *(
        install(
            left,
            "-s -m 777 --strip-program=./st a b",
            {"a": "A", "b": "B", "victim": file("V", 0o600), "st": script(program)},
            status=1,
            stderr=NOT_REGULAR,
            differs="strip leaves something else",
            like="$ rm b",
        )
        for left, program in {
            "a symlink": 'ln -sf "$PWD/victim" "$1"',
            "a directory": 'rm "$1"; mkdir -p "$1/d"; echo > "$1/d/f"',
            "a FIFO": 'rm "$1"; mkfifo "$1"',
        }.items()
    ),
    install(
        "a second name of something else",
        "$ TMPDIR=$PWD pyinstall -s -m 777 --strip-program=./st a b",
        {"a": "A", "victim": file("V", 0o600), "st": script('ln -f victim "$1"')},
        differs="strip leaves something else",
        like="$ cp victim b; chmod 777 b",
    ),
)
def test_what_strip_may_leave(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What is installed is a regular file of ours, whatever the program left."""
    same_as_gnu(case)


def no_room(place: str, why: str) -> str:
    return f"pyinstall: cannot strip 'b': cannot make a private directory in '{place}': {why}\n"


@cases(
    install(
        "missing",
        "$ TMPDIR=no/where pyinstall -s --strip-program=./st a b",
        {"a": "A", "b": "B", "st": APPEND},
        status=1,
        stderr=no_room("no/where", "No such file or directory"),
        differs="strip works aside",
        like="$ rm b",
    ),
    install(
        "missing with backup and several",
        "$ TMPDIR=no/where pyinstall -sb --strip-program=./st a c d",
        {"a": "A", "c": "C", "d/a": "old", "d": directory(), "st": APPEND},
        status=1,
        stderr="".join(
            no_room("no/where", "No such file or directory").replace("b", f"d/{name}", 1)
            for name in "ac"
        ),
        differs="strip works aside",
        like="$ mv d/a d/a~",
    ),
    install(
        "not writable",
        "$ TMPDIR=t pyinstall -s --strip-program=./st a b",
        {"a": "A", "b": "B", "t": directory(0o555), "st": APPEND},
        status=1,
        stderr=no_room("t", "Permission denied"),
        differs="strip works aside",
        like="$ rm b",
    ),
    install(
        "read-only",
        "# mount -t tmpfs -o ro none t; TMPDIR=t pyinstall -s --strip-program=./st a b",
        {"a": "A", "b": "B", "t": directory(), "st": APPEND},
        status=1,
        stderr=no_room("t", "Read-only file system"),
        differs="strip works aside",
        like="$ rm b",
    ),
    install(
        "a name with a dash",
        "$ TMPDIR=-t pyinstall -s --strip-program=./st a b",
        {"a": "A", "-t": directory(), "st": APPEND},
        differs="strip works aside",
        like="$ pyinstall -s --strip-program=./st a b; touch ./-t",
    ),
    install("empty", "$ TMPDIR= pyinstall -s --strip-program=./st a b", {"a": "A", "st": APPEND}),
)
def test_the_private_directory(case: Case, same_as_gnu: SameAsGnu) -> None:
    """If it cannot be made, the message says so; what could not be stripped does not stay."""
    same_as_gnu(case)


@cases(
    *(
        install(
            f"{ending} with {option or 'nothing'}",
            f"-s {option} -m 4755 --strip-program=./st a D/x/b",
            {
                "a": "A",
                "D/x": directory(),
                "victims/b": file("victim", 0o600),
                "st": script(f'mv D/x D/y; ln -s ../victims D/x; echo stripped > "$1"; {ending}'),
            },
            status=int(ending == "exit 1"),
            stderr=ABNORMAL if ending == "exit 1" else "",
            differs="strip works aside",
            like="$ mv D/x D/y; ln -s ../victims D/x; " + made,
        )
        for option in ("", "--durable")
        for ending, made in {
            "exit 1": "touch D/y",
            "exit 0": "echo stripped > D/t; pyinstall -m 4755 D/t D/y/b; rm D/t",
        }.items()
    ),
)
def test_a_directory_above_is_swapped(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The program's name of the file, and ours, lead to nothing of somebody else's."""
    same_as_gnu(case)
