"""Single kernels beside what one core can do: products and convolutions beside its FMA peak, passes over memory beside
its stream bandwidth, both measured in the same run, in turn with the kernels.

Each case is one operation compiled to a tape as in training (weights are packed in every run). The least CPU time of
several turns is kept, because a shared machine only ever adds time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import fastnn
from fastnn import ops
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core import config
from fastnn.graph.trace import Trace
from fastnn.ops.op import REGISTRY
from fastnn.ops.records.convolution_geometry import conv_shape
from fastnn.runtime import limits

# (M, N, K): square ones, then the layers of the workloads at batch 128, 32 and 1, as they are met going forward.
SQUARE = [128, 256, 512, 1024]
DENSE = [(128, 512, 784), (128, 512, 512), (128, 512, 28800), (128, 10, 512), (128, 128, 3136), (32, 10, 32768),
         (1, 512, 512)]  # fmt: skip
# (N, H, W, C, K, kernel, stride, dilation)
CONV3 = [
    (128, 32, 32, 16, 16, 3, 1, 1),
    (32, 32, 32, 32, 32, 3, 1, 1),
    (32, 32, 32, 64, 64, 3, 1, 1),
    (32, 32, 32, 64, 128, 3, 1, 1),
    (16, 32, 32, 128, 128, 3, 1, 1),
]
CONVS = [(32, 32, 32, 3, 32, 3, 1, 1), (32, 32, 32, 3, 64, 3, 1, 1), (64, 28, 28, 1, 32, 3, 1, 1),
         (32, 32, 32, 64, 64, 1, 1, 1), (32, 32, 32, 16, 32, 1, 2, 1), (32, 32, 32, 16, 32, 3, 2, 1),
         (32, 32, 32, 32, 64, 3, 2, 1), (32, 32, 32, 32, 32, 3, 1, 2), (32, 32, 32, 32, 32, 5, 1, 1),
         (16, 32, 32, 32, 32, 7, 1, 1), (97, 31, 29, 3, 13, 5, 1, 1), (97, 15, 14, 13, 27, 7, 1, 1),
         (97, 17, 19, 13, 13, 3, 1, 1)]  # fmt: skip
DEPTHWISE = [(64, 32, 32, 16, 1), (64, 32, 32, 32, 2), (64, 16, 16, 64, 1)]
PEAK, STREAM = "GFLOP/s", "GB/s"


@dataclass
class Clock:
    """Times kernels in turn with the two limits; `found` collects a dict per case."""

    seconds: float
    say: Callable[[str], None]
    peak: float = 0.0
    stream: float = 0.0
    found: list[dict[str, Any]] = field(default_factory=list)

    def look(self, peak: int = 10, stream: int = 2) -> None:
        """Measure the limits again; the most that was ever seen counts."""
        self.peak = max(self.peak, limits.peak_gflops(peak) or 0.0)
        self.stream = max(self.stream, limits.stream_gb_per_s(stream))

    def least(self, run: Callable[[], Any], inner: int = 1) -> float:
        """Least microseconds of one of `inner` runs inside run()."""
        run()
        best, stop = float("inf"), time.perf_counter() + self.seconds
        while time.perf_counter() < stop:
            start = time.thread_time_ns()
            run()
            best = min(best, (time.thread_time_ns() - start) / inner)
        return best / 1e3

    def add(self, group: str, what: str, us: float, amount: float, unit: str) -> None:
        """Note a case: `amount` operations or bytes in `us` microseconds."""
        self.look(2, 1)
        self.found.append({"group": group, "what": what, "us": us, "rate": amount / us / 1e3, "unit": unit})
        limit = self.peak if unit == PEAK else self.stream
        self.say(
            f"{group:10s} {what:46s} {us:10.1f} us {amount / us / 1e3:8.1f} {unit:8s} "
            f"{100 * amount / us / 1e3 / limit:4.0f} %"
        )

    def result(self) -> dict[str, Any]:
        """The cases with their shares of the limits."""
        for case in self.found:
            limit = self.peak if case["unit"] == PEAK else self.stream
            case.update(us=_round(case["us"]), rate=_round(case["rate"]), share=_round(case["rate"] / limit))
        return {
            "limits": {"peak_gflops": round(self.peak, 1), "stream_gb_per_s": round(self.stream, 1)},
            "kernels": self.found,
        }


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def program(function: Callable[..., Any], shapes: list[tuple[int, ...]], dtypes: list[str] | None = None) -> Program:
    """A function of symbols, on random float32 (or small integer) inputs, as a program of one thread."""
    rng = np.random.default_rng(0)
    with Trace() as trace:
        inputs = [trace.input(s, d) for s, d in zip(shapes, dtypes or ["float32"] * len(shapes))]
        out = function(*inputs)
    arrays = {
        x: rng.standard_normal(x.shape, dtype=np.float32)
        if x.dtype == "float32"
        else rng.integers(0, 4, x.shape).astype(x.dtype)
        for x in inputs
    }
    return Program(trace, list(out) if isinstance(out, (tuple, list)) else [out], arrays, options=Options(threads=1))


def single(op: str, **attrs: Any) -> Callable[..., Any]:
    """An operation of the registry as a function of symbols; inputs that are not given are absent."""
    record = REGISTRY[op]
    return lambda *inputs: record(*inputs, *[None] * (len(record.inputs) - len(inputs)), **attrs)


def product(clock: Clock) -> None:
    """Products in all three orientations: forward A·B, gradients A·Bᵀ and Aᵀ·B."""

    def time_one(M: int, N: int, K: int, form: str) -> None:
        shapes = [(K, M) if form == "tn" else (M, K), (N, K) if form == "nt" else (K, N)]
        p = program(single("matmul", transpose_a=form == "tn", transpose_b=form == "nt"), shapes)
        inner = max(1, int(3e6 // (M * N * K)))
        clock.add("product", f"{M}×{N}×{K} {form}", clock.least(lambda: p.run(inner), inner), 2 * M * N * K, PEAK)

    for n in SQUARE:
        for form in ("nn", "nt", "tn"):
            time_one(n, n, n, form)
    for M, N, K in DENSE:
        for size, form in (((M, N, K), "nn"), ((M, K, N), "nt"), ((K, N, M), "tn")):
            time_one(*size, form)


def _conv(clock: Clock, group: str, sizes: list[tuple[int, ...]]) -> None:
    for N, H, W, C, K, k, stride, dilation in sizes:
        at = {"strides": (stride, stride), "padding": "same", "dilation": (dilation, dilation)}
        x, w = (N, H, W, C), (k, k, C, K)
        s = conv_shape(x, w, {**at, "groups": 1})
        y = (N, s.Ho, s.Wo, K)
        name = f"{N}×{H}×{W} {C}→{K} {k}×{k}" + (f" stride {stride}" if stride > 1 else "")
        name += f" dilated {dilation}" if dilation > 1 else ""
        for direction, op, shapes, extra in (
            ("forward", "conv2d", [x, w], {}),
            ("grad_x", "conv2d_grad_x", [y, w], {"size": (H, W)}),
            ("grad_w", "conv2d_grad_w", [x, y], {"kernel": (k, k)}),
        ):
            if direction == "grad_x" and C <= 3:
                continue  # a first layer's input needs no gradient
            p = program(single(op, **at, **extra), shapes)
            clock.add(group, f"{name} {direction}", clock.least(lambda p=p: p.run(1)), s.flops, PEAK)


def conv(clock: Clock) -> None:
    """3×3 convolutions by the direct kernels."""
    before = config.matmul_precision()
    config.set_matmul_precision("highest")
    try:
        _conv(clock, "conv", CONV3)
    finally:
        config.set_matmul_precision(before)


def winograd(clock: Clock) -> None:
    """The same as the plan chooses: Winograd's form where it is faster; operations are those of the direct form."""
    _conv(clock, "winograd", CONV3)


