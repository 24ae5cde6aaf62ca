#define _GNU_SOURCE
#include "cposix.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int cposix_accept(int listener, void *address, uint32_t *length, int nonblocking) {
    return accept4(listener, address, length, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
}

int cposix_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int cposix_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
int cposix_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
int cposix_merge_freed_memory(void) { return mallopt(M_MXFAST, 0); }
int cposix_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

// linux/landlock.h of older systems lacks the newer fields; the numbers never change.
int cposix_landlock_version(void) { return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1); }

int cposix_landlock_rules(uint64_t files, uint64_t network, uint64_t scopes) {
    uint64_t taken[] = {files, network, scopes};
    size_t fields = scopes ? 3 : network ? 2 : 1;
    return (int)syscall(SYS_landlock_create_ruleset, taken, fields * sizeof taken[0], 0);
}

int cposix_landlock_allow(int rules, uint64_t files, int below) {
    struct __attribute__((packed)) { uint64_t files; int32_t below; } rule = {files, below};
    return (int)syscall(SYS_landlock_add_rule, rules, 1, &rule, 0);
}

int cposix_landlock_enter(int rules) { return (int)syscall(SYS_landlock_restrict_self, rules, 0); }

void cposix_close_from(int first) { (void)close_range((unsigned)first, ~0U, 0); }

int cposix_spawn_in_folder(void *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

// --- signals -----------------------------------------------------------------------

static int signal_pipe[2] = {-1, -1};

static void forward(int signal) {
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    // A full pipe already holds a wake-up, so a failed write loses nothing.
    (void)!write(signal_pipe[1], &byte, 1);
    errno = saved;
}

int cposix_signal_pipe(void) {
    if (signal_pipe[0] < 0 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    return signal_pipe[0];
}

void cposix_signal_forget(void) {
    close(signal_pipe[0]);
    close(signal_pipe[1]);
}

int cposix_signal_catch(int signal) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = forward;
    action.sa_flags = SA_RESTART;
    return sigaction(signal, &action, NULL);
}

// --- clock page --------------------------------------------------------------------

#define CLOCK_PAGE_MAGIC UINT64_C(0x31656761706b6c63) // "clkpage1", little endian

// The same struct as in TestWorld/Resources/testworld.c. Frozen: `wall` and `boot` are the time. Flowing: they are offsets to the real clocks.
struct clock_page {
    uint64_t magic;
    _Atomic int64_t flowing;
    _Atomic int64_t wall;
    _Atomic int64_t boot;
    _Atomic int64_t boots; // how often the virtual machine has been restarted
    _Atomic int64_t reads;
    _Atomic int64_t fired; // waits that ended because the page moved; counted for preloaded servers only
    _Atomic int64_t limits; // limits that the kernel holds and nobody sees; counted for preloaded servers only
};

static int64_t real_time(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t cposix_clock_page_size(void) { return 4096; }

void cposix_clock_page_initialise(void *page, int flowing, int64_t wall, int64_t boot) {
    struct clock_page *clock = page;
    atomic_store(&clock->flowing, flowing);
    atomic_store(&clock->wall, wall);
    atomic_store(&clock->boot, boot);
    atomic_store(&clock->boots, 0);
    atomic_store(&clock->reads, 0);
    atomic_store(&clock->fired, 0);
    atomic_store(&clock->limits, 0);
    clock->magic = CLOCK_PAGE_MAGIC;
}

int cposix_clock_page_is_valid(const void *page) {
    return ((const struct clock_page *)page)->magic == CLOCK_PAGE_MAGIC;
}

int64_t cposix_clock_page_peek_wall(void *page) {
    struct clock_page *clock = page;
    return atomic_load(&clock->wall) + (atomic_load(&clock->flowing) ? real_time(CLOCK_REALTIME) : 0);
}

int64_t cposix_clock_page_wall(void *page) {
    atomic_fetch_add(&((struct clock_page *)page)->reads, 1);
    return cposix_clock_page_peek_wall(page);
}

int64_t cposix_clock_page_boot(void *page) {
    struct clock_page *clock = page;
    atomic_fetch_add(&clock->reads, 1);
    return atomic_load(&clock->boot) + (atomic_load(&clock->flowing) ? real_time(CLOCK_BOOTTIME) : 0);
}

int64_t cposix_clock_page_boots(void *page) { return atomic_load(&((struct clock_page *)page)->boots); }
int64_t cposix_clock_page_reads(void *page) { return atomic_load(&((struct clock_page *)page)->reads); }
int64_t cposix_clock_page_fired(void *page) { return atomic_load(&((struct clock_page *)page)->fired); }
int64_t cposix_clock_page_limits(void *page) { return atomic_load(&((struct clock_page *)page)->limits); }

void cposix_clock_page_advance(void *page, int64_t nanoseconds) {
    struct clock_page *clock = page;
    atomic_fetch_add(&clock->wall, nanoseconds);
    atomic_fetch_add(&clock->boot, nanoseconds);
}

void cposix_clock_page_shift_wall(void *page, int64_t nanoseconds) {
    atomic_fetch_add(&((struct clock_page *)page)->wall, nanoseconds);
}

void cposix_clock_page_reboot(void *page) {
    struct clock_page *clock = page;
    atomic_store(&clock->boot, atomic_load(&clock->flowing) ? -real_time(CLOCK_BOOTTIME) : 0);
    atomic_fetch_add(&clock->boots, 1);
}

void cposix_clock_page_set_flowing(void *page, int flowing) {
    struct clock_page *clock = page;
    int64_t sign = atomic_load(&clock->flowing) - (flowing != 0); // +1: freeze, -1: let flow, 0: as it is
    atomic_fetch_add(&clock->wall, sign * real_time(CLOCK_REALTIME));
    atomic_fetch_add(&clock->boot, sign * real_time(CLOCK_BOOTTIME));
    atomic_store(&clock->flowing, flowing != 0);
}

void cposix_wipe_stack(void) {
    char below[32768];
    explicit_bzero(below, sizeof below);
}

void cposix_store_byte(void *byte, uint8_t value) {
    atomic_store_explicit((_Atomic uint8_t *)byte, value, memory_order_release);
}

uint8_t cposix_load_byte(const void *byte) {
    return atomic_load_explicit((const _Atomic uint8_t *)byte, memory_order_acquire);
}
