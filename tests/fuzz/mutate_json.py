"""Changes to JSON: to what it says, and to its text."""

from __future__ import annotations

import copy
import json

# Values of every kind, ends of ranges, names that a loader might follow, and descriptions of objects.
JUNK = [None, True, False, 0, -1, 1, 2, 3.5, 10**6, 2**31, 2**53 + 1, 2**63, -(2**70), 10**30, 1e308, -0.0, 1e-320, "",
        "x", "relu", "adam", "mse", "glorot_uniform", "float16", "float32", "int8", "string", "causal", "same",
        "/etc/passwd", "file:///etc/passwd", "http://example.org/x", "__class__", "os.system", "é" * 70, "a\0b",
        "x" * 5000, [], [None], [0], [1, 2, 3], [-1], [2**40] * 3, [[]], [["i", 0, 0]], ["x"] * 200, {},
        {"class_name": 1}, {"class_name": "Dense"}, {"class_name": "Dense", "config": {}},
        {"class_name": "Dense", "config": {"units": 10**9}},
        {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
        {"class_name": "MeanIoU", "config": {"num_classes": 15_000}},
        {"class_name": "__lambda__", "config": {"value": "x"}},
        {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}},
        {"class_name": "__numpy__", "config": {"value": "x", "dtype": "object"}},
        {"class_name": "__tensor__", "config": {"value": [[1], [2, 3]], "dtype": "float32"}},
        {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32",
                                                      "keras_history": ["i", 0, 0]}},
        {"class_name": "__slice__", "config": {"start": None, "stop": 10**12, "step": 0}},
        {"class_name": "__ellipsis__", "config": {}},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "keras.src.ops.numpy", "class_name": "Linspace", "config": {"num": 10**9}},
        {"module": "keras.saving", "class_name": "load_model", "config": {"filepath": "x"}},
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__",
                                                                                 "config": {"code": "4wE="}}}},
        {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}]  # fmt: skip

KEYS = ("name", "dtype", "vocabulary", "build_config", "compile_config", "shared_object_id", "x", "trainable",
        "class_name", "registered_name")  # fmt: skip
TEXTS = ("NaN", "Infinity", "-Infinity", "1e999", "1" * 5000, '"\\ud800"', "[" * 3000 + "]" * 3000, '{"a": 1, "a": 2}',
         "{" + '"a": {' * 300 + "}" * 301, "tru", "'x'", "0x10", "-", '"\\', "\ufeff{}", "[1,]", "")  # fmt: skip


def places(value, path=()):
    """The paths of everything in a nested structure, itself excepted."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from places(child, (*path, key))


def at(value, path):
    """What is at a path."""
    for key in path:
        value = value[key]
    return value


def _replace(random, parent, key, value):
    parent[key] = copy.deepcopy(random.choice(JUNK))


def _remove(random, parent, key, value):
    del parent[key]


def _add(random, parent, key, value):
    if isinstance(parent, dict):
        parent[random.choice(KEYS)] = copy.deepcopy(random.choice(JUNK))
    else:
        parent.insert(key, copy.deepcopy(random.choice((value, random.choice(JUNK)))))


def _tweak(random, parent, key, value):
    """A near value: the same kind, and perhaps a good one."""
    if isinstance(value, bool) or value is None:
        parent[key] = random.choice((True, False, None))
    elif isinstance(value, (int, float)):
        parent[key] = random.choice((-value, value + 1, value - 1, value * 2, value * 10**6, value / 3, str(value)))
    elif isinstance(value, str):
        cut = random.randrange(len(value) + 1)
        parent[key] = random.choice(
            (value[:cut], value + "x", value.upper(), value[:cut] + "\0" + value[cut:], value * 50)
        )
    elif isinstance(value, list):
        parent[key] = random.choice((value[1:], value * 2, value[::-1], value * random.choice((1, 20)), [value]))
    else:
        items = list(value.items())
        random.shuffle(items)
        parent[key] = dict(items[: random.randrange(len(items) + 1)])


def _nest(random, parent, key, value):
    """The thing inside of itself, a number of times."""
    key_inside, outer = random.choice((("config", {"class_name": "Sequential"}), ("layer", {}), (0, [None])))
    for _ in range(random.choice((3, 50, 150, 250))):
        shell = copy.copy(outer)
        shell[key_inside] = value
        value = shell
    parent[key] = value


_EDITS = (_replace, _replace, _replace, _remove, _add, _tweak, _tweak, _tweak, _nest)


def edit(random, value):
    """A copy with one to three things changed."""
    value = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        found = list(places(value))
        if not found:
            break
        path = random.choice(found)
        parent = at(value, path[:-1])
        kind = random.random()
        if kind < 0.15:  # one part in the place of another
            parent[path[-1]] = copy.deepcopy(at(value, random.choice(found)))
        else:
            random.choice(_EDITS)(random, parent, path[-1], parent[path[-1]])
    return value


def text(random, data):
    """The bytes of a JSON text that says something else, or says it in a way that is no JSON."""
    value = json.loads(data)
    out = json.dumps(edit(random, value) if random.random() < 0.9 else value)
    if random.random() < 0.1:
        cut = random.randrange(len(out) + 1)
        colons = [i for i, c in enumerate(out) if c == ":"] or [0]
        colon = random.choice(colons) + 1
        out = random.choice((out[:cut], out[:colon] + random.choice(TEXTS) + out[colon:], random.choice(TEXTS),
                             out[:colon] + random.choice(TEXTS) + ', "x":' + out[colon:], out + "x"))  # fmt: skip
    made = out.encode("utf-8", "surrogatepass")
    if random.random() < 0.03:
        made = bytearray(made) or bytearray(b"x")
        made[random.randrange(len(made))] = random.choice((0xFF, 0x00, 0xC0))
    return bytes(made)
