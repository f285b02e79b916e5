"""Subclassed models whose `call` takes more than its inputs: states, the output of an encoder."""

import numpy as np
import pytest

from fastnn import layers, models


class Encoder(models.Model):
    """Tokens and a state, as in scripts of translation."""

    def __init__(self):
        super().__init__()
        self.embedding, self.gru = layers.Embedding(7, 3), layers.GRU(4, return_sequences=True, return_state=True)
        self.seen = []

    def call(self, x, hidden, scale=None, training=None):
        self.seen.append(str(x.dtype))
        y, state = self.gru(self.embedding(x), initial_state=hidden)
        return (y if scale is None else y * scale), state


TOKENS, STATE = np.ones((2, 5), "int32"), np.zeros((2, 4), "float32")


@pytest.mark.parametrize(
    "args, kwargs",
    [
        ((TOKENS, STATE), {}),
        ((TOKENS,), {"hidden": STATE}),
        ((TOKENS, [STATE]), {"training": True}),
        ((TOKENS, STATE), {"scale": np.float32(2)}),
        ((TOKENS, STATE), {"scale": 2.0}),
        ((), {"x": TOKENS, "hidden": STATE}),
    ],
)
def test_the_first_call_builds_with_all_it_is_given(args, kwargs):
    model = Encoder()
    y, state = model(*args, **kwargs)
    assert y.shape == (2, 5, 4) and state.shape == (2, 4)
    assert model.built and len(model.weights) == 4 and "_first_call" not in vars(model)
    assert set(model.seen) == {"int32"}  # tokens are no floats while the weights are made


def test_a_failing_first_call_may_be_repeated():
    model = Encoder()
    with pytest.raises(TypeError, match="hidden"):
        model(TOKENS)
    assert model(TOKENS, STATE)[0].shape == (2, 5, 4)


def test_whole_numbers_stay_whole_numbers():
    class Lookup(models.Model):
        def __init__(self):
            super().__init__()
            self.seen, self.dense = [], layers.Dense(2)

        def call(self, inputs):
            self.seen.append(str(inputs[1].dtype))
            return self.dense(inputs[0])

    model = Lookup()
    assert model([STATE, TOKENS]).shape == (2, 2) and set(model.seen) == {"int32"}


class Needs(models.Model):
    """A model whose arguments have no defaults."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x, training):
        return self.dense(x) if training else self.dense(x) * 0.0


class NeedsMask(Needs):
    def call(self, x, mask, training):
        return super().call(x, training)


@pytest.mark.parametrize("training", [True, False])
def test_arguments_that_every_call_has_need_no_default(training):
    x = STATE + 1.0
    assert np.any(Needs()(x, training=training)) == training
    assert np.any(NeedsMask()(x, mask=None, training=training)) == training
    model = Needs()
    model.build((None, 4))
    assert model.built and len(model.weights) == 2
    model = Needs()
    model.compile("sgd", "mse")
    assert model.fit(x, np.ones((2, 2)), verbose=0).history["loss"] != [1.0]
    assert not np.any(model.predict(x, verbose=0))
