"""The README followed from line to line on machines that have nothing yet.

`python -m tests.newcomer [SUITE...]` makes each machine by debootstrap, Debian 12 and 13 if no
suite is named, and does there what a reader would: installs in each of the ways, as root and as an
ordinary user, runs the examples, upgrades and uninstalls. It is no part of the suite, since it
needs root, a network and some minutes. What keeps it from that is said, and then the status is 1.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.project.test_readme import README, ROOT, command
from tests.project.test_readme_examples import blocks, comparable

SUITES = ("bookworm", "trixie")
MIRROR = "http://deb.debian.org/debian"
"""Used if the sources of apt here name no other."""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
OUTSIDE = "/etc/certificates-of-outside.crt"
"""Where a machine has them, as this one trusts more than Debian does: its own are written anew."""
TRUST = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
TAKEN_ALONG = re.compile(
    r"(?i)(https?_proxy|no_proxy|PIP_(INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|UV_DEFAULT_INDEX)$"
)
"""Variables that say how the network is reached from here."""
READER = "reader"
CHECKOUT = "/srv/pycp"
LATEST = 900
"""Seconds after which a step counts as hanging."""
STEP = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Unable(Exception):
    """Why there is no machine to try it on."""


@dataclass
class Way:
    """One way to install, and what a reader then does."""

    name: str
    user: str
    packages: str
    """Debian's packages that are there beforehand, besides python3."""
    install: str
    path: str
    upgrade: str
    uninstall: str
    further: list[str] = field(default_factory=list)
    prepare: str = ""
    """What root does beforehand."""


def ways() -> Iterator[Way]:
    """Yield the ways that the README tells of."""
    by_pipx, by_venv = command("Install", 0), command("Install", 1)
    to_links, to_venv = re.findall(r"`(PATH=\$PATH:\S+)`", README)
    python = said("~/.local/share/pycp/bin/python")
    pyz = said("python3 -m pycp.cli.pyz ~/pycp.pyz")
    venv = (by_venv, to_venv, by_venv, said("rm -r ~/.local/share/pycp"))
    further = [
        f"cd / && {python} -c 'import pycp; print(pycp.copy)'",
        f"{pyz} && ~/pycp.pyz -v README.md ~/a",
        "ln -s pycp.pyz ~/pyinstall && ~/pyinstall -v ~/a ~/b",
    ]
    yield Way("nothing but python3", "root", "", *venv, further)
    yield Way("python3-venv and no sudo", READER, "python3-venv", *venv, further)
    pipx = (by_pipx, to_links, said("pipx install --force ."))
    yield Way("pipx", READER, "pipx", *pipx, said("pipx uninstall pycp-coreutils"))
    pages = said('export MANPATH=":$(uv tool dir)/pycp-coreutils/share/man"')
    uv = (said("uv tool install ."), to_links, said("uv tool install --reinstall ."))
    yield Way(
        "uv",
        READER,
        "python3-venv",
        *uv,
        said("uv tool uninstall pycp-coreutils"),
        [f"{pages}; ls ${{MANPATH#:}}/man1/pycp.1"],
        "python3 -m venv /opt/uv && /opt/uv/bin/pip install -q uv && ln -s /opt/uv/bin/uv /usr/bin",
    )


def said(words: str) -> str:
    """Return words that the README shows as code; it is a mistake here if it does not."""
    assert f"`{words}`" in " ".join(README.split()), f"the README does not say: {words}"
    return words


