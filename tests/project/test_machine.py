"""The virtual machine of `tests.vm`: its differences on purpose excuse nothing else."""

import pytest

from tests.vm.differences import reason
from tests.vm.guest.parts import PARTS, selected
from tests.vm.table import Answers

LISTED = "0:0 1 now 7:14c93a35 2 blocks system.nfs4_acl=1 /run/fs/p/zz/listed"
OTHER = "-rw-r--r-- 0:0 1 now 6:5839145a 2 blocks /run/fs/p/zz/plain"
EXCUSED = {
    "places p -a -: cp -a": ([f"-rw-rw---- {LISTED}"], [f"-rw-r----- {LISTED}"]),
    "places p -j4 -: cp --jobs=4": (["| cp: one", "| cp: two"], ["| cp: two", "| cp: one"]),
    "places p --resume killed: cp --resume": ([], ["| continued 'a' at byte 1"]),
    "places p --atomic archive: cp --atomic": (
        ["-rw-r--r-- 0:0 2 now 6:58 a", "drwxr-xr-x 0:0 3 981 d"],
        ["-rw-r--r-- 0:0 1 now 6:58 a", "drwxr-xr-x 0:0 3 now d"],
    ),
    "places p --atomic -: cp -a --atomic": (
        ["| cp: failed to preserve ownership for 'd/a': No", "-rw-r--r-- 0:0 1 now 1:0 d/a"],
        ["| cp: failed to preserve ownership for 'd/a': No"],
    ),
    "places p how archive: cp --debug": (
        ["| copy offload: yes, reflink: unsupported, sparse detection: SEEK_HOLE"],
        ["| copy offload: yes, reflink: unsupported, sparse detection: no"],
    ),
    "places vfat -j4 -: cp --jobs=4": (
        ["| cp: cannot create hard link 'd/a' to 'd/b': No", "-rw-r--r-- 0:0 1 now 1:0 d/b"],
        ["| cp: cannot create hard link 'd/b' to 'd/a': No", "-rw-r--r-- 0:0 1 now 1:0 d/a"],
    ),
}


@pytest.mark.parametrize("name", EXCUSED)
def test_a_difference_on_purpose_has_a_reason_and_excuses_no_other(name: str) -> None:
    gnu, ours = EXCUSED[name]
    gnu, ours = [*gnu, OTHER], [*ours, OTHER]
    assert reason(name, gnu, ours)
    assert not reason(name, gnu, [*ours[:-1], OTHER.replace("6:58", "6:59")])
    assert not reason(name, gnu, ours[:-1])
    assert not reason(name, [*gnu, "status 0"], [*ours, "status 1"])
    assert not reason("places p -r -: cp -r", ["| cp: one"], ["| cp: two"])


def test_every_question_is_asked_once_and_by_its_name() -> None:
    names = [question.name for part in PARTS for question in selected(part, "permissive", [])]
    assert len(names) == len(set(names))
    assert len(selected("nfs", "permissive", ["places nfs3 "])) > 10
    assert not selected("disks", "permissive", ["places nfs3 "])
    assert not selected("nfs", "enforcing", ["places nfs3 "])
    assert len(selected("disks", "enforcing", ["places xfs "])) > 10


def test_what_differs_without_a_reason_is_a_fault_in_the_table() -> None:
    answers = Answers()
    line = (
        '{"mode": "permissive", "name": "places p -r -: cp", "room": "places", "place": "p",'
        ' "feature": "-r", "seconds": 1, "gnu": ["status 0"], "ours": ["status 1"]}'
    )
    told = list(answers.add(line, False))
    assert (answers.same, answers.meant, answers.failed) == (0, 0, 1)
    assert told[0].startswith("FAILED")
    assert "p !" in [" ".join(row.split()) for row in answers.tables()]
