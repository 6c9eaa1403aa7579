"""One entry after the other, in GNU's order: the reference for every other runner.

A directory is a level: it is entered, its entries are copied in the order of their inode numbers,
it is left and gets its attributes. The levels are a list, not a recursion, and only the deepest
keep their descriptors, so the depth of a tree is bounded by memory alone.
"""

import stat

from pycp import system
from pycp.engine.directory import enter_directory, finish_directory, list_source
from pycp.engine.entry import perform
from pycp.engine.job import Job
from pycp.engine.plain import plain_copier
from pycp.errors import CopyError, cannot
from pycp.plan.decide import IntoItself, decide
from pycp.plan.links import Memory
from pycp.plan.operands import resolve
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.values import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pycp.engine.directory import Filled
    from pycp.options import CopyOptions
    from pycp.values import Decision, Report

OPEN_LEVELS = 16
"""Directory levels that keep their descriptors, two each."""


class Level:
    """A directory that is being copied, and those of its entries still to come."""

    __slots__ = ("entries", "filled")

    def __init__(self, filled: "Filled", entries: "Iterator[os.DirEntry[str]]") -> None:
        self.filled = filled
        self.entries = entries


def run_serial(options: "CopyOptions", operands: list[str], report: "Report") -> None:
    """Copy all operands; raise UsageError or CopyError if they make no sense as a whole.

    What goes wrong with one of them is told to the report, and the others are copied.
    """
    resolved = resolve(options, operands)
    runner = Serial(Job(resolved.options, report), resolved.has_company)
    for entry in resolved.entries():
        runner.copy_operand(entry)


class Serial:
    """Copies operands one after the other, remembering what it met."""

    def __init__(self, job: Job, has_company: bool) -> None:
        self.job = job
        self.memory = Memory()
        self.has_company = has_company
        self.has_made_directory = False
        """The current operand has made its first directory."""
        self.is_abandoned = False
        """The current operand is copied no further."""
        self.parents_are_new = False
        """--parents made the directory that the last source with a directory part went into."""
        self.copy_plain = plain_copier(job)

    def copy_operand(self, entry: Entry) -> None:
        """Copy one operand and everything below it."""
        self.memory.operand = entry
        self.has_made_directory = False
        self.is_abandoned = False
        if not self.job.options.parents:
            self._copy(entry)
            return
        from pycp.engine.parents import finish_parents, make_parents

        try:
            parents = make_parents(self.job, entry)
        except CopyError as error:
            self.job.report.failed(error)
            return
        if parents is not None:
            self.parents_are_new = parents.are_new
        # GNU forgets to reset this for a source without a directory part.
        entry.is_surely_new = self.parents_are_new
        self._copy(entry)
        if parents is not None:
            finish_parents(self.job, parents)

    def _copy(self, entry: Entry) -> None:
        levels = self._visit(entry)
        stack = [levels] if levels else []
        while stack:
            below = self._copy_entries(stack[-1])
            if below:
                stack.append(below)
                if len(stack) > OPEN_LEVELS:
                    stack[-OPEN_LEVELS - 1].filled.folder.close()
            else:
                level = stack.pop()
                self._leave(level, stack[-1] if stack else None)

    def _copy_entries(self, level: Level) -> Level | None:
        """Copy entries until one is a directory to go down into; return it, or None at the end."""
        folder = level.filled.folder
        copy_plain = self.copy_plain
        for found in level.entries:
            if copy_plain is not None and found.is_file(follow_symlinks=False):
                try:
                    if copy_plain(folder, found.name):
                        continue
                except CopyError as error:
                    self.job.report.failed(error)
                    continue
            below = self._visit(Entry(folder, found.name))
            if below:
                return below
            if self.is_abandoned:
                return None
        return None

    def _visit(self, entry: Entry) -> Level | None:
        """Decide on an entry and copy it; return the level to go down into if it is a directory."""
        job = self.job
        report = job.report
        try:
            decision = decide(
                entry, job.options, self.memory, self.has_company and entry.is_operand
            )
            if isinstance(decision, str):
                report.warn(f"warning: {decision}")
            elif decision.kind == "skip" or not self._is_agreed(decision):
                if report.debug and (decision.told_skip or decision.question):
                    report.line(f"skipped {quote_name(entry.destination)}")
            elif decision.refusal:
                raise decision.refusal
            elif decision.kind == "directory":
                return self._enter(entry, decision)
            else:
                perform(job, entry, decision)
                self._remember(entry, decision)
        except IntoItself as error:
            report.failed(error)
            self.is_abandoned = True
        except CopyError as error:
            report.failed(error)
        except OSError as error:
            # No call that may fail should get here unworded, but nothing must stop the others.
            report.failed(cannot("copy", entry.source, error))
        return None

    def _is_agreed(self, decision: "Decision") -> bool:
        return not decision.question or self.job.report.agrees(decision.question)

    def _remember(self, entry: Entry, decision: "Decision") -> None:
        options = self.job.options
        source = decision.source_stat
        if options.preserve_links and not options.hard_link:
            self.memory.copied.setdefault(identity(source), entry)
        if self.has_company and entry.is_operand and options.backup != "numbered":
            try:
                made = system.stat(
                    entry.destination_name,
                    dir_fd=entry.folder.destination_fd,
                    follow_symlinks=False,
                )
            except OSError:
                return
            self.memory.made(entry.destination_name, made, stat.S_ISLNK(made.st_mode))

    def _enter(self, entry: Entry, decision: "Decision") -> Level:
        filled = enter_directory(self.job, entry, decision)
        folder = filled.folder
        if folder.is_new and not self.has_made_directory:
            self.has_made_directory = True
            self.memory.copied.setdefault(folder.destination_directory.id, entry)
        source = folder.source_directory.id
        self.memory.ancestors.add(source)
        entries: list[os.DirEntry[str]] = []
        above = entry.folder.source_directory.id
        if not self.job.options.one_file_system or entry.is_operand or source[0] == above[0]:
            try:
                entries = list_source(filled, decision)
            except CopyError as error:
                self.job.report.failed(error)
        return Level(filled, iter(entries))

    def _leave(self, level: Level, above: Level | None) -> None:
        """Finish a directory and open the one above it again, if it was closed meanwhile."""
        folder = level.filled.folder
        self.memory.ancestors.discard(folder.source_directory.id)
        try:
            finish_directory(self.job, level.filled)
        except CopyError as error:
            self.job.report.failed(error)
        if above is not None:
            try:
                above.filled.folder.reopen(folder)
            except OSError as error:
                name = above.filled.entry.source
                told = error if isinstance(error, CopyError) else cannot("access", name, error)
                self.job.report.failed(told)
                above.entries = iter(())
        folder.close()
