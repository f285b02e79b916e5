"""The workloads of `bench/models.py` written for PyTorch: the same layers, losses and optimizers, NCHW."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from bench import torch_extra
from bench.models import RESNET20, WORKLOADS, adam


def conv3(channels: int, filters: int, **kw: Any) -> nn.Conv2d:
    """A 3x3 convolution."""
    return nn.Conv2d(channels, filters, 3, **kw)


class Residual(nn.Module):
    """Two convolutions and the short way round them."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.first, self.norm1 = conv3(channels, filters, stride=stride, padding=1, bias=False), nn.BatchNorm2d(filters)
        self.second, self.norm2 = conv3(filters, filters, padding=1, bias=False), nn.BatchNorm2d(filters)
        self.short: nn.Module = nn.Identity()
        if stride > 1:
            self.short = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(norm(conv(relu(norm(conv(x))))) + short(x))."""
        y = F.relu(self.norm1(self.first(x)))
        return F.relu(self.norm2(self.second(y)) + self.short(x))


class Siamese(nn.Module):
    """One tower on two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            conv3(1, 32, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            conv3(32, 64, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(3136, 128),
            nn.ReLU(),
        )
        self.same, self.which = nn.Linear(128, 1), nn.Linear(128, 10)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of "same" and of the class of the first input."""
        a, b = self.tower(a), self.tower(b)
        return self.same((a - b).abs()), self.which(a)


def _mlp() -> nn.Module:
    return nn.Sequential(
        nn.Linear(784, 512),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(512, 512),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(512, 10),
    )


def _conv_bn() -> nn.Module:
    return nn.Sequential(
        conv3(3, 32, padding=1),
        nn.BatchNorm2d(32),
        nn.Sigmoid(),
        conv3(32, 32, padding=1),
        nn.BatchNorm2d(32),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.Linear(32768, 10),
    )


def _resnet20() -> nn.Module:
    blocks, channels = [], 16
    for filters, stride in RESNET20:
        blocks.append(Residual(channels, filters, stride))
        channels = filters
    return nn.Sequential(
        conv3(3, 16, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "playground": lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)),
    "mnist_mlp": _mlp, "mnist_mlp_batch1": _mlp, "mnist_mlp_batch1000": _mlp,
    "conv_bn_sigmoid": _conv_bn, "conv_bn_sigmoid_batch1": _conv_bn,
    "cifar_cnn": lambda: nn.Sequential(
        conv3(3, 64, padding=1), nn.ReLU(), conv3(64, 128), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(28800, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10)),
    "resnet20": _resnet20,
    "siamese": Siamese,
    **torch_extra.MODELS,
}  # fmt: skip


def optimizer(name: str, model: nn.Module, **kw: Any) -> torch.optim.Optimizer:
    """The workload's optimizer with Keras's numbers."""
    kind = WORKLOADS[name].optimizer
    if kind is not adam:
        momentum = 0.0 if name == "playground" else 0.9
        decay = 1e-4 if name == "resnet20" else 0.0  # L2(5e-5) of the Keras form: gradient 2 * 5e-5 * w
        return torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum, weight_decay=decay, **kw)
    return torch.optim.Adam(model.parameters(), lr=1e-3, **kw)


def loss(name: str, out: Any, ys: list[torch.Tensor]) -> torch.Tensor:
    """The workload's loss, on logits."""
    kind = WORKLOADS[name].loss
    if name == "siamese":
        return F.binary_cross_entropy_with_logits(out[0], ys[0]) + 0.3 * F.cross_entropy(out[1], ys[1])
    if kind == "binary_crossentropy":
        return F.binary_cross_entropy_with_logits(out, ys[0])
    if kind == "mean_squared_error":
        return F.mse_loss(out, ys[0])
    return F.cross_entropy(out, ys[0])
