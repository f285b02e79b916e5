"""Explicit vectors for kernels: register tiles of matrix products, copies, transposes, and sums of a fixed shape.

One set of names, two forms: Numba intrinsics that emit LLVM vectors (mode "jit" and the build of the kernel
pack) and plain Python over bounds-checked memory (mode "python"). `F` is the kernel's type, p and q are
pointers made by `at(F, address)`.

Sums of a fixed shape, the same bits on every ISA (see simd_lanes.py for the shape):
`lanes_sum(F, p, n)`, `lanes_dot(F, p, q, n)`, `lanes_sumsq(F, p, n)`, `lanes_sumsq_dev(F, p, c, n)`,
`lanes_max(F, p, n)`, `lanes_min(F, p, n)` (NaN propagates), and the scalar `fma(F, x, y, z)`.

Register tiles (simd_tiles.py): `microkernel`, `tile_rows(F, tile)`, `tile_cols(F, tile)`, `vector(F)`,
`copy_row`, `transpose`.
`tile` is a literal: 0 wide, 1 medium, 2 narrow, 3 thin; their sizes depend on the ISA level, the results do not.
Winograd (simd_winograd.py): `transform` of blocks of channel vectors, and `planes`, products of what it makes, of
at most `product_vectors(F)` blocks of columns at a time.
"""

from fastnn.core.jit import JIT

if JIT:
    from fastnn.core.simd_lanes import fma, lanes_dot, lanes_max, lanes_min, lanes_sum, lanes_sumsq, lanes_sumsq_dev
    from fastnn.core.simd_tiles import (
        copy_row,
        lanewise,
        microkernel,
        prefetch,
        tile_cols,
        tile_rows,
        transpose,
        vector,
    )
    from fastnn.core.simd_winograd import planes, product_vectors, transform
else:
    from fastnn.core.simd_plain import (
        copy_row,
        fma,
        lanes_dot,
        lanes_max,
        lanes_min,
        lanes_sum,
        lanes_sumsq,
        lanes_sumsq_dev,
        lanewise,
        microkernel,
        planes,
        prefetch,
        product_vectors,
        tile_cols,
        tile_rows,
        transform,
        transpose,
        vector,
    )

__all__ = ["copy_row", "fma", "lanes_dot", "lanes_max", "lanes_min", "lanes_sum",
           "lanes_sumsq", "lanes_sumsq_dev", "lanewise", "microkernel", "planes", "prefetch",
           "product_vectors", "tile_cols", "tile_rows", "transform", "transpose", "vector"]  # fmt: skip
