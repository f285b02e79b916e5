"""The language that kernels are written in; the only importer of Numba's decorators.

A kernel is a plain function `kernel(a, lo, hi, F)`: `a` are its int64 argument words, [lo, hi) the items it computes,
`F` the NumPy scalar type it is compiled for. Words get names at the top of a kernel, by `words` or as the pointers
and numbers that they are; addresses are named in the plural (`xs`), what they point to in the singular. The same
source is compiled (mode "jit", and by the build of the kernel pack), compiled for CUDA (mode "cuda", by the build of
the pack's level "cuda") or runs as plain Python over bounds-checked memory (mode "python"). `FASTNN_KERNELS` chooses
the mode; in mode "pack", the default, kernel sources are not imported at all and their compiled form is loaded by
`fastnn.runtime.pack`. What kernels that are written for a device say beside this is in `fastnn.core.jit_cuda`.
"""

import os

import numpy as np

MODES = ("pack", "jit", "python", "cuda")
MODE = os.environ.get("FASTNN_KERNELS", "pack") or "pack"
if MODE not in MODES:
    raise ImportError(f"FASTNN_KERNELS={MODE!r} in the environment; expected one of {', '.join(MODES)}")
JIT = MODE in ("jit", "cuda")  # sources are Numba's

# No "reassoc", "arcp", "afn": sums and quotients keep the order that the source states, so that every vector width
# gives the same bits. No "contract": it may fuse a*b + c in a loop's vectors and not in its tail, so kernels say
# `fma` of core/simd.py where they mean it. No "nnan", "ninf": they would delete NaN checks.
FASTMATH = {"nsz"}
# A float division must not be able to raise (error_model), or its loop is not vectorised.
OPTIONS = {"fastmath": FASTMATH, "error_model": "numpy", "boundscheck": False}

TYPES = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16,
    "i8": np.int8, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64,
}  # fmt: skip
TYPE_NAMES = {np.dtype(t): name for name, t in TYPES.items()} | {np.dtype(bool): "u8"}


class Kernel:
    """One compiled form of a kernel source: `name` as on the tape, the source `fn`, its `types` and its `module`."""

    __slots__ = ("fn", "module", "name", "types")

    def __init__(self, name, fn, types):
        self.name, self.fn, self.types, self.module = name, fn, types, fn.__module__

    def __repr__(self):
        return f"<kernel {self.name} of {self.module}>"


KERNELS: dict[str, Kernel] = {}


def type_name(dtype):
    """Return the kernel type name of a NumPy dtype ("f32" for float32; bool is stored as "u8").

    Raises KeyError for a dtype that kernels have no name for.

    >>> type_name(np.float32), type_name(bool)
    ('f32', 'u8')
    """
    return TYPE_NAMES[np.dtype(dtype)]


def kernel(*types):
    """Register the decorated source once per entry of `types`.

    An entry is a type name or a tuple of them: `@kernel("f32", "f64")` makes `relu_f32` and `relu_f64` of
    `relu(a, lo, hi, F)`; `@kernel(("f32", "u8"))` makes `cast_f32_u8` of `cast(a, lo, hi, F, T)`; `@kernel()` makes
    `name` of `name(a, lo, hi)`. The source itself is returned.

    Raises ValueError for an unknown type name or a kernel name that is taken.

    >>> @kernel("f32")
    ... def jit_doc_negate(a, lo, hi, F):
    ...     S = sizeof(F)
    ...     x, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    ...     for i in range(hi - lo):
    ...         y[i] = -x[i]
    ...     return 0
    >>> KERNELS.pop("jit_doc_negate_f32").types
    (<class 'numpy.float32'>,)
    """
    known = forms(types)

    def register(fn):
        for form in known:
            enter(KERNELS, Kernel("_".join((fn.__name__, *form)), fn, tuple(TYPES[t] for t in form)))
        return fn

    return register


def forms(types):
    """The types of a kernel's compiled forms, a tuple of names for each, from what its decorator was given."""
    found = [(t,) if isinstance(t, str) else tuple(t) for t in types] or [()]
    for t in (t for form in found for t in form):
        if t not in TYPES:
            raise ValueError(f"kernel type {t!r}; expected one of {', '.join(TYPES)}")
    return found


