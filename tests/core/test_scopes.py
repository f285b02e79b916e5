"""name_scope: names in front of paths."""

import pytest

import fastnn as keras


def test_name_scopes_stand_in_front_of_paths():
    with keras.name_scope("outer") as outer:
        layer = keras.layers.Dense(2, name="d")
        layer.build((None, 3))
        assert (outer.name, keras.Variable([1.0], name="v").path, layer.kernel.path) == (
            "outer",
            "outer/v",
            "outer/d/kernel",
        )
        with keras.name_scope("in", caller=1), keras.name_scope("in", caller=1):
            assert keras.Variable([1.0], name="v").path == "outer/in/v"
        with keras.name_scope("in", override_parent="/a/b"):
            assert keras.Variable([1.0], name="v").path == "a/b/in/v"
    assert keras.Variable([1.0], name="v").path == "v"
    with keras.name_scope("outer"), keras.name_scope(""):
        assert keras.Variable([1.0], name="v").path == "outer/v"
    for bad in ("foo/bar", 4):
        with pytest.raises(ValueError, match="must be a string"):
            keras.name_scope(bad)
