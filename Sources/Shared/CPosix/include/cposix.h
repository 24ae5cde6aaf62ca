// The few system interfaces that Swift's Glibc module does not carry, and what only C can say: a signal
// handler, atomics on shared memory.
//
// Plain integers only and no system header: types from a system header would leak
// into every Swift module that imports this one. Errors are returned as in the man
// pages: -1 with errno set.
#ifndef CPOSIX_H
#define CPOSIX_H

#include <stdint.h>

// accept4(2) with SOCK_CLOEXEC; `nonblocking` adds SOCK_NONBLOCK.
int cposix_accept(int listener, void *address, uint32_t *length, int nonblocking);

// pipe2(2) with O_CLOEXEC.
int cposix_pipe(int ends[2]);

// prctl(2): PR_SET_PDEATHSIG, PR_SET_DUMPABLE 0, PR_SET_NO_NEW_PRIVS 1.
int cposix_die_with_parent(int signal);
int cposix_forbid_dumps(void);
int cposix_forbid_new_privileges(void);

// mallopt(3), M_MXFAST 0.
int cposix_merge_freed_memory(void);

// landlock(7), for which the C library has no functions: the version the kernel offers (-1: none), a set of rules
// that takes away `files`, `network` and `scopes` (-1 with EINVAL for what the kernel does not know; a `network` or
// `scopes` of 0 is not named to it), what remains allowed at and below an open file, and the entry, which has no exit.
int cposix_landlock_version(void);
int cposix_landlock_rules(uint64_t files, uint64_t network, uint64_t scopes);
int cposix_landlock_allow(int rules, uint64_t files, int below);
int cposix_landlock_enter(int rules);

// close_range(2): every descriptor from `first` on.
void cposix_close_from(int first);

// posix_spawn_file_actions_addchdir_np(3); `actions` is a posix_spawn_file_actions_t.
int cposix_spawn_in_folder(void *actions, const char *folder);

// Signals as a readable descriptor: each delivered signal is one byte (its number) in a
// pipe. `cposix_signal_pipe` makes the pipe once and returns its non-blocking read end;
// `cposix_signal_catch` routes one signal into it; `cposix_signal_forget` closes the pipe
// in a forked child.
int cposix_signal_pipe(void);
void cposix_signal_forget(void);
int cposix_signal_catch(int signal);

// The clock page (struct in cposix.c): a file mapped by a test harness and by the
// programs under test; see Posix/ClockPage.swift.
uint64_t cposix_clock_page_size(void);
void cposix_clock_page_initialise(void *page, int flowing, int64_t wall, int64_t boot);
int cposix_clock_page_is_valid(const void *page);
int64_t cposix_clock_page_wall(void *page);
int64_t cposix_clock_page_boot(void *page);
int64_t cposix_clock_page_boots(void *page);
int64_t cposix_clock_page_reads(void *page);
int64_t cposix_clock_page_fired(void *page);
int64_t cposix_clock_page_limits(void *page);
int64_t cposix_clock_page_peek_wall(void *page);
void cposix_clock_page_advance(void *page, int64_t nanoseconds);
void cposix_clock_page_shift_wall(void *page, int64_t nanoseconds);
void cposix_clock_page_reboot(void *page);
void cposix_clock_page_set_flowing(void *page, int flowing);

// Overwrites 32 KiB of the stack below the caller: what returned functions have left there.
void cposix_wipe_stack(void);

// One byte, shared between processes, written with release and read with acquire order.
void cposix_store_byte(void *byte, uint8_t value);
uint8_t cposix_load_byte(const void *byte);

#endif
