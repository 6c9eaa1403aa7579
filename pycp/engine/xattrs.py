"""Extended attributes and access control lists, which Linux keeps as attributes too.

/etc/xattr.conf (attr package) names attributes that are not to be copied, and those that belong to
the permissions and go with the mode.
"""

import struct
from errno import EINVAL, ENOSYS, ENOTSUP

from pycp import system
from pycp.errors import CopyError, SilentError, failed, reason
from pycp.quoting import quote_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.values import Entry

CONFIGURATION = "/etc/xattr.conf"
DEFAULT_RULES = (
    ("system.nfs4_acl", "permissions"),
    ("system.nfs4acl", "permissions"),
    ("system.posix_acl_access", "permissions"),
    ("system.posix_acl_default", "permissions"),
    ("trusted.SGI_ACL_DEFAULT", "skip"),
    ("trusted.SGI_ACL_FILE", "skip"),
    ("trusted.SGI_CAP_FILE", "skip"),
    ("trusted.SGI_DMI_*", "skip"),
    ("trusted.SGI_MAC_FILE", "skip"),
    ("xfsroot.*", "skip"),
    ("user.Beagle.*", "skip"),
    ("security.evm", "skip"),
    ("afs.*", "skip"),
)
ACCESS_LIST = "system.posix_acl_access"
DEFAULT_LIST = "system.posix_acl_default"
PERMISSION_LISTS = (ACCESS_LIST, DEFAULT_LIST, "system.nfs4_acl")
UNSUPPORTED = frozenset((ENOTSUP, ENOSYS))

list_xattrs = system.xattr().list_names
"""Return the names of a file's extended attributes."""

_rules: tuple[tuple[str, str], ...] = ()
_actions: dict[str, str] = {}
"""What was found for the names met so far: a tree has few, on many files."""


def _action(name: str) -> str:
    """Return what /etc/xattr.conf says of an attribute: "skip", "permissions" or nothing."""
    if name not in _actions:
        _actions[name] = _find_action(name)
    return _actions[name]


def _find_action(name: str) -> str:
    global _rules
    if not _rules:
        _rules = _read_rules() or DEFAULT_RULES
    for pattern, action in _rules:
        if name == pattern:
            return action
        if "*" in pattern or "?" in pattern or "[" in pattern:
            from fnmatch import fnmatchcase

            if fnmatchcase(name, pattern):
                return action
    return ""


def _read_rules() -> tuple[tuple[str, str], ...]:
    try:
        with open(CONFIGURATION, encoding="utf-8", errors="surrogateescape") as lines:
            words = [line.partition("#")[0].split() for line in lines]
    except OSError:
        return ()
    return tuple((rule[0], rule[1]) for rule in words if len(rule) == 2)


def copy_xattrs(
    job: "Job", entry: "Entry", source: "system.Where", destination: "system.Where"
) -> tuple[list[str], SilentError | None]:
    """Copy extended attributes, except permissions; tell what fails.

    Return the names the source has, and the failure if one was asked for by name.
    """
    last = None
    try:
        names = system.xattr().list_names(source)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            last = tell(job, error, failed("listing attributes of", entry.source, error))
        return [], last
    for name in names:
        if _action(name):
            continue
        # The name of the attribute stands where a file's would make sense: GNU's own words.
        both = f"{quote_name(name)} %s {quote_name(name)}: "
        try:
            value = system.xattr().get_value(source, name)
        except OSError as error:
            text = "getting attribute " + both % "of" + reason(error)
            last = tell(job, error, CopyError(text, error.errno, entry.source))
            continue
        try:
            system.xattr().set_value(destination, name, value)
        except OSError as error:
            if error.errno in UNSUPPORTED:
                problem = failed("setting attributes for", entry.destination, error)
                last = tell(job, error, problem)
                break
            text = "setting attribute " + both % "for" + reason(error)
            last = tell(job, error, CopyError(text, error.errno, entry.destination))
    return names, last


def tell(job: "Job", error: OSError, problem: CopyError) -> SilentError | None:
    """Tell a failure as far as the options want to hear of it; return it if it counts as one."""
    wanted = job.options.xattr_errors
    if wanted == "all" or (wanted == "some" and error.errno not in (ENOTSUP, system.NO_ATTRIBUTE)):
        job.report.warn(str(problem))
    if not job.options.require_preserve_xattr:
        return None
    return SilentError(str(problem), problem.errno, problem.filename)


def copy_permissions(
    source: "system.Where", destination: "system.Where", names: list[str] | None
) -> None:
    """Copy access control lists; `names` are the source's attributes if they are known.

    Raise OSError if the destination cannot keep a list that the source has.
    """
    if names is None:
        try:
            names = system.xattr().list_names(source)
        except OSError:
            return
    for name in names:
        if name in PERMISSION_LISTS or _action(name) == "permissions":
            system.xattr().set_value(destination, name, system.xattr().get_value(source, name))


def set_minimal_acl(where: "system.Where", mode: int) -> bool:
    """Make owner, group and others of `mode` the whole access control list.

    Return False where the file system knows no such lists. The value is that of acl(5) on Linux:
    version 2, then tag, permissions and an unused id of each entry, little-endian.
    """
    unused = 0xFFFFFFFF
    value = struct.pack("<I", 2)
    for tag, shift in ((0x01, 6), (0x04, 3), (0x20, 0)):
        value += struct.pack("<HHI", tag, mode >> shift & 7, unused)
    try:
        system.xattr().set_value(where, ACCESS_LIST, value)
    except OSError as error:
        if error.errno in UNSUPPORTED or error.errno == EINVAL:
            return False
        raise
    return True


def has_default_list(where: "system.Where") -> bool:
    """Return whether an access list of a directory may take the place of the umask in it."""
    try:
        return DEFAULT_LIST in system.xattr().list_names(where)
    except OSError as error:
        return error.errno not in UNSUPPORTED
