"""Every disk that a power loss may leave, given to a real server: is what was acknowledged there, and nothing torn?"""

import os
import shutil
import time

import mutants
from mail import Ledger
from model import Disk
from operations import TRACED, operations
from server import Server
from world import Broken

ADDRESS = "127.4.0.1"


class Recording:
    """What one traced server did for a client that went through `script`; its operations and replies in order."""

    def __init__(self, server, script):
        self.ledger, self.script = Ledger(), script
        trace = f"{server.folder}/trace"
        shutil.rmtree(server.spool, ignore_errors=True)
        server.start(under=["strace", "-D", "-f", "-y", "-s", "200000", "-e", f"trace={TRACED}", "-o", trace])
        try:
            with server.talk() as talk:
                for step in script:
                    assert self._take(step, server, talk) == ("ERR" if step == "guess" else "OK"), step
        finally:
            server.kill_tree()
        with open(trace, errors="surrogateescape") as file:
            self.operations = operations(file.read(), server.folder)
        self._drop_rehearsal()

    def _take(self, step, server, talk):
        if step == "login":
            return talk.login("alice")
        if step == "guess":
            with server.talk(ADDRESS) as other:
                return other.login("alice", "wrong")
        if step == "delete":
            return talk.ask("DEL\n1\n")
        mail = self.ledger.add("alice", "alice", step, 200)
        return talk.ask(mail.frame)

    def _drop_rehearsal(self):
        """The supervisor plays a session to itself before there is a client."""
        replies = [index for index, operation in enumerate(self.operations) if operation[0] == "reply"]
        for index in reversed(replies[: len(replies) - len(self.script)]):
            del self.operations[index]

    def promises(self, replies):
        """Sets what the client knew after that many replies; true when it had been told of the ban."""
        for mail in self.ledger.mails.values():
            mail.sent, mail.deleted = None, False
        done, under_way = self.script[:replies], self.script[replies:replies + 1]
        mails = list(self.ledger.mails.values())
        for step in done:
            if step in self.ledger.mails:
                self.ledger.mails[step].sent = "OK"
        if "delete" in done:
            mails[0].deleted = "OK"
        elif "delete" in under_way:
            mails[0].deleted = None
        return done.count("guess") >= 3


class PowerLoss:
    def __init__(self, programs, directory, folder, is_short, say):
        self.server = Server(programs, directory, folder)
        self.is_short, self.say = is_short, say
        self.points = self.states = 0
        self.violations = []
        self.caught = {}

    def run(self):
        mail = Recording(self.server, ["login", "one", "two", "delete"])
        bans = Recording(self.server, ["guess", "guess", "guess"])
        # What was done before the first of these replies is taken for durable; 0: the folder itself is new.
        for name, recording, start, end in [
            ("a new spool, the first mail", mail, 0, 2), ("two mails, one deleted", mail, 1, 4),
            ("a new spool, a ban", bans, 0, 3), ("the ban", bans, 2, 3),
        ]:
            self._enumerate(name, recording, start, end)
        for name, edit in mutants.ALL.items():
            recording = bans if name in mutants.OF_BANS else mail
            self._catch(name, recording, edit(recording.operations))

    def _crashes(self, recording, start, end, ops=None):
        """(replies heard, disk) after each operation between two replies."""
        ops = recording.operations if ops is None else ops
        disk, replies = Disk(), 0
        for operation in ops:
            disk.apply(operation)
            if operation[0] == "reply":
                replies += 1
                if replies == start:
                    disk = _settled(disk)
            if start <= replies <= end:
                yield replies, disk.copy()

    def _enumerate(self, name, recording, start, end):
        began, points, found = time.monotonic(), 0, {}
        for replies, disk in self._crashes(recording, start, end):
            points += 1
            for state in disk.states():
                found.setdefault(tuple(sorted(state.items())), set()).add(replies)
        chosen = sorted(found, key=lambda state: (min(found[state]), str(state)))
        if self.is_short:
            chosen = chosen[:: max(1, len(chosen) // 12)]
        for state in chosen:
            for fault in self._faults(recording, found[state], dict(state)):
                self.violations.append(f"{name}: {fault}: {_described(dict(state))}")
        self.points += points
        self.states += len(chosen)
        tried = f"{len(chosen)} of them tried" if self.is_short else "all tried"
        self.say(f"  {name}: {points} moments, {len(found)} states, {tried}, {time.monotonic() - began:.0f} s")

    def _catch(self, name, recording, ops):
        """Looks for a state that shows the mutant; those soon after a reply come first, and no file's content is
        varied but that of messages and of what the gatekeeper keeps."""
        crashes, age, last = [], 0, 0
        for replies, disk in self._crashes(recording, 1, len(recording.script), ops):
            age = age + 1 if replies == last else 0
            last = replies
            crashes.append((age, replies, disk))
        tried, seen = 0, set()
        for _, replies, disk in sorted(crashes, key=lambda crash: crash[0]):
            for state in disk.states(lambda path: "/new/" in path or "/.gate/" in path):
                key = (replies, tuple(sorted(state.items())))
                if key in seen:
                    continue
                seen.add(key)
                tried += 1
                faults = self._faults(recording, {replies}, state)
                if faults:
                    self.caught[name] = faults[0]
                    self.say(f"  mutant, {name}: caught after {tried} states ({faults[0]})")
                    return
        self.caught[name] = None
        self.say(f"MUTANT NOT CAUGHT {name}: {tried} states")

    def _faults(self, recording, moments, state):
        """A server is started on that disk, on another boot of the machine, and asked.

        `moments`: how many replies the client may have heard when the machine left this disk.
        """
        server = self.server
        shutil.rmtree(server.spool, ignore_errors=True)
        _write(state, server.folder)
        server.clock.reboot()
        found = []
        try:
            server.start()
            for replies in sorted(moments):
                is_banned = recording.promises(replies)
                found += [f"{fault} (after {replies} replies)" for fault in self._asked(recording.ledger, is_banned)]
            if os.listdir(f"{server.spool}/.tmp"):
                found.append("leftover: a draft in .tmp")
            return found + recording.ledger.wire_faults(server, "alice", probe="probe")
        except Broken as failure:
            return [f"stuck: {failure}"]
        finally:
            server.kill_tree()

    def _asked(self, ledger, is_banned):
        found = ledger.faults(self.server.spool) + ledger.wire_faults(self.server, "alice")
        if is_banned:
            with self.server.talk(ADDRESS) as talk:
                if talk.login("alice") == "OK":
                    found.append("let in: from a banned address")
        return found


def _settled(disk):
    """The same with everything synced."""
    tree = {}

    def walk(folder, path):
        for name, node in folder.now.items():
            is_folder = hasattr(node, "entries")
            tree[path + name] = None if is_folder else node.now
            if is_folder:
                walk(node, f"{path}{name}/")

    walk(disk.root, "")
    result = Disk()
    result.load(tree)
    return result


def _write(state, folder):
    for path in sorted(state):
        if state[path] is None:
            os.mkdir(f"{folder}/{path}", 0o700)
        else:
            with open(os.open(f"{folder}/{path}", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(state[path])


def _described(state):
    return {path: None if content is None else len(content) for path, content in state.items()}
