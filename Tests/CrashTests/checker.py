"""Sabotage of a healthy spool: each kind must be seen by the checks that the other parts rely on."""

import os
import shutil

from mail import Ledger
from server import Server

SOUND = "nothing"


class Checker:
    """`seen`: for each sabotage the first fault that was told, or None."""

    def __init__(self, programs, directory, folder):
        self.server = Server(programs, directory, folder)
        self.seen = {}

    def run(self):
        self.server.start()
        try:
            for name, expected in [
                (SOUND, None), ("a message removed", "lost"), ("a byte cut off", "partial"),
                ("a byte changed", "partial"), ("a message doubled", "doubled"), ("a deleted one back", "undead"),
                ("a refused one stored", "undead"), ("a strange file", "stray"),
            ]:
                faults = self._sabotaged(name)
                self.seen[name] = not faults if expected is None else any(f.startswith(expected) for f in faults)
        finally:
            self.server.kill_tree()

    def _sabotaged(self, name):
        folder = f"{self.server.spool}/alice/new"
        ledger = Ledger()
        shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
        with self.server.talk() as talk:
            assert talk.login("alice") == "OK"
            mails = [ledger.add("alice", "alice", f"{name} {number}", 100) for number in (1, 2)]
            for mail in mails:
                mail.sent = talk.ask(mail.frame)
        first = sorted(os.listdir(folder))[0]
        path = f"{folder}/{first}"
        if name == "a message removed":
            os.remove(path)
        elif name == "a byte cut off":
            os.truncate(path, os.path.getsize(path) - 1)
        elif name == "a byte changed":
            with open(path, "r+b") as file:
                file.seek(60)
                file.write(b"\0")
        elif name == "a message doubled":
            shutil.copy(path, f"{folder}/0000000009.{'0' * 16},S={os.path.getsize(path)}")
        elif name == "a deleted one back":
            mails[0].deleted = "OK"
        elif name == "a refused one stored":
            mails[0].sent = "ERR"
        elif name == "a strange file":
            with open(f"{folder}/strange", "w"):
                pass
        # What the wire alone must show: a lost message, and bytes that are not those that were sent.
        on_disk = ledger.faults(self.server.spool)
        over_wire = ledger.wire_faults(self.server, "alice")
        if name in ("a message removed", "a byte changed", "a byte cut off") and not over_wire:
            return []
        return on_disk + over_wire
