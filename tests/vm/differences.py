"""Where the answers differ on purpose, and why."""


def reason(name: str, gnu: list[str], ours: list[str]) -> str:
    """Return why our answer differs from GNU's, or nothing if it should not."""
    have_failed = "status 1" in gnu and "status 1" in ours
    if have_failed and _has_old(ours) and not _has_old(gnu):
        return "a label is refused, and the old contents stay; GNU has thrown them away by then"
    if have_failed and "install -d" in name and "cannot create directory" in ours[0]:
        return "a directory is not made: GNU names what it wants to do to it next"
    if "install -C -p" in name and "mutually exclusive" in gnu[0]:
        return "-C goes with -p since 9.11"
    if "--atomic" in name and [line.replace(" same inode", "") for line in gnu] == ours:
        return "a file is replaced, not written into"
    if "--atomic" in name and have_failed and set(ours) < set(gnu):
        return "what cannot be complete does not come into being"
    if "--jobs=2" in name and have_failed and len(gnu) == len(ours):
        return "several processes tell failures, and meet the names of one file, in their own order"
    if "bindfs" in name and _without_counts(gnu) == _without_counts(ours):
        return "FUSE tells the number of names that it remembers"
    if "link source" in name and _has_type(gnu, "tmp_t") and _has_type(ours, "samba_share_t"):
        return "a file that a link leads to keeps its own label; GNU gives it the one of the link"
    if name.endswith("install -d -Z /tmp/zz") and _has_type(gnu, "tmp_t"):
        return "where the policy has nothing for a name, nothing is said: GNU repeats the one above"
    return ""


def _has_old(lines: list[str]) -> bool:
    return any("'old" in line for line in lines)


def _without_counts(lines: list[str]) -> list[list[str]]:
    return sorted(line.split(" ")[:2] + line.split(" ")[3:] for line in lines)


def _has_type(lines: list[str], kind: str) -> bool:
    return any(line.startswith(f"unconfined_u:object_r:{kind}:s0 ") for line in lines)
