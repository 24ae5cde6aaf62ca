"""What was sent, what was answered, and whether what is stored agrees with both."""

import hashlib
import os
import re

NAME = re.compile(r"^[0-9]{10,18}\.[0-9a-f]{16},S=([0-9]+)$")


def body(subject, size):
    """Lines that nobody but `subject` and `size` determine; every one of them differs from all others."""
    lines, length, number = [], 0, 0
    while length < size:
        line = f"{subject} {number} {hashlib.sha256(f'{subject}/{number}'.encode()).hexdigest()}\n"
        lines.append(line)
        length += len(line)
        number += 1
    return "".join(lines)


class Mail:
    def __init__(self, sender, receiver, subject, size):
        self.sender, self.receiver, self.subject = sender, receiver, subject
        self.body = body(subject, size)
        # None: no answer was heard.
        self.sent = None
        self.deleted = False  # False: not asked; else OK, ERR or None

    # Made when they are asked for: there are hundreds of thousands of mails.

    @property
    def stored(self):
        return f"{self.sender}\n{self.receiver}\n{self.subject}\n{self.body}.\n".encode()

    @property
    def frame(self):
        return f"SEND\n{self.receiver}\n{self.subject}\n{self.body}.\n".encode()

    @property
    def must_exist(self):
        return self.sent == "OK" and self.deleted is False

    @property
    def must_not_exist(self):
        return self.sent == "ERR" or self.deleted == "OK"


class Ledger:
    """All mail of a test, by subject."""

    def __init__(self):
        self.mails = {}

    def add(self, sender, receiver, subject, size):
        mail = Mail(sender, receiver, subject, size)
        self.mails[subject] = mail
        return mail

    def faults(self, spool, strict=True):
        """One line for each disagreement between the answers and the files.

        `strict`: what was answered ERR must not be there either. (After a power loss it may come back.)
        """
        found, seen = [], {}
        for user in sorted(os.listdir(spool)):
            if user.startswith("."):
                continue
            folder = f"{spool}/{user}/new"
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                with open(f"{folder}/{name}", "rb") as file:
                    content = file.read()
                found += self._judge(user, name, content, seen)
        for mail in self.mails.values():
            count = seen.get(mail.subject, 0)
            if mail.must_exist and count == 0:
                found.append(f"lost: {mail.subject} was answered OK and is not in {mail.receiver}'s mailbox")
            if strict and mail.must_not_exist and count > 0:
                found.append(f"undead: {mail.subject} was refused or deleted and is there")
            if count > 1:
                found.append(f"doubled: {mail.subject} is there {count} times")
        return found

    def _judge(self, user, name, content, seen):
        match = NAME.match(name)
        if not match:
            return [f"stray: {user}/new/{name}"]
        subject = (content.split(b"\n", 3) + [b""] * 3)[2].decode("utf-8", "replace")
        mail = self.mails.get(subject)
        if mail is None or mail.receiver != user or int(match[1]) != len(content) or content != mail.stored:
            return [f"partial: {user}/new/{name} holds {len(content)} bytes that nobody sent"]
        seen[subject] = seen.get(subject, 0) + 1
        return []

    def wire_faults(self, server, user, password=None, source="127.0.0.1", probe=None):
        """The same over the wire, in a new session: everything listed is whole, and SEND and DEL still work."""
        found = []
        try:
            with server.talk(source) as talk:
                if talk.login(user, password) != "OK":
                    return [f"stuck: {user} cannot log in"]
                subjects = talk.list()
                if subjects is None:
                    return [f"stuck: {user} gets no list"]
                for number, subject in enumerate(subjects, 1):
                    mail = self.mails.get(subject)
                    if mail is None or mail.receiver != user:
                        found.append(f"partial: LIST shows {user} a subject that nobody sent: {subject!r}")
                    elif talk.ask(f"READ\n{number}\n") != "OK" or talk.exactly(len(mail.stored)) != mail.stored:
                        found.append(f"wrong bytes: READ of {subject} by {user}")
                        return found
                for mail in self.mails.values():
                    if mail.receiver == user and mail.must_exist and mail.subject not in subjects:
                        found.append(f"lost: LIST does not show {mail.subject} to {user}")
                if probe is not None:
                    found += self._probe(talk, user, probe, len(subjects) + 1)
        except (TimeoutError, ConnectionError) as error:
            found.append(f"stuck: {user}: {error or type(error).__name__}")
        return found

    @staticmethod
    def _probe(talk, user, subject, number):
        if talk.ask(f"SEND\n{user}\n{subject}\nprobe\n.\n") != "OK":
            return [f"stuck: no SEND to {user}"]
        length = len(f"{user}\n{user}\n{subject}\nprobe\n.\n")
        if talk.ask(f"READ\n{number}\n") != "OK" or talk.exactly(length) is None:
            return [f"stuck: no READ by {user}"]
        return [] if talk.ask(f"DEL\n{number}\n") == "OK" else [f"stuck: no DEL by {user}"]
