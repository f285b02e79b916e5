"""Methods that models had in Keras 1 and 2, in terms of those of today."""

import numpy as np

from fastnn.core.errors import ArgumentError, NotSupportedError


class LegacyMethods:
    """`fit_generator` and its kin; `predict_classes` and `predict_proba`."""

    def fit_generator(
        self,
        generator,
        steps_per_epoch=None,
        epochs=1,
        verbose=1,
        callbacks=None,
        validation_data=None,
        validation_steps=None,
        validation_freq=1,
        class_weight=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        shuffle=True,
        initial_epoch=0,
        samples_per_epoch=None,
        nb_val_samples=None,
    ):
        """`fit(generator, ...)` under its name until Keras 2.

        Args:
            generator: what yields batches, as x of `fit`.
            steps_per_epoch, epochs, verbose, callbacks, validation_data, validation_steps, validation_freq,
                class_weight, shuffle, initial_epoch: as in `fit`.
            max_queue_size, workers, use_multiprocessing: of no effect: batches are made when they are needed.
            samples_per_epoch, nb_val_samples: Keras 1's rows of an epoch, and of a validation; the numbers of steps
                follow from the first batches.
        """
        steps_per_epoch, generator = _steps(steps_per_epoch, samples_per_epoch, generator)
        if nb_val_samples is not None and not isinstance(validation_data, (tuple, list)):
            validation_steps, validation_data = _steps(validation_steps, nb_val_samples, validation_data)
        return self.fit(
            generator,
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            class_weight=class_weight,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
        )

    def evaluate_generator(
        self,
        generator,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        verbose=0,
        val_samples=None,
    ):
        """`evaluate(generator, ...)` under its name until Keras 2.

        Args:
            generator: what yields batches, as x of `evaluate`.
            steps, callbacks, verbose: as in `evaluate`.
            max_queue_size, workers, use_multiprocessing: of no effect: batches are made when they are needed.
            val_samples: Keras 1's number of rows; the number of steps follows from the first batch.
        """
        steps, generator = _steps(steps, val_samples, generator)
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self,
        generator,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        verbose=0,
        val_samples=None,
    ):
        """`predict(generator, ...)` under its name until Keras 2.

        Args:
            generator: what yields batches, as x of `predict`.
            steps, callbacks, verbose: as in `predict`.
            max_queue_size, workers, use_multiprocessing: of no effect: batches are made when they are needed.
            val_samples: Keras 1's number of rows; the number of steps follows from the first batch.
        """
        steps, generator = _steps(steps, val_samples, generator)
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    def reset_states(self):
        """Set the states that stateful layers kept back to zero."""
        for layer in self._flatten_layers(include_self=False):
            if hasattr(layer, "reset_state"):
                layer.reset_state()

    def predict_classes(self, x, batch_size=32, verbose=0):
        """The most probable class of each row: an int for each, as (n,), or (n, 1) where there is one output unit.

        Args:
            x, batch_size, verbose: as in `predict`.

        Raises NotSupportedError for a model with several outputs.
        """
        probabilities = self.predict(x, batch_size=batch_size, verbose=verbose)
        if not isinstance(probabilities, np.ndarray):
            raise NotSupportedError(
                "predict_classes: the model has several outputs; take np.argmax of each array that predict() returns."
            )
        if probabilities.shape[-1] > 1:
            return probabilities.argmax(axis=-1)
        return (probabilities > 0.5).astype("int32")

    def predict_proba(self, x, batch_size=32, verbose=0):
        """predict(x): the outputs themselves.

        Args:
            x, batch_size, verbose: as in `predict`.
        """
        return self.predict(x, batch_size=batch_size, verbose=verbose)


def _steps(steps, rows, generator):
    """(steps, a source): the steps until at least so many rows were given, where rows are said in place of steps."""
    if rows is None or steps is not None or generator is None:
        return steps, generator
    first, generator = _look(generator)
    return max(1, -(-int(rows) // len(_first_array(first)))), generator


def _look(generator):
    """(first batch, a source that gives all batches)."""
    if hasattr(generator, "__getitem__"):
        return generator[0], generator
    source = iter(generator)
    try:
        first = next(source)
    except StopIteration:
        raise ArgumentError("fit_generator: the generator gave no batch.") from None

    def everything():
        yield first
        yield from source

    return first, everything()


def _first_array(batch):
    """The first array of a batch (x, y, ...)."""
    while isinstance(batch, (list, tuple, dict)):
        batch = next(iter(batch.values())) if isinstance(batch, dict) else batch[0]
    return batch
