/* system.h - what the pool needs of the operating system, once for POSIX and once for Windows.
 *
 *   lock_t, wake_t    a mutex and a condition variable; threads that are started and never joined
 *   now_ns            a clock that only goes forward
 *   line_alloc        zeroed memory on a cache line of its own; line_free gives it back
 *   sigint_*          a SIGINT handler that counts; the executor asks once per batch
 *
 * Windows is compiled by clang or MinGW: <stdatomic.h> and __builtin_cpu_supports have to be there.
 */
#ifndef FASTNN_SYSTEM_H
#define FASTNN_SYSTEM_H
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t sigint_count = 0;

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <malloc.h>
#include <process.h>

typedef SRWLOCK lock_t;
typedef CONDITION_VARIABLE wake_t;
static inline void lock_init(lock_t *l) { InitializeSRWLock(l); }
static inline void lock_take(lock_t *l) { AcquireSRWLockExclusive(l); }
static inline void lock_give(lock_t *l) { ReleaseSRWLockExclusive(l); }
static inline void wake_init(wake_t *w) { InitializeConditionVariable(w); }
static inline void wake_wait(wake_t *w, lock_t *l) { SleepConditionVariableSRW(w, l, INFINITE, 0); }
static inline void wake_all(wake_t *w) { WakeAllConditionVariable(w); }

static inline int64_t now_ns(void) {
    static LARGE_INTEGER rate = {0};
    LARGE_INTEGER t;
    if (rate.QuadPart == 0) QueryPerformanceFrequency(&rate);
    QueryPerformanceCounter(&t);
    return t.QuadPart / rate.QuadPart * 1000000000 + t.QuadPart % rate.QuadPart * 1000000000 / rate.QuadPart;
}

static void *line_memory(size_t bytes) { return _aligned_malloc(bytes, 64); }
static inline void line_free(void *p) { _aligned_free(p); }

typedef struct { void *(*main)(void *); void *arg; } start_t;

static unsigned __stdcall thread_main(void *p) {
    start_t s = *(start_t *)p;
    free(p);
    s.main(s.arg);
    return 0;
}

/* 0 if a thread was started that runs main(arg) and is never waited for. */
static int thread_start(void *(*run)(void *), void *arg) {
    start_t *s = malloc(sizeof *s);
    uintptr_t id;
    if (s == NULL) return 1;
    s->main = run;
    s->arg = arg;
    id = _beginthreadex(NULL, 0, thread_main, s, 0, NULL);
    if (id == 0) {
        free(s);
        return 1;
    }
    CloseHandle((HANDLE)id);
    return 0;
}

/* Signals go to a thread that the system makes for them: nothing to keep from the workers. */
typedef int signals_t;
static inline void signals_block(signals_t *old) { *old = 0; }
static inline void signals_restore(const signals_t *old) { (void)old; }

static void (*sigint_old)(int);

static void sigint_handler(int s) {
    signal(s, sigint_handler);              /* Windows forgets a handler once it was called */
    if (sigint_count++ > 0) sigint_old(s);
}

static int sigint_install(void) {
    sigint_old = signal(SIGINT, sigint_handler);
    if (sigint_old == SIG_DFL || sigint_old == SIG_IGN || sigint_old == SIG_ERR) {
        if (sigint_old != SIG_ERR) signal(SIGINT, sigint_old);
        return 0;
    }
    sigint_count = 0;
    return 1;
}

static void sigint_restore(void) { signal(SIGINT, sigint_old); }

#else
#include <pthread.h>
#include <time.h>

typedef pthread_mutex_t lock_t;
typedef pthread_cond_t wake_t;
static inline void lock_init(lock_t *l) { pthread_mutex_init(l, NULL); }
static inline void lock_take(lock_t *l) { pthread_mutex_lock(l); }
static inline void lock_give(lock_t *l) { pthread_mutex_unlock(l); }
static inline void wake_init(wake_t *w) { pthread_cond_init(w, NULL); }
static inline void wake_wait(wake_t *w, lock_t *l) { pthread_cond_wait(w, l); }
static inline void wake_all(wake_t *w) { pthread_cond_broadcast(w); }

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *line_memory(size_t bytes) {
    void *p = NULL;
    return posix_memalign(&p, 64, bytes) ? NULL : p;
}

static inline void line_free(void *p) { free(p); }

/* 0 if a thread was started that runs main(arg) and is never waited for. */
static int thread_start(void *(*run)(void *), void *arg) {
    pthread_t id;
    if (pthread_create(&id, NULL, run, arg)) return 1;
    pthread_detach(id);
    return 0;
}

/* Signals stay with Python's threads: those started between the two calls get none. */
typedef sigset_t signals_t;
static inline void signals_block(signals_t *old) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, old);
}
static inline void signals_restore(const signals_t *old) { pthread_sigmask(SIG_SETMASK, old, NULL); }

static struct sigaction sigint_old;

/* The first Ctrl-C waits for the end of the batch; a second one goes through at once, for a host step that hangs. */
static void sigint_handler(int s) {
    if (sigint_count++ > 0 && !(sigint_old.sa_flags & SA_SIGINFO)) sigint_old.sa_handler(s);
}

/* Returns 1 if installed. Only the main thread's outermost run calls this, with the GIL. */
static int sigint_install(void) {
    struct sigaction sa;
    sigaction(SIGINT, NULL, &sigint_old);
    if (sigint_old.sa_handler == SIG_DFL || sigint_old.sa_handler == SIG_IGN) return 0;
    sigint_count = 0;
    sa = sigint_old;
    sa.sa_handler = sigint_handler;
    sa.sa_flags &= ~SA_SIGINFO;
    sigaction(SIGINT, &sa, NULL);
    return 1;
}

static void sigint_restore(void) { sigaction(SIGINT, &sigint_old, NULL); }
#endif

/* Zeroed memory on a cache line of its own; NULL when there is none. */
static void *line_alloc(size_t bytes) {
    bytes = (bytes + 127) / 64 * 64;
    void *p = line_memory(bytes);
    if (p != NULL) memset(p, 0, bytes);
    return p;
}
#endif
