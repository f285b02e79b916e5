"""From a kernel's source to an object file: Numba lowers it unoptimised, LLVM optimises it for one instruction set.

The kernel pack and the JIT mode make their objects here, in the same way, so both give the same bits. Objects are
cached by the fingerprint of all that they are compiled from.
"""

import ast
import functools
import importlib.util
import os
import pathlib
import platform
import sys
import tempfile

from fastnn.core import isa, jit
from fastnn.kernels import frontend
from fastnn.kernels.fingerprint import fingerprint
from fastnn.runtime import extension, levels

KEEP = 8  # object files per kernel that stay in the cache
ABI, PREFIX = levels.ABI, levels.PREFIX  # of the pack: how its kernels are called, and its symbols begin
# level -> (rank among the levels of its machine, machine, LLVM cpu, LLVM features). LLVM's v4 prefers 256-bit vectors;
# "-prefer-256-bit" lets the vectoriser use all 512, which measured 20-40 % faster on exp, log, tanh.
LEVELS = {
    "x86-64-v2": (2, "x86_64", "x86-64-v2", ""),
    "x86-64-v3": (3, "x86_64", "x86-64-v3", ""),
    "x86-64-v4": (4, "x86_64", "x86-64-v4", "-prefer-256-bit"),
    "aarch64": (0, "aarch64", "neoverse-n1", ""),
}
TRIPLES = {"Linux": "{}-unknown-linux-gnu", "Darwin": "{}-apple-darwin", "Windows": "{}-pc-windows-msvc"}


# ------------------------------------------------------------------ what a kernel depends on
@functools.cache
def _source(module):
    """(path, text) of a module, without importing it; None when it is no Python file."""
    try:
        spec = importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):  # ValueError: __main__ has no spec
        spec = importlib.util.spec_from_file_location(module, getattr(sys.modules.get(module), "__file__", None) or "")
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    path = pathlib.Path(spec.origin)
    return path, path.read_bytes()


