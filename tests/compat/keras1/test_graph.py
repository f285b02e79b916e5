"""Keras 1's model of named nodes."""

import numpy as np
import pytest

from fastnn import compat, layers
from fastnn.compat.keras1.graph import Graph
from fastnn.core.errors import ArgumentError, CallOrderError

X1, X2 = np.random.default_rng(0).normal(size=(2, 8, 4)).astype("float32")


@pytest.fixture(autouse=True)
def aliases():
    compat.install()
    yield
    compat.uninstall()


def _graph():
    graph = Graph()
    graph.add_input("a", input_shape=(4,))
    graph.add_input("b", input_shape=(4,))
    graph.add_node(layers.Rescaling(2.0), name="double", input="a")
    graph.add_node(layers.Activation("linear"), name="both", inputs=["double", "b"], merge_mode="sum")
    graph.add_shared_node(layers.Dense(2), name="shared", inputs=["a", "b"], outputs=["one", "two"])
    graph.add_output("sum", input="both")
    graph.add_output("pair", inputs=["one", "two"], merge_mode="concat")
    return graph


def test_nodes_by_names():
    graph = _graph()
    found = graph.predict({"a": X1, "b": X2})
    np.testing.assert_allclose(found["sum"], 2 * X1 + X2, rtol=1e-5)
    dense = graph.nodes["shared"]
    np.testing.assert_allclose(found["pair"], np.concatenate([dense(X1), dense(X2)], 1), rtol=1e-5, atol=1e-6)
    assert sorted(graph.predict_on_batch({"a": X1, "b": X2})) == ["pair", "sum"] and len(graph.get_weights()) == 2


def test_training_by_names():
    graph = _graph()
    graph.compile("sgd", {"sum": "mse", "pair": "mse"})
    data = {"a": X1, "b": X2, "sum": 2 * X1 + X2, "pair": np.zeros((8, 4))}
    history = graph.fit(data, batch_size=4, nb_epoch=3, verbose=0, validation_data=data)
    assert len(history.history["val_loss"]) == 3 and graph.evaluate(data, verbose=0)[0] > 0
    assert graph.train_on_batch(data)[0] > 0 and graph.test_on_batch(data)[0] > 0
    graph.fit_generator(iter([data] * 2), samples_per_epoch=16, nb_epoch=1, verbose=0, validation_data=data)


def test_wrong_graphs():
    graph = _graph()
    for wrong, error in (
        (lambda: graph.add_input("a", input_shape=(2,)), ArgumentError),
        (lambda: graph.add_node(layers.Dense(2), name="new", input="none"), ArgumentError),
        (lambda: graph.predict({"a": X1}), ArgumentError),
        (lambda: Graph().model, CallOrderError),
        (lambda: Graph()._hidden, AttributeError),
    ):
        with pytest.raises(error):
            wrong()
    graph.add_node(layers.Dense(2), name="more", input="a", create_output=True)
    assert "more" in graph.model.output_names
    graph.add_shared_node(layers.Dense(2), name="merged", inputs=["a", "b"], merge_mode="ave", create_output=True)
    assert graph.outputs["merged"].shape == (None, 2)
    graph.add_input("numbers", batch_input_shape=(None, 3), dtype="int")
    assert graph.inputs["numbers"].dtype == "int32"
