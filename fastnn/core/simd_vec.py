"""Vector idioms in LLVM IR that the simd_*.py intrinsics are written with, and the tiles of each ISA level."""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastnn.core import isa, jit

i1, i32, i64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)

# level -> (bytes of a vector, register tiles (rows, vectors): wide, medium, narrow, thin). A tile's
# accumulators, one row of B and one broadcast fill the level's vector registers (32 of 64 bytes, 16 of 32, 32
# of 16); MR stays <= 8 where it can, because more row pointers than that spill. "thin" serves one or two rows
# of A (a vector times a matrix).
LEVELS = {
    "x86-64-v4": (64, ((6, 4), (8, 2), (16, 1), (2, 4))),
    "x86-64-v3": (32, ((6, 2), (6, 2), (12, 1), (2, 4))),
    "x86-64-v2": (16, ((6, 2), (6, 2), (12, 1), (2, 4))),
    "aarch64": (16, ((6, 4), (8, 2), (16, 1), (2, 4))),
    "cuda": (16, ((4, 2), (4, 2), (8, 1), (2, 4))),  # of one thread: 128-bit loads, few registers
}

# The same of products of planes (simd_winograd.py): rows at a time, by vectors of a row; all divide GROUP, and of the
# second line the lanes of a vector. Rows are a vector apart and need no pointers: there may be more of them.
PRODUCTS = {
    "x86-64-v4": ((16, 8, 8), (16, 8, 8)),
    "x86-64-v3": ((8, 4, 4), (8, 4, 4)),
    "x86-64-v2": ((8, 4, 4), (4, 4, 4)),
    "aarch64": ((16, 8, 8, 4), (4, 4, 4, 4)),
    "cuda": ((8, 4, 4), (4, 4, 4)),
}


def level():
    """What vectors are made for: a level of CPUs, or "cuda", where a vector is several numbers of one thread."""
    return "cuda" if jit.MODE == "cuda" else isa.level()


