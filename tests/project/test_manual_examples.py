"""The examples of the manuals are run, and do what the page says of them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pycp.cli.complete import COMMANDS
from pycp.cli.manual import page
from tests.programs import Programs

LITERAL = {r"\-": "-", r"\(aq": "'", r"\(dq": '"', r"\(ti": "~", r"\e": "\\"}


@dataclass(frozen=True)
class Example:
    """A command of the page, what it is run upon, and what must be true of it afterwards."""

    before: str
    after: str
    tools: tuple[str, ...] = ()
    """Programs it needs that a machine may lack."""


EXAMPLES = {
    "pycp notes.txt notes.old": Example("echo words >notes.txt", "cmp notes.txt notes.old"),
    "pycp -a photos backup": Example(
        "mkdir photos; echo a >photos/a; chmod 640 photos/a; ln -s a photos/l;"
        " touch -d 2001-02-03 photos/a",
        '[ "$(stat -c %a:%Y photos/a)" = "$(stat -c %a:%Y backup/a)" ];'
        '[ "$(readlink backup/l)" = a ]; pycp -a photos backup; cmp photos/a backup/photos/a',
    ),
    "pycp -aT new site": Example(
        "mkdir new site; echo new >new/page; echo old >site/page; echo kept >site/kept",
        "cmp new/page site/page; [ -f site/kept ]; [ ! -e site/new ]",
    ),
    "pycp -u --backup=numbered *.txt archive": Example(
        "mkdir archive; echo new >a.txt; echo old >archive/a.txt; "
        "touch -d 2001-02-03 archive/a.txt;"
        "echo older >b.txt; touch -d 2001-02-03 b.txt; echo newer >archive/b.txt",
        '[ "$(cat archive/a.txt archive/a.txt.~1~ archive/b.txt | xargs)" = "new old newer" ]',
    ),
    "pycp --parents src/net/tcp.c review": Example(
        "mkdir -p src/net review; echo code >src/net/tcp.c",
        "cmp src/net/tcp.c review/src/net/tcp.c",
    ),
    "find . -name '*.jpg' -print0 | pycp -n --files0-from=- album": Example(
        "mkdir album 'x y'; echo 1 >'x y/1 a.jpg'; echo new >'x y/2.jpg'; echo old >album/2.jpg",
        "cmp 'x y/1 a.jpg' 'album/1 a.jpg'; [ $(cat album/2.jpg) = old ]",
    ),
    "pycp --sparse=always disk.img thin.img": Example(
        "head -c 1000000 /dev/zero >disk.img; echo end >>disk.img",
        "cmp disk.img thin.img; [ $(stat -c %b thin.img) -lt $(stat -c %b disk.img) ]",
    ),
    "pycp --reflink=auto thin.img clone.img": Example(
        "echo words >thin.img", "cmp thin.img clone.img"
    ),
    "pycp -aT --verify --manifest=SUMS photos backup; b2sum -c SUMS": Example(
        "mkdir photos; echo a >photos/a; ln photos/a photos/b",
        '[ "$(b2sum backup/b backup/a)" = "$(cat SUMS)" ] || '
        '[ "$(b2sum backup/a backup/b)" = "$(cat SUMS)" ]',
        ("b2sum",),
    ),
    "pycp -aT --resume photos backup": Example(
        "mkdir photos backup; echo words >photos/a; echo more >photos/b;"
        "head -c 3 photos/a >backup/a",
        "cmp photos/a backup/a; cmp photos/b backup/b; [ ! -e backup/photos ]",
    ),
    "pycp -r --dry-run --exclude='*.o' src copy": Example(
        "mkdir src; echo code >src/a.c; echo object >src/a.o", "[ ! -e copy ]"
    ),
    "pycp --atomic --durable app.conf etc/app.conf": Example(
        "mkdir etc; echo old >etc/app.conf; ln etc/app.conf old; echo new >app.conf",
        "cmp app.conf etc/app.conf; [ $(cat old) = old ]; [ $(ls -A etc) = app.conf ]",
    ),
    """pycp -aT --json=EVENTS photos backup; grep '"failed"' EVENTS""": Example(
        "mkdir photos; echo a >photos/a", "[ $(wc -l <EVENTS) = 5 ]; cmp photos/a backup/a"
    ),
    "alias cp='pycp -g'": Example("echo a >a", '[ "$(type cp)" != "$(command -v cp)" ]; cp a b'),
    "pyinstall -D -m 644 app.conf root/etc/app/app.conf": Example(
        "echo words >app.conf; chmod 600 app.conf",
        "cmp app.conf root/etc/app/app.conf; [ $(stat -c %a root/etc/app/app.conf) = 644 ]",
    ),
    "pyinstall -d -m 750 var/lib/app var/log/app": Example(
        ":", '[ "$(stat -c %F:%a var/lib/app var/log/app | uniq)" = directory:750 ]'
    ),
    "pyinstall -s -t bin tool": Example(
        "mkdir bin; printf '.globl _start\\n_start: .long 0\\n' | as -o tool.o -;ld -o tool tool.o",
        '[ -n "$(nm tool)" ]; [ -x bin/tool ]; [ -z "$(nm bin/tool 2>&1 | grep _start)" ]',
        ("as", "ld", "nm", "strip"),
    ),
    "pyinstall -C -m 644 first.h second.h include": Example(
        "mkdir include; echo 1 >first.h; echo 2 >second.h; cp first.h include;"
        "chmod 644 include/first.h; touch -d 2001-02-03 include/first.h",
        "[ $(date -r include/first.h +%Y) = 2001 ]; cmp second.h include/second.h",
    ),
    "pyinstall -b -S .old app.conf etc": Example(
        "mkdir etc; echo old >etc/app.conf; echo new >app.conf",
        "[ $(cat etc/app.conf.old) = old ]; cmp app.conf etc/app.conf",
    ),
    "pyinstall --atomic server bin/server": Example(
        "mkdir bin; cp /bin/sleep bin/server; bin/server 9 & running=$!; echo new >server",
        "kill $running; cmp server bin/server; [ $(ls -A bin) = server ]",
    ),
    "make install INSTALL=pyinstall": Example(
        "echo words >tool; printf 'install:\\n\\t$(INSTALL) -D tool bin/tool\\n' >Makefile",
        "cmp tool bin/tool; [ $(stat -c %a bin/tool) = 755 ]",
        ("make",),
    ),
    "pyinstall --record=app.record -D -b app.conf etc/app.conf;"
    " pyinstall --undo=app.record": Example(
        "echo new >app.conf; mkdir etc; echo old >etc/app.conf",
        '[ "$(cat etc/*)" = old ]; grep -q "app.conf type=file" app.record',
    ),
}


def commands() -> list[str]:
    """Return what the pages show, as it is typed."""
    shown = []
    for command in COMMANDS:
        section = page(command).partition(".SH EXAMPLES\n")[2].partition(".SH")[0]
        for entry in section.split(".TP\n.B ")[1:]:
            line = entry.partition("\n")[0]
            for escape, character in LITERAL.items():
                line = line.replace(escape, character)
            shown.append(line)
    return shown


def test_the_pages_show_what_is_tested_here() -> None:
    assert commands() == list(EXAMPLES)


@pytest.mark.parametrize("command", EXAMPLES)
def test_the_example_does_what_the_page_says(
    command: str, tmp_path: Path, run_pycp: Programs
) -> None:
    example = EXAMPLES[command]
    for tool in example.tools:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    script = f"umask 022\n{example.before}\n{command}\n{example.after}\n"
    done = subprocess.run(
        ["sh", "-exc", script],
        cwd=tmp_path,
        env={"PATH": f"{run_pycp.path}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
