"""Which symbolic links are followed, and which are copied."""

from tests.case import Case, SameAsGnu, Who, cases
from tests.tree import directory, file, symlink

BOTH: tuple[Who, ...] = ("user", "root")
TREE = "f d/g fl->f dl->d gone->missing s/x s/fl->../f s/dl->../d s/gone->missing s/e/y"


def policy(words: str, operand: str) -> Case:
    """Return the case of one operand under one set of options."""
    return Case(f"{words or 'plainly'} {operand}", f"-v {words} {operand} n", TREE, status=None)


@cases(
    *(
        policy(words, operand)
        for words in [
            "",
            "-P",
            "-L",
            "-H",
            "-d",
            "-R",
            "-RP",
            "-RL",
            "-RH",
            "-a",
            "-Rd",
            "-aL",
            "-aH",
        ]
        for operand in ["f", "fl", "dl", "gone", "s"]
    ),
    *(
        policy(words, "s")
        for words in ["-RLd", "-RdL", "-RLP", "-RPL", "-RHa", "-lR", "-lRP", "-LlR", "-lRH"]
    ),
    *(policy(words, "dl/") for words in ["-R", "-RP", "-RL", "-RH", "-a", "-d"]),
    *(policy("--no-dereference" if words else "--dereference", "fl") for words in ["", "x"]),
)
def test_policy(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Links are followed always, on the command line only, or never; the last option counts."""
    same_as_gnu(case)


@cases(
    Case("text is kept", "-Pv l n", {"l": symlink("../a//./b/../c/")}),
    Case("text of odd bytes", "-Pv l n", {"l": symlink(b"x\n\xff '$")}),
    Case("text of great length", "-P l n", {"l": symlink("x/" * 2000)}),
    Case("text of greatest length", "-P l n", {"l": symlink("y" * 4095)}),
    Case("into a directory", "-Pv l m d", "l->x m->y d/"),
    Case("dangling operand", "gone n", TREE, status=1),
    Case("looping operand", "l n", "l->l", status=1),
    Case("looping operand with P", "-Pv l n", "l->l"),
    Case("dangling inside with L", "-RLv s n", TREE, status=1),
    Case("dangling inside with H", "-RHv s n", TREE),
    Case("time is kept with a", "-av l n", {"l": symlink("x", age=7)}, atimes=True),
    Case("time is kept with p", "-pPv l n", {"l": symlink("x", age=7)}),
    Case("time is not kept with d", "-dv l n", {"l": symlink("x", age=7)}),
    Case("owner is kept with a", "-av l n", {"l": symlink("x", owner=(7, 8))}, who=BOTH),
    Case(
        "owner is kept with preserve",
        "-P --preserve=ownership l n",
        {"l": symlink("x", owner=(7, 8))},
        who=BOTH,
    ),
    Case(
        "trusted attributes with a",
        "-av l n",
        {"l": symlink("x", xattrs={"trusted.t": b"1"})},
        who=BOTH,
    ),
    Case(
        "time is kept with attributes, in a directory",
        "-av s n",
        {"s/l": symlink("x", age=7, xattrs={"trusted.t": b"1"})},
        who=("root",),
        atimes=True,
    ),
    Case("onto an equal link with u", "-uPv l m", {"l": symlink("x", age=9), "m": symlink("x")}),
    Case(
        "onto an equal link with u and attributes only",
        "-uPv --attributes-only l m",
        {"l": symlink("x", age=9), "m": symlink("x")},
    ),
    Case(
        "onto another link with u and attributes only",
        "-uPv --attributes-only l m",
        {"l": symlink("x", age=9), "m": symlink("y")},
        status=1,
    ),
    Case("onto an equal link", "-Pv l m", "l->x m->x"),
    Case("onto a link of equal inode", "-Pv l m", "l->x m=l"),
    Case("to a name that is missing its parent", "-P l m/n", "l->x", status=1),
    Case("to an unwritable directory", "-P l d", "l->x d/@0555", status=1, who=BOTH),
    Case("unreadable target with P", "-Pv l n", "l->f f@0000"),
    Case("unreadable target", "-v l n", "l->f f@0000", status=1, who=BOTH),
    Case("target in an unsearchable directory", "-v l n", "l->u/f u/f u/@0000", status=1, who=BOTH),
    Case("chain of links", "-v l n", "l->m m->o o->f f"),
    Case("through a directory link", "-v dl/g n", TREE),
    Case(
        "absolute link in a tree with L",
        "-RL s n",
        {"s/l": symlink("/proc/version"), "s/m": symlink("/dev/null")},
        status=1,
    ),
)
def test_copies(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A copied link has the same text; a followed one gives what it leads to."""
    same_as_gnu(case)


@cases(
    Case(
        "plainly",
        "-v a l",
        "a l->nx",
        status=1,
        stderr="pycp: not writing through dangling symlink 'l'\n",
    ),
    Case("with R", "-Rv a l", "a l->nx", status=1),
    Case("with u", "-uv a l", "a l->nx", status=1),
    Case("with p", "-pv a l", "a l->nx", status=1),
    Case("with L", "-Lv a l", "a l->nx", status=1),
    Case("with P", "-Pv a l", "a l->nx", status=1),
    Case("with attributes only", "-v --attributes-only a l", "a l->nx", status=1),
    Case("with remove-destination", "-v --remove-destination a l", "a l->nx"),
    Case("with backup", "-vb a l", "a l->nx"),
    Case("with l", "-vl a l", "a l->nx", status=1),
    Case("with lf", "-vlf a l", "a l->nx"),
    Case("with s", "-vs a l", "a l->nx", status=1),
    Case("with sf", "-vsf a l", "a l->nx"),
    Case("in a directory", "-v a d", "a d/a->nx", status=1),
    Case("in a tree", "-Rv s d", "s/a s/b d/s/a->nx", status=1),
    Case("into a missing directory", "-v a l", "a l->nd/nx", status=1),
    Case("posixly correct", "-v a l", "a l->nx", env={"POSIXLY_CORRECT": "1"}),
    Case("posixly correct and empty", "-v a l", "a l->nx", env={"POSIXLY_CORRECT": ""}),
    Case(
        "posixly correct into a missing directory",
        "-v a l",
        "a l->nd/nx",
        env={"POSIXLY_CORRECT": "1"},
        status=1,
    ),
    Case("posixly correct in a tree", "-Rv s d", "s/a s/b d/s/a->nx", env={"POSIXLY_CORRECT": "1"}),
    Case("posixly correct with p", "-pv a l", "a@0700+5 l->nx", env={"POSIXLY_CORRECT": "1"}),
    Case("posixly correct and looping", "-v a l", "a l->l", env={"POSIXLY_CORRECT": "1"}, status=1),
    Case(
        "posixly correct with a directory",
        "-RTv s l",
        "s/f l->nx",
        env={"POSIXLY_CORRECT": "1"},
        status=1,
    ),
    Case("looping", "-v a l", "a l->l", status=1),
    Case("looping with R", "-RTv s l", "s/f l->l", status=1),
    Case("looping with remove-destination", "-v --remove-destination a l", "a l->l"),
    Case("looping in the middle", "-v a l/x", "a l->l", status=1),
    Case("looping in the middle with f", "-fv a l/x", "a l->l", status=1),
)
def test_dangling_destination(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Nothing is written through a dangling link, unless POSIXLY_CORRECT asks for it."""
    same_as_gnu(case)


@cases(
    Case("link to its own directory", "-RLv s d", "s/l->.", status=1),
    Case("link to its own directory with others", "-RLv s d", "s/a s/l->. s/z", status=1),
    Case("link to the parent", "-RLv s d", "s/e/l->.. s/e/f", status=1),
    Case("link to a sibling and back", "-RLv s d", "s/p/q->../r s/r/t->../p", status=1),
    Case("link to its own directory with P", "-RPv s d", "s/l->."),
    Case("two links to one directory", "-RLv s d", "s/k->../r s/l->../r r/f"),
    Case("directory and a link to it", "-RLv s d", "s/k/f s/l->k"),
    Case("operand and a link inside to it", "-RLv s r d", "s/l->../r r/f d/"),
    Case("operand a link to its parent with H", "-RHv e/l d", "e/l->. e/f", status=None),
)
def test_cycles(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A link to a directory above is a cycle; to one beside, another copy."""
    same_as_gnu(case)


@cases(
    Case("with d and L they are hard links", "-dLv a l d", "a l->a d/"),
    Case(
        "with preserve links and H they are hard links", "-H --preserve=links -v a l d", "a l->a d/"
    ),
    Case(
        "with preserve links and H they are after a link was made, and in the place of others",
        "-RH --preserve=links --remove-destination -v t l m d",
        "t/k->x a l->a m->a d/l d/m",
    ),
    Case("with preserve links and P they are not", "-P --preserve=links -v a l d", "a l->a d/"),
    Case("with preserve links and L in a tree", "-RL --preserve=links -v s d", "s/a s/l->a s/m->a"),
    Case("with preserve links and H in a tree", "-RH --preserve=links -v s d", "s/a s/l->a s/m->a"),
    Case(
        "with preserve links and L to existing names",
        "-RLT --preserve=links -v s d",
        "s/a s/l->a d/a d/l",
    ),
    Case("without preserve links", "-RLv s d", "s/a s/l->a"),
    Case(
        "hard-linked links with a",
        "-av s d",
        {"s/k": symlink("x"), "s/b": file("B")},
        before="ln -P s/k s/m",
    ),
    Case(
        "hard-linked links with R",
        "-Rv s d",
        {"s/k": symlink("x"), "s": directory()},
        before="ln -P s/k s/m",
    ),
)
def test_links_to_one_file(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Followed links to one file become hard links only where links are preserved."""
    same_as_gnu(case)
