#!/usr/bin/env python3
"""A peer that is no server at all, to test the runner with.

    misbehaving.py PORT never-accepts|silent|one-byte-a-second|endless-bytes|endless-lines|resets
"""
import socket
import struct
import sys
import threading
import time


def behave(wire, how):
    try:
        if how == "resets":
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.close()
        elif how == "silent":
            while wire.recv(65536):
                pass
            time.sleep(3600)
        elif how == "one-byte-a-second":
            # What a slow but right server would say at first, and then a count without an end.
            for byte in b"OK\n" + b"1" * 3600:
                time.sleep(1)
                wire.sendall(bytes([byte]))
        else:
            piece = b"x" * 65536 if how == "endless-bytes" else b"OK\n" * 21845
            while True:
                wire.sendall(piece)
    except OSError:
        pass


def main():
    port, how = int(sys.argv[1]), sys.argv[2]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(16)
    while how == "never-accepts":
        time.sleep(3600)
    while True:
        wire, _ = listener.accept()
        threading.Thread(target=behave, args=(wire, how), daemon=True).start()


main()
