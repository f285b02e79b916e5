"""Dtype policies as objects: names, dtypes, equality, configs, maps, the default; then layers that have them."""

import copy
import pickle

import numpy as np
import pytest

import fastnn as keras
from fastnn import dtype_policies as policies
from fastnn import layers
from fastnn.core.errors import ArgumentError, ArgumentTypeError

Q, F8 = policies.QuantizedDTypePolicy, policies.QuantizedFloat8DTypePolicy


@pytest.fixture(autouse=True)
def default_policy():
    before = policies.dtype_policy()
    yield
    policies.set_dtype_policy(before)


@pytest.mark.parametrize("name, compute, variable", [
    ("float32", "float32", "float32"), ("float64", "float64", "float64"), ("float16", "float16", "float16"),
    ("bfloat16", "bfloat16", "bfloat16"), ("mixed_float16", "float16", "float32"),
    ("mixed_bfloat16", "bfloat16", "float32"), ("uint8", "uint8", "uint8"),
])  # fmt: skip
def test_names_mean_two_dtypes(name, compute, variable):
    policies.set_dtype_policy(name)
    for policy in (policies.DTypePolicy(name), policies.FloatDTypePolicy(), policies.get(name), policies.get(None)):
        assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
        assert policy.quantization_mode is None and repr(policy) == f'<DTypePolicy "{name}">'
        assert policy == policies.get(policies.serialize(policy)) == copy.deepcopy(policy)
    assert keras.config.dtype_policy().name == name


SIZED = [
    (policies.GPTQDTypePolicy, "gptq/4/128", {"mode": "gptq", "weight_bits": 4, "group_size": 128}),
    (policies.AWQDTypePolicy, "awq/4/-1", {"mode": "awq", "weight_bits": 4, "group_size": -1}),
    (policies.Int4DTypePolicy, "int4/64", {"mode": "int4", "block_size": 64}),
]


@pytest.mark.parametrize("policy", [
    Q("int8", "mixed_bfloat16"), Q("int4", "float32"), F8("float8", "mixed_float16", 16),
    *(cls(mode, "float32") for cls, mode, _ in SIZED),
], ids=str)  # fmt: skip
def test_quantized_policies_go_round(policy):
    for again in (policies.get(policy.name), policies.deserialize(policies.serialize(policy)),
                  pickle.loads(pickle.dumps(policy))):  # fmt: skip
        assert type(again) is type(policy) and again.name == policy.name
        assert again.compute_dtype == policy.compute_dtype and again.quantization_mode == policy.quantization_mode
    assert policies.get(policies.serialize(policy)) == policy
    assert policy != policies.get(policy.get_config()["source_name"]) and policy != policy.name
    policies.set_dtype_policy(policy)
    assert policies.dtype_policy() == policy


@pytest.mark.parametrize("cls, mode, facts", SIZED)
def test_numbers_in_modes(cls, mode, facts):
    policy = cls(mode, "float32")
    assert {name: getattr(policy, name) for name in facts} == facts
    assert policy.get_config() == {"mode": mode, "source_name": "float32"}


@pytest.mark.parametrize("make, error, words", [
    (lambda: policies.get("mixed_float15"), ArgumentError, "Cannot convert 'mixed_float15'"),
    (lambda: policies.DTypePolicy(""), ArgumentError, "Cannot convert"),
    (lambda: policies.DTypePolicy(123), ArgumentTypeError, "'name' must be a string"),
    (lambda: policies.get(123), ArgumentError, "Cannot interpret `dtype` argument"),
    (lambda: policies.get({"class_name": "Dense", "config": {}}), ArgumentError, "expected that of one of"),
    (lambda: policies.set_dtype_policy(None), ArgumentError, "Invalid `policy` argument"),
    (lambda: policies.get("int8_from_"), ArgumentError, "Cannot convert"),
    (lambda: policies.get("int8_abc"), ArgumentError, "Cannot convert `policy` into a valid pair"),
    (lambda: Q("int7", "float32"), ArgumentError, "Invalid quantization mode"),
    (lambda: Q("int8", "mixed_float16"), ArgumentError, "doesn't work well"),
    (lambda: F8("float8", "float32", 1.5), ArgumentTypeError, "must be an integer"),
    (lambda: policies.GPTQDTypePolicy("gptq/5/1", "float32"), ArgumentError, "2, 3, 4, and 8, but got 5"),
    (lambda: policies.GPTQDTypePolicy("gptq/4", "float32"), ArgumentError, "Expected format"),
    (lambda: policies.AWQDTypePolicy("awq/8/1", "float32"), ArgumentError, "only supports 4-bit"),
    (lambda: policies.Int4DTypePolicy("int4/x", "float32"), ArgumentError, "must be an integer"),
    (lambda: policies.Int4DTypePolicy("int4/0", "float32"), ArgumentError, "Invalid block_size"),
])  # fmt: skip
def test_what_is_no_policy(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_maps_find_by_path_then_by_expression():
    found = policies.DTypePolicyMap("float32", {"a/.*": policies.get("mixed_float16")})
    found["a/b"] = "float64"
    assert [found[k].name for k in ("a/b", "a/c", "aa", "a")] == ["float64", "mixed_float16", "float32", "float32"]
    assert len(found) == 2 and "a/b" in found and "a/c" not in found and found.name == "map_float32"
    assert policies.get(policies.serialize(found)) == found
    for bad, words in ((("a/b", "float16"), "already exist"), (("n", "no"), "Cannot interpret the assigned")):
        with pytest.raises(ArgumentError, match=words):
            found.__setitem__(*bad)
    found["a/c.*"] = "float16"
    with pytest.raises(ArgumentError, match="matches multiple"):
        found.__getitem__("a/c")
    with pytest.raises(ArgumentError, match="cannot be a `DTypePolicyMap`"):
        policies.DTypePolicyMap(found)


def test_a_map_without_a_default_follows_the_default():
    config = policies.serialize(policies.DTypePolicyMap(policy_map={"a": policies.get("mixed_float16")}))
    policies.set_dtype_policy("float64")
    again = policies.get(config)
    assert (again.name, again["a"].name) == ("map_float64", "float64")


def test_layers_take_the_default_policy_and_keep_it_in_files(tmp_path):
    policies.set_dtype_policy("mixed_float16")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(2, dtype="float32")])
    policies.set_dtype_policy("float32")
    assert [(w.dtype, x.compute_dtype) for x in model.layers for w in x.weights[:1]] == [
        ("float32", "float16"), ("float32", "float32")]  # fmt: skip
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert [layer.dtype_policy for layer in again.layers] == [layer.dtype_policy for layer in model.layers]
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_inputs_are_converted_where_they_are_floats():
    policy = policies.get("mixed_float16")
    assert policy.convert_input(np.ones(2, "float32"), True, "float16").dtype == np.float16
    assert policy.convert_input(np.ones(2, "int32"), True, "float16").dtype == np.int32
    assert policy.convert_input(np.ones(2, "float32"), False, "float16").dtype == np.float32
