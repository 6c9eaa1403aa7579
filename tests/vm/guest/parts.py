"""All questions, in parts that machines of their own answer at the same time."""

from collections.abc import Iterable, Sequence

from tests.vm.guest import features, questions, troubles
from tests.vm.guest.question import Question

PARTS: dict[str, tuple[Iterable[Question], ...]] = {
    "labels": (tuple(questions.questions()),),
    "disks": (tuple(features.questions(features.DISKS)), tuple(troubles.disk_questions())),
    "nfs": (tuple(features.questions(features.NFS)), tuple(troubles.nfs_questions())),
    "cifs": (tuple(features.questions(features.CIFS)), tuple(troubles.cifs_questions())),
}


KEEP_LABELS = ("ext4", "xfs", "nfs4.2")
"""Disks, and a server, whose files have labels of their own."""


def selected(part: str, mode: str, selection: Sequence[str]) -> list[Question]:
    """Return the questions of a part that hold one of the words, all if there are none."""
    return [
        question
        for room in PARTS[part]
        for question in room
        if not selection or any(word in question.name for word in selection)
        if _is_asked(question, mode)
    ]


def _is_asked(question: Question, mode: str) -> bool:
    """Return whether a question is for kernels that work in a mode.

    Where a policy knows nothing of a file system, it lets nobody make anything: the same failure
    each time.
    """
    if mode == "permissive":
        return not question.is_confined
    return not question.place or (question.room == "places" and question.place in KEEP_LABELS)
