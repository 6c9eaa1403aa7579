"""The words of the command line: options, prefixes, values, and what they say when wrong."""

from tests.case import ANYTHING, Case, SameAsGnu, cases
from tests.tree import directory

TRY = "Try 'pycp --help' for more information.\n"
MISSING = "pycp: missing file operand\n" + TRY
BACKUP_CONFLICT = "pycp: --backup is mutually exclusive with -n or --update=none-fail\n" + TRY
OPTIONS = (
    "archive attributes-only backup copy-contents debug dereference force interactive link "
    "no-clobber no-dereference no-preserve no-target-directory one-file-system parents path "
    "preserve recursive remove-destination sparse reflink strip-trailing-slashes suffix "
    "symbolic-link target-directory update verbose keep-directory-symlink context help version"
)
EVERY_OPTION = " ".join(f"'--{name}'" for name in OPTIONS.split())
UPDATE_VALUES = "Valid arguments are:\n  - 'all'\n  - 'none'\n  - 'none-fail'\n  - 'older'\n"


@cases(
    Case("no operand", "", status=1, stderr=MISSING),
    Case("no operand after options", "-rv --", status=1, stderr=MISSING),
    Case(
        "one operand",
        "a",
        "a",
        status=1,
        stderr="pycp: missing destination file operand after 'a'\n" + TRY,
    ),
    Case("one operand with T", "-T a", "a", status=1),
    Case("one odd operand", ["it's"], status=1),
    Case("T with t", "-T -t d a", "a d/", status=1),
    Case("T with t and no operand", "-T -t d", "d/", status=1, stderr=MISSING),
    Case("T with three operands", "-T a b c", "a b c", status=1),
    Case("T with t and three operands", "-T -t d a b c", "a b c d/", status=1),
    Case("t alone", "-t d", "d/", status=1, stderr=MISSING),
    Case("t twice", "-t d -t e a", "a d/ e/", status=1),
    Case("t twice with the same name", "-t d --target-directory=d a", "a d/", status=1),
    Case("t twice before an unknown option", "-t d -t d --foo a", "a d/", status=1),
    Case("unknown option before t twice", "--foo -t d -t d a", "a d/", status=1),
    Case("parents without a directory", "--parents a b", "a", status=1),
    Case("parents onto a file", "--parents a b", "a b", status=1),
    Case("parents with T", "--parents -T a d", "a d/", status=1),
)
def test_operand_counts(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Too few or too many operands are a usage error, checked in GNU's order."""
    same_as_gnu(case)


@cases(
    Case("unknown long", "--foo=3 a b", "a", status=1),
    Case("unknown long after operands", "a b --foo", "a", status=1),
    Case("unknown long with odd bytes", ["--f\udcff\n", "a", "b"], "a", status=1),
    Case("unknown short", "-q a b", "a", status=1),
    Case("unknown short in a bundle", "-rqv a b", "a", status=1),
    Case("unknown short beyond ascii", ["-é", "a", "b"], "a", status=1),
    Case("c is no option", "-c a b", "a", status=1),
    Case("reply is no option", "--reply=yes a b", "a", status=1),
    Case("three dashes", "---recursive a b", "a", status=1),
    Case(
        "equals sign alone",
        "--=x a b",
        "a",
        status=1,
        stderr=f"pycp: option '--=x' is ambiguous; possibilities: {EVERY_OPTION}\n{TRY}",
        differs="debug option",
    ),
    Case("value for archive", "--archive=x a b", "a", status=1),
    Case("value for abbreviated archive", "--ar=x a b", "a", status=1),
    Case("empty value for verbose", "--verbose= a b", "a", status=1),
    Case("value for help", "--help=x", status=1),
    Case("long target directory lacks its value", "a --target-directory", "a", status=1),
    Case("long suffix lacks its value", "a b --suf", "a", status=1),
    Case("sparse lacks its value", "a b --sparse", "a", status=1),
    Case("no-preserve lacks its value", "a b --no-preserve", "a", status=1),
    Case("short S lacks its value", "a b -S", "a", status=1),
    Case("short t lacks its value in a bundle", "a b -vt", "a", status=1),
    Case("b takes no value", "-b=x a b", "a b", status=1),
    Case("backup takes no separate value", "--backup numbered b", "numbered b"),
    Case("preserve takes no separate value", "--preserve mode b", "mode"),
    Case("help wins over later nonsense", "--help --foo", stdout=ANYTHING, stderr=""),
    Case("version wins over later nonsense", "--version --foo", stdout=ANYTHING, stderr=""),
    Case("nonsense wins over later help", "--foo --help", status=1),
    Case("help wins over missing operands", "-t d --help -t d", stdout=ANYTHING, stderr=""),
    Case("help wins over a contradiction", "-l -s --help", stdout=ANYTHING, stderr=""),
    Case("bad value wins over later help", "--sparse=x --help", status=1),
    Case("help after dashes is a file", "-- --help b", {"--help": "words"}),
)
def test_option_errors(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Mistaken options are told as getopt_long tells them, the first one only."""
    same_as_gnu(case)


@cases(
    Case("options between operands", "a -v b", "a"),
    Case("options after operands", "a b -v", "a"),
    Case(
        "posixly correct stops at the first operand",
        "-v a b -v",
        "a",
        env={"POSIXLY_CORRECT": "1"},
        status=1,
    ),
    Case("posixly correct may be empty", "a b -v", "a", env={"POSIXLY_CORRECT": ""}, status=1),
    Case("posixly correct with options first", "-v a b", "a", env={"POSIXLY_CORRECT": "1"}),
    Case("two dashes end the options", "-- -a -v", {"-a": "A"}),
    Case("two dashes in the middle", "-v a -- -b", "a"),
    Case("only the first two dashes count", "a -- -- d", {"a": "A", "--": "B", "d": "D"}, status=1),
    Case("a dash is a file", "-v - b", {"-": "dash"}),
    Case("a dash is a destination", "a -", "a"),
    Case("suffix in a bundle", "-vS.bak a b", "a b"),
    Case("suffix keeps its equals sign", "-S=.bak a b", "a b"),
    Case("suffix as the next word", "-S .bak a b", "a b"),
    Case("suffix takes an option as its value", "-S -v a b", "a b"),
    Case("target in a bundle", "-Rtd s", "s/f d/"),
    Case("target as the next word", "-Rvt d s", "s/f d/"),
    Case("target after the sources", "a b -t d", "a b d/"),
    Case("target with an equals sign is a name", "-t=d a", {"a": "A", "=d": directory()}),
    Case("long target with equals sign", "--target-directory=d a", "a d/"),
    Case("long target as the next word", "--target-directory d a", "a d/"),
    Case("empty long target", "--target-directory= a", "a d/", status=1),
    Case("options may be given twice", "-v -v -R -R --verbose s n", "s/f"),
)
def test_arrangement(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Options and operands mix freely, options bundle, and values attach by getopt's rules."""
    same_as_gnu(case)


PREFIXES = {
    "--ar": "s n",
    "--at": "a b",
    "--b": "a b",
    "--cop": "a n",
    "--der": "l n",
    "--f": "r b",
    "--i": "a b",
    "--l": "a n",
    "--no-c": "a b",
    "--no-d": "l n",
    "--no-p=mode": "x n",
    "--no-t": "a n",
    "--o": "a n",
    "--pa": "s/f d",
    "--path": "s/f d",
    "--pr": "a n",
    "--rec": "s n",
    "--rem": "a b",
    "--ref=never": "a n",
    "--sp=always": "a n",
    "--st": "a/ d",
    "--su=.old": "a b",
    "--sy": "a n",
    "--t=d": "a b",
    "--u": "a b",
    "--verb": "a n",
    "--con": "a n",
}


@cases(
    *(
        Case(
            f"prefix {prefix}", f"{prefix} {operands}", "a b s/f d/ l->a r@0400 x@0755", stdin="y\n"
        )
        for prefix, operands in PREFIXES.items()
    ),
    Case("prefix --vers", "--vers", stdout=ANYTHING),
    Case("prefix --h", "--h", stdout=ANYTHING),
    Case("prefix --deb", "--deb a b", "a", stdout=ANYTHING, differs="debug option", like="a b"),
    Case("prefix --k", "-R --k s n", "s/f", differs="keep-directory-symlink option", like="-R s n"),
    Case("ambiguous --a", "--a a b", "a", status=1),
    Case("ambiguous --re with a value", "--re=auto a b", "a", status=1),
    Case("ambiguous --r", "--r a b", "a", status=1),
    Case("ambiguous --s", "--s a b", "a", status=1),
    Case("ambiguous --no", "--no a b", "a", status=1),
    Case("ambiguous --p", "--p a b", "a", status=1),
    Case("ambiguous --ver", "--ver", status=1),
    Case("ambiguous --co", "--co a b", "a", status=1),
    Case("ambiguous --c", "--c a b", "a", status=1),
    *(
        Case(
            f"ambiguous {prefix}",
            f"{prefix} a b",
            "a",
            status=1,
            stderr=(
                f"pycp: option '{prefix}' is ambiguous; possibilities: '--debug' '--dereference'\n"
            )
            + TRY,
            differs="debug option",
            like="$ :",
        )
        for prefix in ["--d", "--de"]
    ),
)
def test_abbreviations(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The shortest unique prefix of a long option works, and a shorter one is ambiguous."""
    same_as_gnu(case)


@cases(
    Case("sparse unknown", "--sparse=x a b", "a", status=1),
    Case("sparse ambiguous", "--sparse=a a b", "a", status=1),
    Case("sparse empty", "--sparse= a b", "a", status=1),
    Case("sparse by prefix", "--sparse=al a b", "a"),
    Case("sparse is case sensitive", "--sparse=Always a b", "a", status=1),
    Case("sparse is not trimmed", ["--sparse= auto", "a", "b"], "a", status=1),
    Case("reflink unknown", "--reflink=x a b", "a", status=1),
    Case("reflink ambiguous", "--reflink=a a b", "a", status=1),
    Case("reflink empty", "--reflink= a b", "a", status=1),
    Case("reflink by prefix", "--reflink=n a b", "a"),
    Case("preserve unknown", "--preserve=foo a b", "a", status=1),
    Case("preserve empty", "--preserve= a b", "a", status=1),
    Case("preserve with an empty last item", "--preserve=mode, a b", "a", status=1),
    Case("preserve with an empty first item", "--preserve=,mode a b", "a", status=1),
    Case("preserve by prefixes", "--preserve=m,t,o,l a b", "a@0755"),
    Case("preserve stops at the first wrong item", "--preserve=mode,x1,x2 a b", "a", status=1),
    Case("no-preserve unknown", "--no-preserve=foo a b", "a", status=1),
    Case("no-preserve empty", "--no-preserve= a b", "a", status=1),
    Case("backup unknown", "--backup=x a b", "a b", status=1),
    Case("backup ambiguous", "--backup=n a b", "a b", status=1),
    Case("backup ambiguous in utf-8", "--backup=n a b", "a b", status=1, locale="C.UTF-8"),
    Case("backup empty is no value", "-v --backup= a b", "a b"),
    Case("backup value is checked even if replaced", "--backup=x --backup=t a b", "a b"),
    Case("last backup value is checked", "--backup=t --backup=x a b", "a b", status=1),
    Case("version control unknown", "-b a b", "a b", env={"VERSION_CONTROL": "x"}, status=1),
    Case("version control ambiguous", "-b a b", "a b", env={"VERSION_CONTROL": "n"}, status=1),
    Case("version control matters only with backups", "a b", "a b", env={"VERSION_CONTROL": "x"}),
    Case("value holds a quote", ["--sparse=it's", "a", "b"], "a", status=1),
    Case("value holds a backslash", ["--sparse=a\\b", "a", "b"], "a", status=1),
    Case("value holds a tab", ["--sparse=a\tb", "a", "b"], "a", status=1),
    Case("value beyond ascii", ["--sparse=é", "a", "b"], "a", status=1),
    Case(
        "value holds a quote in utf-8", ["--sparse=it's", "a", "b"], "a", status=1, locale="C.UTF-8"
    ),
    Case(
        "value holds a curly quote in utf-8",
        ["--sparse=a’b", "a", "b"],
        "a",
        status=1,
        locale="C.UTF-8",
    ),
    Case("value beyond ascii in utf-8", ["--sparse=é", "a", "b"], "a", status=1, locale="C.UTF-8"),
    Case("value no utf-8 in utf-8", ["--sparse=\udcff", "a", "b"], "a", status=1, locale="C.UTF-8"),
    Case(
        "update unknown",
        "--update=x a b",
        "a",
        status=1,
        stderr=f"pycp: invalid argument 'x' for '--update'\n{UPDATE_VALUES}{TRY}",
        differs="update values",
        like="$ :",
    ),
    *(
        Case(
            f"update ambiguous {value or 'empty'}",
            f"--update={value} a b",
            "a",
            status=1,
            stderr=f"pycp: ambiguous argument '{value}' for '--update'\n{UPDATE_VALUES}{TRY}",
            differs="update values",
            like="$ :",
        )
        for value in ["", "n", "no"]
    ),
    *(
        Case(f"backup by prefix {value}", f"-v --backup={value} a b", "a b b.~1~")
        for value in ["o", "no", "ne", "ni", "nu", "e", "s", "t"]
    ),
)
def test_keyword_values(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Keywords may be shortened; a wrong one is followed by the list of right ones."""
    same_as_gnu(case)


@cases(
    Case("l with s", "-l -s a b", "a", status=1),
    Case("l with s before missing operands", "-ls", status=1),
    Case("l with s before backup with n", "-ls -bn a b", "a", status=1),
    *(
        Case(
            f"backup with {words}",
            f"{words} a b",
            "a b",
            status=1,
            stderr=BACKUP_CONFLICT,
            differs="backup with no-clobber",
            like="$ :",
        )
        for words in ["-bn", "--backup=none -n", "-S x -n", "-n --backup=numbered"]
    ),
    *(
        Case(
            f"backup with {words}",
            f"-b {words} a b",
            "a b",
            status=1,
            stderr=BACKUP_CONFLICT,
            differs="update values",
            like="$ :",
        )
        for words in ["--update=none", "--update=none-fail"]
    ),
    Case("backup with n cancelled by i", "-bni a b", "a b", stdin="y\n"),
    Case("reflink with sparse always", "--reflink --sparse=always a b", "a", status=1),
    Case("reflink with sparse never", "--reflink=always --sparse=never a b", "a", status=1),
    Case(
        "reflink with sparse before backup method",
        "--reflink --sparse=never --backup=x a b",
        "a",
        status=1,
    ),
    Case("reflink auto with sparse always", "--reflink=auto --sparse=always a b", "a"),
    Case("reflink never with sparse never", "--reflink=never --sparse=never a b", "a"),
    Case("backup method before context", "--backup=x --preserve=context a b", "a", status=1),
    Case("context before operands", "--preserve=context", status=1),
    Case("Z is silent", "-Z a b", "a"),
    Case("context without value is silent", "--context a b", "a"),
    Case("context with value warns", "--context=x a b", "a"),
    Case("context with empty value warns", "--context= a b", "a"),
    Case("context with value warns before missing operands", "--context=x", status=1),
    Case("context twice warns twice", "--context=x --context=y a b", "a"),
    Case("preserve all needs no context", "--preserve=all a b", "a"),
    Case("preserve context taken back", "--preserve=context --no-preserve=context a b", "a"),
    Case("archive with Z", "-aZ a b", "a"),
)
def test_contradictions(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Options that contradict each other are refused in GNU's order of checks."""
    same_as_gnu(case)
