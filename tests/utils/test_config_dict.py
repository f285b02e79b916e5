"""keras.utils.Config: a dictionary with attributes."""

import copy
import pickle

import pytest

from fastnn.core.errors import ArgumentError
from fastnn.utils import Config


def test_entries_by_both_ways():
    config = Config(rate=0.1)
    config.use_ema = True
    config["seed"] = 3
    assert (config["use_ema"], config.seed, config.rate) == (True, 3, 0.1)
    assert list(config) == ["rate", "seed", "use_ema"] and len(config) == 3 and "seed" in config
    assert dict(config.items()) == config.as_dict() == dict(zip(config.keys(), config.values()))
    assert config.to_json() == '{"rate": 0.1, "use_ema": true, "seed": 3}'
    assert config.get("seed") == 3 and config.get("other", 7) == 7
    del config["seed"]
    config.update({"a": 1}, b=2)
    assert config.pop("a") == 1 and config.as_dict() == {"rate": 0.1, "use_ema": True, "b": 2}
    assert repr(Config(a=1)) == "<Config {'a': 1}>"


def test_an_attribute_that_is_no_entry():
    with pytest.raises(AttributeError, match=r"Unknown attribute: .rat.\. Did you mean rate\?"):
        _ = Config(rate=0.1).rat


@pytest.mark.parametrize("change", [
    lambda c: setattr(c, "a", 2), lambda c: c.__setitem__("a", 2), lambda c: c.__delitem__("a"),
    lambda c: c.pop("a"), lambda c: c.update(a=2),
])  # fmt: skip
def test_a_frozen_one_is_not_changed(change):
    config = Config(a=1)
    config.freeze()
    with pytest.raises(ArgumentError, match="config is frozen"):
        change(config)
    assert config.frozen and config.as_dict() == {"a": 1}
    config.unfreeze()
    change(config)
    assert config.as_dict() != {"a": 1} and not config.frozen


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda c: pickle.loads(pickle.dumps(c))])
def test_copies(again):
    config = Config(a=[1])
    config.freeze()
    assert again(config).as_dict() == {"a": [1]} and again(config).frozen
