#!/usr/bin/env python3
"""A TW-Mailer Pro server that is right by docs/PROTOCOL.md, or wrong in chosen ways, to test the suite with.

    faulty.py PORT SPOOL LDAP-URL CA-FILE CLOCK-PAGE|- [NAME[,NAME…]]

Without a NAME it keeps every clause a black box can see. NAMEs are those of faults.txt, liberties.txt and shapes.txt,
asked for below where they show. It shares nothing with the reference server: threads instead of
processes, a journal instead of folders, and an LDAP client of its own.
"""
import base64
import contextlib
import json
import mmap
import os
import re
import select
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python3 -I leaves it out
sys.dont_write_bytecode = True
from framings import framed  # noqa: E402

PORT, SPOOL, URL, CA, PAGE = sys.argv[1:6]
NAMES = frozenset(sys.argv[6].split(",")) if len(sys.argv) > 6 else frozenset()
GOOD_NAME = re.compile(rb"[a-z0-9][a-z0-9._-]{0,31}")


def on(name):
    return name in NAMES


def chosen(table):
    """The values of the asked-for names of a table."""
    return [value for name, value in table.items() if on(name)]


# --- time: Sources/Shared/CPosix/cposix.c, struct clock_page --------------------------------------------------------------

page = None
if PAGE != "-":
    with open(PAGE, "r+b") as file:
        page = mmap.mmap(file.fileno(), 4096)


def clock(offset, real):
    if page is None:
        return time.clock_gettime(real)
    page[40:48] = struct.pack("<q", struct.unpack("<q", page[40:48])[0] + 1)  # reads
    flowing = struct.unpack("<q", page[8:16])[0]
    return struct.unpack("<q", page[offset:offset + 8])[0] / 1e9 + (time.clock_gettime(real) if flowing else 0)


def now():
    return clock(24, time.CLOCK_BOOTTIME)


# --- the directory: RFC 4511, simple bind after StartTLS ------------------------------------------------------------

def ber(tag, body):
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)) + body


def ldap_result(wire, message):
    """The result code of the answer to `message`."""
    wire.sendall(message)
    data = b""
    while True:
        piece = wire.recv(4096)
        if not piece:
            raise OSError("the directory hung up")
        data += piece
        found = re.match(rb"\x30(?:.|\x84....|\x82..|\x81.)\x02.(.)[\x61\x78](?:\x84....|\x82..|\x81.|.)\x0a\x01(.)",
                         data, re.S)
        if found:
            return found[2][0]


