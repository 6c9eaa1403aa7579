"""Whether an existing destination is replaced: -i, -n, -u, --update, -f."""

from dataclasses import replace

from tests.tree import directory, file
from tests.twins import Case, SameAsGnu, Who, cases

BOTH: tuple[Who, ...] = ("user", "root")
DECLINED = "declined prompt"


@cases(
    Case("yes", "-iv a b", "a b", stdin="y\n", stderr="pycp: overwrite 'b'? "),
    Case("no", "-iv a b", "a b", stdin="n\n", status=1, stderr="pycp: overwrite 'b'? ", differs=DECLINED),
    Case("end of input", "-iv a b", "a b", status=1, stderr="pycp: overwrite 'b'? ", differs=DECLINED),
    Case("empty line", "-iv a b", "a b", stdin="\n", status=1, differs=DECLINED),
    Case("capital yes", "-iv a b", "a b", stdin="Y\n"),
    Case("yes in full", "-iv a b", "a b", stdin="yes\n"),
    Case("yes and no", "-iv a b", "a b", stdin="yn\n"),
    Case("yo", "-iv a b", "a b", stdin="Yo\n"),
    Case("yes without newline", "-iv a b", "a b", stdin="y"),
    Case("yes with a carriage return", "-iv a b", "a b", stdin="y\r\n"),
    Case("leading blank is no", "-iv a b", "a b", stdin=" y\n", status=1, differs=DECLINED),
    Case("leading zero byte is no", "-iv a b", "a b", stdin="\0y\n", status=1, differs=DECLINED),
    Case("si is no", "-iv a b", "a b", stdin="si\n", status=1, differs=DECLINED),
    Case("yes in utf-8", "-iv a b", "a b", stdin="y\n", locale="C.UTF-8"),
    Case("long line", "-iv a b", "a b", stdin="y" + "n" * 70000 + "\n"),
    Case("bytes no text", "-iv a b", "a b", stdin="y\udcff\udcfe\n"),
    Case("new name is not asked for", "-iv a n", "a", stdin="n\n"),
    Case("one line for each", "-iv a b c d", "a b c d/a d/b d/c", stdin="y\nn\ny\n", status=1, differs=DECLINED),
    Case("all yes", "-iv a b c d", "a b c d/a d/b d/c", stdin="y\ny\ny\n"),
    Case("too few answers", "-iv a b c d", "a b c d/a d/b d/c", stdin="y\n", status=1, differs=DECLINED),
    Case("one missing among asked ones", "-iv a b c d", "a b c d/a d/c", stdin="y\ny\n"),
    Case("recursively", "-iRv s d", "s/a s/b d/s/a d/s/b", stdin="y\ny\n"),
    Case("directories are not asked for", "-iRv s d", "s/x/ d/s/x/"),
    Case("before a kind conflict", "-iT s d", "s d/", stdin="y\n", status=1, stderr="pycp: overwrite 'd'? pycp: cannot overwrite directory 'd' with non-directory 's'\n", differs="file over directory"),
    Case("declined before a kind conflict", "-iT s d", "s d/", stdin="n\n", status=1, differs=DECLINED),
    Case("directory over a file is not asked for", "-iRT s d", "s/ d", stdin="y\n", status=1),
    Case("symlink onto a file", "-iPv l b", "l->x b", stdin="y\n"),
    Case("symlink onto a symlink", "-iPv l m", "l->x m->y", stdin="y\n"),
    Case("through a symlink", "-iv a m", "a m->y y", stdin="y\n"),
    Case("dangling symlink is not asked for", "-iv a m", "a m->y", status=1),
    Case("fifo onto a file", "-iRv p b", "p| b", stdin="y\n"),
    Case("hard link onto a file", "-ilv a b", "a b", stdin="y\n"),
    Case("symbolic link onto a file", "-isv a b", "a b", stdin="y\n", status=1),
    Case("symbolic link onto a file with f", "-isfv a b", "a b", stdin="y\n"),
    Case("with backup", "-ibv a b", "a b", stdin="y\n"),
    Case("declined with backup", "-ibv a b", "a b", stdin="n\n", status=1, differs=DECLINED),
    Case("attributes only", "-iv --attributes-only a b", "a b@0600", stdin="y\n"),
    Case("same file is no question", "-i a a", "a", stdin="y\n", status=1),
    Case("after a warning", "-iv a a d", "a d/a", stdin="y\ny\n"),
    Case("quoted name", ["-iv", "a", "it's\n"], {"a": "A", "it's\n": "B"}, stdin="y\n"),
    Case("quoted name in utf-8", ["-iv", "a", "é"], {"a": "A", "é": "B"}, stdin="y\n", locale="C.UTF-8"),
    Case("missing source is not asked for", "-i a b", "b", stdin="y\n", status=1),
    Case("one line is read and no more", "$ { pycp -i a b; cat; } < in", {"a": "A", "b": "B", "in": "y\nthe rest\nof it\n"}),
    Case("one line is read from a pipe", "$ pycp -iv a b c < in", {"a": "A", "b": "B", "c/a": "C", "c/b": "D", "in": "y\ny\nmore\n"}),
    Case("input closed", "$ pycp -i a b <&-", "a b", status=1, stderr="pycp: overwrite 'b'? pycp: error closing file: Bad file descriptor\n"),
    Case("input a directory", "$ pycp -i a b < .", "a b", status=1),
    Case("questions and answers in order", "$ pycp -iv a b c 2>&1 < in", {"a": "A", "b": "B", "c/a": "C", "c/b": "D", "in": "y\ny\n"}),
    Case("unreadable source asked for first", "-iv a b", "a@0000 b", stdin="y\n", status=1, who=("user",)),
)
def test_interactive(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-i asks on standard error and reads one line; anything but yes is a failure."""
    same_as_gnu(case)


@cases(
    Case("unwritable declined", "-iv a b", "a b@0400", stdin="n\n", status=1, differs=DECLINED),
    Case("unwritable", "-iv a b", "a b@0400", stdin="y\n", status=1),
    Case("unwritable with f", "-ifv a b", "a b@0400", stdin="y\n"),
    Case("unwritable with f declined", "-ifv a b", "a b@0400", stdin="n\n", status=1, differs=DECLINED),
    Case("unwritable with remove-destination", "-iv --remove-destination a b", "a b@0400", stdin="y\n"),
    Case("mode nothing", "-ifv a b", "a b@0000", stdin="y\n"),
    Case("mode set-id", "-ifv a b", "a b@6455", stdin="y\n"),
    Case("mode set-id without execute", "-ifv a b", "a b@6444", stdin="y\n"),
    Case("mode sticky", "-ifv a b", "a b@1445", stdin="y\n"),
    Case("mode sticky without execute", "-ifv a b", "a b@1444", stdin="y\n"),
    Case("mode write-only", "-iv a b", "a b@0200", stdin="y\n"),
    Case("mode writable by others only", "-ifv a b", "a b@0022", stdin="y\n"),
    Case("unwritable behind a symlink", "-ifv a l", "a b@0400 l->b", stdin="y\n"),
    Case("unwritable symlink target with P", "-iPv m l", "m->a b@0400 l->b", stdin="y\n"),
    Case("unwritable directory in the way", "-iT a d", "a d/@0500", stdin="n\n", status=1, differs=DECLINED),
    Case("unwritable with backup", "-ibv a b", "a b@0400", stdin="y\n"),
    Case("owned by another", "-ifv a b", {"a": "A", "b": file("B", 0o644, owner=(0, 0))}, stdin="y\n"),
    Case("owned by another but writable", "-iv a b", {"a": "A", "b": file("B", 0o666, owner=(0, 0))}, stdin="y\n"),
    Case("writable by group", "-iv a b", {"a": "A", "b": file("B", 0o664, owner=(0, 600))}, stdin="y\n", groups=(600,)),
    who=BOTH,
)
def test_unwritable(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The question about an unwritable destination shows its mode."""
    same_as_gnu(case)


@cases(
    Case("existing", "-nv a b", "a b", stdout="", stderr=""),
    Case("new", "-nv a n", "a"),
    Case("unwritable", "-nv a b", "a b@0000"),
    Case("with f", "-nfv a b", "a b"),
    Case("with f before", "-fnv a b", "a b"),
    Case("with remove-destination", "-nv --remove-destination a b", "a b"),
    Case("directory in the way", "-nTv a d", "a d/", stdout="", stderr=""),
    Case("directory over a file", "-nRTv s f", "s/a f", status=1),
    Case("recursively", "-nRv s d", "s/a s/b s/x/c d/s/a d/s/x/d"),
    Case("symlink onto a file", "-nPv l b", "l->x b"),
    Case("through a symlink", "-nv a m", "a m->y y"),
    Case("dangling symlink", "-nv a m", "a m->y", status=1),
    Case("dangling symlink with P", "-nPv l m", "l->x m->y"),
    Case("dangling symlink with d and a file", "-ndv a m", "a m->y", status=1),
    Case("looping symlink", "-nv a m", "a m->m", status=1),
    Case("looping symlink with f", "-nfv a m", "a m->m"),
    Case("looping symlink with P", "-nPv l m", "l->x m->m"),
    Case("fifo", "-nRv p b", "p| b"),
    Case("with l", "-nlv a b", "a b"),
    Case("with s", "-nsv a b", "a b"),
    Case("with i after", "-niv a b", "a b", stdin="y\n"),
    Case("with i before", "-inv a b", "a b", stdin="y\n"),
    Case("with u", "-nuv a b", "a+9 b"),
    Case("u after", "-nv -u a b", "a+9 b"),
    Case("several", "-nv a b c d", "a b c d/a d/c"),
    Case("missing source", "-n a b", "b", status=1),
    Case("unreadable source", "-n a b", "a@0000 b"),
    Case("unreadable source to a new name", "-n a n", "a@0000", status=1),
    Case("onto itself", "-n a a", "a"),
    Case("with p leaves attributes alone", "-npv a b", "a@0755 b@0600"),
    Case("directory attributes are set all the same", "-npRT s d", {"s": directory(0o700, age=9), "d": directory(), "s/f": "F", "d/f": "G"}),
)
def test_no_clobber(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-n leaves what exists, silently and with success."""
    same_as_gnu(case)


@cases(
    Case("older source", "-uv a b", "a-9 b", stdout=""),
    Case("newer source", "-uv a b", "a+9 b"),
    Case("equal age", "-uv a b", "a b", stdout=""),
    Case("new name", "-uv a n", "a-9"),
    Case("a nanosecond newer", "-uv a b", "a b", before="touch -d '2020-01-01 UTC 00:00:00.123456790' a"),
    Case("a nanosecond older", "-uv a b", "a b", before="touch -d '2020-01-01 UTC 00:00:00.123456788' a"),
    Case("before 1970", "-uv a b", "a b", before="touch -d '1960-01-01 UTC 00:00:00.9' a; touch -d '1960-01-01 UTC 00:00:00.8' b"),
    Case("older with i asks nothing", "-uiv a b", "a-9 b", stdout="", stderr=""),
    Case("newer with i asks", "-uiv a b", "a+9 b", stdin="y\n"),
    Case("newer with i declined", "-uiv a b", "a+9 b", stdin="n\n", status=1, differs=DECLINED),
    Case("older with f", "-ufv a b", "a-9 b"),
    Case("older with remove-destination", "-uv --remove-destination a b", "a-9 b"),
    Case("newer with remove-destination", "-uv --remove-destination a b", "a+9 b"),
    Case("older with p", "-upv a b", "a-9 b@0600"),
    Case("newer with p", "-upv a b", "a+9 b@0600"),
    Case("again with p is nothing", "$ pycp -p a b && pycp -upv a b", "a+9 b"),
    Case("older directory is entered", "-uRTv s d", {"s": directory(age=-9), "s/f": file("F", age=9), "d": directory(age=9), "d/f": "G"}),
    Case("older in recursion", "-uRTv s d", "s/a-9 s/b+9 s/c d/a d/b"),
    Case("older directory over a file", "-uRTv s d", {"s": directory(age=-9), "d": "D"}, status=1),
    Case("older file over a directory", "-uTv s d", {"s": file("S", age=-9), "d": directory()}),
    Case("newer file over a directory", "-uTv s d", {"s": file("S", age=99), "d": directory()}, status=1, stderr="pycp: cannot overwrite directory 'd' with non-directory 's'\n", differs="file over directory"),
    Case("older through a symlink", "-uv a l", "a-9 b l->b"),
    Case("newer through a symlink", "-uv a l", "a+9 b l->b"),
    Case("symlinks with P", "-uPv l m", "l->x m->y"),
    Case("dangling symlink", "-uv a m", "a m->y", status=1),
    Case("looping symlink with f", "-ufv a m", "a-9 m->m"),
    Case("older with l", "-ulv a b", "a-9 b"),
    Case("newer with l", "-ulv a b", "a+9 b", status=1),
    Case("newer with lf", "-ulfv a b", "a+9 b"),
    Case("newer with s", "-usv a b", "a+9 b", status=1),
    Case("older with s", "-usv a b", "a-9 b"),
    Case("older with backup", "-ubv a b", "a-9 b"),
    Case("newer with backup", "-ubv a b", "a+9 b"),
    Case("older attributes only", "-upv --attributes-only a b", "a@0600-9 b"),
    Case("older fifo", "-uRv p b", {"p": file("P"), "b": "B"}, before="rm p; mkfifo p; touch -d 2019-01-01 p"),
    Case("onto itself", "-u a a", "a", status=1),
    Case("unreadable and older", "-u a b", "a@0000-9 b"),
    Case("hard links with d", "-udv a b d", "a+9 b=a d/a d/b"),
    Case(
        "hard links with d of equal age",
        "-udv a b d",
        "a b=a d/a d/b",
    ),
    Case(
        "hard links of equal age",
        "-uv a b d",
        "a b=a d/a d/b",
        stdout="",
        differs="update links what is not older",
        like="$ :",
    ),
    Case(
        "hard links with d and newer destinations",
        "-udv a b d",
        "a b=a d/a+9 d/b+9",
        stdout="",
        differs="update links what is not older",
        like="$ :",
    ),
    Case("hard links of which one is older", "-uv a b d", "a b=a d/a-9 d/b+9"),
    Case("hard links of which the other is older", "-uv a b d", "a b=a d/a+9 d/b-9"),
    Case("hard links to new names", "-uv a b d", "a b=a d/"),
)
def test_update(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-u replaces only what is older than the source, to the nanosecond."""
    same_as_gnu(case)


@cases(
    Case("all", "--update=all -v a b", "a-9 b", differs="update values", like="-v a b"),
    Case("none", "--update=none -v a b", "a+9 b", stdout="", differs="update values", like="-n a b"),
    Case("none to a new name", "--update=none -v a n", "a", differs="update values", like="-v a n"),
    Case("none by an unusual prefix", "--update=none- -v a b", "a b", status=1, stderr="pycp: not replacing 'b'\n", stdout="", differs="update values", like="$ :"),
    Case("none-fail", "--update=none-fail -v a b", "a b", status=1, stdout="", stderr="pycp: not replacing 'b'\n", differs="update values", like="$ :"),
    Case("none-fail to a new name", "--update=none-fail -v a n", "a", differs="update values", like="-v a n"),
    Case("none-fail for some", "--update=none-fail -v a b c d", "a b c d/b", status=1, stderr="pycp: not replacing 'd/b'\n", differs="update values", like="-nv a b c d"),
    Case("none-fail recursively", "-R --update=none-fail -v s d", "s/a s/b s/x/c d/s/b d/s/x/", status=1, stderr="pycp: not replacing 'd/s/b'\n", differs="update values", like="-nRv s d"),
    Case("none-fail for a directory in the way", "-T --update=none-fail a d", "a d/", status=1, stderr="pycp: not replacing 'd'\n", differs="update values", like="$ :"),
    Case("none-fail with f", "-f --update=none-fail a b", "a b", status=1, stderr="pycp: not replacing 'b'\n", differs="update values", like="$ :"),
    Case("none-fail with i", "-i --update=none-fail a b", "a b", stdin="y\n", status=1, stderr="pycp: not replacing 'b'\n", differs="update values", like="$ :"),
    Case("none with i", "-iv --update=none a b", "a b", stdin="y\n", stdout="", stderr="", differs="update values", like="$ :"),
    Case("older", "--update=older -v a b c d", "a+9 b c-9 d/a d/b d/c", differs="update values", like="-uv a b c d"),
    Case("older by prefix", "--update=o -v a b", "a-9 b", differs="update values", like="-uv a b"),
    Case("bare is older", "--update -v a b c d", "a+9 b c-9 d/a d/b d/c"),
    Case("bare takes no separate value", "--update -v none b", "none+9 b"),
    Case("last of two", "--update=none --update=all -v a b", "a b", differs="update values", like="-v a b"),
    Case("last of none and u", "--update=none -uv a b", "a+9 b", differs="update values", like="-uv a b"),
    Case("last of u and none", "-u --update=none -v a b", "a+9 b", stdout="", differs="update values", like="$ :"),
    Case("n wins over a later all", "-n --update=all -v a b", "a b", stdout="", differs="update values", like="$ :"),
    Case("n wins over an earlier all", "--update=all -nv a b", "a b", stdout="", differs="update values", like="$ :"),
    Case("n wins over none-fail", "-n --update=none-fail -v a b", "a b", stdout="", stderr="", differs="update values", like="$ :"),
    Case("i takes n back from an update", "-n --update=all -i -v a b", "a b", stdin="y\n", differs="update values", like="-iv a b"),
    Case("none onto itself", "--update=none a a", "a", stderr="", differs="update values", like="$ :"),
    Case("debug tells of a skip", "--debug -n a b", "a b", stdout="skipped 'b'\n", differs="debug option", like="$ :"),
    Case("debug tells of an older source", "--debug -u a b", "a-9 b", stdout="skipped 'b'\n", differs="debug option", like="$ :"),
    Case("debug tells of a declined question", "--debug -i a b", "a b", stdin="n\n", status=1, stdout="skipped 'b'\n", stderr="pycp: overwrite 'b'? ", differs="debug option", like="$ :"),
    Case("debug tells nothing of none-fail", "--debug --update=none-fail a b", "a b", status=1, stdout="", stderr="pycp: not replacing 'b'\n", differs="debug option", like="$ :"),
)
def test_update_values(case: Case, same_as_gnu: SameAsGnu) -> None:
    """--update=all, none, none-fail and older; the last one counts, and -n above all."""
    same_as_gnu(case)


RUNNING = (
    "mkfifo in out; cp /bin/cat b; ./b < in > out & exec 3> in 4< out; echo x >&3; read x <&4; "
)
"""Start the program `b` and wait until it runs."""


@cases(
    Case("writable", "-fv a b", "a b"),
    Case("unwritable", "-fv a b", "a b@0444"),
    Case("unwritable in an unwritable directory", "-fv a d/b", "a d/b@0444 d/@0555", status=1),
    Case("unwritable behind a symlink", "-fv a l", "a b@0444 l->b"),
    Case("unwritable hard link", "-fv a b", "a b@0444 c=b"),
    Case("unwritable of another", "-fv a b", {"a": "A", "b": file("B", 0o644, owner=(0, 0))}),
    Case("unwritable of another in a sticky directory", "-fv a d/b", {"a": "A", "d": directory(0o1777, owner=(0, 0)), "d/b": file("B", 0o644, owner=(0, 0))}, status=1),
    Case("directory in the way", "-fT a d", "a d/", status=1, stderr="pycp: cannot overwrite directory 'd' with non-directory 'a'\n", differs="file over directory"),
    Case("dangling symlink", "-fv a m", "a m->y", status=1),
    Case("looping symlink", "-fv a m", "a m->m"),
    Case("looping symlink with i", "-fiv a m", "a m->m"),
    Case("symlink into an unsearchable directory", "-fv a m", "a m->u/x u/@0000", status=1),
    Case("missing parent", "-f a m/b", "a", status=1),
    Case("unreadable source keeps the destination", "-f a b", "a@0000 b@0444", status=1),
    Case("recursively", "-fRTv s d", "s/a s/b d/a@0444 d/b@0000"),
    Case("with p", "-fpv a b", "a@0640 b@0444"),
    Case("with remove-destination", "-fv --remove-destination a b", "a b@0444"),
    Case("with attributes only", "-fv --attributes-only a b", "a b@0444"),
    Case("remove-destination", "-v --remove-destination a b", "a b"),
    Case("remove-destination hard link", "-v --remove-destination a b", "a b c=b"),
    Case("remove-destination symlink", "-v --remove-destination a l", "a b l->b"),
    Case("remove-destination dangling symlink", "-v --remove-destination a l", "a l->b"),
    Case("remove-destination symlink to a directory", "-Tv --remove-destination a l", "a d/ l->d"),
    Case("remove-destination directory", "-Tv --remove-destination a d", "a d/", status=1, stderr="pycp: cannot overwrite directory 'd' with non-directory 'a'\n", differs="file over directory"),
    Case("remove-destination in an unwritable directory", "-v --remove-destination a d/b", "a d/b d/@0555", status=1),
    Case("remove-destination of a missing file", "-v --remove-destination a n", "a"),
    Case("remove-destination recursively", "-RTv --remove-destination s d", "s/a s/l->x s/d/f d/a d/l d/d/f d/d/g"),
    Case("remove-destination with attributes only", "-v --remove-destination --attributes-only a b", "a b"),
    Case(
        "remove-destination with an unreadable source",
        "-v --remove-destination a b",
        "a@0000 b",
        status=1,
        stdout="'a' -> 'b'\n",
        stderr="pycp: cannot open 'a' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ :",
        who=("user",),
    ),
    Case(
        "d with an unreadable source onto a hard link",
        "-dv a b",
        "a@0000 b c=b",
        status=1,
        stdout="'a' -> 'b'\n",
        stderr="pycp: cannot open 'a' for reading: Permission denied\n",
        differs="source opened before removing",
        like="$ :",
        who=("user",),
    ),
    Case("running program", f"$ {RUNNING} pycp -v a b; s=$?; exec 3>&- 4<&-; wait; exit $s", "a", status=1),
    Case("running program with f", f"$ {RUNNING} pycp -fv a b; s=$?; exec 3>&- 4<&-; wait; exit $s", "a"),
    Case("running program with remove-destination", f"$ {RUNNING} pycp -v --remove-destination a b; s=$?; exec 3>&- 4<&-; wait; exit $s", "a"),
    who=BOTH,
)
def test_force(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-f removes what cannot be opened; --remove-destination removes everything in the way."""
    same_as_gnu(case)


@cases(
    Case("immutable destination", "a b", "a b", status=1),
    Case("immutable destination with f", "-fv a b", "a b", status=1),
    Case("immutable destination with remove-destination", "-v --remove-destination a b", "a b", status=1),
    Case("immutable destination with backup", "-vb a b", "a b", status=1),
    Case("immutable destination with lf", "-vlf a b", "a b", status=1),
    who=("root",),
)
def test_immutable(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What even root may not change is told and left."""
    same_as_gnu(replace(case, before="chattr +i b", after="chattr -i b"))
