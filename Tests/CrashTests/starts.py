"""A start while a call fails; and that the next start finds all that was acknowledged."""

import os
import shutil
import subprocess

import tracing
from mail import Ledger
from scenarios import Scenario
from world import Broken


class Start(Scenario):
    """A server that starts on a spool with mail, half a draft, an index that is behind, a ban and two charges."""

    name = "start"
    short_form = ()
    banned, charged = "127.3.0.1", "127.3.0.2"

    def __init__(self, server):
        super().__init__(server)
        self.template = f"{server.folder}/template"
        self.ledger = Ledger()
        self._make_template()

    def _make_template(self):
        server = self.server
        server.restart()
        shutil.rmtree(f"{server.spool}/bob", ignore_errors=True)
        with server.talk() as talk, server.talk() as unfinished:
            assert talk.login("alice") == "OK" and unfinished.login("alice") == "OK"
            unfinished.say("SEND\nbob\nhalf\n" + "half a line " * 3000)
            for number in (1, 2):
                mail = self.ledger.add("alice", "bob", f"{self.name} {number}", 300)
                mail.sent = talk.ask(mail.frame)
            for address, count in ((self.banned, 3), (self.charged, 2)):
                for _ in range(count):
                    assert self._login(address, "wrong") == "ERR"
            assert os.listdir(f"{server.spool}/.tmp"), "half a draft is there"
            server.kill_tree()
        with open(f"{server.spool}/bob/index", "r+b") as index:
            index.write(b"torn")
        shutil.rmtree(self.template, ignore_errors=True)
        self._copy(server.spool, self.template)

    @staticmethod
    def _copy(source, target):
        subprocess.run(["cp", "-a", source, target], check=True)

    def _login(self, address, password):
        with self.server.talk(address) as talk:
            return talk.login("alice", password)

    def perform(self, output, inject, kills):
        self.server.kill_tree()
        shutil.rmtree(self.server.spool)
        self._copy(self.template, self.server.spool)
        if os.path.exists(output):
            os.remove(output)
        answer = "started"
        try:
            self._start(["strace", "-D", "-o", output, *(["-e", f"inject={inject}"] if inject else [])])
        except Broken:
            answer = "not started"
        self.server.kill_tree()
        return answer, tracing.read(output)

    def _start(self, command):
        self.server.start(under=command)

    def faults(self, action):
        self.server.start()
        found = self.ledger.faults(self.server.spool)
        found += self.ledger.wire_faults(self.server, "bob", probe="start probe")
        if os.listdir(f"{self.server.spool}/.tmp"):
            found.append("leftover: a draft in .tmp")
        if self._login(self.banned, "alice-secret") != "ERR":
            found.append("let in: from a banned address")
        if self._login(self.charged, "wrong") != "ERR" or self._login(self.charged, "alice-secret") != "ERR":
            found.append("let in: two charges were forgotten")
        return found


class GatekeeperStart(Start):
    """The same, with the gatekeeper looked at while it reads its state back."""

    name = "gate-start"
    first = '".gate"'  # before it: the loader and the libraries

    def _start(self, command):
        folder = f"{self.server.folder}/wrapped"
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        # Once: the supervisor may start another.
        with open(f"{folder}/twmailer-gatekeeper", "w") as script:
            real = f"{self.server.programs}/twmailer-gatekeeper"
            script.write(f'#!/bin/sh\n[ -e {folder}/once ] && exec {real} "$@"\n: >{folder}/once\n'
                         + "exec " + " ".join(command) + f' {real} "$@"\n')
        os.chmod(f"{folder}/twmailer-gatekeeper", 0o755)
        shutil.copy(f"{self.server.programs}/twmailer-server", folder)
        self.server.start(programs=folder)