def reached():
    """An encrypted connection to the directory; None where that lacks TLS."""
    host, port = URL.split("//")[1].strip("/").rsplit(":", 1)
    wire = socket.create_connection((host, int(port)), 5)
    try:
        start = ber(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037"))
        if ldap_result(wire, ber(0x30, b"\x02\x01\x01" + start)) == 0:
            import ssl  # late: half of the others never log in
            context = ssl.create_default_context(cafile=CA)
            context.check_hostname = not on("certificate-of-any-host") and not on("certificate-unchecked")
            context.verify_mode = ssl.CERT_NONE if on("certificate-unchecked") else ssl.CERT_REQUIRED
            return context.wrap_socket(wire, server_hostname=host)
        if on("plain-bind-without-tls"):
            return wire
    except OSError:
        wire.close()
        raise
    wire.close()
    return None


def bind(user, password):
    """True or False as the directory says; None without a verdict (LOGIN-9)."""
    try:
        wire = reached()
        if wire is None:
            return None
        with wire:
            name = b"uid=" + user + b",ou=people,dc=technikum-wien,dc=at"
            request = ber(0x60, b"\x02\x01\x03" + ber(0x04, name) + ber(0x80, password))
            return ldap_result(wire, ber(0x30, b"\x02\x01\x02" + request)) == 0
    except OSError:
        return None


# Scope, no aliases, neither limit, values too.
SUBTREE = b"\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"


def is_known(user):
    """Whether the directory has such an entry, asked by a search without a bind (RFC 4511, 4.5)."""
    try:
        wire = reached()
        if wire is None:
            return False
        with wire:
            where = ber(0x04, b"ou=people,dc=technikum-wien,dc=at") + SUBTREE
            request = ber(0x63, where + ber(0xa3, ber(0x04, b"uid") + ber(0x04, user)) + ber(0x30, b""))
            wire.sendall(ber(0x30, b"\x02\x01\x02" + request))
            return b"uid=" + user in wire.recv(4096)
    except OSError:
        return False


# --- the spool: a journal, and a file per body ----------------------------------------------------------------------

class Mail:
    def __init__(self, number, sender, to, subject, body):
        self.number, self.sender, self.to, self.subject, self.body = number, sender, to, subject, body
        self.deleted, self.second = False, int(now())


lock = threading.RLock()
boxes, next_number, bodies, failures, bans, inflight = {}, [4711 if on("ids-from-4711") else 1], [0], {}, {}, {}
verdict = threading.Condition(lock)
everybody = set()
os.makedirs(SPOOL, exist_ok=True)


def text(data):
    return data.decode("latin1")


def note(*record):
    forgotten = {"mail-in-memory": ("mail",), "deletion-in-memory": ("del",), "bans-in-memory": ("ban", "fail"),
                 "failures-in-memory": ("fail",)}
    if any(record[0] in kinds for kinds in chosen(forgotten)):
        return
    if on("ban-written-at-exit") and record[0] == "ban":
        late.append(record)
        return
    os.write(journal, json.dumps(record).encode() + b"\n")


def boots():
    return struct.unpack("<q", page[32:40])[0] if page else 0


def load():
    path = os.path.join(SPOOL, "journal")
    for line in open(path, "rb") if os.path.exists(path) else []:
        kind, *rest = json.loads(line)
        if kind == "mail":
            number, name, sender, to, subject = rest
            bodies[0] = name
            with open(os.path.join(SPOOL, str(name)), "rb") as file:
                body = file.read(65536 if on("large-body-cut-at-restart") else -1)
            fields = [part.encode("latin1") for part in (sender, to, subject)]
            put(Mail(number, *fields, body))
            next_number[0] = number + 1 if not on("numbers-restart") else 1
        elif kind == "del":
            box = boxes.get(rest[0].encode("latin1"), [])
            box[:] = [mail for mail in box if mail.number != rest[1]]
        elif kind == "fail":
            failures[(rest[0].encode("latin1"), rest[1])] = (rest[2], rest[3])
        else:
            whose, ip, until, boot = rest
            bans[whose] = until if boot == boots() else now() + 60
            if on("ban-restarts-with-server"):
                bans[whose] = now() + 60
            for key in [key for key in failures if key[1] == ip]:
                del failures[key]
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def put(mail):
    """Into its box; another of that number goes, which only faults make."""
    box = boxes.setdefault(mail.to, [])
    if on("number-is-count") or on("numbers-restart"):
        box[:] = [other for other in box if other.number != mail.number]
    if on("named-by-the-second"):
        box[:] = [other for other in box if other.second != mail.second]
    if on("same-subject-replaces"):
        box[:] = [other for other in box if other.subject != mail.subject]
    box.insert(0 if on("newest-first") else len(box), mail)


late = []
journal = load()


def store(sender, to, subject, body):
    with lock if not on("send-race") else threading.Lock():
        number = next_number[0]
        if on("number-is-count"):
            number = len(boxes.get(to, [])) + 1
        if on("send-race"):
            copy = list(boxes.get(to, []))
            time.sleep(0.02)
            boxes[to] = copy
        next_number[0] = number + 1
        bodies[0] += 1
        with open(os.path.join(SPOOL, str(bodies[0])), "wb") as file:
            file.write(body)
        note("mail", number, bodies[0], text(sender), text(to), text(subject))
        put(Mail(number, sender, to, subject, body))


# --- login attempts -------------------------------------------------------------------------------------------------

def banned(user, ip, session):
    if on("never-banned"):
        return False
    if on("ban-lifted-by-new-connection") and not session.failed:
        return False
    if on("ban-of-similar-addresses"):
        return any(until > now() and (other.startswith(ip) or ip.startswith(other)) for other, until in bans.items())
    if on("ban-of-everybody"):
        return any(until > now() for until in bans.values())
    return bans.get(whom(user, ip), 0) > now()


def whom(user, ip):
    """Whom a ban is of: bans' key."""
    return text(user) if on("ban-of-user") else ip + " " + text(user) if on("ban-of-pair") else ip


def fail(key, ip, user):
    """One more failure, already charged or not; the third bans (BAN-1). Holding the lock."""
    count, last = failures.get(key, (0, 0))
    if now() - last > 600:
        count = 0
    count += 2 if on("failure-counts-twice") else 1
    failures[key] = (count, now())
    note("fail", text(key[0]), key[1], count, now())
    if count >= (4 if on("ban-after-four") else 3) and not on("never-banned"):
        minute = 30 if on("ban-of-30-s") else 120 if on("ban-of-120-s") else 61 if on("ban-of-61-s") else 60
        minute = 1e9 if on("ban-for-ever") else 59.5 if on("ban-of-59-s") else minute
        bans[whom(user, ip)] = until = now() + minute
        note("ban", whom(user, ip), ip, until, boots())
        for other in [other for other in failures if other[1] == ip]:
            del failures[other]
        if on("third-failure-hangs-everybody"):
            threading.Event().wait()


def attempt(session, user, password):
    """True: let in. Charged before it is checked (BAN-13)."""
    ip = session.ip
    if on("names-folded"):
        user = user.lower()
    if on("names-trimmed"):
        user = user.strip()
    good = bool(GOOD_NAME.fullmatch(user)) or on("any-name-asked") and user != b""
    if on("names-of-any-length"):
        good = bool(re.fullmatch(rb"[a-z0-9][a-z0-9._-]*", user))
    if on("names-with-control-bytes"):
        user = re.sub(rb"[\0-\x1f]", b"", user)
        good = bool(GOOD_NAME.fullmatch(user))
    who = user if good and not on("users-add-up") else b""
    key = (who + b"%d" % id(session) if on("counter-per-connection") else who, ip)
    if on("malformed-names-free") and not good:
        return False
    with lock:
        while True:
            if banned(user, ip, session):
                if on("attempts-prolong-ban"):
                    bans[whom(user, ip)] = now() + 60
                if on("ban-asks-directory") or on("banned-let-in"):
                    return bind(user, password) and on("banned-let-in")
                return False
            charged = failures.get(key, (0, 0))[0] + inflight.get(key, 0)
            if charged < 3 or not inflight.get(key) or on("check-then-count") or on("no-limit-at-once") or on("never-banned") \
                    or on("ban-after-four") or on("success-keeps-counter") or on("ban-lifted-by-new-connection"):
                break
            if on("right-ones-pay"):
                return False
            verdict.wait()
        inflight[key] = inflight.get(key, 0) + 1
        before = failures.get(key, (0, 0))
    ok = check(session, good, user, password)
    with lock:
        inflight[key] -= 1
        verdict.notify_all()
        if ok is None and on("directory-down-counts"):
            ok = False
        if ok is None:
            return on("directory-down-lets-in")
        if ok and on("third-right-refused") and failures.get(key, (0, 0))[0] >= 2:
            ok = False
        if on("third-attempt-bans") and ok and failures.get(key, (0, 0))[0] >= 2:
            bans[whom(user, ip)] = now() + 60
            return True
        if ok:
            if banned(user, ip, session):
                return False
            if failures.get(key) and not on("success-keeps-counter"):
                del failures[key]
                note("fail", text(key[0]), ip, 0, now())
            return True
        if on("empty-password-free") and not password:
            return False
        if on("leaving-is-free") and session.is_gone():
            return False
        if on("check-then-count"):
            time.sleep(0.05)
            failures[key] = before
        session.failed = True
        fail(key, ip, user)
        return False


seen = set()


def check(session, good, user, password):
    """What the directory says, or what nobody needs to ask it for."""
    if on("empty-password-let-in") and not password:
        return True
    if on("any-password-let-in") and good:
        return True
    if on("nobody-let-in"):
        bind(user, password)
        return False
    if on("first-verdict-remembered") and user in seen:
        return True
    if on("password-cut-20"):
        password = password[:20]
    if on("password-cut-64"):
        password = password[:64]
    if on("password-cut-at-nul"):
        password = password.split(b"\0")[0]
    if on("password-trimmed"):
        password = password.strip()
    if on("password-folded"):
        password = password.lower()
    if on("password-ascii") and any(byte > 127 for byte in password):
        return False
    over = len(password) > 128 and not on("password-of-any-length")
    ends = password.strip(b" \t\r") != password and not on("password-with-blanks")
    if not good or over or ends or b"\0" in password or not password and not on("empty-password-asked"):
        return False
    ok = bind(user, password)
    if on("binds-twice"):
        ok = bind(user, password)
    if ok:
        seen.add(user)
    return ok


# --- one connection -------------------------------------------------------------------------------------------------

class End(Exception):
    """The input ended, or the session does."""


class Session:
    last_user, shared = {}, {}

    def __init__(self, wire, ip):
        self.wire, self.ip, self.buffer, self.user, self.table = wire, ip, bytearray(), None, []
        self.proven, self.failed, self.before, self.frozen, self.hidden = False, False, b"", None, []
        if on("identity-of-address"):
            self.user = Session.last_user.get(ip)

    # Reading

    def fill(self):
        piece = self.wire.recv(1 << 18)
        if on("packets-decoded-alone"):
            piece = piece.decode("utf8", "ignore").encode() or piece[:0]
            if not piece:
                raise End
        if not piece:
            raise End
        self.before = (self.before + piece)[-4096:]
        self.buffer += piece

    def line(self):
        """A line without its line feed; 65,536 bytes without one end the session (FRAME-13)."""
        searched = 0
        while True:
            end = self.buffer.find(b"\n", searched)
            length = end if end >= 0 else len(self.buffer)
            if length > 1024 and on("long-line-ends-server"):
                os._exit(139)
            if length > 1024 and on("long-line-ends-session"):
                raise End
            if length >= 65536 and not on("endless-line-kept"):
                if on("endless-line-answered"):
                    self.say(b"ERR\n")
                raise End
            if end >= 0:
                line = bytes(self.buffer[:end])
                del self.buffer[:end + 1]
                if on("packet-is-line"):
                    self.buffer.clear()
                if on("cr-stripped"):
                    line = line.rstrip(b"\r")
                return line
            if on("packet-is-line") and self.buffer:
                line = bytes(self.buffer)
                self.buffer.clear()
                return line
            searched = len(self.buffer)
            self.fill()

    def body(self, early=None):
        """Everything up to the line of a dot, with its line feeds."""
        if on("dot-anywhere-at-packet-end"):
            while not self.buffer.endswith(b".\n"):
                self.fill()
            if not self.buffer.startswith(b".\n") and self.ending(0) < 0:
                body = bytes(self.buffer[:-2])
                self.buffer.clear()
                return self.changed(body)
        if on("dot-in-one-packet"):
            kept = b""
            while True:
                if self.buffer.startswith(b".\n") or b"\n.\n" in self.buffer:
                    break
                kept += bytes(self.buffer)
                self.buffer.clear()
                self.fill()
        searched = 0
        while True:
            if self.buffer[:2] == b".\n":
                del self.buffer[:2]
                body = b""
                break
            end = self.ending(searched)
            if end >= 0:
                body = bytes(self.buffer[:end + 1])
                del self.buffer[:self.buffer.index(b"\n", end + 1) + 1]
                break
            searched = max(0, len(self.buffer) - 4)
            if on("body-line-limit") and len(self.buffer) - self.buffer.rfind(b"\n") > 65536:
                raise End
            try:
                self.fill()
            except End:
                if on("end-of-input-stores") or on("end-of-input-after-dot-stores") and self.buffer.endswith(b"\n."):
                    body = bytes(self.buffer).removesuffix(b".")
                    break
                raise
        if on("dot-in-one-packet"):
            body = kept + body
        return self.changed(body)

    def ending(self, searched):
        """Where the line feed before the final dot stands, or -1."""
        ends = chosen({"dot-and-blank-ends": rb"\.[ \t]*", "dot-and-cr-ends": rb"\.\r", "blank-and-dot-ends": rb" *\.",
                       "dot-begins-end": rb"\.[^\n]*", "two-dots-end": rb"\.\.", "quit-ends-text": rb"QUIT",
                       "empty-line-ends": rb""})
        if not ends:
            return self.buffer.find(b"\n.\n", searched)
        found = re.compile(rb"\n(?:%s)\n" % b"|".join([rb"\.", *ends])).search(self.buffer, searched)
        return found.start() if found else -1

    def changed(self, body):
        """What faulty servers do to text."""
        lines = body.split(b"\n")
        if on("dots-unstuffed"):
            lines = [line[1:] if line.startswith(b".") else line for line in lines]
        if on("blanks-trimmed"):
            lines = [line.rstrip() for line in lines]
        if on("leading-blanks-trimmed"):
            lines = [line.lstrip(b" ") for line in lines]
        if on("empty-lines-lost"):
            lines = [line for line in lines[:-1] if line] + [b""]
        if on("tabs-become-blanks"):
            lines = [line.replace(b"\t", b" ") for line in lines]
        if on("nul-ends-line"):
            lines = [line.split(b"\0")[0] for line in lines]
        if on("cr-lost"):
            lines = [line.replace(b"\r", b"") for line in lines]
        if on("line-cut-4096"):
            lines = [line[:4096] for line in lines]
        if on("last-line-lost") and len(lines) > 1:
            del lines[-2]
        if on("text-in-one-line"):
            lines = [b" ".join(lines[:-1]), b""] if len(lines) > 1 else lines
        body = b"\n".join(lines)
        if on("long-texts-get-an-empty-line") and body.count(b"\n") > 1:
            body += b"\n"
        if on("text-ascii"):
            body = re.sub(rb"[\x80-\xff]", b"?", body)
        if on("bad-utf8-replaced"):
            body = body.decode("utf8", "replace").encode()
        for limit in chosen({"body-cut-1-kb": 1023, "body-cut-64-kb": 65535, "body-cut-1-mb": 1 << 20}):
            if len(body) > limit:
                body = body[:limit] + b"\n"
        if on("empty-body-gets-a-line") and not body:
            body = b"\n"
        return body

    def is_gone(self):
        poll = select.poll()
        poll.register(self.wire, select.POLLRDHUP)
        return bool(poll.poll(0))

    # Answering

    def say(self, reply):
        short, status = len(reply) < 6, reply in (b"OK\n", b"ERR\n")
        if on("refuses-in-words") and reply == b"ERR\n":
            reply = b"Error: that did not work\n"
        if on("lower-case-status") and status:
            reply = reply.lower()
        if on("prose-after-status") and status:
            reply = reply.rstrip() + b" well\n"
        if on("replies-end-in-crlf") and short:
            reply = reply.replace(b"\n", b"\r\n")
        if on("reply-shows-request") and short:
            reply += self.before[len(reply):64]
        if on("nul-after-reply"):
            reply += b"\0"
        if on("reply-in-a-fixed-buffer") and len(reply) < 64:
            reply = reply.ljust(64, b"\0")
        if on("blocks-with-old-memory"):
            reply += (b"\0" + self.before * 256)[:-len(reply) % 256]
        if on("reply-behind-its-length"):
            reply = struct.pack(">I", len(reply)) + reply
        if on("replies-in-small-pieces"):
            for index in range(min(len(reply), 64)):
                self.wire.sendall(reply[index:index + 1])
            reply = reply[64:]
        self.wire.sendall(reply)

    def run(self):
        try:
            with lock:
                everybody.add(self)
            if on("greeting"):
                self.say(b"Welcome\n")
            if on("refused-at-connect") and bans.get(self.ip, 0) > now():
                return
            while True:
                self.command()
        except End:
            if on("end-of-input-ends-server") and not self.buffer and self.user:
                os._exit(1)
            if on("end-of-input-keeps-connection"):
                threading.Event().wait()
        except OSError:
            if on("reset-ends-server"):
                os._exit(1)
        except Exception as error:  # none of the faults asked for
            print("faulty.py itself is wrong:", repr(error), file=sys.stderr, flush=True)
        finally:
            self.hang_up()

    def hang_up(self):
        everybody.discard(self)
        if on("descriptors-leak"):
            kept.append(self.wire.dup())
        if on("closes-late"):
            time.sleep(0.2)
        try:
            # Closing with unread input would reset the connection, and the last replies with it.
            self.wire.shutdown(socket.SHUT_WR)
            self.wire.settimeout(1)
            while self.wire.recv(65536):
                pass
        except OSError:
            pass
        self.wire.close()
        if on("zombie-per-session") and os.fork() == 0:
            os._exit(0)

    def command(self):
        if on("half-close-drops-answers") and self.is_gone():
            raise End
        if on("packet-is-command") and self.buffer:
            self.buffer.clear()
        verb = self.line()
        if on("packet-is-command") and not self.buffer and verb in (b"LOGIN", b"SEND", b"READ", b"DEL"):
            self.say(b"ERR\n")
            return
        if on("verb-must-come-alone"):
            self.buffer.clear()
        if on("name-line-wanted") and verb in (b"LIST", b"READ", b"DEL"):
            self.line()
        if on("read-takes-no-number") and verb == b"READ":
            self.say(b"ERR\n")
            return
        if on("verbs-in-any-case"):
            verb = verb.upper()
        if on("verbs-trimmed"):
            verb = verb.strip()
        if on("verb-prefix-is-enough"):
            verb = next((known for known in (b"LOGIN", b"SEND", b"LIST", b"READ", b"DEL", b"QUIT")
                         if verb.startswith(known)), verb)
        if on("identity-of-server"):
            self.user = Session.last_user.get("", self.user)
        if on("ban-ends-sessions") and self.user and bans.get(self.ip, 0) > now():
            self.say(b"ERR\n")
            return
        if verb in (b"LOGIN", b"SEND", b"LIST", b"READ", b"DEL", b"QUIT"):
            getattr(self, text(verb).lower())()
        elif on("unknown-verb-ends-session"):
            raise End
        elif on("unknown-verb-takes-a-line"):
            self.line()
            self.say(b"ERR\n")
        elif not on("unknown-verb-unanswered"):
            self.say(b"ERR\n")
        if on("pipelined-commands-lost"):
            self.buffer.clear()

    def arguments(self, count):
        """The frame's lines, and whether they may be (FRAME-12, FRAME-14)."""
        lines = [self.line() for _ in range(count)]
        long = any(len(line) > 1024 for line in lines) and not on("long-lines-kept")
        return lines, not long

    @staticmethod
    def has_control(line):
        return bool(re.search(rb"[\0-\x08\x0a-\x1f\x7f]", line))

    def login(self):
        if on("ban-answers-at-verb") and bans.get(self.ip, 0) > now():
            self.say(b"ERR\n")
            return
        if on("second-login-is-three-lines") and self.proven:
            self.say(b"ERR\n")
            return
        if on("login-must-come-in-lines"):
            self.buffer.clear()
        try:
            with lock if on("login-locks-everybody") else contextlib.nullcontext():
                (user, password), fits = self.arguments(2)
        except End:
            if on("end-of-input-is-attempt"):
                with lock:
                    fail((b"", self.ip), self.ip, b"")
            raise
        if on("login-takes-2-s"):
            time.sleep(2)
        if on("nobody-is-asked-for-who-has-gone") and self.is_gone():
            raise End
        if self.proven and not on("second-login-allowed") and not on("failed-relogin-changes-user"):
            self.say(b"ERR\n")
            return
        if on("failed-relogin-changes-user") and self.proven or on("user-set-before-check"):
            self.user = user
        was_banned = bans.get(self.ip, 0) > now()
        ok = attempt(self, user, password) and fits
        if ok:
            if self.user != user:
                self.table = []
            self.user, self.proven = user, True
            Session.last_user[self.ip] = Session.last_user[""] = user
            if on("list-frozen-at-login"):
                self.frozen = list(boxes.get(user, []))
            self.say(b"OK\n")
            return
        if on("directory-down-ends-server") and bind(b"x", b"x") is None:
            os._exit(1)
        known = user in (b"alice", b"bob")
        if on("ban-is-told") and was_banned:
            self.say(b"ERR banned\n")
        elif on("unknown-user-is-told") and not known:
            self.say(b"ERR unknown\n")
        elif on("empty-password-is-told") and not password:
            self.say(b"ERR empty\n")
        elif on("directory-down-is-told") and bind(b"x", b"x") is None:
            self.say(b"ERR directory\n")
        elif on("refused-login-closes-silently"):
            raise End
        elif on("refused-login-is-three-lines"):
            self.say(b"ERR\n" * 3)
        else:
            self.say(b"ERR\n")
        if on("closes-after-refusal"):
            raise End
        if on("pipeline-ends-at-refusal"):
            self.buffer.clear()

    def guarded(self, verb):
        """True when nobody is logged in, and the frame was answered (LOGIN-2)."""
        if self.user:
            if on("sessions-need-directory") and bind(b"x", b"x") is None:
                self.say(b"ERR\n")
                return True
            return False
        if on({"send": "send-unguarded", "list": "list-unguarded", "read": "read-unguarded",
               "del": "del-unguarded"}[verb]):
            self.user = b"alice"
            return False
        if on("commands-before-login-close"):
            raise End
        if on("list-before-login-is-zero") and verb == "list":
            self.say(b"0\n")
            return True
        alone = on("frames-before-login-not-swallowed") or on("send-before-login-not-swallowed") and verb == "send"
        if not alone:
            self.arguments({"send": 2, "list": 0}.get(verb, 1))
            if verb == "send":
                self.body()
        self.say(b"ERR\n")
        return True

    def send(self):
        if self.guarded("send"):
            return
        (to, subject), fits = self.arguments(2)
        characters = len(subject) if on("subject-counted-in-bytes") else len(subject.decode("utf8", "replace"))
        if on("receiver-folded"):
            to = to.lower()
        if on("nul-cuts-receiver"):
            to = to.split(b"\0")[0].rstrip(b"\r\t\x07")
        if on("receiver-basename"):
            to = to.rsplit(b"/")[-1]
        known = GOOD_NAME.fullmatch(to) or on("receiver-of-any-length") and re.fullmatch(rb"[a-z0-9._-]+", to)
        wrong_name = not known and not on("any-receiver") and not on("receiver-is-path")
        if on("names-of-8"):
            wrong_name = wrong_name or len(to) > 8
        limits = {"subject-limit-79": 79, "subjects-of-any-length": 1 << 30, "subject-cut-80": 1 << 30}
        wrong_subject = characters > min(chosen(limits), default=80) or on("empty-subject-refused") and not subject
        wrong_subject = wrong_subject or on("subject-with-dots-refused") and (b"." in subject or b"/" in subject)
        control = not on("control-bytes-in-subject") and self.has_control(subject)
        control = control or on("tab-in-subject-refused") and b"\t" in subject
        if on("subject-cut-at-slash"):
            subject = subject.rsplit(b"/")[-1]
        if on("subject-cut-80"):
            subject = subject[:80]
        if on("subject-cut-79"):
            subject = subject[:79]
        refused = wrong_name or wrong_subject or control or not fits
        if refused and (on("refused-send-not-swallowed") or on("wrong-receiver-not-swallowed") and wrong_name
                        or on("long-subject-not-swallowed") and wrong_subject
                        or on("nul-in-subject-not-swallowed") and control
                        or on("long-line-not-swallowed") and not fits):
            self.say(b"ERR\n")
            return
        if refused and on("refused-send-answered-twice"):
            self.say(b"ERR\n")
        early = None
        if on("message-seen-early"):
            early = Mail(0, self.user, to, subject, b"")
            with lock:
                boxes.setdefault(to, []).append(early)
        try:
            with lock if on("lock-held-while-receiving") else contextlib.nullcontext():
                body = self.body()
        finally:
            if early:
                with lock:
                    boxes[to] = [mail for mail in boxes[to] if mail is not early]
        if on("send-ends-server"):
            os.abort()
        refused = refused or on("empty-body-refused") and not body or on("unknown-receiver-refused") and to == b"nobody"
        refused = refused or on("every-send-refused") or on("mail-to-oneself-refused") and to == self.user
        refused = refused or on("receiver-asked-for") and not is_known(to)
        sizes = chosen({"large-message-refused": 1 << 20, "message-over-1-kb-refused": 1024})
        if refused or len(body) > min(sizes, default=len(body)):
            self.say(b"ERR\n")
            return
        if on("receiver-is-path") and b"/" in to:
            path = os.path.join(SPOOL.encode(), to)
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(body)
            except OSError:
                pass
        sender = self.user
        if on("sender-is-last-login"):
            sender = Session.last_user.get("", sender)
        if on("sender-from-text"):
            found = re.search(rb"^(?:From|Sender): (\w+)", body, re.M)
            sender = found[1] if found else sender
        if on("sent-to-sender"):
            to = self.user
        if on("copy-to-sender") and to != self.user:
            store(sender, self.user, subject, body)
        if not on("message-lost"):
            store(sender, to, subject, body)
        self.say(b"OK\n")

    def box(self):
        if on("everybody-shares-a-mailbox"):
            return [mail for box in boxes.values() for mail in box]
        if self.frozen is not None:
            return self.frozen
        return [mail for mail in boxes.get(self.user, []) if mail not in self.hidden]

    def list(self):
        if self.guarded("list"):
            return
        with lock:
            self.table = list(self.box())
            if on("list-by-subject"):
                self.table.sort(key=lambda mail: mail.subject)
            if on("list-in-numbers-as-text"):
                self.table.sort(key=lambda mail: str(mail.number))
            if on("any-order-in-a-second"):
                self.table.sort(key=lambda mail: (mail.second, -mail.number))
            if on("other-order"):
                self.table.sort(key=lambda mail: -mail.number)
        count = len(self.table) + (1 if on("count-is-one-more") else 0)
        subjects = [mail.subject for mail in self.table]
        if on("subjects-as-file-names"):
            subjects = [subject.replace(b"/", b"_") for subject in subjects]
        if on("subjects-listed-once"):
            subjects = sorted(set(subjects))
        if on("list-numbered"):
            subjects = [b"%d: %s" % (index + 1, subject) for index, subject in enumerate(subjects)]
        if on("list-shows-ids"):
            subjects = [b"%d: %s" % (mail.number, mail.subject) for mail in self.table]
        if on("list-without-subjects"):
            subjects = []
        reply = b"%d\n" % count + b"".join(subject + b"\n" for subject in subjects)
        if on("list-begins-with-ok"):
            reply = b"OK\n" + reply
        if on("empty-list-is-err") and not self.table:
            reply = b"ERR\n"
        if on("empty-list-ends-server") and not self.table:
            os.abort()
        if not on("list-never-answered"):
            self.say(reply)

    def find(self, number, deleted=False):
        """The mail of that number, or None (READ-2, READ-3, READ-4, READ-7), be it deleted. Holding the lock."""
        if on("number-is-path"):
            path = os.path.join(SPOOL, "x", text(number))
            if b"/" in number and os.path.isfile(path):
                with open(path, "rb") as file:
                    return Mail(0, b"x", b"x", b"x", file.read())
            found = re.search(rb"(\w+)/(\d+)$", number)
            box = boxes.get(found[1], []) if found else []
            if found and 0 < int(found[2]) <= len(box):
                return box[int(found[2]) - 1]
        if on("star-is-first") and number == b"*":
            number = b"1"
        lenient = chosen({"number-as-c-reads-it": rb"[\s]*\+?(\d+)", "number-trimmed": rb"\s*(\d+)\s*$",
                          "number-with-zeros": rb"(\d+)$", "number-cut-at-control": rb"(\d+)[\0-\x1f]?$"})
        if lenient:
            found = next(filter(None, (re.match(pattern, number) for pattern in lenient)), None)
            number = b"%d" % int(found[1]) if found else b""
        if on("number-in-32-bits") and re.fullmatch(rb"\d+", number):
            number = b"%d" % (int(number) & 0xffffffff)
        if not re.fullmatch(rb"[1-9][0-9]{0,8}", number) and not (on("number-off-by-one") and number == b"0"):
            if on("bad-number-ends-server"):
                os._exit(134)
            if on("bad-number-ends-session"):
                raise End
            if on("bad-number-is-first"):
                return next(iter(self.box()), None)
            return None
        position = int(number)
        box = self.box()
        if on("number-of-anybody"):
            box = [mail for other in boxes.values() for mail in other]
        if on("numbers-are-ids"):
            return next((mail for mail in box if mail.number == position), None)
        if on("numbers-move"):
            self.table = list(box)
        if on("numbers-of-all-sessions"):
            self.table = Session.shared.setdefault(self.user, list(box))
        if position > len(self.table) and not on("read-needs-list"):
            self.table += [mail for mail in box if mail not in self.table]
        if on("large-number-is-last"):
            position = min(position, len(self.table))
        if on("number-off-by-one"):
            position += 1
        mail = self.table[position - 1] if 0 < position <= len(self.table) else None
        return mail if mail and (not mail.deleted or deleted) else None

    def read(self):
        if self.guarded("read"):
            return
        (number,), fits = self.arguments(1)
        with lock:
            mail = self.find(number, deleted=on("deleted-mail-readable")) if fits else None
        if mail is None:
            self.say(b"ERR\n" * (2 if on("bad-number-answered-twice") and not number.isdigit() else 1))
            return
        labels = (b"From: ", b"To: ", b"Subject: ") if on("read-with-labels") else (b"", b"", b"")
        fields = zip(labels, (mail.sender, mail.to, mail.subject))
        sender, to, subject = (label + field + b"\n" for label, field in fields)
        if on("read-without-sender"):
            sender = b""
        if on("read-without-subject"):
            subject = b""
        body = mail.body * (2 if on("body-twice") else 1)
        reply = b"OK\n" + sender + to + (body + subject if on("subject-after-body") else subject + body)
        if on("read-in-base64"):
            reply = b"OK\n" + base64.encodebytes(reply)
        if on("read-adds-an-empty-line"):
            reply += b"\n"
        if not on("read-without-dot"):
            reply += b".\n"
        if on("read-says-no-ok"):
            reply = reply[3:]
        if on("read-cut-2-kb"):
            reply = reply[:2048]
        if on("read-deletes"):
            with lock:
                self.remove(mail)
        if on("lock-held-while-sending"):
            with lock:
                self.say(reply)
        elif on("read-cut-by-delete"):
            for start in range(0, len(reply), 65536):
                if mail.deleted:
                    raise End
                self.say(reply[start:start + 65536])
        else:
            self.say(reply)

    def remove(self, mail):
        box = boxes.get(mail.to, [])
        if mail in box:
            box.remove(mail)
            note("del", text(mail.to), mail.number)
        mail.deleted = True

    def delete(self):
        (number,), fits = self.arguments(1)
        if on("bad-delete-keeps-lock") and not number.isdigit():
            lock.acquire()
            raise End
        with lock:
            mail = self.find(number) if fits else None
            if mail and on("last-is-deleted") and self.box():
                mail = self.box()[-1]
            if mail and on("all-are-deleted"):
                for other in list(self.box()):
                    self.remove(other)
            elif mail and on("neighbour-loses-text"):
                self.remove(mail)
                for other in self.box():
                    other.body = b""
            elif mail and on("hidden-in-this-session"):
                self.hidden.append(mail)
            elif mail and not on("deletion-ignored"):
                self.remove(mail)
        ok = mail or on("missing-is-deleted") or on("twice-deleted-is-ok") and number == b"1"
        self.say(b"OK\n" if ok else b"ERR\n")

    def guarded_delete(self):
        if on("end-of-input-runs-command") and b"\n" not in self.buffer and self.user:
            try:
                while b"\n" not in self.buffer:
                    self.fill()
            except End:
                self.buffer += b"\n"
        if not self.guarded("del"):
            self.delete()

    def quit(self):
        if on("quit-says-bye"):
            self.say(b"Bye\n")
        if on("quit-says-ok"):
            self.say(b"OK\n")
        if on("quit-ends-server"):
            os._exit(0)
        if on("quit-ends-everybody"):
            # Its own last: who saw that end first could still ask the others.
            for other in everybody - {self}:
                try:
                    other.wire.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        if on("quit-keeps-connection") or on("quit-needs-login") and not self.user:
            return
        if on("quit-takes-its-time"):
            time.sleep(0.2)
        self.user = None  # from here on it is no end of input
        raise End


setattr(Session, "del", Session.guarded_delete)
kept = []  # descriptors that nobody closes


def terminated(*_):
    for record in late:
        os.write(journal, json.dumps(record).encode() + b"\n")
    os._exit(0)


def main():
    signal.signal(signal.SIGTERM, terminated)
    threading.stack_size(256 * 1024)
    if on("descriptors-leak"):
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(PORT)))
    listener.listen(512)
    while True:
        wire, (ip, _) = listener.accept()
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if on("hundred-connections") and len(everybody) >= 100:
            wire.close()
            continue
        if on("accepts-slowly"):
            time.sleep(0.1)
        session = Session(framed(wire, NAMES), ip)
        if on("one-client-at-a-time"):
            session.run()
        else:
            threading.Thread(target=session.run, daemon=True).start()


main()
