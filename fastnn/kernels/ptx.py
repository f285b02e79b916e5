"""From a kernel's source to what a CUDA device loads: PTX by numba-cuda, a cubin for each architecture by nvJitLink.

No device and no driver is needed for it. What a kernel gives is one zip file of its images in the cache, named like the
objects of the CPU's kernels by the fingerprint of all that it is compiled from. Used in mode "cuda" only.
"""

import functools
import importlib.metadata
import io
import re
import sys
import types
import zipfile

import numpy as np

from fastnn.core import jit, jit_cuda
from fastnn.kernels import compiler, cpu, cuda, lower
from fastnn.kernels.fingerprint import fingerprint

CUBINS = ("sm_80", "sm_90")  # one serves the devices of its generation: 8.x, 9.x
NEWER = "compute_80"  # the PTX from which a driver makes code for later generations
CAPABILITY = (8, 0)  # what PTX is made for: all cubins are linked from it, so every device runs one form of a sum
THREADS = 256  # of a block where each thread takes an item
# The CPU's bits: no fma of what a source writes as a product and a sum, subnormals flushed as in the tape's threads.
NVVM = {"fma": False, "ftz": True}


def require():
    """SystemExit, in one line, where what compiles for CUDA is not installed."""
    compiler.require_cuda()
    try:
        _version()
    except Exception as error:  # numba-cuda says in several ways that it does not find NVIDIA's compiler
        words = " ".join(str(error).split())[:160]
        raise SystemExit(f"compiling kernels for CUDA needs NVIDIA's ({words}): {compiler.CUDA_INSTALL}") from None


def _version():
    """What stands for the compiler in fingerprints: the version of NVVM, and of nvJitLink."""
    from cuda.bindings import nvjitlink
    from numba.cuda.cudadrv.nvvm import NVVM as Driver

    return Driver().get_version(), nvjitlink.version()


# ------------------------------------------------------------------ which kernels
def all_kernels():
    """Return {name: (Kernel, per)} of all that devices run: the CPU's, and in place of some those written for them.

    per: what computes a kernel's items: "thread" (each thread one at a time), "block" (the threads of a block together)
    or "chunk" (each thread a chunk of its instruction: a kernel whose result depends on where its items are cut).
    """
    cpu.load()
    cuda.load()
    found = {}
    for name, k in jit.KERNELS.items():
        if k.module.startswith(cpu.__name__ + ".") and k.module.rpartition(".")[2] not in cpu.CPU_ONLY:
            found[name] = k, "chunk" if k.fn.__name__ in cpu.OWN_CHUNKS else "thread"
    for name, k in jit_cuda.CUDA_KERNELS.items():
        if k.module.startswith(cuda.__name__ + "."):
            found[name] = k, "block"
    return found


def threads_of(kernel, per):
    """Threads of the blocks that a kernel is launched with."""
    return kernel.threads if per == "block" else jit_cuda.WARP if per == "chunk" else THREADS


# ------------------------------------------------------------------ compiling
@functools.cache
def _prepare():
    """Once in a process: what numba-cuda lacks for kernels' sources, and asks of a device that need not be there."""
    import numba.cuda.dispatcher
    from llvmlite import ir
    from numba.core import cgutils
    from numba.cuda import ufuncs

    # Asked for its capability when a helper is compiled, and for nothing else.
    numba.cuda.dispatcher.get_current_device = lambda: types.SimpleNamespace(compute_capability=CAPABILITY)

    def called(name):
        """The lowering of a function of one number: a call of the device's library."""

        def lowered(context, builder, signature, args):
            kind = args[0].type
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name)
            return builder.call(function, args)

        return lowered

    # its table of NumPy's functions has none of these
    for function in (np.sqrt, np.floor, np.ceil, np.rint, np.trunc, np.fabs, np.absolute):
        name = "__nv_" + function.__name__.replace("absolute", "fabs")
        ufuncs.ufunc_db()[function] = {"f->f": called(name + "f"), "d->d": called(name)}