def enter(kernels, made):
    """Enter a Kernel into a table of them; its name must not be that of another module's."""
    old = kernels.get(made.name)
    if old is not None and old.module != made.module:
        raise ValueError(f"kernel {made.name} of {made.module} is already defined in {old.module}; rename one")
    kernels[made.name] = made


if JIT:
    from numba import types as nb
    from numba.extending import intrinsic

    if MODE == "cuda":
        from numba import cuda

        def _helper(fn, inline):
            """CUDA's compiler inlines by itself: one that is told to is as slow with few large kernels as with many."""
            return cuda.jit(device=True)(fn)
    else:
        from numba import njit

        # The build of the pack calls nothing from Python: without the wrappers for that it takes two thirds of the
        # time.
        _LEAN = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True} if os.environ.get("FASTNN_BUILDING") else {}

        def _helper(fn, inline):
            return njit(forceinline=inline, **OPTIONS, **_LEAN)(fn)

    def device(fn=None, *, inline=True):
        """A helper that kernels call. It is inlined unless `@device(inline=False)`."""
        if fn is None:
            return lambda f: device(f, inline=inline)
        return _helper(fn, inline)

    @intrinsic
    def at(typingctx, F, address):
        """The int64 `address` as a pointer to `F`: `p = at(np.float32, a[0])`, then `p[i]`, i >= 0."""

        def codegen(context, builder, signature, args):
            return builder.inttoptr(args[1], context.get_value_type(signature.return_type))

        return nb.CPointer(F.instance_type)(F, nb.int64), codegen

    @intrinsic(prefer_literal=True)
    def words(typingctx, a, n):
        """The first n argument words, a literal, to be given names: `xs, ys, c = words(a, 3)`."""
        if not isinstance(n, nb.IntegerLiteral):
            return None

        def codegen(context, builder, signature, args):
            from numba.core import cgutils

            return cgutils.pack_array(
                builder, [builder.load(cgutils.gep_inbounds(builder, args[0], k)) for k in range(n.literal_value)]
            )

        return nb.UniTuple(nb.int64, n.literal_value)(a, n), codegen

    @intrinsic
    def f64(typingctx, word):
        """The float64 whose bits are the int64 `word`."""

        def codegen(context, builder, signature, args):
            return builder.bitcast(args[0], context.get_value_type(nb.float64))

        return nb.float64(nb.int64), codegen

    @intrinsic
    def sizeof(typingctx, F):
        """Bytes of one `F`, a constant."""
        size = np.dtype(str(F.instance_type)).itemsize

        def codegen(context, builder, signature, args):
            return context.get_constant(nb.int64, size)

        return nb.int64(F), codegen

    @intrinsic
    def bitcast(typingctx, F, x):
        """The bits of the scalar `x` read as an `F` of the same size."""

        def codegen(context, builder, signature, args):
            return builder.bitcast(args[1], context.get_value_type(signature.return_type))

        return F.instance_type(F, x), codegen
else:
    from fastnn.core import memory

    at = memory.at

    def intrinsic(fn):
        """Numba's decorator exists in mode "jit" only; elsewhere an intrinsic needs a Python form of its own."""
        raise TypeError(f"{fn.__module__}.{fn.__name__}: define intrinsics under `if JIT:`, Python forms under `else:`")

    def device(fn=None, *, inline=True):
        """A helper that kernels call: in this mode the function itself."""
        return (lambda f: f) if fn is None else fn

    def words(a, n):
        """The first n argument words, to be given names.

        >>> xs, ys = words([64, 128, 5], 2)
        >>> ys
        128
        """
        return tuple(a[k] for k in range(n))

    def f64(word):
        """The float64 whose bits are the int64 `word`.

        >>> f64(0x3FF8000000000000)
        np.float64(1.5)
        """
        return np.int64(word).view(np.float64)

    def sizeof(F):
        """Bytes of one `F`.

        >>> sizeof(np.float32)
        4
        """
        return np.dtype(F).itemsize

    def bitcast(F, x):
        """The bits of the NumPy scalar `x` read as an `F` of the same size.

        >>> bitcast(np.int32, np.float32(1))
        np.int32(1065353216)
        """
        return x.view(F)

    def entry(k):
        """The three-argument function of the tape's ABI for a Kernel: its source with the types bound.

        Float warnings are silent, as they are in compiled code.
        """

        def bound(a, lo, hi):
            with np.errstate(all="ignore"):
                return int(k.fn(a, int(lo), int(hi), *k.types))

        return bound
