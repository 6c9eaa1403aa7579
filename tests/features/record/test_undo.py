"""--undo: what the record made goes, what it replaced comes back, and nothing else is touched."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pycp
from pycp import system
from pycp.__main__ import install_main
from tests.features.record.places import state
from tests.forked import run

if TYPE_CHECKING:
    from pycp.options import Backup

RECORD, ROOT = Path("rec"), Path("r")
BELOW: dict[str, Any] = {"record": RECORD, "record_root": ROOT}
CALLS = ("open", "stat", "fstat", "read", "readlink", "unlink", "rename", "rmdir")
"""What undoing may ask of the system."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "three"):
        Path(name).write_text(name)
    ROOT.mkdir()
    Path("r/etc").mkdir()
    Path("r/etc/own").write_text("not ours")
    Path("r/etc/conf").write_text("was here before")
    os.utime("r/etc/conf", ns=(0, 123456789))
    return tmp_path


def install(sources: str | list[str], destination: str | None = None, **more: Any) -> None:
    """Install with a record of what is below r."""
    pycp.install(sources, destination, **BELOW, **more)


def install_much() -> None:
    """Install in most of the ways there are, and several times over one file."""
    install(["r/usr/share/doc", "r/usr/lib", "r/etc"], directory=True, mode=0o755)
    install("one", "r/usr/bin/one", make_parents=True)
    install(["one", "two"], "r/usr/lib")
    for name in ("one", "two", "three"):
        install(name, "r/etc/conf", backup="numbered")
    install("one", "r/usr/lib/two", backup="simple")
    install("one", "r/usr/share/doc/again")
    install("two", "r/usr/share/doc/again")


def test_the_root_is_as_before() -> None:
    before = state(ROOT)
    install_much()
    summary = pycp.undo(RECORD)
    assert state(ROOT) == before
    assert (summary.files, summary.directories) == (8, 5)
    again = pycp.undo(RECORD)
    assert state(ROOT) == before
    assert (again.files, again.directories) == (0, 0)


def test_it_can_be_installed_and_undone_again_by_the_same_record() -> None:
    before = state(ROOT)
    for _ in range(3):
        install_much()
        pycp.undo(RECORD)
        assert state(ROOT) == before


def test_a_dry_run_leaves_the_time_of_last_access() -> None:
    install("one", "r/a")
    os.utime("r/a", ns=(0, os.stat("r/a").st_mtime_ns))  # older than any: reading would change it
    pycp.undo(RECORD, record_root=ROOT, dry_run=True)
    assert os.stat("r/a").st_atime_ns == 0


def test_a_dry_run_prints_the_same_and_does_nothing() -> None:
    install_much()
    before = state(ROOT)
    pretended = run(install_main, ["--undo=rec", "--dry-run"], os.getcwd())
    assert state(ROOT) == before
    done = run(install_main, ["--undo=rec", "-v"], os.getcwd())
    assert (pretended.status, done.status) == (0, 0)
    assert pretended.stdout == done.stdout
    root = os.path.realpath("r")
    assert f"removed '{root}/usr/bin/one'\n" in done.stdout
    assert f"'{root}/etc/conf.~1~' -> '{root}/etc/conf' (unbackup)\n" in done.stdout
    assert done.stdout.endswith(f"removed directory '{root}/usr'\n")


def test_what_was_changed_stays_and_is_named() -> None:
    install_much()
    Path("r/usr/lib/one").write_text("ONE")
    os.unlink("r/usr/lib/two")
    Path("r/usr/lib/two").symlink_to("../../../one")
    os.unlink("r/usr/share/doc/again")
    os.mkfifo("r/usr/share/doc/again")
    Path("r/usr/bin/new").write_text("new")
    with pytest.raises(pycp.CopyFailed) as failure:
        pycp.undo(RECORD)
    root = os.path.realpath("r")
    assert sorted(str(error) for error in failure.value.errors) == [
        f"leaving '{root}/usr/{name}', as it is not what was installed"
        for name in ("lib/one", "lib/two", "share/doc/again")
    ]
    assert sorted(state(ROOT)) == [
        *("etc", "etc/conf", "etc/own", "usr", "usr/bin", "usr/bin/new", "usr/lib", "usr/lib/one"),
        *("usr/lib/two", "usr/lib/two~", "usr/share", "usr/share/doc", "usr/share/doc/again"),
    ]
    assert Path("r/usr/lib/one").read_text() == "ONE"
    assert Path("one").read_text() == "one"
    before = state(ROOT)
    with pytest.raises(pycp.CopyFailed):
        pycp.undo(RECORD)
    assert state(ROOT) == before


