"""A directory that misbehaves: python3 directory.py MODE [CERTIFICATE KEY]

Says its port, then a line per event: "connect", "starttls", "bind" and, in clear, "clear HEX" for all that it was sent.
Modes: refuse, close, garbage, plain (StartTLS is granted and not done), silent, mute (granted, then nothing), tls (a real
one: StartTLS, and every bind succeeds), once (tls, but only the first bind of a connection is answered), names (a name
server that answers nothing: says its address instead of a port).
"""

import os
import socket
import ssl
import sys
import threading

mode = sys.argv[1]
STARTTLS = b"1.3.6.1.4.1.1466.20037"


def say(line):
    os.write(1, (line + "\n").encode())


def reply(identity, tag, code):
    body = b"\x02\x01" + identity + bytes([tag, 7, 0x0A, 1, code, 4, 0, 4, 0])
    return b"\x30" + bytes([len(body)]) + body


def read_message(connection):
    """One LDAPMessage with a message ID of one byte: (ID, the operation's tag, all bytes), or None at the end."""
    head = connection.recv(2)
    if len(head) < 2:
        return None
    length, message = head[1], head
    if length & 0x80:
        more = connection.recv(length & 0x7F)
        length, message = int.from_bytes(more, "big"), message + more
    start = len(message)
    while len(message) < start + length:
        piece = connection.recv(start + length - len(message))
        if not piece:
            return None
        message += piece
    return message[start + 2 : start + 3], message[start + 3], message


def serve(connection):
    say("connect")
    if mode == "silent":
        while connection.recv(4096):
            pass
        return
    encrypted, binds = False, 0
    while (message := read_message(connection)) is not None:
        identity, operation, everything = message
        if not encrypted:
            say("clear " + everything.hex())
        if operation == 0x77 and STARTTLS in everything:
            say("starttls")
            if mode == "refuse":
                connection.sendall(reply(identity, 0x78, 2))
            elif mode == "close":
                return
            elif mode == "garbage":
                connection.sendall(b"\x16\x03\x01 no LDAP at all\n" * 3)
            else:
                connection.sendall(reply(identity, 0x78, 0))
            if mode == "mute":
                while connection.recv(4096):
                    pass
                return
            if mode in ("tls", "once"):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[2], sys.argv[3])
                connection = context.wrap_socket(connection, server_side=True)
                encrypted = True
        elif operation == 0x60:
            say("bind")
            binds += 1
            if mode != "once" or binds == 1:
                connection.sendall(reply(identity, 0x61, 0))


def guarded(connection):
    try:
        serve(connection)
    except (OSError, IndexError):
        pass
    finally:
        connection.close()


if mode == "names":
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.99", 53))
    say("127.0.0.99")
    while True:
        listener.recvfrom(512)
        say("connect")
listener = socket.create_server(("127.0.0.1", 0))
say(str(listener.getsockname()[1]))
while True:
    threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()
