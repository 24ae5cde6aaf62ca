"""A file system that forgets: what a trace of file operations may have left on the disk when the power failed.

A file's bytes are durable when it was synced, a folder's entries when the folder was. Until then each entry
operation may have reached the disk or not, alone and in any order, and so may each write; a rename is one operation.
"""

import copy
import itertools
import posixpath


class File:
    def __init__(self):
        self.durable, self.pending = b"", []

    def content(self, writes):
        data = bytearray(self.durable)
        for offset, piece in writes:
            if piece is None:
                del data[offset:]
                data.extend(bytes(offset - len(data)))
            else:
                data.extend(bytes(max(0, offset + len(piece) - len(data))))
                data[offset:offset + len(piece)] = piece
        return bytes(data)

    @property
    def now(self):
        return self.content(self.pending)

    def variants(self):
        """What it may hold, without doubles: everything, nothing new, and every way in between that we tell apart."""
        if not self.pending:
            return [self.durable]
        writes = self.pending
        found = [self.now, self.durable]
        for count in range(1, len(writes)):
            found.append(self.content(writes[:count]))
        for missing in range(len(writes) - 1):
            found.append(self.content(writes[:missing] + writes[missing + 1:]))
        for torn, (offset, piece) in enumerate(writes):
            if piece:
                for length in {1, len(piece) // 2, len(piece) - 1}:
                    found.append(self.content(writes[:torn] + [(offset, piece[:length])]))
                zeros = [(offset, bytes(len(piece)))]
                found.append(self.content(writes[:torn] + zeros + writes[torn + 1:]))
        found.append(bytes(len(self.now)))
        return list(dict.fromkeys(found))


class Folder:
    def __init__(self):
        self.durable, self.pending = {}, []

    def entries(self, operations):
        names = dict(self.durable)
        for operation in operations:
            for name, node in operation:
                if node is None:
                    names.pop(name, None)
                else:
                    names[name] = node
        return names

    @property
    def now(self):
        return self.entries(self.pending)


class Disk:
    def __init__(self):
        self.root = Folder()

    def copy(self):
        return copy.deepcopy(self)

    def find(self, path):
        node = self.root
        for name in path.split("/") if path else []:
            node = node.now[name]
        return node

    def _parent(self, path):
        folder, name = posixpath.split(path)
        return self.find(folder), name

    def load(self, tree):
        """A durable start: path → bytes, or None for a folder; parents before what is in them."""
        for path, content in tree.items():
            folder, name = self._parent(path)
            node = Folder() if content is None else File()
            if content is not None:
                node.durable = content
            folder.durable[name] = node

    def apply(self, operation):
        kind, path, *rest = operation
        if kind == "reply":
            return
        if kind == "fsync":
            node = self.find(path)
            node.durable, node.pending = node.now, []
        elif kind == "write":
            file = self.find(path)
            offset = len(file.now) if rest[0] is None else rest[0]
            file.pending.append((offset, rest[1]))
        elif kind == "truncate":
            self.find(path).pending.append((rest[0], None))
        else:
            folder, name = self._parent(path)
            if kind in ("create", "mkdir"):
                folder.pending.append([(name, File() if kind == "create" else Folder())])
            elif kind == "unlink":
                folder.pending.append([(name, None)])
            elif kind == "link":
                other, new = self._parent(rest[0])
                other.pending.append([(new, self.find(path))])
            elif kind == "rename":
                assert posixpath.dirname(path) == posixpath.dirname(rest[0])
                folder.pending.append([(name, None), (posixpath.basename(rest[0]), folder.now[name])])
            else:
                raise ValueError(kind)

    def states(self, is_varied=lambda path: True):
        """Every tree that may be found: all subsets of entry operations; with each of them each unsynced file in
        turn in all its variants, the others as written, and all of them as last synced.

        `is_varied`: whether a file's content is looked at in all its variants.
        """
        seen = set()
        for shape in self._shapes(self.root):
            names, nodes = list(shape), list(shape.values())
            variants = [
                [None] if node is None else node.variants() if is_varied(name) else [node.now]
                for name, node in zip(names, nodes)]
            whole = [each[0] for each in variants]
            choices = [whole, [each[1] if len(each) > 1 else each[0] for each in variants]]
            for index, each in enumerate(variants):
                choices += [whole[:index] + [content] + whole[index + 1:] for content in each[1:]]
            for contents in choices:
                key = tuple(sorted(zip(names, contents), key=lambda pair: pair[0]))
                if key not in seen:
                    seen.add(key)
                    yield dict(key)

    def _shapes(self, folder, path=""):
        """path → File, or None for a folder; a shape for each choice of operations."""
        for count in range(len(folder.pending) + 1):
            for chosen in itertools.combinations(folder.pending, count):
                names = folder.entries(chosen)
                parts = [list(self._below(node, f"{path}{name}")) for name, node in sorted(names.items())]
                for combination in itertools.product(*parts):
                    yield {key: node for part in combination for key, node in part.items()}

    def _below(self, node, path):
        if isinstance(node, File):
            yield {path: node}
        else:
            for shape in self._shapes(node, path + "/"):
                yield {path: None, **shape}
