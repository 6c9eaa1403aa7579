"""Any words are accepted or refused as GNU does it, with the same message.

The oracle is older than what we follow: options it does not know are left out. Its operands do
not exist, so it cannot do harm.
"""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pycp.cli.cp import CP, parse_cp
from pycp.cli.install import INSTALL, parse_install
from pycp.cli.parse import Answer
from pycp.cli.table import Table
from pycp.errors import CopyError, UsageError
from tests import extent

ORACLES = {"pycp": "/bin/cp", "pyinstall": "/usr/bin/install"}
TOO_NEW = {
    "pycp": re.compile(r"--(|d|de|deb.*|k.*)(=.*)?|--u[a-z]*=.*", re.DOTALL),
    "pyinstall": re.compile(r"--(|d|de|deb.*)(=.*)?", re.DOTALL),
}
REFUSALS = re.compile(
    r"(invalid|unrecognized) option|requires an argument|allow an argument|is ambiguous"
    r"|(invalid|ambiguous) argument|multiple target|is mutually exclusive with|cannot make both"
    r"|--reflink can|the strip option|target directory not allowed|cannot preserve security"
)
OLD_WORDS = {
    "options --backup and --no-clobber are mutually exclusive": "--backup is mutually exclusive"
    " with -n or --update=none-fail"
}
VALUES = st.one_of(
    st.sampled_from(
        ["nowhere", "no", "never", "none", "auto", "always", "a", "al", "n", "ne", "t"]
    ),
    st.sampled_from(["all", "mode", "mode,links", "links,", "xattr", "context", "x/"]),
    st.sampled_from(["", "=", "é\n'", "\udcff", "-", "--"]),
)

pytestmark = pytest.mark.skipif(
    not all(map(os.path.exists, ORACLES.values())), reason="GNU cp and install are not here"
)


def words(table: Table, too_new: re.Pattern[str]) -> st.SearchStrategy[list[str]]:
    """Return a strategy for command lines made of the table's letters, names and their likes."""
    names = [f"--{name}" for name in table.gnu_names.split()]
    gnu_rows = [table.options[name] for name in names]
    gnu_letters = {name for option in gnu_rows for name in option.names if len(name) == 2}
    letters = [name[1] for name in table.options if name in gnu_letters | {"-d", "-H", "-D", "-c"}]
    bundle = st.text(st.sampled_from([*letters, *letters, "q", "-", "=", "é"]), max_size=4)
    prefix = st.sampled_from(names).flatmap(
        lambda name: st.integers(3, len(name)).map(lambda end: name[:end])
    )
    long = st.one_of(st.sampled_from(names), prefix)
    word = st.one_of(
        bundle.map(lambda text: f"-{text}"),
        long,
        st.builds("{}={}".format, long, VALUES),
        st.just("nowhere/a"),
        st.sampled_from(["--", "--nonsense=3", "nowhere/b", ""]),
    )
    return st.lists(word.filter(lambda text: not too_new.fullmatch(text)), max_size=5)


ENVIRON = st.fixed_dictionaries(
    {},
    optional={
        "POSIXLY_CORRECT": st.sampled_from(["", "1"]),
        "VERSION_CONTROL": st.sampled_from(["", "t", "n", "none", "x"]),
    },
)


def ours(
    program: str, parse: Callable[..., object], arguments: list[str], environ: dict[str, str]
) -> tuple[str, str]:
    """Return how parsing ended ("accepted", "refused", "answered") and what it wrote."""
    lines: list[str] = []
    try:
        parse(arguments, environ, lines.append)
        end = "accepted"
    except Answer:
        end = "answered"
    except UsageError as error:
        lines.append(f"{error}\nTry '{program} --help' for more information.")
        end = "refused"
    except CopyError as error:
        lines.append(str(error))
        end = "refused"
    return end, "".join(f"{program}: {line}\n" for line in lines)


def gnu(
    program: str, arguments: list[str], environ: dict[str, str], directory: Path
) -> tuple[str, str]:
    """Return how GNU's program ended as in `ours`, and all it wrote about it."""
    done = subprocess.run(
        [program, *arguments],
        executable=ORACLES[program],
        env={**os.environ, **environ},
        cwd=directory,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    text = os.fsdecode(done.stderr)
    for old, new in OLD_WORDS.items():
        text = text.replace(f": {old}\n", f": {new}\n")
    if done.stdout.startswith((b"Usage", b"cp (GNU", b"install (GNU")):
        return "answered", text
    if REFUSALS.search(text):
        return "refused", text
    warnings = [line for line in text.splitlines(True) if "arning: ignoring --" in line.lower()]
    return "accepted", "".join(line for line in warnings if "--strip-program" not in line)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where install -d may make what it likes."""
    return tmp_path_factory.mktemp("nowhere")


@settings(
    deadline=None, max_examples=extent.number(150, 300), suppress_health_check=list(HealthCheck)
)
@given(words(CP, TOO_NEW["pycp"]), ENVIRON)
def test_cp_reads_any_words_as_gnu_does(
    directory: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    expected = gnu("pycp", arguments, environ, directory)
    assert ours("pycp", parse_cp, arguments, environ) == expected


@settings(
    deadline=None, max_examples=extent.number(150, 300), suppress_health_check=list(HealthCheck)
)
@given(words(INSTALL, TOO_NEW["pyinstall"]), ENVIRON)
def test_install_reads_any_words_as_gnu_does(
    directory: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    expected = gnu("pyinstall", arguments, environ, directory)
    assert ours("pyinstall", parse_install, arguments, environ) == expected
