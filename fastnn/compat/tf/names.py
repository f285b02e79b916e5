"""The functions under TensorFlow's names: one table of them, from those of the families."""

import functools
import types

import numpy as np

from fastnn.compat.shapes import Sizes, TensorShape
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf import arrays as tf_arrays
from fastnn.compat.tf import boxes as tf_boxes
from fastnn.compat.tf import checks as tf_checks
from fastnn.compat.tf import ctc as tf_ctc
from fastnn.compat.tf import draws as tf_draws
from fastnn.compat.tf import files as tf_files
from fastnn.compat.tf import images as tf_images
from fastnn.compat.tf import linalg as tf_linalg
from fastnn.compat.tf import loops as tf_loops
from fastnn.compat.tf import math as tf_math
from fastnn.compat.tf import matrices as tf_matrices
from fastnn.compat.tf import networks as tf_networks
from fastnn.compat.tf import nn as tf_nn
from fastnn.compat.tf import nodes as tf_nodes
from fastnn.compat.tf import pieces as tf_pieces
from fastnn.compat.tf import protos as tf_protos
from fastnn.compat.tf import quantization as tf_quantization
from fastnn.compat.tf import sampling as tf_sampling
from fastnn.compat.tf import sets as tf_sets
from fastnn.compat.tf import signal as tf_signal
from fastnn.compat.tf import sparse as tf_sparse
from fastnn.compat.tf import special as tf_special
from fastnn.compat.tf import text as tf_text
from fastnn.compat.tf import texts as tf_texts
from fastnn.compat.tf import unicode as tf_unicode
from fastnn.compat.tf import windows as tf_windows
from fastnn.compat.tf import years as tf_years
from fastnn.compat.tf.graphs.graph import defer, graph, holds_nodes, resolved, waits
from fastnn.compat.tf.ragged import calls as tf_ragged_calls
from fastnn.compat.tf.ragged import tensor as tf_ragged
from fastnn.core import later
from fastnn.core.registry import suggest
from fastnn.core.tree import rebuild
from fastnn.graph import current
from fastnn.layers.host import is_text

FAMILIES = (tf_math, tf_arrays, tf_linalg, tf_nn, tf_images, tf_boxes, tf_loops, tf_text, tf_files, tf_checks,
            tf_sampling, tf_sets, tf_signal, tf_windows, tf_sparse, tf_protos,
            tf_special, tf_pieces, tf_matrices, tf_networks,
            tf_unicode, tf_draws, tf_quantization, tf_ctc)  # fmt: skip


@functools.cache
def table():
    """{"math.cumsum": function, ...}: every row of the families, under each of its names."""
    out = {}
    for family in FAMILIES:
        for names, function in family.TABLE.items():
            first = names.split()[0]
            function.__name__, function.__qualname__ = first.rpartition(".")[2], f"tensorflow.{first}"
            out.update(dict.fromkeys(names.split(), _giving_tensors(first, function)))
    return out


def _giving_tensors(name, function):
    draws = name.startswith("random.") and "stateless" not in name
    text, compares = name.startswith("strings."), name in ("equal", "not_equal")
    function = tf_sparse.keeping_places(function) if name == "cast" else function
    function = tf_nodes.as_node(name, tf_texts.moving(name, function))

    @functools.wraps(function)
    def call(*args, **kwargs):
        kwargs = tf_years.renamed(kwargs)
        if text:  # patterns and separators may be bytes
            args, kwargs = [_text(v) for v in args], {k: _text(v) for k, v in kwargs.items()}
        if graph().active:
            given = (*args, *kwargs.values())
            waiting = draws or any(isinstance(v, types.FunctionType) for v in given)  # functions may hold Nodes
            if waits(given) or (waiting and graph().values is None and current() is None):
                if name == "nn.dropout" and len(args) > 1:  # TensorFlow 1 names there the share that is kept
                    args = (args[0], 1.0 - args[1], *args[2:])
                return defer(call, args, kwargs, random=draws)
            if graph().values is not None and holds_nodes((*args, *kwargs.values())):
                args, kwargs = resolved(args), resolved(kwargs)
        if later.holds(args):
            return later.postponed(call, args, kwargs)
        ragged = tf_ragged.holds(args) or (kwargs and tf_ragged.holds(kwargs.values()))
        if ragged and name not in tf_ragged_calls.OWN:
            return tf_ragged_calls.apply(name, call, args, kwargs)
        if compares and len(args) == 2 and any(map(is_text, args)):
            return tf_texts.compared(name, *args)
        return tensors(function(*args, **kwargs))

    return call


def _text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else value


def tensors(result):
    """Arrays in a result as tensors, which have the method numpy(); symbols as they are."""
    if isinstance(result, (Sizes, TensorShape)):
        return result
    if isinstance(result, (list, tuple)):
        return rebuild(result, [tensors(part) for part in result])
    if type(result) in (Tensor, tf_sparse.Sparse):
        return result
    return np.asarray(result).view(Tensor) if isinstance(result, (np.ndarray, np.generic)) else result


def find(name):
    """The function under a name below `tensorflow`, or None.

    >>> import numpy as np
    >>> find("math.cumsum")(np.ones((2, 2), "float32"), exclusive=True).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    return table().get(name) or older().get(name)


@functools.cache
def older():
    """{"log": function, ...}: what TensorFlow 1 had under other names, and functions that are no operations."""
    own = {name: _giving_tensors(name, function) for name, function in tf_years.functions(table().get).items()}
    now = {**table(), **own}
    return {**own, **{old: now[new] for old, new in tf_years.OLD.items() if new in now}}


def near(name):
    """Names that are like one that is not there, as a sentence, or ""."""
    return suggest(name, table(), " Nearest: {}.")
