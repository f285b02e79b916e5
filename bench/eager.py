"""Training loops of one's own: a tape's step beside `fit`'s and PyTorch's, single operations, gradients of gradients.

Printed is the time of a step or call of each case, here and in PyTorch's eager mode: processor time, which other
processes disturb least, of the best of blocks of all rounds, one thread, engines in turn in processes of their own; and
the resident set of a loop that goes on.
`bench/eager_torch.py` has the same cases for PyTorch, under the same names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.models import WORKLOADS
from bench.ragged import environment, resident

Step = Callable[[], object]  # does one step; what it returns is looked at after the last step of a block
# case: what is wanted of it: (at most so many us | ratio to another case, the other case)
WANTED: dict[str, tuple[float, str]] = {
    "add": (5, ""), "matmul": (8, ""), "dense": (12, ""), "train_on_batch": (20, ""), "test_on_batch": (20, ""),
    "playground loop": (60, ""), "mnist_mlp loop": (1.15, "mnist_mlp fit"), "cifar_cnn loop": (1.15, "cifar_cnn fit"),
    "product": (4, "gradient"), "gan": (1, "torch"), "wgan_gp": (1, "torch"),
}  # fmt: skip
WHAT = {
    "add": "ops.add of 8x8 arrays, looked at", "matmul": "ops.matmul of 8x8 arrays, looked at",
    "dense": "Dense(8) on an 8x8 array, looked at", "train_on_batch": "train_on_batch, 8-8-1, 16 rows",
    "test_on_batch": "test_on_batch, 8-8-1, 16 rows", "gan": "GAN on 28x28 images, train_on_batch three times, 32 rows",
    "wgan_gp": "WGAN-GP on 28x28 images, a tape in a tape, critic and generator, 32 rows",
    "gradient": "gradient of the MNIST MLP", "product": "its Hessian-vector product",
}  # fmt: skip
LOOPS = ("playground", "mnist_mlp", "cifar_cnn")


def best(step: Step, look: Callable[[Any], object], seconds: float, block: float = 0.05) -> float:
    """Microseconds of processor time of a step: the fastest of some blocks, each of which ends with a look at what its
    last step gave."""
    for _ in range(3):
        look(step())
    start = time.process_time()
    look(step())
    times = max(1, round(block / max(time.process_time() - start, 1e-9)))
    found, begin = np.inf, time.perf_counter()
    while found == np.inf or time.perf_counter() - begin < seconds:
        start = time.process_time()
        for _ in range(times):
            last = step()
        look(last)
        found = min(found, (time.process_time() - start) / times)
    return float(found * 1e6)


# ---- the cases, for fastnn -------------------------------------------------------------------------------------------
def loop(K: Any, name: str, look: bool) -> Step:
    """A step of a loop with a tape over the batches of a workload, as tutorials have it."""
    work = WORKLOADS[name]
    net = work.build(K)
    work.compile(K, net)
    (x,), (y,) = work.data()
    optimizer = work.optimizer(K)
    loss_fn = K.losses.get(work.loss) if work.loss != "sparse" else K.losses.SparseCategoricalCrossentropy(True)
    if work.loss == "binary_crossentropy":
        loss_fn = K.losses.BinaryCrossentropy()
    starts = cycle(range(0, work.samples - work.batch + 1, work.batch))

    def step() -> Any:
        i = next(starts)
        with K.GradientTape() as tape:
            loss = loss_fn(y[i : i + work.batch], net(x[i : i + work.batch], training=True))
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables))
        return float(loss) if look else loss

    return step


def cycle(values: Any) -> Any:
    """The values, again and again."""
    while True:
        yield from values


def fitting(K: Any, name: str, seconds: float) -> float:
    """Microseconds of a step of fit."""
    work = WORKLOADS[name]
    net = work.build(K)
    work.compile(K, net)
    (x,), (y,) = work.data()
    steps = -(-work.samples // work.batch)
    fit = lambda: net.fit(x, y, batch_size=work.batch, epochs=1, verbose=0)
    return best(fit, lambda _: None, seconds) / steps


def small(K: Any) -> dict[str, Step]:
    """Single operations, and methods of a small model, each of which gives NumPy something to look at."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((8, 8), dtype=np.float32) for _ in range(2))
    layer = K.layers.Dense(8)
    net = K.Sequential([K.Input((8,)), K.layers.Dense(8, activation="relu"), K.layers.Dense(1)])
    net.compile("sgd", "mse")
    x, y = rng.standard_normal((16, 8), dtype=np.float32), np.zeros((16, 1), "float32")
    return {
        "add": lambda: np.asarray(K.ops.add(a, b)),
        "matmul": lambda: np.asarray(K.ops.matmul(a, b)),
        "dense": lambda: np.asarray(layer(a)),
        "train_on_batch": lambda: net.train_on_batch(x, y),
        "test_on_batch": lambda: net.test_on_batch(x, y),
    }


