"""Eight clients that send, read and delete while processes are killed at random; then everything is counted."""

import collections
import os
import random
import threading
import time

from mail import Ledger
from server import Server
from world import Broken, kill, wait_for_end

CLIENTS = 8
USERS = [f"if23b{number:03}" for number in range(1, CLIENTS + 1)]
WRONGS = ("lost", "partial", "wrong bytes", "stuck", "doubled", "undead")
SIZES = [0, 1, 80, 3_000, 20_000, 200_000]


class Client(threading.Thread):
    """Sends numbered mail to everybody, reads its own whole, deletes some, and remembers each answer."""

    def __init__(self, storm, number):
        super().__init__(daemon=True)
        self.storm, self.number, self.user = storm, number, USERS[number]
        self.random = random.Random(f"{storm.seed}/{number}")
        self.sent = 0
        self.answers = collections.Counter()
        self.faults = []
        self.outage, self.last_login = 0.0, time.monotonic()

    def run(self):
        while not self.storm.is_over.is_set():
            try:
                self._session()
            except (ConnectionError, TimeoutError) as error:
                if isinstance(error, TimeoutError):
                    self.faults.append(f"stuck: {self.user} gets no answer")
                self.answers["broken off"] += 1
            self.storm.may_connect.wait(5)

    def _session(self):
        with self.storm.server.talk(f"127.6.0.{self.number + 1}") as talk:
            answer = talk.login(self.user, f"pw-{self.user}")
            if answer != "OK":
                self.answers[f"LOGIN {answer or chr(45)}"] += 1
                return
            self.answers["LOGIN OK"] += 1
            self.outage = max(self.outage, time.monotonic() - self.last_login)
            self.last_login = time.monotonic()
            for _ in range(self.random.randint(1, 12)):
                if self.storm.is_over.is_set() or not self._command(talk):
                    return

    def _command(self, talk):
        choice = self.random.random()
        if choice < 0.05:
            self._guess()
        return self._send(talk) if choice < 0.6 else self._look(talk)

    def _guess(self):
        """A wrong password, from one of some addresses that will be banned by and by."""
        with self.storm.server.talk(f"127.7.0.{self.random.randint(1, 50)}") as talk:
            answer = talk.login(self.user, "wrong")
        self.answers[f"guess {answer or '-'}"] += 1
        if answer == "OK":
            self.faults.append("let in: with a wrong password")

    def _send(self, talk):
        self.sent += 1
        subject = f"{self.user}-{self.sent}"
        with self.storm.lock:
            mail = self.storm.ledger.add(self.user, self.random.choice(USERS), subject, self.random.choice(SIZES))
        mail.sent = talk.ask(mail.frame)
        self.answers[f"SEND {mail.sent or '-'}"] += 1
        return mail.sent is not None

    def _look(self, talk):
        subjects = talk.list()
        if not subjects:
            return subjects is not None
        number = self.random.randint(1, len(subjects))
        mail = self.storm.ledger.mails.get(subjects[number - 1])
        answer = talk.ask(f"READ\n{number}\n")
        if answer == "OK":
            content = talk.exactly(len(mail.stored)) if mail else None
            if mail is None or content is not None and content != mail.stored:
                self.faults.append(f"wrong bytes: {self.user} reads {subjects[number - 1]!r}")
            if content is None:
                return False
        self.answers[f"READ {answer or '-'}"] += 1
        # Short mailboxes keep the storm on SEND and DEL.
        if answer == "OK" and len(subjects) > 5:
            mail.deleted = None
            mail.deleted = talk.ask(f"DEL\n{number}\n")
            self.answers[f"DEL {mail.deleted or '-'}"] += 1
            return mail.deleted is not None
        return answer is not None


