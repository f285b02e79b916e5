"""What runs plans: executors, threads, kernel packs, eager evaluation. Its modules are imported where they are used."""


def executor_class():
    """Return the Executor class to use: the Cython one, or the Python oracle when asked for or in mode "python".

    Raises PackError when the compiled extension is missing.

    >>> executor_class().__name__
    'Executor'
    """
    from fastnn.core import config, errors, jit

    if jit.MODE == "python" or config.executor() == "python":
        from fastnn.runtime.pyexec import Executor
        return Executor
    try:
        from fastnn.runtime.executor import Executor
    except ImportError as error:
        raise errors.PackError(f"the compiled executor cannot be imported ({error}). In a source checkout run "
                               "`python setup.py build_ext --inplace`; else install fastnn-engine again.") from error
    return Executor