def test_what_cannot_be_read_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    install(["one", "two"], "r")
    open_it = system.open

    def closed(path: Any, flags: int, *words: Any, **names: Any) -> int:
        if path == "one":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_it(path, flags, *words, **names)

    monkeypatch.setattr(system, "open", closed)
    with pytest.raises(pycp.CopyFailed, match=r"cannot remove '.*/r/one': Permission denied$"):
        pycp.undo(RECORD)
    assert sorted(os.listdir("r")) == ["etc", "one"]


def test_mode_and_owner_do_not_make_a_file_another_one() -> None:
    before = state(ROOT)
    install("one", "r/one")
    os.chmod("r/one", 0o600)
    os.utime("r/one")
    pycp.undo(RECORD)
    assert state(ROOT) == before


def test_a_directory_that_was_there_stays_even_if_it_is_empty() -> None:
    Path("r/empty").mkdir()
    install("r/empty", directory=True, mode=0o755)
    install("one", "r/empty/one")
    pycp.undo(RECORD)
    assert os.listdir("r/empty") == []


def test_a_file_that_was_the_same_already_stays() -> None:
    install("one", "r/one", mode=0o644)
    RECORD.unlink()
    install("one", "r/one", mode=0o644, compare=True)
    assert pycp.undo(RECORD).files == 0
    assert Path("r/one").exists()


def test_what_another_file_has_replaced_is_not_taken_for_a_backup() -> None:
    install("one", "r/etc/conf", backup="simple")
    os.unlink("r/etc/conf~")
    Path("r/etc/conf~").symlink_to("own")
    pycp.undo(RECORD)
    assert sorted(os.listdir("r/etc")) == ["conf~", "own"]


def test_a_backup_comes_back_though_the_file_is_gone() -> None:
    before = state(ROOT)
    install("one", "r/etc/conf", backup="simple")
    os.unlink("r/etc/conf")
    pycp.undo(RECORD)
    assert state(ROOT) == before


def test_an_old_file_just_like_the_new_one_is_not_removed_by_a_second_run() -> None:
    Path("r/one").write_text("one")
    os.utime("r/one", ns=(1, 2))
    before = state(ROOT)
    install("one", "r/one", backup="simple")
    for _ in range(2):
        pycp.undo(RECORD)
        assert state(ROOT) == before


def test_an_old_link_comes_back_as_a_link() -> None:
    Path("r/link").symlink_to("etc/own")
    before = state(ROOT)
    install("one", "r/link", backup="simple")
    pycp.undo(RECORD)
    assert state(ROOT) == before


def test_a_link_that_somebody_wrote_down_is_known_by_its_text() -> None:
    install("one", "r/one")
    for name, text in (("yes", "one"), ("no", "two")):
        Path("r", name).symlink_to(text)
        with RECORD.open("a") as file:
            file.write(f"./{name} type=link link=one\n")
    with pytest.raises(pycp.CopyFailed, match="no"):
        pycp.undo(RECORD)
    assert sorted(os.listdir("r")) == ["etc", "no"]


def test_the_tree_may_stand_somewhere_else_by_then() -> None:
    before = state(ROOT)
    install_much()
    os.rename("r", "moved")
    with pytest.raises(pycp.CopyFailed, match="No such file or directory"):
        pycp.undo(RECORD)
    pycp.undo(RECORD, record_root="moved")
    assert state(Path("moved")) == before


@pytest.mark.parametrize("root", ["", "/"])
def test_no_root_means_the_root_of_all(root: str) -> None:
    pycp.install("one", "r/one", record=RECORD)
    pycp.undo(RECORD, record_root=root)
    assert not Path("r/one").exists()


@pytest.mark.parametrize(
    "line",
    [
        "{above}/victim type=file size=3 sha256={sha}",
        "./../victim type=file size=3 sha256={sha}",
        "./etc/../../victim type=file size=3 sha256={sha}",
        "../victim type=file size=3 sha256={sha}",
        "./\\056\\056/victim type=file size=3 sha256={sha}",
        "./etc/x type=file size=3 sha256={sha} tags=backup:file:3:0.0:..\\057..\\057victim",
    ],
)
def test_paths_that_leave_the_root_are_refused(here: Path, line: str) -> None:
    Path("victim").write_text("one")
    install("one", "r/one")
    sha = RECORD.read_text().rpartition("sha256=")[2].split()[0]
    with RECORD.open("a") as file:
        file.write(line.format(above=here, sha=sha) + "\n")
    with pytest.raises(pycp.CopyFailed, match=r"skipping line [0-9] of 'rec', which names nothing"):
        pycp.undo(RECORD)
    assert Path("victim").read_text() == "one"
    assert not Path("r/one").exists()


def test_a_parent_that_is_a_link_is_not_followed() -> None:
    install("one", "r/d/e/one", make_parents=True)
    shutil.move("r/d/e", "outside")
    Path("r/d/e").symlink_to("../../outside")
    with pytest.raises(pycp.CopyFailed) as failure:
        pycp.undo(RECORD)
    assert [os.path.basename(error.filename) for error in failure.value.errors] == ["one", "e"]
    assert os.listdir("outside") == ["one"]
    assert Path("r/d/e").is_symlink()


