// Preloaded into a server under test: its directory is the throwaway one, and its clock is the clock page's.
//
//   cc -shared -fPIC -O2 -o testworld.so testworld.c crashes.c -static-libgcc -Wl,--exclude-libs,ALL -ldl -lpthread
//   (glibc on a 64-bit machine)
//   LD_PRELOAD=…/testworld.so  and these, each of which may be missing:
//     TESTWORLD_CLOCK      the clock page: a file (layout below)
//     TESTWORLD_DIRECTORY  127.0.0.1:PORT, where the directory really listens
//     TESTWORLD_HOSTS      the directory's names, comma between (default: the two that the course used)
//
// Directory. The names resolve to an address that nobody else has; a connect to it, whatever the port, goes to
// TESTWORLD_DIRECTORY. Everything above TCP is untouched: StartTLS checks the certificate against the name that the
// server asked for. Other names are not looked up, and a connect to anything but the loopback is ENETUNREACH.
//
// Clock. Reads return real time plus the page's offset. A wait with a limit is cut into slices of 20 ms with a look at
// the page in between, and so ends when the page moves past its limit. Timers that the kernel holds (timerfd, alarm,
// setitimer, timer_settime) are set anew by a thread that exists only in a process that armed one. Two counters tell
// whether anybody looked. The libraries that talk with the directory, and the sanitizers, live in real time: a jump in
// the middle of a bind is no reason for a time-out, and their looks prove nothing.
//
// Not reached: programs that ask the kernel without libc (static ones, Go), SO_RCVTIMEO, the times of files. A timer
// with an interval ticks once when the page moves, however far. Limits that the kernel holds are counted, because
// nobody sees from outside that one is armed.
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the 64-bit time functions of 32-bit machines are not covered");

// The function that the program would have called without us. Found by the constructor, so that a signal handler
// finds it there; a library whose constructor is earlier than ours finds it when it calls.
#define NEXT(f) next_##f()
#define FOR_EACH_FUNCTION(X)                                                                                           \
    X(clock_gettime) X(gettimeofday) X(time) X(timespec_get) X(nanosleep) X(clock_nanosleep) X(sleep) X(usleep)        \
    X(thrd_sleep) X(poll) X(ppoll) X(select) X(pselect) X(epoll_wait) X(epoll_pwait) X(sigtimedwait) X(semtimedop)     \
    X(pthread_cond_timedwait) X(pthread_cond_signal) X(pthread_cond_broadcast) X(pthread_mutex_timedlock)              \
    X(pthread_rwlock_timedrdlock) X(pthread_rwlock_timedwrlock) X(sem_timedwait) X(mq_timedsend) X(mq_timedreceive)    \
    X(pthread_timedjoin_np) X(cnd_timedwait) X(mtx_timedlock) X(timerfd_create) X(timerfd_settime) X(alarm)            \
    X(setitimer) X(ualarm) X(timer_create) X(timer_settime) X(timer_delete) X(setsockopt) X(syscall) X(connect)        \
    X(getaddrinfo) X(gethostbyname) X(gethostbyname2) X(gethostbyname_r) X(gethostbyname2_r)
#define DECLARE(f)                                                                                                     \
    static __typeof__(&f) real_##f;                                                                                    \
    static __typeof__(&f) next_##f(void) {                                                                             \
        if (!real_##f) real_##f = (__typeof__(&f))dlsym(RTLD_NEXT, #f);                                                \
        return real_##f;                                                                                               \
    }
FOR_EACH_FUNCTION(DECLARE)
#if __GLIBC_PREREQ(2, 30)
#define FOR_EACH_CLOCK_FUNCTION(X)                                                                                     \
    X(pthread_cond_clockwait) X(pthread_mutex_clocklock) X(pthread_rwlock_clockrdlock) X(pthread_rwlock_clockwrlock)   \
    X(sem_clockwait)
FOR_EACH_CLOCK_FUNCTION(DECLARE)
#endif
#if __GLIBC_PREREQ(2, 31)
DECLARE(pthread_clockjoin_np)
#endif
#if __GLIBC_PREREQ(2, 35)
DECLARE(epoll_pwait2)
#endif

// A system call without libc's syscall(), which is ours.
static long kernel(long number, long a, long b, long c) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
    return NEXT(syscall)(number, a, b, c);
#endif
}

#define CALLER __builtin_return_address(0)
#define SECOND INT64_C(1000000000)
#define SLICE (SECOND / 50)

// --- the clock page ----------------------------------------------------------------

// The same struct as in Sources/CPosix/cposix.c. Frozen: `wall` and `boot` are the time. Flowing, as servers under
// test get it: they are offsets to the real clocks.
struct clock_page {
    uint64_t magic;
    _Atomic int64_t flowing;
    _Atomic int64_t wall;
    _Atomic int64_t boot;
    _Atomic int64_t boots;
    _Atomic int64_t reads; // looks at a clock that the page moves
    _Atomic int64_t fired; // waits and timers that ended because it moved
    _Atomic int64_t limits; // how often a limit was handed to the kernel that cannot be seen from outside
};
#define CLOCK_PAGE_MAGIC UINT64_C(0x31656761706b6c63)
#define CLOCK_PAGE_SIZE 4096

static struct clock_page *page; // NULL: the clocks are left alone

static int64_t nanoseconds(const struct timespec *t) {
    if (t->tv_sec > INT64_C(4000000000)) return INT64_C(4000000000) * SECOND;
    if (t->tv_sec < -INT64_C(4000000000)) return -INT64_C(4000000000) * SECOND;
    return t->tv_sec * SECOND + t->tv_nsec;
}

static struct timespec timespec_of(int64_t ns) {
    struct timespec t = {ns / SECOND, ns % SECOND};
    if (t.tv_nsec < 0) {
        t.tv_nsec += SECOND;
        t.tv_sec -= 1;
    }
    return t;
}

static int is_valid(const struct timespec *t) { return t && t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < SECOND; }

// The page's word for a clock; NULL for those that time does not move, as the processor's.
static _Atomic int64_t *word_of(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: return &page->wall;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM: return &page->boot;
    default: return NULL;
    }
}

