"""pycp.shutil: what the standard module does, case by case and in drawn trees."""

import inspect
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pycp.shutil
from pycp import system
from tests import tree
from tests.features.api.calls import Call, seen
from tests.forked import MEMORY
from tests.gnu import strategies
from tests.gnu.strategies import IS_ROOT
from tests.gnu.test_any_copy import SETTINGS
from tests.programs import ORDINARY_ID
from tests.tree import Node, fifo, file, unix_socket

REPOSITORY = Path(__file__).parents[3]
ROOT, USER = (0, 0), (ORDINARY_ID, ORDINARY_ID)
PEOPLE = (ROOT, USER) if IS_ROOT else ((os.geteuid(), os.getegid()),)
UMASKS = (0o022, 0o022, 0o000, 0o077, 0o027)
FUNCTIONS = ("copyfile", "copymode", "copystat", "copy", "copy2", "copytree")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Return the name of the tree, which is made anew for each call."""
    place = tempfile.mkdtemp(prefix="pycp-", dir=MEMORY)
    os.chmod(place, 0o755)
    yield f"{place}/tree"
    tree.remove(place)


def check(call: Call, spec: tree.Spec, root: str, owner: tree.Owner) -> None:
    """Compare a call of ours with the same call of the standard module."""
    if call.dst.startswith("/dev/"):
        owner = PEOPLE[-1]  # a fault must not cost this machine a device
    theirs = seen("shutil", call, spec, root, owner)
    if theirs is None or "Too many levels" in str(theirs.outcome):
        return  # a circle: how far each of the two gets is told in a case of its own
    ours = seen("pycp.shutil", call, spec, root, owner)
    assert ours is not None
    where = f"{call}\nin a tree of: {tree.described(spec)}"
    assert ours.outcome == theirs.outcome, where
    assert ours.files == theirs.files, where


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_signature_is_the_standard_one(name: str) -> None:
    ours, theirs = getattr(pycp.shutil, name), getattr(shutil, name)
    assert arguments(ours) == arguments(theirs)


def arguments(function: Callable[..., object]) -> list[tuple[str, object, str]]:
    """Return name, kind and default of each argument; functions count by their name."""
    return [
        (each.name, each.kind, getattr(each.default, "__name__", repr(each.default)))
        for each in inspect.signature(function).parameters.values()
    ]


def test_everything_else_is_the_standard_modules_own() -> None:
    ours = {"copy", "copy2", "copyfile", "copytree"}
    assert {name for name in shutil.__all__ if hasattr(pycp.shutil, name)} == set(shutil.__all__)
    for name in {*shutil.__all__} - ours:
        assert getattr(pycp.shutil, name) is getattr(shutil, name)
    assert set(pycp.shutil.__all__) == set(shutil.__all__)


def test_an_import_of_pycp_shutil_does_not_import_the_standard_module() -> None:
    code = "import sys; from pycp import shutil; print(sorted({'shutil', 'zlib'} & {*sys.modules}))"
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def for_all(src: str, dst: str, spec: tree.Spec, **more: Any) -> list[tuple[Call, tree.Spec]]:
    """Return a call of each function."""
    return [(Call(name, src, dst, **more), spec) for name in FUNCTIONS]


def for_trees(src: str, dst: str, spec: tree.Spec, **arguments: Any) -> tuple[Call, tree.Spec]:
    return Call("copytree", src, dst, arguments), spec


LINKS = "f l->f m->nowhere d/ e"
CASES: list[tuple[Call, tree.Spec]] = [
    *for_all("f", "g", "f@0640+5"),
    *for_all("f", "g", "f@6751 g@0666"),
    *for_all("f", "f", "f"),
    *for_all("f", "g", "f g=f"),
    *for_all("n", "g", "f"),
    *for_all("f", "n/g", "f"),
    *for_all("f", "n/", "f"),
    *for_all("f", "g/", "f g"),
    *for_all("f", "d", "f d/"),
    *for_all("f", "d", "f d/f/"),
    *for_all("d", "e", "d/@0710+5 d/f"),
    *for_all("d", "f", "d/ f"),
    *for_all("f", "g", "f", spelling="bytes"),
    *for_all("f", "g", "f", spelling="path"),
    *for_all("n", "g", "", spelling="bytes"),
    *for_all("n", "g", "", spelling="path"),
    *for_all("f\0", "g", ""),
    *for_all("", "g", ""),
    *for_all("f", "", "f"),
    *for_all("f", "g", "f@0"),
    *for_all("f", "g", "f@0400 g@0400"),
    *for_all("f", "g", {"f": file(b"x" * 300_000, 0o755, age=3)}),
    *for_all("f", "g", {"f": file(pieces={900_000: b"end"}, size=2_000_000)}),
    *(case for a, b in ("pf", "fp", "pq", "dp") for case in for_all(a, b, "p| q| f d/")),
    *for_all("o", "f", {"f": file("f"), "o": unix_socket()}),
    *for_all("f", "o", {"f": file("f"), "o": unix_socket()}),
    *(
        (Call(name, a, b, {"follow_symlinks": follows}), LINKS)
        for name in FUNCTIONS[:-1]
        for a, b in ("lg", "lm", "ll", "mg", "ml", "fm", "fl", "el", "ld", "md", "me")
        for follows in (True, False)
    ),
    (Call("copyfile", "f", "/dev/full"), "f"),
    (Call("copyfile", "f", "/dev/null"), "f"),
    (Call("copyfile", "/proc/filesystems", "g"), ""),
    for_trees("s", "t", "s/f s/l->.", symlinks=True),
    for_trees("s", "s/t", "s/f s/d/g"),
    for_trees("s", "s/t", "s/f s/l->.", symlinks=True),
    for_trees("s", "s", "s/d/f", dirs_exist_ok=True),
    for_trees("s", "s/d", "s/d/f", dirs_exist_ok=True),
    for_trees("s/d", "s", "s/d/f s/d/d/g", dirs_exist_ok=True),
    for_trees("s", "t", "s/d/@0300 s/d/f s/e/@0500 s/e/f s/n/@0400 s/n/f"),
    for_trees("s", "t", "s/@0300"),
    for_trees("s", "a/b/t", "s/@0500 s/f@0444"),
    for_trees("s", "t", "s/d/f t/d->../u u/", dirs_exist_ok=True),
    for_trees("s", "t", "s/d/f t/d->nowhere", dirs_exist_ok=True),
    for_trees("s", "t", "s/d/f t/d", dirs_exist_ok=True),
    for_trees("s", "t", "s/f t/f->../u u", dirs_exist_ok=True),
    for_trees("s", "t", "s/f t/f/", dirs_exist_ok=True),
    for_trees("s", "t", "s/f t/f/f/", dirs_exist_ok=True),
    for_trees("s", "t", "s/d/f t/d/f/@0500", dirs_exist_ok=True),
    for_trees("s", "t", "s/d/f t/@0500", dirs_exist_ok=True),
    for_trees("s", "t", "s/f s/g t/f=s/f", dirs_exist_ok=True),
    for_trees("s", "t", "s/f t/"),
    for_trees("s/", "t/", {"s/it's": fifo(), "s/n\nl\udcff": file("", 0)}),
    for_trees("l", "t", "s/@0711 s/f l->s"),
    for_trees("s", "t", "s/l->../d d/@0700 d/p| d/f"),
    for_trees("s", "t", "s/l->nowhere s/f"),
    for_trees("s", "t", "s/l->nowhere s/f", symlinks=True),
    for_trees("s", "t", "s/l->nowhere s/f", ignore_dangling_symlinks=True),
    for_trees("s", "t", "s/l->nowhere t/l->elsewhere s/f", symlinks=True, dirs_exist_ok=True),
    (Call("copytree", "s", "t", umask=0o077), "s/@0777 s/f@0666 s/d/@0777"),
]


@pytest.mark.one_of(3)
@pytest.mark.parametrize("owner", PEOPLE, ids=lambda owner: f"as_{owner[0]}")
@pytest.mark.parametrize(("call", "spec"), CASES, ids=[str(call) for call, _spec in CASES])
def test_a_call_does_what_the_standard_one_does(
    call: Call, spec: tree.Spec, owner: tree.Owner, root: str
) -> None:
    check(call, spec, root, owner)


@pytest.mark.parametrize(("src", "dst"), [("missing", 3), (2.5, "t"), ("s", 2.5), ("s", None)])
def test_what_is_no_path_is_refused_as_the_standard_module_does(
    src: Any, dst: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s").mkdir()
    refusals = []
    for module in (shutil, pycp.shutil):
        with pytest.raises((TypeError, OSError)) as caught:
            module.copytree(src, dst)
        refusals.append((caught.type, str(caught.value)))
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize("module", [shutil, pycp.shutil], ids=lambda module: str(module.__name__))
def test_descriptors_are_taken_and_closed_as_by_the_standard_module(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("f")
    assert module.copyfile(os.open("f", os.O_RDONLY), "g") == "g"
    written = os.open("h", os.O_WRONLY | os.O_CREAT)
    assert module.copyfile("g", written) == written
    assert Path("h").read_text() == "f"
    with pytest.raises(OSError):
        os.fstat(written)


@pytest.mark.skipif(not strategies.ACCESS_LISTS, reason="needs access lists")
@pytest.mark.parametrize("call", ["copytree s t", "copy s/f t", "copy2 s/f t"])
def test_what_an_access_list_keeps_from_the_group_is_not_given_to_it_meanwhile(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group bits of a mode are the mask of the list then, and the group has none of it."""
    modes = []

    def create(*words: Any, **where: Any) -> int:
        if words[1] & os.O_CREAT:
            modes.append(words[2])
        return os.open(*words, **where)

    def make(name: str, mode: int = 0o777, exist_ok: bool = False) -> None:
        modes.append(mode)
        os.mkdir(name, mode)

    with tempfile.TemporaryDirectory(dir=MEMORY) as here:
        monkeypatch.chdir(here)
        os.mkdir("s")
        for name in ("s", "s/f"):
            Path(name).touch()
            os.setxattr(name, "system.posix_acl_access", b"".join(strategies.LISTS[1].values()))
        monkeypatch.setattr(system, "open", create)
        monkeypatch.setattr(os, "makedirs", make)
        function, *names = call.split()
        getattr(pycp.shutil, function)(*names)
        assert os.stat(names[1]).st_mode & 0o777 == 0o750
    assert modes == [0o700] * len(modes) and modes


