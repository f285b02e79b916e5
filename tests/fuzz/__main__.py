"""python -m tests.fuzz --n 20000 [--seed S] [--format F] [--first I] [--keep DIR]

F: keras, weights, legacy, checkpoint, config or datasets, all of them by default.

The cases of a number and seed are always the same: `--format keras --first 417 --n 1` runs one again.  Every case runs
in a child process that is watched: files it opens, time, memory.  Ends with 1 if any outcome was not a promised one.
"""

from __future__ import annotations

import argparse
import os
import sys

from .runner import run

# how the cases are shared out
SHARES = {"keras": 5, "weights": 4, "legacy": 4, "checkpoint": 2, "config": 4, "datasets": 1}


def main(argv=None):
    """Run the harness; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--n", type=int, default=1000, help="cases in all (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases (default 0)")
    parser.add_argument("--format", choices=sorted(SHARES), action="append", help="only this one; may be repeated")
    parser.add_argument("--first", type=int, default=0, help="number of the first case of each format (default 0)")
    parser.add_argument("--keep", metavar="DIR", help="write the files of wrong cases into this folder")
    options = parser.parse_args(argv)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    names = options.format or list(SHARES)
    whole, wrong = sum(SHARES[n] for n in names), 0

    def say(text):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    for name in names:
        report = run(name, -(-options.n * SHARES[name] // whole), options.seed, options.first, options.keep, say)
        say(str(report))
        wrong += len(report.wrong)
    say(f"{wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
