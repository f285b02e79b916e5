# Tapes of one plan side by side in one thread; included by executor.pyx.


cdef int64_t walk_together(Run **runs, int64_t n, int64_t batches) noexcept nogil:
    """Batches of several tapes of one plan, each row of it for all of them before the next; how many were walked.

    The code of a kernel, and what the processor has learned of its branches, is then used n times in a row: the steps
    of tiny models, which are mostly calls, take 15 to 30 % less time.
    """
    cdef int64_t i, stop, k, done = 0, last = runs[0].n_instr
    cdef Instr *ins
    cdef Run *r
    cdef int over = 0
    cdef uint64_t fp = ftz_set()
    while not over and done < batches:
        i = 0
        while i < last:
            stop = i + 1 if runs[0].code[i].lone else runs[0].code[i].end
            for k in range(n):
                r = runs[k]
                ins = r.code + i
                if not ins.lone:
                    walk_range(r, 0, i, stop)
                elif r.status == 0:
                    r.status = (<kernel_t>ins.fn)(r.threads.words + ins.args, 0, ins.n)
                    if r.status != 0:
                        r.where = i
            i = stop
        done += 1
        for k in range(n):
            next_batch(runs[k])
            over |= runs[k].over
    ftz_restore(fp)
    return done


def run_together(executors, int64_t batches, int64_t rows_per_batch=0, int64_t deadline_ns=0):
    """Walk tapes of one plan side by side, in this thread; return (batches walked, positions of tapes that failed).

    Each tape counts its batches and is left as after `Executor.run`. All end together, after the batch in which one of
    them fails (whose tape has not counted it), or in which one's STOP was set or the deadline passed.

    executors: bound to equal tables of code, without host steps and without loops that memory ends, none of them twice.
    Raises ValueError for others.
    """
    cdef Executor one
    cdef int64_t n = len(executors), k, done = 0
    cdef Run **runs
    if len({id(one) for one in executors}) != n:
        raise ValueError("run_together: an executor comes twice")
    for one in executors:
        if one.hosts or one.endless or one.r.n_instr != (<Executor>executors[0]).r.n_instr:
            raise ValueError("run_together: expected executors of one plan, without host steps and loops that memory ends")
        if one.state[S_STOP] != 0:
            return 0, []
    if n == 0 or batches <= 0:
        return 0, []
    runs = <Run **>malloc(n * sizeof(Run *))
    if runs == NULL:
        raise MemoryError("no memory for the executors of run_together")
    begun = []
    try:
        for one in executors:
            one.begin(1)
            begun.append(one)
            one.r.profile = NULL
            one.r.rows, one.r.deadline, one.r.counts, one.r.batches = rows_per_batch, deadline_ns, 1, batches
            one.r.watch_sigint = one.r.hears = 0
            runs[len(begun) - 1] = &one.r
        with nogil:
            done = walk_together(runs, n, batches)
        return done, [k for k in range(n) if runs[k].status != 0]
    finally:
        free(runs)
        for one in begun:
            one.lock.release()
