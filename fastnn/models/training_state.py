"""What a model keeps for training besides its layers."""

import threading

from fastnn.core.locks import lock
from fastnn.models.shared import FIRST_STEP, Shared
from fastnn.models.step import Step


class TrainingState:
    """The steps of a model, what they share, and what compile() and the run in progress have set.

    lock: held by a run. waiting: who wants it, as (process, event), see runs.let_in. returning: the fit that has let it
    go and wants it back, likewise, or None. depth: of runs inside one another (see runs.run). forgotten: how often the
    programs were dropped. source, validation: the data of the fit that runs; keeping: what keeps checkpoints of it, or
    None.
    """

    def __init__(self, model):
        self.lock, self.waiting, self.returning = lock(threading.RLock), [], None
        self.shared, self.options = Shared(), None
        self.steps = {kind: Step(model, kind, self.shared) for kind in FIRST_STEP}
        self.depth = self.forgotten = 0
        self.source = self.validation = self.keeping = None
        self.metric_list = self.index_inputs = None  # (when it was made, a list): finding them walks all layers
        self.compile_loss = self.compile_metrics = self.loss_tracker = self.compile_config = None

    @property
    def ran(self):
        """The Step that ran last, or None."""
        return self.steps.get(self.shared.kind)

    def keep(self, model):
        """What keeps checkpoints of the fit that runs, made on first use."""
        if self.keeping is None:
            from fastnn.models.keeping import Keeping

            self.keeping = Keeping(model, self.source, self.validation)
        return self.keeping

    def forget(self):
        """Drop every program and what steps have left behind: the model has changed."""
        self.shared.programs.kept.clear()
        for step in self.steps.values():
            step.forget()
        self.forgotten += 1
