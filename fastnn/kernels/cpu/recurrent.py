"""One step of the cells of LSTM and GRU besides their products, forward and backward.

Items are rows. Every loop writes one array: LLVM's check for overlap of many would send them to the scalar loop.
"""
from fastnn.core.jit import at, kernel, sizeof, words
from fastnn.kernels.cpu import vecmath as vm


@kernel("f32", "f64")
def lstm_cell(a, lo, hi, F):
    """Gates act(x + r) in the order i, f, g, o; next c = f c + i g; h = o tanh(next c).

    args: x, r, c, h, next c, gates, units.  items: rows.  next c may be c.
    """
    xs, rs, cs, hs, nexts, gates, u = words(a, 7)
    S = sizeof(F)
    for i in range(lo, hi):
        x, r, k = at(F, xs + i * 4 * u * S), at(F, rs + i * 4 * u * S), at(F, gates + i * 4 * u * S)
        h, new = at(F, hs + i * u * S), at(F, nexts + i * u * S)
        for j in range(2 * u):
            k[j] = vm.sigmoid(F, x[j] + r[j])
        for j in range(2 * u, 3 * u):
            k[j] = vm.tanh(F, x[j] + r[j])
        for j in range(3 * u, 4 * u):
            k[j] = vm.sigmoid(F, x[j] + r[j])
        if cs == nexts:
            for j in range(u):
                new[j] = k[u + j] * new[j] + k[j] * k[2 * u + j]
        else:
            c = at(F, cs + i * u * S)
            for j in range(u):
                new[j] = k[u + j] * c[j] + k[j] * k[2 * u + j]
        for j in range(u):
            h[j] = k[3 * u + j] * vm.tanh(F, new[j])
    return 0


@kernel("f32", "f64")
def lstm_cell_grad(a, lo, hi, F):
    """The gradients of x + r and of c.

    args: gates, c, next c, gradient of h, gradient of next c, gradient of x + r, gradient of c, units, workspace
    (units).  items: rows.  The gradient of c may be that of next c.
    """
    gates, cs, nexts, ghs, gnexts, gzs, gcs, u, workspace = words(a, 9)
    S, w = sizeof(F), at(F, workspace)
    for i in range(lo, hi):
        k, c, new = at(F, gates + i * 4 * u * S), at(F, cs + i * u * S), at(F, nexts + i * u * S)
        gh, gn = at(F, ghs + i * u * S), at(F, gnexts + i * u * S)
        gz, gc = at(F, gzs + i * 4 * u * S), at(F, gcs + i * u * S)
        for j in range(u):
            w[j] = vm.tanh(F, new[j])
        for j in range(u):
            o = k[3 * u + j]
            gz[3 * u + j] = gh[j] * w[j] * (o * (F(1) - o))
        for j in range(u):
            w[j] = gn[j] + gh[j] * k[3 * u + j] * (F(1) - w[j] * w[j])
        for j in range(u):
            gz[j] = w[j] * k[2 * u + j] * (k[j] * (F(1) - k[j]))
        for j in range(u):
            gz[u + j] = w[j] * c[j] * (k[u + j] * (F(1) - k[u + j]))
        for j in range(u):
            g = k[2 * u + j]
            gz[2 * u + j] = w[j] * k[j] * (F(1) - g * g)
        for j in range(u):
            gc[j] = w[j] * k[u + j]
    return 0


@kernel("f32", "f64")
def gru_cell(a, lo, hi, F):
    """z, r = sigmoid(x + s), n = tanh(x + r s); next h = z h + (1 - z) n.

    args: x, s (both 3 units wide: z, r, n), h, next h, gates (z, r, n), units.  items: rows.  next h may be h.
    """
    xs, ss, hs, nexts, gates, u = words(a, 6)
    S = sizeof(F)
    for i in range(lo, hi):
        x, s, k = at(F, xs + i * 3 * u * S), at(F, ss + i * 3 * u * S), at(F, gates + i * 3 * u * S)
        new = at(F, nexts + i * u * S)
        for j in range(2 * u):
            k[j] = vm.sigmoid(F, x[j] + s[j])
        for j in range(u):
            k[2 * u + j] = vm.tanh(F, x[2 * u + j] + k[u + j] * s[2 * u + j])
        if hs == nexts:
            for j in range(u):
                new[j] = k[j] * new[j] + (F(1) - k[j]) * k[2 * u + j]
        else:
            h = at(F, hs + i * u * S)
            for j in range(u):
                new[j] = k[j] * h[j] + (F(1) - k[j]) * k[2 * u + j]
    return 0


@kernel("f32", "f64")
def gru_cell_grad(a, lo, hi, F):
    """The gradients of x, s and h.

    args: gates, s, h, gradient of next h, gradients of x, s and h, units.  items: rows.  The gradient of h may be that
    of next h.
    """
    gates, ss, hs, gnexts, gxs, gss, ghs, u = words(a, 8)
    S = sizeof(F)
    for i in range(lo, hi):
        k, s, h = at(F, gates + i * 3 * u * S), at(F, ss + i * 3 * u * S), at(F, hs + i * u * S)
        g, gx = at(F, gnexts + i * u * S), at(F, gxs + i * 3 * u * S)
        gs, gh = at(F, gss + i * 3 * u * S), at(F, ghs + i * u * S)
        for j in range(u):
            n = k[2 * u + j]
            gx[2 * u + j] = g[j] * (F(1) - k[j]) * (F(1) - n * n)
        for j in range(u):
            gx[j] = g[j] * (h[j] - k[2 * u + j]) * (k[j] * (F(1) - k[j]))
        for j in range(u):
            r = k[u + j]
            gx[u + j] = gx[2 * u + j] * s[2 * u + j] * (r * (F(1) - r))
        for j in range(2 * u):
            gs[j] = gx[j]
        for j in range(u):
            gs[2 * u + j] = gx[2 * u + j] * k[u + j]
        if gnexts == ghs:
            for j in range(u):
                gh[j] = gh[j] * k[j]
        else:
            for j in range(u):
                gh[j] = g[j] * k[j]
    return 0
