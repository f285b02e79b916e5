"""GPTQ and AWQ of one matrix: what calibration data show of its inputs decides how it is rounded.

Matrices are (outputs, inputs); scales and zeros are (outputs, groups), g_idx says to which group an input belongs (its
whole part; GPTQ counts on in fractions, as Keras's files do).
"""

from typing import Any

import numpy as np

from fastnn.core.types import Array
from fastnn.quantizers.calibrated import AWQConfig, GPTQConfig

BLOCK = 128  # inputs whose errors go to each other at once, and to those behind them together


def parameters(x: Array, bits: int, symmetric: bool, per_channel: bool, group_size: int) -> tuple[Array, Array]:
    """(scale, zero) of the groups of each row: scale = (largest - smallest) / (2^bits - 1)."""
    rows, columns = x.shape
    groups = -(-columns // group_size) if per_channel and group_size > 0 else 1
    if groups > 1:
        parts = np.pad(x, ((0, 0), (0, groups * group_size - columns))).reshape(rows, groups, group_size)
    else:
        parts = x.reshape(rows if per_channel else 1, 1, -1)
    low, high = parts.min(2), parts.max(2)
    if symmetric:
        size = np.maximum(np.abs(low), high)
        low, high = np.where(low < 0, -size, low), size
    flat = low == high
    low, high, most = np.where(flat, low - 1, low), np.where(flat, high + 1, high), 2**bits - 1
    scale = (high - low) / np.float32(most)
    scale = np.where(scale <= 0, np.float32(1e-8), scale).astype(np.float32)
    zero = np.full_like(scale, (most + 1) / 2) if symmetric else np.round(-low / scale)
    whole = np.broadcast_to(scale, (rows, groups)), np.broadcast_to(zero, (rows, groups))
    return whole[0].copy(), np.clip(whole[1], 0, 255).astype(np.uint8)


def rounded(x: Array, scale: Array, zero: Array, most: int) -> Array:
    """x as whole numbers from 0 to `most`."""
    return np.clip(np.round(x / scale + zero.astype(np.float32)), 0, most)


def restored(whole: Array, scale: Array, zero: Array) -> Array:
    """The floats that whole numbers stand for."""
    return scale * (whole - zero.astype(np.float32))


class GPTQ:
    """GPTQ of one layer: `see` its inputs, then `values` of its matrix."""

    def __init__(self, columns: int, config: GPTQConfig) -> None:
        self.config, self.rows_seen = config, 0
        self.hessian = np.zeros((columns, columns), np.float32)

    def see(self, x: Array) -> None:
        """Take inputs (rows, columns) into account: the mean of 2 x x^T."""
        gram, total = x.T @ x, self.rows_seen + len(x)
        self.hessian *= np.float32(self.rows_seen / total)
        self.hessian += np.float32(2.0 / total) * (gram + gram.T) / 2
        self.rows_seen = total

    def values(self, matrix: Array) -> dict[str, Array]:
        """{"whole", "scale", "zero", "g_idx"} of a matrix."""
        config, columns = self.config, matrix.shape[1]
        hessian = self.hessian.copy()
        diagonal = hessian.diagonal().copy()
        diagonal[diagonal == 0] = 1
        diagonal += np.float32(config.hessian_damping) * diagonal.mean()
        np.fill_diagonal(hessian, diagonal)
        inverse = np.linalg.inv(hessian)
        order = np.arange(columns)
        if config.activation_order:
            order = np.argsort(-diagonal, kind="stable")
        group = columns if config.group_size == -1 else config.group_size
        weights, inverse = matrix[:, order].astype(np.float32), inverse[np.ix_(order, order)]
        whole, most = np.zeros(weights.shape, np.int64), 2**config.weight_bits - 1
        scales, zeros = [], []
        for start in range(0, columns, BLOCK):
            end = min(start + BLOCK, columns)
            errors, before = np.zeros((len(weights), end - start), np.float32), weights.copy()
            for j in range(start, end):
                if j % group == 0:
                    scale, zero = parameters(
                        before[:, j : j + group], config.weight_bits, config.symmetric, config.per_channel, -1
                    )
                    scales.append(scale)
                    zeros.append(zero)
                column = weights[:, j : j + 1]
                found = rounded(column, scale, zero, most)
                whole[:, j] = found[:, 0]
                error = (column - restored(found, scale, zero)) / inverse[j, j]
                errors[:, j - start] = error[:, 0]
                weights[:, j + 1 : end] -= error * inverse[j, j + 1 : end]
            weights[:, end:] -= errors @ inverse[start:end, end:]
        back = np.argsort(order)
        return {"whole": whole[:, back], "scale": np.concatenate(scales, 1), "zero": np.concatenate(zeros, 1),
                "g_idx": (np.arange(columns) / group)[back]}  # fmt: skip


class AWQ:
    """AWQ of one layer: `see` its inputs, then `values` of its matrix."""

    def __init__(self, columns: int, config: AWQConfig) -> None:
        self.config, self.sizes = config, np.zeros(columns, np.float32)

    def see(self, x: Array) -> None:
        """Take inputs (rows, columns) into account: their largest magnitudes."""
        self.sizes = np.maximum(self.sizes, np.abs(x).max(0))

    def values(self, matrix: Array) -> dict[str, Array]:
        """{"whole", "scale", "zero", "g_idx", "awq_scales"} of a matrix."""
        sizes = np.where(self.sizes < 1e-8, np.float32(1), self.sizes)
        best: Any = None
        for i in range(self.config.num_grid_points + 1):
            scales = np.maximum(sizes ** np.float32(i / self.config.num_grid_points), np.float32(1e-4))
            scales /= max(np.sqrt(scales.max() * scales.min()), np.float32(1e-8))
            found = self._scaled(matrix * scales)
            loss = np.mean(np.square(matrix - found.pop("floats") / scales) * np.square(sizes))
            if best is None or loss < best[0]:
                best = loss, {**found, "awq_scales": scales}
        return best[1]

    def _scaled(self, matrix):
        columns, size = matrix.shape[1], self.config.group_size
        g_idx = np.zeros(columns, np.int64) if size == -1 else np.arange(columns) // size
        scale, zero = parameters(matrix, 4, False, True, size)
        wide, middle = scale[:, g_idx], zero[:, g_idx]
        whole = rounded(matrix, wide, middle, 15)
        return {"whole": whole, "scale": scale, "zero": zero, "g_idx": g_idx, "floats": restored(whole, wide, middle)}


WAYS: dict[str, Any] = {"gptq": GPTQ, "awq": AWQ}
