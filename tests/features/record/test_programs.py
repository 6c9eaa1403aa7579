"""Records in the hands of others: make writes them, mtree checks them, bsdtar packs by them."""

import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pycp
from tests import needs
from tests.case import Who
from tests.comparison import Comparison
from tests.features.record.places import last, lines_of, made, state
from tests.project.test_make_install import PROJECT
from tests.tree import remove

TARGETS = "programs library headers data manuals configuration state"
"""What the project installs by install alone; the rest are links that ln makes."""

Make = Callable[..., Path]


@pytest.fixture
def make(comparison: Comparison) -> Iterator[Make]:
    """Return a function that installs the project below a root, by somebody, with a record."""
    needs.command("make", "make")
    shutil.copytree(PROJECT, comparison.root)

    def run(
        who: Who, root: str, options: str = "", owner: str = "", targets: str = TARGETS
    ) -> Path:
        place = Path(comparison.root)
        record = place / f"{root}.record"
        install = f"pyinstall --record={record} --record-root={place}/{root} {options}"
        words = " ".join(f"install-{target}" for target in targets.split())
        result = comparison.pycp.run(
            f"$ make --no-print-directory -j4 INSTALL='{install}' OWNER='{owner}'"
            f" DESTDIR={place}/{root} {words}",
            comparison.root,
            owner=comparison.owner(who) if os.geteuid() == 0 else None,
        )
        assert (result.status, result.stderr) == (0, ""), result.stdout + result.stderr
        return record

    for directory, _, names in os.walk(comparison.root):
        for name in (directory, *(os.path.join(directory, name) for name in names)):
            os.chmod(name, 0o777 if name == directory else 0o666)
    for script in ("frob-tool", "frob-config.in"):
        os.chmod(f"{comparison.root}/{script}", 0o755)
    yield run
    remove(comparison.root)


def check(record: Path, root: Path) -> subprocess.CompletedProcess[str]:
    """Have mtree compare a tree with its record."""
    return subprocess.run(
        ["mtree", "-f", record, "-p", root], capture_output=True, encoding="latin-1", check=False
    )


