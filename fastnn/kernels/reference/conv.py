"""References of fastnn.ops.records.convolution: sums over taps of shifted images."""

import numpy as np

from fastnn.kernels.reference.matmul import act


def _windows(H, W, w_shape, strides, pads, dilation):
    """For each tap: (r, s, rows and columns of the padded image that it meets), and the output size."""
    kh, kw = w_shape[:2]
    (top, bottom), (left, right) = pads
    Ho = (H + top + bottom - dilation[0] * (kh - 1) - 1) // strides[0] + 1
    Wo = (W + left + right - dilation[1] * (kw - 1) - 1) // strides[1] + 1
    taps = [(r, s, slice(r * dilation[0], r * dilation[0] + (Ho - 1) * strides[0] + 1, strides[0]),
             slice(s * dilation[1], s * dilation[1] + (Wo - 1) * strides[1] + 1, strides[1]))
            for r in range(kh) for s in range(kw)]  # fmt: skip
    return taps, Ho, Wo


def _padding(padding, shape, w_shape, strides, dilation):
    """Explicit pads of "same" and "valid"."""
    if not isinstance(padding, str):
        return padding
    out = []
    for n, k, s, d in zip(shape, w_shape, strides, dilation):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0) if padding == "same" else 0
        out.append((total // 2, total - total // 2))
    return out


def conv2d(x, w, b=None, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1, activation=None):
    """y[n,i,j,k] = act(sum_{r,s,c} x[n, i*sh + r*dh - top, j*sw + s*dw - left, c] w[r,s,c,k] + b[k])"""
    pads = _padding(padding, x.shape[1:3], w.shape, strides, dilation)
    taps, Ho, Wo = _windows(*x.shape[1:3], w.shape, strides, pads, dilation)
    xp = np.pad(x, ((0, 0), *pads, (0, 0)))
    C, K = w.shape[2], w.shape[3] // groups
    y = np.zeros((len(x), Ho, Wo, w.shape[3]))
    for r, s, rows, cols in taps:
        for g in range(groups):
            y[..., g * K : (g + 1) * K] += xp[:, rows, cols, g * C : (g + 1) * C] @ w[r, s, :, g * K : (g + 1) * K]
    return act(y if b is None else y + b, activation)


def conv2d_grad_x(gy, w, size=None, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    """The transpose of conv2d as a linear map of x."""
    pads = _padding(padding, size, w.shape, strides, dilation)
    taps, _, _ = _windows(*size, w.shape, strides, pads, dilation)
    C, K = w.shape[2], w.shape[3] // groups
    gx = np.zeros((len(gy), size[0] + sum(pads[0]), size[1] + sum(pads[1]), C * groups))
    for r, s, rows, cols in taps:
        for g in range(groups):
            gx[:, rows, cols, g * C : (g + 1) * C] += gy[..., g * K : (g + 1) * K] @ w[r, s, :, g * K : (g + 1) * K].T
    return gx[:, pads[0][0] : pads[0][0] + size[0], pads[1][0] : pads[1][0] + size[1]]


def conv2d_grad_w(x, gy, kernel=None, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    """The transpose of conv2d as a linear map of w."""
    pads = _padding(padding, x.shape[1:3], kernel, strides, dilation)
    C, K = x.shape[3] // groups, gy.shape[3] // groups
    taps, _, _ = _windows(*x.shape[1:3], kernel, strides, pads, dilation)
    xp = np.pad(x, ((0, 0), *pads, (0, 0)))
    gw = np.zeros((*kernel, C, gy.shape[3]))
    for r, s, rows, cols in taps:
        for g in range(groups):
            gw[r, s, :, g * K : (g + 1) * K] = np.tensordot(
                xp[:, rows, cols, g * C : (g + 1) * C], gy[..., g * K : (g + 1) * K], axes=((0, 1, 2), (0, 1, 2))
            )
    return gw
