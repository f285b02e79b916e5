"""Numba as a front end: from a kernel's source to unoptimised LLVM IR, and no further.

Numba makes machine code of every function that it compiles, to be called from Python. Nothing calls a kernel's helpers
from Python while a pack is built, so there Numba's code generator is replaced by one that stops at the IR.
"""

import functools
import os

from fastnn.core import jit


@functools.cache
def stop_at_ir():
    """From now on, in this process, what Numba compiles has no address: for processes that build packs only."""
    from numba.core import codegen, registry

    class Library(codegen.CPUCodeLibrary):
        """The IR of one function and of those that it calls."""

        def _finalize_final_module(self):
            self._finalized = True

        def get_pointer_to_function(self, name):
            """No address; a function that cannot be called stands for it in Numba's tables."""
            self._ensure_finalized()
            return 0

    class Generator(codegen.JITCPUCodegen):
        """Makes such libraries."""

        _library_class = Library

        def set_env(self, env_name, env):
            """What Python code needs of a function that is called from it."""

    context = registry.cpu_target.target_context
    context.refresh()
    context._internal_codegen = Generator("fastnn")


def compiled(kernel, symbol):
    """Return the LLVM IR of one Kernel and its helpers, in which `symbol` is what the tape calls.

    The kernel's types are its last arguments. `symbol` takes the other three and passes the types on; a kernel that
    raised would end the process.
    """
    from llvmlite import ir
    from numba.core import compiler, registry, types
    from numba.core.compiler_lock import global_compiler_lock

    if os.environ.get("FASTNN_BUILDING"):
        stop_at_ir()
    target = registry.cpu_target
    context = target.target_context
    flags = compiler.Flags()
    target.options.parse_as_flags(flags, jit.OPTIONS)
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.no_compile = True  # the library is still to get `symbol`
    flags.enable_pyobject = False
    words = types.CPointer(types.int64), types.int64, types.int64
    bound = [types.NumberClass(getattr(types, t.__name__)) for t in kernel.types]
    with global_compiler_lock:
        found = compiler.compile_extra(
            target.typing_context, context, kernel.fn, (*words, *bound), types.int64, flags, {}
        )
        of, convention = found.fndesc, context.call_conv
        module = context.create_module(symbol)
        callee = ir.Function(module, convention.get_function_type(of.restype, of.argtypes), of.llvm_func_name)
        i64 = ir.IntType(64)
        door = ir.Function(module, ir.FunctionType(i64, [context.get_value_type(t) for t in words]), symbol)
        builder = ir.IRBuilder(door.append_basic_block())
        given = [*door.args, *(context.get_dummy_value() for _ in bound)]
        status, out = convention.call_function(builder, callee, of.restype, of.argtypes, given)
        with builder.if_then(status.is_error, likely=False):
            trap = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "llvm.trap")
            builder.call(trap, [])
            builder.unreachable()
        builder.ret(out)
        found.library.add_ir_module(module)
        found.library._ensure_finalized()  # links the helpers
    return found.library.get_llvm_str()