def convs(clock: Clock) -> None:
    """First layers, 1×1, strided, dilated, 5×5, 7×7 and odd sizes."""
    _conv(clock, "convs", CONVS)


def depthwise(clock: Clock) -> None:
    """Depthwise 3×3 convolutions: bounded by memory."""
    for N, H, W, C, stride in DEPTHWISE:
        at = {"strides": (stride, stride), "padding": "same", "groups": C}
        x, w, y = (N, H, W, C), (3, 3, 1, C), (N, -(-H // stride), -(-W // stride), C)
        for direction, op, shapes, extra in (
            ("forward", "conv2d", [x, w], {}),
            ("grad_x", "conv2d_grad_x", [y, w], {"size": (H, W)}),
            ("grad_w", "conv2d_grad_w", [x, y], {"kernel": (3, 3)}),
        ):
            p = program(single(op, **at, **extra), shapes)
            nbytes = 4 * (np.prod(x) + np.prod(y) + np.prod(w))
            name = f"{N}×{H}×{W}×{C}" + (f" stride {stride}" if stride > 1 else "")
            clock.add("depthwise", f"{name} {direction}", clock.least(lambda p=p: p.run(1)), float(nbytes), STREAM)


def _passes() -> Iterator[tuple[str, Callable[..., Any], list[tuple[int, ...]], list[str] | None, int]]:
    """(name, function, shapes, dtypes, bytes that have to be read and written, in units of a whole tensor's)."""
    for x in ((64, 64, 64, 32), (128, 32, 32, 16)):
        c, n = x[-1:], int(np.prod(x)) * 4
        size = "×".join(map(str, x))
        small = (*x[:1], x[1] // 2, x[2] // 2, *x[3:])
        pool = {"pool_size": (2, 2), "strides": (2, 2)}
        hw = {"height": x[1], "width": x[2]}
        yield f"batch norm {size}", single("batch_norm"), [x, c, c], None, 3 * n  # statistics, then apply
        yield f"batch norm + relu {size}", single("batch_norm", activation="relu"), [x, c, c], None, 3 * n
        yield f"batch norm gradient {size}", single("batch_norm_grad"), [x, x, c, c, c], None, 5 * n
        yield f"max pooling 2×2 {size}", single("max_pool2d", **pool), [x], None, n + n // 4 + n // 16
        yield (
            f"max pooling gradient {size}",
            single("max_pool2d_grad", **pool, **hw),
            [small, small],
            ["float32", "uint8"],
            n + n // 4 + n // 16,
        )
        yield f"average pooling 2×2 {size}", single("avg_pool2d", **pool), [x], None, n + n // 4
        yield f"average pooling gradient {size}", single("avg_pool2d_grad", **pool, **hw), [small], None, n + n // 4
        yield f"dropout {size}", single("dropout", rate=0.25), [x], None, 2 * n
        yield f"relu {size}", single("relu"), [x], None, 2 * n
        yield f"sigmoid {size}", single("sigmoid"), [x], None, 2 * n
        yield f"tanh {size}", single("tanh"), [x], None, 2 * n
        yield f"group relu(2x + y) {size}", lambda a, b: ops.relu(a * 2.0 + b), [x, x], None, 3 * n
        yield f"group x·sigmoid(x) + y {size}", lambda a, b: a * ops.sigmoid(a) + b, [x, x], None, 3 * n
        yield f"sum of columns {size}", single("sum", axis=(0, 1, 2)), [x], None, n
    rows = (4096, 1000)
    yield "softmax 4096×1000", single("softmax"), [rows], None, 2 * 4 * 4096 * 1000
    yield "layer norm 4096×1000", single("layer_norm"), [rows, rows[1:], rows[1:]], None, 2 * 4 * 4096 * 1000


def passes(clock: Clock) -> None:
    """Normalisation, pooling, dropout, element-wise operations and groups of them: bounded by memory."""
    for name, function, shapes, dtypes, nbytes in _passes():
        p = program(function, shapes, dtypes)
        clock.add("passes", name, clock.least(lambda p=p: p.run(1)), nbytes, STREAM)


def update(clock: Clock) -> None:
    """Optimizer updates of two million weights, inside a training step."""
    O = fastnn.optimizers
    for name, optimizer, arrays in (
        ("SGD", O.SGD(0.01), 3),
        ("SGD with momentum", O.SGD(0.01, momentum=0.9), 5),
        ("RMSprop", O.RMSprop(0.001), 5),
        ("Adam", O.Adam(0.001), 7),
    ):
        model = fastnn.Sequential([fastnn.Input((1000,)), fastnn.layers.Dense(2000, use_bias=False)])
        model.compile(optimizer, "mse")
        times = []
        for _ in range(max(3, int(clock.seconds * 10))):
            rows = model.profile(8, batches=4).rows
            times.append(sum(r["us"] for r in rows if r["op"].endswith("_update")))
        clock.add("update", f"{name}, 2,000,000 weights", min(times), 4 * arrays * 2_000_000, STREAM)


GROUPS: dict[str, Callable[[Clock], None]] = {
    "product": product, "conv": conv, "winograd": winograd, "convs": convs, "depthwise": depthwise, "passes": passes,
    "update": update}  # fmt: skip


def run(names: list[str], seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Time groups of kernels (all if `names` is empty), `seconds` each case."""
    unknown = [n for n in names if n not in GROUPS]
    if unknown:
        raise SystemExit(f"unknown group {unknown[0]!r}; expected some of {', '.join(GROUPS)}")
    clock = Clock(seconds, say)
    clock.look(100, 10)
    for name in names or GROUPS:
        GROUPS[name](clock)
    clock.look(100, 10)
    say(f"FMA peak {clock.peak:.1f} GFLOP/s, stream {clock.stream:.1f} GB/s, one core")
    return clock.result()
