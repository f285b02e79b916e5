"""`fastnn verify`: run a script as far as its receipt is to be compared, and say what differs first."""

from fastnn.cli.terminal import clean, say, table
from fastnn.core.errors import ArgumentError
from fastnn.models.receipt import PARTS, read_receipt, verifying


def run(path, script, steps=None):
    """Compare what a script does with a receipt; returns 0 where it is the same, 1 where not.

    path: of the receipt.  script: a function that runs the script.  steps: how many steps of the run, all if None.
    """
    if steps is not None and steps < 1:
        raise ArgumentError(f"verify: received --steps {steps}; expected a number of steps from 1 on.")
    facts = read_receipt(path)
    with verifying(facts, steps) as check:
        try:
            script()
        except SystemExit as end:  # a script may leave when it is done, but not before
            if end.code not in (None, 0):
                raise
    if not check.reached:
        raise ArgumentError(
            f"verify: the script ended before call number {facts['fit'] + 1} of fit, which {path} is the receipt of."
        )
    say(clean(table([(what, "same" if good else "DIFFERS", text) for what, good, text in check.lines])))
    if check.same:
        notes = [what for what, good, _ in check.lines if not good]
        say(f"\nThe same bits, after {check.compared} of {facts['weights']['taken']} steps"
            + (f", although these differ: {', '.join(notes)}." if notes else "."))  # fmt: skip
        return 0
    firsts = [what for what, good, _ in check.lines if not good]
    causes = [what for what in firsts if what.split(":")[0] in PARTS]
    say(f"\nNot the same: the first difference is in {firsts[0]}."
        + (f" What may have caused it: {', '.join(causes)}." if causes else ""))  # fmt: skip
    return 1
