"""What a worker does: copies the files of a piece of work, and tells what happened.

A piece of work is plain values: for each directory the way to it from the operand's directory,
with the identity every step must have, and names of regular files in it. What only the
coordinator can do, because it remembers the hard links, is handed back.
"""

import time

from pycp.errors import CopyError, SilentError, cannot, detached
from pycp.run.tree import MISSES
from pycp.system.folder import CLOSED, Directory, Folder
from pycp.values import ASKED, Entry, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pycp.run.tree import Tree
    from pycp.system.lanes import Lane
    from pycp.system.worker import Channel
    from pycp.values import Tally

    Step = tuple[str, str, tuple[int, int], tuple[int, int]]
    Way = tuple[Step, ...]
    Event = tuple[Any, ...]

LONG = 0.2
"""Seconds after which a worker hands back what it has not begun, so that others can help."""
OPEN_FOLDERS = 6
"""Folders a worker keeps open, two descriptors each."""
KNOWN_FOLDERS = 500
"""Folders a worker remembers the way to."""


class Recorder:
    """The report of a worker: everything is written down, and told by the coordinator."""

    def __init__(self, program: str, verbose: bool, hears: bool, tally: "Tally") -> None:
        self.program = program
        self.verbose = verbose
        self.debug = False
        self.hears = hears
        self.tally = tally
        self.own_files: dict[tuple[int, int], str] = {}
        self.events: list[Event] = []

    def event(self, kind: str, **details: object) -> None:
        """Note what happened to a file."""
        self.events.append(("event", kind, details))

    def copied(self, name: str, digest: str) -> None:
        """Note a line of the manifest."""
        self.events.append(("manifest", name, digest))

    def line(self, text: str) -> None:
        """Note what is being done."""
        self.events.append(("line", text))

    def warn(self, text: str) -> None:
        """Note something that is not a failure."""
        self.events.append(("warn", text))

    def failed(self, error: CopyError) -> None:
        """Note a failure."""
        self.events.append(
            ("failed", str(error), error.errno, error.filename, error.filename2, error.is_told)
        )
        detached(error)

    def agrees(self, question: str) -> bool:
        """Refuse: who may be asked is known before work is shared, so nobody gets here."""
        raise AssertionError(question)


def replay(events: "list[Event]", tree: "Tree") -> None:
    """Tell the report what a worker wrote down."""
    report = tree.job.report
    for kind, text, *details in events:
        if kind == "line":
            report.line(text)
        elif kind == "warn":
            report.warn(text)
        elif kind == "event":
            report.event(text, **details[0])
        elif kind == "manifest":
            if tree.job.manifest is not None:
                tree.job.manifest(text, details[0])
        else:
            code, name, other_name, is_told = details
            error_type = SilentError if is_told else CopyError
            report.failed(error_type(text, code, name, other_name))


def way_to(folder: Folder, root: Folder) -> "Way":
    """Return the steps from the root of a tree down to one of its folders."""
    steps: list[Step] = []
    source, destination = folder.source_directory, folder.destination_directory
    while source is not root.source_directory:
        assert source.parent is not None and destination.parent is not None
        steps.append((source.name, destination.name, source.id, destination.id))
        source, destination = source.parent, destination.parent
    return tuple(reversed(steps))


class Folders:
    """The folders a worker knows; only those used last are open."""

    def __init__(self, root: Folder) -> None:
        self._root = root
        self._known: dict[Way, Folder] = {(): root}
        self._open: list[Way] = []

    def at(self, way: "Way", is_new: bool) -> Folder:
        """Return the folder at the end of a way, open; raise CopyError or OSError if it is gone."""
        folder = self._known.get(way) or self._learn(way, is_new)
        folder.is_new = is_new  # it may be known as one above a new one
        for nearer in (way[:-1], way):  # the one above as well: others in it come next
            if not nearer:
                continue
            if nearer in self._open:
                self._open.remove(nearer)
            else:
                try:
                    self._known[nearer].reopen()
                except OSError:
                    self._known[nearer].close()  # one of the two may be open
                    raise
            self._open.append(nearer)
        while len(self._open) > OPEN_FOLDERS:
            self._known[self._open.pop(0)].close()
        return folder

    def _learn(self, way: "Way", is_new: bool) -> Folder:
        if len(self._known) > KNOWN_FOLDERS:
            for open_way in self._open:
                self._known[open_way].close()
            self._open.clear()
            self._known = {(): self._root}
        folder = self._root
        for end in range(1, len(way) + 1):
            if way[:end] in self._known:
                folder = self._known[way[:end]]
            else:
                source_name, destination_name, source_id, destination_id = way[end - 1]
                source = Directory(folder.source_directory, source_name, CLOSED)
                source.id = source_id
                destination = Directory(folder.destination_directory, destination_name, CLOSED)
                destination.id = destination_id
                folder = Folder(folder, source, destination, is_new)
                self._known[way[:end]] = folder
        return folder


def work(tree: "Tree", root: Folder, channel: "Channel", lane: "Lane") -> None:
    """Carry out pieces of work until there are no more, and count in a lane."""
    report = tree.job.report
    report.tally.take(lane)
    tree.job.report = recorder = Recorder(
        report.program, report.verbose, report.hears, report.tally
    )
    recorder.own_files = report.own_files
    if tree.job.manifest is not None:
        tree.job.manifest = recorder.copied
    tree.choose_lane()
    folders = Folders(root)
    while True:
        try:
            parts = channel.receive()
        except EOFError:
            return
        deadline = time.monotonic() + LONG
        recorder.events = []
        left: list[list[str]] = []
        special: list[list[str]] = []
        for way, is_new, names in parts:
            not_begun: list[str] = []
            for_coordinator: list[str] = []
            try:
                folder = folders.at(way, is_new)
            except OSError as error:
                recorder.failed(error if isinstance(error, CopyError) else _lost(error, root, way))
            else:
                not_begun = copy_names(tree, folder, names, for_coordinator, deadline)
            left.append(not_begun)
            special.append(for_coordinator)
        lane.name = ""
        lane.counts[ASKED] = 1  # it is known at any time in which piece of work we are
        channel.send((recorder.events, left, special))


def _lost(error: OSError, root: Folder, way: "Way") -> CopyError:
    name = join(root.source, "/".join(step[0] for step in way))
    return cannot("access", name, error)


def copy_names(
    tree: "Tree", folder: Folder, names: list[str], special: list[str], deadline: float
) -> list[str]:
    """Copy regular files of one folder; return the names not begun when time is up.

    `special` takes the names that turn out to need the coordinator's memory.
    """
    copy_plain = tree.copy_plain
    report = tree.job.report
    misses = 0
    for index, name in enumerate(names):
        if index and time.monotonic() > deadline:
            return names[index:]
        try:
            if copy_plain is None or not copy_plain(folder, name):
                misses += not (folder.is_new or tree.job.options.resume)
                if misses > MISSES:
                    copy_plain = None
                entry = Entry(folder, name)
                if tree.needs_memory(entry) or tree.runner.visit(entry) is not None:
                    special.append(name)
        except CopyError as error:
            report.failed(error)
    return []
