"""What all steps of one model share: memory, compiled programs, state blocks, random streams."""

import weakref

from fastnn.core import changes, config
from fastnn.graph import Variable
from fastnn.models.program_cache import ProgramCache
from fastnn.runtime.abi import BATCH, ROW0, STEP, STOP, WATCH
from fastnn.runtime.bind import Arena, new_state

FIRST_STEP = {"train": 0, "test": 1 << 62, "predict": -(1 << 62)}


class GrowingArena(Arena):
    """An arena that grows by half at least, so that lengths that rise one by one do not leave a block for each.

    Pages that no program touches take no memory.

    >>> arena = GrowingArena()
    >>> [arena.reserve(n).nbytes for n in (1000, 900, 1001)], arena.outgrown()
    ([1000, 1000, 1500], 0)
    """

    def __init__(self):
        super().__init__()
        self._old = []  # weak references to blocks that a larger one took the place of

    def reserve(self, nbytes):
        """A block of at least nbytes; programs that have an older one keep it."""
        before = self.block
        if before is not None and before.nbytes < nbytes:
            nbytes = max(nbytes, before.nbytes + before.nbytes // 2)
        block = super().reserve(nbytes)
        if before is not None and block is not before:
            self._old = [ref for ref in self._old if ref() is not None] + [weakref.ref(before)]
        return block

    def outgrown(self):
        """Bytes of older blocks that some program still has."""
        return sum(block.nbytes for block in (ref() for ref in self._old) if block is not None)


class Shared:
    """What all steps of one model share: the arena, programs, a state block for each kind, and the random streams.

    Random numbers are a function of (seed, stream, call, step).  `steps` counts steps of each kind, as variables in the
    state blocks; the kinds count in ranges of their own, so an evaluation neither repeats numbers of the training nor
    moves them.  `fits` counts calls of fit: the rows of each are in another order.

    bound: the feeds that have arrays (see runs.run).  kind: of the step that ran last, or None.  watch: not 0 while
    steps of training fail at NaN and infinity.  exchanges: what sums go through where batches are cut, by what is
    added; compared: the steps of which all processes know that they are the same (see sharded.py).
    """

    def __init__(self):
        self.arena = GrowingArena()
        self.programs = ProgramCache(besides=self.arena.outgrown)
        self.bound, self.kind = [], None
        self.exchanges, self.compared = {}, set()
        self.states = {kind: new_state() for kind in FIRST_STEP}
        self.steps = {
            kind: Variable.over(state[STEP : STEP + 1].reshape(()), name="step") for kind, state in self.states.items()
        }
        self.watch = Variable.over(self.states["train"][WATCH : WATCH + 1].reshape(()), name="watch")
        self.seed, self.fits, self._seedings = config.seed(), 0, config.seedings()
        self.revision = 0  # of seed and streams: plans hold them
        self._start(FIRST_STEP)

    def _start(self, kinds):
        for kind in kinds:
            self.states[kind][STEP] = FIRST_STEP[kind]

    def follow_seed(self):
        """Take the process-wide seed where it has been set since; what does not train starts again with it.

        Returns the revision that plans must be of.
        """
        if self._seedings != config.seedings():
            self.take_seed(config.seed())
        return self.revision

    def take_seed(self, seed):
        """Start with a seed of its own, as if it had been set process-wide just now."""
        self.revision += self.seed != seed
        self.seed, self.fits, self._seedings = seed, 0, config.seedings()
        self._start(("test", "predict"))

    def position(self):
        """Where the random numbers are: {"seed", "fits", "train", "test", "predict"} of ints."""
        return {
            "seed": self.seed,
            "fits": self.fits,
            **{kind: int(state[STEP]) - FIRST_STEP[kind] for kind, state in self.states.items()},
        }

    def set_position(self, position):
        """Go on where `position()` was taken."""
        self.seed, self.fits, self._seedings = position["seed"], position["fits"], config.seedings()
        self.revision += 1
        for kind, state in self.states.items():
            state[STEP] = position[kind] + FIRST_STEP[kind]
        changes.note()

    def next_fit(self):
        """The number of a call of fit that begins."""
        self.fits += 1
        return self.fits - 1

    def count_draws(self, kind, trace):
        """Let each run of the plan of a trace draw new numbers, if it draws any; a training step always counts."""
        if kind == "train" or any(node.op.draws for node in trace.nodes):
            self.steps[kind].assign_add(1)

    def begin(self, kind, row=0):
        """Let the next run of this kind start at a row of its data."""
        state = self.states[kind]
        state[ROW0], state[BATCH], state[STOP] = row, 0, 0

    def places(self):
        """How far each kind has come in its rows."""
        return {kind: state[[ROW0, BATCH, STOP, WATCH]] for kind, state in self.states.items()}

    def go_to(self, places):
        """Put back what places() returned."""
        for kind, words in places.items():
            self.states[kind][[ROW0, BATCH, STOP, WATCH]] = words