class Machine:
    """A directory with a system in it, which commands run in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, script: str, user: str = "root") -> subprocess.CompletedProcess[str]:
        """Run a script in a login shell of a user; its mounts and processes end with it."""
        environ = {name: value for name, value in os.environ.items() if TAKEN_ALONG.match(name)}
        if any(name in os.environ for name in TRUST):
            environ |= dict.fromkeys(TRUST, OUTSIDE)
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items())
        inside = shlex.join(["su", "-", user, "-c", f"export LC_ALL=C.UTF-8 {settings}\n{script}"])
        root = shlex.quote(str(self.root))
        outside = f"mount -t proc proc {root}/proc && exec chroot {root} {inside}"
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", outside],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LATEST,
        )

    def must(self, script: str) -> None:
        """Run a script of root that nothing can go on without."""
        done = self.run(script)
        if done.returncode:
            raise Unable(f"{script}\n{done.stdout}")


def made(suite: str, directory: Path) -> Machine:
    """Make a machine with python3, an ordinary user and the checkout."""
    root = directory / suite
    words = ["debootstrap", "--variant=minbase", suite, str(root), mirror()]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise Unable(f"debootstrap {suite}:\n{(done.stdout + done.stderr)[-2000:]}")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    settings = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True)
    lines = re.findall(r"^Acquire::(?:https?|Check-).*\n", settings.stdout, re.MULTILINE)
    (root / "etc/apt/apt.conf.d/99as-outside").write_text("".join(lines))
    machine = Machine(root)
    machine.must("apt-get update -q && apt-get install -qy --no-install-recommends python3")
    if os.path.exists(CERTIFICATES):
        shutil.copy(CERTIFICATES, root / OUTSIDE[1:])
    machine.must(f"useradd -m -s /bin/bash {READER}")
    return machine


def mirror() -> str:
    """Return the mirror of Debian that apt uses here."""
    for path in sorted(Path("/etc/apt").glob("sources.list*")) + sorted(
        Path("/etc/apt/sources.list.d").glob("*")
    ):
        if path.is_file():
            found = re.search(r"\bhttps?://\S+/debian/?(?=\s)", path.read_text())
            if found:
                return found[0]
    return MIRROR


def follow(way: Way, base: Machine, directory: Path) -> Iterator[tuple[str, bool, str]]:
    """Follow the README in a copy of a machine; yield each line, whether it did, and its output."""
    root = directory / "fresh"
    subprocess.run(["cp", "-a", base.root, root], check=True)
    try:
        machine = Machine(root)
        names = (".*", "__pycache__")
        shutil.copytree(ROOT, root / CHECKOUT[1:], ignore=shutil.ignore_patterns(*names))
        machine.must(f"chown -R {way.user}: {CHECKOUT}")
        if way.packages:
            machine.must(f"apt-get install -qy --no-install-recommends {way.packages}")
        if way.prepare:
            machine.must(way.prepare)

        def done(line: str, wanted: str = "") -> tuple[str, bool, str]:
            result = machine.run(f"cd {CHECKOUT}\n{line}", way.user)
            return line, result.returncode == 0 and wanted in result.stdout, result.stdout

        installed = done(way.install)
        yield installed
        if not installed[1]:
            return
        yield done(f"echo {shlex.quote(way.path)} >>~/.profile")
        yield done("pycp --version && pyinstall --version", "(pycp-coreutils)")
        for line in way.further:
            yield done(line)
        set_up, *examples = blocks("console")
        for block in examples:
            home = "rm -rf ~/example; mkdir ~/example; cd ~/example\n"
            machine.run(home + STEP.findall(set_up)[0][0], way.user)
            for script, shown in STEP.findall(block):
                result = machine.run(f"cd ~/example\n{script}", way.user)
                yield script, comparable(result.stdout) == comparable(shown), result.stdout
        yield done(way.upgrade)
        yield done("pycp -v README.md ~/again", "'README.md' -> ")
        yield done(way.uninstall)
        yield done("! command -v pycp && ! command -v pyinstall")
    finally:
        shutil.rmtree(root)


def main() -> int:
    """Try all ways on all machines; return the exit status."""
    failed = 0
    try:
        if os.geteuid() != 0:
            raise Unable("only root can make a machine: run it with sudo")
        for program in ("debootstrap", "chroot", "unshare"):
            if not shutil.which(program):
                raise Unable(f"{program} is not here: apt-get install debootstrap util-linux")
        known = list(ways())
        with tempfile.TemporaryDirectory(prefix="pycp-newcomer-") as place:
            for suite in sys.argv[1:] or SUITES:
                base = made(suite, Path(place))
                for way in known:
                    print(f"{suite}, {way.user}, {way.name}", flush=True)
                    for line, is_well, output in follow(way, base, Path(place)):
                        print(f"  {'ok    ' if is_well else 'FAILED'} {line[:100]}", flush=True)
                        if not is_well:
                            failed += 1
                            print(output[-3000:], flush=True)
                shutil.rmtree(base.root)
    except Unable as reason:
        print(f"cannot go on: {reason}", file=sys.stderr)
        return 1
    print(f"{failed} lines failed" if failed else "every line did what the README says")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
