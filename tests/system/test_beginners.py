"""What beginners write wrong, as it stands in questions: each call is refused by the class that Keras raises, or works.

The tables in beginners/ hold calls under `# name | Keras's answer | fastnn's`: the built-in class of the error, or ok;
the third column is there where fastnn's is another: "works", or the class that says in words what Keras leaves to
whatever fails inside (or lets pass).  beginners/answers.py holds the second column against real Keras.
"""

import os
import tempfile
import warnings

import numpy as np
import pytest
from system.beginners import answers, helpers

CALLS = list(answers.calls())
NAMES = {**vars(helpers), "np": np, "os": os, "tempfile": tempfile, "warnings": warnings}
VAGUE = ("has no attribute '__", "object is not callable", "truth value of an array")


@pytest.mark.parametrize("name, theirs, ours, source", CALLS, ids=[c[0] for c in CALLS])
def test_a_wrong_call_is_refused_by_keras_class(name, theirs, ours, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = answers.outcome(source, NAMES)
    wanted = "ok" if ours == "works" else ours or theirs
    assert wanted in answers.builtin(error), error
    assert error is None or (str(error) and not any(words in str(error) for words in VAGUE))


def test_the_tables_say_where_the_answers_differ():
    assert len(CALLS) > 500 and len({c[0] for c in CALLS}) == len(CALLS)
    assert all(ours != (theirs if theirs != "ok" else "works") for _, theirs, ours, _ in CALLS)
