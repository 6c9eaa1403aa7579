"""Where our behaviour is not that of the oracle on this machine, and why.

"since 9.x" marks what GNU itself changed between the 9.1 of Debian 12 and the 9.11 that we
follow (section 10 of the specification); "ours" marks a decision of our own, listed in the
README under "Differences from GNU".
"""

DIFFERENCES = {
    "debug option": "9.1 lacks --debug (section 10)",
    "keep-directory-symlink option": "9.1 lacks --keep-directory-symlink (section 10)",
    "update values": "9.1 has no --update=VALUE (section 10)",
    "backup with no-clobber": "9.1 words the conflict of -b and -n otherwise (section 10)",
    "file over directory": "9.1 does not name the source (section 10)",
    "looping link with a slash": "9.1 takes it for absent with -f and -l, -s or -b (section 3.4)",
    "declined prompt": "9.1 ends with status 0 (section 10)",
    "update of overlapping operands": (
        "ours: -u joins the names of one source, not what one name of it was copied to twice, "
        "which would depend on the number of processes (section 3.5)"
    ),
    "links made of operands": (
        "ours: a further name that was made of one operand is no less just-created (section 3.5)"
    ),
    "links made below operands": (
        "ours: what one operand brought is not followed when another writes there (section 3.5)"
    ),
    "source opened before removing": (
        "ours: the source is opened first, so an unreadable one costs nothing (section 12, row 40)"
    ),
    "backup through a symlink": (
        "ours: a backup that would replace the source behind a symlink is refused too "
        "(section 12, row 50)"
    ),
    "backup in an unreadable directory": (
        "9.1 moves the backup to the working directory; section 8.2 leaves it beside the file"
    ),
    "kind conflict with backup": "9.1 refuses before it backs up (section 10)",
    "parents of an absolute name": "9.1 loses the leading slash with -p (section 10)",
    "failed clone": "9.1 leaves an empty file where none was (section 10)",
    "failed clone onto a file": (
        "ours: a clone that fails leaves the old contents alone (section 12, row 31)"
    ),
    "inherited access list": "9.1 drops what a preserved mode did not have (section 10)",
    "special bits of directories": (
        "9.1 sets a preserved mode through the access list, which leaves special bits as they "
        "are (section 10, -rp into a setgid directory)"
    ),
    "attributes of a directory behind a symlink": (
        "ours: they are those of the directory; GNU reads the link's (section 6.4)"
    ),
    "attributes by a name that was replaced": (
        "ours: they go to what was made, wherever its name leads now (section 6.1)"
    ),
    "hard links among symbolic links": (
        "ours: with -s they are names of one link; GNU follows it to the source (section 7.1)"
    ),
    "zeros in data extents": (
        "9.1 reads data extents and drops their zeros; sections 4.5 and 10 copy them whole"
    ),
    "apostrophe and escape": "9.1 malforms such names (section 10, quoting)",
    "sticky directory with no-preserve": "9.1 keeps the bit (section 10)",
    "endless copy through a symlink": (
        "ours: GNU goes on until names are too long, and ours have no such limit (section 5.6)"
    ),
    "names beyond PATH_MAX": "ours: trees deeper than one name can say are copied",
    "limit on file sizes": (
        "ours: too large a file fails as others do; SIGXFSZ ends GNU. Where that is ignored, 9.1 "
        "words it otherwise (section 10)"
    ),
    "source removed as destination": "ours: a source that is its own destination is not removed",
    "name linked to itself": "ours: a name that has its file from an operand before keeps it",
    # What follows is about install; its specification tells the versions apart in section 15.
    "compare with timestamps": "9.1 refuses -C with -p (section 15)",
    "compare leaves metadata alone": "9.1 sets owner and mode again (section 15)",
    "compare follows a symlink": "9.1 always copies what a symlink leads to (section 15)",
    "strip of a name with a dash": "9.1 passes the name as it is (section 15)",
    "strip cannot run": "9.1 tells it in two lines (section 15)",
    "strip script without interpreter": "9.1 gives it to a shell (section 15)",
    "strip leaves something else": "ours: what is installed is a regular file, or nothing",
    "strip works aside": "ours: the program gets a copy in a private directory",
    "directory that cannot be made": "9.1 tells why it cannot be changed (section 15)",
    "empty destination": "9.1 does not take it for the working directory (section 15)",
    "quotes around owners": "9.1 quotes an unknown user or group as a word (section 6)",
}
