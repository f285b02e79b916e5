"""How a build shares its work out: worker processes, one build at a time."""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import time

from fastnn.kernels import lower

TASK = 6  # kernels per task of a worker: they share the lowering of their helpers


def tasks(paths, names):
    """{kernel name: path of what is made of it} for each task, from the paths of all and the names in order."""
    return [{n: str(paths[n]) for n in names[i : i + TASK]} for i in range(0, len(names), TASK)]


def share(tasks, level, jobs, say, start, work):
    """Do tasks in worker processes; the first that fails ends it with SystemExit and its words.

    Every worker goes through a stretch of the list of its own, then takes from the end of the longest one left.

    tasks: {kernel name: path} each; jobs: processes; say: called with a line for each tenth that is done; start: called
    once in each; work: (task, level) -> how many kernels it made. Both are functions of a module.
    """
    jobs = min(jobs, len(tasks))
    bounds = [len(tasks) * k // jobs for k in range(jobs + 1)]
    stretches = [tasks[lo:hi] for lo, hi in itertools.pairwise(bounds)]
    total, done, told, began = sum(map(len, tasks)), 0, 0, time.monotonic()
    say(f"{level}: compiling {total} kernels in {jobs} process{'es' if jobs > 1 else ''}")
    with contextlib.ExitStack() as stack:
        # spawn: a forked child would share LLVM's state with this process
        spawn = multiprocessing.get_context("spawn")
        workers = [stack.enter_context(concurrent.futures.ProcessPoolExecutor(1, spawn, start)) for _ in range(jobs)]
        running = {}

        def more(k):
            if stretches[k] or any(stretches):
                task = stretches[k].pop(0) if stretches[k] else max(stretches, key=len).pop()
                running[workers[k].submit(work, task, level)] = k

        for k in range(jobs):
            more(k)
        while running:
            for future in concurrent.futures.wait(running, return_when="FIRST_COMPLETED").done:
                k = running.pop(future)
                try:
                    done += future.result()
                except Exception as error:
                    raise SystemExit(str(error)) from error  # the others end the task that they are in
                more(k)
            if done * 10 // total > told:
                told = done * 10 // total
                say(f"{level}: {done} of {total} kernels, {time.monotonic() - began:.0f} s")


@contextlib.contextmanager
def alone(name="lock"):
    """One build at a time per cache folder and name of a file there: who comes second finds the work done."""
    with open(lower.cache_folder() / name, "w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows: two builds at once only do the same work twice
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back
