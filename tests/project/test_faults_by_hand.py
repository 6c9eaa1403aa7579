"""The faults that are put in by hand can be put in: the engine still has the text they are for."""

import ast
from pathlib import Path

import pytest

from tests.faults_by_hand import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_is_another_program(fault: Fault, tmp_path: Path) -> None:
    right = (ROOT / "pycp/engine" / fault.file).read_text()
    (tmp_path / "pycp/engine").mkdir(parents=True)
    changed = tmp_path / "pycp/engine" / fault.file
    changed.write_text(right)
    fault.put_into(tmp_path)
    assert ast.dump(ast.parse(changed.read_text())) != ast.dump(ast.parse(right))
