"""A small server that is right by the assignment sheet but for one thing: how it takes commands, or how it answers.

usage: speeches.py MODE PORT SPOOL LDAP-URL

Standard library only; one thread per client; a plain LDAP bind (RFC 4511, section 4.2). MODES says what each mode does
otherwise. The suite's tests play it: the probe must understand every mode, or say what it does not understand.
"""
import os, re, socket, struct, sys, threading, time
from urllib.parse import urlparse

MODE, PORT, SPOOL, LDAP = sys.argv[1], int(sys.argv[2]), sys.argv[3], urlparse(sys.argv[4])
lock = threading.Lock()

# take: how commands come off the wire. Everything else: how replies look.
MODES = {
    "stream": {},
    "one-write": {"take": "write"},
    "verb-alone": {"take": "verb"},
    "line-only": {"take": "line"},
    "dot-ended": {"take": "dot"},
    "length": {"take": "length", "pack": ">I"},
    "length-le": {"take": "length", "pack": "<I"},
    "length-line": {"take": "digits"},
    "nul-ended": {"take": "nul"},
    "own-words": {"ok": b"Done.\n", "err": {"LOGIN": b"Error: who are you?\n", "": b"Error: not possible\n"}},
    "no-line-feeds": {"ok": b"OK", "err": {"": b"ERR"}},
    "blocks": {"block": 64},
    "ids-from-4711": {"first": 4711, "entry": b"[%d] %s\n"},
    "newest-first": {"newest": True, "entry": b"%d: %s\n"},
    "indexes-from-0": {"zero": True},
    "name-line": {"named": True},
    "first-line-only": {"keep": lambda text: text.split(b"\n")[0] + b"\n"},
    "last-byte-lost": {"keep": lambda text: text[:-2] + b"\n"},
    "empty-lines-dropped": {"keep": lambda text: b"".join(line + b"\n" for line in text.split(b"\n") if line)},
    "empty-line-before-dot": {"end": b"\n.\n"},
    "two-lines-each": {"entry": b"Mail %d\nSubject: %s\n"},
    "no-subjects": {"entry": b"%d.eml\n", "subjects": False},
    "always-first": {"always": True},
    "late-greeting": {"greeting": b"Welcome, client!\n", "serial": True},
    "sometimes-greets": {"greeting": b"Welcome, client!\n", "rarely": True},
    # Not understood at all.
    "mute": {"take": "none"},
    "flood": {"take": "flood"},
    "riddle": {"take": "stream", "riddle": True},
    "dies-at-send": {"dies": b"SEND"},
    "unreadable": {"read": lambda mail: b"OK\n" + b"\n".join(mail).hex().encode() + b"\n.\n"},
}
mode = {"take": "stream", "ok": b"OK\n", "err": {"": b"ERR\n"}, "entry": b"%s\n", "end": b".\n", "first": 1} | MODES[MODE]
NAME = re.compile(rb"[a-z0-9][a-z0-9._-]{0,31}\Z")
ARGUMENTS = {b"LOGIN": 2, b"SEND": 2, b"READ": 1, b"DEL": 1}


def tlv(tag, value):
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value

def bind(user, password):
    if not NAME.match(user) or not password: return False
    dn = b"uid=" + user + b",ou=people,dc=technikum-wien,dc=at"
    request = tlv(0x60, tlv(2, b"\3") + tlv(4, dn) + tlv(0x80, password))
    with socket.create_connection((LDAP.hostname, LDAP.port), 10) as link:
        link.sendall(tlv(0x30, tlv(2, b"\1") + request))
        reply = link.recv(4096)
    return reply[reply.find(b"\x61"):].find(b"\x0a\x01\x00") in (2, 3)


# Attempts: three failures of a user from an address ban it for a minute, here in memory.
failures, bans = {}, {}

def login(user, password, address):
    with lock:
        if bans.get(address, 0) > time.time(): return False
    try: good = bind(user, password)
    except OSError: good = False
    with lock:
        if good: failures.pop((user, address), None)
        else:
            failures[user, address] = failures.get((user, address), 0) + 1
            if failures[user, address] >= 3: bans[address] = time.time() + 60
    return good


# Mail: one file each, named by its number; a number is never used again.
def box(user):
    path = os.path.join(SPOOL, user.decode("latin-1"))
    os.makedirs(path, exist_ok=True)
    return path

def numbers(user):
    return sorted((int(name) for name in os.listdir(box(user))), reverse=mode.get("newest", False))

def deliver(sender, receiver, subject, text):
    with lock:
        counter = os.path.join(SPOOL, "last-" + receiver.decode("latin-1"))
        number = int(open(counter).read()) + 1 if os.path.exists(counter) else mode["first"]
        with open(counter, "w") as file: file.write(str(number))
        with open(os.path.join(box(receiver), str(number)), "wb") as file:
            file.write(b"\n".join([sender, receiver, subject, mode.get("keep", lambda text: text)(text)]))

def mail(user, number):
    with open(os.path.join(box(user), str(number)), "rb") as file: return file.read().split(b"\n", 3)


