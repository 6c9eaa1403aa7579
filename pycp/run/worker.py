"""What a worker does: carries out units of work, and tells what came of them.

What only the coordinator can do is handed back: names of hard-link sets that others may have met,
and directories too deep or too vast to be shared.
"""

import time

from pycp.engine.directory import Filled
from pycp.errors import cannot
from pycp.run.level import Level
from pycp.run.recorder import Recorder, joined
from pycp.run.share import Clock
from pycp.run.unit import Folders, pack_filled, place_of, unpack_filled
from pycp.values import ASKED, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.recorder import Event
    from pycp.run.unit import (
        DoneRange,
        Identity,
        Item,
        Link,
        Member,
        Opened,
        Part,
        Place,
        Range,
        Record,
        Way,
    )
    from pycp.run.walk import Walk
    from pycp.system.counts import Counts
    from pycp.system.folder import Folder
    from pycp.system.worker import Channel

    Answer = tuple[
        list[Event],
        float,
        float,
        list[tuple[list[Item], bool]],
        list[Opened],
        list[Member],
        list[tuple[Identity, Place]],
        list[Identity],
        DoneRange | None,
    ]
    """Events, seconds and those waiting; of each part names left and whether it was finished;
    directories opened, names handed back, first copies made, symbolic links made, and what came of
    the range."""

DEEP = 40
"""Levels below which no work is shared: the way to it would be longer than the work."""


class Others:
    """The files of several names that this process must not copy first: all but the one granted."""

    granted: "Identity | None" = None

    def __contains__(self, identity: object) -> bool:
        return identity != self.granted