def ptx_of(kernel, per):
    """Return the PTX of one Kernel: `.entry fastnn_NAME(args, lo, hi, status)`."""
    from numba import cuda as numba_cuda

    _prepare()
    words = jit.nb.CPointer(jit.nb.int64)
    signature = jit.nb.void(words, jit.nb.int64, jit.nb.int64, words)
    library, _ = numba_cuda.compiler._compile_pyfunc_with_fixup(  # `compile` takes no options of NVVM
        jit_cuda.entry(kernel, per),
        signature,
        device=False,
        abi="numba",
        cc=CAPABILITY,
        opt=True,
        launch_bounds=threads_of(kernel, per),
    )
    library._nvvm_options.update(NVVM)
    text = library.get_asm_str(cc=CAPABILITY)
    (symbol,) = re.findall(r"\.entry\s+([\w$]+)\s*\(", text)
    return check(text.replace(symbol, lower.PREFIX + kernel.name))


def check(text):
    """Return a text of PTX; RuntimeError where it calls what is not in it.

    Functions that the compiler does not know (an intrinsic of LLVM, say) are left as such calls.
    """
    lacking = re.findall(r"\.extern\s+\.func\s+(?:\([^)]*\)\s*)?([\w$]+)", text)
    if lacking:
        raise RuntimeError(f"it calls {', '.join(sorted(set(lacking)))}, which the device's compiler does not know")
    return text


def cubin_of(text, architecture):
    """Return the bytes of a cubin for `architecture` ("sm_80") from PTX."""
    from cuda.bindings import nvjitlink as linker

    options = [f"-arch={architecture}", "-fma=0"]
    handle = linker.create(len(options), options)
    try:
        data = text.encode() + b"\0"
        try:
            linker.add_data(handle, linker.InputType.PTX, data, len(data), "kernel")
            linker.complete(handle)
        except Exception as error:
            log = bytearray(linker.get_error_log_size(handle))
            linker.get_error_log(handle, log)
            raise RuntimeError(f"{architecture}: {log.decode(errors='replace').strip()[:1000]}") from error
        out = bytearray(linker.get_linked_cubin_size(handle))
        linker.get_linked_cubin(handle, out)
        return bytes(out)
    finally:
        linker.destroy(handle)


def shared_bytes(text):
    """Bytes that the blocks of a kernel share, from its PTX.

    >>> shared_bytes(".shared .align 16 .b8 part[4096];")
    4096
    """
    return sum(int(n) for n in re.findall(r"\.shared\s+\.align\s+\d+\s+\.b8\s+[\w$]+\[(\d+)\]", text))


# ------------------------------------------------------------------ the cache
@functools.cache
def _tools():
    versions = lower.ABI, sys.version_info[:2], *(importlib.metadata.version(n) for n in ("numba", "numba-cuda"))
    return fingerprint(versions, _version(), CUBINS, CAPABILITY, NVVM, ptx_of, cubin_of, jit_cuda.entry, _prepare)


def images_path(kernel, per):
    """Return where the cache keeps a Kernel's images, whether they are there or not."""
    key = fingerprint(_tools(), kernel.name, kernel.types, kernel.fn, per, threads_of(kernel, per))[:24]
    return lower.cache_folder() / "cuda" / f"{kernel.name}-{key}.zip"


def make_images(kernel, per, path):
    """Compile a Kernel and write its images to `path`: a zip file of sm_80, sm_90 (cubins) and compute_80 (PTX)."""
    text = ptx_of(kernel, per)
    made = {NEWER: text.encode(), **{architecture: cubin_of(text, architecture) for architecture in CUBINS}}
    path.parent.mkdir(exist_ok=True)
    lower.write(path, packed(made))
    lower.forget_earlier(kernel.name, path)


def packed(files):
    """Return the bytes of a zip file of {name: bytes}; they depend on nothing else.

    >>> packed({"a": b"x"}) == packed({"a": b"x"})
    True
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)  # of 1980
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return out.getvalue()