class Session(threading.Thread):
    def __init__(self, link, address):
        super().__init__(daemon=True)
        self.link, self.address, self.user, self.buffer = link, address, None, b""

    # --- the wire

    def more(self):
        data = self.link.recv(1 << 16)
        if not data: raise EOFError
        return data

    def until(self, end):
        while end not in self.buffer: self.buffer += self.more()
        text, _, self.buffer = self.buffer.partition(end)
        return text

    def exactly(self, count):
        while len(self.buffer) < count: self.buffer += self.more()
        text, self.buffer = self.buffer[:count], self.buffer[count:]
        return text

    def lines(self, first):
        """The lines of one command, whose next line `first` reads; a SEND's text is one of them."""
        verb = first()
        taken = [verb] + ([first()] if mode.get("named") and verb in (b"LIST", b"READ", b"DEL") else [])
        taken += [first() for _ in range(ARGUMENTS.get(verb, 0))]
        if verb == b"SEND":
            text = []
            while (line := first()) != b".": text.append(line + b"\n")
            taken.append(b"".join(text))
        return taken

    def whole(self, data):
        """Of a command that came whole."""
        rest = data.split(b"\n")
        def line():
            if not rest: raise IndexError
            return rest.pop(0)
        try: return self.lines(line)
        except IndexError: return [b"?"]

    def command(self):
        take = mode["take"]
        if take == "stream": return self.lines(lambda: self.until(b"\n"))
        if take == "write": return self.whole(self.more())
        if take == "nul": return self.whole(self.until(b"\0"))
        if take == "length": return self.whole(self.exactly(struct.unpack(mode["pack"], self.exactly(4))[0]))
        if take == "digits": return self.whole(self.exactly(int(self.until(b"\n"))))
        if take == "dot":
            lines = []
            while (line := self.until(b"\n")) != b".": lines.append(line)
            return self.whole(b"\n".join(lines + ([b"."] if lines[:1] == [b"SEND"] else [])))
        if take == "line":
            # What comes behind the first line of a write is lost.
            return self.lines(lambda: self.more().split(b"\n")[0])
        if take == "verb":
            verb = self.more()
            if not verb.endswith(b"\n") or b"\n" in verb[:-1]: return [b"?"]
            self.buffer = verb
            return self.lines(lambda: self.until(b"\n"))
        if take == "flood":
            self.more()
            while True: self.link.sendall(b"ERR ERR ERR\n" * 512)
        while True: self.more()

    def say(self, text):
        if "block" in mode: text = text + b"\0" + b"stale memory " * 10
        if "block" in mode: text = text[:max(mode["block"], -(-text.index(b"\0") // mode["block"]) * mode["block"])]
        if mode["take"] == "length": text = struct.pack(mode["pack"], len(text)) + text
        if mode["take"] == "digits": text = b"%d\n" % len(text) + text
        if mode["take"] == "nul": text += b"\0"
        self.link.sendall(text)

    # --- the commands

    def status(self, good, verb=""):
        self.say(mode["ok"] if good else mode["err"].get(verb, mode["err"][""]))

    def run(self):
        try:
            if mode.get("greeting") and (not mode.get("rarely") or next(turns) % 2): self.say(mode["greeting"])
            while self.answer(*self.command()): pass
        except (EOFError, OSError, ValueError, struct.error): pass
        self.link.close()

    def answer(self, verb, *arguments):
        if mode.get("dies") == verb and self.user: os.abort()
        if mode.get("riddle"): self.say(b"%d is not %d\n" % (time.time_ns(), len(verb)))
        elif verb == b"QUIT": return False
        elif verb == b"LOGIN":
            good = not self.user and login(*arguments, self.address)
            if good: self.user = arguments[0]
            self.status(good, "LOGIN")
        elif not self.user or verb not in (b"SEND", b"LIST", b"READ", b"DEL"): self.status(False)
        elif verb == b"SEND":
            receiver, subject, text = arguments
            good = NAME.match(receiver) and len(subject.decode("utf-8", "replace")) <= 80
            if good: deliver(self.user, receiver, subject, text)
            self.status(good)
        elif verb == b"LIST": self.list()
        else: self.find(verb, arguments[-1])
        return True

    def list(self):
        known = numbers(self.user)
        text = b"%d\n" % len(known)
        for number in known:
            shown = mail(self.user, number)[2:3] if mode.get("subjects", True) else []
            text += mode["entry"] % tuple(([number] if b"%d" in mode["entry"] else []) + shown)
        self.say(text)

    def find(self, verb, number):
        known = numbers(self.user)
        if b"%d" not in mode["entry"]: known = dict(enumerate(known, 0 if mode.get("zero") else 1))
        else: known = {number: number for number in known}
        if mode.get("always") and known: number = b"%d" % min(known)
        if not re.match(rb"(0|[1-9][0-9]{0,8})\Z", number) or int(number) not in known: return self.status(False)
        path = os.path.join(box(self.user), str(known[int(number)]))
        try:
            if verb == b"DEL":
                os.remove(path)
                return self.status(True)
            found = mail(self.user, known[int(number)])
        except FileNotFoundError: return self.status(False)
        if "read" in mode: return self.say(mode["read"](found))
        self.say(mode["ok"].rstrip(b"\n") + b"\n" + b"\n".join(found) + mode["end"])


turns = iter(range(1 << 62))
listener = socket.create_server(("", PORT), backlog=512)
while True:
    link, peer = listener.accept()
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    session = Session(link, peer[0])
    session.start()
    if mode.get("serial"): session.join()
