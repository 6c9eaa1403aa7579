"""-o and -g: users and groups by name and number."""

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import ROOT, UID, install


@cases(
    *(
        install(f"user {text!r}", ["-o", text, "-m", "4755", "a", "b"], "a")
        for text in ["daemon", "1", "010", "0x10", "0X1f", "+3", " 4", "\t5", "00", "4294967294"]
    ),
    *(
        install(f"group {text!r}", ["-g", text, "-m", "2755", "a", "b"], "a")
        for text in ["daemon", "1", "010", "0x10", "+3", "4294967295", "0xffffffff"]
    ),
    install("user unchanged", "-o 4294967295 -g 7 a b", "a"),
    install("both", "-o daemon -g games -m 6711 a b", "a"),
    install("both on an old file", "-o daemon -g games a b", "a b@0777"),
    install("into a directory", "-o 1 -g 1 a b d", "a b d/"),
    install("below a symlink", "-o 1 a l", "a b l->b"),
    who=ROOT,
)
def test_known(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A name is looked up first; what is no name is a number as C writes it."""
    same_as_gnu(case)


@cases(
    *(
        install(f"user {text!r}", ["-o", text, "a", "b"], "a b", status=1)
        for text in [
            "nosuch",
            "",
            "5 ",
            "-1",
            "-0",
            "+",
            "++5",
            "+ 5",
            "08",
            "0x",
            "0xg",
            "1_0",
            "4294967296",
            "99999999999999999999",
            "root:root",
            "root.root",
            "1:1",
            ":",
        ]
    ),
    *(
        install(f"group {text!r}", ["-g", text, "a", "b"], "a b", status=1)
        for text in ["nosuch", "", "7 ", "-7", ":root", "4294967296"]
    ),
    install("group after a good user", "-o root -g nosuch a b", "a", status=1),
    install(
        "quoted as a name",
        ["-o", "it's", "a", "b"],
        "a",
        status=1,
        stderr='pyinstall: invalid user "it\'s"\n',
        differs="quotes around owners",
    ),
    install(
        "beyond ascii",
        ["-o", "é", "a", "b"],
        "a",
        status=1,
        stderr="pyinstall: invalid user ''$'\\303\\251'\n",
        differs="quotes around owners",
    ),
    install(
        "group quoted as a name",
        ["-g", "x\n", "a", "b"],
        "a",
        status=1,
        stderr="pyinstall: invalid group 'x'$'\\n'\n",
        differs="quotes around owners",
    ),
)
def test_unknown(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Anything else is refused before anything is done.

    Of 0b1 the C library of the oracle decides, so that is a case of unit/plan/test_owners.py.
    """
    same_as_gnu(case)


@cases(
    install(
        "somebody else",
        "-o root a b",
        "a b",
        status=1,
        stderr="pyinstall: cannot change ownership of 'b': Operation not permitted\n",
    ),
    install("somebody else among several", "-v -o root a b d", "a b d/", status=1),
    install("somebody else with backup", "-b -o root a b", "a b", status=1),
    install("oneself", f"-o {UID} a b", "a"),
    install("a group of one's own", "-g 77 -m 2755 a b", "a", groups=(77,)),
    install("a group of others", "-g 78 -m 2755 a b", "a", status=1, groups=(77,)),
    install("both with a group of others", f"-o {UID} -g 78 a b", "a", status=1, groups=(77,)),
)
def test_giving_away(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The owner comes before the mode: a file that cannot be given away stays private."""
    same_as_gnu(case)
