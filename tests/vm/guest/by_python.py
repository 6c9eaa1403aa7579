"""Commands carried out by the interface for Python, and what events tell of labels."""

import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.vm.guest.question import Question

EVENTS = "/root/w/events"
MEANINGS: dict[str, dict[str, Any]] = {
    "-Z": {"context": True},
    "-a": {"recursive": True, "preserve": True},
    "-r": {"recursive": True},
    "--preserve=context": {"preserve": "context"},
    "--dry-run": {"dry_run": True},
}
"""What options are called in Python."""


def carry_out(words: list[str]) -> int:
    """Have `pycp.copy` do what a command says; print failures as that does, and keep events."""
    from pycp import CopyFailed, Event, copy

    options: dict[str, Any] = {}
    told: list[Event] = []
    operands = [word for word in words[1:] if not word.startswith("-")]
    for word in words[1:]:
        if word.startswith("--context="):
            options["context"] = word.partition("=")[2]
        else:
            options |= MEANINGS.get(word, {})
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        if "--through=executor" in words:
            options["executor"] = executor
        try:
            copy(*operands, on_event=told.append, **options)
            status = 0
        except CopyFailed as failure:
            status = 1
            for error in failure.errors:
                print(f"cp: {error}", flush=True)
    with open(EVENTS, "w") as file:
        for event in told:
            line = {"destination": event.destination, "context": event.context}
            file.write(json.dumps(line) + "\n")
    return status


def expected_events(question: Question, there: list[str]) -> list[str]:
    """Return whose events must tell the label that is there."""
    looks = question.looks
    return [f"event {path}" for path in looks if _is_to_be_told(question, path in there)]


def events(question: Question, look: Callable[[str, dict[str, int]], str]) -> list[str]:
    """Return whose events tell the label that is there; another label is shown with it."""
    labels = _labels_told()
    found = []
    for path in filter(labels.__contains__, question.looks):
        is_right = os.path.lexists(path) and look(path, {}).startswith(f"{labels[path]} ")
        found.append(f"event {path}" if is_right else f"event {path} {labels[path]}")
    return found


def _labels_told() -> dict[str, str]:
    """Return the labels that events tell, by the name of what got them."""
    try:
        with open(EVENTS) as file:
            events = [json.loads(line) for line in file]
    except FileNotFoundError:  # it was refused before anything was told
        return {}
    return {event["destination"]: event["context"] for event in events if event.get("context")}


def _is_to_be_told(question: Question, is_there: bool) -> bool:
    """Return whether the event of something must have its label."""
    words = question.command.split()
    if "--dry-run" in words:
        return False
    given = any(word.startswith("--context=") for word in words)
    asked = {"-Z", "-a", "--preserve=context", "--preserve-context"}.intersection(words)
    return words[0] == "install" or bool(asked) or (given and not is_there)
