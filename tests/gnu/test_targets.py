"""What the last operand is, and the names things get there."""

from collections.abc import Mapping
from dataclasses import replace

from tests.case import Case, SameAsGnu, cases
from tests.tree import directory, file

LONG = "n" * 300


@cases(
    Case("file to a new name", "-v a new", "a", stdout="'a' -> 'new'\n"),
    Case("file onto a file", "-v a b", "a b"),
    Case("file into a directory", "-v a d", "a d/", stdout="'a' -> 'd/a'\n"),
    Case("files into a directory", "-v a b d", "a b d/"),
    Case("file into a link to a directory", "-v a dl", "a d/ dl->d", stdout="'a' -> 'dl/a'\n"),
    Case("file into a link to a directory with slash", "-v a dl/", "a d/ dl->d"),
    Case("files into a link to a directory", "-v a b dl", "a b d/ dl->d"),
    Case("files into a target that is a file", "a b c", "a b c", status=1),
    Case("files into a target that is missing", "a b c", "a b", status=1),
    Case("files into a dangling link", "a b dang", "a b dang->missing", status=1),
    Case("files into a link to a file", "a b l", "a b f l->f", status=1),
    Case("files into a looping link", "a b l", "a b l->l", status=1),
    Case("files into an empty name", ["a", "b", ""], "a b", status=1),
    Case("t with a file", "-t f a", "a f", status=1),
    Case("t with a missing name", "-t nodir a", "a", status=1),
    Case("t with a link to a directory", "-vt dl a", "a d/ dl->d"),
    Case("t with a dangling link", "-t dang a", "a dang->missing", status=1),
    Case("t with a slash after a file", "-t f/ a", "a f", status=1),
    Case("t with the current directory", "-vt . s/f", "s/f"),
    Case("t with an odd name", ["-t", "its\n", "a"], "a", status=1),
    Case("directory with slashes", "-v a d//", "a d/"),
    Case("directory with dot", "-v a d/.", "a d/"),
    Case("directory with dot and slashes", "-v a d/.//", "a d/"),
    Case("current directory", "-v s/f .", "s/f"),
    Case("current directory with slash", "-v s/f ./", "s/f"),
    Case("current directory in dots", "-v s/f ././.", "s/f"),
    Case("current directory by detour", "-v s/f s/..", "s/f"),
    Case("parent directory", "$ cd s && pycp -v f ..", "s/f"),
    Case("root directory", "pycp-test /", "pycp-test", status=1, who=("user",)),
    Case("root directory by two slashes", "pycp-test //", "pycp-test", status=1, who=("user",)),
    Case("root directory by t", "-t / pycp-test", "pycp-test", status=1, who=("user",)),
    Case("file with slash into a directory", "a/ d", "a d/", status=1),
    Case("file with slash to a new name", "a/ new", "a", status=1),
    Case("missing file", "a b", "", status=1),
    Case("missing file with others", "-v a b c d", "a c d/", status=1),
    Case("empty source", ["", "b"], "b", status=1),
    Case("empty destination", ["a", ""], "a", status=1),
    Case("empty source into a directory", ["", "d"], "d/", status=1),
    Case("source too long", [LONG, "b"], "b", status=1),
    Case("destination too long", ["a", LONG], "a", status=1),
    Case("directory too long", ["-t", LONG, "a"], "a", status=1),
    Case("last of three too long", ["a", "b", LONG], "a b", status=1),
    Case("destination path too long", ["a", "./" * 2100 + "b"], "a", status=1),
    Case("name gets too long in the directory", ["a", "./" * 2040 + "d"], "a d/", status=0),
    Case("component too long below the destination", ["a", f"d/{LONG}"], "a d/", status=1),
    Case("source has a file as parent", "a/x b", "a", status=1),
    Case("source below a looping link", "l/x b", "l->l", status=1),
)
def test_forms(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The last operand is a directory to copy into, or the destination itself."""
    same_as_gnu(case)


@cases(
    Case("gone", 'top="$PWD"; cd g; rmdir ../g; pycp -v "$top/a" "$top/b"'),
    Case("gone and relative names", "cd g; rmdir ../g; pycp -v a b; pycp -v ../a b", status=1),
    Case(
        "gone and a relative target", 'top="$PWD"; cd g; rmdir ../g; pycp -v "$top/a" .', status=1
    ),
    Case("unsearchable", 'top="$PWD"; cd g; chmod 0 .; pycp -v "$top/a" "$top/b"'),
    Case("unsearchable and relative names", "cd g; chmod 0 .; pycp -v a b", status=1),
    Case("unreadable", "cd g; chmod 0300 .; pycp -Rv ../s n"),
    Case("unwritable", "cd g; chmod 0500 .; pycp -Rv ../s n", status=1),
    Case(
        "hundreds of operands",
        "mkdir t; for i in $(seq 300); do echo $i > t/$i; done; pycp -v t/* g",
    ),
)
def test_working_directory(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The working directory matters only to relative names."""
    same_as_gnu(replace(case, command=f"$ {case.command}", spec="a g/ s/f"))


SYMLINKS = "a file d/f dl->d dang->missing"


@cases(
    Case(
        "a new slash",
        "a new/",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot create regular file 'new/': Not a directory\n",
    ),
    Case(
        "a file slash",
        "a file/",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot stat 'file/': Not a directory\n",
    ),
    Case(
        "a file slash x",
        "a file/x",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot stat 'file/x': Not a directory\n",
    ),
    Case("a file slash dot", "a file/.", SYMLINKS, status=1),
    Case(
        "a nodir slash x",
        "a nodir/x",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot create regular file 'nodir/x': No such file or directory\n",
    ),
    Case(
        "a dang slash",
        "a dang/",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot create regular file 'dang/': Not a directory\n",
    ),
    Case(
        "a dang",
        "a dang",
        SYMLINKS,
        status=1,
        stderr="pycp: not writing through dangling symlink 'dang'\n",
    ),
    Case("R d new slash", "-Rv d new/", SYMLINKS),
    Case("R d new slashes", "-Rv d new//", SYMLINKS),
    Case(
        "R d dang",
        "-R d dang",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot overwrite non-directory 'dang' with directory 'd'\n",
    ),
    Case(
        "R d dang slash",
        "-R d dang/",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot create directory 'dang/': File exists\n",
    ),
    Case("RT d dl", "-RT d dl", SYMLINKS, status=1),
    Case(
        "RT s dl",
        "-RT s dl",
        SYMLINKS + " s/g",
        status=1,
        stderr="pycp: cannot overwrite non-directory 'dl' with directory 's'\n",
    ),
    Case("RT s dl slash", "-RTv s dl/", SYMLINKS + " s/g"),
    Case("RT d dl slash merges a directory into itself", "-RTv d dl/", SYMLINKS, status=1),
    Case("a dl", "-v a dl", SYMLINKS, stdout="'a' -> 'dl/a'\n"),
    Case("a dl slash", "-v a dl/", SYMLINKS, stdout="'a' -> 'dl/a'\n"),
    Case(
        "a slash d", "a/ d", SYMLINKS, status=1, stderr="pycp: cannot stat 'a/': Not a directory\n"
    ),
    Case("RP dl slash n", "-RPv dl/ n", SYMLINKS),
    Case(
        "P dl slash n",
        "-P dl/ n",
        SYMLINKS,
        status=1,
        stderr="pycp: -r not specified; omitting directory 'dl/'\n",
    ),
    Case(
        "a long",
        ["a", LONG],
        SYMLINKS,
        status=1,
        stderr=f"pycp: cannot stat '{LONG}': File name too long\n",
    ),
    Case("a dl slash new slash", "a dl/new/", SYMLINKS, status=1),
    Case("d new slash without R", "d new/", SYMLINKS, status=1),
    Case("a dl slash dot", "-v a dl/.", SYMLINKS),
    Case("a dang slash x", "a dang/x", SYMLINKS, status=1),
    Case("dl without R", "dl n", SYMLINKS, status=1),
    Case("dang as source", "dang n", SYMLINKS, status=1),
    Case("dang as source with P", "-P dang n", SYMLINKS),
    Case("dang slash as source with P", "-P dang/ n", SYMLINKS, status=1),
    Case(
        "T a dl",
        "-T a dl",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot overwrite directory 'dl' with non-directory 'a'\n",
        differs="file over directory",
    ),
    Case("RT d new slash", "-RTv d new/", SYMLINKS),
    Case(
        "T a new slash",
        "-T a new/",
        SYMLINKS,
        status=1,
        stderr="pycp: cannot create regular file 'new/': Not a directory\n",
    ),
    Case("R s dang x", "-R d dang/x", SYMLINKS, status=1),
)
def test_trailing_slashes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A slash asks for a directory, and resolves a symbolic link (specification 2.4)."""
    same_as_gnu(case)


@cases(
    Case("last component", "-v s/x/f d", "s/x/f d/"),
    Case("source with doubled slashes", "-v s//x///f d", "s/x/f d/"),
    Case("directory with trailing slashes", "-Rv s/x// d", "s/x/f d/"),
    Case(
        "dot after a directory merges",
        "-Rv s/. d",
        "s/f s/x/g d/",
        stdout="'s/./f' -> 'd/./f'\n's/./x' -> 'd/./x'\n's/./x/g' -> 'd/./x/g'\n",
    ),
    Case("dot with slash merges", "-Rv s/./ d", "s/f d/"),
    Case("dot dot merges", "-Rv s/x/.. d", "s/x/f s/g d/"),
    Case("dot dot with slash merges", "-Rv s/x/../ d", "s/x/f s/g d/"),
    Case("dot to a new name", "-Rv s/. n", "s/f"),
    Case("dot dot to a new name", "-Rv s/x/.. n", "s/x/f s/g"),
    Case("dot into a directory elsewhere", "$ cd s && pycp -Rv . ../d", "s/f s/x/g d/"),
    Case("dot without R", ". d", "d/", status=1),
    Case("hidden name", "-v s/.f d", "s/.f d/"),
    Case("name of three dots", "-v s/... d", {"s/...": "S", "d": directory()}),
    Case("name beginning with two dots", "-v s/..f d", "s/..f d/"),
    Case("absolute source", '$ pycp -v "$PWD/s/f" d', "s/f d/"),
    Case("absolute target", '$ pycp -v s/f "$PWD/d"', "s/f d/"),
    Case("strip slash of a file", "-v --strip-trailing-slashes a/// d", "a d/"),
    Case(
        "strip slash of a link to a directory", "-Rv --strip-trailing-slashes ld/ d", "x/f ld->x d/"
    ),
    Case("keep slash of a link to a directory", "-Rv ld/ d", "x/f ld->x d/"),
    Case("strip slash with t", "-v --strip-trailing-slashes -t d a/ b//", "a b d/"),
    Case(
        "strip slash has no effect on a destination", "--strip-trailing-slashes a/ b", "a", status=1
    ),
    Case("strip slash has no effect with T", "--strip-trailing-slashes -T a/ b", "a", status=1),
    Case("strip slash of a directory", "-Rv --strip-trailing-slashes s/ d", "s/f d/"),
    Case("strip slash of a missing name", "--strip-trailing-slashes m/ d", "d/", status=1),
)
def test_names_in_the_directory(case: Case, same_as_gnu: SameAsGnu) -> None:
    """In a directory a copy gets the last component of its source (specification 2.3)."""
    same_as_gnu(case)


@cases(
    Case("target unsearchable", "a b d", "a b d/@0000", status=1),
    Case("target unwritable", "a b d", "a b d/@0555", status=1),
    Case("target unreadable", "-v a b d", "a b d/@0300"),
    Case("target below an unsearchable one", "a b u/d", "a b u/d/ u/@0000", status=1),
    Case("t below an unsearchable one", "-t u/d a", "a u/d/ u/@0000", status=1),
    Case("destination below an unsearchable one", "a u/b", "a u/@0000", status=1),
    Case("source below an unsearchable one", "u/a b", "u/a u/@0000", status=1),
    Case("new name in an unwritable one", "a d/b", "a d/@0555", status=1),
    Case("existing name in an unwritable one", "-v a d/b", "a d/b d/@0555"),
    Case("source unreadable", "a b", "a@0000 b", status=1),
    Case("source unreadable among others", "-v a b c d", "a b@0000 c d/", status=1),
    Case("destination unwritable", "-v a b", "a b@0444", status=1),
    Case("destination write-only", "-v a b", "a b@0200"),
    who=("user", "root"),
)
def test_permission(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What permission bits forbid is told for each file, and the others are copied."""
    same_as_gnu(case)


@cases(
    Case("same name twice", "-v a a c", "a c/"),
    Case("same name by another way", "-v a ./a c", "a c/"),
    Case("same name by a detour", "-v a s/../a c", "a s/ c/"),
    Case("same name through a link to its directory", "-v s/f sl/f c", "s/f sl->s c/", status=1),
    Case("same name thrice", "a a a c", "a c/"),
    Case("hard link is another name", "-v a b c", "a b=a c/"),
    Case("same name with backups", "-vb a a c", "a c/", status=1),
    Case("same link twice with P", "-vP l l c", "l->x c/"),
    Case("same fifo twice", "-vR p p c", "p| c/"),
    Case("same name twice with T is an error", "-T a a c", "a c/", status=1),
    Case("same directory twice", "-Rv s s c", "s/f c/"),
    Case("same directory with slash", "-Rv s s/ c", "s/f c/"),
    Case("same directory with dot", "-Rv s s/. c", "s/f c/", status=1),
    Case("same directory twice with L", "-RLv s s c", "s/f c/"),
    Case("same directory by a link with H", "-RHv s l c", "s/f l->s c/"),
    Case("same missing name twice", "m m c", "c/", status=1),
    Case("just created", "-v p/f q/f c", "p/f q/f c/", status=1),
    Case("just created with f", "-vf p/f q/f c", "p/f q/f c/", status=1),
    Case(
        "just created with remove-destination",
        "-v --remove-destination p/f q/f c",
        "p/f q/f c/",
        status=1,
    ),
    Case("just created with n", "-vn p/f q/f c", "p/f q/f c/"),
    Case("just created with u and older", "-vu p/f q/f c", "p/f q/f-5 c/"),
    Case("just created with u and newer", "-vup p/f q/f+5 c", "p/f q/f+5 c/", status=1),
    Case("just created with l", "-vl p/f q/f c", "p/f q/f c/", status=1),
    Case(
        "just created as a further name",
        "-d a b q/b c",
        "a b=a q/b c/",
        status=1,
        stderr="pycp: will not overwrite just-created 'c/b' with 'q/b'\n",
        differs="links made of operands",
        like="-d a b c",
    ),
    Case("just created with s", "-vs p/f q/f .", "p/f q/f", status=1),
    Case("just created with simple backup", "-v --backup=simple p/f q/f c", "p/f q/f c/", status=1),
    Case(
        "just created with existing backup",
        "-v --backup=existing p/f q/f c",
        "p/f q/f c/",
        status=1,
    ),
    Case("just created with numbered backup", "-v --backup=numbered p/f q/f c", "p/f q/f c/"),
    Case("just created over an existing file", "-v p/f q/f c", "p/f q/f c/f", status=1),
    Case("just created by a fifo", "-Rv p/f q/f c", "p/f| q/f| c/", status=1),
    Case("just created file then directory", "-Rv p/f q/f c", "p/f q/f/g c/", status=1),
    Case(
        "just created directory then file",
        "-Rv q/f p/f c",
        "p/f q/f/g c/",
        status=1,
        stderr="pycp: cannot overwrite directory 'c/f' with non-directory 'p/f'\n",
        differs="file over directory",
    ),
    Case("just created in merged directories", "-Rv p/s q/s c", "p/s/f q/s/f c/"),
    Case("just created symlink", "-dv p/l q/l c", "p/l->../t q/l c/ t", status=1),
    Case("just created dangling symlink", "-dv p/l q/l c", "p/l->../t q/l c/", status=1),
    Case("just created symlink then symlink", "-dv p/l q/l c", "p/l->../t q/l->u c/ t", status=1),
    Case("just created symlink with f", "-dfv p/l q/l c", "p/l->../t q/l c/ t", status=1),
    Case("just created symlink with backups", "-dvb p/l q/l c", "p/l->../t q/l c/ t", status=1),
    Case(
        "existing symlink is written through",
        "-v p/f q/l c",
        {"p/f": "F", "q/l": "L", "c/l": file("x"), "t": "T"},
    ),
)
def test_repeated_sources(case: Case, same_as_gnu: SameAsGnu) -> None:
    """One source twice is a warning; two sources for one name are an error."""
    same_as_gnu(case)


PLANTED = "a/d/x->../../v b/d/x v dst/"
REFUSED = "pycp: will not copy 'b/d/x' through just-created symlink 'dst/d/x'\n"


def refused(
    name: str,
    command: str,
    like: str = "-r a/d dst",
    spec: str = PLANTED,
    stderr: str = REFUSED,
    env: Mapping[str, str] = {},
) -> Case:
    """Return a case where the second operand ends at a link of the first; `like` copies that."""
    differs = "links made below operands"
    return Case(name, command, spec, 1, "", stderr, differs, like, env=env)


@cases(
    refused("r", "-r a/d b/d dst"),
    refused("a", "-a a/d b/d dst", "-a a/d dst"),
    refused("with f", "-rf a/d b/d dst"),
    refused("attributes only", "-rp --attributes-only a/d b/d dst", "-rp a/d dst"),
    refused("atomic", "-r --atomic a/d b/d dst"),
    refused("two processes", "-rj2 a/d b/d dst"),
    refused("with t", "-rt dst a/d b/d"),
    refused("in a directory that was there", "-r a/d b/d dst", spec=PLANTED + " dst/d/"),
    refused(
        "the link leads nowhere",
        "-r a/d b/d dst",
        spec="a/d/x->../../v b/d/x dst/",
        env={"POSIXLY_CORRECT": ""},
    ),
    refused(
        "the link leads to a directory",
        "-r --copy-contents --keep-directory-symlink a/d b/d dst",
        spec="a/d/x->../../v b/d/x/f v/ dst/",
    ),
    refused(
        "on the way of parents",
        "-r --parents d d/x/f dst",
        "-r --parents d dst",
        "d/x->../v v/f dst/v/f",
        "pycp: will not copy 'd/x/f' through just-created symlink 'dst/d/x'\n",
    ),
    Case("removed first", "-rv --remove-destination a/d b/d dst", PLANTED),
    Case("kept as a backup", "-rvb a/d b/d dst", PLANTED),
    Case("newer", "-ruv a/d b/d dst", "a/d/x->../../v b/d/x v+9 dst/"),
    Case("left alone", "-rnv a/d b/d dst", PLANTED),
    Case("symlink over a symlink", "-rv a/d b/d dst", "a/d/x->../../v b/d/x->w v dst/"),
    Case("fifo over a symlink", "-rv a/d b/d dst", "a/d/x->../../v b/d/x| v dst/"),
    Case("symbolic links", '$ pycp -rsv "$PWD/a/d" "$PWD/b/d" dst', "a/d/x b/d/x dst/", status=1),
    Case("there before", "-rv a/d b/d dst", "a/d/y b/d/x v dst/d/x->../../v"),
)
def test_links_made_below_operands(case: Case, same_as_gnu: SameAsGnu) -> None:
    """What one operand brought is a link of somebody's, and leads no other operand anywhere."""
    same_as_gnu(case)
