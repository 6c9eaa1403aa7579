"""The general way of one entry: decided on, asked about, made, told, and remembered."""

import stat

from pycp.engine.entry import perform
from pycp.engine.tell import tell_copied, tell_skipped, tell_started
from pycp.engine.write import announce
from pycp.errors import cannot
from pycp.plan.decide import IntoItself, decide
from pycp.plan.links import Memory
from pycp.quoting import quote_name
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry


class Visitor:
    """Copies entries one by one, remembering what it met."""

    def __init__(self, job: "Job", has_company: bool) -> None:
        self.job = job
        self.memory = Memory()
        self.has_company = has_company
        self.is_abandoned = False
        """The current operand is copied no further."""
        self.remembers_links = has_company and job.options.backup == "none"
        """Symbolic links we make are remembered: no other operand may be copied through them."""

    def again(self) -> "Visitor":
        """Return one with the same memory that goes on with what an interrupted copy left."""
        other = Visitor(self.job.again(), self.has_company)
        other.memory = self.memory
        return other

    def visit(self, entry: "Entry") -> "Decision | None":
        """Decide on an entry and copy it, unless it is a directory: return the decision then."""
        job = self.job
        report = job.report
        try:
            decision = decide(
                entry, job.options, self.memory, self.has_company and entry.is_operand
            )
            if isinstance(decision, str):
                report.warn(f"warning: {decision}")
                tell_skipped(job, entry, "repeated", None)
            elif reason := self._reason_to_skip(decision):
                if report.debug and reason != "same":
                    report.line(f"skipped {quote_name(entry.destination)}")
                tell_skipped(job, entry, reason, decision)
            elif decision.refusal:
                raise decision.refusal
            elif decision.kind == "directory":
                return decision
            else:
                tell_started(job, entry, decision)
                outcome = perform(job, entry, decision)
                if outcome.skip_reason and not job.options.redo:
                    tell_skipped(job, entry, outcome.skip_reason, decision)
                else:
                    if outcome.skip_reason:
                        announce(job, entry, decision)
                    tell_copied(job, entry, decision, outcome)
                self._remember(entry, decision)
                if outcome.renewed and outcome.made:
                    self.memory.renewed(outcome.renewed, outcome.made)
        except OSError as error:
            # No call that may fail should get here unworded, but nothing must stop the others.
            report.failed(cannot("copy", entry.source, error))
            self.is_abandoned |= isinstance(error, IntoItself)
        return None

    def _reason_to_skip(self, decision: "Decision") -> str:
        """Ask what is to be asked; return why the entry is not copied, or nothing if it is."""
        if decision.question and not self.job.report.agrees(decision.question):
            return "declined"
        return decision.skip_reason

    def _remember(self, entry: "Entry", decision: "Decision") -> None:
        options = self.job.options
        source = decision.source_stat
        keeps_links = options.preserve_links and not options.hard_link  # which links by itself
        if keeps_links and (source.st_nlink > 1 or decision.follows):
            self.memory.copied.setdefault(identity(source), entry)
        if not self.has_company or options.backup == "numbered":
            return
        # Links below operands are looked at as well: what the next operand brings may have the name
        # of one. Nothing else down there is worth a call.
        is_link = decision.kind == "symbolic" or stat.S_ISLNK(source.st_mode)
        if entry.is_operand or (is_link and options.backup == "none"):
            made = entry.folder.destination_directory.look(entry.destination_name)
            if made is not None and entry.is_operand:
                self.memory.made(entry.destination, made)
            if made is not None and stat.S_ISLNK(made.st_mode):
                self.memory.made_link(identity(made))
