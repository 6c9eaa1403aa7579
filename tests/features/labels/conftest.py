"""A working directory with a labelled file, and a kernel that has labels."""

from pathlib import Path

import pytest

from tests.features.labels.kernel import Kernel


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("new")
    played = Kernel(monkeypatch)
    played.give("a", "source_t")
    played.types = {f"{tmp_path}/{name}": "policy_t" for name in ("b", "d", "d/x", "e", "e/d/x")}
    return played
