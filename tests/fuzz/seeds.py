"""Small good files of every kind that fastnn reads, made when the harness starts."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import os
import tempfile
import zipfile

import numpy as np

import fastnn as keras
from fastnn import layers
from fastnn.saving import container, hdf5, run, serialize_keras_object, weights

HEADS = os.path.join(os.path.dirname(__file__), os.pardir, "saving", "operations", "heads.zip")


@dataclasses.dataclass
class Seed:
    """A good file.  name: for reports; data: its bytes; make: a function that builds the model that it fits, or None;
    own: whether fastnn wrote it, with its checksums."""

    name: str
    data: bytes
    make: object = None
    own: bool = True


def convolution():
    """Weights that are trained and others, an optimizer with a schedule, metrics."""
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.RandomFlip(), layers.Conv2D(2, 3, kernel_regularizer="l2"),
                              layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.2),
                              layers.Dense(2, "softmax", kernel_constraint="max_norm")], name="c")  # fmt: skip
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.Adam(schedule), "mse", metrics=["mae", keras.metrics.AUC(num_thresholds=5)])
    model.optimizer.build(model.trainable_variables)
    return model


def graph():
    """Two inputs, a layer called twice, operations, a model inside."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(2, activation="relu")], name="inner")
    joined = layers.Concatenate()([shared(a), shared(b) * 2.0 + 1.0])
    model = keras.Model([a, b], {"x": inner(joined), "y": keras.ops.sum(joined, axis=-1)}, name="graph")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), {"x": "mse", "y": keras.losses.Huber(0.5)})
    model.optimizer.build(model.trainable_variables)
    return model


def sequence():
    """Recurrent layers, wrappers, attention."""
    i = keras.Input((5,), dtype="int32", name="i")
    x = layers.Embedding(7, 4, mask_zero=True)(i)
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(x)
    x = layers.MultiHeadAttention(2, 2)(x, x)
    x = layers.LayerNormalization()(x)
    return keras.Model(i, layers.GRU(2, recurrent_dropout=0.1)(x), name="sequence")


def parts():
    """Objects that a config may hold, and that no model above has."""
    yield layers.StringLookup(vocabulary=["a", "b", "c"], num_oov_indices=2)
    yield layers.IntegerLookup(vocabulary=[3, 5, 8], output_mode="one_hot")
    yield layers.TextVectorization(vocabulary=["a", "b"], ngrams=2, output_sequence_length=4)
    yield layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], return_state=True)
    yield layers.Conv2DTranspose(3, 2, strides=2, bias_constraint="non_neg")
    yield keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.1, 10, warmup_steps=3), weight_decay=0.01)
    yield keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])
    yield keras.losses.CategoricalFocalCrossentropy(label_smoothing=0.1)
    yield keras.metrics.PrecisionAtRecall(0.5, num_thresholds=7)
    yield keras.metrics.MeanIoU(3)
    yield keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=1)
    yield keras.regularizers.L1L2(0.1, 0.2)
    yield keras.constraints.MinMaxNorm(0.1, 2.0)


def numbers():
    """Preprocessing of numbers, and layers with many arguments."""
    return keras.Sequential([
        keras.Input((4,)), layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0] * 4), layers.Reshape((2, 2)),
        layers.Conv1D(2, 2, padding="causal"), layers.PReLU(), layers.UpSampling1D(2), layers.ZeroPadding1D(1),
        layers.SeparableConv1D(3, 2, depth_multiplier=2), layers.SpatialDropout1D(0.1), layers.Permute((2, 1)),
        layers.GaussianNoise(0.1), layers.Flatten(), layers.RepeatVector(2), layers.GlobalMaxPooling1D(),
        layers.Dense(3, activation="gelu", bias_initializer="he_normal", activity_regularizer="l1"),
        layers.Discretization(bin_boundaries=[0.0, 1.0]), layers.CategoryEncoding(5, output_mode="multi_hot"),
        layers.Rescaling(0.5), layers.UnitNormalization(), layers.Activation("softmax")], name="numbers")  # fmt: skip


MODELS = {f.__name__: f for f in (convolution, graph, sequence, numbers)}


