"""The workloads of `bench/models.py` written for PyTorch: the same layers, losses and optimizers, NCHW."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from bench.models import RESNET20


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
        self.tower = nn.Sequential(conv3(1, 32, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                   conv3(32, 64, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                   nn.Flatten(), nn.Linear(3136, 128), nn.ReLU())
        self.same, self.which = nn.Linear(128, 1), nn.Linear(128, 10)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of "same" and of the class of the first input."""
        a, b = self.tower(a), self.tower(b)
        return self.same((a - b).abs()), self.which(a)


class TextConv(nn.Module):
    """Embedding and two 1-D convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(2000, 50)
        self.convs = nn.Sequential(nn.Conv1d(50, 64, 5), nn.ReLU(), nn.Conv1d(64, 64, 5), nn.ReLU())
        self.head = nn.Linear(64, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.head(self.convs(self.table(x).transpose(1, 2)).amax(2))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(),
                         nn.Dropout(0.2), nn.Linear(512, 10))


def _separable() -> nn.Module:
    layers: list[nn.Module] = [conv3(3, 16, padding=1), nn.ReLU()]
    channels = 16
    for filters, stride in ((32, 1), (64, 2), (64, 1)):
        layers += [conv3(channels, channels, stride=stride, padding=1, groups=channels, bias=False),
                   nn.BatchNorm2d(channels), nn.ReLU(),
                   nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def _resnet20() -> nn.Module:
    blocks, channels = [], 16
    for filters, stride in RESNET20:
        blocks.append(Residual(channels, filters, stride))
        channels = filters
    return nn.Sequential(conv3(3, 16, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "playground": lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)),
    "mnist_mlp": _mlp, "mnist_mlp_batch1": _mlp, "mnist_mlp_batch1000": _mlp,
    "conv_bn_sigmoid": lambda: nn.Sequential(
        conv3(3, 32, padding=1), nn.BatchNorm2d(32), nn.Sigmoid(), conv3(32, 32, padding=1), nn.BatchNorm2d(32),
        nn.Sigmoid(), nn.Flatten(), nn.Linear(32768, 10)),
    "cifar_cnn": lambda: nn.Sequential(
        conv3(3, 64, padding=1), nn.ReLU(), conv3(64, 128), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(28800, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10)),
    "resnet20": _resnet20,
    "siamese": Siamese,
    "autoencoder": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(),
                                         nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 784)),
    "separable": _separable,
    "text_conv": TextConv,
    "odd_sizes": lambda: nn.Sequential(
        nn.Conv2d(3, 13, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(13, 27, 7, padding=3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27 * 7 * 7, 11)),
}


def optimizer(name: str, model: nn.Module, **kw: Any) -> torch.optim.Optimizer:
    """The workload's optimizer with Keras's numbers."""
    if name in ("playground", "conv_bn_sigmoid", "resnet20", "separable", "odd_sizes"):
        momentum = 0.0 if name == "playground" else 0.9
        decay = 1e-4 if name == "resnet20" else 0.0              # L2(5e-5) of the Keras form: gradient 2 * 5e-5 * w
        return torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum, weight_decay=decay, **kw)
    return torch.optim.Adam(model.parameters(), lr=1e-3, **kw)


def loss(name: str, out: Any, ys: list[torch.Tensor]) -> torch.Tensor:
    """The workload's loss, on logits."""
    if name == "siamese":
        return F.binary_cross_entropy_with_logits(out[0], ys[0]) + 0.3 * F.cross_entropy(out[1], ys[1])
    if name == "playground":
        return F.binary_cross_entropy_with_logits(out, ys[0])
    if name == "autoencoder":
        return F.mse_loss(out, ys[0])
    return F.cross_entropy(out, ys[0])