// Before our constructor the kernel is asked: a sanitizer's allocator reads the clock inside dlsym.
static int real_look(clockid_t clock, struct timespec *now) {
    if (real_clock_gettime) return real_clock_gettime(clock, now);
    long result = kernel(SYS_clock_gettime, clock, (long)now, 0);
    return result < 0 ? (errno = (int)-result, -1) : 0;
}

static int64_t real_now(clockid_t clock) {
    struct timespec now = {0, 0};
    real_look(clock, &now);
    return nanoseconds(&now);
}

static int64_t virtual_now(clockid_t clock) {
    return atomic_load(word_of(clock)) + (atomic_load(&page->flowing) ? real_now(clock) : 0);
}

// --- who asks ----------------------------------------------------------------------

static const char *const apart[] = {
    "libldap", "liblber", "libsasl2", "libgnutls", "libnettle", "libhogweed", "libgcrypt", "libp11-kit", "libssl",
    "libcrypto", "libgssapi", "libkrb5", "libasan", "libhwasan", "liblsan", "libtsan", "libubsan", NULL,
};

// What is known of the address space so far. Entries are only added; `end` is written last.
static struct { uintptr_t start; int is_apart; _Atomic uintptr_t end; } modules[512];
static _Atomic int module_count;

static int is_apart_path(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int i = 0; apart[i]; i++)
        if (!strncmp(name, apart[i], strlen(apart[i]))) return 1;
    return 0;
}

static uintptr_t hexadecimal(const char **text) {
    uintptr_t value = 0;
    for (; isxdigit((unsigned char)**text); (*text)++)
        value = value * 16 + (uintptr_t)(**text <= '9' ? **text - '0' : (**text | 32) - 'a' + 10);
    return value;
}

// Judges one line of /proc/self/maps; 1 when `address` is in it.
static int judge_mapping(const char *line, uintptr_t address, int *verdict) {
    const char *rest = line;
    uintptr_t start = hexadecimal(&rest);
    if (*rest != '-') return 0;
    rest++;
    uintptr_t end = hexadecimal(&rest);
    if (address < start || address >= end) return 0;
    const char *path = strchr(line, '/');
    *verdict = path && is_apart_path(path);
    int index = atomic_fetch_add(&module_count, 1);
    if (index < (int)(sizeof modules / sizeof *modules)) {
        modules[index].start = start;
        modules[index].is_apart = *verdict;
        atomic_store(&modules[index].end, end);
    }
    return 1;
}

// Looked up in the kernel's own table, because dladdr takes the loader's lock: time() may be called in a signal
// handler, and in the child of a fork.
static int look_up(uintptr_t address) {
    int verdict = 0, found = 0;
    long file = kernel(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char buffer[4096];
    size_t held = 0;
    long got;
    while (!found && (got = kernel(SYS_read, file, (long)(buffer + held), (long)(sizeof buffer - 1 - held))) > 0) {
        held += (size_t)got;
        buffer[held] = 0;
        char *line = buffer, *end;
        while (!found && (end = strchr(line, '\n'))) {
            *end = 0;
            found = judge_mapping(line, address, &verdict);
            line = end + 1;
        }
        held -= (size_t)(line - buffer);
        memmove(buffer, line, held);
        if (held == sizeof buffer - 1) held = 0; // no path is as long
    }
    kernel(SYS_close, file, 0, 0);
    return verdict;
}

static int is_apart(void *caller) {
    uintptr_t address = (uintptr_t)caller;
    int count = atomic_load(&module_count);
    for (int i = 0; i < count && i < (int)(sizeof modules / sizeof *modules); i++)
        if (address < atomic_load(&modules[i].end) && address >= modules[i].start) return modules[i].is_apart;
    return look_up(address);
}

// Whether the page is this caller's clock.
static int is_moved(void *caller) { return page && !is_apart(caller); }

// --- reads -------------------------------------------------------------------------

static int look(clockid_t clock, struct timespec *now, void *caller) {
    if (!page || !word_of(clock) || is_apart(caller)) return real_look(clock, now);
    *now = timespec_of(virtual_now(clock));
    atomic_fetch_add(&page->reads, 1);
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) { return look(clock, now, CALLER); }

static int look_at_day(struct timeval *now, void *caller) {
    struct timespec t;
    look(CLOCK_REALTIME, &t, caller);
    now->tv_sec = t.tv_sec;
    now->tv_usec = t.tv_nsec / 1000;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    if (zone) memset(zone, 0, sizeof(struct timezone));
    return look_at_day(now, CALLER);
}

static time_t look_at_seconds(time_t *out, void *caller) {
    struct timespec t;
    look(CLOCK_REALTIME, &t, caller);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}

time_t time(time_t *out) { return look_at_seconds(out, CALLER); }

int timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC) return NEXT(timespec_get)(now, base);
    look(CLOCK_REALTIME, now, CALLER);
    return base;
}

int ftime(struct timeb *now) {
    struct timespec t;
    look(CLOCK_REALTIME, &t, CALLER);
    memset(now, 0, sizeof *now);
    now->time = t.tv_sec;
    now->millitm = (unsigned short)(t.tv_nsec / 1000000);
    return 0;
}

// --- waits -------------------------------------------------------------------------

// A wait that is over at `deadline`, virtual time of `clock`.
struct wait {
    clockid_t clock;
    int64_t deadline;
    int64_t word;    // the clock's word when the wait began
    int is_relative;
    int64_t owed;    // how much earlier it began than the page says
};

// Where a jump of a minute ends a sleep of one second, the thread owes 59 of them: a loop that sleeps a second and
// counts shall be through with its count as if the minute had passed. The debt is paid by relative waits, and ends
// when one of them ends by itself or the thread waits for something else (a voluntary context switch).
static __thread struct { int64_t owed; long switches; } debt __attribute__((tls_model("initial-exec")));
#define LEAST_PAYMENT (SECOND / 100) // shorter ones are polling

