"""Savers and summaries of TensorFlow 1: files of the variables of a graph; see tf_graph."""

import io
import os

import numpy as np

from fastnn.compat.tf import summary as tf_summary
from fastnn.compat.tf.checkpoint import ENDING, _read, _remember
from fastnn.compat.tf.graphs.graph import Node, defer, evaluating, graph, run
from fastnn.compat.tf.graphs.names import add_to_collection, global_variables
from fastnn.compat.tf.summary import Summary
from fastnn.core.errors import UnknownNameError
from fastnn.saving.files import write_file


class Saver:
    """Writes and reads the variables of the graph.

    Args:
        var_list: a list, or {name: variable}; None: all that there are.
        max_to_keep: how many checkpoints stay, or None.
        args, kwargs: of no effect.
    """

    def __init__(self, var_list=None, reshape=False, sharded=False, max_to_keep=5, *args, **kwargs):
        self._given = global_variables() if var_list is None else var_list
        self._most, self._paths = max_to_keep, []

    def _variables(self):
        if isinstance(self._given, dict):
            return self._given
        return {v.name.removesuffix(":0"): v for v in self._given}

    def save(self, sess, save_path, global_step=None, *args, **kwargs):
        """Write the variables; the path.

        Args:
            sess: of no effect.
            save_path: what the file's name begins with.
            global_step: a number behind it, or None.
            args, kwargs: of no effect.
        """
        number = run(global_step) if isinstance(global_step, Node) else global_step
        path = save_path if number is None else f"{save_path}-{int(np.asarray(number))}"
        store = io.BytesIO()
        np.savez(store, **{name: v.numpy() for name, v in self._variables().items()})
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        write_file(path + ENDING, store.getvalue())
        self._paths = [p for p in self._paths if p != path] + [path]
        for old in self._paths[: -self._most] if self._most else ():
            os.remove(old + ENDING)
        self._paths = self._paths[-self._most :] if self._most else self._paths
        _remember(os.path.dirname(path) or ".", self._paths)
        return path

    def restore(self, sess, save_path):
        """Set the variables.

        Args:
            sess: of no effect.
            save_path: what save gave.

        Raises UnknownNameError for a variable that the file has not.
        """
        arrays = _read(save_path)
        for name in self._variables():
            if name not in arrays:
                raise UnknownNameError(f"Key {name} not found in checkpoint {save_path}.")
        with evaluating({}):
            for name, variable in self._variables().items():
                variable.assign(arrays[name])


# ---- summaries -------------------------------------------------------------------------------------------------
def _summary(kind):
    def entry(name, tensor=None, *args, **kwargs):
        if not graph().active:
            given = () if tensor is None else (tensor,)  # which is `data` of today
            return getattr(tf_summary, kind)(name, *given, *args, **kwargs)
        node = defer(lambda v: _entries(kind, name, v), (tensor,), {}, name=name.replace(" ", "_"))
        add_to_collection("summaries", node)
        return node

    return entry


def _entries(kind, name, value):
    array = np.asarray(value)
    return Summary(value=[Summary.Value(tag=name, simple_value=float(array))] if kind == "scalar" else [])


def merge_all(*args, **kwargs):
    """A Node of all summaries.

    Args:
        args, kwargs: of no effect.
    """
    return merge(graph().collections.get("summaries", []))


def merge(inputs, *args, **kwargs):
    """A Node of several summaries.

    Args:
        inputs: their Nodes.
        args, kwargs: of no effect.
    """
    if not inputs:
        return None
    return defer(lambda *parts: Summary(value=[v for p in parts for v in p.value]), tuple(inputs), {}, name="merge")


scalar, histogram, image, text = map(_summary, ("scalar", "histogram", "image", "text"))
