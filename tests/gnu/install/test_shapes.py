"""What makefiles call: the 25 shapes of section 14 of the specification, and configure's probes."""

from tests import tree
from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import BOTH, ROOT, install, script
from tests.tree import directory, file

STRIPPING: tree.Spec = {
    "a": "A",
    "b": "B",
    "d": directory(),
    "bin/strip": script('echo stripped >> "$1"'),
}
STRIPPED = "$ PATH=$PWD/bin:$PATH; STRIP=true; "


@cases(
    install("shape 1", "-D -m 0644 a root/usr/lib/a", "a"),
    install("shape 2", "-m 0644 -D a root/usr/lib/a", "a"),
    install("shape 3 to a file", "-m 644 a c", "a"),
    install("shape 3 to a directory", "-m 644 a d", "a d/a"),
    install("shape 4", "-d -m 755 root/usr/bin"),
    install("shape 4 after Z", "-Z -d -m 755 root/usr/bin"),
    install("shape 5 to a file", "a c", "a"),
    install("shape 5 to a directory", "a d", "a d/"),
    install("shape 6", "a b d", "a b d/"),
    install("shape 7", "-d root/usr/bin"),
    install("shape 8", "-D a root/usr/bin/a", "a"),
    install("shape 9 with t", "a b -m 644 -t d", "a b d/"),
    install("shape 9 with a file", "a -m 644 c", "a"),
    install("shape 10", "-m 0755 -t d a b", "a b d/"),
    install("shape 11", "-D -m 0644 a b d", "a b d/"),
    install("shape 12", "-m 0755 -d root/usr/bin"),
    install("shape 13", "-c -m 644 a b d", "a b d/"),
    install("shape 14", "-m 755 a b d", "a b d/"),
    install("shape 15", "-D -m0755 a root/usr/bin/a", "a"),
    install("shape 16", "-Dm755 a root/usr/bin/a", "a"),
    install("shape 17", "-Dm644 -t root/usr/share a b", "a b"),
    install("shape 17 in other words", "-D -m 444 -t root/usr/share a b", "a b"),
    install("shape 18", "-v -m 755 a d", "a d/a"),
    install("shape 19", "-p -m 644 a d", "a-9 d/"),
    install("shape 19 as INSTALL", '$ INSTALL="pyinstall -p"; $INSTALL -m 0644 a b', "a-9"),
    install("shape 20", "-d usr/bin usr/lib usr/share/man"),
    install("shape 21", "-m 644 -D -T a root/usr/a", "a"),
    install("shape 22", "-dm 0700 root/var"),
    install("shape 22 attached", "-dm755 root/var"),
    install("shape 23", f"{STRIPPED}pyinstall -s -m 755 a b d", STRIPPING),
    install(
        "shape 23 with a program", f"{STRIPPED}pyinstall -s --strip-program=$STRIP a b", STRIPPING
    ),
    install("shape 23 without s", f"{STRIPPED}pyinstall --strip-program=true a b", STRIPPING),
    install("shape 24", "-o root -g root -m 4755 a d/b", "a d/b", who=ROOT),
    install("shape 24 of a directory", "-g root -o root -m 755 -d root/usr", who=ROOT),
    install("shape 24 as an ordinary user", "-o root -g root -m 4755 a b", "a", status=1),
    install("shape 25 empty", "-m 644 /dev/null b"),
    install("shape 25 from a pipe", "$ echo x | pyinstall -m 600 /dev/stdin b"),
    install("shape 25 compare", "-C -m 644 a d", {"a": "A", "d/a": file("A", 0o644, age=-9)}),
    install("shape 25 context", "-Z -m 644 a b", "a"),
)
def test_shape(case: Case, same_as_gnu: SameAsGnu) -> None:
    same_as_gnu(case)


AUTOCONF = """$ set -e
echo one > conftest.one
echo two > conftest.two
mkdir conftest.dir
found=$(command -v pyinstall)
"$found" -c conftest.one conftest.two "$PWD/conftest.dir/"
for file in one two dir/conftest.one dir/conftest.two; do test -s conftest.$file; done
if grep -e dspmsg -e pwplus "$found" >/dev/null; then exit 9; fi
rm -rf conftest.one conftest.two
INSTALL="$found -c"; INSTALL_PROGRAM='${INSTALL}'; INSTALL_DATA='${INSTALL} -m 644'
eval "$INSTALL_PROGRAM conftest.dir/conftest.one p"
eval "$INSTALL_DATA conftest.dir/conftest.two d"
"""
CROSSTOOL = """$ set -e
echo program > conftest
mkdir conftest.dir
pyinstall --strip-program=true -s conftest conftest.dir/conftest
test -s conftest.dir/conftest
"""
DEBHELPER = """$ set -e
INSTALL="pyinstall --strip-program=true"
$INSTALL -m 644 a d
$INSTALL -s -m 755 b d
$INSTALL -p -m0644 a e
$INSTALL -p -m0755 b e
"""
GIT = """$ set -e
INSTALL=pyinstall INSTALL_STRIP=
for try in first second; do
    $INSTALL -d -m 755 "$PWD/root/bin"
    $INSTALL $INSTALL_STRIP a b "$PWD/root/bin"
    $INSTALL -m 644 a b "$PWD/root/bin"
done
"""
LUA = """$ cd s && INSTALL="pyinstall -p" && pyinstall -d ../root/bin ../root/include &&
$INSTALL -m 0755 a b ../root/bin && $INSTALL -m 0644 h ../root/include"""
LIBTOOL = """$ set -e
for file in a b; do pyinstall -c $file "$PWD/d/$file"; done
pyinstall -c -m 644 a d/liba.la
"""


@cases(
    install("autoconf's", AUTOCONF),
    install("crosstool-NG's", CROSSTOOL),
    install("debhelper's", DEBHELPER, "a-9 b-9 d/ e/"),
    install("git's", GIT, "a b"),
    install("lua's", LUA, "s/a-9 s/b-9 s/h-9"),
    install("libtool's", LIBTOOL, "a b d/"),
    install(
        "automake's man page",
        (
            '$ DESTDIR=$PWD/root; pyinstall -d "$DESTDIR/man1"; '
            'pyinstall -c -m 644 "a.1" "$DESTDIR/man1/b.1"'
        ),
        "a.1",
    ),
    install("rpm's", "$ pyinstall -dp root/etc && pyinstall -p -m 644 a root/etc", "a-9"),
    install(
        "buildroot's",
        "$ pyinstall -D -m 0755 a root/usr/bin/a && pyinstall -D -m 0644 b root/etc/b.conf",
        "a b",
    ),
    install("podman's with an empty variable", "$ pyinstall ${SELINUXOPT} -m 755 a b", "a"),
    install(
        "podman's with Z",
        (
            "$ SELINUXOPT=-Z; pyinstall ${SELINUXOPT} -d -m 755 d && "
            "pyinstall ${SELINUXOPT} -m 755 a d/b"
        ),
        "a",
    ),
    who=BOTH,
)
def test_what_build_systems_try(case: Case, same_as_gnu: SameAsGnu) -> None:
    """configure's own questions, and the ways in which packages call what they found."""
    same_as_gnu(case)
