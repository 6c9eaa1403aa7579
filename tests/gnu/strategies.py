"""Trees, command lines and users, drawn so that names meet, links cross and kinds conflict.

All names come from small pools and most operands exist, because two random names would hardly ever
be the same file. What is not drawn, since the oracle of this machine would differ or the run would
not end, is named where it is left out.
"""

import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests import tree
from tests.forked import MEMORY
from tests.tree import Node

COMMON = ("a", "b", "c", "d")
# Not both a "'" and escaped bytes in one run: GNU 9.1 garbles names that hold both (section 10).
PRINTED = ("e f", "it's", "#x", "x:y", ".h", "a~", "b.~1~", "b.~7~", "-R", "k=[*]")
ESCAPED = ("n\nl", "\udcff", "é", "\udce2\udc82", "t\tt", "~z", "a~", "b.~1~")
MODES = (0o644, 0o644, 0o600, 0o400, 0o200, 0o000, 0o755, 0o666, 0o4755, 0o2711, 0o1644)
DIRECTORY_MODES = (*(0o755,) * 9, 0o700, 0o777, 0o555, 0o300, 0o500, 0o000, 0o1777, 0o2755)
PAGE = 4096
IS_ROOT = os.geteuid() == 0
FIFO_MODES = MODES if IS_ROOT else (0o644, 0o600)  # who runs the suite opens them all


@dataclass(frozen=True)
class Run:
    """A tree, and a command line to run in it."""

    spec: Mapping[str, Node]
    options: Sequence[str]
    operands: Sequence[str]
    stdin: str = ""
    umask: int = 0o022
    env: Mapping[str, str] = field(default_factory=dict)
    is_root: bool = False

    @property
    def words(self) -> list[str]:
        """Return what follows the program's name."""
        return [*self.options, "--", *self.operands]

    @property
    def follows(self) -> bool:
        """Tell whether symbolic links may be followed in a tree."""
        return any(word[:2] != "--" and {"L", "H"} & set(word) for word in self.options)

    def has(self, *options: str) -> bool:
        """Tell whether any of these was drawn, spelled like that."""
        return any(word.partition("=")[0] in options for word in self.options)


