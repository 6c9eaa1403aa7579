"""Nodes that see other directories, other numbers, or are somebody else; and what is refused."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pycp.cli.cp import parse_cp
from pycp.cluster.address import address_of, require_trust
from pycp.cluster.devices import Devices, Lookup
from pycp.errors import CopyError, UsageError
from tests import needs
from tests.features.cluster.engines import BIN, environment, mpi_words, run, run_alone, run_mpi
from tests.fuse import mounted
from tests.listing import listing

pytestmark = pytest.mark.slow

HERE = socket.gethostname()


def test_a_node_that_numbers_devices_otherwise_copies_the_same(sources: Path) -> None:
    since = time.time_ns()
    lists = []
    for env in (None, {"SHIM_1": "shift"}, {"SHIM_0": "shift"}):
        (sources / "d").mkdir()
        done = run_mpi("-a", "s", "t", "-t", "d", cwd=sources, env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        lists.append(listing(str(sources / "d"), since))
        (sources / "d").rename(sources / f"d{len(lists)}")
    assert lists[1] == lists[0]
    assert lists[2] == lists[0]


@pytest.mark.parametrize("ranks", [(1,), (0, 2)], ids=["node", "coordinator"])
def test_a_rank_that_looks_through_a_second_mount_copies_the_same(
    sources: Path, ranks: tuple[int, ...]
) -> None:
    needs.mounting()
    (sources / "s/hole").unlink()  # the library that serves the mount does not tell of holes
    second = sources.parent / "second"
    second.mkdir()
    since = time.time_ns()
    (sources / "alone").mkdir()
    (sources / "d").mkdir()
    done = run_alone("-a", "s", "t", "-t", "alone", cwd=sources)
    assert (done.returncode, done.stderr) == (0, "")
    with mounted("tests.features.cluster.second", sources, second):
        assert os.stat(second).st_dev != os.stat(sources).st_dev
        assert os.stat(second).st_ino == os.stat(sources).st_ino
        env = {f"SHIM_{rank}": f"mount={second}:{sources}" for rank in ranks}
        done = run_mpi("-a", "s", "t", "-t", "d", cwd=sources, env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listing(str(sources / "d"), since) == listing(str(sources / "alone"), since)


@pytest.mark.parametrize("name", ["s", "d"])
def test_a_rank_whose_second_mount_is_of_another_directory_is_refused(
    sources: Path, name: str
) -> None:
    needs.mounting()
    (sources / "d").mkdir()
    second, other = sources.parent / "second", sources.parent / "other"
    second.mkdir()
    subprocess.run(["cp", "-a", sources / name, other], check=True)
    before = listing(str(sources), 0)
    with mounted("tests.features.cluster.second", other, second):
        env = {"SHIM_2": f"mount={second}:{sources / name}"}
        done = run_mpi("-aT", "s", "d", cwd=sources, env=env)
        assert done.returncode != 0
        assert f"pycp: {HERE}: '{name}' is not the same directory as here" in done.stderr
    assert listing(str(sources), 0) == before


def test_what_is_mounted_below_is_known_by_all(sources: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    links = " ".join(f"ln s/e/m/a/f s/e/m/b/l{number};" for number in range(60))
    files = " ".join(
        f"mkdir s/e/m/c{number}; ln s/e/m/a/f s/e/m/c{number}/l;" for number in range(9)
    )
    words = " ".join(mpi_words("-aT", "s", "d"))
    script = (
        "mkdir s/e && mkdir s/e/m && mount -t tmpfs none s/e/m && mkdir s/e/m/a s/e/m/b &&"
        f" echo text > s/e/m/a/f; {links} {files} {words} && find s/e/m -type f | wc -l &&"
        " find d/e/m -type f -links 70 | wc -l && find d/e/m -type f -printf '%i\\n' | uniq | wc -l"
    )
    needs.mounting()
    env = {"SHIM_1": "shift", "SHIM_3": "shift"}
    done = run(["unshare", "-m", "sh", "-c", script], sources, env)
    assert (done.stdout.split(), done.stderr) == (["70", "70", "1"], "")


@pytest.mark.parametrize("name", ["s", "d"])
def test_a_node_that_sees_another_directory_is_refused(sources: Path, name: str) -> None:
    other = sources / "other"
    (sources / "d").mkdir()
    subprocess.run(["cp", "-a", sources / name, other], check=True)
    before = listing(str(sources), 0)
    env = {"SHIM_2": f"{sources / name}={other}"}
    done = run_mpi("-aT", "s", "d", cwd=sources, env=env)
    assert done.returncode != 0
    assert f"pycp: {HERE}: '{name}' is not the same directory as here" in done.stderr
    assert listing(str(sources), 0) == before


def test_a_node_of_another_umask_is_refused(sources: Path) -> None:
    done = run_mpi("-a", "s", "d", cwd=sources, env={"SHIM_1": "umask=077"})
    assert f"pycp: {HERE}: umask 0077, but 0022 where the copy was started" in done.stderr
    assert not (sources / "d").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("-ai", "--interactive (-i)"),
        ("-ab", "--backup (-b)"),
        ("-a --debug", "--debug"),
        ("-a --dry-run", "--dry-run"),
        ("-a --bwlimit=1M", "--bwlimit"),
        ("-a --atomic", "--atomic"),
        ("-a --parents", "--parents"),
        ("-aL", "--dereference (-L)"),
        ("-a --keep-directory-symlink --copy-contents", "--keep-directory-symlink and --copy"),
    ],
)
def test_what_needs_one_order_is_refused(words: str, named: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_cp([*words.split(), "--cluster=mpi", "s", "d"], {}, print)
    assert f"--cluster cannot be combined with {named}" in str(raised.value)


@pytest.mark.parametrize("engine", ["dask", "dask:", "slurm", "mpi:4", ""])
def test_an_engine_that_is_none_is_refused(engine: str) -> None:
    with pytest.raises(UsageError):
        parse_cp([f"--cluster={engine}", "s", "d"], {}, print)


def test_a_mistake_is_told_by_one_process_only(sources: Path) -> None:
    done = run_mpi("-ai", "s", "d", cwd=sources)
    assert done.returncode != 0
    assert done.stderr.count("--cluster cannot be combined with --interactive (-i)") == 1


@pytest.mark.parametrize("words", [["--cluster=dask:gone.json"], ["--cluster", "dask:gone.json"]])
def test_a_mistake_about_a_scheduler_is_told_in_any_process_of_a_job(
    words: list[str], sources: Path
) -> None:
    command = [sys.executable, "-m", "pycp", "-a", *words, "s", "d"]
    done = run(command, sources, {"SLURM_PROCID": "1"})
    assert (done.returncode, done.stderr.count("gone.json")) == (1, 1)


def test_one_process_is_no_cluster(sources: Path) -> None:
    done = run_alone("-a", "--cluster=mpi", "s", "d", cwd=sources)
    assert done.returncode == 1
    assert done.stderr == (
        "pycp: --cluster=mpi needs at least two processes: start pycp with mpiexec or srun\n"
    )
    assert not (sources / "d").exists()


@pytest.mark.parametrize(
    ("package", "engine", "extra"),
    [("mpi4py", "mpi", "mpi"), ("distributed", "dask:tls://127.0.0.1:1", "dask")],
)
def test_a_missing_package_is_named(sources: Path, package: str, engine: str, extra: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from pycp.__main__ import cp_main; "
    words = [sys.executable, "-c", f"{code}sys.exit(cp_main())", f"--cluster={engine}"]
    done = run([*words, "-a", "s", "d"], sources)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"pycp-coreutils[{extra}]" in done.stderr
    assert not (sources / "d").exists()


def test_a_scheduler_that_is_not_there_is_told_in_a_line(sources: Path) -> None:
    done = run_alone("-a", "--cluster=dask:nowhere.json", "s", "d", cwd=sources)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "'nowhere.json': No such file or directory" in done.stderr
    assert not (sources / "d").exists()


@pytest.mark.parametrize(
    ("address", "is_insecure", "is_root", "is_accepted"),
    [
        ("tls://host:8786", False, False, True),
        ("tls://host:8786", False, True, True),
        ("tcp://127.0.0.1:8786", False, False, True),
        ("tcp://localhost:8786", False, False, True),
        ("tcp://[::1]:8786", False, False, True),
        ("tcp://localhost.example.org:8786", False, False, False),
        ("tcp://127.example.org:8786", False, False, False),
        ("tcp://10.0.0.1:8786", False, False, False),
        ("ws://127.0.0.1:8786", False, False, False),
        ("tcp://10.0.0.1:8786", True, False, True),
        ("tcp://10.0.0.1:8786", True, True, False),
        ("tcp://127.0.0.1:8786", True, True, False),
    ],
)
def test_a_scheduler_that_obeys_anybody_is_refused(
    address: str, is_insecure: bool, is_root: bool, is_accepted: bool
) -> None:
    try:
        require_trust(address, is_insecure, is_root)
    except CopyError:
        assert not is_accepted
    else:
        assert is_accepted


def test_an_address_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"address": "tls://host:1"}')
    assert address_of(f"{tmp_path}/a.json") == "tls://host:1"
    assert address_of("host:1") == "tcp://host:1"
    for text in ("", "[]", "{}"):
        (tmp_path / "b.json").write_text(text)
        with pytest.raises(CopyError, match="it holds no address"):
            address_of(f"{tmp_path}/b.json")


def test_two_devices_are_never_taken_for_one() -> None:
    devices = Devices()
    assert devices.bind(1, 11)
    assert devices.bind(1, 11)
    assert not devices.agrees(2, 11)
    assert not devices.agrees(1, 12)
    assert devices.bind(2, 12)
    assert devices.arriving((2, 5)) == (12, 5)
    assert devices.leaving((12, 5)) == (2, 5)
    assert devices.leaving((13, 5))[0] < 0


def test_a_device_that_only_a_node_has_met_is_looked_up_once() -> None:
    looks: list[str] = []

    def look(side: int, path: str) -> tuple[int, int]:
        looks.append(path)
        return 7, 3

    lookup = Lookup()
    part: Any = ((("a", (1, 1), (2, 2)),), False, False, False, [], None)
    opened: Any = [(-1, ("m", (-14, 3), (2, 9)), True, False, None, [])]
    members = [(0, "f", (-14, 8), 2)]
    answer: Any = ([], 0.0, 0.0, [], opened, members, [], [], None)
    found = lookup.complete(answer, [part], look)
    assert found[4][0][1] == ("m", (7, 3), (2, 9))
    assert found[5] == [(0, "f", (7, 8), 2)]
    assert looks == ["./a/m"]


def test_the_launcher_is_that_of_the_test_set_up() -> None:
    assert (BIN / "mpiexec").exists(), "pip install mpich"
    assert environment()["PATH"].startswith(str(BIN))
