"""The reference server and its processes, started as often as it takes, and a client that talks to it."""

import collections
import socket
import subprocess
import threading
import time

from world import PATIENCE, Broken, ClockPage, die_with_parent, kill, parents, wait_for_end


class Server:
    """The server under test on one spool; started as often as it takes."""

    def __init__(self, programs, directory, folder):
        self.programs, self.directory, self.folder = programs, directory, folder
        self.spool = f"{folder}/s"
        self.clock = ClockPage(f"{folder}/clock")
        self.process = None
        self.port = None
        self.log = collections.deque(maxlen=400)

    def start(self, under=(), programs=None):
        """`under`: a command that the server is started by, and that becomes it."""
        command = [*under, f"{programs or self.programs}/twmailer-server", "0", self.spool, "--listen", "127.0.0.1",
                   "--ldap-url", self.directory.url, "--ldap-ca-file", self.directory.authorities,
                   "--clock-page", self.clock.path, "--log-level", "info", "--max-sessions-per-ip", "400",
                   "--ban", "3600s"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=die_with_parent)
        ready = threading.Event()
        threading.Thread(target=self._read_log, args=(self.process.stderr, ready), daemon=True).start()
        if not ready.wait(PATIENCE) or self.port is None:
            status = self.process.poll()
            raise Broken(f"the server does not start (status {status}): " + "\n".join(list(self.log)[-5:]))

    def _read_log(self, pipe, ready):
        self.port = None
        with pipe:
            for line in pipe:
                text = line.decode("utf-8", "replace").rstrip("\n")
                self.log.append(text)
                if text.startswith("listening on "):
                    self.port = int(text.rsplit(":", 1)[1])
                    ready.set()
        ready.set()

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def family(self):
        """supervisor, gatekeeper, workers, sessions: lists of process ids."""
        everybody = parents()
        leader = self.process.pid
        found = {"supervisor": [leader] if leader in everybody else [], "gatekeeper": [], "worker": [], "session": []}
        for pid, (parent, command) in everybody.items():
            if parent == leader:
                found["gatekeeper" if b"twmailer-gatekeeper" in command else "session"].append(pid)
        for pid, (parent, _) in everybody.items():
            if parent in found["gatekeeper"]:
                found["worker"].append(pid)
        return found

    def only_session(self):
        """The one that is left when those whose clients have gone have ended."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            sessions = self.family()["session"]
            if len(sessions) == 1:
                return sessions[0]
            time.sleep(0.001)
        raise Broken(f"{len(sessions)} sessions")

    def kill_tree(self):
        """kill -9 of everything at once, as a crash of the machine's user would."""
        if self.process is None:
            return
        everybody = [pid for kind in self.family().values() for pid in kind]
        for process in everybody:
            kill(process)
        self.process.wait()
        wait_for_end(everybody)

    def restart(self):
        self.kill_tree()
        self.start()

    def talk(self, source="127.0.0.1"):
        return Talk(self.port, source)


class Talk:
    """One connection; every answer is a line or None when the server has gone."""

    def __init__(self, port, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def say(self, data):
        try:
            self.socket.sendall(data if isinstance(data, bytes) else data.encode())
            return True
        except (ConnectionError, BrokenPipeError):
            return False

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self.buffer += data
        return bool(data)

    def line(self):
        """Without its LF. A server that does not answer in time raises TimeoutError: a stuck lock."""
        while b"\n" not in self.buffer:
            if not self._fill():
                return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("utf-8", "replace")

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                return None
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def ask(self, text):
        return self.line() if self.say(text) else None

    def login(self, user, password=None):
        return self.ask(f"LOGIN\n{user}\n{password or user + '-secret'}\n")

    def list(self):
        """The subjects; None when the server has gone or answers ERR."""
        count = self.ask("LIST\n")
        if count is None or not count.isdigit():
            return None
        subjects = [self.line() for _ in range(int(count))]
        return None if None in subjects else subjects

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