def keeps(name: str, value: bytes) -> bool:
    """Tell whether the place for trees keeps an attribute (tmpfs those of users since 6.6)."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as probe:
        try:
            os.setxattr(probe, name, value)
        except OSError:
            return False
    return True


LISTS = (
    tree.acl("u::rw u:1002:rw g::r m::rw o::r"),
    tree.acl("u::rwx u:1002:x g::rwx m::rx o::"),
)
DEFAULT_LISTS = (
    tree.acl("u::rwx u:1002:rwx g::rx m::rwx o::rx", "default"),
    tree.acl("u::rwx g:: o::", "default"),
)
XATTRS = keeps("user.a", b"")
ACCESS_LISTS = all(keeps(name, value) for name, value in LISTS[0].items())

owners = st.sampled_from((None,) * 9 + (((0, 0),) if IS_ROOT else ()))
ages = st.sampled_from((0, 0, 0, 5, -5))
contents = st.one_of(
    st.sampled_from(("", "A", "B", "some words\n")),
    st.binary(max_size=40),
)


@st.composite
def attributes(draw: st.DrawFn, is_directory: bool) -> dict[str, bytes]:
    """Draw extended attributes and access lists; most files have none."""
    choice = draw(st.integers(0, 19))
    if choice == 19 and ACCESS_LISTS:
        return draw(st.sampled_from(LISTS))
    if choice == 18 and ACCESS_LISTS and is_directory:
        return draw(st.sampled_from(DEFAULT_LISTS))
    if choice < 16 or not XATTRS:
        return {}
    return {f"user.{draw(st.sampled_from('ab'))}": draw(st.binary(max_size=5))}


@st.composite
def sparse_files(draw: st.DrawFn) -> Node:
    """Draw a file with runs of data, zeros and holes."""
    pieces = {}
    offset = 0
    for _ in range(draw(st.integers(0, 3))):
        offset += draw(st.sampled_from((0, 512, PAGE, 5 * PAGE, 40 * PAGE, 100)))
        length = draw(st.sampled_from((1, 512, 700, PAGE, 3 * PAGE, 33 * PAGE)))
        pieces[offset] = draw(st.sampled_from((b"x", b"\0"))) * length
        offset += length
    return tree.file(pieces=pieces, size=offset + draw(st.sampled_from((0, 1, PAGE, 70 * PAGE))))


@st.composite
def nodes(draw: st.DrawFn, earlier: Sequence[tuple[str, Node]], name: str) -> Node:
    """Draw what `name` is; links may lead to what was drawn earlier."""
    choice = draw(st.integers(0, 19))
    if choice < 8:
        return tree.file(
            draw(contents),
            draw(st.sampled_from(MODES)),
            age=draw(ages),
            owner=draw(owners),
            xattrs=draw(attributes(False)),
        )
    if choice < 12:
        return tree.directory(
            draw(st.sampled_from(DIRECTORY_MODES if IS_ROOT else (0o755, 0o700))),
            age=draw(ages),
            owner=draw(owners),
            xattrs=draw(attributes(True)),
        )
    if choice < 16:
        texts = [*COMMON, "../a", "../d", ".", "..", "nowhere", "nowhere/x", os.path.basename(name)]
        here = os.path.dirname(name)
        texts += [os.path.relpath(other, here or ".") for other, _node in earlier]
        return tree.symlink(draw(st.sampled_from(texts)), age=draw(ages))
    files = [other for other, node in earlier if node.kind not in (stat.S_IFDIR, 0)]
    if choice == 16 and files:
        return tree.hard_link(draw(st.sampled_from(files)))
    if choice == 17:
        return tree.fifo(draw(st.sampled_from(FIFO_MODES)), age=draw(ages))
    if choice == 18:
        return draw(sparse_files())
    if IS_ROOT and draw(st.booleans()):
        return tree.device("c", 1, 3, 0o666)
    return tree.unix_socket(0o700)


@st.composite
def trees(draw: st.DrawFn, most: int = 12) -> dict[str, Node]:
    """Draw a small tree, names in the order they are made in."""
    names = [*COMMON * 3, *draw(st.sampled_from((PRINTED, ESCAPED)))]
    spec = {draw(st.sampled_from(COMMON)): tree.directory()}
    for _ in range(draw(st.integers(3, most))):
        parents = ["", "", *(name for name, node in spec.items() if node.kind == stat.S_IFDIR)]
        parent = draw(st.sampled_from(parents))
        name = os.path.join(parent, draw(st.sampled_from(names)))
        if name not in spec:
            spec[name] = draw(nodes(list(spec.items()), name))
    return spec


HERE = "$PWD"
"""Stands for the absolute name of the directory that the command runs in."""
ATTRIBUTES: tuple[str, ...] = ("mode", "ownership", "timestamps", "links", "all", "mode,timestamps")
if XATTRS:
    ATTRIBUTES += ("xattr", "links,xattr")
# Hypothesis favours what stands first, which is what a failure shrinks to.
KINDS_OF_COPY = (
    *(("-R",), ("-a",), ("-RL",), (), ("-Rp",), ("-dR",), ("-RH",), ("-lR",), ("-sR",)),
    *(("-p",), ("-d",), ("-P",), ("-l",), ("-s",), ("-RP",), ("-lR", "-P"), ("-a", "-L")),
    *(("-R", "-L", "--preserve=links"), ("-a", "-H"), ("-R", "--copy-contents"), ("-L",)),
    *(("-R", "-f"), ("-a", "-u"), ("-R", "-i"), ("-a", "-b"), ("-a", "--remove-destination")),
)
# Not drawn: --debug, --keep-directory-symlink and --update=WHEN, which the oracle lacks
# ("debug option", "keep-directory-symlink option", "update values"); --reflink=always, which
# fails on tmpfs and cleans up in another way ("failed clone", "failed clone onto a file").
OPTIONS = (
    *("-f", "-f", "-i", "-i", "-n", "-u", "-u", "-x", "-b", "-T", "-P", "-L", "-H", "-p", "-d"),
    *("--remove-destination", "--remove-destination", "--attributes-only", "--parents"),
    *("--parents", "--strip-trailing-slashes", "--reflink=auto", "--reflink=never"),
    *("--sparse=never", "--sparse=auto", "--sparse=always", "-S.bak", "--backup=none"),
    *("--backup=simple", "--backup=numbered", "--backup=existing", "--backup", "--backup=t"),
    *(f"--preserve={words}" for words in ATTRIBUTES),
    *(f"--no-preserve={words}" for words in ATTRIBUTES),
    *("-l", "-s", "--copy-contents"),
)
ANSWERS = ("y\n", "y\n", "n\n", "yes\n", "\n", "Y", "")
ENVIRONMENTS: tuple[Mapping[str, str], ...] = (
    *({},) * 6,
    {"POSIXLY_CORRECT": ""},
    {"VERSION_CONTROL": "numbered"},
    {"VERSION_CONTROL": "simple", "SIMPLE_BACKUP_SUFFIX": ".o"},
    {"LC_ALL": "C.UTF-8"},
)
UMASKS = (0o022, 0o022, 0o000, 0o077, 0o027, 0o277 if IS_ROOT else 0o022)


def spelled(name: str, way: int, form: str) -> str:
    """Return a name, perhaps written in another way.

    With --parents it has no ".." (9.1 reads the mode of a directory on the way a second time, when
    it may be changed) and is not absolute ("parents of an absolute name").
    """
    if way == 0:
        return f"./{name}"
    if way == 1:
        return f"{name}/"
    if way == 2:
        return f"{name}/."
    if way == 3:
        return name.replace("/", "//")
    if form == "parents":
        return name
    if way == 4:
        head, _, last = name.rpartition("/")
        return f"{head}/../{last}" if head else f".//{name}"
    if way in (5, 6):
        return f"{HERE}/{name}"
    return name


@st.composite
def operands(
    draw: st.DrawFn, spec: Mapping[str, Node], is_recursive: bool, form: str, is_absolute: bool
) -> list[str]:
    """Draw sources and a destination; most are there, and most make sense."""
    all_names = list(spec)
    makes_sense = draw(st.integers(0, 4)) < 4
    pool = all_names
    if makes_sense and not is_recursive:
        pool = [name for name in pool if spec[name].kind != stat.S_IFDIR] or pool
    count = 1 if form == "onto" else draw(st.sampled_from((1, 2, 1, 3)))
    sources = [draw(st.sampled_from(pool)) for _ in range(count)]
    if form == "onto":
        pool = [*all_names, *COMMON, "new", "d/new", "c/a", "d/c/b"]
    else:
        pool = [name for name in all_names if spec[name].kind == stat.S_IFDIR] * 3
        pool += [name for name in all_names if spec[name].kind == stat.S_IFLNK]
        pool += [".", *(() if makes_sense else COMMON)]
    if makes_sense and is_recursive:
        pool = [name for name in pool if not name.startswith(tuple(sources)) and name != "."]
    words = [
        spelled(name, draw(st.integers(0, 15)), form)
        for name in [*sources, draw(st.sampled_from(pool or ["new"]))]
    ]
    if is_absolute:  # a symbolic link elsewhere needs one
        words[:-1] = [word if word[0] == "$" else f"{HERE}/{word}" for word in words[:-1]]
    if draw(st.integers(0, 40)) == 40:
        words[draw(st.integers(0, count))] = draw(st.sampled_from(("", "..", "nowhere")))
    return words


def without_streams(spec: Mapping[str, Node]) -> dict[str, Node]:
    """Return the tree with files for its FIFOs, which would be waited at for ever."""
    return {
        name: tree.file("not a FIFO") if node.kind == stat.S_IFIFO else node
        for name, node in spec.items()
    }


def without_zeros(spec: Mapping[str, Node]) -> dict[str, Node]:
    """Return the tree with no zeros in the data of files that have holes.

    With --sparse=auto 9.1 makes holes of them, 9.11 leaves them as they are (section 10).
    """
    return {
        name: replace(node, pieces={start: b"x" * len(data) for start, data in node.pieces.items()})
        if (node.size or 0) > sum(map(len, node.pieces.values()))
        else node
        for name, node in spec.items()
    }


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Draw a tree and a command line."""
    spec = draw(trees())
    options = [*draw(st.sampled_from(KINDS_OF_COPY)), *draw(st.sampled_from((("-v",), ())))]
    options += draw(st.lists(st.sampled_from(OPTIONS), max_size=4))
    letters = "".join(word[1:] for word in options if word[1] != "-")
    is_recursive = not {"R", "a"}.isdisjoint(letters)
    if not is_recursive or "--copy-contents" in options:
        spec = without_streams(spec)
    sparse = [word for word in options if word.startswith("--sparse")]
    if sparse[-1:] in ([], ["--sparse=auto"]):
        spec = without_zeros(spec)
    if "-n" in options:  # 9.1 words the conflict otherwise ("backup with no-clobber")
        options = [word for word in options if word[:4] not in ("-b", "--ba", "-S.b")]
    form = draw(st.sampled_from(("into", "onto", "into")))
    if "--parents" in options:
        form = "parents"
    elif "-T" in options:
        form = "onto"
    words = draw(operands(spec, is_recursive, form, "s" in letters and form != "parents"))
    if form != "onto" and draw(st.integers(0, 9)) == 0:
        options += ["-t", words.pop()]
    return Run(
        spec,
        options,
        words,
        stdin="".join(draw(st.lists(st.sampled_from(ANSWERS), max_size=4))),
        umask=draw(st.sampled_from(UMASKS)),
        env=draw(st.sampled_from(ENVIRONMENTS)),
        is_root=IS_ROOT and draw(st.booleans()),
    )
