/* pool.h - small pools of threads that walk one tape together.
 *
 *   barrier_*  spin-then-park barrier; the last thread to arrive may run a serial section (the end of a batch) before it
 *              lets the others go
 *   pool_*     T-1 worker threads and the calling thread; parked between runs
 *   ftz_*      subnormal numbers read and written as zero, a property of each thread
 *   cpu_level  the x86-64 level that a kernel pack is chosen by
 *
 * All static: the Cython module includes this file. What differs between operating systems is in system.h. Measurements behind the numbers: a parked thread takes about 30 us to
 * wake, a spinning one 0.2 us; a spin shorter than wake plus imbalance makes the threads park each other in turn.
 */
#ifndef FASTNN_POOL_H
#define FASTNN_POOL_H
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "system.h"

static inline void cpu_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");   /* "yield" is nearly free there */
#endif
}

/* Turn flush-to-zero on; returns what to give ftz_restore. */
static inline uint64_t ftz_set(void) {
#if defined(__x86_64__)
    unsigned old = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(old | 0x8040);
    return old;
#elif defined(__aarch64__)
    uint64_t old;
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" :: "r"(old | (1ull << 24)));
    return old;
#else
    return 0;
#endif
}

static inline void ftz_restore(uint64_t old) {
#if defined(__x86_64__)
    /* Only the two mode bits: the exception flags raised meanwhile stay out of the caller's sight either way. */
    __builtin_ia32_ldmxcsr((unsigned)old);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" :: "r"(old));
#else
    (void)old;
#endif
}

/* ---------------------------------------------------------------- barrier */
typedef struct {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint phase;         /* the word everybody spins on */
    _Alignas(64) atomic_int parked;
    atomic_int count;                       /* threads taking part */
    int spins;                              /* pauses before parking */
    int parks;                              /* how often a thread parked (under lock) */
    atomic_int futile;                      /* the last full spin ended in parking */
    lock_t lock;
    wake_t wake;
} barrier_t;

static void barrier_init(barrier_t *b, int count, int spins) {
    memset(b, 0, sizeof *b);
    b->count = count;
    b->spins = spins;
    lock_init(&b->lock);
    wake_init(&b->wake);
}

/* Returns 1 to the last thread, which MUST call barrier_release; 0 to all the others, after the release. */
static inline int barrier_arrive(barrier_t *b) {
    unsigned phase = atomic_load_explicit(&b->phase, memory_order_relaxed);
    int before = atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel);
    if (before == atomic_load(&b->count) - 1) return 1;
    /* Spinning for a thread that has no core only steals one: after a futile spin park at once, and try a full spin again
     * at every 32nd barrier. */
    int spins = atomic_load_explicit(&b->futile, memory_order_relaxed) && phase % 32 ? 0 : b->spins;
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&b->phase, memory_order_acquire) != phase) {
            if (phase % 32 == 0) atomic_store_explicit(&b->futile, 0, memory_order_relaxed);
            return 0;
        }
        cpu_pause();
    }
    if (spins) atomic_store_explicit(&b->futile, 1, memory_order_relaxed);
    /* Park. `parked` and `phase` are both seq_cst: either the releaser sees parked > 0, or this thread sees the new phase. */
    lock_take(&b->lock);
    atomic_fetch_add(&b->parked, 1);
    b->parks++;
    while (atomic_load(&b->phase) == phase) wake_wait(&b->wake, &b->lock);
    atomic_fetch_sub(&b->parked, 1);
    lock_give(&b->lock);
    return 0;
}

static inline void barrier_release(barrier_t *b) {
    atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
    atomic_fetch_add(&b->phase, 1);
    if (atomic_load(&b->parked)) {
        lock_take(&b->lock);
        wake_all(&b->wake);
        lock_give(&b->lock);
    }
}

static inline void barrier_wait(barrier_t *b) {
    if (barrier_arrive(b)) barrier_release(b);
}

static int spins_for_us(double us) {
    static double pause_ns = 0;             /* a pause takes 5..140 cycles: measure it */
    if (pause_ns == 0) {
        int64_t t = now_ns();
        for (int i = 0; i < 2000; i++) cpu_pause();
        pause_ns = (now_ns() - t) / 2000.0 + 0.1;
    }
    return (int)(us * 1000.0 / pause_ns);
}

/* ------------------------------------------------------------------- pool */
typedef void (*job_t)(void *arg, int tid);

typedef struct {
    barrier_t start, finish, step;          /* step: for the job's own use */
    int threads;
    job_t job;                              /* NULL: the workers end */
    void *arg;
} pool_t;

typedef struct { pool_t *pool; int tid; } worker_t;

static void *worker_main(void *p) {
    worker_t w = *(worker_t *)p;
    free(p);
    for (;;) {
        barrier_wait(&w.pool->start);       /* parked here between two runs */
        if (w.pool->job == NULL) return NULL;
        w.pool->job(w.pool->arg, w.tid);
        barrier_wait(&w.pool->finish);
    }
}

/* Ends the workers. The pool's few bytes stay: a worker may still be leaving its barrier. */
static void pool_end(pool_t *p) {
    p->job = NULL;
    barrier_wait(&p->start);
}

/* A pool of `threads` >= 2 threads, the caller counted; NULL if they cannot be started. */
static pool_t *pool_new(int threads, int spins) {
    pool_t *p = line_alloc(sizeof *p);
    signals_t old;
    int made = 1;
    if (p == NULL) return NULL;
    p->threads = threads;
    barrier_init(&p->start, threads, spins);
    barrier_init(&p->finish, threads, spins);
    barrier_init(&p->step, threads, spins);
    signals_block(&old);                    /* signals stay with Python's threads */
    for (; made < threads; made++) {
        worker_t *w = malloc(sizeof *w);
        if (w == NULL) break;
        w->pool = p;
        w->tid = made;
        if (thread_start(worker_main, w)) {
            free(w);
            break;
        }
    }
    signals_restore(&old);
    if (made == threads) return p;
    atomic_store(&p->start.count, made);    /* end those that did start */
    pool_end(p);
    return NULL;
}

/* Run job(arg, 0..threads-1), the caller being thread 0. One run at a time per pool. */
static void pool_run(pool_t *p, job_t job, void *arg) {
    p->job = job;
    p->arg = arg;
    p->step.parks = 0;
    barrier_wait(&p->start);
    job(arg, 0);
    barrier_wait(&p->finish);
}

/* -------------------------------------------------------------------- CPU */
static int cpu_level(void) {                /* x86-64 level 1..4 (core/isa.py, NEEDS), 0 = another architecture */
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) return 4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) return 3;
    return __builtin_cpu_supports("sse4.2") ? 2 : 1;
#else
    return 0;
#endif
}
#endif
