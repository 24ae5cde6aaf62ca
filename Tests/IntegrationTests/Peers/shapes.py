"""A small server that is right by the assignment sheet and shows its replies in one of several shapes.

usage: shapes.py SHAPE PORT SPOOL LDAP-URL

Standard library only; one thread per client; a plain LDAP bind (RFC 4511, section 4.2). The shapes are those
of servers seen in the field. The suite's tests play it: whatever the shape, only what a shape really breaks may fail.
"""
import json, os, re, socket, sys, threading, time
from urllib.parse import urlparse

SHAPE, PORT, SPOOL, LDAP = sys.argv[1], int(sys.argv[2]), sys.argv[3], urlparse(sys.argv[4])
lock = threading.Lock()
turns = {}

SHAPES = {
    "plain": {},
    "prose": {"greeting": b"Welcome to the mail server!\nPlease log in.\n", "ok": b"OK done, thank you\n",
              "err": b"ERR: that did not work\n", "quit": b"OK bye\n"},
    "numbered": {"list_head": b"OK\nYou have %d messages:\n", "list_line": b"%d. %s\n", "err": b"ERR - no\n"},
    "labelled": {"read": b"From: %(sender)s\nTo: %(receiver)s\nSubject: %(subject)s\nMessage: %(body)s"},
    "nosender": {"read": b"%(receiver)s\n%(subject)s\n%(body)s.\n", "ok": b"OK"},
    "reordered": {"read": b"%(subject)s\n%(sender)s\n%(receiver)s\n%(body)s.\n", "list_head": b"Total: %d\n"},
    # Two writes for a reply, and Nagle's algorithm between them.
    "pieces": {"pieces": True},
    "nozero": {"no_mail": b"ERR\n"},
    # READ is the message and nothing before it; an ERR is explained on the next line.
    "nostatus": {"read": b"Sender: %(sender)s\nSubject: %(subject)s\n%(body)s.\n", "read_ok": b"", "err": b"ERR\nSorry\n"},
    # Refuses at connect, knows names of 8 letters only, leaves at a long line: all its own business.
    "doorkeeper": {"bars": True, "names": rb"[a-z0-9]{1,8}\Z", "longest": 16384},
    "nul": {"ok": b"OK\n\0", "err": b"ERR\n\0"},
}
shape = {"greeting": b"", "ok": b"OK\n", "err": b"ERR\n", "quit": b"", "list_head": b"%d\n", "list_line": b"%s\n",
         "no_mail": None, "bars": False, "pieces": False, "longest": -1, "names": rb"[a-z0-9][a-z0-9._-]{0,31}\Z",
         "read": b"%(sender)s\n%(receiver)s\n%(subject)s\n%(body)s.\n"} | SHAPES[SHAPE]

NAME = re.compile(shape["names"])


# Attempts and bans, written at every change.

def state_path():
    return os.path.join(SPOOL, "attempts.json")

def load():
    try:
        with open(state_path()) as file: return json.load(file)
    except FileNotFoundError: return {"failures": {}, "bans": {}}

def store():
    with open(state_path() + ".new", "w") as file: json.dump(state, file)
    os.rename(state_path() + ".new", state_path())


def tlv(tag, value):
    if len(value) < 128: return bytes([tag, len(value)]) + value
    size = len(value).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + value

def bind(user, password):
    dn = b"uid=" + user + b",ou=people,dc=technikum-wien,dc=at"
    request = tlv(0x60, tlv(2, b"\3") + tlv(4, dn) + tlv(0x80, password))
    with socket.create_connection((LDAP.hostname, LDAP.port), 10) as link:
        link.sendall(tlv(0x30, tlv(2, b"\1") + request))
        reply = link.recv(4096)
    at = reply.find(b"\x61")
    return reply[at:].find(b"\x0a\x01\x00") in (2, 3)

def is_banned(address):
    with lock: return state["bans"].get(address, 0) > time.time()

def login(user, password, address):
    key = user.decode("latin-1") + " " + address
    if not NAME.match(user) or not 0 < len(password) <= 128 or b"\0" in password: good = None
    else: good = False
    with lock: turn = turns.setdefault(key, threading.Lock())
    with turn: return attempt(key, user, password, address, good)