def tile_shape(F, tile):
    """Return (MR, NV, VL) of register tile number `tile` (0 wide .. 3 thin) for the Numba type class of `F`."""
    nbytes, tiles = LEVELS[level()]
    return (*tiles[tile], nbytes * 8 // F.instance_type.bitwidth)


def product_shape(nv, transposed):
    """Rows of a product of planes of nv vectors, 1..product_width()."""
    return PRODUCTS[level()][transposed][nv - 1]


def product_width():
    """The most vectors that a row of a product of planes has."""
    return len(PRODUCTS[level()][0])


def const(*args):
    """The values of compile-time int arguments, or None where one is not known at compile time."""
    ok = all(isinstance(t, types.IntegerLiteral) for t in args)
    return [t.literal_value for t in args] if ok else None


def I(v):  # noqa: E743
    """An int64 constant."""
    return ir.Constant(i64, v)


class Vec:
    """Operations on vectors of `lanes` elements of the Numba type class `F`, emitted by one IR builder."""

    def __init__(self, bld, F, lanes):
        self.bld, self.lanes = bld, lanes
        bits = F.instance_type.bitwidth
        self.eb = bits // 8
        self.e = ir.DoubleType() if bits == 64 else ir.FloatType()
        self.t = ir.VectorType(self.e, lanes)
        self.zero = self.all(0.0)
        self.tag = f"v{lanes}f{bits}"
        self.mask_t = ir.VectorType(i1, lanes)

    def all(self, v):
        """The constant `v` in every lane."""
        return ir.Constant(self.t, [float(v)] * self.lanes)

    def intrinsic(self, name, ret, *args):
        """Call the LLVM intrinsic `name` for this vector type."""
        tag = self.tag + (".p0" if name.startswith("masked") else "")
        fn = cgutils.get_or_insert_function(
            self.bld.module, ir.FunctionType(ret, [a.type for a in args]), f"llvm.{name}.{tag}"
        )
        return self.bld.call(fn, args)

    def fma(self, x, y, z):
        """x*y + z, rounded once."""
        return self.intrinsic("fma", self.t, x, y, z)

    def maximum(self, x, y):
        """The larger of each two, NaN where one is."""
        return self._extreme("maximum", ">", x, y)

    def minimum(self, x, y):
        """The smaller of each two, NaN where one is."""
        return self._extreme("minimum", "<", x, y)

    def _extreme(self, name, order, x, y):
        if level() != "cuda":
            return self.intrinsic(name, self.t, x, y)
        b = self.bld  # CUDA's compiler has no such intrinsic
        return b.select(b.fcmp_unordered("uno", x, y), b.fadd(x, y), b.select(b.fcmp_ordered(order, x, y), x, y))

    def shuffle(self, x, y, lanes):
        """The lanes of x and y (numbered on from x) that `lanes` lists."""
        return self.bld.shuffle_vector(x, y, ir.Constant(ir.VectorType(i32, len(lanes)), lanes))

    def splat(self, s):
        """The scalar `s` in every lane."""
        und = ir.Constant(ir.VectorType(s.type, self.lanes), ir.Undefined)
        return self.shuffle(self.bld.insert_element(und, s, ir.Constant(i32, 0)), und, [0] * self.lanes)

    def first(self, n):
        """Mask of the lanes < n."""
        iota = ir.Constant(ir.VectorType(i64, self.lanes), list(range(self.lanes)))
        return self.bld.icmp_signed("<", iota, self.splat(n))

    def _at(self, p, offset):
        return self.bld.bitcast(self.bld.gep(p, [offset]), self.t.as_pointer())

    def load(self, p, offset, mask=None, other=None):
        """The vector at p + offset (aligned to elements); masked-off lanes are not read and give `other` or 0."""
        q = self._at(p, offset)
        if mask is None:
            return self.bld.load(q, align=self.eb)
        return self.intrinsic("masked.load", self.t, q, ir.Constant(i32, self.eb), mask, other or self.zero)

    def store(self, x, p, offset, mask=None):
        """Write x at p + offset; masked-off lanes are not touched."""
        q = self._at(p, offset)
        if mask is None:
            self.bld.store(x, q, align=self.eb)
        else:
            self.intrinsic("masked.store", ir.VoidType(), x, q, ir.Constant(i32, self.eb), mask)

    def tree(self, x, combine):
        """Fold the lanes of x, halves first: the scalar of a fixed tree."""
        bld, n, v = self.bld, self.lanes, self
        while n > 1:
            n //= 2
            half = Vec.__new__(Vec)
            half.__dict__.update(self.__dict__, lanes=n, t=ir.VectorType(self.e, n), tag=f"v{n}f{self.eb * 8}")
            lo = v.shuffle(x, x, list(range(n)))
            x = combine(half, lo, v.shuffle(x, x, list(range(n, 2 * n))))
            v = half
        return bld.extract_element(x, ir.Constant(i32, 0))


class Flow:
    """Branches and loops with phi nodes on an IR builder."""

    def __init__(self, bld):
        self.bld = bld

    def phis(self, *sources):
        """One phi per value; sources: (block, values)."""
        out = [self.bld.phi(x.type) for x in sources[0][1]]
        for block, values in sources:
            for p, x in zip(out, values, strict=True):
                p.add_incoming(x, block)
        return out

    def when(self, cond, old, make):
        """`old`, or make() where cond holds: one predictable branch."""
        bld = self.bld
        here, yes, go = bld.block, bld.append_basic_block("yes"), bld.append_basic_block("go")
        bld.cbranch(cond, yes, go)
        bld.position_at_end(yes)
        new, end = make(), bld.block
        bld.branch(go)
        bld.position_at_end(go)
        return self.phis((here, old), (end, new))

    def loop(self, n, start, body):
        """values = start; for k in 0..n-1: values = body(k, values).  Returns the last values."""
        bld = self.bld
        here, loop, done = bld.block, bld.append_basic_block("loop"), bld.append_basic_block("done")
        bld.cbranch(bld.icmp_signed(">", n, I(0)), loop, done)
        bld.position_at_end(loop)
        state = self.phis((here, [I(0), *start]))
        k, values = state[0], state[1:]
        new = body(k, values)
        end, k1 = bld.block, bld.add(k, I(1))
        for p, x in zip(state, [k1, *new], strict=True):
            p.add_incoming(x, end)
        bld.cbranch(bld.icmp_signed("<", k1, n), loop, done)
        bld.position_at_end(done)
        return self.phis((here, start), (end, new))
