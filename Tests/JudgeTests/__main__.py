"""scripts/deep/judge: measures how fair the suite is to servers with several faults at once."""
import argparse
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

from measure import Measured, Summary
from peers import Tables
from playing import Suite


def arguments():
    parser = argparse.ArgumentParser(prog="deep/judge", allow_abbrev=False)
    parser.add_argument("--kept", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--build", required=True, help="the build of the suite that is measured")
    parser.add_argument("--vs", help="another one, on the combinations that are mended")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--count", type=int, default=200, help="combinations that are judged")
    parser.add_argument("--rounds", type=int, default=60, help="of these so many are mended and judged again")
    parser.add_argument("--short", action="store_true", help="what scripts/test has time for")
    parser.add_argument("-j", type=int, default=1, help="servers that are judged at the same time")
    parser.add_argument("-v", action="store_true", help="every combination, not only those with something to see")
    chosen, rest = parser.parse_known_args()
    if chosen.short:
        chosen.count, chosen.rounds = 6, 3
    chosen.rounds = min(chosen.rounds, chosen.count)
    return chosen, rest


def measure(suite, chosen, count):
    tables = Tables(suite.musts)
    drawn = [tables.draw(chosen.seed, number) for number in range(count)]
    with ThreadPoolExecutor(chosen.j) as pool:
        measured = pool.map(lambda each: Measured(suite, tables, each[1], each[0] < chosen.rounds), enumerate(drawn))
        try:
            for number, each in enumerate(measured):
                show(number, each, chosen.v)
                yield each
        except BaseException:
            suite.end()
            pool.shutdown(cancel_futures=True)
            raise


def show(number, each, always):
    trouble = [("unfair", sorted(each.unfair)), ("not found", sorted(each.left or ())),
               ("passes", [f"{clause} with {name}" for _, name, clause in each.false_passes]),
               ("fails when mended", sorted(each.last if each.left is not None else ())),
               ("blocked", sorted(each.blocked))]
    if not always and not any(words for _, words in trouble):
        return
    print(f"{number:3}  {' + '.join(sorted(each.names))}")
    print(f"     {each.seconds:.1f} s, fair: {' '.join(sorted(each.fair)) or 'nothing failed'}"
          + (f", {each.rounds} rounds" if each.left is not None else ""))
    for what, words in trouble:
        if words:
            more = f", and {len(words) - 8} more" if len(words) > 8 else ""
            print(f"     {what}: {', '.join(words[:8])}{more}")
    sys.stdout.flush()


def most(what, counter):
    for words, times in counter.most_common(10):
        print(f"{what}  {times} x  {words}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    chosen, options = arguments()
    os.makedirs(chosen.kept, exist_ok=True)
    suites = [Suite(chosen.build, chosen.kept, options)]
    counts = [chosen.count]
    if chosen.vs:
        suites.append(Suite(chosen.vs, chosen.kept, options))
        counts = [chosen.rounds, chosen.rounds]
    try:
        summaries = [Summary(list(measure(suite, chosen, count))) for suite, count in zip(suites, counts)]
    except (RuntimeError, ValueError, OSError) as error:
        print(f"judge: {error}", file=sys.stderr)
        sys.exit(3)
    summary = summaries[0]
    print()
    most("blamed without reason", summary.blamed)
    most("false pass", summary.false_passes)
    most("not found", summary.left)
    most("untrue hint", summary.misled)
    most("not judged", summary.silent)
    print(f"\n{summary.count} combinations, seed {chosen.seed}; {suites[0].played} runs in {suites[0].seconds:.0f} s, "
          "the others kept from before")
    met = True
    for rows in zip(*(summary.figures() for summary in summaries)):
        what, _, _, target, is_met = rows[0]
        met = met and is_met
        columns = "".join(f"{share:>8}  {words:<16}" for _, share, words, _, _ in rows)
        print(f"{what:<24}{columns}{target:<8}{'' if is_met else '  not met'}".rstrip())
    sys.exit(0 if met else 1)


main()