static long switches(void) {
    struct rusage usage = {0};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

static struct wait wait_until(clockid_t clock, int64_t deadline) {
    return (struct wait){.clock = clock, .deadline = deadline, .word = atomic_load(word_of(clock))};
}

static struct wait wait_for(int64_t ns) {
    int64_t owed = debt.owed && ns >= LEAST_PAYMENT && debt.switches == switches() ? debt.owed : 0;
    debt.owed = 0;
    struct wait wait = wait_until(CLOCK_MONOTONIC, virtual_now(CLOCK_MONOTONIC) - owed + ns);
    wait.is_relative = 1;
    wait.owed = owed;
    return wait;
}

// How long to wait really before the next look at the page; 0: not at all.
static int64_t slice_of(const struct wait *wait) {
    int64_t left = wait->deadline - virtual_now(wait->clock);
    return left < 0 ? 0 : left < SLICE ? left : SLICE;
}

static int is_due(const struct wait *wait) {
    int64_t late = virtual_now(wait->clock) - wait->deadline;
    if (late < 0) return 0;
    int64_t moved = atomic_load(word_of(wait->clock)) - wait->word + wait->owed;
    if (moved == 0) return 1;
    atomic_fetch_add(&page->fired, 1);
    if (wait->is_relative && moved > 0) {
        debt.owed = late < moved ? late : moved;
        debt.switches = switches();
    }
    return 1;
}

static int64_t left_of(const struct wait *wait) {
    int64_t left = wait->deadline - virtual_now(wait->clock);
    return left < 0 ? 0 : left;
}

// 0, or EINTR.
static int doze(const struct wait *wait) {
    while (!is_due(wait)) {
        struct timespec slice = timespec_of(slice_of(wait));
        int error = NEXT(clock_nanosleep)(CLOCK_MONOTONIC, 0, &slice, NULL);
        if (error) return error;
    }
    return 0;
}

static int nap(const struct timespec *length, struct timespec *rest) {
    struct wait wait = wait_for(nanoseconds(length));
    int error = doze(&wait);
    if (error && rest) *rest = timespec_of(left_of(&wait));
    return error;
}

int nanosleep(const struct timespec *length, struct timespec *rest) {
    if (!is_moved(CALLER) || !is_valid(length)) return NEXT(nanosleep)(length, rest);
    int error = nap(length, rest);
    return error ? (errno = error, -1) : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *length, struct timespec *rest) {
    if (!is_moved(CALLER) || !is_valid(length) || !word_of(clock) || clock == CLOCK_MONOTONIC_RAW)
        return NEXT(clock_nanosleep)(clock, flags, length, rest);
    if (!(flags & TIMER_ABSTIME)) return nap(length, rest);
    struct wait wait = wait_until(clock, nanoseconds(length));
    return doze(&wait);
}

unsigned sleep(unsigned seconds) {
    if (!is_moved(CALLER)) return NEXT(sleep)(seconds);
    struct wait wait = wait_for(seconds * SECOND);
    return doze(&wait) ? (unsigned)((left_of(&wait) + SECOND - 1) / SECOND) : 0;
}

int usleep(useconds_t microseconds) {
    if (!is_moved(CALLER)) return NEXT(usleep)(microseconds);
    struct wait wait = wait_for(microseconds * INT64_C(1000));
    int error = doze(&wait);
    return error ? (errno = error, -1) : 0;
}

int thrd_sleep(const struct timespec *length, struct timespec *rest) {
    if (!is_moved(CALLER) || !is_valid(length)) return NEXT(thrd_sleep)(length, rest);
    return nap(length, rest) ? -1 : 0;
}

static int poll_until(struct pollfd *files, nfds_t count, const struct wait *wait, const sigset_t *mask) {
    while (1) {
        struct timespec slice = timespec_of(slice_of(wait));
        int ready = NEXT(ppoll)(files, count, &slice, mask);
        if (ready != 0 || is_due(wait)) return ready;
    }
}

static int poll_for(struct pollfd *files, nfds_t count, int milliseconds, void *caller) {
    if (milliseconds <= 0 || !is_moved(caller)) return NEXT(poll)(files, count, milliseconds);
    struct wait wait = wait_for(milliseconds * INT64_C(1000000));
    return poll_until(files, count, &wait, NULL);
}

static int ppoll_for(
    struct pollfd *files, nfds_t count, const struct timespec *limit, const sigset_t *mask, void *caller) {
    if (!is_valid(limit) || nanoseconds(limit) == 0 || !is_moved(caller)) return NEXT(ppoll)(files, count, limit, mask);
    struct wait wait = wait_for(nanoseconds(limit));
    return poll_until(files, count, &wait, mask);
}

int poll(struct pollfd *files, nfds_t count, int milliseconds) { return poll_for(files, count, milliseconds, CALLER); }

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *limit, const sigset_t *mask) {
    return ppoll_for(files, count, limit, mask, CALLER);
}

// What the two become under -D_FORTIFY_SOURCE.
int __poll_chk(struct pollfd *files, nfds_t count, int milliseconds, size_t size) {
    if (size / sizeof *files < count) abort();
    return poll_for(files, count, milliseconds, CALLER);
}

int __ppoll_chk(
    struct pollfd *files, nfds_t count, const struct timespec *limit, const sigset_t *mask, size_t size) {
    if (size / sizeof *files < count) abort();
    return ppoll_for(files, count, limit, mask, CALLER);
}

static int select_until(
    int count, fd_set *reading, fd_set *writing, fd_set *except, const struct wait *wait, const sigset_t *mask) {
    // The kernel writes whole words into the sets, also when nothing is ready.
    size_t bytes = ((size_t)count + 63) / 64 * 8;
    fd_set *sets[3] = {reading, writing, except};
    char asked[3][bytes ? bytes : 1];
    for (int i = 0; i < 3; i++)
        if (sets[i]) memcpy(asked[i], sets[i], bytes);
    while (1) {
        struct timespec slice = timespec_of(slice_of(wait));
        int ready = NEXT(pselect)(count, reading, writing, except, &slice, mask);
        if (ready != 0 || is_due(wait)) return ready;
        for (int i = 0; i < 3; i++)
            if (sets[i]) memcpy(sets[i], asked[i], bytes);
    }
}

