"""What -m means: section 12 of the specification as a table, and what it leaves out."""

import pytest

from pycp.errors import CopyError
from pycp.plan.modes import resolve_mode
from tests.mode_table import REJECTED, ROWS

SET_ID = 0o6000


def settled(text: str | None, present: int) -> int:
    """Return the mode that a directory gets which has one already."""
    mode, changed = resolve_mode(text, True)
    return present & ~changed | mode & changed


@pytest.mark.parametrize(("text", "file", "new", "existing", "inheriting"), ROWS)
def test_a_mode_means_what_the_table_says(
    text: str | None, file: int, new: int, existing: int, inheriting: int
) -> None:
    mode = resolve_mode(text, True)[0]
    # mkdir leaves the set-id bits out, and takes set-group-id over from the directory above.
    made = mode & ~SET_ID
    results = settled(text, made), settled(text, 0o6751), settled(text, made | 0o2000)
    assert (resolve_mode(text, False)[0], *results) == (file, new, existing, inheriting)


@pytest.mark.parametrize("text", [*REJECTED, "٣", "7٣", "+0x1", "u+644,u+x", "a" * 99, "+-8"])
def test_what_is_no_mode_is_refused(text: str) -> None:
    for is_directory in (False, True):
        with pytest.raises(CopyError) as caught:
            resolve_mode(text, is_directory)
        assert "invalid mode" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("+", 0),
        ("u+", 0),
        ("uuu+r", 0o400),
        ("u=r=w", 0o200),
        ("a+r+w-r", 0o222),
        ("+4,+2", 0o006),
        ("+r=644", 0o644),
        ("0" * 5000 + "644", 0o644),
        ("=X", 0),
        ("u+x,=X", 0o111),
        ("u+s,u=rwx", 0o700),
        ("ug=st", SET_ID),
        ("=rwxst,g=o", 0o7777 & ~0o2000),
    ],
)
def test_oddities_mean_what_the_grammar_says(text: str, mode: int) -> None:
    assert resolve_mode(text, False)[0] == mode


@pytest.mark.parametrize(
    ("text", "mode", "changed"),
    [
        (None, 0o755, 0o7777),
        ("755", 0o755, 0o1777),
        ("4755", 0o4755, 0o5777),
        ("00755", 0o755, 0o7777),
        ("u=rwx", 0o700, 0o700),
        ("u+s=rwx", 0o4700, 0o4700),
        ("g+u", 0, 0),
        ("u=rwx,g+u", 0o770, 0o770),
        ("+644", 0o644, 0o644),
    ],
)
def test_a_directory_changes_only_what_is_spoken_of(text: str, mode: int, changed: int) -> None:
    assert resolve_mode(text, True) == (mode, changed)
