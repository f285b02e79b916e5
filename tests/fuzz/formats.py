"""What is done with each kind of file, and what must come of it.

A Format makes cases: bytes, and the most that a load of them may differ from a load of the seed ("equal", "weights":
other numbers in the same model, "any": another model).  `check` runs one and raises Wrong for anything else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import random
import warnings

import numpy as np

import fastnn as keras
from fastnn.core.errors import DataError, FastnnError, FileFormatError, NotSupportedError, UnknownNameError
from fastnn.datasets.files import read_idx, read_npz, read_records
from fastnn.saving import container, hdf5, run, run_file, streams
from fastnn.saving.layout import places

from . import mutate, mutate_json, seeds

NAMED = (FileFormatError, UnknownNameError, NotSupportedError)
_DIGEST = run_file._DIGEST
ORDER = ("equal", "weights", "any")


class Wrong(Exception):
    """A case whose outcome is not one that was promised."""


@dataclasses.dataclass
class Case:
    """One input.  data: the bytes; allowed: how far a load may differ; what: the changes, in words."""

    seed: seeds.Seed
    data: bytes
    allowed: str
    what: str
    only: str = ""  # the one array that must differ, if one was changed on purpose


def weights_of(model):
    """{path: array} of all that a model holds, the optimizer's state too."""
    return {f"{place.group}/{i}": np.array(v.numpy()) for place in places(model) for i, v in enumerate(place.variables)}


def snapshot(model):
    """What a load is compared by: (config with the compile arguments, weights)."""
    return json.dumps(json.loads(model.to_json()), sort_keys=True), weights_of(model)


def same_weights(a, b):
    """Whether two models' weights are the same bits."""
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


def difference(a, b):
    """How far two snapshots differ: one of ORDER."""
    if a[0] != b[0] or a[1].keys() != b[1].keys() or any(a[1][k].shape != b[1][k].shape for k in a[1]):
        return "any"
    return "equal" if same_weights(a[1], b[1]) else "weights"


