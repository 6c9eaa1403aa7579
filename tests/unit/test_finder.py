"""Modules found by the short way are those that Python would find, and only while they are."""

import compileall
import importlib.machinery
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pycp
from pycp import finder

PACKAGE = Path(pycp.__file__).parent
TELL = """
import sys
sys.path.insert(0, sys.argv[1])
from pycp import finder
finder.register()
import pycp.probe as probe
expected = sys.argv[1] + "/pycp/probe.py"
print(type(probe.__loader__).__name__, probe.VALUE, probe.__file__ == expected)
"""


def module_names(package: Path) -> list[str]:
    names = []
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        names.append(name.removesuffix(".__init__"))
    names.remove("pycp")
    return names


def python_finds(package: Path, name: str) -> importlib.machinery.ModuleSpec:
    above = package.parent.joinpath(*name.split(".")[:-1])
    spec = importlib.machinery.PathFinder.find_spec(name, [str(above)])
    assert spec is not None
    return spec


def test_each_module_is_the_one_that_python_finds(tmp_path: Path) -> None:
    package = tmp_path / "pycp"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(package, quiet=2, workers=1)
    ending = f".{sys.implementation.cache_tag}.pyc"
    names = module_names(package)
    assert len(names) > 100
    for name in names:
        expected = python_finds(package, name)
        spec = finder.Finder(str(package), ending).find_spec(name)
        assert spec is not None, name
        for field in ("name", "origin", "cached", "has_location", "parent"):
            assert getattr(spec, field) == getattr(expected, field), (name, field)
        assert spec.submodule_search_locations == expected.submodule_search_locations
        loader = spec.loader
        assert isinstance(loader, finder.Compiled)
        code = loader.get_code(name)
        assert code is not None and (loader.path, code.co_filename) == (spec.origin, spec.origin)
        assert code == loader.get_code(name)  # what was read was given away the first time


@pytest.mark.parametrize("name", ["pycp", "pycpx.errors", "errors", "pycp.nothing", "pycp.cli.x"])
def test_what_is_not_ours_or_not_there_is_left_to_python(name: str) -> None:
    assert finder.Finder(str(PACKAGE), ".cpython.pyc").find_spec(name) is None


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of this name with one module besides the finder, compiled."""
    made = tmp_path / "pycp"
    made.mkdir()
    for name in ("__init__.py", "finder.py"):
        shutil.copy(PACKAGE / name, made)
    (made / "probe.py").write_text("VALUE = 1\n")
    for name in ("__init__.py", "finder.py", "probe.py"):
        py_compile.compile(str(made / name))
    return made


def told(package: Path, *flags: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *flags, "-c", TELL, str(package.parent)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_a_compiled_module_is_found(package: Path) -> None:
    assert told(package) == ["Compiled", "1", "True"]


def test_a_source_that_changed_is_compiled_again(package: Path) -> None:
    probe = package / "probe.py"
    before = probe.stat()
    probe.write_text("VALUE = 2\n")
    os.utime(probe, ns=(before.st_atime_ns, before.st_mtime_ns + 2_000_000_000))
    environment = {"PYTHONDONTWRITEBYTECODE": ""}
    assert told(package, **environment) == ["SourceFileLoader", "2", "True"]
    assert told(package) == ["Compiled", "2", "True"]


def test_a_source_of_another_size_is_compiled_again(package: Path) -> None:
    probe = package / "probe.py"
    before = probe.stat()
    probe.write_text("VALUE = 22\n")
    os.utime(probe, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert told(package) == ["SourceFileLoader", "22", "True"]


def test_a_module_that_is_not_compiled_is_found_by_python(package: Path) -> None:
    shutil.rmtree(package / "__pycache__")
    environment = {"PYTHONDONTWRITEBYTECODE": "1"}
    assert told(package, **environment) == ["SourceFileLoader", "1", "True"]


def test_code_that_is_not_to_be_checked_by_time_is_left_to_python(package: Path) -> None:
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(package / "probe.py"), invalidation_mode=mode)
    assert told(package) == ["SourceFileLoader", "1", "True"]


def test_code_of_another_interpreter_is_not_taken(package: Path) -> None:
    (compiled,) = package.glob("__pycache__/probe.*")
    code = compiled.read_bytes()
    compiled.write_bytes(b"\0\0" + code[2:])
    assert told(package) == ["SourceFileLoader", "1", "True"]


def test_code_that_is_cut_short_is_read_by_python(package: Path) -> None:
    (compiled,) = package.glob("__pycache__/probe.*")
    whole = compiled.read_bytes()
    found = finder.Compiled("pycp.probe", str(package / "probe.py"), memoryview(whole)[16:40])
    code = found.get_code("pycp.probe")
    assert code is not None and code.co_consts[0] == 1


def test_each_level_of_optimization_has_its_own_code(package: Path) -> None:
    assert told(package, "-O", PYTHONDONTWRITEBYTECODE="1")[0] == "SourceFileLoader"
    py_compile.compile(str(package / "probe.py"), optimize=1)
    assert told(package, "-O") == ["Compiled", "1", "True"]


def test_code_that_is_kept_elsewhere_is_left_to_python(package: Path, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert told(package, PYTHONPYCACHEPREFIX=elsewhere) == ["SourceFileLoader", "1", "True"]
