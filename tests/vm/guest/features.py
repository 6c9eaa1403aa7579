"""What is asked on each file system: a feature, what is there before it, and a command.

`{}` is a name on that file system, `{}2` another one.
"""

from collections.abc import Iterator

from tests.vm.guest.odd import tree_for
from tests.vm.guest.question import Question

DISKS = (
    *("ext4", "casefold", "xfs", "btrfs", "f2fs", "jfs", "nilfs2", "udf", "vfat", "exfat"),
    *("ntfs3", "ntfs-3g", "overlay", "bindfs", "minix"),
)
"""File systems, by the names in `disks`."""
NFS = ("9p", "nfs3", "nfs4.0", "nfs4.2")
CIFS = ("cifs", "cifs-posix", "cifs-unix")
"""File systems, by the names in `servers`; the last two have extensions for Unix."""
SHADOW = "--context=system_u:object_r:shadow_t:s0"
FEATURES = (
    ("-r", "", "cp -r odd {}"),
    ("-a", "", "cp -a odd {}"),
    ("over", "archive", "cp -a odd/. {}"),
    ("backup", "long", "cp -r -b {}2/. {}"),
    ("-u", "archive", "cp -a -u -v odd/. {}"),
    ("from", "archive", "cp -a {} /root/w/zz"),
    ("within", "archive", "cp -a --jobs=1 {} {}2"),
    ("links", "archive", "cp -r -l {} {}2"),
    ("sparse", "", "cp -r --sparse=always odd {}"),
    ("sparse", "", "cp -r --sparse=never --reflink=never odd {}"),
    ("reflink", "archive", "cp -r --reflink=always {}/in {}2"),
    ("how", "archive", "cp --debug {}/holes {}2"),
    ("names", "", "cp -r names {}"),
    ("install", "", "install -p odd/plain {}"),
    ("install", "installed", "install -C odd/plain {}"),
    ("install", "", "install -d -m 2770 {}/a/b"),
    ("label", "", f"cp {SHADOW} odd/plain {{}}"),
    ("--atomic", "", "cp -a --atomic odd {}"),
    ("--atomic", "archive", "cp -r --atomic odd/. {}"),
    ("--durable --verify", "", "cp -a --durable --verify odd {}"),
    ("-j4", "", "cp -a --jobs=4 odd {}"),
    ("--resume", "killed", "cp -a --resume large {}"),
)

SOME = {
    "minix": frozenset(("backup",)),  # its names have 30 bytes at most
}
"""What is asked where not everything is."""


def questions(places: tuple[str, ...]) -> Iterator[Question]:
    for place in places:
        name = f"/run/fs/{place}/zz"
        for feature, before, command in FEATURES:
            if feature not in SOME.get(place, (feature,)):
                continue
            line = command.replace("{}", name).replace("odd", tree_for(place))
            last = line.split()[-1].removesuffix("/a/b")
            looks = dict.fromkeys((f"{name}/", f"{last}/"))
            yield Question("places", before, line, tuple(looks), place=place, feature=feature)
