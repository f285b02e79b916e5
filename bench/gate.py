"""Has a kernel become slower?  Ratios to a NumPy reference that is timed in turn with it, against recorded ones.

A slower or busier machine slows kernel and reference alike: products and convolutions are set beside a product of
NumPy's, passes over memory beside an addition in place, tiny steps and single calls beside a row of tiny NumPy calls.
Of many short turns (A B A B) a low quantile counts, in CPU time, since others on the machine only ever add time. A case
fails only if it is too slow three times of at most five, each in a fresh process, because where memory happens to lie
changes a few per cent.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.child import busy_seconds

FILE = Path(__file__).resolve().parent / "gate.json"
ALLOWED = 1.1  # of the recorded ratio: between what noise does and the 20 % that must be seen
SURE = 1.04  # so near the recorded ratio, one measurement is enough
LOOSE = 2.0  # where there is no record of this kind of CPU, only this is asked for
VOTES = 3  # as many measurements on one side of the limit decide
SLICE, BUDGET = 2_000_000, 500_000_000  # nanoseconds of a turn, and of a measurement
LEAST, MOST, BLOCK = 12, 60, 6  # turns of a measurement; between two looks at what others do
QUIET = 0.2  # cores that others may keep busy
SEEN = 0.75  # of the cases in which 20 % more work must be seen, each by itself
RECORDS = 5  # processes whose median is recorded
Work = Callable[[], Any]


def _repeat(run: Work, count: int) -> None:
    for _ in range(count):
        run()


def _inner(run: Work, clock: Callable[[], int]) -> int:
    """How often to run per turn: a multiple of five, so that 20 % more is a whole number."""
    run()
    start = clock()
    run()
    return 5 * max(1, round(SLICE / max(clock() - start, 1) / 5))


def busy_others() -> float | None:
    """Seconds that other processes of the machine have computed so far; None where the system does not say."""
    total = busy_seconds()
    return None if total is None else total - time.process_time()


def measure(
    ours: Work,
    reference: Work,
    clock: Callable[[], int] = time.thread_time_ns,
    extra: float = 0.0,
    others: Callable[[], float | None] = busy_others,
    wall: Callable[[], float] = time.perf_counter,
) -> float:
    """Time of `ours` as a multiple of the reference's.

    clock: nanoseconds.  extra: the share of more work to do per turn without counting it: a deliberate slow-down.
    others, wall: seconds that others were busy, and that went by: turns during which others were not busy count, if
    there are enough of them, since two threads of one core slow each other, and not every kernel alike.
    """
    counts = [_inner(run, clock) for run in (ours, reference)]
    every: list[tuple[float, float]] = []
    quiet: list[tuple[float, float]] = []
    begin = clock()
    while len(every) < LEAST or (len(quiet) < MOST and clock() - begin < BUDGET * (2 - (len(quiet) >= LEAST))):
        block: list[tuple[float, float]] = []
        start, was = wall(), others()
        for _ in range(BLOCK):
            pair = []
            for run, count, more in zip((ours, reference), counts, (extra, 0.0)):
                since = clock()
                _repeat(run, count + round(more * count))
                pair.append((clock() - since) / count)
            block.append((pair[0], pair[1]))
        every += block
        now = others()
        if was is not None and now is not None and now - was <= QUIET * (wall() - start):
            quiet += block
    used = quiet if len(quiet) >= LEAST else every
    low = [statistics.mean(sorted(side)[: max(2, len(used) // 10)]) for side in zip(*used)]
    return low[0] / low[1]


def verdict(found: list[float], allowed: float = ALLOWED) -> bool | None:
    """Whether ratios, as multiples of the recorded one, are good; None while it takes more of them to know.

    One that is as good as recorded settles it at once; otherwise three of at most five do.

    >>> verdict([1.01]), verdict([1.2]), verdict([1.2, 1.07, 1.15, 1.19])
    (True, None, False)
    """
    slow = sum(ratio > allowed for ratio in found)
    if (found[:1] and found[0] <= SURE) or len(found) - slow == VOTES:
        return True
    return False if slow == VOTES else None


def judge(
    take: Callable[[list[str]], dict[str, float]], recorded: dict[str, float], allowed: dict[str, float]
) -> dict[str, tuple[bool, list[float]]]:
    """{case: (whether it is good, multiples of its recorded ratio)}; `take` measures the cases it is given."""
    found: dict[str, list[float]] = {name: [] for name in recorded}
    while open_cases := [n for n in found if verdict(found[n], allowed[n]) is None]:
        for name, ratio in take(open_cases).items():
            found[name].append(ratio / recorded[name])
    return {n: (bool(verdict(ratios, allowed[n])), ratios) for n, ratios in found.items()}


# ---------------------------------------------------------------- the cases
def _product(n: int) -> Work:
    import numpy as np

    a, b = np.ones((n, n), np.float32), np.ones((n, n), np.float32)
    out = np.empty((n, n), np.float32)
    return lambda: np.matmul(a, b, out=out)


def _addition(elements: int) -> Work:
    import numpy as np

    a, b = np.zeros(elements, np.float32), np.zeros(elements, np.float32)
    return lambda: np.add(a, b, out=a)


def _calls() -> Work:
    import numpy as np

    a = np.zeros(10, np.float32)

    def run() -> None:
        for _ in range(20):
            np.add(a, a, out=a)

    return run


def _kernel(op: str, shapes: list[tuple[int, ...]], precision: str = "", **attrs: Any) -> Work:
    from bench.kernels import program, single
    from fastnn.core import config

    before = config.matmul_precision()
    if precision:
        config.set_matmul_precision(precision)
    try:
        p = program(single(op, **attrs), shapes)
    finally:
        config.set_matmul_precision(before)
    return lambda: p.run(1)


def _conv(direction: str, precision: str = "highest", channels: int = 32) -> Work:
    x, w, y = (8, 32, 32, channels), (3, 3, channels, 32), (8, 32, 32, 32)
    op, shapes, extra = {
        "forward": ("conv2d", [x, w], {}),
        "grad_x": ("conv2d_grad_x", [y, w], {"size": (32, 32)}),
        "grad_w": ("conv2d_grad_w", [x, y], {"kernel": (3, 3)}),
    }[direction]
    return _kernel(op, shapes, precision, padding="same", **extra)


def _model(name: str) -> tuple[Any, Any, Any]:
    import fastnn
    from fastnn.cli.workloads import STANDARD

    work = STANDARD[name]
    model = work.build(fastnn)
    work.compile(fastnn, model)
    (x,), (y,) = work.data()
    return model, x, y


def _steps(name: str, count: int, epochs: int) -> Work:
    from fastnn.cli.workloads import STANDARD

    model, x, y = _model(name)
    batch = STANDARD[name].batch
    x, y = x[: count * batch], y[: count * batch]
    return lambda: model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def _one_row() -> Work:
    model, x, _ = _model("playground")
    row = x[:1].copy()
    return lambda: model(row)


_IMAGE = (2, 32, 32, 32)  # it stays in the second cache: what memory does is not the kernel's
CASES: dict[str, tuple[Callable[[], Work], Callable[[], Work]]] = {
    "product": (lambda: _kernel("matmul", [(256, 256), (256, 256)]), lambda: _product(256)),
    "product_nt": (lambda: _kernel("matmul", [(128, 512), (512, 512)], transpose_b=True), lambda: _product(256)),
    "product_tn": (lambda: _kernel("matmul", [(128, 512), (128, 512)], transpose_a=True), lambda: _product(256)),
    "conv_forward": (lambda: _conv("forward"), lambda: _product(256)),
    "conv_grad_x": (lambda: _conv("grad_x"), lambda: _product(256)),
    "conv_grad_w": (lambda: _conv("grad_w"), lambda: _product(256)),
    "winograd": (lambda: _conv("forward", "high"), lambda: _product(256)),
    "first_layer": (lambda: _conv("forward", channels=3), lambda: _product(256)),
    "batch_norm": (lambda: _kernel("batch_norm", [_IMAGE, (32,), (32,)]), lambda: _addition(1 << 15)),
    "dropout": (lambda: _kernel("dropout", [_IMAGE], rate=0.25), lambda: _addition(1 << 15)),
    "tanh": (lambda: _kernel("tanh", [(64, 1024)]), lambda: _product(128)),
    "mlp_steps": (lambda: _steps("mnist_mlp", 1, 1), lambda: _product(512)),
    "tiny_steps": (lambda: _steps("playground", 50, 10), _calls),
    "one_row": (_one_row, _calls),
}


# ---------------------------------------------------------------- the command
def kind() -> str:
    """What a recorded ratio depends on besides the code: CPU, level of the kernels, NumPy (its products)."""
    import numpy as np

    from bench.machine import cpu_name
    from fastnn.runtime import pack

    return f"{cpu_name()}; {pack.describe()['level']}; NumPy {np.__version__}"


def expected(name: str, records: dict[str, dict[str, float]], here: str) -> tuple[float, float, str]:
    """(recorded ratio of a case, how many times that is allowed, a remark): loose where only other machines have it."""
    if name in records.get(here, {}):
        return records[here][name], ALLOWED, ""
    others = [r[name] for r in records.values() if name in r]
    if not others:
        return 1.0, float("inf"), "no record"
    return max(others), LOOSE, "no record of this CPU: compared loosely"


def fresh(names: list[str], extra: float = 0.0) -> dict[str, float]:
    """The ratios of some cases, measured in a process of one thread on one core."""
    from bench.harness import environment, pin

    done = subprocess.run(
        [sys.executable, "-m", "bench.gate", json.dumps([names, extra])],
        text=True,
        env=environment("fastnn", 1),
        preexec_fn=pin(1),
        stdout=subprocess.PIPE,
    )
    if done.returncode:
        raise SystemExit("the gate could not measure")
    return json.loads(done.stdout)


def main(names: list[str], record: bool, self_test: bool, say: Callable[[str], None]) -> int:
    """Judge the cases; with `record`, write their ratios; with `self_test`, a slow-down must be seen, too."""
    unknown = [n for n in names if n not in CASES]
    if unknown:
        raise SystemExit(f"unknown case {unknown[0]!r}; expected some of {', '.join(CASES)}")
    names = names or list(CASES)
    records = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    here = kind()
    if record:
        taken = [fresh(names) for _ in range(RECORDS)]
        for name in names:
            ratios = [t[name] for t in taken]
            ratio = statistics.median(ratios)
            records.setdefault(here, {})[name] = float(f"{ratio:.4g}")
            say(f"{name:14s} {ratio:8.4f} of NumPy's time ({min(ratios) / ratio:.3f} .. {max(ratios) / ratio:.3f})")
        FILE.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    known = {n: expected(n, records, here) for n in names}
    recorded, allowed = ({n: k[i] for n, k in known.items()} for i in (0, 1))
    for remark in sorted({k[2] for k in known.values()} - {""}):
        say(remark)
    status = 0
    for name, (good, ratios) in judge(fresh, recorded, allowed).items():
        status |= not good
        say(f"{name:14s} {_text(ratios)} of the recorded ratio {recorded[name]:.4g}  {'ok' if good else 'SLOWER'}")
    if self_test:
        say("with 20 % more work:")
        found = judge(lambda n: fresh(n, 0.2), recorded, allowed)
        for name, (missed, ratios) in found.items():
            say(f"{name:14s} {_text(ratios)} of the recorded ratio  {'not seen' if missed else 'seen'}")
        seen = sum(not missed for missed, _ in found.values())
        say(f"seen in {seen} of {len(found)} cases")
        status |= seen < SEEN * len(found)
    return int(status)


def _text(ratios: list[float]) -> str:
    return " ".join(f"{r:.3f}" for r in ratios)


if __name__ == "__main__":
    wanted, more = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps({n: measure(*(make() for make in CASES[n]), extra=more) for n in wanted}))