class Server:
    """Carries out units below one root.

    One that `forgets` knows no names of a file but those it is told of: all others it hands back.
    """

    def __init__(self, walk: "Walk", root: "Folder", forgets: bool = False) -> None:
        self._walk = walk
        self._root = root
        self._folders = Folders(root)
        self._forgets = forgets
        self._others = Others()
        self._deadline = 0.0
        self._recorder = Recorder(walk.job.report)

    def serve(self, channel: "Channel", counts: "Counts", token: str = "") -> None:
        """Carry out units until there are no more, and count where others can read it.

        The `token` is in temporary names, so that they can be told from those of others.
        """
        job = self._walk.job
        job.tally.share(counts)
        if job.options.makes_temporary_names():
            from pycp.engine import temporary

            temporary.token = token
        self.prepare()
        while True:
            try:
                unit = channel.receive()
            except EOFError:
                return
            answer = self.carry_out(*unit)
            counts.name = ""
            counts.counts[ASKED] = 1  # it is known at any time what we work on
            channel.send(answer)

    def prepare(self) -> None:
        """Have the walk do as a worker's does, whose counts are where they will stay."""
        walk = self._walk
        for directory in (self._root.source_directory, self._root.destination_directory):
            directory.is_pinned = True
        walk.job.tally.tick = None  # the coordinator tells how far all of us are
        self._recorder.listen(walk)
        walk.hand_back().deepest, walk.hand_back().has_turns = DEEP, True
        walk.stop = self._is_late
        walk.memory.elsewhere = self._others
        walk.stops_at_vast = True

    def close(self) -> None:
        """Give back every directory, the two of the root included."""
        self._folders.close()
        for directory in (self._root.source_directory, self._root.destination_directory):
            directory.is_pinned = False
            directory.close()

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def carry_out(
        self,
        seconds: float,
        left_by: list[str],
        parts: "list[Part]",
        wanted: "Range | None",
    ) -> "Answer":
        """Carry out one unit in so many seconds, or hand back what is left of it.

        `left_by` are the tokens of processes that may have left temporary names.
        """
        walk = self._walk
        clock = Clock()
        self._deadline = time.monotonic() + seconds
        self._recorder.events = []
        walk.memory.links_made = []
        numbers: dict[Filled, int] = {}
        done: list[tuple[list[Item], bool]] = []
        stack: list[Level] = []
        unfinished: list[Filled] = []
        members = walk.hand_back().names = []
        firsts: list[tuple[Identity, Place]] = []
        for number, (way, is_new, is_of_run, by_umask, is_redone, names, record, link) in enumerate(
            parts
        ):
            if stack:
                done.append((names, False))
                continue
            if self._recorder.keeps_order:
                self._recorder.events.append(("part", number))
            self._be_told(link)  # before, as few folders stay open
            try:
                folder = self._folders.at(way, is_new)
            except OSError as error:
                self._lost(error, way)
                done.append(([], True))  # there is nothing to finish either
                continue
            folder.goes_by_umask, folder.is_of_run = by_umask, is_of_run
            filled = self._filled(folder, way, record)
            numbers[filled] = ~number
            walk = self._walk.again(left_by) if is_redone else self._walk
            walk.unfinished, walk.is_stopped = unfinished, False
            walk.go_below(filled)
            stack = [Level(filled, iter(names))]
            walk.go(stack)
            if link is not None:
                firsts += self._made(link[0])
            left = list(stack[0].entries) if stack else []
            done.append((left, filled.is_ours and not filled.pending))
        opened = self._opened(unfinished, stack[1:], numbers)
        if self._recorder.keeps_order:
            self._note_rest(done, opened)
        handed_back = [
            (numbers[above], name, identity, count) for above, name, identity, count in members
        ]
        links = walk.memory.links_made or []
        came = None
        if wanted is not None:
            from pycp.run.one_range import carry_out_range

            came = carry_out_range(walk.job, self._folders, wanted, not self._forgets)
        events = joined(self._recorder.events)
        return events, *clock.passed(), done, opened, handed_back, firsts, links, came

    def _be_told(self, link: "Link | None") -> None:
        """Take note of a file whose first copy is known, or may be made here."""
        self._others.granted = None
        if link is not None and link[1] is not None:
            self._walk.memory.copied[link[0]] = self._folders.entry(link[1])
        elif link is not None:
            self._others.granted = link[0]

    def _made(self, identity: "Identity") -> "list[tuple[Identity, Place]]":
        """Return where the first copy of a file was made, if it was for us to do so."""
        copied = self._walk.memory.copied
        first = copied.get(identity) if identity == self._others.granted else None
        if self._forgets:
            copied.discard(identity)
        return [] if first is None else [(identity, place_of(first, self._root))]

    def _filled(self, folder: "Folder", way: "Way", record: "Record | None") -> Filled:
        filled = unpack_filled(record, folder)
        filled.depth = len(way)
        if self._walk.job.exclusions is not None:
            filled.inside = "".join(f"{name}/" for name, _source, _destination in way)
        return filled

    def _opened(
        self, unfinished: list[Filled], stack: list[Level], numbers: "dict[Filled, int]"
    ) -> "list[Opened]":
        """Pack the directories that are not finished, and number them; those above come first."""
        left: dict[Filled, list[Item] | None] = {}
        for filled in unfinished:
            if filled not in numbers:
                left[filled] = []
        for level in stack:
            left[level.filled] = None if level.is_unlisted else list(level.entries)
            level.filled.folder.close()
        opened: list[Opened] = []
        for filled in sorted(left, key=lambda known: known.depth):
            assert filled.above is not None
            folder = filled.folder
            step = (
                filled.entry.source_name,
                folder.source_directory.id,
                folder.destination_directory.id,
            )
            opened.append(
                (
                    numbers[filled.above],
                    step,
                    folder.is_new,
                    folder.goes_by_umask,
                    pack_filled(filled),
                    left[filled],
                )
            )
            numbers[filled] = len(opened) - 1
        return opened

    def _note_rest(self, done: "list[tuple[list[Item], bool]]", opened: "list[Opened]") -> None:
        """Note where what is left to do comes: first what is deepest, then whole parts."""
        note = self._recorder.events.append
        for number in reversed(range(len(opened))):
            if opened[number][-1] != []:
                note(("opened", number))
        for number, (left, _is_done) in enumerate(done):
            if left:
                note(("part", number))
                note(("opened", ~number))

    def _lost(self, error: OSError, way: "Way") -> None:
        name = join(self._root.source, "/".join(step[0] for step in way))
        self._recorder.failed(cannot("access", name, error))
