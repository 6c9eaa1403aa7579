"""What every measurement is given."""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.programs import Ours


@dataclass(frozen=True)
class Setting:
    """Where to measure, with which programs, and how thoroughly."""

    ours: Ours
    tmpfs: Path
    """An empty directory in memory."""
    disk: Path
    """An empty directory elsewhere."""
    quick: bool

    def size(self, full: int) -> int:
        """Return how many of something to take: as the measurement wants, or few."""
        return full // 20 if self.quick else full

    def rounds(self, full: int) -> int:
        """Return how many rounds to run."""
        return min(full, 2) if self.quick else full
