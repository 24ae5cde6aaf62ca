"""The file operations in a trace of strace -f -y, relative to a folder, with the replies to the client between them."""

import re

TRACED = "openat,mkdirat,linkat,unlinkat,renameat,write,pwrite64,ftruncate,fsync,fdatasync,sendto"
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
_STRING = r'"((?:[^"\\]|\\.)*)"'
_AT = r"(?:\d+<([^>]*)>|AT_FDCWD(?:<[^>]*>)?), " + _STRING
_ESCAPES = {"n": 10, "t": 9, "r": 13, "v": 11, "f": 12, "\\": 92, '"': 34, "e": 27}


def _bytes(text):
    """What strace wrote as a C string."""
    result, index = bytearray(), 0
    while index < len(text):
        if text[index] != "\\":
            result += text[index].encode("utf-8", "surrogateescape")
            index += 1
        elif text[index + 1] in "01234567":
            digits = re.match(r"[0-7]{1,3}", text[index + 1:])[0]
            result.append(int(digits, 8))
            index += 1 + len(digits)
        elif text[index + 1] == "x":
            result.append(int(text[index + 2:index + 4], 16))
            index += 4
        else:
            result.append(_ESCAPES[text[index + 1]])
            index += 2
    return bytes(result)


def _whole_lines(text):
    """Calls in the order in which they ended; a call that another process interrupted is put together."""
    begun = {}
    for line in text.splitlines():
        match = re.match(r"^(?:(\d+) +)?(.*)$", line)
        process, rest = match[1], match[2]
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest[: -len("<unfinished ...>")]
            continue
        resumed = _RESUMED.match(rest)
        if resumed:
            rest = begun.pop(process, "") + resumed[2]
        yield rest


def operations(text, folder):
    """[(kind, path, …)]; paths below `folder` only. What failed is left out."""
    found = []

    def inside(path):
        return path[len(folder) + 1:] if path.startswith(folder + "/") else None

    def at(match, first):
        base, name = match[first], _bytes(match[first + 1]).decode()
        return inside(name if base is None or name.startswith("/") else f"{base}/{name}")

    for line in _whole_lines(text):
        match = re.match(r"^(\w+)\((.*)\) += (-?\d+)", line, re.S)
        if not match or int(match[3]) < 0:
            continue
        name, arguments, result = match[1], match[2], int(match[3])
        if name == "openat":
            place = re.match(_AT, arguments)
            path = at(place, 1)
            if path and "O_CREAT" in arguments:
                found.append(("open-or-create", path))
        elif name == "mkdirat":
            path = at(re.match(_AT, arguments), 1)
            if path:
                found.append(("mkdir", path))
        elif name in ("linkat", "renameat"):
            place = re.match(_AT + ", " + _AT, arguments)
            source, target = at(place, 1), at(place, 3)
            if source and target:
                found.append(("link" if name == "linkat" else "rename", source, target))
        elif name == "unlinkat":
            path = at(re.match(_AT, arguments), 1)
            if path:
                found.append(("unlink", path))
        elif name in ("write", "pwrite64"):
            place = re.match(r"\d+<([^>]*)>, " + _STRING + r", \d+(?:, (\d+))?$", arguments, re.S)
            path = inside(place[1]) if place else None
            if path:
                offset = int(place[3]) if place[3] else None
                found.append(("write", path, offset, _bytes(place[2])[:result]))
        elif name == "ftruncate":
            place = re.match(r"\d+<([^>]*)>, (\d+)", arguments)
            if inside(place[1]):
                found.append(("truncate", inside(place[1]), int(place[2])))
        elif name in ("fsync", "fdatasync"):
            path = re.match(r"\d+<([^>]*)>", arguments)[1]
            if path == folder or inside(path) is not None:
                found.append(("fsync", inside(path) or ""))
        elif name == "sendto":
            place = re.match(r"\d+<(?:TCP|TCPv6|socket)[^>]*>?.*?, " + _STRING, arguments)
            if place and place[1].startswith(("OK", "ERR")):
                found.append(("reply", _bytes(place[1]).split(b"\n")[0].decode()))
    return _created(found)


def _created(found):
    """openat with O_CREAT makes a file only where there is none."""
    there, result = set(), []
    for operation in found:
        kind, path = operation[0], operation[1]
        if kind == "open-or-create":
            if path in there:
                continue
            operation = ("create", path)
        if kind in ("open-or-create", "mkdir"):
            there.add(path)
        elif kind == "unlink":
            there.discard(path)
        elif kind in ("link", "rename"):
            there.add(operation[2])
            if kind == "rename":
                there.discard(path)
        result.append(operation)
    return result
