"""Backups of existing destinations: method, suffix, numbers, and what happens on failure."""

from tests.case import Case, SameAsGnu, Who, cases
from tests.tree import directory, fifo, file, symlink

BOTH: tuple[Who, ...] = ("user", "root")


def version_control(value: str) -> Case:
    """Return the case of a method given by the environment, where a numbered backup exists."""
    return Case(
        f"method {value or 'empty'} by environment",
        "-bv a b",
        "a b b.~1~",
        env={"VERSION_CONTROL": value},
    )


def method(value: str) -> Case:
    """Return the case of a method given by option against another one in the environment."""
    return Case(
        f"method {value}",
        f"--backup={value} -v a b",
        "a b b.~1~",
        env={"VERSION_CONTROL": "numbered" if value[0] in "so" else "simple"},
    )


WORDS = ["none", "off", "simple", "never", "existing", "nil", "numbered", "t"]


@cases(
    *(method(value) for value in WORDS),
    *(version_control(value) for value in [*WORDS, ""]),
    Case("b", "-bv a b", "a b", stdout="'a' -> 'b' (backup: 'b~')\n"),
    Case("backup without value", "--backup -v a b", "a b"),
    Case("backup with empty value", "--backup= -v a b", "a b b.~1~"),
    Case("b after a method", "--backup=numbered -bv a b", "a b"),
    Case("bare backup after a method", "--backup=numbered --backup -v a b", "a b"),
    Case("empty backup after a method", "--backup=numbered --backup= -v a b", "a b"),
    Case("last of two methods", "--backup=numbered --backup=simple -v a b", "a b"),
    Case("option beats environment", "--backup=simple -v a b", "a b", env={"VERSION_CONTROL": "t"}),
    Case("environment without option does nothing", "-v a b", "a b", env={"VERSION_CONTROL": "t"}),
    Case("new name needs none", "-bv a n", "a"),
    Case("existing without numbers", "--backup=existing -v a b", "a b b~"),
    Case("existing with numbers", "--backup=existing -v a b", "a b b.~7~"),
    Case("existing with a number of another file", "--backup=existing -v a b", "a b bb.~7~ ab.~1~"),
)
def test_methods(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The method comes from the option, else the environment, else is "existing"."""
    same_as_gnu(case)


@cases(
    Case("S alone turns backups on", "-S .bak -v a b", "a b"),
    Case("S with b", "-b -S .bak -v a b", "a b"),
    Case("S empty", ["-bv", "-S", "", "a", "b"], "a b"),
    Case("long S empty", "-v --suffix= a b", "a b"),
    Case("S with a directory", "-vb -S x/y a b", "a b"),
    Case("S absolute", "-vb -S /x a b", "a b"),
    Case("S a slash", "-vb -S / a b", "a b"),
    Case("S with trailing slash", "-vb -S x/ a b", "a b", status=1),
    Case("S a dot", "-vb -S . a b", "a b"),
    Case("S two dots", "-vb -S .. a b", "a b"),
    Case("S with odd bytes", ["-vb", "-S", " \t", "a", "b"], "a b"),
    Case("S twice", "-vb -S .1 -S .2 a b", "a b"),
    Case("S with numbered", "--backup=numbered -S .bak -v a b", "a b"),
    Case("S with existing", "--backup=existing -S .bak -v a b", "a b"),
    Case("environment", "-bv a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": ".env"}),
    Case("environment empty", "-bv a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": ""}),
    Case("environment with a directory", "-bv a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": "x/y"}),
    Case(
        "environment with trailing slash",
        "-bv a b",
        "a b",
        status=1,
        env={"SIMPLE_BACKUP_SUFFIX": "x/"},
    ),
    Case(
        "environment does not turn backups on",
        "-v a b",
        "a b",
        env={"SIMPLE_BACKUP_SUFFIX": ".env"},
    ),
    Case("S beats environment", "-bv -S .opt a b", "a b", env={"SIMPLE_BACKUP_SUFFIX": ".env"}),
    Case(
        "invalid S does not fall back",
        "-bv -S x/y a b",
        "a b",
        env={"SIMPLE_BACKUP_SUFFIX": ".env"},
    ),
    Case(
        "empty S does not fall back",
        ["-bv", "-S", "", "a", "b"],
        "a b",
        env={"SIMPLE_BACKUP_SUFFIX": ".env"},
    ),
)
def test_suffixes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The suffix is one name's ending; anything with a directory in it becomes a tilde."""
    same_as_gnu(case)


def numbered(situation: str, *names: str) -> Case:
    """Return the case of a numbered backup beside other files."""
    return Case(f"beside {situation}", "--backup=numbered -v a b", " ".join(["a b", *names]))


@cases(
    numbered("nothing"),
    numbered("number 1", "b.~1~"),
    numbered("number 9", "b.~9~"),
    numbered("numbers 9 and 10", "b.~9~", "b.~10~"),
    numbered("number 99", "b.~99~"),
    numbered("a gap", "b.~1~", "b.~5~"),
    numbered("a leading zero", "b.~01~"),
    numbered("number zero", "b.~0~"),
    numbered("no number", "b.~~"),
    numbered("a letter", "b.~x~", "b.~1x~"),
    numbered("a sign", "b.~+3~", "b.~-3~"),
    numbered("no last tilde", "b.~3"),
    numbered("a longer ending", "b.~3~~"),
    numbered("a directory", "b.~3~/"),
    numbered("a dangling symlink", "b.~3~->x"),
    numbered("a number beyond 64 bits", "b.~99999999999999999999~"),
    numbered("a very long number", f"b.~{'9' * 60}~"),
    numbered("another file's number", "bb.~8~", "a.~8~"),
    numbered("numbers of equal length", "b.~19~", "b.~21~", "b.~20~"),
    Case("in a directory", "--backup=numbered -v a d", "a d/a d/a.~3~"),
    Case("in the current directory by dot", "--backup=numbered -v s/b .", "s/b b b.~3~"),
    Case("several", "--backup=numbered -v a b d", "a b d/a d/b d/b.~1~"),
    Case("same name thrice", "--backup=numbered -v p/f q/f r/f d", "p/f q/f r/f d/"),
    Case(
        "in an unreadable directory",
        "--backup=numbered -v a d",
        "a d/a d/@0300",
        differs="backup in an unreadable directory",
        like="$ mv d/a d/a.~1~; pycp -v a d",
        stdout="'a' -> 'd/a' (backup: 'd/a.~1~')\n",
    ),
    Case(
        "in an unreadable directory with numbers",
        "--backup=numbered -v a d",
        "a d/a d/a.~1~ d/a.~2~ d/@0300",
        differs="backup in an unreadable directory",
        like="$ mv d/a d/a.~3~; pycp -v a d",
        stdout="'a' -> 'd/a' (backup: 'd/a.~3~')\n",
        quick=True,
    ),
    Case(
        "existing in an unreadable directory",
        "--backup=existing -v a d",
        "a d/a d/a.~1~ d/@0300",
        differs="backup in an unreadable directory",
        like="$ mv d/a d/a~; pycp -v a d",
        stdout="'a' -> 'd/a' (backup: 'd/a~')\n",
    ),
    Case(
        "simple in an unreadable directory",
        "--backup=simple -v a d",
        "a d/a d/@0300",
        differs="backup in an unreadable directory",
        like="$ mv d/a d/a~; pycp -v a d",
        stdout="'a' -> 'd/a' (backup: 'd/a~')\n",
    ),
    Case("source is the backup", "--backup=numbered -v a.~1~ a", "a a.~1~"),
    Case("destination is a backup", "--backup=numbered -v a b.~1~", "a b.~1~"),
    Case(
        "name with odd bytes",
        ["--backup=numbered", "-v", "a", "b\n"],
        {"a": "A", "b\n": "B", "b\n.~4~": "C"},
    ),
)
def test_numbers(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The next number is one more than the greatest, however long its digits."""
    same_as_gnu(case)


@cases(
    *(
        Case(
            f"{way} of a name of {length} bytes",
            ["-v", f"--backup={way}", "a", "n" * length],
            {"a": "A", "n" * length: "N"},
            status=1 if way == "simple" and length > 254 else 0,
        )
        for way in ["simple", "numbered", "existing"]
        for length in [250, 251, 252, 253, 254, 255]
    ),
    Case(
        "numbered of a long name whose short one exists",
        ["-v", "--backup=numbered", "a", "n" * 254],
        {"a": "A", "n" * 254: "N", "n" * 254 + "~": "O"},
        status=None,
    ),
    Case(
        "existing of a long name whose short one exists",
        ["-v", "--backup=existing", "a", "n" * 254],
        {"a": "A", "n" * 254: "N", "n" * 254 + "~": "O"},
        status=None,
    ),
    Case(
        "number gets one digit too long",
        ["-v", "--backup=numbered", "a", "n" * 251],
        {"a": "A", "n" * 251: "N", "n" * 251 + ".~9~": "O"},
        status=None,
    ),
    Case("long suffix", ["-v", "-S", "s" * 250, "a", "bbbbbbbbb"], "a bbbbbbbbb", status=None),
)
def test_long_names(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A backup's name too long for the file system is cut by GNU's rules."""
    same_as_gnu(case)


@cases(
    Case("older backup is replaced", "-bv --backup=simple a b", "a b b~"),
    Case("directory in the way", "--backup=simple -v a b", "a b b~/", status=1),
    Case("filled directory in the way", "--backup=simple -v a b", "a b b~/x", status=1),
    Case("older backup is a symlink", "--backup=simple -v a b", "a b b~->c c"),
    Case(
        "older backup is a link of the destination",
        "--backup=simple -v a b",
        "a b b~=b",
        status=None,
    ),
    Case("older backup is a link of the source", "--backup=simple -v a b", "a b b~=a", status=None),
    Case("symlink", "-bv a l", "a b l->b"),
    Case("dangling symlink", "-bv a l", "a l->b"),
    Case("looping symlink", "-bv a l", "a l->l"),
    Case("symlink to a directory with T", "-bTv a l", "a d/ l->d"),
    Case("fifo", "-bv a p", "a p|"),
    Case("hard link", "-bv a b", "a b c=b"),
    Case("hard link with d", "-bdv a b", "a b c=b"),
    Case("unwritable", "-bv a b", "a b@0000"),
    Case("owned by another", "-bv a b", {"a": "A", "b": file("B", 0o600, owner=(0, 0))}),
    Case(
        "attributes stay with the backup",
        "-bpv a b",
        {"a": file("A", 0o700, age=5), "b": file("B", 0o640, age=-5, xattrs={"user.x": b"1"})},
    ),
    Case("with l", "-blv a b", "a b"),
    Case("with s", "-bsv a b", "a b"),
    Case("with f", "-bfv a b", "a b"),
    Case("with remove-destination", "-bv --remove-destination a b", "a b"),
    Case("with attributes only", "-bv --attributes-only a b", "a b"),
    Case("with P", "-bPv l b", "l->x b"),
    Case("with a", "-abv s d", "s/f s/l->f s/h=s/f d/s/f d/s/l->x d/s/h"),
    Case("recursively", "-bRv s d", "s/f s/x/g d/s/f d/s/x/g"),
    Case("merging dot", "-bRv s/. d", "s/f s/x/g d/f d/x/g"),
    Case("directory is entered, not backed up", "-bRTv s d", "s/f d/g"),
    Case("fifo over a file", "-bRv p b", "p| b"),
    Case("several into a directory", "-bv a b c d", "a b c d/a d/c"),
    Case("with parents", "-bv --parents s/x/f d", "s/x/f d/s/x/f"),
    Case("unwritable directory", "-bv a d/b", "a d/b d/@0555", status=1, who=BOTH),
    Case(
        "unwritable directory and numbered",
        "--backup=numbered -v a d/b",
        "a d/b d/@0555",
        status=1,
        who=BOTH,
    ),
    Case("name of two directories up", "$ cd s/x && pycp -bv ../../a ../../b", "a b s/x/"),
)
def test_kinds(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Whatever is not a directory is renamed as itself."""
    same_as_gnu(case)


@cases(
    Case("f onto itself", "-bfv a a", "a"),
    Case("f onto itself with older backup", "-bfv a a", "a a~"),
    Case("f onto itself numbered", "--backup=numbered -fv a a", "a a.~1~"),
    Case("f onto itself with a suffix", "-fv -S .bak a a", "a"),
    Case("f onto itself by none", "--backup=none -fv a a", "a", status=1),
    Case("f onto itself and i", "-bfiv a a", "a a~", stdin="y\n"),
    Case("f onto itself and u", "-bfuv a a", "a a~"),
    Case("f onto itself and u with an older backup", "-bfuv a a", "a a~-9"),
    Case("f onto itself with l", "-blfv a a", "a"),
    Case("f onto itself with s", "-bsfv a a", "a", status=None),
    Case("f onto itself with p", "-bfpv a a", "a@0750"),
    Case("f onto itself in a directory", "-bfv d/a d", "d/a", status=None),
    Case("f onto itself by two spellings", "-bfv a ./a", "a", status=1),
    Case("f onto itself twice in words", "-bfv a a a", "a", status=1),
    Case("f onto itself with T", "-bfTv a a", "a"),
    Case("f onto itself a symlink", "-bfv l l", "a l->a"),
    Case("f onto itself a symlink with P", "-bPfv l l", "a l->a"),
    Case("f onto itself a dangling symlink", "-bPfv l l", "l->x", status=1),
    Case("f onto itself a directory", "-bfRTv d d", "d/f", status=1),
    Case("f onto itself a fifo", "-bfRv p p", "p|", status=1),
    Case("f onto itself unreadable", "-bfv a a", "a@0000", status=1, who=BOTH),
    Case("b onto itself", "-bv a a", "a", status=1),
    Case("backup onto its origin", "--backup=simple -v a~ a", "a a~", status=1),
    Case("backup onto its origin by existing", "--backup=existing -v a~ a", "a a~ a.~1~", status=1),
    Case("backup onto its origin by numbered", "--backup=numbered -v a~ a", "a a~"),
    Case("backup onto its origin with a suffix", "-v -S .b a.b a", "a a.b", status=1),
    Case(
        "backup onto its origin in a directory", "--backup=simple -v d/a~ d/a", "d/a d/a~", status=1
    ),
    Case("backup onto its origin with a dot", "--backup=simple -v ./a~ a", "a a~", status=1),
    Case("namesake of the backup from elsewhere", "--backup=simple -v s/a~ a", "a a~ s/a~"),
    Case(
        "link to the backup of the same name",
        "--backup=simple -v s/a~ a",
        "a a~ s/a~->../a~",
        status=1,
    ),
    Case(
        "hard link of the backup of the same name",
        "--backup=simple -v s/a~ a",
        "a a~ s/a~=a~",
        status=1,
    ),
    Case("hard link of the backup", "--backup=simple -v b a", "a a~ b=a~", status=None),
    Case(
        "symlink to the backup",
        "--backup=simple -v a2~ a",
        "a a~ a2~->a~",
        status=1,
        stdout="",
        stderr="pycp: backing up 'a' might destroy source;  'a2~' not copied\n",
        differs="backup through a symlink",
        like="$ :",
    ),
    Case("symlink to the backup with P", "--backup=simple -Pv l a", "a a~ l->a~"),
)
def test_onto_itself(case: Case, same_as_gnu: SameAsGnu) -> None:
    """-bf makes a backup of the only operand; a backup never costs its own source."""
    same_as_gnu(case)


@cases(
    Case("unreadable source", "-bv a b", "a@0000 b", status=1),
    Case("unreadable source numbered", "--backup=numbered -v a b", "a@0000 b b.~1~", status=1),
    Case("unreadable source into a directory", "-bv a c d", "a@0000 c d/a d/c", status=1),
    Case("unreadable source restores a symlink", "-bv a l", "a@0000 b l->b", status=1),
    Case(
        "unreadable source restores over an older backup",
        "--backup=simple -v a b",
        "a@0000 b b~",
        status=1,
    ),
    Case(
        "unreadable source with remove-destination",
        "-bv --remove-destination a b",
        "a@0000 b",
        status=1,
    ),
    Case("missing source keeps everything", "-bv m b", "b b~", status=1),
    Case("relative s elsewhere", "-bsv a d/a", "a d/a", status=1),
    Case("source vanishes by its backup", "-bv foo dl/foo", "foo dl->.", status=1),
    Case(
        "full disk",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/z && pycp -bv big m/z; echo $?; "
            "ls m; cat m/z"
        ),
        {"big": file("b" * 200000), "m": directory()},
    ),
    Case(
        "full disk without backup",
        (
            "# mount -t tmpfs -o size=64k none m && echo old > m/z && pycp -v big m/z; echo $?; "
            "ls m; stat -c %s m/z"
        ),
        {"big": file("b" * 200000), "m": directory()},
    ),
    who=BOTH,
)
def test_restoring(case: Case, same_as_gnu: SameAsGnu) -> None:
    """When the copy fails the backup goes back to its place."""
    same_as_gnu(case)


@cases(
    Case(
        "file over a directory",
        "-Tv --backup a d",
        "a d/",
        status=1,
        stdout="'a' -> 'd'\n",
        stderr="pycp: cannot create regular file 'd': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    Case(
        "file over a directory with a slash",
        "-Tb a d/",
        "a d/",
        status=1,
        stderr="pycp: cannot create regular file 'd/': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    Case(
        "file over a directory in a directory",
        "-v --backup a d",
        "a d/a/x",
        status=1,
        stdout="'a' -> 'd/a'\n",
        stderr="pycp: cannot create regular file 'd/a': Is a directory\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    Case(
        "directory over a file",
        "-RTv --backup=simple s n",
        "s/f n",
        stdout="'s' -> 'n'\n's/f' -> 'n/f'\n",
        differs="kind conflict with backup",
        like="$ mv n n~; pycp -R s n",
    ),
    Case(
        "directory over a file numbered",
        "-RTv --backup=numbered s n",
        "s/f n n.~4~",
        stdout="'s' -> 'n'\n's/f' -> 'n/f'\n",
        differs="kind conflict with backup",
        like="$ mv n n.~5~; pycp -R s n",
    ),
    Case(
        "directory over a file in recursion",
        "-Rv -b s d",
        "s/x/f d/s/x",
        stdout="'s/x' -> 'd/s/x'\n's/x/f' -> 'd/s/x/f'\n",
        differs="kind conflict with backup",
        like="$ mv d/s/x d/s/x~; pycp -R s d",
    ),
    Case(
        "directory over a symlink to a directory",
        "-RTv -b s l",
        "s/f d/ l->d",
        stdout="'s' -> 'l'\n's/f' -> 'l/f'\n",
        differs="kind conflict with backup",
        like="$ mv l l~; pycp -R s l",
    ),
    Case(
        "directory over a dangling symlink",
        "-RTv -b s l",
        "s/f l->x",
        stdout="'s' -> 'l'\n's/f' -> 'l/f'\n",
        differs="kind conflict with backup",
        like="$ mv l l~; pycp -R s l",
    ),
    Case(
        "symlink over a directory",
        "-PTv -b l d",
        "l->x d/",
        status=1,
        stdout="'l' -> 'd'\n",
        stderr="pycp: cannot create symbolic link 'd': File exists\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
    Case(
        "fifo over a directory",
        "-RTv -b p d",
        {"p": fifo(), "d": directory(), "l": symlink("x")},
        status=1,
        stdout="'p' -> 'd'\n",
        stderr="pycp: cannot create fifo 'd': File exists\n",
        differs="kind conflict with backup",
        like="$ :",
    ),
)
def test_kind_conflicts(case: Case, same_as_gnu: SameAsGnu) -> None:
    """With backups a directory may take a file's place, never a file a directory's."""
    same_as_gnu(case)