def saved(model, ending):
    """The bytes that `model.save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"m{ending}")
        (model.save_weights if ending == ".weights.h5" else model.save)(path)
        with open(path, "rb") as file:
            return file.read()


def without_checksums(data):
    """A file as another program writes it: no seal, no digest."""
    import h5py

    with h5py.File(io.BytesIO(data), "r+") as file:
        for key in (hdf5.DIGEST, hdf5._SEALED):
            file.attrs.pop(key, None)
        file.flush()
        return file.id.get_file_image()


def heads():
    """{name: bytes} of small files that Keras wrote (tests/saving/operations/heads.py)."""
    with zipfile.ZipFile(HEADS) as file:
        return {name: file.read(name) for name in file.namelist() if name.startswith("keras.")}


def model_of_heads():
    """The model of Keras's files, as it is read from one of them."""
    from fastnn.saving.archive import model_of

    return model_of(heads()["keras.keras"], "heads")


def archives():
    """Seeds of the format keras."""
    yield Seed("convolution", saved(convolution(), ".keras"), convolution)
    yield Seed("sequence", saved(sequence(), ".keras"), sequence)
    yield Seed("keras", heads()["keras.keras"], model_of_heads, own=False)


def weight_files():
    """Seeds of the format weights."""
    for make in (convolution, sequence):
        data = saved(make(), ".weights.h5")
        yield Seed(make.__name__, data, make)
        yield Seed(f"{make.__name__}, foreign", without_checksums(data), make, own=False)
    yield Seed("packed", packed(graph()), graph, own=False)
    yield Seed("keras", heads()["keras.weights.h5"], model_of_heads, own=False)


def packed(model):
    """A weights file in chunks, with every filter that is read."""
    import h5py

    with h5py.File(io.BytesIO(), "w", libver="earliest") as file:
        for path, (_, arrays) in weights.tree_of(model).items():
            file.require_group(path)
            for name, array in arrays.items():
                file.create_dataset(
                    f"{path}/{name}", data=array,
                    **(dict(chunks=True, compression="gzip", shuffle=True, fletcher32=True) if array.ndim else {})
                )  # fmt: skip
        file.flush()
        return file.id.get_file_image()


def legacy_files():
    """Seeds of the format legacy."""
    for make in (convolution, graph):
        data = saved(make(), ".h5")
        yield Seed(make.__name__, data, make)
        yield Seed(f"{make.__name__}, foreign", without_checksums(data), make, own=False)
    yield Seed("keras", heads()["keras.h5"], model_of_heads, own=False)


def checkpoints():
    """Seeds of the format checkpoint."""
    state = {"epoch": 3, "loss": float("nan"), "best": np.arange(3.0), "texts": ["a", None], "more": {"deep": [1, 2.5]}}
    with tempfile.TemporaryDirectory() as folder:
        for make in (convolution, sequence):
            path = os.path.join(folder, "run")
            run.save_run(make(), path, state)
            with open(path, "rb") as file:
                data = file.read()
            yield Seed(make.__name__, data, make)


def configs():
    """Seeds of the format config: JSON of models, and of parts."""
    for name, make in MODELS.items():
        yield Seed(name, make().to_json().encode())
    yield Seed("keras", container.read_member(*_config_of(heads()["keras.keras"])), own=False)
    for part in parts():
        yield Seed(f"part {type(part).__name__}", json.dumps(serialize_keras_object(part)).encode())


def _config_of(data):
    archive, infos = container.read_members(data)
    return archive, infos[container.CONFIG]


def datasets():
    """Seeds of the format datasets; names end as the files do."""
    x = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    idx = bytes([0, 0, 8, 3]) + np.array(x.shape, ">u4").tobytes() + x.tobytes()
    yield Seed("images.idx", idx)
    yield Seed("images.gz", gzip.compress(idx, mtime=0))
    yield Seed("floats.idx", bytes([0, 0, 14, 1, 0, 0, 0, 3]) + np.array([1.0, 2.0, 3.0], ">f8").tobytes())
    for name, save in (("stored", np.savez), ("packed", np.savez_compressed)):
        out = io.BytesIO()
        save(out, x=np.arange(12.0).reshape(6, 2), y=np.arange(6))
        yield Seed(f"{name}.npz", out.getvalue())
    yield Seed("cifar10.bin", bytes(range(2)) * ((3072 + 1) * 2 // 2))
    yield Seed("tokenizer.json", _tokenizer())


def _tokenizer():
    from fastnn.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(5)
    tokenizer.fit_on_texts(["a cat sat", "a dog sat"])
    return json.dumps(json.loads(tokenizer.to_json())).encode()
