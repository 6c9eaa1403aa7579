"""Something is swapped between any two calls of an atomic copy; nothing must come of it."""

import pytest

from tests.trust.race import Scene, Swap, sweep
from tests.trust.test_races import (
    BACKUP,
    DIRECTORY,
    FILE,
    FILE_LINKED,
    FILE_MOVED,
    FILE_WAITS,
    LINK,
    OLD,
    SOURCE,
    SOURCE_FILE,
    SOURCE_WAITS,
    TOP,
)

NEW = Swap("file becomes a symlink to a victim", "D/n", "symlink", "victims/file")
SCENES = (
    (
        Scene("r onto a tree", "--atomic -r s D", OLD),
        (SOURCE_FILE, FILE, FILE_LINKED, FILE_WAITS, LINK, DIRECTORY, TOP),
    ),
    (Scene("a onto a tree", "--atomic -a s D", OLD), (SOURCE_WAITS, FILE, FILE_LINKED, TOP)),
    (Scene("a into nothing", "--atomic --durable -a s D", SOURCE), (SOURCE_FILE, FILE, TOP)),
    (
        Scene("a with backups", "--atomic -ab s D", OLD),
        (FILE, FILE_LINKED, FILE_MOVED, BACKUP, TOP),
    ),
    (Scene("a removing first", "--atomic -a --remove-destination s D", OLD), (FILE, TOP)),
    (
        Scene("one new file", "--atomic -p s/f D/n", SOURCE, reads_streams=True),
        (NEW, SOURCE_FILE),
    ),
    (
        Scene("install", "--atomic -m 640 s/f D/s/f", OLD, "pyinstall", reads_streams=True),
        (FILE, FILE_LINKED, SOURCE_FILE),
    ),
)
CASES = [(scene, swap) for scene, swaps in SCENES for swap in swaps]


@pytest.mark.parametrize(
    ("scene", "swap"), CASES, ids=[f"{scene.name}: {swap.name}" for scene, swap in CASES]
)
def test_a_swap_between_any_two_calls_does_no_harm(scene: Scene, swap: Swap) -> None:
    sweep(scene, swap, 0)
