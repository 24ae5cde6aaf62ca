"""Lets every write of a process move one byte only, as a nearly full disk or a slow device may.

strace can make a call return 1 without carrying it out. Here the call is carried out: its length is set to 1
at its entry (ptrace(2)), so that what it says is true.
"""

import ctypes
import os
import platform
import signal
import struct
import threading

_SEIZE, _INTERRUPT, _SYSCALL, _DETACH = 0x4206, 0x4207, 24, 17
_GETREGSET, _SETREGSET, _PRSTATUS = 0x4204, 0x4205, 1
_TRACESYSGOOD = 1
# Of user_regs_struct, in words: the length argument and the number of the call; and which calls write to files.
_MACHINES = {
    "x86_64": dict(length=12, number=15, writes={1: "write", 18: "pwrite64"}),
    "aarch64": dict(length=2, number=8, writes={64: "write", 68: "pwrite64"}),
}
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def _ptrace(request, pid, address=0, data=0):
    if _libc.ptrace(request, pid, address, data) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class ShortWrites:
    """From the constructor's return until `end`; a tracer is a thread, so all of it happens in one."""

    is_possible = platform.machine() in _MACHINES

    def __init__(self, pid):
        self.pid, self.count, self.error = pid, 0, None
        self._machine = _MACHINES[platform.machine()]
        self._attached, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._attached.wait()
        if self.error:
            raise self.error

    def end(self):
        self._stop.set()
        with_process = os.path.exists(f"/proc/{self.pid}")
        if with_process:
            try:
                # Wakes the tracer: the signal that a process is stopped with is the tracer's to see.
                os.kill(self.pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self._thread.join()
        if self.error:
            raise self.error
        return self.count

    def _run(self):
        try:
            _ptrace(_SEIZE, self.pid, 0, _TRACESYSGOOD)
            _ptrace(_INTERRUPT, self.pid)
            self._follow()
        except OSError as error:
            self.error = error
        finally:
            self._attached.set()

    def _follow(self):
        entering = False
        while True:
            _, status = os.waitpid(self.pid, 0x40000000)
            if not os.WIFSTOPPED(status):
                return
            number, delivered = os.WSTOPSIG(status), 0
            if number == signal.SIGTRAP | 0x80:
                entering = not entering
                if entering:
                    self._shorten()
            elif status >> 16 == 0:
                delivered = number
            self._attached.set()
            if self._stop.is_set() and not entering:
                _ptrace(_DETACH, self.pid, 0, 0)
                return
            _ptrace(_SYSCALL, self.pid, 0, delivered)

    def _shorten(self):
        buffer = ctypes.create_string_buffer(1024)
        vector = _Vector(ctypes.addressof(buffer), len(buffer))
        _ptrace(_GETREGSET, self.pid, _PRSTATUS, ctypes.addressof(vector))
        words = list(struct.unpack_from(f"{vector.length // 8}Q", buffer))
        if words[self._machine["number"]] in self._machine["writes"] and words[self._machine["length"]] > 1:
            words[self._machine["length"]] = 1
            struct.pack_into(f"{len(words)}Q", buffer, 0, *words)
            _ptrace(_SETREGSET, self.pid, _PRSTATUS, ctypes.addressof(vector))
            self.count += 1
