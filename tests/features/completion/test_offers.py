"""What each shell offers after a TAB."""

import grp
import pwd
from pathlib import Path

import pytest

from pycp.cli.complete import COMMANDS
from pycp.cli.shared import CONTROLS
from tests.features.completion.shells import edit, offers

SHELLS = pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
CONTROL_WORDS = set(" ".join(CONTROLS).split())
ATTRIBUTES = {"mode", "timestamps", "ownership", "links", "context", "xattr", "all"}
GROUP = grp.getgrgid(0).gr_name
USER = pwd.getpwuid(0).pw_name


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Make a directory with a file and a directory."""
    directory = tmp_path / "here"
    (directory / "folder one").mkdir(parents=True)
    (directory / "folder one/inside").touch()
    (directory / "file").touch()
    return directory


@pytest.mark.one_of(3)
@SHELLS
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pycp --spar", {"--sparse"}),
        ("pycp file --rem", {"--remove-destination"}),
        ("pyinstall --stri", {"--strip", "--strip-program"}),
        ("pycp --sparse=a", {"always", "auto"}),
        ("pycp --sparse ", {"always", "auto", "never"}),
        ("pycp --reflink=", {"always", "auto", "never"}),
        ("pycp --update=none", {"none", "none-fail"}),
        ("pycp --backup=", CONTROL_WORDS),
        ("pyinstall --backup=nu", {"numbered"}),
        ("pycp --preserve=", ATTRIBUTES),
        ("pycp --preserve=mode,", {f"mode,{word}" for word in ATTRIBUTES - {"mode"}}),
        ("pycp --preserve=mode,links,o", {"mode,links,ownership"}),
        ("pycp --no-preserve x", {"xattr"}),
        ("pycp --completion ", {"bash", "zsh", "fish"}),
        (f"pyinstall -o {USER}", {USER}),
        (f"pyinstall -vo {USER}", {USER}),
        (f"pyinstall --owner={USER}", {USER}),
        (f"pyinstall -g {GROUP}", {GROUP}),
        (f"pyinstall --group {GROUP}", {GROUP}),
        ("pyinstall --strip-program chgr", {"chgrp"}),
        ("pycp f", {"file", "folder one"}),
        ("pycp --backup f", {"file", "folder one"}),
        ("pycp -t f", {"folder one"}),
        ("pycp -at f", {"folder one"}),
        ("pyinstall --target-directory=f", {"folder one"}),
        ("pyinstall --target-directory f", {"folder one"}),
        ("pycp -S f", set()),
        ("pyinstall --mode=f", set()),
        ("pycp -- --r", set()),
    ],
)
def test_the_shell_offers(shell: str, line: str, expected: set[str], here: Path) -> None:
    assert offers(shell, line, here) == expected


@SHELLS
def test_a_shell_may_be_told_to_read_the_script(shell: str, here: Path) -> None:
    assert offers(shell, "pycp --preserve=all,x", here, finds=False) == {"all,xattr"}
    assert offers(shell, "pyinstall -t f", here, finds=False) == {"folder one"}


@SHELLS
@pytest.mark.parametrize("command", COMMANDS)
def test_every_long_name_is_offered(shell: str, command: str, here: Path) -> None:
    program, table = COMMANDS[command]
    names = {name for option in table.rows for name in option.shown_names if len(name) > 2}
    assert offers(shell, f"{program} --", here) == names


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("pycp --spar\t", "pycp --sparse="),
        ("pycp --sparse=ne\t", "pycp --sparse=never "),
        ("pycp --rem\t", "pycp --remove-destination "),
        ("pycp -t fo\t", "pycp -t folder\\ one/"),
        ("pycp --target-directory=fo\t", "pycp --target-directory=folder\\ one/"),
        ("pycp folder\\ one/in\t", "pycp folder\\ one/inside "),
        ("pycp --suffix=f\t", "pycp --suffix=f"),
    ],
)
def test_a_tab_completes_the_word(shell: str, keys: str, line: str, here: Path) -> None:
    assert edit(shell, keys, here) == line


def test_bash_may_leave_the_equals_sign_in_the_word(here: Path) -> None:
    setting = "COMP_WORDBREAKS=${COMP_WORDBREAKS/=/}\r"
    assert edit("bash", f"{setting}pycp --backup=num\t", here, False) == "pycp --backup=numbered "
    assert edit("bash", f"{setting}pyinstall --owner={USER}\t", here, False).endswith(f"={USER} ")
