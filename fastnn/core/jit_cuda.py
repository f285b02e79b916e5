"""What kernels that are written for a device say beside `fastnn.core.jit`: a block of threads works on each item.

A source is `name(a, lo, hi, F)`, as one for the CPU, but all threads of all blocks run it. Blocks share the items out,
and the threads of one block work on an item together:

    @cuda_kernel("f32", threads=64)
    def sum_rows(a, lo, hi, F):
        xs, ys, n = words(a, 3)
        part = shared(F, 64)
        for i in range(lo + block(), hi, blocks()):
            ...
            barrier()

The CPU's sources run on a device too, without a change: there a thread calls one for one item at a time. Which it is
stands in the pack's index as "per": "block" or "thread".

`thread()`, `block()`: the number of this thread in its block, of this block; `threads()`, `blocks()`: how many there
are. `barrier()`: all threads of a block reach it before one goes on, and then see what the others wrote.
`shared(F, n)`: n items of F that the threads of a block have together, `local(F, n)`: that each has alone (registers,
where every index is known when loops are unrolled); n is a literal or a constant of the module, and both stand at the
top of a source, outside loops. `load4(p, i)`: p[i] to p[i + 3] at once, `store4(p, i, x)`: a tuple of four to there;
p + i is aligned to 16 bytes. `fma(F, x, y, z)`: x*y + z, rounded once.

There are no atomics: the order of their sums changes from run to run.
"""

from fastnn.core.jit import JIT, TYPES, Kernel, enter, forms
from fastnn.core.simd import fma

__all__ = ["CUDA_KERNELS", "CudaKernel", "barrier", "block", "blocks", "cuda_kernel", "fma", "load4", "local",
           "shared", "store4", "thread", "threads"]  # fmt: skip

WARP, MOST_THREADS = 32, 1024


class CudaKernel(Kernel):
    """A compiled form of a source that is written for a device: `threads` of them work on an item together."""

    __slots__ = ("threads",)

    def __init__(self, name, fn, types, threads):
        super().__init__(name, fn, types)
        self.threads = threads


CUDA_KERNELS: dict[str, CudaKernel] = {}


def cuda_kernel(*types, threads=256):
    """Register the decorated source for a device, once per entry of `types` (as of `fastnn.core.jit.kernel`).

    threads: how many of a block the source is written for, 1 to 1024. A kernel of the same name for the CPU is not
    compiled for devices then.

    Raises ValueError for an unknown type name, a name that is taken, or such a number of threads.

    >>> @cuda_kernel("f32", threads=32)
    ... def cuda_doc_fill(a, lo, hi, F):
    ...     return 0
    >>> CUDA_KERNELS.pop("cuda_doc_fill_f32").threads
    32
    """
    if not 1 <= threads <= MOST_THREADS:
        raise ValueError(f"a block of {threads} threads; expected 1 to {MOST_THREADS}")
    known = forms(types)

    def register(fn):
        for form in known:
            name = "_".join((fn.__name__, *form))
            enter(CUDA_KERNELS, CudaKernel(name, fn, tuple(TYPES[t] for t in form), threads))
        return fn

    return register


