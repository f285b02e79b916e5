"""The gate sees a kernel that became 20 % slower and nothing else, on machines that are noisy in different ways."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
if not (SOURCE / "bench").is_dir():
    pytest.skip("the benchmarks are in the source tree only", allow_module_level=True)
if "bench" not in sys.modules:
    _spec = importlib.util.spec_from_file_location(
        "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
    )
    sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import gate  # noqa: E402


class Machine:
    """A machine with a clock of its own: runs take their time, and more when it is disturbed.

    seed: of the disturbances.  busy: share of the time in which a neighbour is at work, in stretches of some ms.
    drift: how far the clock rate goes up and down.  spikes: share of the runs that an interrupt makes longer.
    """

    def __init__(self, seed, busy=0.0, drift=0.0, spikes=0.0):
        self.random, self.busy, self.drift, self.spikes = random.Random(seed), busy, drift, spikes
        self.now, self.others, self.until, self.disturbed, self.rate = 0.0, 0.0, 0.0, False, 1.0

    def work(self, nanoseconds, slowed=1.6):
        """A function that takes this long on the machine, `slowed` times that beside a busy neighbour."""

        def run():
            if self.now >= self.until:
                self.disturbed = self.random.random() < self.busy
                self.until = self.now + self.random.uniform(2e6, 4e7)
                self.rate = 1 + self.random.uniform(0, self.drift)
            lasted = nanoseconds * self.rate * (slowed if self.disturbed else 1.0)
            if self.random.random() < self.spikes:
                lasted *= self.random.uniform(1, 8)
            self.now += lasted
            self.others += lasted / 1e9 * self.disturbed

        return run

    def measure(self, cost=1.0, extra=0.0):
        """The gate's ratio of a kernel of 300 µs to a reference of 200 µs, which a neighbour slows less."""
        return gate.measure(
            self.work(300e3 * cost),
            self.work(200e3, 1.4),
            clock=lambda: int(self.now),
            extra=extra,
            others=lambda: self.others,
            wall=lambda: self.now / 1e9,
        )


MACHINES = {
    "quiet": {},
    "spikes": {"spikes": 0.1},
    "drifting": {"drift": 0.3},
    "neighbour": {"busy": 0.6},
    "all of it": {"busy": 0.5, "drift": 0.2, "spikes": 0.05},
}


def judged(kind, seed, **slow):
    """Whether the gate lets a case pass on such a machine, each measurement in another process."""
    number = iter(range(100))
    good, _ = gate.judge(
        lambda names: {n: Machine((seed, next(number)).__hash__(), **MACHINES[kind]).measure(**slow) for n in names},
        {"case": 1.5},
        {"case": gate.ALLOWED},
    )["case"]
    return good


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", MACHINES)
def test_an_unchanged_kernel_passes(kind, seed):
    assert judged(kind, seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("slow", [{"extra": 0.2}, {"cost": 1.2}], ids=["more work", "slower"])
@pytest.mark.parametrize("kind", MACHINES)
def test_a_kernel_20_per_cent_slower_fails(kind, slow, seed):
    assert not judged(kind, seed, **slow)


def test_one_measurement_decides_nothing_bad():
    """Only three measurements on the wrong side do; three on the right side end the doubt."""
    for ratios, known in (
        ([1.3], None),
        ([1.3, 1.3], None),
        ([1.3] * 3, False),
        ([1.07], None),
        ([1.07] * 3, True),
        ([1.3, 1.0, 1.3, 1.0], None),
        ([1.3, 1.0, 1.3, 1.0, 1.0], True),
        ([1.02], True),
        ([], None),
    ):
        assert gate.verdict(ratios) is known


def test_an_unknown_cpu_is_compared_loosely():
    records = {"one": {"case": 2.0}, "two": {"case": 3.0}}
    assert gate.expected("case", records, "one")[:2] == (2.0, gate.ALLOWED)
    recorded, allowed, remark = gate.expected("case", records, "three")
    assert (recorded, allowed) == (3.0, gate.LOOSE) and remark
    assert gate.expected("new", records, "one")[1] == float("inf")


def test_every_case_is_recorded():
    for name, records in json.loads(gate.FILE.read_text(encoding="utf-8")).items():
        assert set(records) == set(gate.CASES), f"python -m bench gate --record ({name})"


@pytest.mark.parametrize("name", gate.CASES)
def test_every_case_runs(name):
    """Kernel and reference: once, without a look at the clock."""
    for make in gate.CASES[name]:
        make()()