def gan(K: Any) -> Step:
    """The old way: a compiled discriminator, and a model of both in which it does not train."""
    L, rows, latent = K.layers, 32, 64
    discriminator = K.Sequential([K.Input((28, 28, 1)), L.Flatten(), L.Dense(256), L.LeakyReLU(0.2), L.Dense(1)])
    generator = K.Sequential([K.Input((latent,)), L.Dense(256), L.LeakyReLU(0.2), L.Dense(784, activation="tanh"),
                              L.Reshape((28, 28, 1))])  # fmt: skip
    loss = K.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(K.optimizers.Adam(2e-4, 0.5), loss)
    discriminator.trainable = False
    noise = K.Input((latent,))
    both = K.Model(noise, discriminator(generator(noise)))
    both.compile(K.optimizers.Adam(2e-4, 0.5), loss)
    rng = np.random.default_rng(0)
    images, z = rng.standard_normal((rows, 28, 28, 1), dtype=np.float32), np.ones((rows, latent), "float32")
    ones, zeros = np.ones((rows, 1), "float32"), np.zeros((rows, 1), "float32")

    def step() -> Any:
        fake = generator.predict_on_batch(z)
        discriminator.trainable = True
        discriminator.train_on_batch(images, ones)
        discriminator.train_on_batch(fake, zeros)
        discriminator.trainable = False
        return both.train_on_batch(z, ones)

    return step


def wgan_gp(K: Any) -> Step:
    """A step of the critic, whose loss holds a gradient, and one of the generator."""
    L, ops, rows, latent = K.layers, K.ops, 32, 64
    convolution = lambda filters: L.Conv2D(filters, 5, strides=2, padding="same")
    critic = K.Sequential([K.Input((28, 28, 1)), convolution(16), L.LeakyReLU(0.2), convolution(32), L.LeakyReLU(0.2),
                           L.Flatten(), L.Dense(1)])  # fmt: skip
    generator = K.Sequential([K.Input((latent,)), L.Dense(256), L.LeakyReLU(0.2), L.Dense(784, activation="tanh"),
                              L.Reshape((28, 28, 1))])  # fmt: skip
    ours, theirs = K.optimizers.Adam(2e-4, 0.5), K.optimizers.Adam(2e-4, 0.5)
    rng = np.random.default_rng(0)
    real, alpha = (
        rng.standard_normal((rows, 28, 28, 1), dtype=np.float32),
        rng.random((rows, 1, 1, 1), dtype=np.float32),
    )
    z = rng.standard_normal((rows, latent), dtype=np.float32)

    def step() -> Any:
        with K.GradientTape() as tape:
            fake = generator(z, training=True)
            mixed = real + alpha * (fake - real)
            with K.GradientTape() as inner:
                inner.watch(mixed)
                scores = critic(mixed, training=True)
            slope = inner.gradient(scores, mixed)
            norm = ops.sqrt(ops.sum(ops.square(slope), axis=(1, 2, 3)) + 1e-12)
            cost = ops.mean(critic(fake, training=True)) - ops.mean(critic(real, training=True))
            loss = cost + 10.0 * ops.mean(ops.square(norm - 1.0))
        theirs.apply_gradients(zip(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables))
        with K.GradientTape() as tape:
            score = -ops.mean(critic(generator(z, training=True), training=True))
        ours.apply_gradients(zip(tape.gradient(score, generator.trainable_variables), generator.trainable_variables))
        return loss

    return step


def curvature(K: Any) -> dict[str, Step]:
    """The gradient of the MNIST MLP's loss, and the product of its Hessian with a vector."""
    work, ops = WORKLOADS["mnist_mlp"], K.ops
    net = work.build(K)
    (x,), (y,) = work.data()
    x, y = x[: work.batch], y[: work.batch]
    loss_fn = K.losses.SparseCategoricalCrossentropy(from_logits=True)
    variables = net.trainable_variables
    along = [np.ones(v.shape, "float32") for v in variables]

    def gradient() -> Any:
        with K.GradientTape() as tape:
            loss = loss_fn(y, net(x, training=False))
        return tape.gradient(loss, variables)[0]

    def product() -> Any:
        with K.GradientTape() as outer:
            with K.GradientTape() as tape:
                loss = loss_fn(y, net(x, training=False))
            gradients = tape.gradient(loss, variables)
            total = sum(ops.sum(g * v) for g, v in zip(gradients, along))
        return outer.gradient(total, variables)[0]

    return {"gradient": gradient, "product": product}


