"""Print how fast pycp and pyinstall are, beside the programs that do the same."""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import bench_install
from tests.bench.calls import calls
from tests.bench.cluster import cluster
from tests.bench.coordinator import coordinator
from tests.bench.extras import checked, complete, durable, extras
from tests.bench.from_disk import cold, share
from tests.bench.growth import growth
from tests.bench.kinds import directories, hard, links, several
from tests.bench.many_files import flat, operands, overwrite, slow, small, xattrs
from tests.bench.one_file import large, reflink, sparse, start_up, target
from tests.bench.programs import install
from tests.bench.remote import remote
from tests.bench.setting import Setting
from tests.bench.table import head


def make(setting: Setting) -> None:
    """Measure many installations by make."""
    bench_install.ROUNDS = setting.rounds(bench_install.ROUNDS)
    bench_install.main()


MEASUREMENTS: dict[str, Callable[[Setting], None]] = {
    "start-up": start_up,
    "small": small,
    "flat": flat,
    "operands": operands,
    "overwrite": overwrite,
    "xattrs": xattrs,
    "links": links,
    "hard": hard,
    "directories": directories,
    "share": share,
    "cold": cold,
    "large": large,
    "several": several,
    "sparse": sparse,
    "reflink": reflink,
    "slow": slow,
    "remote": remote,
    "growth": growth,
    "coordinator": coordinator,
    "cluster": cluster,
    "calls": calls,
    "extras": extras,
    "complete": complete,
    "durable": durable,
    "checked": checked,
    "target": target,
    "make": make,
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=MEASUREMENTS,
        help=f"one of {', '.join(MEASUREMENTS)}; may be repeated",
    )
    parser.add_argument("--tmpfs", default="/dev/shm", help="a directory in memory (%(default)s)")
    parser.add_argument("--disk", default="/var/tmp", help="a directory on disk (%(default)s)")
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is started anew should find it compiled
    head([Path(arguments.tmpfs), Path(arguments.disk)])
    with tempfile.TemporaryDirectory(prefix="pycp-bench-", dir=arguments.disk) as programs:
        ours = install(Path(programs) / "venv")
        for name in arguments.only or MEASUREMENTS:
            with (
                tempfile.TemporaryDirectory(prefix="pycp-bench-", dir=arguments.tmpfs) as tmpfs,
                tempfile.TemporaryDirectory(prefix="pycp-bench-", dir=arguments.disk) as disk,
            ):
                MEASUREMENTS[name](Setting(ours, Path(tmpfs), Path(disk), arguments.quick))


if __name__ == "__main__":
    main()
