"""GFLOP/s of matrix products and convolutions beside the FMA peak of a core, through the plan that training uses.

    OMP_NUM_THREADS=1 taskset -c 1 python -m bench.kernels [matmul|conv|winograd|small] [--threads N] [--seconds S]

Each shape is one operation compiled to a tape (weights packed in every run, as in training). The minimum CPU
time of several turns is kept (wall time with threads), because a shared machine only ever adds time; the peak
is measured before and after.
"""
import argparse
import time

import numpy as np

from fastnn.compiler.program import Options, Program
from fastnn.core import config
from fastnn.graph.trace import Trace
from fastnn.ops import matmul as _matmul  # noqa: F401  (fills the registry)
from fastnn.ops.conv_plan import conv_shape
from fastnn.ops.op import REGISTRY
from fastnn.runtime import pack

# (M, N, K, form): nn = A·B, nt = A·Bᵀ, tn = Aᵀ·B.  The three products of dense layers at batch 128, then square ones.
MATMUL = [
    (64, 64, 64, "nn"), (128, 128, 128, "nn"), (256, 256, 256, "nn"), (512, 512, 512, "nn"), (512, 512, 512, "nt"),
    (512, 512, 512, "tn"), (1024, 1024, 1024, "nn"), (128, 512, 784, "nn"), (784, 512, 128, "tn"),
    (128, 784, 512, "nt"), (128, 512, 512, "nn"), (512, 512, 128, "tn"), (128, 512, 512, "nt"), (128, 10, 512, "nn"),
    (512, 10, 128, "tn"), (128, 512, 10, "nt"), (128, 512, 28800, "nn"), (28800, 512, 128, "tn"),
    (128, 28800, 512, "nt"), (32, 256, 256, "nn"), (1, 512, 512, "nn"), (1, 512, 512, "nt"), (128, 1, 512, "nn"),
    (512, 1, 128, "tn"), (64, 64, 32768, "tn"), (32768, 64, 64, "nn")]
# (N, H, W, C, K, kernel, stride)
CONV = [
    (32, 32, 32, 16, 16, 3, 1), (32, 32, 32, 32, 32, 3, 1), (32, 32, 32, 64, 64, 3, 1), (32, 32, 32, 128, 128, 3, 1),
    (32, 16, 16, 256, 256, 3, 1), (32, 8, 8, 256, 256, 3, 1), (32, 32, 32, 3, 64, 3, 1), (128, 28, 28, 1, 32, 3, 1),
    (32, 32, 32, 32, 64, 3, 2), (32, 32, 32, 64, 64, 1, 1), (10, 8, 8, 3, 8, 3, 1)]
SMALL = [(10, 8, 2, "nn"), (10, 1, 8, "nn"), (2, 8, 10, "tn"), (8, 1, 10, "tn"), (10, 8, 1, "nt"), (32, 16, 16, "nn"),
         (32, 64, 64, "nn")]


def program(op, shapes, attrs, threads):
    """One operation on random float32 inputs as a program."""
    rng = np.random.default_rng(0)
    with Trace() as trace:
        inputs = [trace.input(s, "float32") for s in shapes]
        record = REGISTRY[op]
        y = record(*inputs, *[None] * (len(record.inputs) - len(inputs)), **attrs)
    arrays = {x: rng.standard_normal(x.shape, dtype=np.float32) for x in inputs}
    return Program(trace, [y], arrays, options=Options(threads=threads))


def fastest(run, seconds, threads, inner=1):
    """Least seconds of one of `inner` runs inside run()."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    run()
    best, stop = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        t = clock()
        run()
        best = min(best, (clock() - t) / inner)
    return best


def peak_gflops(seconds=0.5):
    """The FMA rate of one core, from the micro-kernel on one cache line."""
    x, steps = np.zeros(1024, np.float32), 200_000
    best = fastest(lambda: pack.call("fma_peak_f32", [x, 0], 0, steps), seconds, 1)
    return int(x.view(np.int64)[256]) * steps / best / 1e9


def rate(op, shapes, attrs, flops, args, inner=1):
    """GFLOP/s of one operation, and the seconds of a run."""
    p = program(op, shapes, attrs, args.threads)
    best = fastest(lambda: p.run(inner), args.seconds, args.threads, inner)
    return flops / best / 1e9, best


def matmul(args, peak):
    """The products of dense layers."""
    for M, N, K, form in MATMUL:
        shapes = [(K, M) if form == "tn" else (M, K), (N, K) if form == "nt" else (K, N)]
        gf, t = rate("matmul", shapes, {"transpose_a": form == "tn", "transpose_b": form == "nt"}, 2 * M * N * K,
                     args, max(1, int(3e6 // (M * N * K))))
        yield f"{M:6}x{N:5}x{K:5} {form}  {gf:7.1f} GF/s {100 * gf / peak:4.0f} %  {t * 1e6:9.1f} us"


def conv(args, peak):
    """Forward, gradient of the images, gradient of the weights."""
    for N, H, W, C, K, k, stride in CONV:
        at = {"strides": (stride, stride), "padding": "same"}
        x, w = (N, H, W, C), (k, k, C, K)
        s = conv_shape(x, w, {**at, "dilation": (1, 1), "groups": 1})
        y, cells = (N, s.Ho, s.Wo, K), []
        for name, op, shapes, extra in (
                ("fwd", "conv2d", (x, w), {}), ("gx", "conv2d_grad_x", (y, w), {"size": (H, W)}),
                ("gw", "conv2d_grad_w", (x, y), {"kernel": (k, k)})):
            gf, _ = rate(op, shapes, {**at, **extra}, s.flops, args)
            cells.append(f"{name} {gf:7.1f} ({100 * gf / peak:3.0f} %)")
        yield f"{N:4}x{H}x{W} {C:3}->{K:3} {k}x{k} stride {stride}  " + "  ".join(cells)


def small(args, peak):
    """Layers of a few units: nanoseconds on the tape, an empty instruction included."""
    for M, N, K, form in SMALL:
        shapes = [(K, M) if form == "tn" else (M, K), (N, K) if form == "nt" else (K, N)]
        gf, t = rate("matmul", shapes, {"transpose_a": form == "tn", "transpose_b": form == "nt"}, 2 * M * N * K,
                     args, 20000)
        yield f"{M:4}x{N:3}x{K:3} {form}  {t * 1e9:7.0f} ns  {gf:6.1f} GF/s"


def main():
    """Print one line per shape."""
    parser = argparse.ArgumentParser(prog="python -m bench.kernels", description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("matmul", "conv", "winograd", "small"), default="matmul")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.4)
    args = parser.parse_args()
    if args.what == "conv":
        config.set_matmul_precision("highest")                  # the direct kernels; "winograd" lets the plan choose
    peak = peak_gflops() * args.threads
    print(f"FMA peak {peak:.1f} GF/s ({args.threads} threads, {config.matmul_precision()})")
    for line in {"matmul": matmul, "conv": conv, "winograd": conv, "small": small}[args.what](args, peak):
        print(line, flush=True)
    print(f"FMA peak {peak_gflops() * args.threads:.1f} GF/s (again)")


if __name__ == "__main__":
    main()
