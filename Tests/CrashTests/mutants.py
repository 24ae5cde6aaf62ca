"""Servers that forget a sync or speak too soon, made by editing what the real one did; each must be caught."""

import re


def _without(pattern):
    """Leaves out the syncs of what matches."""
    return lambda ops: [op for op in ops if not (op[0] == "fsync" and re.search(pattern, op[1]))]


def _reply_before(pattern):
    """Gives the answer before the last sync of what matches, and everything between after it."""

    def edit(ops):
        result = list(ops)
        for index, operation in enumerate(ops):
            if operation[0] != "reply":
                continue
            begun = max((i for i in range(index) if ops[i][0] == "reply"), default=-1)
            syncs = [i for i in range(begun + 1, index) if ops[i][0] == "fsync" and re.search(pattern, ops[i][1])]
            if syncs:
                result[syncs[0]:index + 1] = [operation, *ops[syncs[0]:index]]
        return result

    return edit


def _straight_into_new(ops):
    """The draft is made under its final name in new/, after the folders, and linked nowhere."""
    names = {op[1]: op[2] for op in ops if op[0] == "link"}
    result, waiting = [], []
    for operation in ops:
        kind, path = operation[0], operation[1]
        if kind == "link" or (kind == "unlink" and path in names):
            continue
        if path in names:
            moved = (kind, names[path], *operation[2:])
            # The first message of a mailbox waits for its folder.
            (waiting if not _has_folder(names[path], result) else result).append(moved)
            continue
        result.append(operation)
        if kind == "mkdir" and path.endswith("/new"):
            result += waiting
            waiting = []
    return result


def _has_folder(path, ops):
    return ("mkdir", path.rsplit("/", 1)[0]) in ops


def _syncs_the_wrong_folder(ops):
    return [("fsync", "s/.tmp") if op[0] == "fsync" and op[1].endswith("/new") else op for op in ops]


DRAFT, NEW = r"/\.tmp/", r"/new$"
CLASSIC = {
    "no sync of the file": _without(DRAFT),
    "no sync of the folder": _without(NEW),
    "OK before the sync of the file": _reply_before(DRAFT),
    "OK before the sync of the folder": _reply_before(NEW),
    "written straight into new/": _straight_into_new,
    "sync of .tmp/ in place of new/": _syncs_the_wrong_folder,
}
OF_BANS = {
    "no sync of the bans' folder": _without(r"/bans$"),
    "ERR before the sync of the bans' folder": _reply_before(r"/bans$"),
}
ALL = {
    **CLASSIC,
    "no sync of a new mailbox's entry in the spool": _without(r"^s$"),
    "no sync of a new mailbox's own folder": _without(r"^s/[a-z]+$"),
    **OF_BANS,
}
