"""Pooling in float64 NumPy: a loop over windows."""

import numpy as np


def _windows(x, kernel, stride, padding):
    """Yield (oy, ox, rows, columns), slices of x (n, h, w, c) inside each window; padding = (top, left, oh, ow)."""
    top, left, oh, ow = padding
    for oy in range(oh):
        for ox in range(ow):
            y0, x0 = oy * stride[0] - top, ox * stride[1] - left
            yield oy, ox, slice(max(y0, 0), y0 + kernel[0]), slice(max(x0, 0), x0 + kernel[1])


def _geometry(shape, kernel, stride, padding):
    out, before = [], []
    for size, k, s in zip(shape[1:3], kernel, stride):
        n = -(-size // s) if padding == "same" else (size - k) // s + 1
        out.append(n)
        before.append(max((n - 1) * s + k - size, 0) // 2 if padding == "same" else 0)
    return before[0], before[1], out[0], out[1]


def max_pool(x, pool_size, strides, padding):
    """(largest value, tap number of its first place) of each window."""
    x = x.astype(np.float64)
    geometry = _geometry(x.shape, pool_size, strides, padding)
    y = np.empty((x.shape[0], *geometry[2:], x.shape[3]))
    index = np.empty(y.shape, np.uint8 if pool_size[0] * pool_size[1] <= 256 else np.int32)
    for oy, ox, rows, columns in _windows(x, pool_size, strides, geometry):
        part = x[:, rows, columns]
        flat = part.reshape(len(x), -1, x.shape[3])
        y[:, oy, ox] = flat.max(axis=1)
        best = np.argmax(flat, axis=1)
        dy = best // part.shape[2] + rows.start - (oy * strides[0] - geometry[0])
        dx = best % part.shape[2] + columns.start - (ox * strides[1] - geometry[1])
        index[:, oy, ox] = dy * pool_size[1] + dx
    return y, index


def max_pool_grad(gy, index, height, width, pool_size, strides, padding):
    """gy added at the place of each winner; a tap outside the image gets nothing."""
    n, _, _, c = gy.shape
    gx = np.zeros((n, height, width, c))
    top, left, _, _ = _geometry(gx.shape, pool_size, strides, padding)
    for i, oy, ox, j in np.ndindex(gy.shape):
        tap = int(index[i, oy, ox, j])
        iy, ix = oy * strides[0] - top + tap // pool_size[1], ox * strides[1] - left + tap % pool_size[1]
        if tap < pool_size[0] * pool_size[1] and 0 <= iy < height and 0 <= ix < width:
            gx[i, iy, ix, j] += gy[i, oy, ox, j]
    return gx


def max_pool_take(x, index, pool_size, strides, padding):
    """x at the place of each winner."""
    top, left, _, _ = _geometry(x.shape, pool_size, strides, padding)
    y = np.empty(index.shape)
    for i, oy, ox, j in np.ndindex(index.shape):
        tap = int(index[i, oy, ox, j])
        y[i, oy, ox, j] = x[
            i, oy * strides[0] - top + tap // pool_size[1], ox * strides[1] - left + tap % pool_size[1], j
        ]
    return y


def avg_pool(x, pool_size, strides, padding):
    """Mean of the values of each window that lie inside the image."""
    x = x.astype(np.float64)
    geometry = _geometry(x.shape, pool_size, strides, padding)
    y = np.empty((x.shape[0], *geometry[2:], x.shape[3]))
    for oy, ox, rows, columns in _windows(x, pool_size, strides, geometry):
        y[:, oy, ox] = x[:, rows, columns].mean(axis=(1, 2))
    return y


def avg_pool_grad(gy, height, width, pool_size, strides, padding):
    """gy spread evenly over each window's inside."""
    gx = np.zeros((gy.shape[0], height, width, gy.shape[3]))
    geometry = _geometry(gx.shape, pool_size, strides, padding)
    for oy, ox, rows, columns in _windows(gx, pool_size, strides, geometry):
        part = gx[:, rows, columns]
        part += gy[:, oy : oy + 1, ox : ox + 1] / (part.shape[1] * part.shape[2])
    return gx