def attempt(key, user, password, address, good):
    """One after the other for a user and address: no crowd gets more than three."""
    if is_banned(address): return False
    try:
        if good is False: good = bind(user, password)
    except OSError: good = False
    with lock:
        if not good: state["failures"][key] = state["failures"].get(key, 0) + 1
        if good: state["failures"].pop(key, None)
        elif state["failures"][key] >= 3:
            state["bans"][address] = time.time() + 60
            state["failures"] = {k: v for k, v in state["failures"].items() if not k.endswith(" " + address)}
        store()
    return bool(good)


# Mail: one file each, named by its number; a number is never used again.

def box(user):
    path = os.path.join(SPOOL, "mail-" + user.decode())
    os.makedirs(path, exist_ok=True)
    return path

def numbers(user):
    return sorted(int(name) for name in os.listdir(box(user)) if name.isdigit())

def deliver(sender, receiver, subject, body):
    with lock:
        counter = os.path.join(box(receiver), "last")
        number = int(open(counter).read()) + 1 if os.path.exists(counter) else 1
        with open(counter + ".new", "w") as file: file.write(str(number))
        os.rename(counter + ".new", counter)
        path = os.path.join(box(receiver), str(number))
        with open(path + ".new", "wb") as file:
            file.write(sender + b"\n" + receiver + b"\n" + subject + b"\n" + body)
        os.rename(path + ".new", path)

def message(path):
    with open(path, "rb") as file: parts = file.read().split(b"\n", 3)
    return dict(zip((b"sender", b"receiver", b"subject", b"body"), parts))


class Session(threading.Thread):
    def __init__(self, link, address):
        super().__init__(daemon=True)
        self.link, self.address, self.user = link, address, None
        self.file = link.makefile("rb")
        self.listed = []

    def line(self):
        text = self.file.readline(shape["longest"])
        if not text.endswith(b"\n"): raise EOFError
        return text[:-1]

    def say(self, text):
        if shape["pieces"] and text:
            self.link.sendall(text[:-1])
            text = text[-1:]
        if text: self.link.sendall(text)
    def status(self, good): self.say(shape["ok"] if good else shape["err"])

    def run(self):
        try:
            if shape["bars"] and is_banned(self.address): raise EOFError(self.status(False))
            self.say(shape["greeting"])
            while self.command(): pass
            self.say(shape["quit"])
        except (EOFError, OSError): pass
        try: self.link.shutdown(socket.SHUT_RDWR)
        except OSError: pass
        self.file.close()
        self.link.close()

    def command(self):
        verb = self.line()
        if verb == b"QUIT": return False
        if verb == b"LOGIN":
            user, password = self.line(), self.line()
            if self.user: self.status(False)
            else:
                if login(user, password, self.address): self.user = user
                self.status(self.user is not None)
        elif verb == b"SEND": self.send()
        elif verb in (b"READ", b"DEL"): self.find(verb, self.line())
        elif verb == b"LIST" and self.user: self.list()
        else: self.status(False)
        return True

    def send(self):
        receiver, subject, body = self.line(), self.line(), []
        while (text := self.line()) != b".": body.append(text)
        good = self.user and NAME.match(receiver) and len(subject.decode("utf-8", "replace")) <= 80
        if good: deliver(self.user, receiver, subject, b"".join(text + b"\n" for text in body))
        self.status(good)

    def list(self):
        self.listed = numbers(self.user)
        if not self.listed and shape["no_mail"]: return self.say(shape["no_mail"])
        text = shape["list_head"] % len(self.listed)
        for place, number in enumerate(self.listed, 1):
            subject = message(os.path.join(box(self.user), str(number)))[b"subject"]
            wide = shape["list_line"].count(b"%") == 2
            text += shape["list_line"] % ((place, subject) if wide else subject)
        self.say(text)

    def find(self, verb, number):
        if not self.user or not re.match(rb"[1-9][0-9]{0,8}\Z", number): return self.status(False)
        self.listed += [n for n in numbers(self.user) if n not in self.listed and n > max(self.listed, default=0)]
        if int(number) > len(self.listed): return self.status(False)
        path = os.path.join(box(self.user), str(self.listed[int(number) - 1]))
        try:
            if verb == b"DEL":
                os.remove(path)
                self.status(True)
            else:
                text = shape["read"] % message(path)
                self.say(shape.get("read_ok", shape["ok"].rstrip(b"\0").rstrip(b"\n") + b"\n") + text)
        except FileNotFoundError: self.status(False)


state = load()
listener = socket.create_server(("", PORT), backlog=512)
while True:
    try:
        link, peer = listener.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not shape["pieces"])
    except OSError: continue  # it has gone again
    Session(link, peer[0]).start()
