"""What a combination of faults shows of the suite: which failures are fair, what is found when, what passes falsely."""
from collections import Counter, defaultdict

MOST_ROUNDS = 8


class Measured:
    """One combination, judged once, and again after each mending where `rounds` are wanted.

    fair, unfair:  failed MUST clauses of the first judgement
    false_passes:  (round, fault, clause)
    silent:        (round, fault, clause, reason): neither failed, passed nor put off
    hints:         (clause, hint, is it true of a fault behind it?)
    found:         fault → the round that showed it
    left:          faults that no round showed
    last:          what failed in the end and no fault that is left explains
    """

    def __init__(self, suite, tables, names, rounds):
        self.names = names
        self.faults = {name for name in names if tables.rows[name].roots}
        first = suite.judge(names)
        self.seconds, self.blocked = first.seconds, first.blocked
        self.fair, self.unfair = self._fairness(suite, tables, first)
        self.hints = [(clause, hint, self._is_true(tables, clause, hint)) for clause, hint in first.hints]
        self.false_passes, self.silent, self.found, self.last = [], [], {}, set()
        self.rounds = self._mend(suite, tables, first, MOST_ROUNDS if rounds else 1)
        self.left = self.faults - set(self.found) if rounds else None

    def _fairness(self, suite, tables, judged):
        replays = defaultdict(dict)  # the faults switched off → clause → its failing transcripts
        fair, unfair = set(), set()
        for clause, transcripts in judged.failed.items():
            behind = tables.explaining(clause, self.names)
            if behind:
                replays[frozenset(behind)][clause] = transcripts
            else:
                unfair.add(clause)
        for behind, clauses in replays.items():
            again = suite.judge(self.names - behind, set().union(*clauses.values()))
            for clause, transcripts in clauses.items():
                still = again.failed.get(clause, set()) & transcripts
                (unfair if still else fair).add(clause)
        return fair, unfair

    def _is_true(self, tables, clause, hint):
        behind = tables.explaining(clause, self.names) if clause in self.fair else ()
        return any(tables.is_true(hint, name) for name in behind)

    def _mend(self, suite, tables, judged, most):
        """How many rounds found something."""
        names = self.names
        for number in range(1, most + 1):
            found = set()
            for name in sorted(names):
                for clause in sorted(tables.rows[name].roots):
                    state = judged.state(clause)
                    if state == "FAIL":
                        found.add(name)
                    elif state == "PASS":
                        self.false_passes.append((number, name, clause))
                    elif state == "SILENT":
                        self.silent.append((number, name, clause, judged.silence(clause)))
            self.found.update({name: number for name in found})
            names = names - found
            if not found:
                self.last = {clause for clause in judged.failed if not tables.explaining(clause, names)}
                return number - 1
            if number < most:
                judged = suite.judge(names)
        return most


class Summary:
    """All combinations together."""

    def __init__(self, measured):
        self.count = len(measured)
        self.fair = sum(len(each.fair) for each in measured)
        self.failed = self.fair + sum(len(each.unfair) for each in measured)
        self.faults = sum(len(each.faults) for each in measured)
        self.first = sum(1 for each in measured for number in each.found.values() if number == 1)
        mended = [each for each in measured if each.left is not None]
        self.mended, self.rounds = len(mended), max((each.rounds for each in mended), default=0)
        self.mended_faults = sum(len(each.faults) for each in mended)
        self.found = sum(len(each.found) for each in mended)
        self.left = Counter(name for each in mended for name in each.left)
        self.last = sum(len(each.last) for each in mended)
        self.false_passes = Counter(f"{clause} ({name})" for each in measured for _, name, clause in each.false_passes)
        self.silent = Counter(
            f"{clause} ({name}): {reason}" for each in measured for _, name, clause, reason in each.silent)
        self.blamed = Counter(clause for each in measured for clause in each.unfair)
        self.misled = Counter(hint for each in measured for _, hint, true in each.hints if not true)
        self.printed = sum(len(each.hints) for each in measured)
        self.right = self.printed - sum(self.misled.values())
        self.blocked = sum(len(each.blocked) for each in measured)
        self.times = sorted(each.seconds for each in measured)

    def figures(self):
        """(what, share or number, in words, target, whether it is met)"""
        def share(part, whole):
            return part / whole if whole else 1.0
        def at_least(what, part, whole, target):
            reached = share(part, whole)
            return what, f"{reached:.3f}", f"{part}/{whole}", f">= {target:.2f}", reached >= target
        passes = sum(self.false_passes.values())
        middle, longest = self.times[len(self.times) // 2], self.times[-1]
        yield at_least("precision", self.fair, self.failed, 0.98)
        yield at_least("recall over rounds", self.found, self.mended_faults, 1.0)
        yield at_least("first-round recall", self.first, self.faults, 0.90)
        yield "false passes", str(passes), "", "0", passes == 0
        yield "rounds", str(self.rounds), f"at most, of {self.mended}", "<= 4", self.rounds <= 4
        yield "failing when mended", str(self.last), "", "0", self.last == 0
        yield at_least("hints right", self.right, self.printed, 0.95)
        yield "blocked transcripts", str(self.blocked), "", "0", self.blocked == 0
        yield "seconds for one server", f"{middle:.1f}", f"the longest {longest:.1f}", "", True
