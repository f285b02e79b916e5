# What the threads do, without the GIL; included by executor.pyx, which says how a tape is walked.

cdef struct Thread:         # what one thread has for itself
    int64_t *words          # its copy of the argument table
    char *scratch
    char *local

cdef struct Run:
    Instr *code
    Tmp *tmps
    Move *moves
    int64_t *state
    Thread *threads
    barrier_t *bar
    void *owner             # the Executor, for host steps
    int64_t *profile        # or NULL; ns of thread 0 per instruction
    int64_t n_instr, n_threads
    int64_t done, batches, rows, deadline
    int64_t turn            # single walks so far
    int64_t status, where   # first failure
    int64_t decision        # what the threads agreed on at a control row
    int64_t pressed_at      # when a while loop first saw Ctrl-C
    uint64_t fp             # floating-point mode of the caller
    int over
    int counts              # a batch that is done is counted in the state
    int watch_sigint        # this run has the SIGINT handler
    int hears               # its caller is the main thread, where Python's handlers run

cdef enum:
    HOST_RAISED = -1

cdef enum:                  # what `asked` says
    END = 0, GO_ON = 1, PRESSED = 2

cdef enum:
    PATIENCE_NS = 500000000 # that a while loop has after Ctrl-C to end by itself: then the batch is complete
    LOOK = 256              # steps of other loops between two looks for a failure: it ends them, but costs a barrier


cdef void call_host(Run *r, Instr *ins) noexcept with gil:
    """One host step: Python, in the calling thread, with its own floating-point mode."""
    cdef Executor owner = <Executor>r.owner
    ftz_restore(r.fp)
    try:
        owner.hosts[ins.fn]()
    except BaseException as error:
        owner.error = error
        r.where = ins - r.code
        r.status = HOST_RAISED
    ftz_set()


cdef void call_handler(Run *r, Instr *ins) noexcept with gil:
    """Ctrl-C in a loop that may have no end: the script's handler, in the calling thread. If it raises, the run ends."""
    cdef Executor owner = <Executor>r.owner
    ftz_restore(r.fp)
    sigint_restore()
    try:
        PyErr_SetInterrupt()                    # as if the key were pressed here
        PyErr_CheckSignals()
    except BaseException as error:
        owner.error = error
        r.where = ins - r.code
        r.status = HOST_RAISED
    sigint_install()                            # which forgets what was pressed
    r.pressed_at = 0
    ftz_set()


cdef inline int call(Run *r, Thread *me, Instr *ins, int64_t base, int64_t lo, int64_t hi) noexcept nogil:
    """One kernel call in the span that begins at `base`; places scratch arguments first, keeps the first bad status."""
    cdef int64_t *args = me.words + ins.args
    cdef int64_t k, status, t0 = 0
    cdef Tmp *t
    for k in range(ins.ntmp):
        t = r.tmps + ins.tmp + k
        args[t.slot] = <int64_t>(me.scratch + t.offset) - (base if t.wide else lo) * t.itemsize
    if r.profile != NULL and me == r.threads:
        t0 = now_ns()
    status = (<kernel_t>ins.fn)(args, lo, hi)
    if r.profile != NULL and me == r.threads:
        r.profile[ins - r.code] += now_ns() - t0
    if status != 0 and r.status == 0:
        r.where = ins - r.code
        r.status = status
    return status != 0


cdef inline int run_tiles(Run *r, Thread *me, Instr *ins, int64_t lo, int64_t hi) noexcept nogil:
    """The tile group that begins at `ins`, over its items [lo, hi) of a span."""
    cdef Instr *last = r.code + ins.inner
    cdef Instr *k
    cdef int64_t at = lo, stop
    if ins.tile == 0 and last == ins + 1:
        return call(r, me, ins, lo, lo, hi)
    while at < hi:                              # a range() with a variable step is a Python object
        stop = min(at + ins.tile, hi) if ins.tile > 0 else hi
        k = ins
        while k < last:
            if call(r, me, k, lo, at, stop):
                return 1
            k += 1
        at = stop
    return 0


cdef inline void run_group(Run *r, int tid, int64_t first) noexcept nogil:
    """This thread's chunks of the group that begins at `first`.

    Every other single walk takes them from the last one on: of weights that a cache does not hold, it holds what was
    read last. (In training, where all else comes in between, the order from the first one on was 3 % faster.)
    Its tile groups may count items of different sizes (elements here, rows of pixels there): they are cut at the same
    fractions.
    """
    cdef Instr *head = r.code + first
    cdef Instr *end = r.code + head.end
    cdef Instr *ins
    cdef Thread *me = r.threads + tid
    cdef int64_t items = head.n, chunk = head.chunk, T = r.n_threads
    cdef int64_t chunks = 1, c0 = 0, c1 = 1, c, k, lo, hi, stop, lo1, hi1
    if items > chunk:
        chunks = (items + chunk - 1) // chunk
    if T == 1:
        c1 = chunks
    else:                                       # rounded up: a lone chunk is thread 0's
        c0 = (chunks * tid + T - 1) // T
        c1 = (chunks * (tid + 1) + T - 1) // T
    if head.flags & F_JOINED:
        if c0 < c1:
            call(r, me, head, 0, c0 * chunk, min(c1 * chunk, items))
        return
    for k in range(c0, c1):
        c = c0 + c1 - 1 - k if r.turn & 1 else k
        lo, stop = c * chunk, min((c + 1) * chunk, items)
        while lo < stop:
            hi = min(lo + head.span, stop) if head.span > 0 else stop
            ins = head
            while ins < end:
                lo1, hi1 = lo, hi
                if ins.n != items:
                    lo1, hi1 = lo * ins.n // items, hi * ins.n // items
                if run_tiles(r, me, ins, lo1, hi1):
                    return
                ins = r.code + ins.inner
            lo = hi


