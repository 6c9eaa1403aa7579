"""Extended attributes and access control lists, which Linux keeps as attributes too.

/etc/xattr.conf (attr package) names attributes that are not to be copied, and those that belong to
the permissions and go with the mode. One that is refused costs none of the others, and a list that
cannot be read or kept is never taken for one that is not there: the group bits of the mode are its
mask then, and would give the group what only others had.
"""

from errno import EINVAL, ENOTSUP

from pycp import system
from pycp.errors import CopyError, SilentError, detached, failed, reason
from pycp.quoting import quote_name
from pycp.values import ALL_BITS, PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.entries import Entry

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
LABEL = "security.selinux"
OWNER_BITS = 0o7700
USER, OWNING_GROUP, GROUP, MASK, OTHERS = 0x02, 0x04, 0x08, 0x10, 0x20
"""Tags of the entries of an access list, that of the owner (0x01) aside: acl(5)."""
ENTRY = "<HHI"
"""Tag, permissions and id of one such entry."""
UNUSED_ID = 0xFFFFFFFF
MINIMAL_SIZE = 4 + 3 * 8
"""Bytes of an access list that says no more than a mode."""
INHERITED = 0x0F
"""Flags of an NFSv4 entry that matter for what is made in the directory (RFC 8881, 6.2.1.4)."""
SPECIAL_NAMES = (b"OWNER@", b"GROUP@", b"EVERYONE@")

_rules: tuple[tuple[str, str], ...] = ()
_actions: dict[str, str] = {}
"""What was found for the names met so far: a tree has few, on many files."""
_minimal_lists: dict[int, bytes] = {}
"""Access lists that say what a mode says, by mode."""


def _action(name: str) -> str:
    """Return what /etc/xattr.conf says of an attribute: "skip", "permissions" or nothing."""
    global _rules
    if name not in _actions:
        _rules = _rules or _read_rules() or DEFAULT_RULES
        found = (action for pattern, action in _rules if _matches(name, pattern))
        _actions[name] = next(found, "")
    return _actions[name]


def _matches(name: str, pattern: str) -> bool:
    if name == pattern or not {"*", "?", "["}.intersection(pattern):
        return name == pattern
    if pattern.endswith("*") and not {"*", "?", "["}.intersection(pattern[:-1]):
        return name.startswith(pattern[:-1])  # as most of them are; `fnmatch` imports much
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern)


def _read_rules() -> tuple[tuple[str, str], ...]:
    try:
        with open(CONFIGURATION, encoding="utf-8", errors="surrogateescape") as lines:
            words = [line.partition("#")[0].split() for line in lines]
    except OSError:
        return ()
    return tuple((rule[0], rule[1]) for rule in words if len(rule) == 2)


def copy_xattrs(
    job: "Job", entry: "Entry", source: "system.Where", destination: "system.Where"
) -> tuple[list[str] | None, SilentError | None]:
    """Copy extended attributes, except permissions; tell what fails.

    Return the names the source has, None if they are not known, and the failure if one was asked
    for by name.
    """
    last = refused = None
    try:
        names = system.xattr().list_names(source)
    except OSError as error:
        if error.errno in system.UNSUPPORTED:
            return [], None
        return None, tell(job, error, failed("listing attributes of", entry.source, error))
    for name in names:
        if not _is_copied(job, name):
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
            if error.errno in system.UNSUPPORTED:
                refused = refused or detached(error)
                continue
            text = "setting attribute " + both % "for" + reason(error)
            last = tell(job, error, CopyError(text, error.errno, entry.destination))
    if refused:  # told once, without names, and last: GNU's own way
        problem = failed("setting attributes for", entry.destination, refused)
        last = tell(job, refused, problem) or last
    return names, last


def named_copier(job: "Job") -> "Callable[[int, int, list[str]], None]":
    """Return the function that copies the named attributes and lists between open files.

    The function raises OSError for the first that fails, and tells nothing: `copy_xattrs` and
    `set_permissions` do it again, and tell.
    """
    get_value, set_value = system.xattr().value_of_open, system.xattr().set_on_open
    wanted: dict[str, bool] = {}

    def copy(source: int, destination: int, names: list[str]) -> None:
        for name in names:
            is_wanted = wanted.get(name)
            if is_wanted is None:
                is_wanted = wanted[name] = _is_list(name) or _is_copied(job, name)
            if is_wanted:
                set_value(destination, name, get_value(source, name))

    return copy


def _is_list(name: str) -> bool:
    return name in PERMISSION_LISTS or _action(name) == "permissions"


def _is_copied(job: "Job", name: str) -> bool:
    options = job.options
    if not options.preserve_xattr or _action(name):
        return False
    return name != LABEL or not options.decides_on_labels()


