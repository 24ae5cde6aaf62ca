"""Plays the suite against faulty.py with a set of names, each question once: the answers are kept."""
import gzip
import hashlib
import os
import subprocess
import tempfile
import threading
import time

from judgement import Judgement
from peers import PEERS, catalogue

PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"
# A whole run of the slowest server takes some minutes; more is a fault of the suite.
PATIENCE = 1800


class Suite:
    """One build of the suite, with the transcripts of the checkout it was built in."""

    def __init__(self, program, kept, options):
        self.program, self.kept, self.options = os.path.abspath(program), kept, options
        checkout, found, _ = self.program.partition("/.build/")
        if not found:
            raise FileNotFoundError(f"{program}: not in the .build of a checkout, whose transcripts belong to it")
        conformance = os.path.join(checkout, "conformance")
        self.musts, self.causes = catalogue(conformance)
        digest = hashlib.sha256()
        paths = [self.program, *(os.path.join(PEERS, name) for name in ("faulty.py", "framings.py"))]
        for folder, folders, files in os.walk(conformance):
            folders.sort()
            paths += [os.path.join(folder, name) for name in sorted(files)]
        for path in paths:
            with open(path, "rb") as file:
                digest.update(hashlib.sha256(file.read()).digest())
        self.digest = digest.hexdigest()
        self.played = self.seconds = 0
        self._running, self._ended = set(), False

    def end(self):
        """Nothing of it runs on."""
        self._ended = True
        for play in list(self._running):
            play.terminate()

    def judge(self, names, transcripts=()):
        """`transcripts`: all that judge a MUST when there is none."""
        words = [self.digest, *self.options, "|", *sorted(names), "|", *sorted(transcripts)]
        path = os.path.join(self.kept, hashlib.sha256("\n".join(words).encode()).hexdigest() + ".gz")
        if not os.path.exists(path):
            began = time.monotonic()
            report = self._play(names, sorted(transcripts))
            own = f"{path}.{threading.get_ident()}"
            with gzip.open(own, "wt") as file:
                file.write(report)
            os.rename(own, path)
            self.played, self.seconds = self.played + 1, self.seconds + time.monotonic() - began
        with gzip.open(path, "rt") as file:
            return Judgement(file.read(), self.causes)

    def _play(self, names, transcripts):
        holes = "{port} {spool} {ldap-url} {ldap-ca} -"
        server = f"exec {PYTHON} -I -S '{PEERS}/faulty.py' {holes} {','.join(sorted(names))}"
        with tempfile.TemporaryDirectory(prefix="tj") as folder:
            report = os.path.join(folder, "json")
            command = [self.program, "--server", server, "--segment", "flight", "--level", "must", "--json", report,
                       *self.options, *transcripts]
            play = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    env={**os.environ, "TMPDIR": folder}, start_new_session=True)
            self._running.add(play)
            if self._ended:
                play.terminate()
            try:
                said = play.communicate(timeout=PATIENCE)[0]
            except subprocess.TimeoutExpired:
                play.terminate()  # it takes its servers with it
                said = play.communicate()[0]
            self._running.discard(play)
            # 1: a MUST failed
            if play.returncode not in (0, 1):
                last = said.decode("utf8", "replace").strip()[-400:]
                raise RuntimeError(f"{' '.join(sorted(names))}: status {play.returncode}\n{last}")
            with open(report, encoding="utf8") as file:
                return file.read()
