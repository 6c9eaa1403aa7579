"""What the coordinator of a cluster needs for trees of millions of entries, which are made up."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.setting import Setting
from tests.bench.table import judge
from tests.features.cluster.simulation import SHAPES

SIZES = (1_000_000, 10_000_000)
NODES = (64, 1000)
MIB_AT_MOST = 96
SAME_PEAK = 1.25
CHECKOUT = Path(__file__).parents[2]


def coordinator(setting: Setting) -> None:
    """Measure the peak memory of each shape of tree, with few and with many nodes."""
    print("\nCoordinator of a cluster: peak MiB for entries that there are not")
    for shape in SHAPES:
        # A name of a link set passes twice, and more of them go by in less than a tenth.
        sizes = [setting.size(size) // (10 if SHAPES[shape].links else 1) for size in SIZES]
        print(f"  {'shape, nodes':38}" + "".join(f"{size:>12,}" for size in sizes))
        for nodes in NODES:
            name = f"{shape}, {nodes}"
            peaks = [_peak(shape, nodes, size) for size in sizes]
            print(f"  {name:38}" + "".join(f"{peak:12.1f}" for peak in peaks), flush=True)
            judge(f"coordinator, {name}, peak", peaks[-1], MIB_AT_MOST, " MiB")
            judge(f"coordinator, {name}, peak, 10 : 1", peaks[-1] / peaks[0], SAME_PEAK)


def _peak(shape: str, nodes: int, entries: int) -> float:
    words = [f"--entries={entries}", f"--shape={shape}", f"--slots={nodes}"]
    command = [sys.executable, "-m", "tests.features.cluster.simulation", *words]
    done = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    assert found["entries"] == found["expected"], found
    assert found["firsts"] == found["sets"], found
    return float(found["peak_bytes"]) / (1024 * 1024)
