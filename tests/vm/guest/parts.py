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


def selected(part: str, mode: str, selection: Sequence[str]) -> list[Question]:
    """Return the questions of a part that hold one of the words, all if there are none."""
    return [
        question
        for room in PARTS[part]
        for question in room
        if not selection or any(word in question.name for word in selection)
        if mode == "enforcing" or not question.is_confined
    ]