int select(int count, fd_set *reading, fd_set *writing, fd_set *except, struct timeval *limit) {
    if (!limit || limit->tv_sec < 0 || limit->tv_usec < 0 || (!limit->tv_sec && !limit->tv_usec) || count < 0
        || count > 65536 || !is_moved(CALLER))
        return NEXT(select)(count, reading, writing, except, limit);
    struct timespec length = {limit->tv_sec + limit->tv_usec / 1000000, limit->tv_usec % 1000000 * 1000};
    struct wait wait = wait_for(nanoseconds(&length));
    int ready = select_until(count, reading, writing, except, &wait, NULL);
    int saved = errno;
    *limit = (struct timeval){left_of(&wait) / SECOND, left_of(&wait) % SECOND / 1000}; // as Linux does
    errno = saved;
    return ready;
}

int pselect(
    int count, fd_set *reading, fd_set *writing, fd_set *except, const struct timespec *limit, const sigset_t *mask) {
    if (!is_valid(limit) || nanoseconds(limit) == 0 || count < 0 || count > 65536 || !is_moved(CALLER))
        return NEXT(pselect)(count, reading, writing, except, limit, mask);
    struct wait wait = wait_for(nanoseconds(limit));
    return select_until(count, reading, writing, except, &wait, mask);
}

static int epoll_for(
    int epoll, struct epoll_event *events, int count, int milliseconds, const sigset_t *mask, void *caller) {
    if (milliseconds <= 0 || !is_moved(caller)) return NEXT(epoll_pwait)(epoll, events, count, milliseconds, mask);
    struct wait wait = wait_for(milliseconds * INT64_C(1000000));
    while (1) {
        int slice = (int)((slice_of(&wait) + 999999) / 1000000);
        int ready = NEXT(epoll_pwait)(epoll, events, count, slice, mask);
        if (ready != 0 || is_due(&wait)) return ready;
    }
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds) {
    return epoll_for(epoll, events, count, milliseconds, NULL, CALLER);
}

int epoll_pwait(int epoll, struct epoll_event *events, int count, int milliseconds, const sigset_t *mask) {
    return epoll_for(epoll, events, count, milliseconds, mask, CALLER);
}

#if __GLIBC_PREREQ(2, 35)
int epoll_pwait2(
    int epoll, struct epoll_event *events, int count, const struct timespec *limit, const sigset_t *mask) {
    if (!is_valid(limit) || nanoseconds(limit) == 0 || !is_moved(CALLER))
        return NEXT(epoll_pwait2)(epoll, events, count, limit, mask);
    struct wait wait = wait_for(nanoseconds(limit));
    while (1) {
        struct timespec slice = timespec_of(slice_of(&wait));
        int ready = NEXT(epoll_pwait2)(epoll, events, count, &slice, mask);
        if (ready != 0 || is_due(&wait)) return ready;
    }
}
#endif

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *limit) {
    if (!is_valid(limit) || nanoseconds(limit) == 0 || !is_moved(CALLER)) return NEXT(sigtimedwait)(set, info, limit);
    struct wait wait = wait_for(nanoseconds(limit));
    while (1) {
        struct timespec slice = timespec_of(slice_of(&wait));
        int signal = NEXT(sigtimedwait)(set, info, &slice);
        if (signal >= 0 || errno != EAGAIN || is_due(&wait)) return signal;
    }
}

int semtimedop(int set, struct sembuf *operations, size_t count, const struct timespec *limit) {
    if (!is_valid(limit) || !is_moved(CALLER)) return NEXT(semtimedop)(set, operations, count, limit);
    for (size_t i = 0; i < count; i++) // EAGAIN would be "not at once" then, and not "too late"
        if (operations[i].sem_flg & IPC_NOWAIT) return NEXT(semtimedop)(set, operations, count, limit);
    struct wait wait = wait_for(nanoseconds(limit));
    while (1) {
        struct timespec slice = timespec_of(slice_of(&wait));
        int result = NEXT(semtimedop)(set, operations, count, &slice);
        if (result == 0 || errno != EAGAIN || is_due(&wait)) return result;
    }
}

// --- waits for a lock or a condition: until a point in time ----------------------------

static struct timespec slice_end(const struct wait *wait, clockid_t clock) {
    return timespec_of(real_now(clock) + slice_of(wait));
}

static int is_timed(clockid_t clock, const struct timespec *until, void *caller) {
    return is_valid(until) && (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && is_moved(caller);
}

// Cuts `call`, which may use `until`, into slices. Once at least: a lock that is free is taken also after the limit.
#define UNTIL(clock, limit, timed_out, call)                                                                           \
    struct wait wait = wait_until(clock, nanoseconds(limit));                                                          \
    while (1) {                                                                                                        \
        struct timespec slice = slice_end(&wait, clock), *until = &slice;                                              \
        __typeof__(call) result = call;                                                                                \
        if (!(timed_out) || is_due(&wait)) return result;                                                              \
    }

#define TIMED(name, type)                                                                                              \
    int name(type *object, const struct timespec *limit) {                                                             \
        if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(name)(object, limit);                                \
        UNTIL(CLOCK_REALTIME, limit, result == ETIMEDOUT, NEXT(name)(object, until))                                   \
    }
#define CLOCKED(name, type)                                                                                            \
    int name(type *object, clockid_t clock, const struct timespec *limit) {                                            \
        if (!is_timed(clock, limit, CALLER)) return NEXT(name)(object, clock, limit);                                  \
        UNTIL(clock, limit, result == ETIMEDOUT, NEXT(name)(object, clock, until))                                     \
    }

TIMED(pthread_mutex_timedlock, pthread_mutex_t)
TIMED(pthread_rwlock_timedrdlock, pthread_rwlock_t)
TIMED(pthread_rwlock_timedwrlock, pthread_rwlock_t)

int sem_timedwait(sem_t *semaphore, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(sem_timedwait)(semaphore, limit);
    UNTIL(CLOCK_REALTIME, limit, result < 0 && errno == ETIMEDOUT, NEXT(sem_timedwait)(semaphore, until))
}

int mtx_timedlock(mtx_t *mutex, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(mtx_timedlock)(mutex, limit);
    UNTIL(CLOCK_REALTIME, limit, result == thrd_timedout, NEXT(mtx_timedlock)(mutex, until))
}

int mq_timedsend(mqd_t queue, const char *text, size_t length, unsigned priority, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(mq_timedsend)(queue, text, length, priority, limit);
    UNTIL(
        CLOCK_REALTIME, limit, result < 0 && errno == ETIMEDOUT,
        NEXT(mq_timedsend)(queue, text, length, priority, until))
}

ssize_t mq_timedreceive(
    mqd_t queue, char *restrict text, size_t length, unsigned *restrict priority,
    const struct timespec *restrict limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(mq_timedreceive)(queue, text, length, priority, limit);
    UNTIL(
        CLOCK_REALTIME, limit, result < 0 && errno == ETIMEDOUT,
        NEXT(mq_timedreceive)(queue, text, length, priority, until))
}

int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(pthread_timedjoin_np)(thread, value, limit);
    UNTIL(CLOCK_REALTIME, limit, result == ETIMEDOUT, NEXT(pthread_timedjoin_np)(thread, value, until))
}

