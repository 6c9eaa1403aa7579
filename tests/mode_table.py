"""The table of modes, section 12 of the specification, for everything that needs it."""

TABLE = """
(none)            0755 0755 0755 0755
0                 0000 0000 6000 2000
44                0044 0044 6044 2044
644               0644 0644 6644 2644
0755              0755 0755 6755 2755
00755             0755 0755 0755 0755
4755              4755 4755 6755 6755
04755             4755 4755 4755 4755
6755              6755 6755 6755 6755
1777              1777 1777 7777 3777
2770              2770 2770 6770 2770
02770             2770 2770 2770 2770
7777              7777 7777 7777 7777
=755              0755 0755 0755 0755
+755              0755 0755 6755 2755
-755              0000 0000 6000 2000
+6000             6000 6000 6751 6000
-6000             0000 0000 0751 0000
=0,u+r            0400 0400 0400 0400
+644,u+x          0744 0744 6755 2744
u=rwx,go=rx       0755 0755 6755 2755
u=rwx,go=rx,a-s   0755 0755 0755 0755
u=rwx,g=rx,o=     0750 0750 6750 2750
a=rX              0444 0555 6555 2555
a+X               0000 0111 6751 2111
u=rw,a+X          0600 0711 6751 2711
u=rwx,go=rX       0755 0755 6755 2755
u=rw,go=u-w       0644 0644 6644 2644
u=rwx,g=u,o=g     0777 0777 6777 2777
u=rwx,g=u-w,o=    0750 0750 6750 2750
u=rwx,g+u-x       0760 0760 6761 2760
go=u              0000 0000 6700 2000
g=u,u+x           0100 0100 6701 2100
+w                0222 0222 6773 2222
+x                0111 0111 6751 2111
=rw               0666 0666 6666 2666
=                 0000 0000 6000 2000
u=                0000 0000 6051 2000
-w                0000 0000 6551 2000
u+s               4000 4000 6751 6000
o+s               0000 0000 6751 2000
+s                6000 6000 6751 6000
u+t               0000 0000 6751 2000
o+t               1000 1000 7751 3000
ug+s,a+rx         6555 6555 6755 6555
u=rws             4600 4600 6651 6600
u=srwx,g=rx,o=x   4751 4751 6751 6751
a=rwxt            1777 1777 7777 3777
ug=s              6000 6000 6001 6000
a-s               0000 0000 0751 0000
u-s               0000 0000 2751 2000
g-s               0000 0000 4751 0000
u+r-w+x           0500 0500 6551 2500
og+rX-w           0044 0055 6755 2055
u=r=w             0200 0200 6251 2200
ug+rw,o+r         0664 0664 6775 2664
a=rwx,a-w,u+w     0755 0755 6755 2755
"""
"""What -m says, then the mode of a file, of a new directory, of an existing one that was 6751, and
of a new one in a directory of mode 2755."""


def row(line: str) -> tuple[str | None, int, int, int, int]:
    """Read one line of the table."""
    text, *modes = line.split()
    file, new, existing, inheriting = (int(mode, 8) for mode in modes)
    return None if text == "(none)" else text, file, new, existing, inheriting


ROWS = [row(line) for line in TABLE.strip().splitlines()]
REJECTED = [
    "10000",
    "777777",
    "8",
    "888",
    "+8",
    "64a",
    "0x1ff",
    "644,",
    "644,u+x",
    "u+644",
    "o+gr",
    "u=ug",
    "u=rwxg",
    "u=rwx,",
    ",u=rwx",
    "u=rwx,,g=r",
    "u=rwx g=r",
    "u=rwx;g=r",
    " 755",
    "755 ",
    "u",
    "ugo",
    "rwx",
    "x",
    "a,u+x",
    "u=y",
    "U=rwx",
    "z+x",
    "",
]
