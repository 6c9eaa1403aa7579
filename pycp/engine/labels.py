"""SELinux labels of what is made, and of what is written over.

What is new is made with its label, so nobody ever sees it with another one: the thread is told the
label, makes the file, and is told to forget it. An existing file gets its label by descriptor, and
before its contents go: if the label is refused, nothing is lost.
"""

import os
import stat
from errno import ENOSYS, ENOTSUP

from pycp import system
from pycp.engine.pinned import Pinned
from pycp.errors import CopyError, failed, reason, skipping
from pycp.quoting import quote_name, quote_word
from pycp.system.selinux import (
    Policy,
    inherited,
    label_new,
    label_of,
    set_label,
    with_type_of,
)
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Decision, Entry, Report
    from pycp.options import CopyOptions
    from pycp.system.folder import Directory

    Source = tuple[str, int | None, str, bool]
    """Name, descriptor it starts from, name for people, and whether links are followed."""
    Place = tuple[str, int | None, str]
    """Name for people, descriptor of a directory, and the name below it."""
    About = tuple[Source | None, os.stat_result | None, Place, Entry | None]
    """What a label depends on: the source and its status, the place, and the entry if it is one."""

UNSUPPORTED = frozenset((system.NO_ATTRIBUTE, ENOSYS, ENOTSUP))
"""Errors that say that there is no label to be had, or to be set."""


class Labels:
    """Who says which label things get, as the options of a copy ask."""

    __slots__ = ("_above", "_inherited", "_kept", "_options", "_policy", "_report", "given")

    def __init__(self, options: "CopyOptions", report: "Report") -> None:
        self._options = options
        self._report = report
        self._policy = (
            open_policy(report, "ignoring --context") if options.default_context else None
        )
        self._above = ("", "")
        """The directory last asked for by a relative name, and its whole name."""
        self._inherited: dict[tuple[str, int], str] = {}
        """Answers of the kernel, by label of the directory and kind."""
        self._kept = ""
        """Label of the source of what is being made, if it is preserved."""
        self.given = ""
        """Label of what was made last, "" if that is for the kernel or was refused."""

    def making(self, entry: "Entry", decision: "Decision") -> "Making":
        """Return what gives all that is made meanwhile the label for an entry."""
        return Making(self, _about(entry, decision))

    def making_directory(self, name: str, above_fd: int | None, shown: str) -> "Making":
        """Return what does so for a directory that is no copy of another one."""
        return Making(self, (None, None, (shown, above_fd, name), None))

    def making_parent(
        self, source_name: str, status: os.stat_result, above: "Directory", name: str, shown: str
    ) -> "Making":
        """Return what does so for a directory above the copy (--parents)."""
        source = (source_name, None, source_name, True)
        return Making(self, (source, status, (shown, above.fd, name), None))

    def choose(self, about: "About") -> str:
        """Return the label for something new, "" if that is for the kernel."""
        source, status, place, entry = about
        self._kept = ""
        if self._policy is not None:
            return self._by_policy(place, status.st_mode if status else stat.S_IFDIR)
        if self._options.preserve_context and source is not None and status is not None:
            self._kept = self._of_source(source, status, entry)
        return self._kept or self._options.context

    def _of_source(self, source: "Source", status: "os.stat_result", entry: "Entry | None") -> str:
        """Return the label of a source, "" if it cannot be told and need not be."""
        with Pinned(*source) as held:
            if not held.is_still(status):
                if entry is not None:
                    raise skipping("file", entry.source)
                return ""
            try:
                return label_of(held.where)
            except OSError as error:
                self._tell(error, failed("failed to get security context of", source[2], error))
                return ""

    def _by_policy(self, place: "Place", mode: int) -> str:
        """Return the label for something new: the kernel's choice, with the type of the policy."""
        shown, dir_fd, name = place
        assert self._policy is not None
        try:
            label = self._policy.label(self._whole_name(shown), mode)
            if not label:
                return ""
            above = _label_above(dir_fd, name)
            key = above, stat.S_IFMT(mode)
            if key not in self._inherited:
                self._inherited[key] = inherited(above, mode)
            return with_type_of(self._inherited[key], label)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                what = "failed to set default file creation context for"
                self._report.warn(str(failed(what, shown, error)))
            return ""

    def label_next(self, label: str) -> bool:
        """Have this thread make things with a label; return whether it will."""
        try:
            label_new(label)
            return True
        except OSError as error:
            text = "failed to set default file creation context to"
            problem = CopyError(f"{text} {quote_word(label)}: {reason(error)}", error.errno)
            self._tell(error, problem)
            return False

    def forget(self) -> None:
        """Leave the label of what is made next to the kernel."""
        label_new("")

    def relabel(self, where: "system.Where", shown: str, mode: int) -> None:
        """Give something that exists the label it should have; raise CopyError if it must."""
        self.given = ""
        try:
            label = self._kept
            present = ""
            if self._policy is not None:
                present = label_of(where)
                wanted = self._policy.label(self._whole_name(shown), mode)
                label = wanted and with_type_of(present, wanted)
            if label and label != present:
                set_label(where, label)
            self.given = label
        except OSError as error:
            if self._policy is None or error.errno not in UNSUPPORTED:
                what = "failed to set the security context of"
                self._tell(error, failed(what, shown, error))

    def is_given(self, entry: "Entry", decision: "Decision") -> bool:
        """Return whether what is there has the label that it would be made with."""
        label = self.choose(_about(entry, decision))
        try:
            if label:
                with _hold_destination(entry) as held:
                    if label_of(held.where) != label:
                        return False
        except OSError:
            return False  # making it will tell
        self.given = label
        return True

    def _tell(self, error: OSError, problem: CopyError) -> None:
        """Tell a failure as far as the options want to hear of it; raise it if it counts."""
        options = self._options
        if options.require_preserve_context:
            raise problem from None
        is_wanted = options.xattr_errors != "none" and error.errno not in UNSUPPORTED
        if options.attributes_only or is_wanted:
            self._report.warn(str(problem))

    def _whole_name(self, shown: str) -> str:
        """Return a name from the root on, by which the policy knows it."""
        if shown.startswith("/"):
            return shown.rstrip("/") or "/"
        above, _slash, last = shown.rstrip("/").rpartition("/")
        if self._above[0] != above or not self._above[1]:
            self._above = above, os.path.realpath(above or ".")
        if last in ("", ".", ".."):
            return os.path.realpath(shown)
        return f"{self._above[1].rstrip('/')}/{last}"


