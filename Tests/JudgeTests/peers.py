"""The faults and liberties of faulty.py as Peers/*.txt list them, and what combinations of them are drawn."""
import hashlib
import os
import re
from dataclasses import dataclass

PEERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "IntegrationTests", "Peers")
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Row:
    """A fault, or a liberty, which has no roots. Clauses are MUST only: nothing else is judged here."""
    name: str
    roots: frozenset
    consequences: frozenset  # the roots are among them


def lines(path):
    with open(path, encoding="utf8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def cells(cell):
    """`A, B[c,d]` is A and B[c,d]."""
    return [word.strip() for word in re.split(r",(?![^\[]*\])", cell) if word.strip() != "-"]


class Tables:
    """`musts`: the ids of the catalogue's MUST clauses."""

    def __init__(self, musts):
        self.rows, self.exclusive = {}, []
        for line in lines(os.path.join(PEERS, "faults.txt")):
            if line.startswith("at most one of:"):
                self.exclusive.append(frozenset(cells(line.split(":", 1)[1])))
                continue
            name, roots, consequences, _ = (cell.strip() for cell in line.split("|"))
            roots = frozenset(cells(roots)) & musts  # "~FRAME-3" is none: it is tolerated here
            self.rows[name] = Row(name, roots, roots | frozenset(cells(consequences)) & musts)
        for line in lines(os.path.join(PEERS, "liberties.txt")):
            name = line.split("|")[0].strip()
            self.rows.setdefault(name, Row(name, frozenset(), frozenset()))
        # What fails for faults together alone: "fault + fault | clause | why".
        self.joint = []
        for line in lines(os.path.join(HERE, "joint.txt")):
            together, clause, _ = (cell.strip() for cell in line.split("|"))
            self.joint.append((frozenset(name.strip() for name in together.split("+")), clause))
        # Which hints are true of a fault: "fault | hints".
        self.hints = {}
        for line in lines(os.path.join(HERE, "hints.txt")):
            name, hints = (cell.strip() for cell in line.split("|"))
            self.hints[name] = frozenset(cells(hints))
        named = set().union(*self.exclusive, *(names for names, _ in self.joint), self.hints)
        if strangers := named - set(self.rows):
            raise ValueError("no row: " + ", ".join(sorted(strangers)))

    def allowed(self, names):
        return all(len(group & set(names)) < 2 for group in self.exclusive)

    def draw(self, seed, number):
        """Three to six rows, two of three places for MUST faults. A new row moves few other draws."""
        def lot(*words):
            return hashlib.sha256(" ".join(map(str, (seed, number, *words))).encode()).digest()
        order = sorted(self.rows, key=lot)
        faults = [name for name in order if self.rows[name].roots]
        others = [name for name in order if not self.rows[name].roots]
        chosen = []
        for place in range(3 + lot("size")[0] % 4):
            pool = others if lot("place", place)[0] % 3 == 0 else faults
            while not self.allowed(chosen + pool[:1]):
                pool.pop(0)
            chosen.append(pool.pop(0))
        return frozenset(chosen)

    def is_true(self, hint, name):
        """A row may name a clause for all its causes, and a catalogue may have one where a row tells several apart."""
        return any(hint == true or hint == true.partition("[")[0] or hint.partition("[")[0] == true
                   for true in self.hints.get(name, ()))

    def explaining(self, clause, names):
        """The faults among `names` because of which `clause` may fairly fail."""
        found = {name for name in names if clause in self.rows[name].consequences}
        return found.union(*(together for together, joint in self.joint if joint == clause and together <= names))


def catalogue(conformance):
    """The ids of the MUST clauses, and the causes that reports print: clause → (hint, the observations that it needs).

    A hint without observations is printed at every failure of its clause, in catalogues from before there were any.
    """
    with open(os.path.join(conformance, "clauses.txt"), encoding="utf8") as file:
        text = file.read()
    musts, causes, clause = set(), {}, None
    for line in text.splitlines():
        if head := re.match(r"([A-Z]+-\d+) (\w+)", line):
            clause = head[1]
            if head[2] == "MUST":
                musts.add(clause)
        elif cause := re.match(r"cause(?:\[(.+?)\])?: ", line):
            seen = frozenset(cause[1].split(",")) if cause[1] else frozenset()
            if seen or "\ncause[" not in text:
                causes.setdefault(clause, []).append((f"{clause}[{cause[1]}]" if seen else clause, seen))
    return frozenset(musts), causes
