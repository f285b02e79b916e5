"""Layers, losses and metrics at their edges, against what Keras 3 gave (make_keras_edges.py says how)."""

import numpy as np
import pytest
from edges import edges_attention, edges_layers, edges_lookups, edges_losses, edges_metrics
from edges.make_keras_edges import ERROR, outcome, read

import fastnn

GROUPS = {
    "attention": edges_attention,
    "layers": edges_layers,
    "losses": edges_losses,
    "lookups": edges_lookups,
    "metrics": edges_metrics,
}


def different(mine, theirs, where=""):
    """How two recorded results differ, or None."""
    if isinstance(theirs, str) and theirs.startswith(ERROR):
        return None if isinstance(mine, str) and mine.startswith(ERROR) else f"{where}: no error but {mine}"
    if type(mine) is not type(theirs):
        return f"{where}: {mine} instead of {theirs}"
    if isinstance(theirs, list):
        if len(mine) != len(theirs):
            return f"{where}: {mine} instead of {theirs}"
        return next((d for i, (m, t) in enumerate(zip(mine, theirs)) if (d := different(m, t, f"{where}[{i}]"))), None)
    if isinstance(theirs, dict) and "dtype" in theirs:
        if "dtype" not in mine or (mine["dtype"], mine["shape"]) != (theirs["dtype"], theirs["shape"]):
            return f"{where}: {mine} instead of {theirs}"
        close = np.isclose(mine["values"], theirs["values"], rtol=1e-4, atol=2e-6, equal_nan=True)
        return None if np.all(close) else f"{where}: {mine} instead of {theirs}"
    if isinstance(theirs, dict) and "texts" not in theirs:
        if sorted(mine) != sorted(theirs):
            return f"{where}: {sorted(mine)} instead of {sorted(theirs)}"
        return next((d for k in theirs if (d := different(mine[k], theirs[k], f"{where}.{k}"))), None)
    return None if mine == theirs else f"{where}: {mine} instead of {theirs}"


@pytest.mark.parametrize("group", GROUPS)
def test_as_keras(group):
    stored, mine, wrong = read(group), dict(GROUPS[group].cases(fastnn)), []
    assert sorted(mine) == sorted(stored), "the cases have changed: run make_keras_edges.py"
    for name, function in mine.items():
        wrong.append(different(outcome(function), stored[name], name))
    wrong = [w for w in wrong if w]
    assert not wrong, f"{len(wrong)} of {len(stored)} differ:\n" + "\n".join(wrong)
