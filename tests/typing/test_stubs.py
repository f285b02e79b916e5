"""The stubs say what the packages hold, and the typed example runs."""

import numpy as np
import programs
import stubs
import surface


def test_stubs_are_current():
    for package in stubs.packages():
        path = stubs.ROOT.joinpath(*package.split(".")[1:], "__init__.pyi")
        assert path.exists() and path.read_text(encoding="utf-8") == stubs.stub(package), (
            f"{package}: run python tests/typing/stubs.py"
        )


def test_the_typed_example_runs():
    assert surface.train().predict(np.zeros((1, 8, 8, 1), np.float32), verbose=0).shape == (1, 3)


def test_typed_programs_run(tmp_path):
    assert programs.functional().output_shape == (None, 2)
    model, labels = programs.train(str(tmp_path))
    assert labels.shape == (4,) and model.built
    assert programs.stacked(str(tmp_path)).name == "stack"
