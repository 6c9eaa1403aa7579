"""The shells, driven through a terminal as a user drives them."""

import os
import pty
import shlex
import shutil
import subprocess
import tty
from pathlib import Path
from select import select

import pytest

from tests.programs import SECONDS

SHIPPED = Path(__file__).parents[3] / "pycp/completions"
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")

INSERT_ALL = "\x14"
SHOW_LINE = "\x07"

BASH = r"""
PS1= PS2= HISTFILE=
bind '"\C-t": insert-completions'
bind -x '"\C-g": printf %s "$READLINE_LINE" >"$LINE"; exit'
"""
BASH_FINDS = f"source {BASH_COMPLETION}; XDG_DATA_DIRS=$HOME"
ZSH = r"""
PS1= PS2=
zle -C insert-all complete-word _generic
zstyle ':completion:insert-all:*' completer _all_matches _complete
zstyle ':completion:insert-all:*' insert yes
bindkey '^T' insert-all
show-line() { print -rn -- "$BUFFER" >$LINE; exit; }
zle -N show-line
bindkey '^G' show-line
"""
ZSH_FINDS = f"fpath=({SHIPPED}/zsh $fpath); autoload -Uz compinit; compinit -D -u"
ZSH_READS = "autoload -Uz compinit; compinit -D -u"
# fish looks for the completion of commands that are there only.
FISH_FINDS = f"set fish_complete_path {SHIPPED}/fish; set -p PATH {SHIPPED.parent}/scripts"


def offers(shell: str, line: str, cwd: Path, finds: bool = True) -> set[str]:
    """Return what the shell offers in place of the last word, or of what follows "=" in it.

    The shell finds the script by itself, or is made to read it.
    """
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    if shell == "fish":
        words = fish_offers(line, cwd, finds)
    else:
        shown = edit(shell, line + INSERT_ALL, cwd, finds)
        words = shlex.split(shown.removeprefix(line.rpartition(" ")[0])) if shown != line else []
    begun = line.rpartition(" ")[2].partition("=")
    option = begun[0] + begun[1] if begun[1] else ""
    return {word.removeprefix(option).rstrip(",/=") for word in words}


def fish_offers(line: str, cwd: Path, finds: bool) -> list[str]:
    setting = FISH_FINDS if finds else read_all("fish")
    command = ["fish", "--no-config", "-c", f"{setting}\ncomplete -C {shlex.quote(line)}"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found = [offer.partition("\t")[0] for offer in done.stdout.splitlines()]
    # From 4 on it also says here what it does not show beside these: names with such letters.
    word = line.rpartition(" ")[2]
    return [offer for offer in found if offer.startswith(word)] or found


def read_all(shell: str) -> str:
    return "".join(f"source {path}\n" for path in sorted((SHIPPED / shell).iterdir()))


def edit(shell: str, keys: str, cwd: Path, finds: bool = True) -> str:
    """Return the line that an interactive bash or zsh shows after these keys."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    if shell == "bash" and finds and not BASH_COMPLETION.exists():
        pytest.skip("bash-completion is not installed")
    home = cwd.parent / f"home of {cwd.name}"
    shutil.rmtree(home, ignore_errors=True)
    (home / "bash-completion").mkdir(parents=True)
    (home / "bash-completion/completions").symlink_to(SHIPPED / "bash")
    if shell == "bash":
        settings = BASH + (BASH_FINDS if finds else read_all("bash"))
        command = ["bash", "--noprofile", "--rcfile", str(home / ".zshrc"), "-i"]
    else:
        settings = ZSH + (ZSH_FINDS if finds else f"{ZSH_READS}\n{read_all('zsh')}")
        command = ["zsh", "-d", "-i"]
    (home / ".zshrc").write_text(settings)
    result = home / "line"
    environ = {"PATH": os.environ["PATH"], "TERM": "dumb", "INPUTRC": "/dev/null", "LC_ALL": "C"}
    environ |= {"HOME": str(home), "ZDOTDIR": str(home), "LINE": str(result)}
    master, terminal = pty.openpty()
    tty.setraw(terminal)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    os.write(master, os.fsencode(keys + SHOW_LINE))
    screen = b""
    while piece := read_some(master):
        screen += piece
    process.kill()  # it has ended, unless it has been silent for too long
    process.wait()
    os.close(master)
    assert result.exists(), screen.decode(errors="replace")
    return result.read_text()


def read_some(master: int) -> bytes:
    """Return what the shell wrote, nothing once it has closed the terminal or hangs."""
    try:
        return os.read(master, 65536) if select([master], [], [], SECONDS)[0] else b""
    except OSError:
        return b""
