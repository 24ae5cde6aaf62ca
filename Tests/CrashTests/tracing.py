"""strace on one process: what it calls, and one call of it that fails, never returns, or lies."""

import os
import re
import signal
import subprocess

from world import PATIENCE, Broken

_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


class Trace:
    """Attached when the constructor returns. The process must be at rest, so that nothing is missed."""

    def __init__(self, pid, output, inject=None):
        self.output = output
        command = ["strace", "-p", str(pid), "-o", output]
        if inject:
            command += ["-e", f"inject={inject}"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = self.process.stderr.readline().decode()
        if " attached" not in said:
            self.end()
            raise Broken(f"strace cannot attach to {pid}: {said}")

    def end(self, is_killed=False):
        """Lets the process go, or sees it off; the text of what was seen."""
        try:
            if is_killed:
                self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass  # the point was not reached, which the text will show
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stderr.close()
        return read(self.output)


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, errors="replace") as file:
        return file.read()


def calls(text, first=""):
    """(name, how many of that name so far) for each system call, in order, from the one on that names `first`."""
    counts, found, has_begun = {}, [], False
    for line in text.splitlines():
        match = _CALL.match(line)
        if match:
            has_begun = has_begun or first in line
            counts[match[1]] = counts.get(match[1], 0) + 1
            if has_begun:
                found.append((match[1], counts[match[1]]))
    return found


def was_hit(text):
    return "(INJECTED)" in text or "+++ killed by SIGKILL +++" in text


def retried_sync(text):
    """True when a file was synced again after its fsync failed (fsyncgate)."""
    failed = set()
    for line in text.splitlines():
        match = re.match(r"^fsync\((\d+)", line)
        if match and match[1] in failed:
            return True
        if match and "(INJECTED)" in line:
            failed.add(match[1])
        match = re.match(r"^close\((\d+)", line)
        if match:
            failed.discard(match[1])
    return False