ctypedef int64_t (*question_t)(Run *r, int64_t *words, Instr *ins) noexcept nogil


cdef int64_t asked(Run *r, int64_t *words, Instr *ins) noexcept nogil:
    """What memory says at a control row: a count, or whether to go on. After a failure nothing goes on."""
    if r.status != 0:
        return END
    if ins.flags & F_COUNTED:
        return min(max((<int64_t *>words[ins.args])[0], 0), ins.n)
    if (<char *>words[ins.args])[0] == 0:
        return END
    if ins.flags & F_WHILE and r.hears and sigint_count != 0:
        if r.pressed_at == 0:
            r.pressed_at = now_ns()
        if sigint_count > 1 or now_ns() - r.pressed_at > PATIENCE_NS:
            return PRESSED
    return GO_ON


cdef int64_t healthy(Run *r, int64_t *words, Instr *ins) noexcept nogil:
    """Whether nothing has failed so far."""
    return r.status == 0


cdef int64_t decide(Run *r, int tid, Instr *ins, question_t question) noexcept nogil:
    """Ask once, when all threads are here: the last one to come asks for all."""
    if r.n_threads == 1:
        return question(r, r.threads[tid].words, ins)
    if barrier_arrive(r.bar):
        r.decision = question(r, r.threads[tid].words, ins)
        barrier_release(r.bar)
    return r.decision


cdef int64_t goes_on(Run *r, int tid, Instr *ins) noexcept nogil:
    """Whether a while loop makes another step; Ctrl-C is heard here."""
    cdef int64_t said = decide(r, tid, ins, asked)
    if said == PRESSED:
        if tid == 0:
            call_handler(r, ins)
        said = decide(r, tid, ins, healthy)
    return said


cdef inline void shift(Run *r, int64_t *words, Instr *ins, int64_t steps) noexcept nogil:
    """Move this thread's words of a loop by so many steps."""
    cdef Move *m = r.moves + ins.tmp
    cdef Move *end = m + ins.ntmp
    while m < end:
        words[m.word] += steps * m.stride
        m += 1


cdef void control(Run *r, int tid, int64_t i) noexcept nogil:
    """The loop or branch that begins at row i."""
    cdef Instr *ins = r.code + i
    cdef int64_t *words = r.threads[tid].words
    cdef int64_t n = ins.n, step = 1, done = 0, first = 0
    if ins.flags & F_BRANCH:
        if decide(r, tid, ins, asked):
            walk_range(r, tid, i + 1, ins.inner)
        else:
            walk_range(r, tid, ins.inner, ins.end)
        return
    if ins.flags & F_COUNTED:
        n = decide(r, tid, ins, asked)
    if ins.flags & F_REVERSE and n > 0:
        step, first = -1, n - 1
    shift(r, words, ins, first)
    while done < n:
        if ins.flags & F_WHILE:
            walk_range(r, tid, i + 1, ins.inner)
            if not goes_on(r, tid, ins):
                break
        elif done % LOOK == LOOK - 1 and not decide(r, tid, ins, healthy):
            break
        walk_range(r, tid, ins.inner, ins.end)
        shift(r, words, ins, step)
        done += 1
    shift(r, words, ins, -first - step * done)
    if ins.flags & F_WHILE and tid == 0 and r.status == 0:
        (<int64_t *>words[ins.args + 1])[0] = done


cdef void walk_range(Run *r, int tid, int64_t i, int64_t stop) noexcept nogil:
    """The rows [i, stop) once."""
    cdef Instr *ins
    cdef int64_t t0 = 0, status
    cdef int64_t *words = r.threads[tid].words
    cdef bint timed = r.profile != NULL and tid == 0
    while i < stop:
        ins = r.code + i
        if r.n_threads > 1 and ins.flags & (F_SYNC | F_HOST):
            barrier_wait(r.bar)
        if ins.lone and not timed:              # the short way of small models: nothing to divide
            if tid == 0 and r.status == 0:
                status = (<kernel_t>ins.fn)(words + ins.args, 0, ins.n)
                if status != 0:
                    r.where = i
                    r.status = status
            i += 1
            continue
        if ins.flags & F_CONTROL:
            control(r, tid, i)
        elif r.status == 0:                     # after a failure only the barriers are kept
            if ins.flags & F_HOST:
                if timed:
                    t0 = now_ns()
                if tid == 0:
                    call_host(r, ins)
                if timed:
                    r.profile[i] += now_ns() - t0
            elif ins.n > 0:
                run_group(r, tid, i)
        if r.n_threads > 1 and ins.flags & F_HOST:
            barrier_wait(r.bar)
        i = ins.end


cdef inline void next_batch(Run *r) noexcept nogil:
    """Serial section at the end of a batch: counters, and whether to go on."""
    if r.status == 0:
        r.done += 1
        if r.counts:
            r.state[S_BATCH] += 1
            r.state[S_ROW0] += r.rows
    r.over = (r.done >= r.batches or r.status != 0 or r.state[S_STOP] != 0
              or (r.watch_sigint and sigint_count != 0) or (r.deadline != 0 and now_ns() >= r.deadline))


cdef void walk(void *arg, int tid) noexcept nogil:
    """Body of every thread: the whole run."""
    cdef Run *r = <Run *>arg
    cdef uint64_t fp = ftz_set()                # a property of the thread: given back after
    while not r.over:
        walk_range(r, tid, 0, r.n_instr)
        # Only the last thread decides whether to go on, before it lets the others go: if each read `status` by itself,
        # they could disagree and wait for each other for ever.
        if r.n_threads == 1:
            next_batch(r)
        elif barrier_arrive(r.bar):
            next_batch(r)
            barrier_release(r.bar)
    ftz_restore(fp)