class Making:
    """A while in which what is made gets a label."""

    __slots__ = ("_about", "_is_set", "_labels")

    def __init__(self, labels: Labels, about: "About") -> None:
        self._labels = labels
        self._about = about
        self._is_set = False

    def __enter__(self) -> None:
        labels = self._labels
        labels.given = ""
        label = labels.choose(self._about)
        if label and labels.label_next(label):
            self._is_set = True
            labels.given = label

    def __exit__(self, *_error: object) -> None:
        if self._is_set:
            self._labels.forget()


def _about(entry: "Entry", decision: "Decision") -> "About":
    source = (entry.source_name, entry.folder.source_fd, entry.source, decision.follows)
    place = (entry.destination, entry.folder.destination_fd, entry.destination_name)
    return source, decision.source_stat, place, entry


def open_policy(report: "Report", loss: str) -> Policy | None:
    """Return the policy; warn of what is lost without it if it cannot be read."""
    try:
        return Policy()
    except OSError as error:
        report.warn(f"warning: {loss}: {reason(error) if error.errno else error}")
        return None


def _label_above(dir_fd: int | None, name: str) -> str:
    """Return the label of the directory that a name is in."""
    path = split_last(name.rstrip("/"))[0]
    with system.closing(system.open(path or ".", system.PLACE_FLAGS, dir_fd=dir_fd)) as fd:
        return label_of(system.where(fd, ".", fd))


class DefaultLabels:
    """What install does if nobody speaks of labels: new files get the one of the policy.

    As in GNU that is for whole names only: a relative one is not looked up.
    """

    __slots__ = ("_is_open", "_policy", "_report")

    def __init__(self, report: "Report") -> None:
        self._report = report
        self._policy: Policy | None = None
        self._is_open = False

    def give(self, shown: str, where: "system.Where", mode: int) -> str:
        """Give a file its label, and return that, "" if it gets none; a failure is a warning."""
        if not shown.startswith("/"):
            return ""
        if not self._is_open:
            self._is_open = True
            self._policy = open_policy(self._report, "no labels are set")
        if self._policy is None:
            return ""
        try:
            label = self._policy.label(shown, mode)
        except OSError as error:
            text = f"warning: {quote_name(shown)}: context lookup failed: {reason(error)}"
            self._report.warn(text)
            return ""
        try:
            if label:
                set_label(where, label)
            return label
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                text = f"warning: {quote_name(shown)}: failed to change context to {label}"
                self._report.warn(f"{text}: {reason(error)}")
            return ""

    def give_to_kept(self, entry: "Entry", status: os.stat_result) -> None:
        """Give the label to a file that need not be installed again (-C)."""
        with _hold_destination(entry) as held:
            if not held.is_still(status):
                raise held.replaced()
            self.give(entry.destination, held.where, status.st_mode)


def are_alike(entry: "Entry") -> bool:
    """Return whether source and destination have the same label."""
    try:
        source = Pinned(entry.source_name, entry.folder.source_fd, entry.source, follows=True)
        with source, _hold_destination(entry) as destination:
            return label_of(source.where) == label_of(destination.where)
    except OSError:
        return False


def _hold_destination(entry: "Entry") -> Pinned:
    return Pinned(entry.destination_name, entry.folder.destination_fd, entry.destination)
