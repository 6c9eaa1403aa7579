"""Trees on a file system whose every call takes 5 ms, as over a long line."""

from pathlib import Path

from tests.bench.many_files import lack_of_fuse, loopback
from tests.bench.measure import Command, race, remove
from tests.bench.programs import with_operands
from tests.bench.setting import Setting
from tests.bench.table import Goal, show, skip
from tests.bench.trees import check_count, count

MILLISECONDS = 5


def remote(setting: Setting) -> None:
    """Measure many small directories, and files of two names."""
    title = f"FUSE with {MILLISECONDS} ms a call"
    if lack := lack_of_fuse():
        skip(title, lack)
        return
    below, place = setting.tmpfs / "below", setting.tmpfs / "slow"
    place.mkdir()
    side = 5 if setting.quick else 29
    pairs = setting.size(300)
    for number in range(side * side):
        directory = below / "directories" / str(number // side) / str(number)
        directory.mkdir(parents=True)
        for name in "ab":
            (directory / name).write_bytes(b"a" * 100)
    for part in ("first", "second"):
        (below / "links" / part).mkdir(parents=True)
    for number in range(pairs):
        (below / "links/first" / str(number)).write_bytes(b"a" * 100)
        (below / "links/second" / str(number)).hardlink_to(below / "links/first" / str(number))
    pycp = setting.ours.pycp
    with loopback(below, place, MILLISECONDS) as is_mounted:
        if not is_mounted:
            skip(title, "the kernel would not mount it")
            return
        several: dict[str, Command | None] = {
            "GNU cp": ["/bin/cp", "-r", "-T"],
            "pycp --jobs=16": [pycp, "--jobs=16", "-r", "-T"],
            "pycp": [pycp, "-r", "-T"],
        }
        what = f"{side * side} directories of 2 files, {title}, -r"
        _measure(place / "directories", several, what, Goal("pycp --jobs=16", "GNU cp", 1 / 4))
        linked: dict[str, Command | None] = {
            "pycp --jobs=1": [pycp, "--jobs=1", "-a", "-T"],
            "pycp --jobs=16": [pycp, "--jobs=16", "-a", "-T"],
            "pycp": [pycp, "-a", "-T"],
        }
        what = f"{pairs} files of two names, {title}, -a"
        _measure(place / "links", linked, what, Goal("pycp --jobs=16", "pycp --jobs=1", 1 / 3))


def _measure(tree: Path, commands: dict[str, Command | None], title: str, goal: Goal) -> None:
    destination, expected = tree.with_name("copy"), count(tree)
    found = race(
        with_operands(commands, f"{tree}/", destination),
        1,
        lambda: remove(destination),
        lambda: check_count(destination, expected),
    )
    show(title, found, goal.base, "entry", expected, [goal])
