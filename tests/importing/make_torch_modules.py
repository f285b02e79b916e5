"""Write torch_modules.npz: small PyTorch modules, their state dicts, inputs and outputs (run with PyTorch 2).

`index`: JSON, [key, shape, dtype] of each array, whose numbers lie one after the other in `values`. Keys: "<case>|x",
"<case>|y" and "<case>|<name of a parameter>".
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = kind(3, 2, batch_first=True, **options)

    def forward(self, x):
        return self.rnn(x)[0]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class Last(nn.Module):
    """A module of channels first, called with channels last."""

    def __init__(self, *modules):
        super().__init__()
        self.net = nn.Sequential(*modules)

    def forward(self, x):
        y = self.net(x.movedim(-1, 1))
        return y if y.ndim == 2 else y.movedim(1, -1)


MODULES = {
    "dense": (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False)), (2, 3)),
    "convnet": (Last(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.PReLU(4), nn.Flatten(), nn.Dropout(),
                     nn.Linear(24, 2)), (2, 5, 4, 2)),
    "transposed": (Last(nn.ConvTranspose2d(2, 3, 3, stride=2), nn.Conv2d(3, 6, 2, groups=3),
                        nn.GroupNorm(2, 6)), (2, 3, 4, 2)),
    "series": (Last(nn.Conv1d(2, 3, 2), nn.ConvTranspose1d(3, 2, 2)), (2, 5, 2)),
    "norm": (nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 2)), (2, 3)),
    "words": (nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2)), (2, 4)),
    "rnn": (Recurrent(nn.RNN), (2, 4, 3)), "lstm": (Recurrent(nn.LSTM, num_layers=2), (2, 4, 3)),
    "gru": (Recurrent(nn.GRU), (2, 4, 3)), "both": (Recurrent(nn.LSTM, bidirectional=True), (2, 4, 3)),
    "gru both": (Recurrent(nn.GRU, bidirectional=True, num_layers=2), (2, 4, 3)), "attention": (Attention(), (2, 3, 4)),
}  # fmt: skip

if __name__ == "__main__":
    torch.manual_seed(0)
    found = {}
    for name, (module, shape) in MODULES.items():
        for parameter in module.state_dict().values():
            if parameter.is_floating_point():
                parameter.copy_(torch.rand_like(parameter) + 0.1)
        x = torch.randint(0, 5, shape) if name == "words" else torch.randn(shape)
        with torch.no_grad():
            found[f"{name}|x"], found[f"{name}|y"] = x.numpy(), module.eval()(x).numpy()
        found.update({f"{name}|{key}": value.numpy() for key, value in module.state_dict().items()})
    values = np.concatenate([a.reshape(-1).astype("float32") for a in found.values()])
    index = json.dumps([[key, a.shape, a.dtype.name] for key, a in found.items()])
    np.savez_compressed(Path(__file__).with_name("torch_modules.npz"), values=values, index=index)