@st.composite
def calls(draw: st.DrawFn, spec: Mapping[str, Node]) -> Call:
    """Draw a call: most sources are there, and most calls make sense."""
    function = draw(st.sampled_from((*("copytree",) * 6, *FUNCTIONS)))
    names = list(spec)
    if function == "copytree":
        names = [name for name in names if spec[name].kind != 0o100000] or names
    src = draw(st.sampled_from((*names, "nowhere") if draw(st.integers(0, 9)) == 9 else names))
    others = [*spec, *strategies.COMMON]
    dst = draw(st.sampled_from(["new", "new/er", *others] if draw(st.booleans()) else ["new"]))
    arguments: dict[str, Any] = {}
    if function == "copytree":
        for name in ("symlinks", "ignore_dangling_symlinks", "dirs_exist_ok"):
            if draw(st.integers(0, 9)) >= (5 if name != "ignore_dangling_symlinks" else 8):
                arguments[name] = True
        if draw(st.integers(0, 5)) == 5:
            arguments["ignore"] = draw(st.sampled_from(("b", "[ab]", "*")))
        if draw(st.integers(0, 5)) == 5:
            ways = ("copy", "copy2", "copyfile", "by hand")
            arguments["copy_function"] = draw(st.sampled_from(ways))
    elif draw(st.booleans()):
        arguments["follow_symlinks"] = False
    is_plain = set(arguments) <= {"symlinks", "dirs_exist_ok", "follow_symlinks"}
    spelling = draw(st.sampled_from(("str", "str", "path", "bytes" if is_plain else "str")))
    return Call(function, src, dst, arguments, spelling, draw(st.sampled_from(UMASKS)))


