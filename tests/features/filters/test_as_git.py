"""Patterns leave out what git leaves out by the same lines."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import extent, tree
from tests.apart import run_ours
from tests.forked import MEMORY
from tests.programs import Result

EXAMPLES = int(os.environ.get("PYCP_EXAMPLES") or extent.number(100, 300)) // 2
NAMES = ("a", "b", "ab", "a b", "x.o", "éa", "ba", "n\nl", "a\n", "\udcffa", "build", "#x", "!x")
# A character of several bytes is several characters to git; "?" and "[!a]" meet none alone here.
SEGMENTS = (
    *("a", "b", "ab", "build", "*", "**", "?", "a*", "*b", "[ab]", "[!a]", "\\a", "a b", "é*"),
    *("*.o", "\\!x", "[a-b]", "[^a]", "*\udcff*"),
)
ODD = ("", "#a", "\\#x", "/", "//", "!", "a\\ ", "a ", "**/", "*/", "!*/", "/**", "**/**", "a\\")


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Draw a line of a .gitignore file."""
    if draw(st.integers(0, 9)) == 9:
        return draw(st.sampled_from(ODD))
    pattern = "/".join(draw(st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3)))
    before = draw(st.sampled_from(("", "", "", "!", "/", "!/")))
    return before + pattern + draw(st.sampled_from(("", "", "/")))


@st.composite
def trees(draw: st.DrawFn) -> dict[str, tree.Node]:
    """Draw a tree that is all files and directories."""
    directories = [""]
    spec: dict[str, tree.Node] = {}
    for _ in range(draw(st.integers(4, 25))):
        name = draw(st.sampled_from(directories)) + draw(st.sampled_from(NAMES))
        if name not in spec and name.count("/") < 4:
            is_directory = draw(st.booleans())
            spec[name] = tree.directory() if is_directory else tree.file()
            if is_directory:
                directories.append(f"{name}/")
    return spec


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """Return a directory for one tree and its copy, with an empty repository beside them."""
    found = tempfile.mkdtemp(prefix="pycp-", dir=MEMORY)
    subprocess.run(["git", "init", "-q", "--bare", f"{found}/repository"], check=True)
    yield found
    tree.remove(found)


@settings(
    max_examples=EXAMPLES,
    derandomize="PYCP_EXPLORE" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(spec=trees(), lines=st.lists(patterns(), min_size=1, max_size=4), is_file=st.booleans())
def test_what_git_would_not_take_is_not_copied(
    spec: dict[str, tree.Node], lines: list[str], is_file: bool, place: str
) -> None:
    source, copy, rules = f"{place}/source", f"{place}/copy", f"{place}/rules"
    with open(rules, "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write("\n".join(lines) + "\n")
    options = [f"--exclude-from={rules}"] if is_file else [f"--exclude={line}" for line in lines]
    tree.build(source, spec, (os.geteuid(), os.getegid()))
    try:
        assert run_ours(["-rT", *options, f"{source}/.", copy], place) == Result(0, "", "")
        assert files_below(copy) == taken_by_git(place, source, rules), lines
    finally:
        tree.remove(source)
        tree.remove(copy)


def files_below(root: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(above, name), root)
        for above, _directories, names in os.walk(root)
        for name in names
    }


def taken_by_git(place: str, source: str, rules: str) -> set[str]:
    words: Sequence[str] = (
        *("git", f"--git-dir={place}/repository", f"--work-tree={source}"),
        *("-c", "core.bare=false", "ls-files", "--others", "-z", f"--exclude-from={rules}"),
    )
    listed = subprocess.run(words, cwd=source, stdout=subprocess.PIPE, check=True).stdout
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}
