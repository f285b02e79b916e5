"""A day with a GPU, as one script of at most seven minutes: is it right, is it the same each time, how fast is it.

    python -m bench.device                         # all parts on cuda:0; a table, and bench/results/device.json
    python -m bench.device --parts info,registry   # some of them
    python -m bench.device --simulated             # all parts in a tiny form, without a GPU: a test of this script

Parts, each with seconds of its own; one that fails or runs out of them says so, and the next begins:
- info: card, driver, memory, kernels of the pack;
- registry: every record's drawn cases and their gradients beside the CPU's;
- digests: an MNIST-sized CNN and ResNet-20, trained twice: equal weights, losses near the CPU's;
- memcheck: the registry's first cases under compute-sanitizer, where it is installed;
- kernels: products and convolutions, in float32, TF32 and by cuBLASLt where nvmath-python is there, beside the card's
  float32 peak and PyTorch's (float32 and TF32);
- steps: training steps beside PyTorch's, eager, compiled, and as CUDA graphs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastnn as keras
from fastnn import ops
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import placed
from fastnn.runtime import cubins, device
from fastnn.runtime.simulated import Simulated

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"info": 10, "registry": 100, "digests": 60, "memcheck": 60, "kernels": 70, "steps": 110}  # seconds: 410
STEPS = ("resnet20", "conv_bn_sigmoid", "mnist_mlp", "playground")
# (m, k, n) of products; (batch, size, channels, filters) of 3x3 convolutions
PRODUCTS = ((4096, 4096, 4096), (1024, 1024, 1024), (128, 784, 512), (128, 512, 10))
CONVOLUTIONS = ((128, 32, 16, 16), (128, 32, 32, 32), (128, 16, 64, 64), (64, 28, 128, 128))


class Sizes(NamedTuple):
    """How much is done: on a card, or simulated.

    seeds: cases of a record.  batches: of a training that is digested.  batch: rows.  side: of its images, at most.
    seconds: that a timing takes.  products, convolutions, steps: what is timed.
    """

    seeds: int = 2
    batches: int = 20
    batch: int = 128
    side: int = 32
    seconds: float = 0.5
    records: tuple[str, ...] = ()
    products: tuple[tuple[int, ...], ...] = PRODUCTS
    convolutions: tuple[tuple[int, ...], ...] = CONVOLUTIONS
    steps: tuple[str, ...] = STEPS


TINY = Sizes(
    1, 2, 2, 8, 0.0, ("add", "softmax", "random_uniform", "take"), ((5, 4, 3),), ((2, 5, 2, 3),), ("playground",)
)


class Day:
    """What is found: `results` by part, lines of text as they come.

    found: the device.  until: time.monotonic() when the part in progress has to end.
    """

    def __init__(self, found: Any, sizes: Sizes, out: Callable[[str], None] = print) -> None:
        self.device, self.sizes, self.say, self.results = found, sizes, out, dict[str, Any]()
        self.until = 0.0

    def run(self, parts: list[str]) -> dict[str, Any]:
        """Run the parts; what went wrong in one stands in its results."""
        for part in parts:
            begin = time.monotonic()
            self.until = begin + LIMITS[part]
            self.results[part] = result = {}
            try:
                with device.using(self.device):
                    getattr(self, part)(result)
            except Exception as error:
                result["error"] = f"{type(error).__name__}: {error}"
                self.say(f"{part}: {result['error'][:500]}")
            result["seconds"] = round(time.monotonic() - begin, 1)
            self.say(f"-- {part}: {result['seconds']} s")
        return self.results

    @property
    def late(self) -> bool:
        """Whether the part has used its seconds up."""
        return time.monotonic() > self.until

    # ------------------------------------------------------------------ is it right
    def info(self, result: dict[str, Any]) -> None:
        """The card."""
        result.update(self.device.facts(), kernels=cubins.describe())
        for name, value in result.items():
            self.say(f"{name:12} {value}")

    def registry(self, result: dict[str, Any]) -> None:
        """Every record beside the CPU: what differs by more than the tests allow, and how many bits differ."""
        evaluate, strategies = _of_tests("evaluate"), _of_tests("strategies")
        records = evaluate.load_registry()
        names = [n for n in records if n in self.sizes.records or not self.sizes.records]
        bad, same, done, left = {}, 0, 0, []
        for name in names:
            if self.late:
                left.append(name)
                continue
            op = records[name]
            for seed in range(self.sizes.seeds):
                case = op.cases(strategies.SeededDraw(seed))
                inputs = [a for a in strategies.arrays(case, np.random.default_rng(seed)) if a is not None]
                function = evaluate.op_function(op, case)
                with device.using(None):
                    wanted = evaluate.run(function, inputs)
                try:
                    received = self.values(function, inputs)
                    exact = all(a.tobytes() == b.tobytes() for a, b in zip(received, wanted))
                    same, done = same + exact, done + 1
                    rtol = evaluate.tolerance(op, inputs, wanted, case.attrs, "float32", case.tolerance)
                    for a, b in zip(received, wanted):
                        if a.dtype.kind == "f" and not op.draws:
                            evaluate.assert_close(a, b, rtol, name)
                        else:
                            np.testing.assert_array_equal(a, b, name)
                except Exception as error:
                    bad.setdefault(name, f"{type(error).__name__}: {str(error)[:300]}")
        result.update(records=len(names), cases=done, bit_equal=same, bad=bad, left=left)
        self.say(f"{done} cases of {len(names) - len(left)} records: {same} equal in every bit, {len(bad)} wrong")
        for name, words in bad.items():
            self.say(f"  {name}: {words.splitlines()[0][:160]}")

    def values(self, function: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """What a function of symbols gives on the device."""
        plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in inputs], options=placed(None))
        out = plan(*inputs)
        return [np.array(y) for y in (out if isinstance(out, (list, tuple)) else [out])]

    def digests(self, result: dict[str, Any]) -> None:
        """Models trained twice on the device, and once on the CPU for some batches."""
        for name, build in (("mnist_cnn", mnist_cnn), ("resnet20", resnet20)):
            found = [self.trained(build) for _ in range(2)]
            with device.using(None):
                loss = self.trained(build)[1]
            result[name] = {
                "equal": found[0] == found[1],
                "digest": found[0][0],
                "losses": found[0][1][:3],
                "cpu": loss[:3],
            }
            apart = max(abs(a - b) / max(abs(b), 1e-6) for a, b in zip(found[0][1], loss))
            result[name]["apart"] = apart
            self.say(
                f"{name}: {'equal' if found[0] == found[1] else 'DIFFERENT'} twice; losses {apart:.2g} from the CPU's"
            )

    def trained(self, build: Callable[[int], Any]) -> tuple[str, list[float]]:
        """(digest of the weights, losses by batch) of a model after some batches."""
        sizes = self.sizes
        keras.utils.set_random_seed(1)
        model, rng = build(sizes.side), np.random.default_rng(0)
        x = rng.integers(0, 256, (sizes.batch * sizes.batches, *model.input_shape[1:])).astype("uint8")
        y = rng.integers(0, 10, len(x))
        losses: list[float] = []
        look = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: losses.append(float(logs["loss"])))
        model.fit(x, y, batch_size=sizes.batch, verbose=0, callbacks=[look])
        model.fit(x, y, batch_size=sizes.batch, epochs=2, verbose=0)
        digest = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest()[:16]
        return digest, losses

    def memcheck(self, result: dict[str, Any]) -> None:
        """The registry under compute-sanitizer."""
        tool = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
        if tool is None or self.device.name == "simulated":
            result["skipped"] = "compute-sanitizer is not installed" if tool is None else "simulated"
            self.say(result["skipped"])
            return
        registry = [sys.executable, "-m", "bench.device", "--parts", "registry", "--quick"]
        command = [tool, "--error-exitcode", "9", *registry]
        left = max(1.0, self.until - time.monotonic())
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=left)
            result.update(code=done.returncode, tail=done.stdout[-1500:])
        except subprocess.TimeoutExpired:
            result.update(code=None, tail="it did not end in time")
        self.say(f"memcheck: exit status {result['code']}\n{result['tail'][-500:]}")

    # ------------------------------------------------------------------ how fast is it
    def kernels(self, result: dict[str, Any]) -> None:
        """Products and convolutions: TFLOP/s, the share of the peak, PyTorch's."""
        torch, peak = _torch(self.device), self.peak()
        precisions = ["tf32"] + (["cublas"] if importlib.util.find_spec("nvmath") is not None else [])
        result["peak_tflops"] = peak
        rows = result["rows"] = []
        rng = np.random.default_rng(0)
        draw = lambda *shape: rng.standard_normal(shape, dtype=np.float32)
        jobs: list[tuple[str, float, Callable[..., Any], list[np.ndarray], Any]] = []
        for m, k, n in self.sizes.products:
            jobs.append((f"product {m}x{k}x{n}", 2.0 * m * k * n, ops.matmul, [draw(m, k), draw(k, n)], "product"))
        for b, s, c, f in self.sizes.convolutions:
            flops = 2.0 * b * s * s * 9 * c * f
            same = lambda x, w: ops.conv(x, w, padding="same")
            jobs.append((f"conv {b}x{s}x{s}x{c} to {f}", flops, same, [draw(b, s, s, c), draw(3, 3, c, f)], "conv"))
        for name, flops, function, inputs, kind in jobs:
            if self.late:
                break
            ms = self.time_plan(function, inputs)
            row: dict[str, Any] = {"name": name, "ms": ms, "tflops": flops / ms / 1e9}
            for precision in precisions[: 1 if kind == "conv" else None]:
                with _precision(precision):
                    row[precision] = self.time_plan(function, inputs)
            if torch is not None:
                row.update(torch.single(kind, inputs, self.sizes.seconds))
            rows.append(row)
            beside = "".join(
                f"; {key} {value:.4f} ms" for key, value in row.items() if key.startswith(("torch", *precisions))
            )
            share = f", {row['tflops'] / peak:.0%} of the peak" if peak else ""
            self.say(f"{name:32} {ms:9.4f} ms {row['tflops']:7.2f} TFLOP/s{share}{beside}")

    def peak(self) -> float:
        """TFLOP/s of float32 that the card can do: multiply-adds of all processors at the highest clock; 0: unknown."""
        driver = getattr(self.device, "driver", None)
        if driver is None or self.device.name == "simulated":
            return 0.0
        kinds = driver.CUdevice_attribute
        ask = lambda kind: int(driver.cuDeviceGetAttribute(kind, self.device._device)[1])
        processors, khz = ask(kinds.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), ask(kinds.CU_DEVICE_ATTRIBUTE_CLOCK_RATE)
        lanes = 64 if self.device.capability == (8, 0) else 128
        return 2 * lanes * processors * khz / 1e9

    def time_plan(self, function: Any, inputs: list[np.ndarray]) -> float:
        """Milliseconds of a function on the device, between two runs of different length."""
        plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in inputs], options=placed(None))
        plan(*inputs)
        return self.per_batch(lambda n: plan.program.run(n))

    def per_batch(self, run: Callable[[int], Any]) -> float:
        """Milliseconds a batch of run(number of batches), without what a run costs once."""

        def timed(n: int) -> float:
            begin = time.perf_counter()
            run(n)
            return time.perf_counter() - begin

        timed(2)
        n = 4
        while (long := timed(n)) < self.sizes.seconds / 2 and n < 1 << 14:
            n *= 2
        short = min(timed(max(1, n // 4)) for _ in range(3))
        return max(min(long, timed(n)) - short, 1e-9) / (n - max(1, n // 4)) * 1e3

    def steps(self, result: dict[str, Any]) -> None:
        """Training steps: fastnn's and PyTorch's."""
        from bench.models import WORKLOADS

        torch = _torch(self.device)
        rows = result["rows"] = []
        for name in self.sizes.steps:
            if self.late:
                break
            work = WORKLOADS[name]
            model = work.build(keras)
            work.compile(keras, model)
            xs, ys = work.data()
            step = model._trainer().steps["train"]
            order = np.arange(len(xs[0]))
            feed = step.feed(xs[0] if len(xs) == 1 else xs, ys[0] if len(ys) == 1 else ys, order=order)
            compiled, batches = step.compiled(feed, work.batch), len(order) // work.batch

            def run(
                n: int, compiled: Any = compiled, step: Any = step, most: int = batches, rows: int = work.batch
            ) -> None:
                while n:
                    part = min(n, most)
                    step.begin()
                    compiled.program.run(part, rows)
                    n -= part

            row: dict[str, Any] = {"name": name, "batch": work.batch, "ms": self.per_batch(run)}
            if torch is not None:
                row.update(torch.steps(name, self.sizes.seconds))
            rows.append(row)
            best = min((v for k, v in row.items() if k.startswith("torch") and v), default=None)
            times = f"; {best / row['ms']:.2f} times the best of PyTorch" if best else ""
            self.say(f"{name:20} {row['ms']:9.4f} ms{times}")
            if row["ms"] and work.gflop:
                self.say(f"{'':20} {work.gflop / row['ms']:9.2f} TFLOP/s")


def mnist_cnn(side: int) -> Any:
    """The CNN of Keras's first example, on images of at most 28 x 28."""
    L = keras.layers
    model = keras.Sequential([
        keras.Input((min(side, 28), min(side, 28), 1)), L.Rescaling(1 / 255), L.Conv2D(32, 3, activation="relu"),
        L.MaxPooling2D(2), L.Conv2D(64, 3, padding="same", activation="relu"), L.MaxPooling2D(2), L.Flatten(),
        L.Dropout(0.5), L.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def resnet20(side: int) -> Any:
    """ResNet-20 on images of side x side."""
    L = keras.layers

    def block(x: Any, filters: int, stride: int) -> Any:
        y = L.Conv2D(filters, 3, stride, "same", use_bias=False)(x)
        y = L.Activation("relu")(L.BatchNormalization()(y))
        y = L.BatchNormalization()(L.Conv2D(filters, 3, padding="same", use_bias=False)(y))
        if stride > 1:
            x = L.BatchNormalization()(L.Conv2D(filters, 1, stride, use_bias=False)(x))
        return L.Activation("relu")(L.Add()([x, y]))

    inputs = keras.Input((side, side, 3))
    x = L.Conv2D(16, 3, padding="same", use_bias=False)(L.Rescaling(1 / 255)(inputs))
    x = L.Activation("relu")(L.BatchNormalization()(x))
    for filters in (16, 32, 64):
        for k in range(3):
            x = block(x, filters, 2 if filters > 16 and k == 0 else 1)
    model = keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    return model


@contextlib.contextmanager
def _precision(name: str) -> Iterator[None]:
    """Products of that precision inside a with block."""
    before = keras.config.matmul_precision()
    keras.config.set_matmul_precision(name)
    try:
        yield
    finally:
        keras.config.set_matmul_precision(before)


def _torch(found: Any) -> Any:
    """bench.device_torch, where PyTorch and its card are there."""
    if found.name == "simulated":
        return None
    try:
        from bench import device_torch
    except ImportError:
        return None
    return device_torch if device_torch.there() else None


def _of_tests(name: str) -> Any:
    """A module of the tests."""
    folder = str(ROOT / "tests")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return __import__(name)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit status 1 where a record is wrong, or two trainings differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.device", description=__doc__.splitlines()[0])
    parser.add_argument("--simulated", action="store_true", help="without a GPU, in a tiny form")
    parser.add_argument("--quick", action="store_true", help="one case of each record")
    parser.add_argument("--plain", action="store_true", help="simulated: the CPU's kernels only")
    parser.add_argument("--device", default="cuda:0", help="which one")
    parser.add_argument("--parts", default=",".join(LIMITS), help="a comma list of parts")
    parser.add_argument(
        "--json", default=os.environ.get("OUT", str(ROOT / "bench/results")), help="folder of device.json"
    )
    given = parser.parse_args(arguments)
    sizes = TINY if given.simulated else Sizes(seeds=1) if given.quick else Sizes()
    found = Simulated(own=not given.plain) if given.simulated else device.named(given.device)
    day = Day(found, sizes)
    results = day.run(given.parts.split(","))
    if not given.quick:
        folder = Path(given.json)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "device.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    wrong = results.get("registry", {}).get("bad") or any("error" in r for r in results.values())
    apart = [n for n, r in results.get("digests", {}).items() if isinstance(r, dict) and not r["equal"]]
    return 1 if wrong or apart else 0


if __name__ == "__main__":
    sys.exit(main())