def test_a_project_is_recorded_checked_and_undone(make: Make, comparison: Comparison) -> None:
    needs.command("mtree", "mtree-netbsd")
    root = Path(comparison.root, "root")
    for name, text in (("usr/local/etc/frob/local.conf", "mine"), ("usr/local/bin/mine", "mine")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        os.utime(root / name, ns=(1, 2))
    for path in (root, *root.rglob("*")):
        os.chown(path, *comparison.owner("user"))
    before = state(root)
    record = make("user", "root")
    after = state(root)
    for line in lines_of(record):
        assert not line.path or line.path in after
    backup = last(record, "usr/local/etc/frob/local.conf").backup
    assert backup is not None
    assert set(made(record)) == {
        path for path in after if path not in before and not path.endswith(backup.name)
    } | {"usr/local/etc/frob/local.conf"}
    assert len(made(record)) > 40
    checked = check(record, root)
    extra = ["extra: usr/local/bin/mine", f"extra: usr/local/etc/frob/{backup.name}"]
    assert (checked.returncode, sorted(checked.stdout.splitlines())) == (0, extra)
    page, helper = root / "usr/local/share/man/man1/frob.1", root / "usr/local/libexec/frob/helper"
    page.chmod(0o644)
    page.write_text("planted")
    helper.unlink()
    helper.symlink_to("/bin/true")
    checked = check(record, root)
    assert checked.returncode == 2
    assert "frob.1:" in checked.stdout
    assert "sha256 (0x" in checked.stdout
    planted = {
        str(path.relative_to(root)): state(root)[str(path.relative_to(root))]
        for path in (page, helper)
    }
    undo = f"--undo={record} --record-root={root} --dry-run"
    for words in (undo, undo.replace(" --dry-run", " -v")):
        result = comparison.pycp.run(words, comparison.root, program="pyinstall")
        assert result.status == 1
        assert sorted(result.stderr.splitlines()) == [
            f"pyinstall: leaving '{path}', as it is not what was installed"
            for path in (helper, page)
        ]
    left = state(root)
    for name in planted:
        assert left.pop(name) == planted[name]
        for above in map(str, Path(name).parents):
            if above not in before:
                left.pop(above, None)
    assert left == before
    page.unlink()
    helper.unlink()
    assert comparison.pycp.run(f"--undo={record}", comparison.root, program="pyinstall").status == 0
    assert state(root) == before


def test_mtree_reads_names_of_any_bytes(comparison: Comparison, tmp_path: Path) -> None:
    needs.command("mtree", "mtree-netbsd")
    # It takes what has a * or ? for a pattern, also in what it wrote itself.
    names = [bytes([byte, ord("x")]) for byte in range(1, 256) if byte not in b"/*?"]
    names += [b"\\040", b"#", b"a=b", b" ", b"...", b"-", b"\xff\xfe", b"type=dir", b"/set"[1:]]
    (tmp_path / "new").write_text("new")
    root = tmp_path / "root"
    for name in names:
        pycp.install(
            tmp_path / "new",
            os.fsencode(root) + b"/d/" + name,
            make_parents=True,
            record=tmp_path / "record",
            record_root=root,
        )
    checked = check(tmp_path / "record", root)
    assert (checked.returncode, checked.stdout) == (0, "")
    (root / "d/a=b").write_text("other")
    assert "d/a=b:" in check(tmp_path / "record", root).stdout


Facts = dict[str, tuple[object, ...]]


def packed(record: Path, root: Path, archive: Path, form: str, who: int | None) -> Facts:
    """Have bsdtar pack a tree by its record; return what is in the archive."""
    subprocess.run(
        ["bsdtar", f"--format={form}", "-cf", archive, f"@{record}"],
        cwd=root,
        check=True,
        user=who,
        group=who,
        extra_groups=[] if who is not None else None,
    )
    return facts_of(archive)


def facts_of(archive: Path) -> Facts:
    """Describe what is in an archive; times aside, for each run of make has its own."""
    with tarfile.open(archive) as tar:
        return {
            os.path.normpath(member.name): (
                member.type,
                oct(member.mode),
                (member.uid, member.gid, member.uname, member.gname),
                read.read() if (read := tar.extractfile(member)) else None,
            )
            for member in tar
        }


@pytest.mark.slow
def test_an_ordinary_user_packs_what_root_would(make: Make, comparison: Comparison) -> None:
    needs.command("bsdtar", "libarchive-tools")
    place = Path(comparison.root)
    some = "programs configuration state"
    record = make("user", "root", "--unprivileged", "-o daemon -g bin", some)
    for path, status in ((path, path.lstat()) for path in (place / "root").rglob("*")):
        assert not status.st_mode & (stat.S_ISUID | stat.S_ISGID), path
        assert status.st_uid == comparison.owner("user")[0]
    who = comparison.owner("user")[0] if os.geteuid() == 0 else None
    for form in ("ustar", "gnutar", "pax"):
        ours = packed(record, place / "root", place / f"{form}.tar", form, who)
        helper, state = ours["usr/local/libexec/frob/helper"], ours["usr/local/var/lib/frob"]
        assert helper[1:3] == ("0o4711", (1, 2, "daemon", "bin"))
        assert state[:3] == (tarfile.DIRTYPE, "0o2770", (1, 2, "daemon", "bin"))
        assert ours["usr/local/libexec/frob/game"][1:3] == ("0o2755", (0, 0, "root", "root"))
        assert len(ours) > 20
    if os.geteuid() == 0:
        make("root", "roots", "", "-o daemon -g bin", some)
        words = ["bsdtar", "--format=pax", "-cf", f"{place}/roots.tar", "."]
        subprocess.run(words, cwd=place / "roots", check=True)
        theirs = facts_of(place / "roots.tar")
        # It is new in a directory that has the set-group-ID bit.
        assert ours["usr/local/var/lib/frob/log"][2] == (0, 2, "root", "bin")
        assert ours == theirs
