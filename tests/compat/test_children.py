"""Child processes find the aliases, however they are started; what is pickled leads back to them."""

import sys

import pytest
from compat.running import run

from fastnn.compat import aliases

WORK = """
import pickle, sys
import multiprocessing as mp
import keras, tensorflow as tf
from keras import layers
def work(n):
    import tf_keras
    from tensorflow.keras.layers import Dense
    return keras.__name__, tf.__name__, tf_keras.layers.Dense is Dense, Dense.__module__, n + 1
"""
EXPECTED = "('keras', 'tensorflow', True, 'fastnn.layers.dense', 2)"
START = {
    "spawn": "with mp.get_context('spawn').Pool(1) as pool: print(pool.map(work, [1])[0])",
    "forkserver": "with mp.get_context('forkserver').Pool(1) as pool: print(pool.map(work, [1])[0])",
    "loky": "from joblib import Parallel, delayed; print(Parallel(n_jobs=2)(delayed(work)(1) for _ in range(2))[0])",
    # loky pickles a function of __main__ by value, and the modules that it uses by name
    "lambda": "from joblib import Parallel, delayed\n"
    "    print(Parallel(n_jobs=2)(delayed(lambda n: work(n))(1) for _ in range(2))[0])",
}


@pytest.mark.parametrize("method", START)
def test_children(method, tmp_path):
    status, output, errors = run(f"{WORK}\nif __name__ == '__main__':\n    {START[method]}\n", tmp_path)
    assert (status, output.strip()) == (0, EXPECTED), errors


def test_aliases_pickle(tmp_path):
    script = """
import copy, pickle, sys
import keras, tensorflow as tf
for module in (keras, keras.layers, tf, tf.keras, tf.math):
    assert pickle.loads(pickle.dumps(module)) is module is copy.deepcopy(module), module
"""
    assert run(script, tmp_path) == (0, "", "")


def test_the_path_is_left_as_it_was():
    before = list(sys.path)
    aliases.install()
    try:
        assert sys.path.count(aliases.CHILDREN) == 1 and sys.path[0] == before[0]
    finally:
        aliases.uninstall()
    assert sys.path == before
    aliases.take_place_of("fastnn.compat.children.keras")
    assert not aliases.installed()