def memory(step: Step, steps: int) -> list[float]:
    """MB of the resident set after a tenth of the steps of a loop that nobody looks at, and after all."""
    found = []
    for k in range(steps):
        step()
        if k + 1 in (steps // 10, steps):
            found.append(resident())
    return found


def run_fastnn(a: argparse.Namespace) -> dict[str, Any]:
    """What fastnn takes, in us; `memory` in MB."""
    import fastnn as K

    out: dict[str, Any] = {}
    look = np.asarray
    for name in [n for n in LOOPS if n in a.cases]:
        out[f"{name} fit"] = fitting(K, name, a.seconds)
        out[f"{name} loop"] = best(loop(K, name, False), look, a.seconds)
        out[f"{name} loop, looked at"] = best(loop(K, name, True), look, a.seconds)
    steps = {"small": lambda: small(K), "gan": lambda: {"gan": gan(K)}, "wgan_gp": lambda: {"wgan_gp": wgan_gp(K)},
             "curvature": lambda: curvature(K)}  # fmt: skip
    for name, step in [pair for n, made in steps.items() if n in a.cases for pair in made().items()]:
        out[name] = best(step, look, a.seconds)
    if "memory" in a.cases:
        out["memory"] = memory(loop(K, "playground", False), a.steps)
    return out


def run_torch(a: argparse.Namespace) -> dict[str, Any]:
    """What PyTorch takes."""
    from bench import eager_torch

    return eager_torch.run(a)


ENGINES = {"fastnn": run_fastnn, "torch": run_torch}
CASES = [*LOOPS, "small", "gan", "wgan_gp", "curvature", "memory"]


def arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    p.add_argument("cases", nargs="*", help=f"of: {', '.join(CASES)}; all if none is given")
    p.add_argument("--torch-python", default="", metavar="PYTHON", help="an interpreter that has PyTorch")
    p.add_argument("--seconds", type=float, default=1.0, help="timing per case, engine and round")
    p.add_argument("--rounds", type=int, default=2, help="processes per engine, in turn")
    p.add_argument("--steps", type=int, default=10_000, help="of the loop whose memory is looked at")
    p.add_argument("--out", default="", help="JSON file to write")


def child(engine: str, python: str, a: argparse.Namespace) -> dict[str, Any]:
    """What one engine measured, in a process of its own."""
    done = subprocess.run(
        [python, "-m", "bench.eager", engine, json.dumps(vars(a))],
        env=environment(python),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{engine}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def verdict(name: str, mine: dict[str, Any], theirs: dict[str, Any]) -> str:
    """What is wanted of a case, and whether it is so; "" where nothing is."""
    if name not in WANTED:
        return ""
    limit, other = WANTED[name]
    beside = {"": 1.0, "torch": theirs.get(name)}.get(other, mine.get(other))
    if beside is None:
        return ""
    reached = mine[name] / beside
    said = f"{reached:.2f} of {'PyTorch' if other == 'torch' else other}, " if other else ""
    return f"   {said}wanted {limit:g}{' us' if not other else ''}: {'yes' if reached <= limit else 'NO'}"


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run the engines in turn and print what they took."""
    unknown = sorted(set(a.cases) - set(CASES))
    if unknown:
        sys.exit(f"unknown name {unknown[0]!r}; expected some of {', '.join(CASES)}")
    a.cases = a.cases or CASES
    found: dict[str, dict[str, Any]] = {"fastnn": {}, "torch": {}}
    pythons = {"fastnn": sys.executable, **({"torch": a.torch_python} if a.torch_python else {})}
    for _ in range(a.rounds):
        for engine, python in pythons.items():
            for name, value in child(engine, python, a).items():
                found[engine][name] = min(value, found[engine].get(name, value))
    mine, theirs = found["fastnn"], found["torch"]
    for name in [n for n in mine if n != "memory"]:
        peer = theirs.get(name.replace(" fit", " loop"))
        beside = f"  PyTorch {peer:9.1f} us, {peer / mine[name]:5.2f}x" if peer else ""
        say(f"{WHAT.get(name, name):76s} {mine[name]:9.1f} us{beside}{verdict(name, mine, theirs)}")
    if "memory" in mine:
        say(
            f"resident set after {a.steps // 10} and {a.steps} steps: "
            + " and ".join(f"{m:.1f} MB" for m in mine["memory"])
        )
    if a.out:
        Path(a.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ENGINES[sys.argv[1]](argparse.Namespace(**json.loads(sys.argv[2])))) + "\n")
