"""A loop of the calls that a tree cannot be copied without, and nothing else, in one process.

It decides nothing, handles no error and says nothing: what is left of a figure of ours beside this
one is what Python and the calls themselves cost. Run as `python bare.py -r|-a SOURCE DESTINATION`.
With a number after the option (-r2), so many processes take turns at what is in the source itself:
each has about as much to do, and none of them waits for another before the end.
"""

import gc
import os
import sys
from os import (
    close,
    fstat,
    getxattr,
    link,
    listxattr,
    mkdir,
    read,
    readlink,
    setxattr,
    stat,
    symlink,
    utime,
    write,
)
from stat import S_IMODE

IN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OUT = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ITSELF = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

ALL = slice(None)

Name = tuple[int, str]


def copy(
    source: int, destination: int, keeps: bool, known: dict[int, Name], part: slice = ALL
) -> None:
    """Copy what is in one open directory into another; `keeps` is -a."""
    with os.scandir(source) as listing:
        entries = sorted(listing, key=os.DirEntry.inode)
    for entry in entries[part]:
        name = entry.name
        if entry.is_file(follow_symlinks=False):
            if entry.inode() in known:
                stat(name, dir_fd=source, follow_symlinks=False)
                directory, first = known[entry.inode()]
                link(first, name, src_dir_fd=directory, dst_dir_fd=destination)
            else:
                copy_file(source, destination, name, keeps, known)
        elif entry.is_dir(follow_symlinks=False):
            copy_directory(source, destination, name, keeps, known)
        else:
            copy_link(source, destination, name, keeps)


def copy_file(
    source: int, destination: int, name: str, keeps: bool, known: dict[int, Name]
) -> None:
    """Copy a small regular file."""
    source_fd = os.open(name, IN, dir_fd=source)
    status = fstat(source_fd)
    made = os.open(name, OUT, S_IMODE(status.st_mode), dir_fd=destination)
    write(made, read(source_fd, status.st_size + 1))
    if keeps:
        for attribute in listxattr(source_fd):
            setxattr(made, attribute, getxattr(source_fd, attribute))
        utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
        if status.st_nlink > 1:
            known[status.st_ino] = destination, name
    close(made)
    close(source_fd)


def copy_directory(
    source: int, destination: int, name: str, keeps: bool, known: dict[int, Name]
) -> None:
    """Copy a directory with all that is below it; those that links lead to stay open."""
    inside = os.open(name, DIRECTORY, dir_fd=source)
    status = fstat(inside)
    mkdir(name, S_IMODE(status.st_mode), dir_fd=destination)
    made = os.open(name, DIRECTORY, dir_fd=destination)
    fstat(made)
    before = len(known)
    copy(inside, made, keeps, known)
    if keeps:
        listxattr(inside)
        utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
    if len(known) == before:
        close(made)
    close(inside)


def copy_link(source: int, destination: int, name: str, keeps: bool) -> None:
    """Copy a symbolic link."""
    status = stat(name, dir_fd=source, follow_symlinks=False)
    symlink(readlink(name, dir_fd=source), name, dir_fd=destination)
    if keeps:
        listxattr(f"/proc/self/fd/{source}/{name}", follow_symlinks=False)
        made = os.open(name, ITSELF, dir_fd=destination)
        fstat(made)
        utime(f"/proc/self/fd/{made}", ns=(status.st_atime_ns, status.st_mtime_ns))
        close(made)


def main() -> None:
    """Copy a tree to where nothing is."""
    option, source, destination = sys.argv[1:]
    flag, processes = option[:2], int(option[2:] or 1)
    gc.disable()
    mkdir(destination)
    others = []
    for own in range(processes):
        if own == processes - 1 or not (pid := os.fork()):
            two = os.open(source, os.O_RDONLY), os.open(destination, os.O_RDONLY)
            copy(*two, flag == "-a", {}, slice(own, None, processes))
            break
        others.append(pid)
    if any(os.waitpid(pid, 0)[1] for pid in others if own == processes - 1):
        sys.exit(1)


if __name__ == "__main__":
    main()
