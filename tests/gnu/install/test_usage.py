"""The words of the command line: what is refused, with which words, and in which order."""

from tests.case import ANYTHING, Case, SameAsGnu, cases
from tests.gnu.install.case import GID, TRY, UID, install

STRIP_IGNORED = (
    "pyinstall: WARNING: ignoring --strip-program option as -s option was not specified\n"
)
COMPARE_IGNORED = (
    "pyinstall: the --compare (-C) option is ignored when you specify a mode with"
    " non-permission bits\n"
)
COMPARE_AND_STRIP = f"pyinstall: options --compare (-C) and --strip are mutually exclusive\n{TRY}"


@cases(
    install("no operand", "", status=1, stderr=f"pyinstall: missing file operand\n{TRY}"),
    install("no operand with d", "-d", status=1, stderr=f"pyinstall: missing file operand\n{TRY}"),
    install("no operand with t", "-t d", "d/", status=1),
    install("no operand with missing t", "-t nodir", status=1),
    install(
        "one operand",
        "a",
        "a",
        status=1,
        stderr=f"pyinstall: missing destination file operand after 'a'\n{TRY}",
    ),
    install("one odd operand", ["a\nb"], status=1),
    install("one operand with D", "-D p/q", status=1),
    install("one operand with T", "-T a", "a", status=1),
    install("one operand with t", "-t d a", "a d/"),
    install("T with t", "-T -t d a", "a d/", status=1),
    install("T with t and no operand", "-T -t d", "d/", status=1),
    install("T with three operands", "-T a b c", "a b c", status=1),
    install("T with three operands and t", "-T -t d a b c", "a b c d/", status=1),
    install("T with d and three operands", "-d -T a b c", status=1),
    install("T with d and two operands", "-d -T a b"),
    install("T with d and one operand", "-d -T a"),
    install("t twice", "-t d -t d a", "a d/", status=1),
    install("d with s", "-d -s x", status=1),
    install("d with t", "-d -t d x", "d/", status=1),
    install("d with s and t", "-d -t d -s x", "d/", status=1),
    install("d with strip program", "-d --strip-program=x n", stderr=STRIP_IGNORED),
    install("d with everything it ignores", "-d -b -C -D -S .x -c n"),
    install("d with backup nonsense", "-d --backup=zzz n", status=1),
    install("unknown letter", "-B a b", "a", status=1),
    install("unknown letters of other systems", "-M x a b", "a", status=1),
    install("unknown word", "--atomic-nonsense a b", "a", status=1),
    install("Z with a value is a bundle", "-Zfoo a b", "a", status=1),
    install("mode lacks its value", "a b -m", "a", status=1),
    install("long mode lacks its value", "a b --mode", "a", status=1),
    install("ambiguous p", "--p a b", "a", status=1),
    install("ambiguous co", "--co a b", "a", status=1),
    install("strip is exact", "--strip --strip-program=true a b", "a"),
    install("help", "--help", stdout=ANYTHING, stderr=""),
    install("version before nonsense", "--version --foo", stdout=ANYTHING, stderr=""),
    install("help after dashes", "-- --help b", {"--help": "words"}),
)
def test_mistakes(case: Case, same_as_gnu: SameAsGnu) -> None:
    """A line that makes no sense is refused before anything is done."""
    same_as_gnu(case)


@cases(
    install("operands before target", "-m zzz a b c", "a b c", status=1),
    install("operand count before mode", "-m zzz a", "a", status=1),
    install("target before mode", "-t nodir -m zzz a", "a", status=1),
    install("backup before operands", "--backup=zzz", status=1),
    install("d and s before backup", "-d -s --backup=zzz", status=1),
    install("mode before owner", "-m zzz -o nosuch a b", "a", status=1),
    install("mode before strip warning", "-m zzz --strip-program=x a b", "a", status=1),
    install(
        "strip warning before owner",
        "--strip-program=x -o nosuch a b",
        "a",
        status=1,
        stderr=f"{STRIP_IGNORED}pyinstall: invalid user 'nosuch'\n",
    ),
    install("compare and strip", "-Cs a b", "a", status=1, stderr=COMPARE_AND_STRIP),
    install("compare and strip before owner", "-Cs -o nosuch a b", "a", status=1),
    install("mode before compare and strip", "-Cs -m zzz a b", "a", status=1),
    install("compare and special bits", "-C -m 4755 a b", "a b", stderr=COMPARE_IGNORED),
    install("compare and sticky", "-C -m +t a b", "a b", stderr=COMPARE_IGNORED),
    install("compare and special bits with d", "-dC -m 2755 n", stderr=COMPARE_IGNORED),
    install("compare warning before owner", "-C -m 4755 -o nosuch a b", "a", status=1),
    install("owner before group", "-o nosuch -g nosuch a b", "a", status=1),
    install("group before anything is done", "-g nosuch -D a p/q", "a", status=1),
    install("owner before directories", "-d -o nosuch n", status=1),
    install("mode before directories", "-d -m u+ -m u n", status=1),
    install("only the last mode counts", "-m zzz -m 600 a b", "a"),
    install("only the last owner counts", f"-o nosuch -g nosuch -o {UID} -g {GID} a b", "a"),
    install("an empty mode", ["-m", "600", "-m", "", "a", "b"], "a", status=1),
)
def test_the_order_of_the_checks(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Of several mistakes the one that GNU meets first is told."""
    same_as_gnu(case)


@cases(
    install("options after operands", "a b -m 600 -v", "a"),
    install("options after operands into a directory", "a b -m 644 -t d", "a b d/"),
    install("bundle", "-Dm644 a p/q", "a"),
    install("bundle with d", "-dm0700 n"),
    install("bundle with a suffix", "-bS .z -v a b", "a b"),
    install("c changes nothing", "-c -c a b", "a b"),
    install("equals sign belongs to the mode", "-m=644 a b", "a"),
    install("long mode", "--mode=640 a b", "a"),
    install("long mode as two words", "--mode 640 a b", "a"),
    install("shortest names", f"--b --m 600 --g {GID} --o {UID} -v a b", "a b"),
    install("shortest no-target-directory", "--n a b", "a b"),
    install("shortest target-directory", "--t d a", "a d/"),
    install("a dash is a file", "- b", {"-": "dash"}),
    install("dashes end the options", "-- -a -m", {"-a": "A"}),
    install("posixly correct", "a b -m", "a b", env={"POSIXLY_CORRECT": "1"}, status=1),
    install("context", "--context a b", "a"),
    install("context with a value", "--context=x a b", "a"),
    install("Z", "-Z a b", "a"),
    install("preserve context", "--preserve-context a b", "a"),
    install("both contexts in order", "--context=x --preserve-context --context= a b", "a"),
    install("context warning before a refusal", "--context=x a", "a", status=1),
    install("preserve_context is gone", "--preserve_context a b", "a", status=1),
)
def test_arrangement(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Options mix with operands, bundle and abbreviate by getopt's rules."""
    same_as_gnu(case)