#if __GLIBC_PREREQ(2, 30)
CLOCKED(pthread_mutex_clocklock, pthread_mutex_t)
CLOCKED(pthread_rwlock_clockrdlock, pthread_rwlock_t)
CLOCKED(pthread_rwlock_clockwrlock, pthread_rwlock_t)

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *limit) {
    if (!is_timed(clock, limit, CALLER)) return NEXT(sem_clockwait)(semaphore, clock, limit);
    UNTIL(clock, limit, result < 0 && errno == ETIMEDOUT, NEXT(sem_clockwait)(semaphore, clock, until))
}
#endif

#if __GLIBC_PREREQ(2, 31)
int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock, const struct timespec *limit) {
    if (!is_timed(clock, limit, CALLER)) return NEXT(pthread_clockjoin_np)(thread, value, clock, limit);
    UNTIL(clock, limit, result == ETIMEDOUT, NEXT(pthread_clockjoin_np)(thread, value, clock, until))
}
#endif

// Between two slices nobody waits on the condition, and a signal sent without the mutex could be lost. So signals are
// counted, and a waiter that sees one that it was not given wakes up for nothing, as POSIX allows.
static _Atomic uint32_t signals[1024];
static _Atomic uint32_t *signals_of(const pthread_cond_t *condition) {
    return &signals[((uintptr_t)condition / 16 * 2654435761u) >> 7 & 1023];
}

int pthread_cond_signal(pthread_cond_t *condition) {
    atomic_fetch_add(signals_of(condition), 1);
    return NEXT(pthread_cond_signal)(condition);
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
    atomic_fetch_add(signals_of(condition), 1);
    return NEXT(pthread_cond_broadcast)(condition);
}

static int await(
    pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *limit, int names_clock) {
    struct wait wait = wait_until(clock, nanoseconds(limit));
    uint32_t seen = atomic_load(signals_of(condition)); // the mutex is held: later signals are for this wait
    (void)names_clock;
    while (1) {
        struct timespec until = slice_end(&wait, clock);
        int result;
#if __GLIBC_PREREQ(2, 30)
        if (names_clock) result = NEXT(pthread_cond_clockwait)(condition, mutex, clock, &until);
        else
#endif
            result = NEXT(pthread_cond_timedwait)(condition, mutex, &until);
        if (result != ETIMEDOUT || is_due(&wait)) return result;
        if (atomic_load(signals_of(condition)) != seen) return 0;
    }
}

// The clock that pthread_condattr_setclock chose: bit 1 of __wrefs, in glibc since 2.25.
static clockid_t clock_of(const pthread_cond_t *condition) {
    return condition->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(pthread_cond_timedwait)(condition, mutex, limit);
    return await(condition, mutex, clock_of(condition), limit, 0);
}

#if __GLIBC_PREREQ(2, 30)
int pthread_cond_clockwait(
    pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *limit) {
    if (!is_timed(clock, limit, CALLER)) return NEXT(pthread_cond_clockwait)(condition, mutex, clock, limit);
    return await(condition, mutex, clock, limit, 1);
}
#endif

// glibc's cnd_t and mtx_t are the pthread types by another name.
int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *limit) {
    if (!is_timed(CLOCK_REALTIME, limit, CALLER)) return NEXT(cnd_timedwait)(condition, mutex, limit);
    int result = await((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, CLOCK_REALTIME, limit, 0);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}

// --- limits that nobody sees ------------------------------------------------------------

// SO_RCVTIMEO, SO_SNDTIMEO and the timers: counted whoever sets them, and never taken back.
static void count_limit(int is_armed) {
    if (is_armed && page) atomic_fetch_add(&page->limits, 1);
}

static int is_armed_spec(const struct itimerspec *wanted) {
    return wanted && (wanted->it_value.tv_sec || wanted->it_value.tv_nsec);
}

static int is_armed_value(const struct itimerval *wanted) {
    return wanted && (wanted->it_value.tv_sec || wanted->it_value.tv_usec);
}

static int is_armed_option(int level, int option, const struct timeval *limit, socklen_t size) {
    return level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) && limit && size >= sizeof *limit
        && (limit->tv_sec || limit->tv_usec);
}

// --- the same, asked for by number ---------------------------------------------------

// std::future, std::atomic::wait and other run-time libraries wait with syscall(SYS_futex, …).
static int is_timed_futex(long operation, const struct timespec *limit) {
    long command = operation & ~(long)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    return (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) && is_valid(limit);
}

static long futex(const long a[6]) {
    int is_relative = (a[1] & ~(long)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) == FUTEX_WAIT;
    clockid_t clock = !is_relative && a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    int64_t limit = nanoseconds((const struct timespec *)a[3]);
    struct wait wait = is_relative ? wait_for(limit) : wait_until(clock, limit);
    while (1) {
        struct timespec until = is_relative ? timespec_of(slice_of(&wait)) : slice_end(&wait, clock);
        long result = NEXT(syscall)(SYS_futex, a[0], a[1], a[2], &until, a[4], a[5]);
        if (result == 0 || errno != ETIMEDOUT || is_due(&wait)) return result;
    }
}

