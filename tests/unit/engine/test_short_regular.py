"""The short way of regular files: what it copies, and what it leaves to the general way."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.engine.short_regular import regular_copier
from pycp.errors import CopyError
from pycp.plan.links import Memory
from pycp.system.folder import Directory, Folder, identity
from tests import listing, tree
from tests.unit.rooms import job

Make = Callable[[tree.Spec], Folder]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return what makes a tree with `s` and `d`, goes there, and returns the folder of the two."""
    folders = []

    def make_folder(spec: tree.Spec) -> Folder:
        tree.build(str(tmp_path / "tree"), spec, (os.geteuid(), os.getegid()))
        monkeypatch.chdir(tmp_path / "tree")
        sides = []
        for side in "sd":
            Path(side).mkdir(exist_ok=True)
            directory = Directory(None, side, os.open(side, os.O_RDONLY), side)
            directory.id = identity(os.stat(side))
            sides.append(directory)
        folders.append(Folder(None, sides[0], sides[1], is_new=False))
        return folders[0]

    yield make_folder
    for folder in folders:
        folder.close()


def copies(folder: Folder, *names: str, **options: Any) -> list[bool]:
    """Tell of each name whether the short way copies it."""
    copy = regular_copier(job(recursive=True, dereference="never", **options), Memory())
    return [copy(folder, name) for name in names]


KEEPS_ALL = {
    f"preserve_{what}": True for what in ("mode", "ownership", "timestamps", "links", "xattr")
}


@pytest.mark.parametrize("is_new", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"sparse": "always"},
        {"sparse": "never"},
        {"explicit_no_mode": True},
        {"attributes_only": True},
        {"attributes_only": True, "preserve_mode": True, "preserve_timestamps": True},
    ],
)
def test_what_a_file_gets_may_be_particular(
    make: Make, options: dict[str, Any], is_new: bool
) -> None:
    folder = make(tree.nodes("s/a@0640", **{"s/z": tree.file(b"\0" * 70_000 + b"z")}))
    folder.is_new = is_new
    is_short = is_new or not options.get("attributes_only", False)
    assert copies(folder, "a", "z", **options) == [is_short, is_short]
    assert sorted(os.listdir("d")) == (["a", "z"] if is_short else [])
    if is_short and not options.get("attributes_only"):
        assert Path("d/z").read_bytes() == Path("s/z").read_bytes()
        is_sparse = os.stat("d/z").st_blocks * 512 < 70_000
        assert is_sparse == (options.get("sparse") == "always")
    elif is_short:
        assert os.stat("d/z").st_size == 0
    if options.get("explicit_no_mode") or (is_short and options.get("preserve_mode")):
        wanted = 0o640 if options.get("preserve_mode") else 0o666 & ~system.umask()
        assert stat.S_IMODE(os.stat("d/a").st_mode) == wanted


@pytest.mark.parametrize("options", [{}, KEEPS_ALL, {"preserve_timestamps": True}])
def test_new_and_old_files_are_copied_in_any_order(make: Make, options: dict[str, Any]) -> None:
    folder = make(
        tree.nodes(
            "s/a@0640 s/b@0604 s/c@0600 s/e@0644 s/f@0755 d/c@0644",
            **{"d/b": tree.file("longer than the new one", 0o666)},
            **{"s/empty": tree.file(""), "d/empty": tree.file("x", 0o644)},
        )
    )
    old = {name: os.stat(f"d/{name}").st_ino for name in ("b", "c", "empty")}
    names = ["a", "b", "e", "c", "empty", "f"]
    assert copies(folder, *names, **options) == [True] * 6
    for name in names:
        source, made = os.stat(f"s/{name}"), os.stat(f"d/{name}")
        assert Path(f"d/{name}").read_bytes() == Path(f"s/{name}").read_bytes()
        assert made.st_ino == old.get(name, made.st_ino)
        if "preserve_timestamps" in options:
            assert made.st_mtime_ns == source.st_mtime_ns
        if "preserve_mode" in options:
            assert made.st_mode == source.st_mode
        elif name in old:
            assert stat.S_IMODE(made.st_mode) == (0o666 if name == "b" else 0o644)


