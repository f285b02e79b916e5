"""Places of names: each is there, and lists of names are those of their modules."""

import importlib

from fastnn.compat.tf import places
from fastnn.compat.tf.graphs import losses, metrics


def test_every_place_exists():
    """A module that can be imported, with that name."""
    for name, place in places.NAMES.items():
        module, _, function = place.partition(":")
        assert hasattr(importlib.import_module(f"fastnn.{module}"), function), name


def test_lists_of_names_are_those_of_the_modules():
    """Losses and metrics of graphs."""
    assert set(places.LOSSES) == set(losses.LOSSES)
    assert set(places.METRICS) == set(metrics.FUNCTIONS)
    assert all(hasattr(losses, name) for name in (*places.OF_LOSSES, "Reduction"))