if JIT:
    from llvmlite import ir
    from numba import cuda
    from numba.core import cgutils

    from fastnn.core.jit import device, intrinsic, nb

    VECTOR, SHARED_SPACE = 16, 3  # bytes of a load4 of float32; the address space of what a block shares

    @device
    def thread():
        """The number of this thread in its block."""
        return cuda.threadIdx.x

    @device
    def block():
        """The number of this block."""
        return cuda.blockIdx.x

    @device
    def threads():
        """How many threads a block has."""
        return cuda.blockDim.x

    @device
    def blocks():
        """How many blocks there are."""
        return cuda.gridDim.x

    @device
    def barrier():
        """All threads of the block come here before one goes on."""
        cuda.syncthreads()

    def _count(n):
        return n.literal_value if isinstance(n, nb.IntegerLiteral) else None

    @intrinsic(prefer_literal=True)
    def shared(typingctx, F, n):
        """n items of F (n a constant) that all threads of the block have together, aligned to 16 bytes."""
        count = _count(n)
        if count is None:
            return None

        def codegen(context, builder, signature, args):
            kind = ir.ArrayType(context.get_data_type(F.instance_type), count)
            name = f"{builder.function.name}_shared_{len(builder.module.globals)}"  # NVVM allows no dots
            memory = cgutils.add_global_variable(builder.module, kind, name, SHARED_SPACE)
            memory.initializer, memory.align = ir.Constant(kind, ir.Undefined), VECTOR
            memory.linkage = "internal"  # what is not used goes
            return builder.addrspacecast(memory, context.get_value_type(signature.return_type))

        return nb.CPointer(F.instance_type)(F, n), codegen

    @intrinsic(prefer_literal=True)
    def local(typingctx, F, n):
        """n items of F (n a constant) of this thread alone."""
        count = _count(n)
        if count is None:
            return None

        def codegen(context, builder, signature, args):
            memory = cgutils.alloca_once(builder, ir.ArrayType(context.get_data_type(F.instance_type), count))
            memory.align = VECTOR
            return builder.bitcast(memory, context.get_value_type(signature.return_type))

        return nb.CPointer(F.instance_type)(F, n), codegen

    def _vectors(kind, pointer, builder, i):
        """Pointers to the vectors of 16 bytes at pointer + i that hold four items, and how many are in one."""
        lanes = min(4, VECTOR * 8 // kind.bitwidth)
        of = ir.VectorType(pointer.type.pointee, lanes).as_pointer()
        places = [builder.gep(pointer, [builder.add(i, i.type(k))]) for k in range(0, 4, lanes)]
        return [builder.bitcast(p, of) for p in places], lanes

    @intrinsic
    def load4(typingctx, p, i):
        """p[i] to p[i + 3] as a tuple; p + i is aligned to 16 bytes."""
        kind = p.dtype

        def codegen(context, builder, signature, args):
            places, lanes = _vectors(kind, args[0], builder, args[1])
            found = [builder.load(q, align=lanes * kind.bitwidth // 8) for q in places]
            one = ir.IntType(32)
            return cgutils.pack_array(
                builder, [builder.extract_element(v, one(k)) for v in found for k in range(lanes)]
            )

        return nb.UniTuple(kind, 4)(p, nb.int64), codegen

    @intrinsic
    def store4(typingctx, p, i, x):
        """The four items of the tuple x to p[i] to p[i + 3]; p + i is aligned to 16 bytes."""
        kind = p.dtype

        def codegen(context, builder, signature, args):
            places, lanes = _vectors(kind, args[0], builder, args[1])
            items = iter(cgutils.unpack_tuple(builder, args[2], 4))
            one = ir.IntType(32)
            for q in places:
                value = ir.Constant(q.type.pointee, ir.Undefined)
                for k in range(lanes):
                    value = builder.insert_element(value, next(items), one(k))
                builder.store(value, q, align=lanes * kind.bitwidth // 8)
            return context.get_dummy_value()

        return nb.void(p, nb.int64, nb.UniTuple(kind, 4)), codegen

    @intrinsic
    def _moved(typingctx, p, n):
        """The pointer p + n."""

        def codegen(context, builder, signature, args):
            return builder.gep(args[0], [args[1]])

        return p(p, nb.int64), codegen

    @intrinsic
    def _failed(typingctx, p, status, words):
        """Note a status that is not 0, and the address of the arguments, where p points, unless one is there: one word
        decides which thread is the first, so what is noted belongs together."""

        def codegen(context, builder, signature, args):
            place, status, words = args
            old = builder.cmpxchg(place, status.type(0), status, "monotonic", "monotonic")
            with builder.if_then(builder.extract_value(old, 1), likely=False):
                second = builder.gep(place, [ir.Constant(ir.IntType(64), 1)])
                builder.store(builder.ptrtoint(words, status.type), second)
            return context.get_dummy_value()

        return nb.void(p, nb.int64, p), codegen

    def entry(k, per):
        """The function that becomes `__global__ fastnn_NAME(args, lo, hi, status)` of a Kernel.

        per: "block": every thread runs the source, with all items. Else thread t of T runs it for `args[-2]` items at a
        time, from item lo + t * args[-2] on, T * args[-2] further each time, and finds its words args[-1] words behind
        those of the thread before (0: all read the same ones). Where status[0] is not 0, nothing is done; the first
        status that a call gives goes there, and the address of its words to status[1].
        """
        names = {f"T{i}": T for i, T in enumerate(k.types)}
        given = "".join(f", {name}" for name in names)
        body = {
            True: f"""
    found = core(a, lo, hi{given})
    if found != 0:
        failed(status, found, a)
""",
            False: f"""
    t, step = cuda.grid(1), a[-2]
    mine, i = moved(a, t * a[-1]), lo + t * step
    while i < hi:
        found = core(mine, i, min(i + step, hi){given})
        if found != 0:
            failed(status, found, a)
        i += cuda.gridsize(1) * step
""",
        }
        space = {"core": device(k.fn), "cuda": cuda, "failed": _failed, "moved": _moved, **names}
        first = "\n    if status[0] != 0:\n        return"
        exec(f"def {k.name}(a, lo, hi, status):{first}{body[per == 'block']}", space)
        return space[k.name]
else:
    import numpy as np

    from fastnn.core import thread_blocks
    from fastnn.core.thread_blocks import here

    local = thread_blocks.private

    def thread():
        """The number of this thread in its block."""
        return here().index

    def block():
        """The number of this block."""
        return here().block

    def threads():
        """How many threads a block has."""
        return here().threads

    def blocks():
        """How many blocks there are."""
        return here().blocks

    def barrier():
        """All threads of the block come here before one goes on."""
        here().barrier()

    def shared(F, n):
        """n items of F that all threads of the block have together."""
        return here().shared(F, n)

    def _aligned(p, i):
        if p.address(i) % 16:
            raise IndexError(f"item {i} of a pointer: its address {p.address(i)} is not a multiple of 16 bytes")

    def load4(p, i):
        """p[i] to p[i + 3] as a tuple; p + i is aligned to 16 bytes."""
        _aligned(p, i)
        return p[i], p[i + 1], p[i + 2], p[i + 3]

    def store4(p, i, x):
        """The four items of the tuple x to p[i] to p[i + 3]; p + i is aligned to 16 bytes."""
        _aligned(p, i)
        for k in range(4):
            p[i + k] = x[k]

    def launch(k, a, lo, hi, blocks, backward=False):
        """Run a CudaKernel on simulated blocks over items [lo, hi); returns its status.

        a: its argument words, addresses of registered memory; backward: see `fastnn.core.thread_blocks.run`.
        """

        def work():
            with np.errstate(all="ignore"):  # float warnings are silent, as they are in compiled code
                return k.fn(a, lo, hi, *k.types)

        return thread_blocks.run(work, k.threads, blocks, backward)
