"""`set_floatx` of half precision: models of every kind built, trained, evaluated, called, saved, as in float32."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers as L
from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import DTypeError

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(24, 8, 6)).astype("float32")
IMAGES = RNG.normal(size=(24, 8, 8, 3)).astype("float32")
WORDS = RNG.integers(0, 20, (24, 7))
VALUES, CLASSES = RNG.normal(size=(24, 1)).astype("float32"), RNG.integers(0, 3, 24)
MSE, SPARSE, BINARY = "mse", "sparse_categorical_crossentropy", "binary_crossentropy"


def attention():
    x = keras.Input((8, 6))
    y = L.LayerNormalization()(x + L.MultiHeadAttention(2, 4)(x, x))
    return keras.Model(x, L.Dense(1)(L.GlobalAveragePooling1D()(y)))


def stack(shape, *layers, dtype=None):
    return lambda: keras.Sequential([keras.Input(shape, dtype=dtype), *(make() for make in layers)])


dense, flat = lambda: L.Dense(1), L.Flatten
# name -> model, x, y, loss, optimizer, metrics
MODELS = {
    "lstm": (stack((8, 6), lambda: L.Bidirectional(L.LSTM(4)), dense), SERIES, VALUES, MSE, "adam", ["mae"]),
    "gru": (stack((8, 6), lambda: L.GRU(4), dense), SERIES, VALUES, "mae", "rmsprop", []),
    "words": (stack((7,), lambda: L.Embedding(20, 4, mask_zero=True), lambda: L.LSTM(3), dense, dtype="int32"), WORDS,
              VALUES, "huber", "nadam", []),
    "images": (stack((8, 8, 3), lambda: L.Conv2D(4, 3, activation="relu"), L.BatchNormalization, L.MaxPooling2D, flat,
                     lambda: L.Dense(3, "softmax")), IMAGES, CLASSES, SPARSE, "sgd", ["accuracy"]),
    "augmented": (stack((8, 8, 3), L.RandomFlip, lambda: L.RandomRotation(0.1), flat, dense), IMAGES, VALUES, MSE,
                  "lion", []),
    "attention": (attention, SERIES, VALUES, "log_cosh", "adamw", ["mse"]),
    "binary": (stack((8, 6), lambda: L.Conv1D(4, 3), L.GlobalMaxPooling1D, lambda: L.Dense(1, "sigmoid")), SERIES,
               (VALUES > 0).astype("int32"), BINARY, "adagrad", ["accuracy", "auc", "precision"]),
    "norms": (stack((8, 6), lambda: L.GroupNormalization(3), L.UnitNormalization, lambda: L.Dropout(0.2),
                    lambda: L.GaussianNoise(0.1), flat, dense), SERIES, VALUES, MSE, "lamb", []),
    "halves": (stack((8, 6), flat, dense), SERIES.astype("float16"), VALUES.astype("float16"), MSE, "adafactor", []),
}  # fmt: skip
KINDS = ("float16", "bfloat16")


def trained(name):
    make, x, y, loss, optimizer, metrics = MODELS[name]
    keras.utils.set_random_seed(1)
    model = make()
    model.compile(optimizer, loss, metrics=metrics)
    return model, x, y, model.fit(x, y, epochs=2, batch_size=10, verbose=0).history


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_trains_predicts_and_is_saved_in_half_precision(name, kind, tmp_path):
    exact = trained(name)[3]
    keras.config.set_floatx(kind)
    model, x, y, history = trained(name)
    assert history.keys() == exact.keys()
    near = {"float16": 0.1, "bfloat16": 0.2}[kind]  # first weights are rounded, and two epochs follow
    np.testing.assert_allclose(history["loss"], exact["loss"], rtol=near, atol=near / 4)
    predicted = model.predict(x, verbose=0)
    results = [predicted, model(x[:2]), *model.get_weights(), model.predict_on_batch(x)]
    assert {dtypes.standardize(a.dtype) for a in results} == {kind}
    assert np.isfinite(predicted.astype("float32")).all()
    slots = [v.dtype for v in model.optimizer.variables if v.shape]
    assert set(slots) <= {kind}
    assert np.isfinite(np.ravel([*model.evaluate(x, y, return_dict=True, verbose=0).values()])).all()
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.predict(x, verbose=0).tobytes() == predicted.tobytes()
    assert again.layers[-1].dtype_policy.name == kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_without_a_dtype_has_the_default_one(kind):
    keras.config.set_floatx(kind)
    made = [
        keras.Input((3,)), ops.ones(2), ops.zeros((1, 2)), ops.eye(2), ops.one_hot([1], 3), ops.full((2,), 1.5),
        keras.random.normal((2,)), keras.random.uniform((2,)), keras.initializers.GlorotUniform()((2, 2)),
        keras.metrics.Mean()([1.0]), keras.layers.Dense(2)(np.ones((1, 2), "float32")), ops.sin(np.arange(3)),
        keras.losses.MeanSquaredError()([[1.0]], [[2.0]]),
    ]  # fmt: skip
    assert {dtypes.standardize(x.dtype) for x in made} == {kind}
    assert keras.config.floatx() == keras.config.dtype_policy().name == kind
    assert dtypes.standardize(float) == "float32"  # what Python calls float is no half


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_of_half_precision_in_a_float32_model(kind):
    """A batch is fetched as float32 and rounded to what the input asks for, in all ways of calling."""
    x = keras.Input((3,), dtype=kind)
    model = keras.Model(x, ops.multiply(x, 1))
    rows = np.float32([[1.0001, 2.0, 3.0]])
    rounded = rows.astype(dtypes.numpy_type(kind))
    for y in (model.predict(rows, verbose=0), model(rows), model.predict(rounded, verbose=0)):
        assert dtypes.standardize(y.dtype) == kind and (y == rounded).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_right_in_half_precision(kind):
    keras.config.set_floatx(kind)
    model = trained("gru")[0]
    assert model.check_gradients(SERIES[:4], VALUES[:4]).ok


def test_numbers_that_stand_for_infinity_fit_float16():
    """Top-k metrics and the circle loss hide values behind a far number; vectors of length 300 have squares beyond."""
    likely, truth = [[0.1, 0.5, 0.4], [0.7, 0.2, 0.1]], [[0, 1, 0], [0, 1, 0]]
    long = np.float32([[300.0, 400.0], [400.0, -300.0]])
    unit = np.float32([[0.6, 0.8], [0.8, -0.6]])

    def values():
        return [
            keras.metrics.Precision(top_k=2)(truth, likely), keras.metrics.Recall(top_k=1)(truth, likely),
            keras.losses.Circle()([0, 1], unit), keras.losses.CosineSimilarity()(long, [[1, 1], [1, 0]]),
        ]  # fmt: skip

    exact = values()
    keras.config.set_floatx("float16")
    np.testing.assert_allclose(np.float32(values()), exact, rtol=5e-3)


def test_another_name_is_refused():
    with pytest.raises(DTypeError, match=r"Unknown `floatx` value: float8\. Expected one of"):
        keras.config.set_floatx("float8")
    assert keras.config.floatx() == "float32"
