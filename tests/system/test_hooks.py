"""Methods that people's classes replace in Keras's classes, public or not: each is called where Keras calls it."""

import functools

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, callbacks, constraints, initializers, layers, losses, metrics, optimizers
from fastnn import regularizers as kinds

X = np.random.default_rng(3).random((8, 4, 12)).astype("float32")
Y = np.random.default_rng(4).random((8, 2)).round().astype("float32")


def hooked(base, names, seen):
    """A class derived from `base` whose methods of these names note that they were called, and go on as before."""
    methods = {}
    for name in names:
        original = getattr(base, name)

        def method(self, *args, _name=name, **kwargs):
            seen.add(_name)
            return getattr(super(own, self), _name)(*args, **kwargs)

        methods[name] = functools.wraps(original)(method)
    own = type(f"My{base.__name__}", (base,), methods)
    return own


def train(*inner, loss="mse", optimizer="sgd", measured=None, watching=(), base=Sequential):
    model = base([Input((4, 12)), *inner, layers.Flatten(), layers.Dense(2, activation="sigmoid")])
    model.compile(optimizer, loss, metrics=measured)
    model.fit(X, Y, epochs=2, verbose=0, callbacks=list(watching))
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.train_on_batch(X, Y)


class Own(layers.Layer):
    """Gives a layer its input as query and as value."""

    def __init__(self, inner, together):
        super().__init__()
        self.inner, self.together = inner, together

    def call(self, x):
        return self.inner([x, x]) if self.together else self.inner(x, x)


def functional(base):
    a = Input((4, 12))
    model = base(a, layers.Dense(2)(layers.Flatten()(a)))
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)


LAYER = ("build", "call", "compute_output_shape")
STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "make_train_function",
         "make_test_function", "make_predict_function", "get_metrics_result", "reset_metrics", "call")  # fmt: skip
METRIC = ("update_state", "result", "reset_state")
HOOKS = [
    *((base, LAYER, lambda kind, arguments=arguments: train(kind(*arguments)))
      for base, *arguments in [(layers.Dense, 3), (layers.Conv1D, 3, 2), (layers.BatchNormalization,),
                               (layers.LayerNormalization,), (layers.Dropout, 0.5), (layers.MaxPooling1D,)]),
    *((base, ("build", "call", "get_initial_state", "inner_loop"), lambda kind: train(kind(3)))
      for base in (layers.LSTM, layers.GRU, layers.SimpleRNN)),
    *((base, ("build", "call", "get_initial_state"), lambda kind: train(layers.RNN(kind(3))))
      for base in (layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell)),
    (layers.MultiHeadAttention, ("call", "build", "_compute_attention", "_compute_attention_mask", "_masked_softmax"),
     lambda kind: train(Own(kind(2, 3, dropout=0.1), False))),
    *((base, ("call", "_calculate_scores", "_calculate_score_mask", "_apply_scores", "_validate_inputs"),
       lambda kind: train(Own(kind(), True))) for base in (layers.Attention, layers.AdditiveAttention)),
    *((base, ("update_step", "build", "apply", "_get_current_learning_rate"), lambda kind: train(optimizer=kind()))
      for base in (optimizers.SGD, optimizers.Adam, optimizers.RMSprop)),
    *((base, ("call", "__call__"), lambda kind: train(loss=kind()))
      for base in (losses.MeanSquaredError, losses.BinaryCrossentropy)),
    *((base, METRIC, lambda kind: train(measured=[kind()]))
      for base in (metrics.MeanAbsoluteError, metrics.AUC, metrics.Precision, metrics.BinaryAccuracy)),
    (callbacks.EarlyStopping, ("get_monitor_value", "_is_improvement", "_set_monitor_op", "on_epoch_end"),
     lambda kind: train(watching=[kind("loss")])),
    (callbacks.ReduceLROnPlateau, ("_reset", "_is_improvement", "on_epoch_end"),
     lambda kind: train(watching=[kind("loss")])),
    (callbacks.ModelCheckpoint, ("_save_model", "_should_save_model", "_get_file_path", "on_epoch_end"),
     lambda kind: train(watching=[kind("model.keras")])),
    (callbacks.LearningRateScheduler, ("on_epoch_begin", "on_epoch_end"),
     lambda kind: train(watching=[kind(lambda epoch: 0.1)])),
    (Model, STEPS, functional),
    (Sequential, (*STEPS, "build"), lambda kind: train(base=kind)),
    (initializers.GlorotUniform, ("__call__",), lambda kind: train(layers.Dense(3, kernel_initializer=kind()))),
    (kinds.L2, ("__call__",), lambda kind: train(layers.Dense(3, kernel_regularizer=kind()))),
    (constraints.MaxNorm, ("__call__",), lambda kind: train(layers.Dense(3, kernel_constraint=kind()))),
]  # fmt: skip


@pytest.mark.parametrize(("base", "names", "use"), HOOKS, ids=[base.__name__ for base, *_ in HOOKS])
def test_what_a_class_replaces_is_called(base, names, use, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = set()
    use(hooked(base, names, seen))
    assert seen == set(names)


def test_an_optimizer_that_replaces_its_rate_steps_by_it():
    class Halved(optimizers.SGD):
        def _get_current_learning_rate(self):
            return super()._get_current_learning_rate() * 0.5

    def weights(optimizer):
        model = Sequential([Input((12,)), layers.Dense(2, kernel_initializer="ones")])
        model.compile(optimizer, "mse")
        model.fit(X[:, 0], Y, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_allclose(weights(Halved(0.2)), weights(optimizers.SGD(0.1)), rtol=1e-6)


def test_build_of_any_arguments_gets_the_shape():
    shapes = []

    class Any(layers.Layer):
        def build(self, *args, **kwargs):
            shapes.append((args, kwargs))

        def call(self, *args, **kwargs):
            return args[0]

    Any()(X)
    assert shapes == [(((8, 4, 12),), {})]


@pytest.mark.parametrize("base", [layers.LSTM, layers.GRU, layers.SimpleRNN])
@pytest.mark.parametrize("every", [False, True])
def test_inner_loops_give_all_outputs(base, every):
    class Own(base):
        def inner_loop(self, sequences, initial_state, mask, training=False):
            _, outputs, states = super().inner_loop(sequences, initial_state, mask, training=training)
            assert outputs.shape[1] == 4
            return outputs[:, -1] * 2, outputs * 2, states

    keras_layer, own = base(3, return_sequences=every), Own(3, return_sequences=every)
    model, mine = (Sequential([Input((4, 12)), layer]) for layer in (keras_layer, own))
    mine.set_weights(model.get_weights())
    np.testing.assert_allclose(2 * model.predict(X, verbose=0), mine.predict(X, verbose=0), rtol=1e-6)
    around = Sequential([Input((4, 12)), layers.Bidirectional(Own(2)), layers.Dense(2)])
    around.compile("sgd", "mse")
    around.fit(X, Y, verbose=0)