def tell(job: "Job", error: OSError, problem: CopyError) -> SilentError | None:
    """Tell a failure as far as the options want to hear of it; return it if it counts as one."""
    wanted = job.options.xattr_errors
    if wanted == "all" or (wanted == "some" and error.errno not in (ENOTSUP, system.NO_ATTRIBUTE)):
        job.report.warn(str(problem))
    if not job.options.require_preserve_xattr:
        return None
    return SilentError(str(problem), problem.errno, problem.filename)


def set_permissions(
    source: "system.Where | None",
    where: "system.Where",
    mode: int,
    names: list[str] | None = None,
    unknown: OSError | None = None,
) -> None:
    """Copy access control lists, then set a mode; raise OSError for what fails.

    `names` are the source's attributes if they are known, `unknown` says why nothing is known of
    them. The mode is set in any case, without what a lost list withheld. If that fails it is told,
    whatever happened to the lists, as by GNU, which has not tried those by then.
    """
    bits, failure = (OWNER_BITS if unknown else ALL_BITS), unknown
    if source is not None:
        # The lists first: without them the mode would give the group what only the mask allows.
        bits, failure = _copy_lists(source, where, names)
    try:
        system.set_mode(where, mode & bits)
    except OSError as error:
        failure = detached(error)
    if failure:
        try:
            raise failure
        finally:
            del failure, unknown  # or they and this frame would keep each other


def _copy_lists(
    source: "system.Where", destination: "system.Where", names: list[str] | None
) -> tuple[int, OSError | None]:
    """Copy access control lists; return the bits a mode may give then, and the first failure."""
    bits, failure = ALL_BITS, None
    if names is None:
        try:
            names = system.xattr().list_names(source)
        except OSError as error:
            if error.errno in system.UNSUPPORTED:
                return bits, None
            return OWNER_BITS, detached(error)
    for name in names:
        if not _is_list(name):
            continue
        value = None
        try:
            value = system.xattr().get_value(source, name)
            system.xattr().set_value(destination, name, value)
        except OSError as error:
            if value and error.errno in system.UNSUPPORTED and _is_said_by_mode(name, value):
                continue
            failure = failure or detached(error)
            if name == ACCESS_LIST:
                bits = bits_without(value)
    return bits, failure


def bits_without(access_list: bytes | None) -> int:
    """Return the bits a mode may give in place of an access list; None is a list not known.

    The group gets what its own entry lets it, and others no more than the users and groups that
    the list names, who would be among them. A user whom it lets nothing may be in the group.
    """
    import struct

    if access_list is None:
        return OWNER_BITS
    try:
        entries = list(struct.iter_unpack(ENTRY, access_list[4:]))
    except struct.error:
        return OWNER_BITS
    mask = next((rights for tag, rights, _id in entries if tag == MASK), 7)
    group = others = 0
    for tag, rights, _id in entries:
        if tag == OWNING_GROUP:
            group = rights & mask
        elif tag == OTHERS:
            others = rights
    for tag, rights, _id in entries:
        if tag in (USER, GROUP):
            others &= rights & mask
            if tag == USER and not rights & mask:
                group = 0
    return OWNER_BITS | group << 3 | others


def _is_said_by_mode(name: str, value: bytes) -> bool:
    """Return whether a list says no more than the mode does; NFSv4 has one for every file."""
    import struct

    if name == ACCESS_LIST:
        return len(value) <= MINIMAL_SIZE
    if not name.startswith("system.nfs4"):
        return False
    try:
        (count,) = struct.unpack_from(">I", value)
        offset = 4
        for _ in range(count):
            _type, flags, _mask, length = struct.unpack_from(">4I", value, offset)
            offset += 16
            if flags & INHERITED or value[offset : offset + length] not in SPECIAL_NAMES:
                return False
            offset += (length + 3) // 4 * 4
    except struct.error:
        return False
    return True


def set_minimal_acl(where: "system.Where", mode: int) -> bool:
    """Make owner, group and others of `mode` the whole access control list.

    Return False where the file system knows no such lists.
    """
    mode &= PERMISSIONS
    if mode not in _minimal_lists:
        _minimal_lists[mode] = _minimal_list(mode)
    try:
        system.xattr().set_value(where, ACCESS_LIST, _minimal_lists[mode])
    except OSError as error:
        if error.errno in system.UNSUPPORTED or error.errno == EINVAL:
            return False
        raise
    return True


def _minimal_list(mode: int) -> bytes:
    """Return a list in the form of acl(5) on Linux: version 2, then the entries."""
    import struct

    value = struct.pack("<I", 2)
    for tag, shift in ((0x01, 6), (OWNING_GROUP, 3), (OTHERS, 0)):
        value += struct.pack(ENTRY, tag, mode >> shift & 7, UNUSED_ID)
    return value


def has_default_list(where: "system.Where") -> bool:
    """Return whether an access list of a directory may take the place of the umask in it."""
    try:
        return DEFAULT_LIST in system.xattr().list_names(where)
    except OSError as error:
        return error.errno not in system.UNSUPPORTED