long syscall(long number, ...) {
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    int error = 0;
    switch (number) {
    case SYS_clock_gettime: return look((clockid_t)a[0], (struct timespec *)a[1], CALLER);
#ifdef SYS_gettimeofday
    case SYS_gettimeofday:
        if (!a[0] || a[1]) break;
        return look_at_day((struct timeval *)a[0], CALLER);
#endif
#ifdef SYS_time
    case SYS_time: return look_at_seconds((time_t *)a[0], CALLER);
#endif
    case SYS_futex:
        if (!is_timed_futex(a[1], (const struct timespec *)a[3]) || !is_moved(CALLER)) break;
        return futex(a);
    case SYS_nanosleep:
        if (!is_moved(CALLER) || !is_valid((const struct timespec *)a[0])) break;
        error = nap((const struct timespec *)a[0], (struct timespec *)a[1]);
        return error ? (errno = error, -1) : 0;
    case SYS_clock_nanosleep:
        error = is_moved(CALLER) ? clock_nanosleep((clockid_t)a[0], (int)a[1], (void *)a[2], (void *)a[3])
                                 : NEXT(clock_nanosleep)((clockid_t)a[0], (int)a[1], (void *)a[2], (void *)a[3]);
        return error ? (errno = error, -1) : 0;
    case SYS_setsockopt: count_limit(is_armed_option((int)a[1], (int)a[2], (void *)a[3], (socklen_t)a[4])); break;
    case SYS_setitimer: count_limit(a[0] == ITIMER_REAL && is_armed_value((void *)a[1])); break;
    case SYS_timerfd_settime:
    case SYS_timer_settime: count_limit(is_armed_spec((void *)a[2])); break;
#ifdef SYS_alarm
    case SYS_alarm: count_limit(a[0] != 0); break;
#endif
    }
    return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// --- timers that the kernel holds ------------------------------------------------------

// They run in real time. When the page moves, a thread takes from each what it moved since it was armed.
struct armed {
    int is_known;
    int is_armed;
    clockid_t clock;
    _Atomic int64_t *word; // what moves it: a limit on the wall clock moves with the wall clock, all else with boot
    int64_t seen;          // the word when it was armed or last moved
    timer_t timer;
};
static struct armed timerfds[1024], timers[64], interval_timer;
static _Atomic int lock_is_held;
static int mover_runs, has_timers;

// Signals wait meanwhile: a handler may call alarm.
static void lock(sigset_t *old) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, old);
    while (atomic_exchange(&lock_is_held, 1)) sched_yield();
}

