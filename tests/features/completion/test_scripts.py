"""The scripts as they are printed and as they are shipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pycp.cli.complete import COMMANDS, DIRECTORY, FILES, completion

ROOT = Path(__file__).parents[3]
SHELLS = pytest.mark.parametrize("shell", FILES)
PROGRAMS = pytest.mark.parametrize("command", COMMANDS)


@SHELLS
@PROGRAMS
def test_the_shipped_script_is_what_the_table_says(shell: str, command: str) -> None:
    path = Path(DIRECTORY, shell, FILES[shell].format(COMMANDS[command][0]))
    assert path.read_text() == completion(shell, command), "run: python -m pycp.cli.complete"


@SHELLS
@PROGRAMS
def test_the_shell_finds_no_fault_with_its_script(shell: str, command: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [shell, "-n"], input=completion(shell, command), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@SHELLS
@PROGRAMS
def test_the_command_prints_its_script(shell: str, command: str, tmp_path: Path) -> None:
    program = ROOT / "pycp/scripts" / COMMANDS[command][0]
    done = subprocess.run(
        [sys.executable, program, f"--completion={shell}", "--nonsense"],
        env={"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == completion(shell, command)


@PROGRAMS
def test_zsh_needs_no_completion_system_loaded_before(command: str, tmp_path: Path) -> None:
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    program = COMMANDS[command][0]
    (tmp_path / "script").write_text(completion("zsh", command))
    done = subprocess.run(
        ["zsh", "-f", "-c", f'eval "$(cat script)"; print -r -- $_comps[{program}]'],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"_{program}\n", "")
