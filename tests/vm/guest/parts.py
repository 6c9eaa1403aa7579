"""All questions, in parts that machines of their own answer at the same time."""

from collections.abc import Callable, Iterator

from tests.vm.guest import features, questions, troubles
from tests.vm.guest.question import Question

PARTS: dict[str, tuple[Callable[[], Iterator[Question]], ...]] = {
    "labels": (questions.questions,),
    "places": (features.questions, troubles.questions),
}


def selected(part: str, mode: str, selection: list[str]) -> list[Question]:
    """Return the questions of a part that hold one of the words, all if there are none."""
    return [
        question
        for ask in PARTS[part]
        for question in ask()
        if not selection or any(word in question.name for word in selection)
        if mode == "enforcing" or not question.is_confined
    ]
