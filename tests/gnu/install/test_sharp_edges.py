"""The table of sharp edge cases, section 16 of the specification, row by row."""

from tests import tree
from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import ROOT, install, script
from tests.tree import directory, file, unix_socket

COPY: tree.Spec = {"s": "n", "d": file("n", 0o644)}
TRIED: tree.Spec = {"s": "n", "st": script('umask; stat -c %a "$1"; basename -- "$@"')}


@cases(
    install(
        "row 1",
        "-v s d",
        {"s": file("n", 0), "d": "old"},
        status=1,
        stdout="'s' -> 'd'\n",
        stderr="pyinstall: cannot open 's' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ :",
    ),
    install(
        "row 2",
        "-bv s d",
        {"s": file("n", 0), "d": "old"},
        status=1,
        stdout="'s' -> 'd' (backup: 'd~')\n'd~' -> 'd' (unbackup)\n",
        stderr="pyinstall: cannot open 's' for reading: Permission denied\n",
    ),
    install(
        "row 3",
        "-o root s d",
        "s d",
        status=1,
        stderr="pyinstall: cannot change ownership of 'd': Operation not permitted\n",
    ),
    install(
        "row 4",
        "-d -o root d",
        status=1,
        stderr="pyinstall: cannot change owner and permissions of 'd': Operation not permitted\n",
    ),
    install(
        "row 5",
        "-D s p/q/r",
        {"s": "n", "p": directory(0o755, owner=(0, 0))},
        status=1,
        stderr="pyinstall: cannot create directory 'p/q': Permission denied\n",
    ),
    install(
        "row 6",
        "so d",
        {"so": unix_socket(), "d": "old"},
        status=1,
        stderr="pyinstall: cannot open 'so' for reading: No such device or address\n",
        differs="source opened before removing",
        like="$ :",
    ),
    install("row 7", "s d", "s d d2=d"),
    install("row 8", "s d", "s t d->t"),
    install("row 9", "s h", "s h=s"),
    install(
        "row 10", "l s", "s l->s", status=1, stderr="pyinstall: 'l' and 's' are the same file\n"
    ),
    install("row 11", "s l", "s l->s"),
    install(
        "row 12",
        "l l",
        "s l->s",
        status=1,
        stderr="pyinstall: 'l' and 'l' are the same file\n",
        differs="source removed as destination",
        like="$ :",
    ),
    install(
        "row 13",
        "s e/s D",
        "s e/s D/",
        status=1,
        stderr="pyinstall: will not overwrite just-created 'D/s' with 'e/s'\n",
    ),
    install("row 14", "--backup=numbered s e/s D", "s e/s D/"),
    install(
        "row 15",
        "-b a~ a",
        "a~ a",
        status=1,
        stderr="pyinstall: backing up 'a' might destroy source;  'a~' not copied\n",
    ),
    install(
        "row 16",
        "-bT s D",
        "s D/",
        status=1,
        stderr="pyinstall: cannot create regular file 'D': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    install(
        "row 17",
        "-Dv s p/q/",
        "s",
        status=1,
        stdout="pyinstall: creating directory 'p'\n's' -> 'p/q/'\n",
        stderr="pyinstall: cannot create regular file 'p/q/': Not a directory\n",
    ),
    install(
        "row 18",
        "-D nosuch p/q/r",
        status=1,
        stderr="pyinstall: cannot stat 'nosuch': No such file or directory\n",
    ),
    install(
        "row 19",
        "-Dt l s t",
        "s t l->x",
        status=1,
        stderr="pyinstall: cannot create directory 'l': File exists\n",
    ),
    install(
        "row 20",
        "-dv -m 700 a/./b/../c",
        umask=0o077,
        stdout="".join(
            f"pyinstall: creating directory '{name}'\n" for name in ["a", "a/./b", "a/./b/../c"]
        ),
    ),
    install(
        "row 21",
        "$ pyinstall -d -m 755 D; stat -c %a D; pyinstall -d D; stat -c %a D",
        "D/@2775",
        stdout="2755\n755\n",
    ),
    install(
        "row 22",
        "-s --strip-program=false s d",
        "s d",
        status=1,
        stderr="pyinstall: strip process terminated abnormally\n",
    ),
    install(
        "row 23",
        "-bs --strip-program=false s d",
        "s d",
        status=1,
        stderr="pyinstall: strip process terminated abnormally\n",
    ),
    install(
        "row 24",
        "-s --strip-program=./rmit s rmit D",
        {"s": "n", "rmit": script('rm "$1"; exit 1'), "D": directory()},
        status=1,
        stderr="pyinstall: strip process terminated abnormally\n" * 2,
        differs="strip works aside",
        like="$ touch D",
    ),
    install(
        "row 25",
        "-s -m 4711 --strip-program=./st s -- -d",
        TRIED,
        umask=0o027,
        stdout="0000\n600\n-d\n",
        differs="strip of a name with a dash",
        like="$ pyinstall -m 4711 s ./-d",
    ),
    install(
        "row 25 with another name",
        "-s -m 4711 --strip-program=./st s d",
        TRIED,
        umask=0o027,
        stdout="0000\n600\nd\n",
    ),
    install(
        "row 26",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/d && pyinstall s m/d; echo $?; "
            "stat -c '%a %s' m/d"
        ),
        {"s": file("n" * 200_000), "m": directory()},
        stdout="1\n600 65536\n",
        stderr="pyinstall: error writing 'm/d': No space left on device\n",
    ),
    install(
        "row 26 with backup",
        (
            "# mount -t tmpfs -o size=64k none m && printf old > m/d && pyinstall -b s m/d; "
            "echo $?; stat -c '%a %s' m/d"
        ),
        {"s": file("n" * 200_000), "m": directory()},
        stdout="1\n644 3\n",
        stderr="pyinstall: error writing 'm/d': No space left on device\n",
    ),
    install(
        "row 27",
        "-C -m 644 s d",
        COPY,
        before="chattr +i d",
        after="chattr -i d",
        stderr="",
        differs="compare leaves metadata alone",
        who=ROOT,
    ),
    install(
        "row 27 with p",
        "-Cp -m 644 s d",
        COPY,
        before="chattr +i d",
        after="chattr -i d",
        status=1,
        stderr="pyinstall: cannot set timestamps for 'd': Operation not permitted\n",
        differs="compare with timestamps",
        like="$ :",
        who=ROOT,
    ),
    install(
        "row 27 with another mode",
        "-C s d",
        COPY,
        before="chattr +i d",
        after="chattr -i d",
        status=1,
        stderr="pyinstall: cannot remove 'd': Operation not permitted\n",
        who=ROOT,
    ),
    install("row 28 octal", "-o 010 s d", "s", who=ROOT),
    install("row 28 unchanged", "-o 4294967295 s d", "s", who=ROOT),
    install(
        "row 28 two",
        "-o root:root s d",
        "s",
        status=1,
        stderr="pyinstall: invalid user 'root:root'\n",
        who=ROOT,
    ),
    install(
        "row 29",
        "$ pyinstall -v s new >/dev/full",
        "s",
        status=1,
        stderr="pyinstall: write error: No space left on device\n",
    ),
    install(
        "row 30",
        "s new -m 600",
        "s",
        env={"POSIXLY_CORRECT": "1"},
        status=1,
        stderr="pyinstall: target '600': No such file or directory\n",
    ),
    install("row 31", "-m zzz -m 600 s new", "s"),
    install(
        "row 31 the other way round",
        ["-m", "600", "-m", "", "s", "new"],
        "s",
        status=1,
        stderr="pyinstall: invalid mode ''\n",
    ),
    install(
        "row 32", "-g nosuch -D s p/q", "s", status=1, stderr="pyinstall: invalid group 'nosuch'\n"
    ),
    install(
        "row 33",
        "-v s t u D",
        "s t u D/t/",
        status=1,
        stdout="'s' -> 'D/s'\n'u' -> 'D/u'\n",
        stderr="pyinstall: cannot overwrite directory 'D/t' with non-directory 't'\n",
        differs="file over directory",
    ),
    install(
        "row 34",
        "$ pyinstall s D/f; pyinstall -D s D/h/i; stat -c '%a %g' D/f D/h D/h/i",
        {"s": "n", "D": directory(0o2777, owner=(0, 77))},
        stdout="755 77\n2755 77\n755 77\n",
    ),
    install(
        "row 35",
        "$ pyinstall /dev/null d; pyinstall -Cv e d; pyinstall -Cv /dev/null d",
        {"e": file()},
        stdout="removed 'd'\n'/dev/null' -> 'd'\n",
    ),
    install("row 36", "$ printf xyz | pyinstall -m 640 /dev/stdin new"),
)
def test_row(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)
