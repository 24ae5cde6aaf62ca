"""What is done while a call fails: one SEND, one DEL, one ban, one login; and what must hold afterwards."""

import os
import shutil

import tracing
from mail import Ledger
from world import comes_to_rest

BODY = 20_000  # more than one buffer of the server's


class Scenario:
    """One command, repeatable: `prepare` gives the process to look at, `act` the command, `faults` the verdict."""

    name = ""
    first = ""  # calls before the one that names this are not looked at
    short_form = ("EIO", "lie")  # beside kills

    def __init__(self, server):
        self.server = server
        self.turn = 0
        self.ended = 0  # how often the supervisor gave up

    def prepare(self):
        raise NotImplementedError

    def act(self):
        raise NotImplementedError

    def faults(self, action):
        raise NotImplementedError

    def perform(self, output, inject, kills):
        """The command under strace: what the client heard, and the trace."""
        process = self.prepare()
        trace = tracing.Trace(process, output, inject)
        try:
            answer = self.act()
        except TimeoutError:
            answer = "stuck"
        if not kills:
            comes_to_rest(process)  # what follows the answer belongs to it
        return answer, trace.end(is_killed=kills)


class _Mailbox(Scenario):
    """Of bob, who has one message of alice's or none."""

    has_mail = True

    def prepare(self):
        self.turn += 1
        self.ledger = Ledger()
        shutil.rmtree(f"{self.server.spool}/bob", ignore_errors=True)
        shutil.rmtree(f"{self.server.spool}/alice", ignore_errors=True)
        self.talk = self.server.talk()
        assert self.talk.login(self.user) == "OK"
        if self.has_mail:
            self.old = self._mail("old")
            self.old.sent = self.talk.ask(self.old.frame)
            assert self.old.sent == "OK"
        return self.server.only_session()

    def _mail(self, what):
        return self.ledger.add(self.user, "bob", f"{self.name} {self.turn} {what}", BODY)

    def faults(self, action):
        self.talk.close()
        found = self.ledger.faults(self.server.spool)
        found += self.ledger.wire_faults(self.server, "bob", probe=f"{self.name} {self.turn} probe")
        # A session that was killed, or could not unlink, leaves its draft to the next server.
        if action in ("kill", "unlinkat") or not self.server.is_running:
            self.server.restart()
            found += self.ledger.faults(self.server.spool)
            found += self.ledger.wire_faults(self.server, "bob", probe=f"{self.name} {self.turn} probe again")
        if os.listdir(f"{self.server.spool}/.tmp"):
            # Without memory a session ends as if killed.
            if not any("ev=session-crash" in line for line in self.server.log):
                found.append("leftover: a draft in .tmp")
            self.server.restart()
        return found


class Send(_Mailbox):
    """Into a mailbox that has mail."""

    name = "send"
    user = "alice"

    def act(self):
        mail = self._mail("new")
        mail.sent = self.talk.ask(mail.frame)
        return mail.sent


class FirstSend(Send):
    """Into a mailbox that does not exist yet."""

    name = "first-send"
    has_mail = False


class Delete(_Mailbox):
    """The only message."""

    name = "delete"
    user = "bob"

    def prepare(self):
        process = super().prepare()
        assert self.talk.list() == [self.old.subject]
        return process

    def act(self):
        self.old.deleted = self.talk.ask("DEL\n1\n")
        return self.old.deleted


class Ban(Scenario):
    """The third wrong guess from an address, seen by the gatekeeper."""

    name = "ban"
    allowed = 3

    def prepare(self):
        self.turn += 1
        self.address = f"127.1.{self.turn // 250}.{self.turn % 250 + 1}"
        self.before = self.server.directory.binds()
        for _ in range(self.allowed - 1):
            assert self._guess("wrong") == "ERR"
        return self.server.family()["gatekeeper"][0]

    def _guess(self, password):
        with self.server.talk(self.address) as talk:
            return talk.login("alice", password)

    @property
    def checked(self):
        """How many guesses the directory was asked about."""
        return self.server.directory.binds() - self.before

    def act(self):
        return self._guess("wrong")

    def faults(self, action):
        """However it went on: no more than three guesses are ever checked, and then nobody comes in.

        A guess whose verdict the gatekeeper could not read is none (LOGIN-9), and its client learns nothing.
        """
        found = []
        self.allowed = 3 + sum("ev=worker-lost" in line for line in self.server.log)
        self.server.log.clear()
        for moment in ("at once", "after a restart"):
            if moment != "at once":
                self.server.restart()
            for _ in range(self.allowed):
                if self._guess("wrong") == "OK":
                    found.append(f"let in: a wrong password, {moment}")
            if self.checked > self.allowed:
                found.append(f"too many: {self.checked} guesses were checked, {moment}")
            elif self.checked == self.allowed and self._guess("alice-secret") == "OK":
                found.append(f"let in: from a banned address, {moment}")
        with self.server.talk("127.2.0.1") as talk:
            if talk.login("alice") != "OK":
                found.append("stuck: nobody can log in")
        return found


class Accept(Scenario):
    """A client that comes, logs in and sends, seen by the supervisor."""

    name = "accept"

    def prepare(self):
        self.turn += 1
        self.ledger = Ledger()
        shutil.rmtree(f"{self.server.spool}/bob", ignore_errors=True)
        return self.server.process.pid

    def act(self):
        mail = self.ledger.add("alice", "bob", f"accept {self.turn}", 200)
        try:
            with self.server.talk() as talk:
                if talk.login("alice") == "OK":
                    mail.sent = talk.ask(mail.frame)
        except ConnectionError:
            pass
        return mail.sent

    def faults(self, action):
        if not comes_to_rest(self.server.process.pid):
            self.server.process.wait()
            self.ended += action != "kill"
            self.server.restart()
        found = self.ledger.faults(self.server.spool)
        return found + self.ledger.wire_faults(self.server, "bob", probe=f"accept {self.turn} probe")
