"""What is asked about SELinux: a command, what is there before it, and what is looked at after."""

from collections.abc import Iterator

from tests.vm.guest.by_python import EVENTS
from tests.vm.guest.question import Question

SHADOW = "--context=system_u:object_r:shadow_t:s0"
NO_TYPE = "--context=system_u:object_r:nosuch_t:s0"


COPY = (
    "cp",
    "cp -Z",
    "cp --context",
    "cp -p",
    "cp --preserve=context",
    "cp -a",
    "cp --preserve=all",
    f"cp {SHADOW}",
)
INSTALL = ("install", "install -Z", "install --preserve-context", f"install {SHADOW}")
MORE = (
    "cp -a --no-preserve=context",
    "cp --preserve=xattr",
    "cp --preserve=xattr -Z",
    "cp --attributes-only -Z",
    "cp --attributes-only --preserve=context",
)
JSON = f"--json={EVENTS}"
OURS = (
    *("--atomic", "--durable", "--verify", "--resume", "--dry-run", JSON),
    *("--jobs=1", "--jobs=2", "--jobs=3", "--jobs=4", "--through=python", "--through=executor"),
)
"""Options of ours, whose results are those of GNU without them."""


def questions() -> Iterator[Question]:
    yield from _new()
    yield from _existing()
    yield from _trees()
    yield from _words()
    yield from _elsewhere()
    yield from _confined()
    yield from _told()


def _new() -> Iterator[Question]:
    for name in ("/etc/zz", "/usr/local/bin/zz", "/var/www/zz", "/tmp/zz", "/root/w/zz"):
        for command in COPY + INSTALL:
            yield Question("new", "", f"{command} f {name}", (name,))
        for options in ("-d", "-d -Z", f"-d {SHADOW}", "-d --preserve-context"):
            yield Question("new", "", f"install {options} {name}", (name,))
    for command in MORE:
        yield Question("new", "", f"{command} f /etc/zz", ("/etc/zz",))
    named = "/etc/resolv.conf.zz"  # the policy has a type of its own for it
    for command in (*COPY, *INSTALL, "install -d -Z"):
        source = "" if "-d" in command else "f "
        yield Question("new", "", f"{command} {source}{named}", (named,))
    for command in (*INSTALL, "cp -Z", "cp --context"):
        yield Question("new", "", f"{command} f zz", ("zz",))
        yield Question("new", "", f"{command} f ../../etc/zz", ("/etc/zz",))
        yield Question("new", "", f"{command} f /dev/shm/zz", ("/dev/shm/zz",))
        yield Question("new", "symlink", f"{command} f /root/w/way/zz", ("/etc/zz",))
        yield Question("new", "link source", f"{command} s /etc/zz", ("/etc/zz",))
    for options in ("-L --preserve=context", "-P --preserve=context", "-H -a", "-s", "-L -a"):
        yield Question("new", "link source", f"cp {options} /root/w/s /etc/zz", ("/etc/zz",))
    for options in ("-s -Z", f"-s {SHADOW}", "-s --preserve=context", f"-l {SHADOW}"):
        yield Question("new", "", f"cp {options} /root/w/f /root/w/zz", ("zz", "f"))
    for options in ("", "-Z", "-a", "--preserve=context", SHADOW):
        for more in ("--atomic", "--verify --durable"):
            yield Question("ours", "", f"cp {options} {more} f /etc/zz", ("/etc/zz",))
            yield Question("ours", "old", f"cp {options} {more} f /etc/zz", ("/etc/zz",))
        whole = tuple(f"/var/www/zz{name}" for name in TREE)
        for jobs in ("--jobs=1", "--jobs=2"):
            yield Question("ours", "tree", f"cp -r {options} {jobs} d /var/www/zz", whole)
    for options in ("", "-Z", "--preserve-context", SHADOW):
        yield Question("ours", "old", f"install {options} --atomic f /etc/zz", ("/etc/zz",))


