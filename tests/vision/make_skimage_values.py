"""Writes skimage_values.npz: what scikit-image says of a few small images.

python tests/vision/make_skimage_values.py      # with scikit-image 0.26 and NumPy, without fastnn

`images(kind)` makes the images, `HOG` and `LBP` are the arguments; the test calls fastnn with the same.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

HOG = [
    dict(orientations=bins, pixels_per_cell=cell, cells_per_block=block, block_norm=norm, transform_sqrt=root)
    for (bins, cell, block, root), norm in zip(
        [(9, (4, 4), (2, 2), False), (8, (5, 3), (1, 2), False), (4, (3, 6), (2, 1), True), (9, (8, 8), (1, 1), True)],
        ["L2-Hys", "L1", "L1-sqrt", "L2"],
    )
]
LBP = [dict(P=p, R=r, method=m) for (p, r), m in itertools.product([(8, 1), (12, 2.5)], ["default", "ror", "uniform"])]
SHARE = 7  # every seventh number of HOG's is kept
KINDS = ("grey bytes", "colour bytes", "grey floats", "colour floats", "wide floats", "flat bytes")
FILE = Path(__file__).with_name("skimage_values.npz")


def images(kind: str) -> np.ndarray:
    """Two images (h, w) or (h, w, 3): made of sines, so that any version of NumPy makes the same; the flat ones have
    few values, so that directions lie on the borders of bins."""
    rows, columns, channels = np.meshgrid(np.arange(16), np.arange(18), np.arange(3), indexing="ij")
    waves = [np.sin(0.7 * rows + s + channels) * np.cos(0.9 * columns - rows * columns / 17 + s) for s in (0.3, 2.1)]
    x = np.stack(waves) * 127 + 127.5
    x = x if kind.startswith("colour") else x[..., 0]
    if kind.startswith("flat"):
        return (np.rint(x / 100) * 3).astype("uint8")
    return x.astype("uint8") if kind.endswith("bytes") else (x / 255).astype("float64" if "wide" in kind else "float32")


def main() -> None:
    """Calls scikit-image for each image alone."""
    from skimage.feature import hog, local_binary_pattern

    histograms, patterns = [], []
    for kind in KINDS:
        x = images(kind)
        axis = -1 if x.ndim == 4 else None
        for arguments in HOG:
            histograms += [hog(a, **arguments, channel_axis=axis)[::SHARE] for a in x]
        for arguments in LBP if axis is None else ():
            patterns += [local_binary_pattern(a, **arguments)[3:7, :7].ravel() for a in x]
    np.savez_compressed(
        FILE, hog=np.concatenate(histograms).astype("float32"), lbp=np.concatenate(patterns).astype("uint16")
    )


if __name__ == "__main__":
    main()
