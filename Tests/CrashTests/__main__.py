"""Crashes a real server in every way and compares what was answered with what is stored; see scripts/deep/crash-test."""

import argparse
import os
import random
import signal
import sys

import mutants
from checker import Checker
from points import Points
from power_loss import PowerLoss
from storm import Storm
from world import world


def say(text):
    print(text, flush=True)


def checker(options, directory, folder):
    part = Checker(options.programs, directory, folder)
    part.run()
    missed = [name for name, is_seen in part.seen.items() if not is_seen]
    return f"{len(part.seen) - len(missed)}/{len(part.seen)} sabotages", [f"not seen: {name}" for name in missed], True


def points(options, directory, folder):
    part = Points(options.programs, directory, folder, options.short, say)
    part.run(options.only)
    say("  " + ", ".join(f"{what} {count}" for what, count in part.counts.items()))
    tried = sum(count for what, count in part.counts.items() if what.endswith(" points"))
    # A process does not always make the same calls; one that never comes to the point shows nothing.
    is_thorough = part.counts["not reached"] * 10 <= tried
    return f"{tried} points", part.violations, is_thorough


def power(options, directory, folder):
    part = PowerLoss(options.programs, directory, folder, options.short, say)
    part.run()
    caught = {name for name, fault in part.caught.items() if fault}
    say(f"  moments {part.points}, states tried {part.states}; mutants caught: {len(caught & set(mutants.CLASSIC))} of "
        f"the classic {len(mutants.CLASSIC)}, {len(caught)} of all {len(mutants.ALL)}")
    figure = f"{part.states} disks, {len(caught)}/{len(mutants.ALL)} mutants"
    return figure, part.violations, len(caught) == len(mutants.ALL)


def storm(options, directory, folder):
    part = Storm(options.programs, directory, folder, options.seed, Storm.FIERCE, 0.15, say)
    part.run(kills=40 if options.short else 1000)
    return f"{part.killed.total()} kills", part.violations, True


def steady(options, directory, folder):
    """Supervisor and gatekeeper live on, so that their memory can be seen to stay as it is."""
    part = Storm(options.programs, directory, folder, options.seed, Storm.STEADY, 1.0, say)
    part.run(seconds=8 if options.short else 600)
    grown = [part.growth(kind)[0] for kind in ("supervisor", "gatekeeper")]
    return f"{part.killed.total()} steady kills", part.violations, max(grown) <= ALLOWED_GROWTH


ALLOWED_GROWTH = 512  # KiB of resident memory, over all of a run
PARTS = {"checker": checker, "points": points, "power": power, "storm": storm, "steady": steady}


def main():
    parser = argparse.ArgumentParser(prog="crash-test")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", default=str(random.randrange(10**6)))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("part", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # an exit that removes what was made
    figures, violations, is_good = [], 0, True
    with world(options.programs) as (directory, folder):
        for name in options.part or PARTS:
            say(f"{name} (seed {options.seed}):")
            os.makedirs(f"{folder}/{name}")
            figure, faults, is_as_expected = PARTS[name](options, directory, f"{folder}/{name}")
            figures.append(figure)
            violations += len(faults)
            is_good = is_good and is_as_expected and not faults
            for fault in faults:
                say(f"FAIL {name}: {fault}")
            if not is_as_expected:
                say(f"FAIL {name}: not what it has to be: {figure}")
    say(f"{', '.join(figures)}: {violations} violations")
    return 0 if is_good else 1


sys.exit(main())
