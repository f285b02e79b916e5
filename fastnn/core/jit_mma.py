"""Tensor cores for kernels that are written for a device: products of small tiles of TF32 by the 32 threads of a warp.

`tf32(x)`: x rounded to the 10 bits of mantissa that they multiply.  `mma(box, a, b, c)`: c + the product of a 16 x 8 and
an 8 x 8 tile, of which each thread of the warp holds some: with g = lane // 4 and q = lane % 4, a is A[g, q],
A[g + 8, q], A[g, q + 4], A[g + 8, q + 4]; b is B[q, g], B[q + 4, g]; c and the result are C[g, 2q], C[g, 2q + 1],
C[g + 8, 2q], C[g + 8, 2q + 1] (PTX ISA, mma.m16n8k8).  box: memory that the block shares, BOX float32 for each
thread; only the Python form uses it.  All threads of a block call it together.
"""

from fastnn.core.jit import JIT

BOX, WARP = 6, 32

if JIT:
    from llvmlite import ir
    from numba.core import cgutils

    from fastnn.core.jit import intrinsic, nb

    FOUR, TWO = nb.UniTuple(nb.float32, 4), nb.UniTuple(nb.float32, 2)

    @intrinsic
    def tf32(typingctx, x):
        """x as a TF32, the nearest one, ties away from zero."""

        def codegen(context, builder, signature, args):
            kind = ir.FunctionType(ir.IntType(32), [ir.FloatType()])
            bits = builder.call(ir.InlineAsm(kind, "cvt.rna.tf32.f32 $0, $1;", "=r,f"), args)
            return builder.bitcast(bits, ir.FloatType())

        return nb.float32(nb.float32), codegen

    @intrinsic
    def mma(typingctx, box, a, b, c):
        """c + A·B of the warp's tiles."""

        def codegen(context, builder, signature, args):
            f, i = ir.FloatType(), ir.IntType(32)
            given = [builder.bitcast(x, i) for k in (1, 2) for x in cgutils.unpack_tuple(builder, args[k])]
            sums = cgutils.unpack_tuple(builder, args[3])
            text = (
                "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
            )
            kind = ir.FunctionType(ir.LiteralStructType([f] * 4), [i] * 6 + [f] * 4)
            asm = ir.InlineAsm(kind, text, "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f", side_effect=True)
            made = builder.call(asm, given + sums)
            return cgutils.pack_array(builder, [builder.extract_value(made, k) for k in range(4)])

        return FOUR(box, FOUR, TWO, FOUR), codegen
else:
    import numpy as np

    from fastnn.core.jit_cuda import barrier, thread

    def tf32(x):
        """x as a TF32, the nearest one, ties away from zero.

        >>> float(tf32(np.float32(1 + 2**-11)))
        1.0009765625
        """
        x = np.float32(x)
        return x if x != x else np.uint32((int(x.view(np.uint32)) + 0x1000) & 0xFFFFE000).view(np.float32)

    def mma(box, a, b, c):
        """c + A·B of the warp's tiles."""
        t = thread()
        first, lane = t // WARP * WARP, t % WARP
        for k, v in enumerate((*a, *b)):
            box[t * BOX + k] = v
        barrier()

        def left(i, k):
            return float(box[(first + i % 8 * 4 + k % 4) * BOX + i // 8 + k // 4 * 2])

        def right(k, j):
            return float(box[(first + j * 4 + k % 4) * BOX + 4 + k // 4])

        g, q = lane // 4, lane % 4
        places = [(g, 2 * q), (g, 2 * q + 1), (g + 8, 2 * q), (g + 8, 2 * q + 1)]
        made = tuple(
            np.float32(float(v) + sum(left(i, k) * right(k, j) for k in range(8)))
            for v, (i, j) in zip(c, places, strict=True)
        )
        barrier()
        return made
