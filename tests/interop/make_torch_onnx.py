"""Write torch_onnx.npz: ONNX files that PyTorch wrote of small modules, an input, an output (run with PyTorch 2, onnx).

Keys: "<module>|onnx" (the bytes of the file), "<module>|x", "<module>|y".
"""

import io
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Words(nn.Module):
    """Words, a recurrent layer, its last step."""

    def __init__(self, kind, width, **options):
        super().__init__()
        self.words, self.rnn = nn.Embedding(9, 3), kind(3, 4, batch_first=True, **options)
        self.out = nn.Linear(width, 2)

    def forward(self, x):
        return self.out(self.rnn(self.words(x))[0][:, -1])


NET = nn.Sequential(
    nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    nn.Linear(4, 3), nn.Softmax(-1),
)  # fmt: skip
LARGER = nn.Sequential(
    nn.ConvTranspose2d(2, 3, 4, 2, 1), nn.GELU(), nn.Upsample(scale_factor=2), nn.Conv2d(3, 1, 1), nn.SiLU()
)
ROWS = nn.Sequential(
    nn.Linear(4, 8), nn.LayerNorm(8), nn.LeakyReLU(0.1), nn.Dropout(), nn.Linear(8, 3), nn.LogSoftmax(1)
)
MODULES = {
    "images": (NET, (2, 3, 8, 8)), "larger": (LARGER, (2, 2, 3, 3)), "rows": (ROWS, (2, 4)),
    "lstm": (Words(nn.LSTM, 4), (2, 5)), "gru": (Words(nn.GRU, 8, bidirectional=True, num_layers=2), (2, 5)),
}  # fmt: skip

if __name__ == "__main__":
    torch.manual_seed(0)
    found = {}
    for name, (module, shape) in MODULES.items():
        x = torch.randint(0, 9, shape) if len(shape) == 2 and shape[1] == 5 else torch.randn(shape)
        file, axes = io.BytesIO(), {"x": {0: "n"}, "y": {0: "n"}}
        torch.onnx.export(module.eval(), (x,), file, dynamo=False, opset_version=17, input_names=["x"],
                          output_names=["y"], dynamic_axes=axes)  # fmt: skip
        found[f"{name}|onnx"] = np.frombuffer(file.getvalue(), np.uint8)
        found[f"{name}|x"], found[f"{name}|y"] = x.numpy(), module(x).detach().numpy()
    np.savez_compressed(Path(__file__).with_name("torch_onnx.npz"), **found)
