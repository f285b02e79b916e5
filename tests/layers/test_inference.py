"""Shapes of results of layers that ask for sizes."""

import numpy as np

from fastnn import layers, models, ops


class Graph(layers.Layer):
    """Attention among the nodes of one graph: the rows are as many as the columns of the adjacency matrix."""

    def call(self, inputs):
        x, adjacency = inputs
        scores = ops.matmul(x, ops.transpose(x)) + ops.where(adjacency != 0, 0.0, -1e9)
        return ops.matmul(ops.softmax(scores), x)


def test_rows_may_be_as_many_as_a_size_that_is_given():
    x, adjacency = layers.Input((5,)), layers.Input((7,))
    y = Graph()([x, adjacency])
    assert y.shape == (None, 5)
    model = models.Model([x, adjacency], layers.Dense(2)(y))
    model.compile("sgd", "mse")
    data = [np.ones((7, 5), "float32"), np.eye(7, dtype="float32")]
    assert np.isfinite(model.fit(data, np.ones((7, 2)), batch_size=7, verbose=0).history["loss"]).all()
    assert model.predict(data, batch_size=7, verbose=0).shape == (7, 2)
