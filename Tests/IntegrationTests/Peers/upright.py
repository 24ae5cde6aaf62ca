"""A correct TW-Mailer Pro server, written from the assignment sheet alone, to see that the suite finds nothing in it.

usage: upright.py PORT SPOOL [child-dies-of-bad-number|server-dies-of-bad-number]

Standard library only. It shares nothing with the reference server nor with the other peers: a process per client, every
state in files guarded by flock, and an LDAP client of its own that talks to the one directory the sheet names.
"""
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import ssl
import sys
import time

DIRECTORY = ("ldap.technikum-wien.at", 389)
PEOPLE = "ou=people,dc=technikum-wien,dc=at"
NAME = re.compile(rb"[a-z0-9]{1,8}")
SPOOL = os.path.abspath(sys.argv[2])


# --- files -----------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def guarded(name):
    """The file `name` is read and written by nobody else meanwhile."""
    with open(os.path.join(SPOOL, name), "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file


def put(path, data):
    """Whole or not at all, whatever happens meanwhile."""
    with open(path + "~", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + "~", path)


# --- the directory (RFC 4511) ----------------------------------------------------------------------------------------

def element(tag, content):
    length = len(content)
    if length > 127:
        digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
        return bytes([tag, 0x80 | len(digits)]) + digits + content
    return bytes([tag, length]) + content


def exactly(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise OSError("the directory has gone")
        data += more
    return data


def reply(link):
    """The next message's resultCode: SEQUENCE { messageID, [APPLICATION n] { ENUMERATED, … } }."""
    def header():
        exactly(link, 1)
        length = exactly(link, 1)[0]
        return int.from_bytes(exactly(link, length & 0x7f), "big") if length & 0x80 else length
    message = exactly(link, header())
    operation = message[2 + message[1]:]
    at = 2 + (operation[1] & 0x7f if operation[1] & 0x80 else 0)
    return operation[at + 2]


def directory_accepts(user, password):
    """Whether a bind as that user succeeds; the connection is encrypted first."""
    with socket.create_connection(DIRECTORY, 5) as plain:
        oid = element(0x80, b"1.3.6.1.4.1.1466.20037")
        plain.sendall(element(0x30, b"\x02\x01\x01" + element(0x77, oid)))
        if reply(plain) != 0:
            return False
        with ssl.create_default_context().wrap_socket(plain, server_hostname=DIRECTORY[0]) as link:
            name = element(0x04, b"uid=" + user + b"," + PEOPLE.encode())
            bind = element(0x60, b"\x02\x01\x03" + name + element(0x80, password))
            link.sendall(element(0x30, b"\x02\x01\x02" + bind))
            return reply(link) == 0


# --- login and blacklist ---------------------------------------------------------------------------------------------

def login(user, password, address):
    """One at a time for an address, so that no crowd gets more than three attempts."""
    with guarded("login-" + address) as file:
        known = json.loads(file.read() or b"{}")
        if known.get("until", 0) > time.time():
            return False
        failures = known.get("failures", {})
        who = user.decode("latin-1")
        good = bool(NAME.fullmatch(user) and password) and directory_accepts(user, password)
        if good:
            failures.pop(who, None)
        else:
            failures[who] = failures.get(who, 0) + 1
        known = {"failures": failures}
        if failures.get(who, 0) >= 3:
            known = {"until": time.time() + 60}
        file.truncate(0)
        file.write(json.dumps(known).encode())
        file.flush()
        os.fsync(file.fileno())
        return good


# --- mail: SPOOL/user/number, the sender, receiver and subject in its first lines ------------------------------------

def folder(user):
    path = os.path.join(SPOOL, user.decode())
    os.makedirs(path, exist_ok=True)
    return path


def numbers(user):
    return sorted(int(name) for name in os.listdir(folder(user)) if name.isdigit())


def path_of(user, position):
    """The user's mail at a position of LIST; None when there is none."""
    if "child-dies-of-bad-number" in sys.argv and not position.isdigit():
        os.kill(os.getpid(), signal.SIGSEGV)
    if "server-dies-of-bad-number" in sys.argv and not position.isdigit():
        os.kill(os.getppid(), signal.SIGKILL)
    if not re.fullmatch(rb"[1-9][0-9]{0,8}", position):
        return None
    known = numbers(user)
    return os.path.join(folder(user), str(known[int(position) - 1])) if int(position) <= len(known) else None


def deliver(sender, receiver, subject, body):
    with guarded("mail-lock"):
        number = max(numbers(receiver), default=0) + 1
        put(os.path.join(folder(receiver), str(number)), b"\n".join([sender, receiver, subject, body]))


# --- one client ------------------------------------------------------------------------------------------------------

class Gone(Exception):
    pass


def serve(link, address):
    stream, user = link.makefile("rb"), None

    def line():
        text = stream.readline()
        if not text.endswith(b"\n"):
            raise Gone
        return text[:-1]

    def send():
        receiver, subject, body = line(), line(), []
        while (text := line()) != b".":
            body.append(text + b"\n")
        if not user or not NAME.fullmatch(receiver) or len(subject.decode("utf-8", "replace")) > 80:
            return b"ERR\n"
        deliver(user, receiver, subject, b"".join(body))
        return b"OK\n"

    def show():
        subjects = []
        with guarded("mail-lock"):
            for number in numbers(user):
                with open(os.path.join(folder(user), str(number)), "rb") as file:
                    subjects.append(file.read().split(b"\n", 3)[2] + b"\n")
        return b"%d\n" % len(subjects) + b"".join(subjects)

    def read(position):
        try:
            with open(path_of(user, position) or "", "rb") as file:
                return b"OK\n" + file.read() + b".\n"
        except FileNotFoundError:
            return b"ERR\n"

    def delete(position):
        with guarded("mail-lock"):
            path = path_of(user, position)
            if path:
                os.unlink(path)
            return b"OK\n" if path else b"ERR\n"

    while (verb := line()) != b"QUIT":
        if verb == b"LOGIN":
            name, password = line(), line()
            good = user is None and login(name, password, address)
            if good:
                user = name
            answer = b"OK\n" if good else b"ERR\n"
        elif verb == b"SEND":
            answer = send()
        elif verb in (b"READ", b"DEL"):
            position = line()
            answer = b"ERR\n" if not user else read(position) if verb == b"READ" else delete(position)
        elif verb == b"LIST" and user:
            answer = show()
        else:
            answer = b"ERR\n"
        link.sendall(answer)


def main():
    os.makedirs(SPOOL, exist_ok=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.create_server(("", int(sys.argv[1])), backlog=256)
    while True:
        link, peer = listener.accept()
        if os.fork() == 0:
            listener.close()
            with contextlib.suppress(Gone, OSError):
                serve(link, peer[0])
            os._exit(0)
        link.close()


main()