OPENED = os.open


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "there",
    ["d/a->../victim", "d/a->nothing", "d/a p=d/a", "d/a|", "d/a/", "d/a=s/a"],
)
def test_anything_else_in_the_place_is_not_even_opened(
    make: Make, there: str, is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(f"victim s/a {there}")
    opened = []

    def open_watched(name: str, flags: int, mode: int = 0o777, *, dir_fd: int) -> int:
        fd = OPENED(name, flags, mode, dir_fd=dir_fd)
        opened.append((dir_fd, name))
        return fd

    before = listing.listing(".", tree.BASE_NS + 10**12)
    folder.holds_old = is_first
    monkeypatch.setattr(system, "open", open_watched)
    assert copies(folder, "a") == [False]
    assert opened == [(folder.source_fd, "a")]
    assert listing.listing(".", tree.BASE_NS + 10**12) == before


@pytest.mark.parametrize(
    "options",
    [
        *({"update": update} for update in ("none", "none-fail", "older")),
        *({"overwrite": overwrite} for overwrite in ("ask", "never")),
        *({"backup": backup} for backup in ("simple", "existing", "numbered")),
    ],
)
def test_options_that_spare_an_old_file_leave_it_to_the_general_way(
    make: Make, options: dict[str, Any]
) -> None:
    folder = make("s/a s/b d/a+5")
    before = listing.listing("d", tree.BASE_NS + 10**12)
    assert copies(folder, "a", **options) == [False]
    assert listing.listing("d", tree.BASE_NS + 10**12) == before
    assert copies(folder, "b", **options) == [True]


def test_an_old_file_is_taken_away_if_it_is_one_of_its_own(make: Make) -> None:
    folder = make("victim s/a s/l s/p d/a+5 d/l->../victim d/p q=d/p")
    held = os.open("d/a", os.O_RDONLY)
    assert copies(folder, "a", "l", "p", remove_destination=True) == [True, False, False]
    assert Path("d/a").read_text() == Path("s/a").read_text()
    assert os.fstat(held).st_nlink == 0
    os.close(held)
    assert os.stat("d/p").st_nlink == 2


def test_an_old_file_is_closed_to_others_before_new_data_comes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make({"s/a": tree.file("secret", 0o600), "d/a": tree.file("old", 0o666)})
    modes = []

    def write(fd: int, data: bytes) -> int:
        modes.append(stat.S_IMODE(os.fstat(fd).st_mode))
        return os.write(fd, data)

    monkeypatch.setattr(system, "write", write)
    assert copies(folder, "a", preserve_mode=True) == [True]
    assert modes == [0o600]


@pytest.mark.parametrize("kind", ["symlink", "file", "fifo", "nothing"])
def test_what_replaces_an_old_file_after_the_look_is_not_written(
    make: Make, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make("victim s/a d/a d/b")

    def look(name: str, **more: Any) -> os.stat_result:
        found = os.stat(name, **more)
        os.unlink("d/a")
        if kind == "symlink":
            os.symlink("../victim", "d/a")
        elif kind == "file":
            os.rename("d/b", "d/a")
        elif kind == "fifo":
            os.mkfifo("d/a")
        return found

    monkeypatch.setattr(system, "stat", look)
    if kind == "nothing":
        assert copies(folder, "a") == [False]
    else:
        with pytest.raises(CopyError, match=r"not writing to|cannot create regular file"):
            copies(folder, "a")
    assert Path("victim").read_text() == "victim"
    assert kind != "file" or Path("d/a").read_text() == "d/b"


def test_what_comes_after_the_look_is_not_written(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make("victim s/a")

    def look(name: str, **more: Any) -> os.stat_result:
        os.symlink("../victim", "d/a")
        raise FileNotFoundError(errno.ENOENT, "")

    monkeypatch.setattr(system, "stat", look)
    with pytest.raises(CopyError, match="cannot create regular file 'd/a': File exists"):
        copies(folder, "a")
    assert Path("victim").read_text() == "victim"
