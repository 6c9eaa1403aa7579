"""Source and destination that are one file: every pair of names, every way to copy.

The pairs and ways are those of the table in section 3.8 of the specification.
"""

from dataclasses import replace

import pytest

from tests.case import Case, SameAsGnu, cases

TREE = "foo sym->foo sl1->foo sl2->foo hard=foo hl2=sl2 dl->. x"
PAIRS = [
    ("foo", "sym"),
    ("sym", "foo"),
    ("foo", "foo"),
    ("foo", "./foo"),
    ("sl1", "sl2"),
    ("foo", "hard"),
    ("hl2", "sl2"),
    ("sl1", "sl1"),
    ("sl1", "./sl1"),
    ("hard", "sym"),
    ("sym", "hard"),
    ("foo", "dl/foo"),
    ("sl1", "dl/sl1"),
    ("foo", "dl/hard"),
    ("foo", "dl/sl1"),
    ("x", "dl"),
]
COPY = ["", "-f", "-P", "-Pf", "--remove-destination", "-P --remove-destination"]
BACKUP = ["-b", "-Pb", "-bf", "-Pbf", "-ab"]
LINK = ["-l", "-lP", "-lf", "-lPf", "-l --remove-destination", "-lb", "-lPb", "-lbf", "-lPbf"]
SYMLINK = ["-s", "-sP", "-sf", "-s --remove-destination", "-sb", "-sbf"]
OTHER = ["-a", "-R", "-RL", "-d", "-L", "-H", "-p", "-n", "-u", "-i", "--attributes-only"]
WAYS = COPY + BACKUP + LINK + SYMLINK + OTHER

LOST_BY_GNU = {
    "--remove-destination": [
        ("sl1", "sl1"),
        ("sl1", "./sl1"),
        ("foo", "dl/foo"),
        ("sl1", "dl/sl1"),
    ],
    "-P --remove-destination": [("foo", "dl/foo")],
    "-s --remove-destination": [("foo", "dl/foo")],
    "-l --remove-destination": [("sl1", "sl1"), ("sl1", "./sl1"), ("sl1", "dl/sl1")],
}
"""Where GNU removes the source itself before it finds it missing."""


def cell(way: str, source: str, destination: str) -> Case:
    """Return the case of one cell of the table."""
    backup = way.startswith("-") and not way.startswith("--") and "b" in way.split()[0]
    case = Case(
        f"{way or 'plainly'} {source} {destination}",
        f"-v {'--backup=simple ' if backup else ''}{way} {source} {destination}",
        TREE,
        status=None,
        stdin="y\n",
    )
    if (source, destination) not in LOST_BY_GNU.get(way, []):
        return case
    return replace(
        case,
        status=1,
        stdout="",
        stderr=f"pycp: '{source}' and '{destination}' are the same file\n",
        differs="source removed as destination",
        like="$ :",
    )


def refused(source: str, destination: str) -> Case:
    """Return the case of one pair that --update=none-fail refuses before it looks closer."""
    reached = "dl/x" if destination == "dl" else destination
    return Case(
        f"none-fail {source} {destination}",
        f"--update=none-fail {source} {destination}",
        TREE,
        status=1,
        stderr=f"pycp: not replacing '{reached}'\n",
        differs="update values",
        like="$ :",
    )


@pytest.mark.one_of(4)
@cases(*(cell(way, *pair) for way in WAYS for pair in PAIRS), *(refused(*pair) for pair in PAIRS))
def test_matrix(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A copy onto itself is refused, skipped or done as GNU does it, and nothing else changes."""
    same_as_gnu(case)
