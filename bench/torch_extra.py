"""The workloads of `bench/extra.py` written for PyTorch, channels first."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn


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


class TextLSTM(nn.Module):
    """Embedding and an LSTM; the last state decides."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.lstm, self.head = nn.Embedding(2000, 32), nn.LSTM(32, 64, batch_first=True), nn.Linear(64, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.head(self.lstm(self.table(x))[0][:, -1])


class SeriesGRU(nn.Module):
    """A GRU on numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(13, 40, batch_first=True), nn.Linear(40, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The forecast."""
        return self.head(self.gru(x)[0][:, -1])


class Transformer(nn.Module):
    """One block, normalised after each half."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.attention = nn.Embedding(2000, 64), nn.MultiheadAttention(64, 4, batch_first=True)
        self.norm1, self.norm2 = nn.LayerNorm(64), nn.LayerNorm(64)
        self.wide = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64))
        self.head = nn.Linear(64, 2)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = self.table(words)
        x = self.norm1(x + self.attention(x, x, x, need_weights=False)[0])
        return self.head(self.norm2(x + self.wide(x)).mean(1))


class Waves(nn.Module):
    """Dilated convolutions that look back only."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(c, 24, 3, dilation=d) for c, d in ((5, 1), (24, 2), (24, 4), (24, 8))])
        self.head = nn.Linear(24, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = x.transpose(1, 2)
        for conv in self.convs:
            x = F.relu(conv(F.pad(x, (2 * conv.dilation[0], 0))))
        return self.head(x.mean(2))


class Segmentation(nn.Module):
    """A small U."""

    def __init__(self) -> None:
        super().__init__()
        self.top = nn.Conv2d(1, 16, 3, padding=1)
        self.low = nn.Sequential(
            nn.Conv2d(16, 32, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 2, 2),
            nn.ReLU(),
        )
        self.join = nn.Sequential(nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of the pixels."""
        top = F.relu(self.top(x))
        return self.join(torch.cat([top, self.low(top)], 1))


def separable() -> nn.Module:
    """Depthwise-separable blocks."""
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU()]
    channels = 16
    for filters, stride in ((32, 1), (64, 2), (64, 1)):
        layers += [
            nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, filters, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
        ]
        channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def lenet() -> nn.Module:
    """LeCun's network of 1998."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "autoencoder": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(),
                                         nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 784)),
    "separable": separable, "text_conv": TextConv, "text_lstm": TextLSTM, "series_gru": SeriesGRU,
    "transformer": Transformer, "waves": Waves, "segmentation": Segmentation,
    "odd_sizes": lambda: nn.Sequential(
        nn.Conv2d(3, 13, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(13, 27, 7, padding=3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27 * 7 * 7, 11)),
    "tabular": lambda: nn.Sequential(nn.Linear(13, 50), nn.ELU(), nn.Linear(50, 50), nn.ELU(), nn.Linear(50, 1)),
    "lenet_batch1": lenet, "lenet_batch1000": lenet,
}  # fmt: skip