def _existing() -> Iterator[Question]:
    looks = ("/etc/zz", "/etc/zz~")
    for options in (
        *("-f", "-f -Z", "--remove-destination", "--remove-destination -Z", "-b", "-b -Z"),
        *("-b --preserve=context", "--remove-destination --preserve=context", f"-b {SHADOW}"),
        *("-u -Z", "-n -Z", "-l -Z", "-s -Z", "-f -s -Z", "-f -l -Z", "--attributes-only -Z"),
        *("--attributes-only --preserve=context", "-a -Z", f"-a {SHADOW}", "--preserve=xattr"),
        "--preserve=xattr -Z",
    ):
        yield Question("existing", "old", f"cp {options} /root/w/f /etc/zz", looks)
    for command in (*COPY, *INSTALL, "install -b", "install -b -Z", "install -C", "install -C -Z"):
        yield Question("existing", "old", f"{command} /root/w/f /etc/zz", looks)
    for options in ("", "-Z", "--preserve-context", SHADOW, "-m 644", "-p"):
        yield Question("existing", "same", f"install -C {options} f /etc/zz", looks)
    yield Question("existing", "same and label", "install -C --preserve-context f /etc/zz", looks)
    yield Question("existing", "same", "install -C f ../../etc/zz", looks)
    for options in ("-d", "-d -Z", f"-d {SHADOW}"):
        yield Question("existing", "old directory", f"install {options} /etc/zz", looks)


TREE = ("", "/bin", "/bin/x", "/bin/l", "/lib", "/lib/y", "/p")


def _trees() -> Iterator[Question]:
    whole = tuple(f"/var/www/zz{name}" for name in TREE)
    for options in (
        *("-r", "-r -Z", "-a", "-d -R --preserve=context", "-a -Z", f"-r {SHADOW}", "-r -p"),
        *("-r --preserve=all", f"-a {SHADOW}", "-r -L --preserve=context --copy-contents"),
    ):
        if "contents" not in options:
            yield Question("tree", "tree", f"cp {options} d /var/www/zz", whole)
        yield Question("tree", "tree without fifo", f"cp {options} d /var/www/zz", whole[:-1])
    for options in ("-r", "-r -Z", "-a", f"-r {SHADOW}", "-r -T -Z", "-r --preserve=context"):
        target = "-T d /var/www/zz" if "-T" in options else "d/. /var/www/zz"
        yield Question("tree", "both trees", f"cp {options} {target}", whole)
    yield Question("tree", "tree", "cp -r -Z d /etc/zz", tuple(f"/etc/zz{name}" for name in TREE))
    parents = ("/etc/d", "/etc/d/bin", "/etc/d/bin/x", "/etc/d/lib", "/etc/d/lib/y")
    for options in ("-Z", "-a", "--preserve=context", "", SHADOW):
        yield Question("tree", "tree", f"cp --parents {options} d/lib/y d/bin/x /etc", parents)
        yield Question("tree", "parents", f"cp --parents {options} d/lib/y d/bin/x /etc", parents)
    made = ("/var/www/zz", "/var/www/zz/q", "/var/www/zz/q/r")
    for options in ("", "-Z", SHADOW, "--preserve-context"):
        yield Question("tree", "", f"install -D {options} f /var/www/zz/q/r", made)
        inside = (*made, "/var/www/zz/q/r/f")
        yield Question("tree", "", f"install -D {options} f -t /var/www/zz/q/r", inside)
        yield Question("tree", "", f"install -d {options} /var/www/zz/q/r", made)


def _words() -> Iterator[Question]:
    for options in (
        *("--context=bogus", NO_TYPE, "--context=", "-Z --preserve=context", "-v -Z"),
        *("--preserve=context -Z", "--context=system_u:object_r:etc_t:s0 --preserve=context"),
        *("-a -Z", "-Z -a", f"-a {SHADOW}", "--preserve=all -Z", "-Zr", "-Z -Z", f"-Z {SHADOW}"),
        *(f"{SHADOW} -Z", "--preserve=context,all", "-a --preserve=context", "--preserve=con"),
        *("--preserve=context --no-preserve=context", "--no-preserve=all --preserve=context"),
        *(f"{NO_TYPE} -l", f"{NO_TYPE} -Z", f"{SHADOW} {NO_TYPE}", f"{NO_TYPE} {SHADOW}"),
    ):
        yield Question("words", "", f"cp {options} f /etc/zz", ("/etc/zz",))
    for options in (
        *("--context=bogus", NO_TYPE, "-Z --preserve-context", "--preserve-context -Z", "-v -Z"),
        *(f"--preserve-context {SHADOW}", "-p -Z", "--context=", f"-Z {SHADOW}"),
    ):
        yield Question("words", "", f"install {options} f /etc/zz", ("/etc/zz",))
    yield Question("words", "", "install -d --context=bogus /etc/zz", ("/etc/zz",))
    both = ("/var/www/f", "/var/www/g")
    for word in ("--context=bogus", NO_TYPE):
        yield Question("words", "", f"cp {word} f g /var/www", both)
    yield Question("words", "tree", f"cp -r {NO_TYPE} d /etc/zz", ("/etc/zz",))
    yield Question("words", "old", f"cp {NO_TYPE} f /etc/zz", ("/etc/zz",))
    for line in (f"cp {NO_TYPE}", f"cp {SHADOW} f", "cp -Z nothing /etc/zz", "install -Z f"):
        yield Question("words", "", line, ("/etc/zz",))