class Format:
    """Seeds of one format, and the case of a number.

    named: the errors that a damaged file may give.  describes: whether a file may describe weights that it has not.
    """

    named: tuple = NAMED
    ending = ""
    describes = False

    def __init__(self, found):
        self.seeds = list(found)
        self._known = {}

    def case(self, start, number):
        """The case of a number; start: of the run."""
        r = random.Random(f"{start}/{type(self).__name__}/{number}")
        seed = r.choice(self.seeds)
        return Case(seed, *self.change(r, seed))

    def change(self, r, seed):
        """(bytes, allowed difference, what was done), and perhaps the one array that must differ."""
        raise NotImplementedError

    def load(self, path, seed):
        """What is read from the file at `path`."""
        raise NotImplementedError

    def check(self, case, folder):
        """The outcome of a case in a word; Wrong if it is not a promised one."""
        path = os.path.join(folder, f"case{self.ending or os.path.splitext(case.seed.name)[1]}")
        with open(path, "wb") as file:
            file.write(case.data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = self.load(path, case.seed)
            except self.errors(case.seed) as error:
                if len(str(error)) > 20_000:
                    raise Wrong(f"an error of {len(str(error))} characters") from error
                return "error"
            except Exception as error:
                raise Wrong(f"{type(error).__name__}: {str(error)[:300]}") from error
            differs = self.compare(found, case)
        if ORDER.index(differs) > ORDER.index(case.allowed):
            raise Wrong(f"loads with the difference {differs!r}, at most {case.allowed!r} was to come")
        return differs

    def errors(self, seed):
        """The errors that a damaged file of a seed may give."""
        return self.named

    def known(self, seed):
        """The snapshot of a seed."""
        return self._known[seed.name]

    def learn(self, folder):
        """Load every seed once."""
        for seed in self.seeds:
            path = os.path.join(folder, f"seed{self.ending or os.path.splitext(seed.name)[1]}")
            with open(path, "wb") as file:
                file.write(seed.data)
            self._known[seed.name] = self.load(path, seed)

    def compare(self, found, case):
        """How far a load differs from that of the seed."""
        return difference(found, self.known(case.seed))


def steps(r, data, mutations):
    """One mutation, and perhaps one of bytes, which need not be an archive still; (bytes, their names)."""
    chosen = [r.choice(mutations), *([r.choice(mutate.BYTES)] if r.random() < 0.25 else [])]
    for mutation in chosen:
        data = mutation(r, data) if data else data
    return data, " ".join(m.__name__ for m in chosen)


def change_hdf5(r, data, own):
    """(bytes, whether all are known to be what was written, what was done) for an HDF5 file.

    The checksum of an own file is left as it was, or made anew: then the file says what it says.
    """
    if own and r.random() < 0.5:
        out, what = steps(r, data[: -hdf5._SEAL_SIZE], mutate.HDF5)
        return hdf5.seal(out), False, f"{what} resealed"
    out, what = steps(r, data, mutate.HDF5)
    return out, own, what


class Archive(Format):
    """Whole models in `.keras` files: loaded, and now and then described."""

    ending = ".keras"

    def change(self, r, seed):
        """Bytes of the archive and its headers are covered by its own checksums; members that are written anew say
        what they say."""
        kind = r.random()
        if kind < 0.4:
            data, what = steps(r, seed.data, mutate.ZIP)
            return data, "equal", what
        parts = mutate.members(seed.data)
        if kind < 0.75:
            name, allowed = r.choice((container.CONFIG,) * 4 + (container.METADATA,)), "any"
            parts[name], what = mutate_json.text(r, parts[name]), f"json of {name}"
        else:
            parts[container.WEIGHTS], covered, what = change_hdf5(r, parts[container.WEIGHTS], seed.own)
            allowed = "equal" if covered else "weights"
        return mutate.archive(parts.items()), allowed, what

    def load(self, path, seed):
        """A snapshot of the loaded model; `fastnn inspect` must not fail otherwise than with a named error."""
        inspect(path)
        return snapshot(keras.models.load_model(path))

    def compare(self, found, case):
        """As the base class; a model that loads is written, and read again, as the same."""
        differs = super().compare(found, case)
        if differs == "any":
            again(found[0])
        return differs


class Weights(Format):
    """`.weights.h5` files, loaded into a model: all of it, or nothing."""

    ending = ".weights.h5"

    def __init__(self, found):
        super().__init__(found)
        self.models = {seed.name: seed.make() for seed in self.seeds}
        self.start = {name: weights_of(model) for name, model in self.models.items()}

    def change(self, r, seed):
        """The bytes of the file."""
        if not seed.own and r.random() < 0.15:
            return self.other_numbers(r, seed)
        data, covered, what = change_hdf5(r, seed.data, seed.own)
        return data, "equal" if covered else "weights", what

    def other_numbers(self, r, seed):
        """The data of one array changed, and nothing else."""
        with hdf5.reading(seed.data) as reader:
            found = {path: reader.dataset(path) for path in reader.arrays() if path in self.start[seed.name]}
        lying = sorted(p for p, a in found.items() if a.layout.kind == "contiguous" and a.type.numpy == np.float32)
        if not lying:
            return seed.data, "equal", "nothing"
        path = r.choice(lying)
        where = found[path].layout.address + r.randrange(found[path].layout.size)
        return (
            mutate.put(seed.data, where, seed.data[where] ^ r.randrange(1, 256), 1),
            "weights",
            f"numbers of {path}",
            path,
        )

    def compare(self, found, case):
        """As the base class; other numbers in one array are other numbers in one weight."""
        known = self.known(case.seed)[1]
        changed = [path for path in known if not same_weights({0: known[path]}, {0: found[1][path]})]
        if case.only and changed != [case.only]:
            raise Wrong(f"{case.only} was changed in the file, and {changed} came otherwise")
        return super().compare(found, case)

    def read(self, model, path):
        """Read the file into the model."""
        model.load_weights(path)

    def load(self, path, seed):
        """The weights afterwards; they are as before if the file was refused."""
        model, before = self.models[seed.name], self.start[seed.name]
        for variable, value in self._pairs(model, before):
            variable.assign(value)
        try:
            inspect(path)
            self.read(model, path)
        except Exception:
            if not same_weights(weights_of(model), before):
                raise Wrong("a file that was refused changed the model") from None
            raise
        return "", weights_of(model)

    @staticmethod
    def _pairs(model, values):
        return [(v, values[f"{p.group}/{i}"]) for p in places(model) for i, v in enumerate(p.variables)]


class Checkpoint(Weights):
    """The state of a training run."""

    ending = ".run"

    def __init__(self, found):
        super().__init__(found)
        self.positions = {name: streams.dump(model) for name, model in self.models.items()}

    def change(self, r, seed):
        """The bytes of the file with its checksum as it was, or another text with a new one."""
        if r.random() < 0.5:
            data, what = steps(r, seed.data, mutate.BYTES)
            return data, "equal", what
        body, what = seed.data[:-_DIGEST], "json"
        if r.random() < 0.7:
            body = with_text(r, body)
        else:
            body, what = steps(r, body, mutate.BYTES)
        return body + hashlib.sha256(body).digest(), "weights", f"{what} resealed"

    def read(self, model, path):
        """Take up the run."""
        position = streams.dump(model)
        try:
            run.load_run(model, run_file.read_run(path))
        except Exception:
            if streams.dump(model) != position:
                raise Wrong("a file that was refused moved the random streams") from None
            raise


def with_text(r, body):
    """A run's file whose JSON says something else."""
    head = len(run_file.MAGIC) + run_file._LENGTH.size
    (size,) = run_file._LENGTH.unpack(body[len(run_file.MAGIC) : head])
    text = mutate_json.text(r, body[head : head + size])
    return b"".join((run_file.MAGIC, run_file._LENGTH.pack(len(text)), text, body[head + size :]))


class Legacy(Archive):
    """Whole models in `.h5` files."""

    ending = ".h5"
    texts = ("model_config", "training_config", streams.KEY)

    def change(self, r, seed):
        """The bytes of the file, or the JSON in its attributes.

        In the bytes of a file without a checksum the configs may change too: it is another file.
        """
        if not seed.own and r.random() < 0.5:
            return self.with_config(r, seed.data), "any", "json"
        data, covered, what = change_hdf5(r, seed.data, seed.own)
        return data, "equal" if covered else "any", what

    def with_config(self, r, data):
        """A file one of whose configs says something else."""
        import h5py

        with h5py.File(io.BytesIO(data), "r+") as file:
            key = r.choice([key for key in self.texts if key in file.attrs] + ["model_config"] * 3)
            value = file.attrs[key]
            text = mutate_json.text(r, value if isinstance(value, bytes) else value.encode())
            file.attrs[key] = np.bytes_(text) if len(text) < 60_000 else "x"
            file.flush()
            return file.id.get_file_image()


class Config(Format):
    """JSON of models and of their parts."""

    ending = ".json"
    describes = True

    def change(self, r, seed):
        """The text, or bytes of it."""
        if r.random() < 0.05:
            data, what = steps(r, seed.data, mutate.BYTES)
            return data, "any", what
        return mutate_json.text(r, seed.data), "any", "json"

    def load(self, path, seed):
        """The config of the model, and of what is built from the parts."""
        with open(path, "rb") as file:
            data = file.read()
        return text_of(data, seed), {}

    def errors(self, seed):
        """A part that is built alone raises what its constructor raises."""
        return (FastnnError,) if is_part(seed) else self.named

    def compare(self, found, case):
        """What is built is written, and read again, as the same."""
        again(found[0], case.seed)
        return difference(found, self.known(case.seed))


def is_part(seed):
    """Whether a seed is the config of a part of a model."""
    return seed is not None and seed.name.startswith("part ")


def text_of(data, seed=None):
    """The config of what a config describes."""
    if not is_part(seed):
        return json.dumps(json.loads(keras.models.model_from_json(data).to_json()), sort_keys=True)
    part = keras.saving.deserialize_keras_object(container.parse_json(data))
    return json.dumps(keras.saving.serialize_keras_object(part), sort_keys=True)


def again(text, seed=None):
    """Wrong unless the config of what was loaded loads, as the same."""
    try:
        found = text_of(text, seed)
    except Exception as error:
        raise Wrong(f"its own config does not load: {type(error).__name__}: {str(error)[:300]}") from error
    if found != text:
        raise Wrong(f"its own config loads as another: {apart(text, found)}")


def apart(a, b):
    """Where two texts part, for a message."""
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), 0)
    return f"{a[max(0, at - 60) : at + 60]!r} became {b[max(0, at - 60) : at + 60]!r}"


