#!/usr/bin/env python3
"""Servers that serve nothing, to see that the suite finds nothing good in them.

    null.py PORT silent|closes|ok|err|zero|echo|parrot|parrot-ok|ok-lines|err-lines|zero-lines|stub

silent      reads, and never says anything
closes      closes each connection at once
ok err zero answer each packet with OK, ERR, 0; …-lines each line
echo        sends back what it gets
parrot      answers each packet with the one before it; parrot-ok with an OK before that
stub        knows the frames and ends with QUIT, answers OK, to LIST 0, and stores nothing; stub.txt says what it may pass
"""
import socket
import sys
import threading

FRAMES = {b"LOGIN": 2, b"SEND": 2, b"READ": 1, b"DEL": 1, b"LIST": 0}
WORDS = {"ok": b"OK\n", "err": b"ERR\n", "zero": b"0\n"}


def stub(wire):
    stream = wire.makefile("rb")
    while (verb := stream.readline()).endswith(b"\n") and verb != b"QUIT\n":
        frame = [stream.readline() for _ in range(FRAMES.get(verb[:-1], 0))]
        while verb == b"SEND\n" and frame[-1] not in (b".\n", b""):
            frame[-1] = stream.readline()
        if b"" in frame:
            return
        wire.sendall(b"0\n" if verb == b"LIST\n" else b"OK\n")


def packets(wire, mode):
    before = b""
    while packet := wire.recv(65536):
        if mode in WORDS:
            wire.sendall(WORDS[mode])
        elif mode.endswith("-lines"):
            wire.sendall(WORDS[mode.removesuffix("-lines")] * packet.count(b"\n"))
        elif mode == "echo":
            wire.sendall(packet)
        elif mode.startswith("parrot"):
            wire.sendall((b"OK\n" if mode == "parrot-ok" else b"") + (before or packet))
            before = packet


def serve(wire, mode):
    try:
        if mode == "stub":
            stub(wire)
        elif mode != "closes":
            packets(wire, mode)
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        wire.close()


def main():
    port, mode = int(sys.argv[1]), sys.argv[2]
    listener = socket.create_server(("", port), backlog=512)
    while True:
        wire, _ = listener.accept()
        threading.Thread(target=serve, args=(wire, mode), daemon=True).start()


main()
