"""Every system call of a command in turn: killed before it, failed with each errno, its writes cut or lied about."""

import collections
import resource
import time

import tracing
from scenarios import Accept, Ban, Delete, FirstSend, Send
from server import Server
from short_writes import ShortWrites
from starts import GatekeeperStart, Start

SCENARIOS = [Send, FirstSend, Delete, Ban, Accept, Start, GatekeeperStart]
ERRORS = ["EIO", "ENOSPC", "EINTR", "EDQUOT", "EMFILE"]
WRITES = {"write", "pwrite64"}
# What changes files, or may leave a lock: what the short form looks at.
TELLING = {"mkdirat", "linkat", "unlinkat", "renameat", "write", "pwrite64", "fsync", "flock", "ftruncate", "sendto",
           "accept4", "clone"}


class Points:
    def __init__(self, programs, directory, folder, is_short, say):
        self.server = Server(programs, directory, folder)
        self.trace = f"{folder}/trace"
        self.is_short, self.say = is_short, say
        self.violations = []
        self.counts = collections.Counter()

    def run(self, names):
        self.server.start()
        try:
            for kind in SCENARIOS:
                if not names or kind.name in names:
                    self._scenario(kind(self.server))
        finally:
            self.server.kill_tree()

    def _scenario(self, scenario):
        started = time.monotonic()
        seen = self._point(scenario, "none", None, None)
        points = tracing.calls(seen, scenario.first)
        for action in ["kill", *ERRORS, "lie"]:
            tally = collections.Counter()
            for name, number in points:
                if self._concerns(scenario, action, name):
                    tally[self._point(scenario, action, name, number)] += 1
            if tally:
                answers = ", ".join(f"{key} {count}" for key, count in sorted(tally.items()))
                self.say(f"  {scenario.name:10} {action:7} {sum(tally.values()):4} points  ({answers})")
        if not isinstance(scenario, Start):
            self._small_files(scenario)
            if ShortWrites.is_possible:
                self._one_byte(scenario)
        ended = f"; the server ended {scenario.ended} times" if scenario.ended else ""
        self.say(f"  {scenario.name:10} {len(points)} calls, {time.monotonic() - started:.0f} s{ended}")

    def _concerns(self, scenario, action, name):
        # The wait that was under way when strace came is sometimes told as a call of its own.
        if name in ("exit_group", "restart_syscall", "execve"):
            return False
        if self.is_short and (name not in TELLING or action not in ("kill", *scenario.short_form)):
            return False
        return action != "lie" or name in WRITES

    def _point(self, scenario, action, name, number):
        """Text of the trace when nothing is injected, else what the client heard."""
        what = {"none": None, "kill": f"{name}:signal=KILL:when={number}", "lie": f"{name}:retval=1:when={number}"}
        where = f"{scenario.name} {action} at {name} {number}"
        answer, text = scenario.perform(
            self.trace, what.get(action, f"{name}:error={action}:when={number}"), kills=action == "kill")
        if answer == "stuck":
            self._violation(where, "stuck: no answer")
        if action == "none":
            if answer not in ("OK", "ERR", "started"):
                self._violation(where, f"{answer} without any fault")
            self._judge(scenario, where, action)
            return text
        self.counts[f"{action} points"] += 1
        if not tracing.was_hit(text):
            self.counts["not reached"] += 1
        if tracing.retried_sync(text):
            self._violation(where, "fsync was tried again")
        self._judge(scenario, where, "unlinkat" if name == "unlinkat" and action != "kill" else action)
        return answer or "no answer"

    def _small_files(self, scenario):
        """A disk that takes so much and no more: a write that is cut short in truth, and then an error."""
        answers = []
        for limit in (0, 1, 64, 128, 150, 10_000):
            process = scenario.prepare()
            _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, most))
            answers.append(scenario.act() or "no answer")
            resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
            self.counts["small file points"] += 1
            where = f"{scenario.name} with files of {limit} bytes at most"
            if isinstance(scenario, Delete) and answers[-1] != "OK":
                self._violation(where, "a full disk can never be cleared")
            self._judge(scenario, where, "limit")
        self.say(f"  {scenario.name:10} files of at most 0, 1, 64, 128, 150, 10000 bytes: {', '.join(answers)}")

    def _one_byte(self, scenario):
        process = scenario.prepare()
        writes = ShortWrites(process)
        answer = scenario.act()
        count = writes.end()
        self.counts["writes cut to one byte"] += count
        self.say(f"  {scenario.name:10} one-byte writes: {count}, answered {answer}")
        self._judge(scenario, f"{scenario.name} one-byte writes", "short")

    def _judge(self, scenario, where, action):
        for fault in scenario.faults(action):
            self._violation(where, fault)

    def _violation(self, where, fault):
        self.violations.append(f"{where}: {fault}")
