"""One step of the cells of LSTM and GRU besides their products, forward and backward.

Items are rows. Every loop writes one array and reads others or the very same: LLVM's check for overlap would send it to
the scalar loop otherwise. Gates may lie where their arguments lay, and the gradients of arguments where the gates lay.
"""

from fastnn.core.jit import at, kernel, sizeof, words
from fastnn.core.simd import fma
from fastnn.kernels.cpu import vecmath as vm


@kernel("f32", "f64")
def lstm_cell(a, lo, hi, F):
    """Gates act(x + r) in the order i, f, g, o; next c = f c + i g; h = o tanh(next c).

    args: x, r, c, h, next c, gates, units.  items: rows.  next c may be c, gates may be x.
    """
    xs, rs, cs, hs, nexts, gates, u = words(a, 7)
    S = sizeof(F)
    for i in range(lo, hi):
        wide, narrow = i * 4 * u * S, i * u * S
        r, k, h, new = at(F, rs + wide), at(F, gates + wide), at(F, hs + narrow), at(F, nexts + narrow)
        if xs != gates:
            x = at(F, xs + wide)
            for j in range(4 * u):
                k[j] = x[j]
        for j in range(2 * u):
            k[j] = vm.sigmoid(F, k[j] + r[j])
        for j in range(2 * u, 3 * u):
            k[j] = vm.tanh(F, k[j] + r[j])
        for j in range(3 * u, 4 * u):
            k[j] = vm.sigmoid(F, k[j] + r[j])
        if cs == nexts:
            for j in range(u):
                new[j] = fma(F, k[u + j], new[j], k[j] * k[2 * u + j])
        else:
            c = at(F, cs + narrow)
            for j in range(u):
                new[j] = fma(F, k[u + j], c[j], k[j] * k[2 * u + j])
        for j in range(u):
            h[j] = k[3 * u + j] * vm.tanh(F, new[j])
    return 0


@kernel("f32", "f64")
def lstm_cell_grad(a, lo, hi, F):
    """The gradients of x + r and of c.

    args: gates, c, next c, gradient of h, gradient of next c, gradient of x + r, gradient of c, units, workspace
    (2 units).  items: rows.  The gradient of c may be that of next c, that of x + r may be the gates.
    """
    gates, cs, nexts, ghs, gns, gzs, gcs, u, workspace = words(a, 9)
    S = sizeof(F)
    w, d = at(F, workspace), at(F, workspace + u * S)
    for i in range(lo, hi):
        wide, narrow = i * 4 * u * S, i * u * S
        c, new, gz = at(F, cs + narrow), at(F, nexts + narrow), at(F, gzs + wide)
        gh, gn, gc = at(F, ghs + narrow), at(F, gns + narrow), at(F, gcs + narrow)
        if gates != gzs:
            k = at(F, gates + wide)
            for j in range(4 * u):
                gz[j] = k[j]
        for j in range(u):
            w[j] = vm.tanh(F, new[j])
        for j in range(u):
            d[j] = fma(F, gh[j] * gz[3 * u + j], fma(F, -w[j], w[j], F(1)), gn[j])
        for j in range(u):
            gz[3 * u + j] = gh[j] * w[j] * (gz[3 * u + j] * (F(1) - gz[3 * u + j]))
        for j in range(u):
            w[j] = gz[j]
        for j in range(u):
            gz[j] = d[j] * gz[2 * u + j] * (gz[j] * (F(1) - gz[j]))
        for j in range(u):
            gz[2 * u + j] = d[j] * w[j] * fma(F, -gz[2 * u + j], gz[2 * u + j], F(1))
        for j in range(u):
            gc[j] = d[j] * gz[u + j]
        for j in range(u):
            gz[u + j] = d[j] * c[j] * (gz[u + j] * (F(1) - gz[u + j]))
    return 0


@kernel("f32", "f64")
def gru_cell(a, lo, hi, F):
    """z, r = sigmoid(x + s), n = tanh(x + r s); next h = z h + (1 - z) n.

    args: x, s (both 3 units wide: z, r, n), h, next h, gates (z, r, n), units.  items: rows.  next h may be h, gates
    may be x.
    """
    xs, ss, hs, nexts, gates, u = words(a, 6)
    S = sizeof(F)
    for i in range(lo, hi):
        wide, narrow = i * 3 * u * S, i * u * S
        s, k, new = at(F, ss + wide), at(F, gates + wide), at(F, nexts + narrow)
        if xs != gates:
            x = at(F, xs + wide)
            for j in range(3 * u):
                k[j] = x[j]
        for j in range(2 * u):
            k[j] = vm.sigmoid(F, k[j] + s[j])
        for j in range(u):
            k[2 * u + j] = vm.tanh(F, fma(F, k[u + j], s[2 * u + j], k[2 * u + j]))
        if hs == nexts:
            for j in range(u):
                new[j] = fma(F, k[j], new[j], (F(1) - k[j]) * k[2 * u + j])
        else:
            h = at(F, hs + narrow)
            for j in range(u):
                new[j] = fma(F, k[j], h[j], (F(1) - k[j]) * k[2 * u + j])
    return 0


@kernel("f32", "f64")
def gru_cell_grad(a, lo, hi, F):
    """The gradients of x, s and h.

    args: gates, s, h, gradient of next h, gradients of x, s and h, units.  items: rows.  The gradient of h may be that
    of next h, that of x may be the gates.
    """
    gates, ss, hs, gns, gxs, gss, ghs, u = words(a, 8)
    S = sizeof(F)
    for i in range(lo, hi):
        wide, narrow = i * 3 * u * S, i * u * S
        k, s, h, g = at(F, gates + wide), at(F, ss + wide), at(F, hs + narrow), at(F, gns + narrow)
        gx, gs, gh = at(F, gxs + wide), at(F, gss + wide), at(F, ghs + narrow)
        for j in range(u):
            gs[2 * u + j] = g[j] * (F(1) - k[j]) * fma(F, -k[2 * u + j], k[2 * u + j], F(1))
        for j in range(u):
            gs[j] = g[j] * (h[j] - k[2 * u + j]) * (k[j] * (F(1) - k[j]))
        for j in range(u):
            gs[u + j] = gs[2 * u + j] * s[2 * u + j] * (k[u + j] * (F(1) - k[u + j]))
        if gns == ghs:
            for j in range(u):
                gh[j] = gh[j] * k[j]
        else:
            for j in range(u):
                gh[j] = g[j] * k[j]
        for j in range(u):
            gx[2 * u + j] = gs[2 * u + j]
        for j in range(u):
            gs[2 * u + j] = gs[2 * u + j] * k[u + j]
        for j in range(2 * u):
            gx[j] = gs[j]
    return 0
