"""Data of pandas, polars, pyarrow and PyTorch (tox -e tables)."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import fastnn
from fastnn import layers
from fastnn.core.errors import DataError, DataWarning, DTypeError
from fastnn.data.tensor import Tensor
from fastnn.utils import load_torch

X = np.arange(24, dtype="float32").reshape(8, 3) / 24
Y = X.sum(1, keepdims=True)
NAMES = ["a", "b", "c"]


def table(kind, columns):
    return {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[kind](columns)


@pytest.fixture
def model():
    fastnn.utils.set_random_seed(0)
    made = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


TABLES = ("pandas", "polars", "pyarrow")
FRAMES = {
    **{kind: lambda kind=kind: table(kind, {n: X[:, k].copy() for k, n in enumerate(NAMES)}) for kind in TABLES},
    "mixed pandas": lambda: pd.DataFrame({"a": X[:, 0], "b": X[:, 1].astype("float64"), "c": pd.array(X[:, 2])}),
    "record batch": lambda: pa.RecordBatch.from_arrays([pa.array(X[:, k].copy()) for k in range(3)], NAMES),
    "tensor": lambda: torch.tensor(X), "tensor with gradient": lambda: torch.tensor(X, requires_grad=True),
    "tensor of rows": lambda: torch.tensor(X.T.copy()).T,
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_is_an_array(model, name):
    x = FRAMES[name]()
    np.testing.assert_allclose(model.predict(x, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
    assert np.isfinite(model.fit(x, Y, verbose=0, validation_split=0.25).history["loss"][0])
    assert model.evaluate(x, Y, verbose=0) >= 0
    assert model.train_on_batch(x, Y) >= 0


COLUMNS = {
    "pandas": pd.Series, "polars": pl.Series, "chunks": lambda v: pa.chunked_array([v[:4], v[4:]]), "pyarrow": pa.array,
    "tensor": torch.tensor,
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_labels(model, name):
    for values in (Y[:, 0].copy(), np.arange(8), np.arange(8) > 3):
        model.fit(X, COLUMNS[name](values), verbose=0)


@pytest.mark.parametrize("kind", TABLES)
def test_text_names_the_column(model, kind):
    with pytest.raises(DTypeError, match=r"x\['b'\]"):
        model.fit(table(kind, {"a": X[:, 0], "b": ["u"] * 8, "c": X[:, 2]}), Y, verbose=0)


CATEGORIES = {
    "pandas": lambda: pd.Categorical(["u", "v"] * 4), "polars": lambda: pl.Series(["u", "v"] * 4, dtype=pl.Categorical),
    "pyarrow": lambda: pa.array(["u", "v"] * 4).dictionary_encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories_name_the_column(model, kind):
    with pytest.raises(DTypeError, match=r"x\['b'\] holds categories"):
        model.fit(table(kind, {"a": X[:, 0], "b": CATEGORIES[kind](), "c": X[:, 2]}), Y, verbose=0)


def test_missing_values_name_the_column(model):
    with pytest.raises(DataError, match=r"x\['b'\] holds None in row 1"):
        model.fit(pa.table({"a": X[:, 0], "b": [1, None] * 4, "c": X[:, 2]}), Y, verbose=0)
    for kind in (pd.DataFrame, pl.DataFrame):
        with pytest.warns(DataWarning, match=r"x\['b'\] contains NaN, first in row 1"):
            model.fit(kind({"a": X[:, 0], "b": [1.0, None] * 4, "c": X[:, 2]}), Y, verbose=0)
    with pytest.warns(DataWarning, match=r"x\['b'\] contains NaN, first in row 1"):
        model.fit(pd.DataFrame({"a": X[:, 0], "b": pd.array([1, None] * 4, "Int64"), "c": X[:, 2]}), Y, verbose=0)


def test_a_lazy_table_is_named(model):
    with pytest.raises(DTypeError, match=r"LazyFrame.*collect\(\)"):
        model.fit(pl.DataFrame(X).lazy(), Y, verbose=0)


def test_a_data_loader_gives_batches(model):
    loader = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=4)
    history = model.fit(loader, epochs=2, validation_data=loader, verbose=0).history
    assert len(history["val_loss"]) == 2
    assert model.evaluate(loader, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-4)
    found = model.predict(DataLoader(TensorDataset(torch.tensor(X)), batch_size=3), verbose=0)
    np.testing.assert_allclose(found, model.predict(X, verbose=0), rtol=1e-6)


def test_bfloat16(model):
    np.testing.assert_allclose(
        model.predict(torch.tensor(X).bfloat16(), verbose=0), model.predict(X, verbose=0), atol=0.02
    )


def test_a_file_of_pytorch(model, tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(3, 1))
    torch.save(module.state_dict(), tmp_path / "m.pt")
    load_torch(model, tmp_path / "m.pt")
    np.testing.assert_allclose(model.predict(X, verbose=0), module(torch.tensor(X)).detach().numpy(), rtol=1e-5)
    load_torch(model, {f"0.{k}": v.bfloat16() for k, v in module.state_dict().items() for k in [k[2:]]})
    torch.save(module, tmp_path / "code.pt")  # a module, not its weights: code
    with pytest.raises(ValueError, match="weights_only=True"):
        load_torch(model, tmp_path / "code.pt")


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32", "float64"])
def test_tensors_fill_tables(dtype):
    tensor = np.ones((2, 3), dtype).view(Tensor)
    assert (pd.DataFrame(tensor).dtypes == dtype).all() and pd.Series(tensor[0]).dtype == dtype
    assert pd.DataFrame({"a": tensor[0]}).describe().shape[1] == 1
