"""Framings of a course's own making around a peer's connection: inside, commands and replies are lines as ever."""
import struct


def framed(wire, names):
    """The connection, or what speaks one of these framings over it."""
    for name, way in WAYS.items():
        if name in names:
            return Framed(wire, *way)
    return wire


class Framed:
    """`take`: buffer → (frame, how many bytes it took) or None. `give`: reply → what goes out."""

    def __init__(self, wire, take, give):
        self.wire, self.take, self.give, self.held = wire, take, give, bytearray()

    def __getattr__(self, name):
        return getattr(self.wire, name)

    def recv(self, count):
        while not (found := self.take(self.held)):
            piece = self.wire.recv(count)
            if not piece:
                return b""
            self.held += piece
        frame, size = found
        del self.held[:size]
        return frame if frame.endswith(b"\n") else frame + b"\n"

    def sendall(self, reply):
        self.wire.sendall(self.give(reply))


def counted(order):
    def take(held):
        size = 4 + struct.unpack_from(order, held)[0] if len(held) >= 4 else None
        return (bytes(held[4:size]), size) if size and len(held) >= size else None
    return take, lambda reply: struct.pack(order, len(reply)) + reply


def counted_in_a_line():
    def take(held):
        line, found, rest = held.partition(b"\n")
        size = int(line) if found and line.isdigit() else None
        return (bytes(rest[:size]), len(line) + 1 + size) if size is not None and len(rest) >= size else None
    return take, lambda reply: b"%d\n%s" % (len(reply), reply)


def ended_by_nul():
    def take(held):
        end = held.find(b"\0")
        return (bytes(held[:end]), end + 1) if end >= 0 else None
    return take, lambda reply: reply + b"\0"


def ended_by_dot():
    """Every command ends with a line of a dot; SEND's is its own."""
    def take(held):
        end = held.find(b"\n.\n")
        if end < 0:
            return None
        return bytes(held[:end + (3 if held.startswith(b"SEND\n") else 1)]), end + 3
    return take, lambda reply: reply


WAYS = {"length-before-big-endian": counted(">I"), "length-before-little-endian": counted("<I"),
        "length-before-in-a-line": counted_in_a_line(), "nul-behind": ended_by_nul(), "dot-behind": ended_by_dot()}
