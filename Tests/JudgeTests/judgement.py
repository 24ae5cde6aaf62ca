"""What one run of the suite said of a server: the only place that knows the report's format (docs/REPORTS.md)."""
import json
import re


class Judgement:
    """Of MUST clauses alone.

    failed:  clause → the transcripts that failed under it, crashes included
    hints:   (clause, hint) for every cause that was printed
    blocked: transcripts that judged nothing and were held against the server all the same
    """

    def __init__(self, text, causes):
        """`text`: JSON Lines. `causes`: the catalogue's, of which a failure prints those that fit what it observed."""
        self.failed, self.hints, self.blocked, self.seconds = {}, [], [], None
        self._passed, self._after, self._silent = set(), {}, {}
        for line in text.splitlines():
            event = json.loads(line)
            if event["event"] == "transcript":
                self._read(event, causes)
            elif event["event"] == "ended":
                self.seconds = event["milliseconds"] / 1000
        if self.seconds is None:
            raise ValueError("the report has no end")

    def _read(self, event, causes):
        failure = event.get("failure")
        if event["verdict"] == "BLOCKED":
            self.blocked.append(event["path"])
        if failure and failure["level"] == "MUST":
            observed = set(failure.get("observations", ()))
            self.hints += [(failure["clause"], hint) for hint, needed in causes.get(failure["clause"], ())
                           if not needed or needed & observed]
        for outcome in event["clauses"]:
            if outcome["level"] != "MUST":
                continue
            clause, verdict, reason = outcome["id"], outcome["verdict"], outcome.get("reason", "")
            if verdict in ("FAIL", "CRASH"):
                self.failed.setdefault(clause, set()).add(event["path"])
            elif verdict == "NOT TESTED":
                first = re.search(r"fix ([A-Z]+-\d+)", reason)
                blocker = first[1] if first else failure and failure["clause"]
                self._after.setdefault(clause, set()).add(blocker)
                self._silent.setdefault(clause, reason)
            else:
                self._passed.add(clause)

    def state(self, clause):
        """FAIL · AFTER, not tested whole before a clause is mended that fails too · PASS · SILENT."""
        if clause in self.failed:
            return "FAIL"
        if self._after.get(clause, set()) & set(self.failed):
            return "AFTER"
        return "PASS" if clause in self._passed else "SILENT"

    def silence(self, clause):
        return self._silent.get(clause, "nothing judged it")