static void unlock(const sigset_t *old) {
    atomic_store(&lock_is_held, 0);
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

static void move(struct armed *timer, int64_t left, int64_t *left_now) {
    int64_t word = atomic_load(timer->word);
    *left_now = left - (word - timer->seen);
    timer->seen = word;
    if (*left_now > 0) return;
    *left_now = 1; // 0 would disarm it
    atomic_fetch_add(&page->fired, 1);
}

// The three kinds differ in their calls only. A timer that has fired, or is no timer any more, is left alone.
static void move_timerfd(int file) {
    struct armed *timer = &timerfds[file];
    struct itimerspec now;
    int64_t left;
    if (!timer->is_armed || atomic_load(timer->word) == timer->seen) return;
    if (timerfd_gettime(file, &now) < 0) {
        memset(timer, 0, sizeof *timer);
    } else if (nanoseconds(&now.it_value) > 0) {
        move(timer, nanoseconds(&now.it_value), &left);
        now.it_value = timespec_of(left);
        NEXT(timerfd_settime)(file, 0, &now, NULL);
    }
}

static void move_timer(struct armed *timer) {
    struct itimerspec now;
    int64_t left;
    if (!timer->is_armed || atomic_load(timer->word) == timer->seen) return;
    if (timer_gettime(timer->timer, &now) < 0 || nanoseconds(&now.it_value) == 0) return;
    move(timer, nanoseconds(&now.it_value), &left);
    now.it_value = timespec_of(left);
    NEXT(timer_settime)(timer->timer, 0, &now, NULL);
}

static void move_interval_timer(void) {
    struct itimerval now;
    int64_t left;
    if (!interval_timer.is_armed || atomic_load(interval_timer.word) == interval_timer.seen) return;
    if (getitimer(ITIMER_REAL, &now) < 0 || (!now.it_value.tv_sec && !now.it_value.tv_usec)) return;
    move(&interval_timer, now.it_value.tv_sec * SECOND + now.it_value.tv_usec * 1000, &left);
    now.it_value = (struct timeval){left / SECOND, (left % SECOND + 999) / 1000};
    NEXT(setitimer)(ITIMER_REAL, &now, NULL);
}

static void *move_timers(void *nothing) {
    const struct timespec slice = {0, SLICE};
    while (1) {
        NEXT(clock_nanosleep)(CLOCK_MONOTONIC, 0, &slice, NULL);
        sigset_t old;
        lock(&old);
        for (int i = 0; i < (int)(sizeof timerfds / sizeof *timerfds); i++) move_timerfd(i);
        for (int i = 0; i < (int)(sizeof timers / sizeof *timers); i++) move_timer(&timers[i]);
        move_interval_timer();
        unlock(&old);
    }
    return nothing;
}

// With the lock held: before the kernel gets the timer.
static void arm(struct armed *timer, clockid_t clock, int is_absolute) {
    timer->word = is_absolute ? word_of(clock) : &page->boot;
    timer->seen = atomic_load(timer->word);
    timer->is_armed = has_timers = 1;
    if (mover_runs) return;
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    mover_runs = pthread_create(&thread, &attributes, move_timers, NULL) == 0;
    pthread_attr_destroy(&attributes);
}

// A child has neither our thread nor its parent's alarms. It has its parent's timerfds, which the parent moves.
static void begin_child(void) {
    atomic_store(&lock_is_held, 0);
    if (!has_timers) return; // a fork copies no page that nobody wrote to
    mover_runs = 0;
    for (int i = 0; i < (int)(sizeof timerfds / sizeof *timerfds); i++) timerfds[i].is_armed = 0;
    memset(timers, 0, sizeof timers);
    interval_timer.is_armed = 0;
}

int setsockopt(int socket, int level, int option, const void *value, socklen_t size) {
    count_limit(is_armed_option(level, option, value, size));
    return NEXT(setsockopt)(socket, level, option, value, size);
}

// The kernel knows real time only.
static struct itimerspec real_limit(const struct itimerspec *wanted, clockid_t clock, int is_absolute) {
    struct itimerspec limit = *wanted;
    int64_t ns = nanoseconds(&limit.it_value);
    if (!is_absolute || ns == 0) return limit;
    ns -= virtual_now(clock) - real_now(clock);
    limit.it_value = timespec_of(ns < 1 ? 1 : ns);
    return limit;
}

int timerfd_create(clockid_t clock, int flags) {
    int file = NEXT(timerfd_create)(clock, flags);
    if (file >= 0 && file < (int)(sizeof timerfds / sizeof *timerfds) && is_moved(CALLER) && word_of(clock)) {
        sigset_t old;
        lock(&old);
        timerfds[file] = (struct armed){.is_known = 1, .clock = clock};
        unlock(&old);
    }
    return file;
}

int timerfd_settime(int file, int flags, const struct itimerspec *wanted, struct itimerspec *before) {
    count_limit(is_armed_spec(wanted));
    if (file < 0 || file >= (int)(sizeof timerfds / sizeof *timerfds) || !timerfds[file].is_known || !wanted)
        return NEXT(timerfd_settime)(file, flags, wanted, before);
    sigset_t old;
    lock(&old);
    struct armed *timer = &timerfds[file];
    int is_absolute = flags & TFD_TIMER_ABSTIME;
    struct itimerspec limit = real_limit(wanted, timer->clock, is_absolute);
    arm(timer, timer->clock, is_absolute);
    int result = NEXT(timerfd_settime)(file, flags, &limit, before), error = errno;
    unlock(&old);
    errno = error;
    return result;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer) {
    int result = NEXT(timer_create)(clock, event, timer), error = errno;
    if (result == 0 && is_moved(CALLER) && word_of(clock)) {
        sigset_t old;
        lock(&old);
        for (int i = 0; i < (int)(sizeof timers / sizeof *timers); i++) {
            if (timers[i].is_known) continue;
            timers[i] = (struct armed){.is_known = 1, .clock = clock, .timer = *timer};
            break;
        }
        unlock(&old);
    }
    errno = error;
    return result;
}

static struct armed *known_timer(timer_t timer) {
    for (int i = 0; i < (int)(sizeof timers / sizeof *timers); i++)
        if (timers[i].is_known && timers[i].timer == timer) return &timers[i];
    return NULL;
}

int timer_settime(
    timer_t timer, int flags, const struct itimerspec *restrict wanted, struct itimerspec *restrict before) {
    count_limit(is_armed_spec(wanted));
    if (!page || !wanted) return NEXT(timer_settime)(timer, flags, wanted, before);
    sigset_t old;
    lock(&old);
    struct armed *known = known_timer(timer);
    struct itimerspec limit = *wanted;
    if (known) {
        int is_absolute = flags & TIMER_ABSTIME;
        limit = real_limit(wanted, known->clock, is_absolute);
        arm(known, known->clock, is_absolute);
    }
    int result = NEXT(timer_settime)(timer, flags, &limit, before), error = errno;
    unlock(&old);
    errno = error;
    return result;
}

int timer_delete(timer_t timer) {
    sigset_t old;
    lock(&old);
    struct armed *known = known_timer(timer);
    if (known) memset(known, 0, sizeof *known);
    int result = NEXT(timer_delete)(timer), error = errno;
    unlock(&old);
    errno = error;
    return result;
}

unsigned alarm(unsigned seconds) {
    count_limit(seconds != 0);
    if (!is_moved(CALLER)) return NEXT(alarm)(seconds);
    sigset_t old;
    lock(&old);
    if (seconds) arm(&interval_timer, CLOCK_MONOTONIC, 0);
    unsigned before = NEXT(alarm)(seconds);
    unlock(&old);
    return before;
}

useconds_t ualarm(useconds_t limit, useconds_t interval) {
    count_limit(limit != 0);
    return NEXT(ualarm)(limit, interval);
}

int setitimer(__itimer_which_t which, const struct itimerval *restrict wanted, struct itimerval *restrict before) {
    count_limit(which == ITIMER_REAL && is_armed_value(wanted));
    if (which != ITIMER_REAL || !is_moved(CALLER)) return NEXT(setitimer)(which, wanted, before);
    sigset_t old;
    lock(&old);
    if (wanted) arm(&interval_timer, CLOCK_MONOTONIC, 0);
    int result = NEXT(setitimer)(which, wanted, before), error = errno;
    unlock(&old);
    errno = error;
    return result;
}

// --- the directory ---------------------------------------------------------------------

#define STAND_IN "127.76.68.65" // "LDA"; as an IPv6 address behind "::ffff:"

static struct sockaddr_in directory; // sin_port 0: names and connects are left alone
static char hosts[512] = "ldap.technikum-wien.at,ldap.technikum.wien.at";

static int is_directory_name(const char *name) {
    size_t length = strlen(name);
    if (length && name[length - 1] == '.') length--;
    for (const char *each = hosts; *each;) {
        size_t size = strcspn(each, ",");
        if (size && size == length && !strncasecmp(each, name, size)) return 1;
        each += size + (each[size] == ',');
    }
    return 0;
}

// Names that no name server is asked for.
static int is_own_name(const char *name) {
    char own[256] = "";
    gethostname(own, sizeof own - 1);
    size_t length = strlen(name);
    return !strcasecmp(name, "localhost") || !strncasecmp(name, "localhost.", 10) || !strncasecmp(name, "ip6-", 4)
        || (length > 10 && !strcasecmp(name + length - 10, ".localhost")) || !strcasecmp(name, own);
}

static int is_address(const char *name) {
    struct in6_addr address;
    return inet_aton(name, (struct in_addr *)&address) || inet_pton(AF_INET6, name, &address) == 1
        || strchr(name, '%');
}

// Whether a name is somebody else's, who shall not be asked.
static int is_unreachable_name(const char *name) {
    return directory.sin_port && !is_directory_name(name) && !is_address(name) && !is_own_name(name);
}

static const char *replaced(const char *name, int family) {
    if (!directory.sin_port || !is_directory_name(name)) return name;
    return family == AF_INET6 ? "::ffff:" STAND_IN : STAND_IN;
}

int getaddrinfo(
    const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
    struct addrinfo **restrict result) {
    if (name && is_unreachable_name(name)) return EAI_NONAME;
    if (!directory.sin_port || !name || !is_directory_name(name))
        return NEXT(getaddrinfo)(name, service, hints, result);
    struct addrinfo how = hints ? *hints : (struct addrinfo){.ai_flags = AI_V4MAPPED};
    int wants_name = how.ai_flags & AI_CANONNAME;
    how.ai_flags = (how.ai_flags | AI_NUMERICHOST) & ~(AI_CANONNAME | AI_ADDRCONFIG);
    if (how.ai_family == AF_UNSPEC) how.ai_family = AF_INET;
    int error = NEXT(getaddrinfo)(replaced(name, how.ai_family), service, &how, result);
    if (!error && wants_name) (*result)->ai_canonname = strdup(name); // freeaddrinfo frees it
    return error;
}

struct hostent *gethostbyname(const char *name) {
    if (is_unreachable_name(name)) return h_errno = HOST_NOT_FOUND, NULL;
    return NEXT(gethostbyname)(replaced(name, AF_INET));
}

struct hostent *gethostbyname2(const char *name, int family) {
    if (is_unreachable_name(name)) return h_errno = HOST_NOT_FOUND, NULL;
    return NEXT(gethostbyname2)(replaced(name, family), family);
}

int gethostbyname_r(
    const char *restrict name, struct hostent *restrict host, char *restrict buffer, size_t size,
    struct hostent **restrict result, int *restrict error) {
    if (is_unreachable_name(name)) return *result = NULL, *error = HOST_NOT_FOUND, 0;
    return NEXT(gethostbyname_r)(replaced(name, AF_INET), host, buffer, size, result, error);
}

int gethostbyname2_r(
    const char *restrict name, int family, struct hostent *restrict host, char *restrict buffer, size_t size,
    struct hostent **restrict result, int *restrict error) {
    if (is_unreachable_name(name)) return *result = NULL, *error = HOST_NOT_FOUND, 0;
    return NEXT(gethostbyname2_r)(replaced(name, family), family, host, buffer, size, result, error);
}

// The IPv4 address as the network has it; an IPv6 address that stands for one counts as it.
static int is_ipv4(const struct sockaddr *address, socklen_t length, uint32_t *ipv4) {
    if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        *ipv4 = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
        return 1;
    }
    if (address->sa_family != AF_INET6 || length < sizeof(struct sockaddr_in6)) return 0;
    const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    memcpy(ipv4, &ipv6->s6_addr[12], 4);
    return IN6_IS_ADDR_V4MAPPED(ipv6);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    if (!directory.sin_port || !address || length < sizeof address->sa_family
        || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return NEXT(connect)(socket, address, length);
    uint32_t ipv4;
    if (!is_ipv4(address, length, &ipv4)) {
        const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (length < sizeof(struct sockaddr_in6) || IN6_IS_ADDR_LOOPBACK(ipv6) || IN6_IS_ADDR_UNSPECIFIED(ipv6))
            return NEXT(connect)(socket, address, length);
        return errno = ENETUNREACH, -1;
    }
    if (ipv4 == inet_addr(STAND_IN)) {
        if (address->sa_family == AF_INET)
            return NEXT(connect)(socket, (const struct sockaddr *)&directory, sizeof directory);
        struct sockaddr_in6 mapped = *(const struct sockaddr_in6 *)address;
        memcpy(&mapped.sin6_addr.s6_addr[12], &directory.sin_addr, 4);
        mapped.sin6_port = directory.sin_port;
        return NEXT(connect)(socket, (const struct sockaddr *)&mapped, sizeof mapped);
    }
    if (ipv4 == 0 || (ntohl(ipv4) >> 24) == 127) return NEXT(connect)(socket, address, length);
    return errno = ENETUNREACH, -1;
}

// --- the beginning -----------------------------------------------------------------------

static void map_clock(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *memory = mmap(NULL, CLOCK_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return;
    if (((struct clock_page *)memory)->magic == CLOCK_PAGE_MAGIC) page = memory;
}

static void find_directory(const char *endpoint) {
    char host[64] = "";
    const char *colon = strrchr(endpoint, ':');
    if (!colon || colon - endpoint >= (long)sizeof host) return;
    memcpy(host, endpoint, (size_t)(colon - endpoint));
    int port = atoi(colon + 1);
    if (!inet_aton(host, &directory.sin_addr) || port < 1 || port > 65535) return;
    directory.sin_family = AF_INET;
    directory.sin_port = htons((uint16_t)port);
}

__attribute__((constructor)) static void begin(void) {
#define FIND(f) (void)NEXT(f);
    FOR_EACH_FUNCTION(FIND)
#if __GLIBC_PREREQ(2, 30)
    FOR_EACH_CLOCK_FUNCTION(FIND)
#endif
#if __GLIBC_PREREQ(2, 31)
    FIND(pthread_clockjoin_np)
#endif
#if __GLIBC_PREREQ(2, 35)
    FIND(epoll_pwait2)
#endif
    int saved = errno;
    const char *value = getenv("TESTWORLD_HOSTS");
    if (value && strlen(value) < sizeof hosts) strcpy(hosts, value);
    if ((value = getenv("TESTWORLD_DIRECTORY"))) find_directory(value);
    if ((value = getenv("TESTWORLD_CLOCK"))) map_clock(value);
    pthread_atfork(NULL, NULL, begin_child);
    errno = saved;
}