@pytest.mark.parametrize("text", [None, "", "x", "./a type=file\n"])
def test_what_is_no_record_undoes_nothing(text: str | None) -> None:
    if text is not None:
        RECORD.write_text(text)
    with pytest.raises(pycp.CopyFailed):
        pycp.undo(RECORD)


@pytest.mark.parametrize(
    "wrong", [{"record": None}, {"record": 1}, {"record_root": 1}, {"dry_run": 1}, {"on_event": 1}]
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        pycp.undo(**{"record": RECORD, **wrong})


def test_events_tell_what_went_and_what_came_back() -> None:
    install("one", "r/etc/conf", backup="simple")
    install("one", "r/d/one", make_parents=True)
    events: list[pycp.Event] = []
    pycp.undo(RECORD, on_event=events.append)
    root = os.path.realpath("r")
    assert [(event.kind, event.destination, event.backup) for event in events] == [
        ("removed", f"{root}/d/one", None),
        ("restored", f"{root}/etc/conf", f"{root}/etc/conf~"),
        ("removed", f"{root}/d", None),
    ]


@pytest.mark.parametrize("backup", ["none", "numbered"])
def test_what_takes_the_name_after_the_look_stays(
    monkeypatch: pytest.MonkeyPatch, backup: "Backup"
) -> None:
    install("one", "r/etc/conf", backup=backup)
    install("two", "r/etc/conf", backup=backup)
    close = system.close

    def change(fd: int) -> None:
        """Put something else there when all has been read, so before the last look."""
        if stat.S_ISREG(os.fstat(fd).st_mode) and os.fstat(fd).st_size == len("two"):
            os.rename("three", "r/etc/conf")
        close(fd)

    monkeypatch.setattr(system, "close", change)
    with pytest.raises(pycp.CopyFailed, match=r"/r/etc/conf', as it is not what") as failure:
        pycp.undo(RECORD)
    assert len(failure.value.errors) == 1
    assert Path("r/etc/conf").read_text() == "three"


class Stop(BaseException):
    """What ends a run between two calls, as a signal would."""


class Stops:
    """Does something before one call of the system, counted from the first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, calls: tuple[str, ...] = CALLS) -> None:
        self.count = 0
        self.at = -1
        self.action: Callable[[], None] = lambda: None
        for name in calls:
            monkeypatch.setattr(system, name, self._watched(getattr(system, name)))

    def _watched(self, call: Callable[..., object]) -> Callable[..., object]:
        def watched(*words: Any, **names: Any) -> object:
            self.count += 1
            if self.count == self.at:
                self.action()
            return call(*words, **names)

        return watched


def test_it_may_be_interrupted_anywhere_and_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(ROOT)
    install_much()
    shutil.copytree("r", "full", symlinks=True)
    stops = Stops(monkeypatch, ("unlink", "rename", "rmdir"))  # between them nothing changes

    def stop() -> None:
        raise Stop

    pycp.undo(RECORD)
    calls = stops.count
    assert calls > 10
    for at in range(1, calls + 1):
        shutil.rmtree("r")
        shutil.copytree("full", "r", symlinks=True)
        stops.count, stops.at, stops.action = 0, at, stop
        with pytest.raises(Stop):
            pycp.undo(RECORD)
        stops.at = -1
        pycp.undo(RECORD)
        assert state(ROOT) == before, at


def test_a_directory_swapped_for_a_link_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is outside has the same names and contents, so nothing but the way tells it apart."""
    install_much()
    shutil.copytree("r", "full", symlinks=True)
    shutil.copytree("r", "outside", symlinks=True)
    outside = state(Path("outside"))
    stops = Stops(monkeypatch)
    names = ("r/usr", "r/usr/share", "r/usr/share/doc", "r/etc")
    swapped = ""

    def swap() -> None:
        os.rename(swapped, "aside")
        os.symlink(os.path.abspath("outside" + swapped.removeprefix("r")), swapped)

    pycp.undo(RECORD)
    calls, swaps = stops.count, 0
    for at in range(1, calls + 1):
        swapped = names[at % len(names)]
        shutil.rmtree("r")
        shutil.rmtree("aside", ignore_errors=True)
        shutil.copytree("full", "r", symlinks=True)
        stops.count, stops.at, stops.action = 0, at, swap
        try:
            pycp.undo(RECORD)
        except pycp.CopyFailed:
            pass
        except FileNotFoundError:
            assert not os.path.lexists(swapped)  # it was gone before it could be swapped
            continue
        swaps += os.path.islink(swapped)
        assert state(Path("outside")) == outside, at
    assert swaps > 40