class Storm:
    """`kinds`: how often each kind of process is chosen. `pause`: seconds between two kills."""

    FIERCE = {"session": 55, "worker": 15, "gatekeeper": 15, "supervisor": 10, "tree": 5}
    STEADY = {"session": 80, "worker": 20}

    def __init__(self, programs, directory, folder, seed, kinds, pause, say):
        self.server = Server(programs, directory, folder)
        self.seed, self.kinds, self.pause, self.say = seed, kinds, pause, say
        self.random = random.Random(seed)
        self.ledger, self.lock = Ledger(), threading.Lock()
        self.is_over, self.may_connect = threading.Event(), threading.Event()
        self.killed = collections.Counter()
        self.memory = {}
        self.violations = []

    def run(self, kills=None, seconds=None):
        self.server.start()
        self.may_connect.set()
        clients = [Client(self, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        end = time.monotonic() + (seconds or 10**6)
        while time.monotonic() < end and (kills is None or self.killed.total() < kills):
            time.sleep(self.random.uniform(0.5, 1.5) * self.pause)
            self._kill(self.random.choices(list(self.kinds), self.kinds.values())[0])
            self._weigh()
        self.is_over.set()
        for client in clients:
            client.join()
            self.violations += client.faults
        outage = max(client.outage for client in clients)
        self.say(f"  the longest that a client was without a login: {outage:.1f} s")
        self._judge()
        self._report(sum((client.answers for client in clients), collections.Counter()))
        self.server.kill_tree()

    def _kill(self, kind):
        family = self.server.family()
        if kind in ("supervisor", "tree"):
            self.may_connect.clear()
            victims = [pid for each in family.values() for pid in each] if kind == "tree" else family["supervisor"]
            self.random.shuffle(victims)
            for victim in victims:
                kill(victim)
            self.server.process.wait()
            try:
                # At once: what the dead server has left behind may still be ending.
                self.server.start()
            except Broken as failure:
                self.violations.append(f"no restart after the death of the {kind}: {failure}")
                wait_for_end(pid for each in family.values() for pid in each)
                self.server.start()
            self.may_connect.set()
        elif family[kind]:
            kill(self.random.choice(family[kind]))
        else:
            return
        self.killed[kind] += 1

    def _weigh(self):
        """Resident bytes of supervisor and gatekeeper, kept by process: the first after a while, and the last."""
        family = self.server.family()
        for kind in ("supervisor", "gatekeeper"):
            for pid in family[kind]:
                try:
                    with open(f"/proc/{pid}/status") as file:
                        kib = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
                    # A process id returns; with the time of its start it does not.
                    began = os.stat(f"/proc/{pid}").st_ctime_ns
                except (OSError, StopIteration):
                    continue
                self.memory.setdefault((kind, pid, began), []).append((time.monotonic(), kib))

    def growth(self, kind):
        """KiB that the longest-lived of that kind grew by after its first tenth; with its life in seconds."""
        lives = [samples for (each, *_), samples in self.memory.items() if each == kind]
        longest = max(lives, key=lambda samples: samples[-1][0] - samples[0][0])
        life = longest[-1][0] - longest[0][0]
        settled = [kib for moment, kib in longest if moment >= longest[0][0] + life / 10]
        return settled[-1] - settled[0], round(life)

    def _judge(self):
        self.violations += self.ledger.faults(self.server.spool)
        for user in USERS:
            self.violations += self.ledger.wire_faults(
                self.server, user, f"pw-{user}", source="127.6.0.200", probe=f"probe of {user}")

    def _report(self, answers):
        self.say("  killed: " + ", ".join(f"{kind} {count}" for kind, count in self.killed.items()))
        self.say("  answers: " + ", ".join(f"{what} {count}" for what, count in sorted(answers.items())))
        for kind in ("supervisor", "gatekeeper"):
            grown, life = self.growth(kind)
            self.say(f"  memory: the {kind} that lived longest, {life} s, grew by {grown} KiB")
        mails = self.ledger.mails.values()
        count = {what: sum(fault.startswith(what) for fault in self.violations) for what in WRONGS}
        self.say(f"  {sum(mail.sent == 'OK' for mail in mails)} of {len(mails)} mails acknowledged, "
                 f"{sum(mail.deleted == 'OK' for mail in mails)} deletions; "
                 + ", ".join(f"{what} {number}" for what, number in count.items()))
