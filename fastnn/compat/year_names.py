"""Names that a log had in other years: a dict that is asked for one finds the other; parameters that runs had then."""

import functools
from typing import ClassVar

SAME = (
    ("acc", "accuracy"), ("mae", "mean_absolute_error"), ("mse", "mean_squared_error"), ("lr", "learning_rate"),
    ("mape", "mean_absolute_percentage_error"), ("msle", "mean_squared_logarithmic_error"),
    ("kld", "kl_divergence", "kullback_leibler_divergence"), ("cosine", "cosine_proximity", "cosine_similarity"),
)  # fmt: skip


def others(name):
    """The names that what is called `name` had in other years.

    >>> others("val_acc"), others("head_mean_absolute_error"), others("loss")
    (['val_accuracy'], ['head_mae'], [])
    """
    for group in SAME:
        for word in group:
            if name == word or name.endswith(f"_{word}"):
                stem = name[: -len(word)]
                return [stem + other for other in group if other != word]
    return []


class Logs(dict):
    """A dict of logs that knows the names of all years; those of a batch also "batch" and "size", which it hides.

    >>> logs = Logs(val_accuracy=0.5)
    >>> logs["val_acc"], logs.get("val_acc"), "val_acc" in logs, "acc" in logs, list(logs)
    (0.5, 0.5, True, False, ['val_accuracy'])
    """

    __slots__ = ("hidden",)

    now: ClassVar[dict[str, int]] = {}  # "batch" and "size" of the batch round which hooks are being called

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.hidden = Logs.now

    def _found(self, name):
        if dict.__contains__(self, name) or not isinstance(name, str):
            return name
        return next((other for other in others(name) if dict.__contains__(self, other)), name)

    def __missing__(self, name):
        if name in self.hidden:
            return self.hidden[name]
        other = self._found(name)
        if other == name:
            raise KeyError(name)
        return self[other]

    def get(self, name, default=None):
        """The value under a name of any year, or the default."""
        return dict.get(self, self._found(name), self.hidden.get(name, default))

    def __contains__(self, name):
        return dict.__contains__(self, self._found(name)) or name in self.hidden


def old_params(model):
    """The `params` of callbacks that Keras 1 and 2 had besides, of the fit that runs."""
    if not hasattr(model, "_trainer"):  # callbacks round what is no model, as agents of keras-rl are
        return {}
    own = model._trainer()
    names = sorted(model.get_metrics_result())
    out = {"metrics": names, "do_validation": own.validation is not None}
    if out["do_validation"]:
        out["metrics"] = [*names, *(f"val_{n}" for n in names)]
    if hasattr(own.source, "rows"):  # arrays, not batches from Python
        out.update(batch_size=own.source.batch, samples=own.source.rows, nb_sample=own.source.rows)
    return out


def of_batch(model, batch):
    """The number of a batch of the fit that runs, and how many samples it has, where data are arrays."""
    source = model._trainer().source if hasattr(model, "_trainer") else None
    if not hasattr(source, "rows") or not hasattr(source, "batch"):
        return {"batch": batch}
    left = source.rows - batch * source.batch
    return {"batch": batch, "size": left if 0 < left < source.batch else source.batch}


def params_of_those_years(begin_today):
    """on_train_begin of all callbacks, whose `params` have Keras 2's names by then."""

    @functools.wraps(begin_today)
    def on_train_begin(self, logs=None):
        """Before training."""
        if self.model is not None:
            for params in (self.params, *(c.params for c in self.callbacks if hasattr(c, "params"))):
                if params:
                    params.update(old_params(self.model), nb_epoch=params.get("epochs"))
            for callback in self.callbacks:  # it stays there when the run is over
                found = getattr(callback, "validation_data", None)
                if found is not None:
                    callback.validation_data = found
        begin_today(self, logs)

    return on_train_begin


def logs_of_those_years(hook_today):
    """A hook of all callbacks round a training batch, whose logs hold its number and size, unlisted."""

    @functools.wraps(hook_today)
    def hook(self, batch, logs=None):
        """Round a training batch."""
        Logs.now = of_batch(self.model, batch)
        try:
            hook_today(self, batch, logs)
        finally:
            Logs.now = {}

    return hook
