"""Command line of the faults.

python -m tests.faults kill --n 200       # trainings killed at random moments, resumed, compared with whole ones
python -m tests.faults syscalls           # each system call of the writer fails once, in each of four ways
"""

from __future__ import annotations

import argparse
import sys

from . import kill, syscalls
from .cases import CASES


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run one command; the exit status."""
    top = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    commands = top.add_subparsers(dest="command", required=True)
    k = commands.add_parser("kill", help="kill -9 at random moments")
    k.add_argument("--n", type=int, default=200, help="kills (default 200)")
    k.add_argument("--seed", type=int, default=0)
    k.add_argument("--case", choices=[*CASES], default=None, help="one kind of training (default: all in turn)")
    s = commands.add_parser("syscalls", help="system calls that fail")
    s.add_argument("--every", type=int, default=1, help="only every so many-th call (default: each)")
    a = top.parse_args()
    if a.command == "kill":
        return kill.run(a.n, a.seed, [a.case] if a.case else None, say)
    return syscalls.run(a.every, say)


if __name__ == "__main__":
    sys.exit(main())
