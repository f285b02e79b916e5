"""The number of threads of a plan, checked by measurement: the first batches are timed with few and with many.

Results do not depend on the number of threads, so the tuner is ordinary work and costs nothing. The grid of chunks is a
function of sizes; whether meeting at barriers pays for it depends on the machine, and on who else is using it.
"""

import time
from collections.abc import Callable

BATCHES = 8  # of one try: waking the others is a small part of it
ROUNDS = 3  # tries of each number after a warm-up; the least time counts
LONG_NS = 4_000_000  # a batch that takes so long with one thread gains from more of them


class ThreadAutotuner:
    """Tries of 1, 2, 4 … `most` threads in turn; `best` is the answer once `pending` is False.

    >>> tuner = ThreadAutotuner(2, clock=iter(range(0, 900, 10)).__next__)
    >>> while tuner.pending:
    ...     done = tuner.run(100, lambda batches, threads: batches)
    >>> tuner.best
    1
    """

    def __init__(self, most: int, clock: Callable[[], int] = time.perf_counter_ns) -> None:
        self.best, self._clock = most, clock
        self._least: dict[int, float] = {}
        numbers = [most]
        while numbers[-1] > 1:
            numbers.append(numbers[-1] // 2)
        self._tries = [n for _ in range(ROUNDS + 1) for n in reversed(numbers)] if most > 1 else []
        self._warm = len(numbers)

    @property
    def pending(self) -> bool:
        """Whether there are tries to come."""
        return bool(self._tries)

    def settle(self) -> None:
        """No more tries: `best` stays as it is."""
        self._tries = []

    def run(self, batches: int, walk: Callable[[int, int], int]) -> int:
        """At most `batches` batches as one try: walk(batches, threads) -> batches done.  Returns them."""
        threads, n = self._tries[0], min(batches, BATCHES)
        begin = self._clock()
        done = walk(n, threads)
        took = self._clock() - begin
        if done:
            self._tries.pop(0)
            if self._warm:
                self._warm -= 1
            else:
                self._least[threads] = min(took / done, self._least.get(threads, took / done))
            if threads == 1 and took > LONG_NS * done:
                self.settle()  # no doubt: `best` is still the most
            elif not self._tries:
                self.best = min(self._least, key=lambda t: (self._least[t], t))
        return done
