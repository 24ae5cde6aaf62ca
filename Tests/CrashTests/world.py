"""What every crash test runs on: a throwaway directory, a clock, a folder, and what the kernel tells of processes."""

import contextlib
import ctypes
import mmap
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 30.0  # seconds of real time; an upper limit, never a measurement
_libc = ctypes.CDLL(None, use_errno=True)


class Broken(Exception):
    """The test world itself failed."""


def die_with_parent():
    _libc.prctl(1, signal.SIGKILL, 0, 0, 0)


class Directory:
    """slapd, which ends with this process."""

    def __init__(self):
        output = subprocess.run(
            ["/bin/bash", f"{CHECKOUT}/scripts/start-slapd.sh", "--owner", str(os.getpid())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True).stdout
        values = dict(line.split("=", 1) for line in output.split() if "=" in line)
        self.url, self.authorities = values["LDAP_URL"], values["LDAP_CA_FILE"]
        self.log, self.folder = values["LDAP_LOG"], values["LDAP_DIR"]

    def binds(self):
        """How often a password was asked about since the start."""
        with open(self.log, "rb") as log:
            return len(re.findall(rb' BIND dn="[^"]+" method=128', log.read()))

    def end(self):
        subprocess.run(["/bin/bash", f"{CHECKOUT}/scripts/start-slapd.sh", "--stop", self.folder], check=False)


class ClockPage:
    """The server's clock: real time, and another boot of the machine whenever the test says so."""

    SIZE = 4096
    MAGIC = 0x31656761706B6C63

    def __init__(self, path):
        with open(path, "wb") as file:
            # magic, flowing, wall, boot (offsets to the real clocks), boots, reads, fired
            file.write(struct.pack("<Qqqqqqq", self.MAGIC, 1, 0, 0, 0, 0, 0).ljust(self.SIZE, b"\0"))
        with open(path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), self.SIZE)
        self.path = path

    def reboot(self):
        boots = struct.unpack_from("<q", self._page, 32)[0] + 1
        struct.pack_into("<q", self._page, 24, -time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        struct.pack_into("<q", self._page, 32, boots)


def parents():
    """pid → (parent, command line) of all processes that are alive."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rsplit(b")", 1)[1].split()
            with open(f"/proc/{name}/cmdline", "rb") as file:
                command = file.read()
        except OSError:
            continue
        if fields[0] not in (b"Z", b"X"):
            found[int(name)] = (int(fields[1]), command)
    return found


def wait_for_end(processes):
    """Returns when none of them lives."""
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Broken(f"process {process} does not end")
        finally:
            os.close(handle)


def comes_to_rest(process):
    """True once it sleeps, false when it has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{process}/stat", "rb") as file:
                state = file.read().rsplit(b")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state in b"SZX":
            return state == b"S"
        time.sleep(0.001)
    raise Broken(f"process {process} does not come to rest")


def kill(process, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


@contextlib.contextmanager
def world(programs):
    """A directory and a folder for spools; all of it goes at the end."""
    folder = tempfile.mkdtemp(prefix="tw-crash")
    directory = None
    try:
        directory = Directory()
        yield directory, folder
    finally:
        if directory is not None:
            directory.end()
        shutil.rmtree(folder, ignore_errors=True)