@SETTINGS
@given(data=st.data(), spec=strategies.trees(), owner=st.sampled_from(PEOPLE))
def test_any_call_ends_as_the_standard_one(
    data: st.DataObject, spec: Mapping[str, Node], owner: tree.Owner, root: str
) -> None:
    check(data.draw(calls(spec)), spec, root, owner)


def test_a_circle_is_followed_until_the_kernel_refuses(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/f").write_text("f")
    (tmp_path / "s/l").symlink_to(".")
    told = []
    for module in (shutil, pycp.shutil):
        with pytest.raises(shutil.Error) as caught:
            module.copytree(str(tmp_path / "s"), str(tmp_path / module.__name__))
        told.append(reasons(caught.value, module.__name__))
    assert told[0] == told[1]
    assert statuses(tmp_path / "shutil") == statuses(tmp_path / "pycp.shutil")


@pytest.mark.slow
def test_workers_leave_the_same_tree(tmp_path: Path) -> None:
    source = tmp_path / "s"
    for name in range(30):
        (source / f"d{name}").mkdir(parents=True)
        for other in range(100):
            (source / f"d{name}/f{other}").write_bytes(b"x" * other * name)
            os.utime(source / f"d{name}/f{other}", ns=(name, other))
    (source / "d7/p").symlink_to("nowhere")
    os.chmod(source / "d8", 0o711)
    forks = []
    os.register_at_fork(before=lambda: forks.append(1))
    with pytest.raises(shutil.Error) as caught:
        pycp.shutil.copytree(source, tmp_path / "ours")
    assert forks, "the tree was meant to be large enough for several processes"
    with pytest.raises(shutil.Error) as expected:
        shutil.copytree(source, tmp_path / "theirs")
    assert reasons(caught.value, "ours") == reasons(expected.value, "theirs")
    assert statuses(tmp_path / "ours") == statuses(tmp_path / "theirs")


def reasons(error: shutil.Error, name: str) -> list[tuple[str, ...]]:
    """Return the list in an Error, without the name of the destination."""
    return [tuple(str(word).replace(name, "") for word in told) for told in error.args[0]]


def statuses(top: Path) -> list[tuple[object, ...]]:
    """Return name, mode, size and time of everything in a tree."""
    found = [(path.relative_to(top), path.lstat()) for path in top.rglob("*")]
    return sorted((str(name), s.st_mode, s.st_size, s.st_mtime_ns) for name, s in found)


def test_audit_hooks_hear_what_the_standard_module_tells(tmp_path: Path) -> None:
    (tmp_path / "s/d").mkdir(parents=True)
    (tmp_path / "s/f").write_text("f")
    (tmp_path / "s/d/g").write_text("g")
    heard: list[tuple[str, ...]] = []
    is_on = True

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if is_on and name.startswith("shutil."):
            heard.append((name, *(str(os.fspath(each)) for each in arguments)))  # type: ignore[call-overload]

    sys.addaudithook(hook)
    calls = []
    for module in (shutil, pycp.shutil):
        heard.clear()
        module.copytree(str(tmp_path / "s"), str(tmp_path / module.__name__))
        module.copy2(str(tmp_path / "s/f"), str(tmp_path / f"{module.__name__}2"))
        module.copy(str(tmp_path / "s/f"), str(tmp_path / f"{module.__name__}2"))
        calls.append(sorted(tuple(word.replace("pycp.", "") for word in one) for one in heard))
    is_on = False
    assert calls[0] == calls[1]


PUT_IN_PLACE = {
    "functions": "for name in OURS: setattr(shutil, name, getattr(ours, name))",
    "wrappers": (
        "for name in OURS: setattr(shutil, name, "
        "lambda *words, _call=getattr(ours, name), **more: _call(*words, **more))"
    ),
    "one function": "shutil.copyfile = ours.copyfile",
    "the module": "sys.modules['shutil'] = ours; import shutil",
}
NO_FAST_LANE = (
    *(f"{name}('f', 'f')" for name in ("copyfile", "copy", "copy2")),
    *(f"{name}('f', 'd/f')" for name in ("copyfile", "copy", "copy2")),
    *(f"{name}('p', 'n')" for name in ("copyfile", "copy", "copy2")),
    *(f"{name}('l', 'n{name}', follow_symlinks=False)" for name in ("copyfile", "copy", "copy2")),
    "copyfile('missing', 'n')",
    "copytree('s', 'n1', ignore=shutil.ignore_patterns('g'))",
    "copytree('s', 'n2', symlinks=True)",
    "copytree('s', 'n3', copy_function=shutil.copy)",
    "copytree(b's', b'n4')",
    "copytree('s', 's/n5')",
    "copytree('missing', 'n6')",
    "copytree('s', 'd')",
    "move('s', 'd/moved')",
    "rmtree('d')",
)


@pytest.mark.parametrize("way", PUT_IN_PLACE)
def test_put_into_the_standard_module_ours_end_as_its_own(way: str, tmp_path: Path) -> None:
    """What the fast way does not do is done by the standard functions, which ours replaced."""
    told = [told_in(tmp_path / name, PUT_IN_PLACE[way] * on) for on, name in enumerate("ab")]
    assert told[0] == told[1]
    left = [statuses(tmp_path / name) for name in "ab"]
    for found in left:  # what was made meanwhile has times of its own
        found[:] = [(*one, time if time == 2 * 10**9 else "now") for *one, time in found]
    assert left[0] == left[1]


def told_in(place: Path, before: str) -> list[str]:
    """Make each call of the public module in a process of its own; return what it came to."""
    (place / "s/d").mkdir(parents=True)
    (place / "d").mkdir()
    for name in ("f", "s/f", "s/d/g"):
        (place / name).write_text(name)
        os.utime(place / name, (1, 2))
    (place / "l").symlink_to("f")
    (place / "s/l").symlink_to("nowhere")
    (place / "s/m").symlink_to("f")
    os.mkfifo(place / "p")
    code = f"""
import os, sys
sys.path.insert(0, {str(REPOSITORY)!r})
import shutil
from pycp import shutil as ours
from shutil import Error, SameFileError, SpecialFileError
OURS = ('copyfile', 'copy', 'copy2', 'copytree')
{before}
for call in {NO_FAST_LANE!r}:
    try:
        print(call, eval('shutil.' + call))
    except (SameFileError, SpecialFileError, FileNotFoundError, FileExistsError) as error:
        print(call, type(error).__name__, error)
    except IsADirectoryError as error:
        print(call, type(error).__name__)
    except Error as error:
        print(call, sorted(map(str, error.args[0])))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-2000:]
    return done.stdout.splitlines()