def _elsewhere() -> Iterator[Question]:
    for place in ("/run/v", "/run/e", "/run/c"):
        name = f"{place}/zz"
        for command in COPY + INSTALL:
            yield Question("elsewhere", "", f"{command} f {name}", (name,))
            if place == "/run/v":
                yield Question("elsewhere", f"old {name}", f"{command} f {name}", (name,))
        for options in ("-r -Z", "-a", "-r --preserve=context"):
            looks = (name, f"{name}/bin", f"{name}/bin/x")
            yield Question("elsewhere", "files only", f"cp {options} d {name}", looks)
    for command in ("cp --preserve=context", "cp -a", "cp", "install --preserve-context"):
        yield Question("elsewhere", "on vfat", f"{command} /run/v/s /etc/zz", ("/etc/zz",))
    for options in ("-r --preserve=context", "-a"):
        yield Question("elsewhere", "", f"cp {options} /run/e/lost+found /etc/zz", ("/etc/zz",))


def _confined() -> Iterator[Question]:
    home = "--context=user_u:object_r:user_home_t:s0"
    for source in ("f1", "k"):
        for command in (*COPY, *INSTALL, f"cp {home}", "cp --context=bogus", f"cp {NO_TYPE}"):
            yield Question("confined", "home", f"{command} {source} zz", ("zz",), True)
        for command in (*COPY, *INSTALL):
            yield Question("confined", "old home", f"{command} {source} zz", ("zz",), True)
    yield Question("confined", "home", f"install -d {SHADOW} zz", ("zz",), True)
    yield Question("confined", "home", "install --context=bogus f1 zz", ("zz",), True)
    for options in ("-b", "--remove-destination"):
        for kept in ("", "--preserve=context", SHADOW):
            line = f"cp {options} {kept} k zz"
            yield Question("confined", "old home", line, ("zz", "zz~"), True)
    for options in ("-r", "-r --preserve=context", "-a", "-r -Z", f"-r {SHADOW}"):
        yield Question("confined", "tree home", f"cp {options} t zz", ("zz", "zz/a", "zz/b"), True)


def _told() -> Iterator[Question]:
    whole = tuple(f"/var/www/zz{name}" for name in TREE)
    for options in ("", "-Z", "-a", "--preserve=context", SHADOW):
        for before in ("", "old"):
            yield Question("told", before, f"cp {options} {JSON} f /etc/zz", ("/etc/zz",))
        for way in (
            f"--jobs=1 {JSON}",
            f"--jobs=3 {JSON}",
            "--through=python",
            "--through=executor",
        ):
            yield Question("told", "tree", f"cp -r {options} {way} d /var/www/zz", whole)
    for options in ("", "-Z", "--preserve-context", SHADOW):
        yield Question("told", "old", f"install {options} {JSON} f /etc/zz", ("/etc/zz",))
    for line in ("-D -Z f /etc/zz/q", "-d -Z /etc/zz/q"):
        yield Question("told", "", f"install {JSON} {line}", ("/etc/zz", "/etc/zz/q"))
    for options in ("-Z", "-Z --preserve=context", "--context=bogus", NO_TYPE, SHADOW):
        yield Question("told", "", f"cp {options} --dry-run {JSON} f /etc/zz", ("/etc/zz",))
        yield Question("told", "", f"install {options} --dry-run {JSON} f /etc/zz", ("/etc/zz",))