def _compiled(tree):
    """Every node of a syntax tree but those under the other branch of an `if JIT:`, which no kernel is made of."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        plain = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "JIT"
        todo += node.body if plain else ast.iter_child_nodes(node)


def _imports(module, package, text):
    """Names of the modules of this package that a module's text imports for compiled kernels, anywhere in it."""
    found = set()
    for node in _compiled(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            found.add(base)
            found.update(f"{base}.{a.name}" for a in node.names)
    return {m for m in found if m.split(".")[0] == module.split(".")[0]}


@functools.cache
def depends(module):
    """Return the sorted names of the modules of its own top package that `module`, compiled, is made of."""
    seen, todo = set(), [module]
    while todo:
        name = todo.pop()
        source = _source(name)
        if name in seen or source is None:
            continue
        seen.add(name)
        package = name if source[0].name == "__init__.py" else name.rpartition(".")[0]
        todo += _imports(name, package, source[1])
    return tuple(sorted(seen))


def files(modules, root):
    """Return the files, relative to the package folder `root`, that the kernels of `modules` are compiled from."""
    names = {__name__, frontend.__name__, *(name for m in modules for name in depends(m))}
    return sorted(_source(name)[0].resolve().relative_to(root).as_posix() for name in names)


@functools.cache
def _tools():
    """A hash of what turns sources into objects: the functions here, Numba, LLVM, Python."""
    import llvmlite
    import numba

    # Numba's own optimiser can only be kept out fully from the start of a process, as the build does: such objects are
    # kept apart, so that a pack never depends on what a developer's process did before.
    form = "pack" if os.environ.get("FASTNN_BUILDING") else "jit"
    versions = ABI, numba.__version__, llvmlite.__version__, sys.version_info[:2]
    return fingerprint(
        form, versions, jit.OPTIONS, frontend.compiled, frontend.stop_at_ir, lower, emit, LEVELS, TRIPLES
    )


@functools.cache
def cache_folder():
    """Return the folder for compiled kernels: FASTNN_CACHE, else the user's cache folder, else build/kernels here.

    Its files are named by all that they depend on, so every checkout and every build of this user can share them.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    tried = (
        [os.environ["FASTNN_CACHE"]]
        if os.environ.get("FASTNN_CACHE")
        else [
            os.path.join(home, "fastnn", "kernels"),
            str(pathlib.Path(__file__).resolve().parents[2] / "build" / "kernels"),
        ]
    )
    for folder in tried:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return pathlib.Path(folder)
    raise OSError(f"no folder for compiled kernels can be written (tried {', '.join(tried)}); set FASTNN_CACHE to one")


def write(path, data):
    """Write bytes to `path` so that readers see the whole of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        os.chmod(name, 0o755 if path.suffix == ".so" else 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


# ------------------------------------------------------------------ compiling
def lower(kernel):
    """Return the LLVM IR of one Kernel, not optimised; only `fastnn_<name>` is visible outside.

    Numba's own optimiser is off meanwhile: what it gives is already vectorised for the machine it runs on.
    """
    import llvmlite.binding as ll
    from numba.core import config
    from numba.core.compiler_lock import global_compiler_lock

    symbol = PREFIX + kernel.name
    with global_compiler_lock:
        saved, config.OPT = config.OPT, type(config.OPT)(0)
        try:
            text = frontend.compiled(kernel, symbol)
        finally:
            config.OPT = saved
    module = ll.parse_assembly(text)
    for f in module.functions:
        if not f.is_declaration and f.name != symbol:
            f.linkage = "internal"
    for g in module.global_variables:  # Numba's environments, dead after optimisation
        if not g.is_declaration:
            g.linkage = "internal"
    return str(module)


def emit(ir, level):
    """Optimise LLVM IR for one level; return the object file's bytes."""
    import llvmlite.binding as ll

    _, machine, cpu, features = LEVELS[level]
    ll.initialize_all_targets()
    ll.initialize_all_asmprinters()
    triple = TRIPLES.get(platform.system(), TRIPLES["Linux"]).format(machine)
    tm = ll.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="default"
    )
    lines = [
        f'target triple = "{triple}"'
        if s.startswith("target triple")
        else f'target datalayout = "{tm.target_data}"'
        if s.startswith("target datalayout")
        else s
        for s in ir.splitlines()
    ]
    module = ll.parse_assembly("\n".join(lines))
    tuning = ll.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    passes = ll.create_pass_builder(tm, tuning)
    for _ in range(2):  # the second round removes dead error paths
        passes.getModulePassManager().run(module, passes)
    return tm.emit_object(module)


def object_path(kernel, level):
    """Return where the cache keeps a Kernel's object file for `level`, whether it is there or not."""
    key = fingerprint(_tools(), kernel.name, kernel.types, kernel.fn, level)[:24]
    return cache_folder() / level / f"{kernel.name}-{key}.o"


def object_of(kernel, level, path=None):
    """Return the path of a Kernel's object file for `level`, compiling it unless the cache has it.

    The intrinsics of `fastnn.core.simd` choose their vectors by `FASTNN_LEVEL`: it has to be `level`, or the host's own
    where that is not set. `path` is `object_path`'s answer where it is known already.
    """
    path = path or object_path(kernel, level)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write(path, emit(lower(kernel), level))
        forget_earlier(kernel.name, path)
    return path


def forget_earlier(name, path):
    """Delete what the cache has of the kernel `name` but the newest few: files beside `path`, of its suffix."""
    earlier = [p for p in path.parent.glob(f"{name}-*{path.suffix}") if len(p.name) == len(path.name)]
    for old in sorted(earlier, key=lambda p: p.stat().st_mtime)[:-KEEP]:
        old.unlink(missing_ok=True)


# ------------------------------------------------------------------ mode "jit"
@functools.cache
def _engine():
    """An LLVM engine that loads object files into this process."""
    import llvmlite.binding as ll

    ll.initialize_native_target()
    ll.initialize_native_asmprinter()
    return ll.create_mcjit_compiler(ll.parse_assembly(""), ll.Target.from_default_triple().create_target_machine())


_loaded = {}
# Runtime functions that error paths mention and never call; the pack's linker gives them stubs too.
NEVER_CALLED = (
    "NRT_Free", "NRT_Allocate", "NRT_decref", "NRT_incref", "NRT_MemInfo_call_dtor", "NRT_MemInfo_alloc_aligned",
    "numba_do_raise", "numba_unpickle", "PyErr_Clear", "PyErr_SetString", "PyErr_SetNone", "PyErr_WriteUnraisable",
    "PyGILState_Ensure", "PyGILState_Release", "PyUnicode_FromString",
)  # fmt: skip


def load(kernel):
    """Return the address of a Kernel compiled for this CPU (mode "jit")."""
    if kernel.name not in _loaded:
        import llvmlite.binding as ll

        level = levels.forced() or isa.level()
        engine = _engine()
        for name in NEVER_CALLED:
            if not ll.address_of_symbol(name):  # else it is Numba's or Python's: others may need it
                ll.add_symbol(name, extension("executor").nothing_address())
        engine.add_object_file(ll.ObjectFileRef.from_path(str(object_of(kernel, level))))
        engine.finalize_object()
        _loaded[kernel.name] = engine.get_function_address(PREFIX + kernel.name)
        if not _loaded[kernel.name]:
            raise RuntimeError(f"{kernel} was compiled, but its symbol {PREFIX + kernel.name} was not found")
    return _loaded[kernel.name]
