"""The disk, kernel and initrd of the guest: Debian 13, made once into a folder that git ignores.

The packages come from where this machine's own do.
"""

import os
import shutil
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE / ".built"
IMAGE, KERNEL, INITRD = BUILT / "root.img", BUILT / "vmlinuz", BUILT / "initrd.gz"
SUITE = "trixie"
TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "mmdebstrap": "mmdebstrap",
    "cpio": "cpio",
    "mke2fs": "e2fsprogs",
    "zstd": "zstd",
    "xz": "xz-utils",
}
"""Programs of this machine, and the packages they are in."""
PACKAGES = (
    "python3 kmod zstd xz-utils busybox-static linux-image-amd64 iproute2 procps attr acl strace"
    " libcap2-bin selinux-basics selinux-policy-default policycoreutils selinux-utils"
    " nfs-kernel-server nfs-common rpcbind samba cifs-utils fuse3 bindfs quota"
    " e2fsprogs dosfstools exfatprogs ntfs-3g f2fs-tools xfsprogs btrfs-progs jfsutils"
    " nilfs-tools udftools util-linux-extra"
)
"""What the guest has: SELinux with its policy, and the file systems that people have."""
LEFT_OUT = ("doc", "man", "locale")
UNNEEDED = (
    "ata bluetooth crypto edac gpu hwmon iio infiniband input isdn media mmc net nfc platform"
    " scsi staging usb video"
)
"""Drivers of devices that the guest has not got."""
DRIVERS = ("virtio_pci", "virtio_blk", "ext4")
SIGNED = b"~Module signature appended~\n"
"""The end of a signed module, before which come twelve bytes: the signature's size is in four."""
SIZE = "1400M"


def require_tools() -> None:
    """Install the programs that are missing on this machine."""
    missing = [package for program, package in TOOLS.items() if not shutil.which(program)]
    if missing:
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing)


def require_image() -> None:
    """Make the guest unless it is there."""
    if IMAGE.exists():
        return
    BUILT.mkdir(exist_ok=True)
    root = BUILT / "root"
    shutil.rmtree(root, ignore_errors=True)
    try:
        _bootstrap(root)
        _make_initrd(root, _strip(root))
        _label(root)
        unfinished = BUILT / "unfinished.img"
        settings = ("-q", "-t", "ext4", "-O", "^has_journal,casefold", "-E", "encoding=utf8")
        _run("mke2fs", *settings, "-d", str(root), str(unfinished), SIZE)
        unfinished.rename(IMAGE)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _bootstrap(root: Path) -> None:
    options = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    options += ["--dpkgopt=force-unsafe-io", "--variant=minbase", "--mode=root"]
    options.append("--include=" + ",".join(PACKAGES.split()))
    os.environ["INITRD"] = "No"  # for the kernel's own scripts: ours is smaller
    _run("mmdebstrap", *options, SUITE, str(root), *_sources())


def _sources() -> list[str]:
    """Return lines for apt: the mirrors that this machine takes Debian from."""
    wanted = ("apt-get", "indextargets", "--format", "$(CREATED_BY) $(LABEL) $(REPO_URI)")
    lines = subprocess.run(wanted, check=True, capture_output=True, text=True).stdout.split("\n")
    found = dict(line.split()[1:] for line in lines if line.startswith("Packages Debian"))
    if "Debian" not in found:
        raise SystemExit("the guest is made from Debian's packages, and apt knows of none here")
    main = found["Debian"]
    sources = [f"deb {main} {suite} main" for suite in (SUITE, f"{SUITE}-updates")]
    if "Debian-Security" in found:
        sources.append(f"deb {found['Debian-Security']} {SUITE}-security main")
    return sources


def _strip(root: Path) -> str:
    """Take the kernel out, and away what it has for other machines; return its release."""
    (modules,) = (root / "usr/lib/modules").iterdir()
    shutil.copy(root / f"boot/vmlinuz-{modules.name}", KERNEL)
    for name in UNNEEDED.split():
        shutil.rmtree(modules / "kernel/drivers" / name, ignore_errors=True)
    for path in (modules / "kernel/sound", root / "usr/lib/firmware"):
        shutil.rmtree(path, ignore_errors=True)
    for module in list(modules.rglob("*.ko.*")):
        _unpack(module)
    _run("chroot", str(root), "depmod", modules.name)
    return modules.name


def _make_initrd(root: Path, release: str) -> None:
    tree = BUILT / "initrd"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "lib"):
        (tree / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", tree / "bin/busybox")
    (tree / "bin/sh").symlink_to("busybox")
    _install(HERE / "guest/initrd", tree / "init")
    names: dict[str, None] = {}
    for driver in DRIVERS:
        ask = ("chroot", str(root), "modprobe", "-S", release, "--show-depends", driver)
        for line in subprocess.run(ask, check=True, capture_output=True, text=True).stdout.split(
            "\n"
        ):
            if line.startswith("insmod") and "crc32c-intel" not in line:
                module = root / line.split()[1].lstrip("/")
                shutil.copy(module, tree / "lib")
                names[module.name] = None
    (tree / "modules").write_text("".join(f"{name}\n" for name in names))
    pack = f"find . | cpio -o -H newc --quiet | gzip -1 > {INITRD}"
    subprocess.run(pack, shell=True, check=True, cwd=tree)
    shutil.rmtree(tree)


def _unpack(module: Path) -> None:
    """Have a module as it is in memory: to unpack it takes long where that is emulated.

    So it does to see whose signature it has.
    """
    program = {".xz": "xz", ".zst": "zstd"}[module.suffix]
    contents = subprocess.run((program, "-dc", str(module)), check=True, capture_output=True).stdout
    if contents.endswith(SIGNED):
        contents = contents.removesuffix(SIGNED)
        (size,) = struct.unpack(">I", contents[-4:])
        contents = contents[: -12 - size]
    module.with_suffix("").write_bytes(contents)
    module.unlink()


def _label(root: Path) -> None:
    """Prepare what the jobs rely on, and give every file the label of the policy."""
    _install(HERE / "guest/init", root / "usr/sbin/vm-init")
    (root / "mnt/job").mkdir()
    _run("chroot", str(root), "useradd", "-m", "-u", "1001", "u1")
    _run("chroot", str(root), "useradd", "-m", "-u", "1002", "u2")
    _run("mount", "-t", "proc", "proc", str(root / "proc"))
    try:
        rules = "/etc/selinux/default/contexts/files/file_contexts"
        _run("chroot", str(root), "setfiles", "-F", "-m", rules, "/")
    finally:
        _run("umount", str(root / "proc"))


def _install(source: Path, destination: Path) -> None:
    shutil.copy(source, destination)
    destination.chmod(0o755)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
