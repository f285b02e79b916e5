"""BatchNormalization(domains=k) is k layers, one for each kind of rows."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, models
from fastnn.core.errors import ArgumentError, DataError, FastnnError, ShapeError

RNG = np.random.default_rng(3)
DOMAIN = np.array([0, 2, 2, 0, 2, 0, 2])  # nobody is of domain 1


def filled(**arguments):
    """A layer of three domains and three plain ones with its weights."""
    shape = (None, 5, 3) if arguments.get("axis", -1) != 1 else (None, 3, 5)
    layer = layers.BatchNormalization(domains=3, momentum=0.8, **arguments)
    layer.build(shape)
    layer.set_weights([RNG.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    plain = [layers.BatchNormalization(momentum=0.8, **arguments) for _ in range(3)]
    for k, one in enumerate(plain):
        one.build(shape)
        one.set_weights([w[k] for w in layer.get_weights()])
    return layer, plain


@pytest.mark.parametrize("arguments", [{}, {"axis": 1}, {"scale": False}, {"center": False, "epsilon": 0.1}])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_each_domain_goes_through_its_own_layer(arguments, training, masked):
    layer, plain = filled(**arguments)
    x = RNG.normal(2, 3, (7, 5, 3)).astype("float32")
    mask = (np.arange(35).reshape(7, 5) % 4 > 0) if masked and "axis" not in arguments else None
    x = x.transpose(0, 2, 1) if "axis" in arguments else x
    found = layer(x, training=training, mask=mask, domain=DOMAIN[:, None])
    for k in (0, 2):
        rows = np.equal(DOMAIN, k)
        part = None if mask is None else mask[rows]
        np.testing.assert_allclose(found[rows], plain[k](x[rows], training=training, mask=part), atol=2e-5)
    for variable in ("gamma", "beta", "moving_mean", "moving_variance"):
        if getattr(layer, variable) is not None:
            values = [getattr(one, variable).numpy() for one in plain]
            np.testing.assert_allclose(getattr(layer, variable).numpy(), values, rtol=1e-4, atol=1e-5)


def test_one_domain_for_all_rows():
    layer, plain = filled()
    x = RNG.normal(size=(4, 5, 3)).astype("float32")
    np.testing.assert_allclose(layer(x, training=True, domain=1), plain[1](x, training=True), atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy()[1], plain[1].moving_mean.numpy(), rtol=1e-5)
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True, domain=np.full(4, 1.0)), plain[1](x), atol=1e-5)


def branched(each):
    """A model that normalises by domain; each: how many rows there are of domains 0 and 1."""
    x, domain = keras.Input((4,)), keras.Input((1,), dtype="int32", name="domain")
    hidden = layers.Dense(6, name="shared")(x)
    hidden = layers.BatchNormalization(domains=2, name="by_domain")(hidden, domain=domain)
    model = keras.Model([x, domain], layers.Dense(1, name="out")(layers.Activation("tanh")(hidden)))
    model.compile("sgd", "mse")
    return model, np.repeat([0, 1], each)


def test_it_trains_with_gradients_of_all_its_weights(tmp_path):
    model, domain = branched((9, 7))
    x, y = RNG.normal(size=(16, 4)).astype("float32"), RNG.normal(size=(16, 1)).astype("float32")
    assert model.check_gradients([x, domain], y).ok
    before = model.get_layer("by_domain").get_weights()
    model.fit([x, domain[:, None]], y, epochs=3, batch_size=5, verbose=0)
    assert all((a != b).all() for a, b in zip(before, model.get_layer("by_domain").get_weights()))
    expected = model.predict([x, domain], verbose=0)
    model.save(tmp_path / "m.keras")
    again = models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict([x, domain], verbose=0), expected)
    assert (expected != model.predict([x, 1 - domain], verbose=0)).all()


def test_the_config_names_domains_only_if_there_are_some():
    assert "domains" not in layers.BatchNormalization().get_config()
    layer = layers.deserialize(layers.serialize(layers.BatchNormalization(domains=4)))
    assert layer.domains == 4


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_dtypes(policy):
    layer = layers.BatchNormalization(domains=2, dtype=policy)
    x = RNG.normal(2, 3, (40, 3)).astype("float32")
    domain = np.arange(40) % 2
    found = np.asarray(layer(x, training=True, domain=domain)).astype("float64")
    assert layer.compute_dtype in policy
    for k in range(2):
        np.testing.assert_allclose(found[domain == k].mean(0), 0, atol=0.03)
        np.testing.assert_allclose(found[domain == k].std(0), 1, atol=0.03)


X = np.ones((3, 2), "float32")
CASES = [
    (lambda: layers.BatchNormalization(domains=0), ArgumentError, "domains"),
    (lambda: layers.BatchNormalization(domains=2.0), ArgumentError, "domains"),
    (lambda: layers.BatchNormalization(domains=2, renorm=True), ArgumentError, "renorm"),
    (lambda: layers.BatchNormalization(domains=2, axis=0)(X, domain=0), ShapeError, "axis 0"),
    (lambda: layers.BatchNormalization()(X, domain=0), ArgumentError, "domains=k"),
    (lambda: layers.BatchNormalization(domains=2)(X), ArgumentError, "each row, 0 to 1"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=2), DataError, "domain=2"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=-1), DataError, "domain=-1"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=[0, 1]), ShapeError, "2 domains for 3 rows"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=np.zeros((3, 2))), ShapeError, "each row"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=[0, 1, 2]), FastnnError, "table_rows"),
    (lambda: layers.BatchNormalization(domains=2)(X, domain=[0, 1, -1]), FastnnError, "table_rows"),
]


@pytest.mark.parametrize(("call", "error", "words"), CASES)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
