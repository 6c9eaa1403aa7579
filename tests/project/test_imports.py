"""Rooms import in one direction, and each outside library has one owner."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVES = ("values", "options", "errors", "quoting", "checks")
# Left to right; rooms in one row are siblings that never import one another.
ROWS = [
    ("leaves",),
    ("system",),
    ("entries",),
    ("plan", "engine", "report"),
    ("run",),
    ("cluster", "arguments"),
    ("cli", "api", "shutil"),
]
ROWS += [("__main__",), ("pycp",)]
RANK = {room: rank for rank, row in enumerate(ROWS) for room in row}
OWNERS = {
    "click": ("pycp.cli.click_command", "pycp.report.picture"),
    "ctypes": ("pycp.system",),
    "distributed": ("pycp.cluster.dask",),
    "fcntl": ("pycp.system",),
    "mmap": ("pycp.system",),
    "mpi4py": ("pycp.cluster.mpi",),
    "platform": ("pycp.system",),
    "xattr": ("pycp.system",),
}
PLATFORM_NAMES = ("platform", "uname")


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def room(module: str) -> str:
    first = [*module.split("."), "pycp"][1]
    return "leaves" if first in LEAVES else first


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and module of each import that can run, so not those for the type checker."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from imports(ast.Module(child.orelse, []))
        elif isinstance(child, ast.Import):
            yield from ((child.lineno, name.name) for name in child.names)
        elif isinstance(child, ast.ImportFrom) and child.level:
            yield child.lineno, "." * child.level
        elif isinstance(child, ast.ImportFrom) and child.module == "pycp":
            yield from ((child.lineno, f"pycp.{name.name}") for name in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.lineno, child.module
        else:
            yield from imports(child)


def is_allowed(module: str, imported: str) -> bool:
    top = imported.split(".")[0]
    if top in OWNERS:
        return any(f"{module}.".startswith(f"{owner}.") for owner in OWNERS[top])
    if imported.startswith("."):
        return False
    if top != "pycp" or imported in ("pycp", "pycp.__version__"):
        return True
    here, there = room(module), room(imported)
    return here == there or RANK[there] < RANK[here]


def faults(module: str, source: str) -> list[str]:
    """Describe each line of a module that the architecture forbids."""
    tree = ast.parse(source)
    found = [
        f"line {line}: {module} imports {imported}"
        for line, imported in imports(tree)
        if not is_allowed(module, imported)
    ]
    if room(module) != "system":
        found += [
            f"line {node.lineno}: {module} asks for {ast.unparse(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in PLATFORM_NAMES
        ]
    return found


MODULES = sorted((ROOT / "pycp").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=[dotted(path) for path in MODULES])
def test_a_room_imports_from_its_left_only(path: Path) -> None:
    assert faults(dotted(path), path.read_text()) == []


def test_one_module_imports_the_xattr_library() -> None:
    users = [
        dotted(path)
        for path in MODULES
        if "xattr" in [module for _, module in imports(ast.parse(path.read_text()))]
    ]
    assert len(users) <= 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("pycp.values", "from pycp import system"),
        ("pycp.system.counts", "from pycp.entries import Tally"),
        ("pycp.plan.walk", "import pycp.engine.data"),
        ("pycp.plan.walk", "def f():\n    if x:\n        from pycp.report.lines import arrow"),
        ("pycp.engine.data", "if TYPE_CHECKING:\n    pass\nelse:\n    import pycp.run.serial"),
        ("pycp.system.linux", "from ..plan import walk"),
        ("pycp.run.serial", "from pycp.api import copy"),
        ("pycp.run.serial", "from pycp.cluster.nodes import Nodes"),
        ("pycp.cluster.nodes", "import distributed"),
        ("pycp.cluster.node", "from mpi4py import MPI"),
        ("pycp.cli.cp", "import click"),
        ("pycp.engine.data", "import fcntl, os"),
        ("pycp.engine.attributes", "import xattr"),
        ("pycp.engine.data", "import sys\nif sys.platform == 'linux':\n    pass"),
    ],
)
def test_an_import_that_turns_back_is_found(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("pycp.entries", "if TYPE_CHECKING:\n    from pycp.system.folder import Folder"),
        ("pycp.errors", "from pycp.quoting import quote_name"),
        ("pycp.run.serial", "from pycp.plan.decide import decide"),
        ("pycp.cli.click_command", "import click, pycp"),
        ("pycp.__main__", "from pycp.cli.cp import parse_cp"),
        ("pycp", "from pycp.api import copy"),
    ],
)
def test_an_import_from_the_left_is_allowed(module: str, source: str) -> None:
    assert faults(module, source) == []


def all_imports(module: str) -> set[str]:
    """Return every module of ours that one names, in functions and for the type checker too."""
    found = set()
    names = {dotted(path) for path in MODULES}
    path = next(path for path in MODULES if dotted(path) == module)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in names else node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return (found & names) - {module}


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules that can be reached from themselves."""

    def reached(module: str) -> set[str]:
        seen: set[str] = set()
        ahead = list(graph[module])
        while ahead:
            step = ahead.pop()
            if step not in seen:
                seen.add(step)
                ahead += graph[step]
        return seen

    return [module for module in graph if module in reached(module)]


def test_no_modules_import_each_other() -> None:
    assert circles({dotted(path): all_imports(dotted(path)) for path in MODULES}) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["b", "c"]
