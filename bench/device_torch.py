"""PyTorch on the card, for `bench/device.py`: single kernels and training steps, eager, compiled, as CUDA graphs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bench import torch_models
from bench.models import WORKLOADS


def there() -> bool:
    """Whether PyTorch sees a card."""
    return torch.cuda.is_available()


def timed(run: Callable[[], Any], seconds: float) -> float:
    """Milliseconds of run(), with as many calls as fit into the seconds."""
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    n, best = 4, float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or best == float("inf"):
        begin = time.perf_counter()
        for _ in range(n):
            run()
        torch.cuda.synchronize()
        took = time.perf_counter() - begin
        best, n = min(best, took / n), n * 2 if took < seconds / 8 else n
    return best * 1e3


def single(kind: str, inputs: list[np.ndarray], seconds: float) -> dict[str, float]:
    """{"torch_fp32", "torch_tf32": milliseconds} of a product, or of a 3x3 convolution of NHWC images."""
    a, b = (torch.from_numpy(x).cuda() for x in inputs)
    if kind == "conv":
        a = a.permute(0, 3, 1, 2)  # as they lie: channels_last
        b = b.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    found = {}
    for name, short in (("torch_fp32", False), ("torch_tf32", True)):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = short
        run = (lambda: a @ b) if kind == "product" else (lambda: F.conv2d(a, b, padding=1))
        found[name] = timed(run, seconds)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return found


def steps(name: str, seconds: float) -> dict[str, float | None]:
    """{"torch_eager", "torch_compile", "torch_graph": milliseconds, None where it fails} of a workload's step."""
    work = WORKLOADS[name]
    torch.backends.cudnn.benchmark = True
    xs, ys = ([torch.from_numpy(v).cuda() for v in part] for part in work.data())
    x, y = xs[0][: work.batch], ys[0][: work.batch]
    if x.dim() == 4:
        x = x.permute(0, 3, 1, 2)

    def made(**options: Any) -> tuple[Any, Any]:
        model = torch_models.MODELS[name]().cuda().train()
        return model, torch_models.optimizer(name, model, fused=True, **options)

    def step_of(model: Any, optimizer: Any, forward: Any = None) -> Callable[[], Any]:
        forward = forward or model

        def step() -> None:
            optimizer.zero_grad(set_to_none=False)
            torch_models.loss(name, forward(x), [y]).backward()
            optimizer.step()

        return step

    def eager() -> Callable[[], Any]:
        return step_of(*made())

    def compiled() -> Callable[[], Any]:
        model, optimizer = made()
        return step_of(model, optimizer, torch.compile(model, mode="reduce-overhead"))

    def graphed() -> Callable[[], Any]:
        adam = work.optimizer is torch_models.adam
        step = step_of(*made(**({"capturable": True} if adam else {})))
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

    found: dict[str, float | None] = {}
    for label, make in (("torch_eager", eager), ("torch_graph", graphed), ("torch_compile", compiled)):
        try:
            found[label] = timed(make(), seconds)
        except Exception as error:
            found[label] = None
            print(f"  {label} of {name}: {type(error).__name__}: {str(error)[:200]}")
    return found