class Datasets(Format):
    """Original files of data sets."""

    named = (DataError, FileFormatError)

    def change(self, r, seed):
        """The bytes; in those of an archive its checksums are left as they were."""
        if seed.name.endswith(".json"):
            return mutate_json.text(r, seed.data), "any", "json"
        packed = seed.name.endswith(".npz")
        if packed and r.random() < 0.5:
            parts = mutate.members(seed.data)
            name = r.choice(sorted(parts))
            parts[name], what = steps(r, parts[name], mutate.BYTES)
            return mutate.archive(parts.items()), "any", f"{what} in {name}"
        data, what = steps(r, seed.data, mutate.ZIP if packed else mutate.BYTES)
        return data, "any", what

    def load(self, path, seed):
        """The arrays of the file."""
        kind = os.path.splitext(path)[1]
        if kind == ".json":
            with open(path, "rb") as file:
                keras.preprocessing.text.tokenizer_from_json(file.read())
            return "", {}
        if kind == ".npz":
            found = read_npz(path, ("x", "y"), "fuzz")
        elif kind == ".bin":
            found = dict(enumerate(read_records(path, 1)))
        else:
            found = {"": read_idx(path)}
        if any(a.dtype.kind not in "fiub" for a in found.values()):
            raise Wrong(f"arrays of {[a.dtype for a in found.values()]}")
        return "", found

    def compare(self, found, case):
        """Arrays of other numbers are what the file says."""
        return "equal" if same_weights(found[1], self.known(case.seed)[1]) else "any"


def inspect(path):
    """`fastnn inspect`, which fails with a message and a status."""
    from fastnn.cli import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(["inspect", path])
    if status not in (0, 1):
        raise Wrong(f"fastnn inspect ends with {status}")


FORMATS = {
    "keras": lambda: Archive(seeds.archives()),
    "weights": lambda: Weights(seeds.weight_files()),
    "legacy": lambda: Legacy(seeds.legacy_files()),
    "checkpoint": lambda: Checkpoint(seeds.checkpoints()),
    "config": lambda: Config(seeds.configs()),
    "datasets": lambda: Datasets(seeds.datasets()),
}
