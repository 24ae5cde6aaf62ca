// Preloaded into a server under test, in one library with testworld.c: whoever dies by a signal writes down where.
// An unwinder of its own, seen by nobody else, reads the stack: -static-libgcc -Wl,--exclude-libs,ALL.
//
//   TESTWORLD_CRASHES   a file that is there; each crash appends a record to it by one write(2)
//
//   crash PID TID SIGNAL ADDRESS STACK    the last two in hexadecimal: what faulted, or -, and the stack pointer
//   OFFSET MODULE                         a frame, the innermost first; `addr2line -e MODULE` takes the offset
//   …
//                                         an empty line ends the record
//
// The program shall not notice. A signal gets our handler only while it would have the default action. Whoever asks for
// its action, or for the alternate stack, is told of none. The handler ends in the default action of the same signal.
//
// Not reached: a thread of thrd_create that overflows its stack, a signal that is blocked when the fault happens, and
// programs that bring an alternate stack which is too small for two handlers, as those in Rust.
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

static char records[PATH_MAX]; // the path; empty: nothing is done
#define MOST_BYTES (1 << 20) // of records: who dies for each client has told enough by then
static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPIPE};

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))
#define THREAD_LOCAL static __thread __attribute__((tls_model("initial-exec")))

// The functions that the program would have called without us.
static __typeof__(&sigaction) real_sigaction;
static __typeof__(&sigaltstack) real_sigaltstack;
static __typeof__(&signal) real_signal, real_sysv_signal;
static __typeof__(&pthread_create) real_pthread_create;

// Also before our constructor, where an earlier one calls.
static void find_real(void) {
    if (real_pthread_create) return;
    real_sigaction = (__typeof__(real_sigaction))dlsym(RTLD_NEXT, "sigaction");
    real_sigaltstack = (__typeof__(real_sigaltstack))dlsym(RTLD_NEXT, "sigaltstack");
    real_signal = (__typeof__(real_signal))dlsym(RTLD_NEXT, "signal");
    real_sysv_signal = (__typeof__(real_sysv_signal))dlsym(RTLD_NEXT, "__sysv_signal");
    real_pthread_create = (__typeof__(real_pthread_create))dlsym(RTLD_NEXT, "pthread_create");
}

// --- what is known of a crash ----------------------------------------------------------

// Of the thread that comes first; others wait until it has ended them all. Nothing big is on the stack.
static struct {
    int signal;
    const siginfo_t *info;
    const ucontext_t *context;
    uintptr_t stack;
    int count, is_inside;
    uintptr_t frames[48];    // inside the instruction of each, the innermost first
    const char *modules[48]; // the file that it is in; NULL: none
    uintptr_t offsets[48];   // where in that file, as its symbol table counts
    uintptr_t base;          // where the file that is being looked at begins
    size_t used;
    char paths[2048];
} crash;

static void on_crash(int, siginfo_t *, void *);
// SA_NODEFER: also a fault in the handler is handled.
static const struct sigaction ours = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

// Memory is read that may be broken: a fault then ends the reading, and what was found must do.
static sigjmp_buf escape;
THREAD_LOCAL volatile int may_escape;

static __attribute__((noinline)) void guarded(void (*step)(void)) {
    static struct sigaction on_fault[2]; // the program's own, perhaps
    real_sigaction(SIGSEGV, &ours, &on_fault[0]);
    real_sigaction(SIGBUS, &ours, &on_fault[1]);
    if (!sigsetjmp(escape, 0)) {
        may_escape = 1;
        step();
    }
    may_escape = 0;
    real_sigaction(SIGSEGV, &on_fault[0], NULL);
    real_sigaction(SIGBUS, &on_fault[1], NULL);
}

static void add_frame(uintptr_t place) {
    if (crash.count < COUNT(crash.frames)) crash.frames[crash.count++] = place;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *nothing) {
    (void)nothing;
    int is_exact = 0;
    uintptr_t place = _Unwind_GetIPInfo(context, &is_exact);
    if (crash.is_inside) add_frame(is_exact ? place : place - 1);
    else if (place == crash.frames[0]) crash.is_inside = 1; // so far it was the handler
    return crash.count < COUNT(crash.frames) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void walk(void) {
    uintptr_t caller;
#if defined(__x86_64__)
    crash.stack = (uintptr_t)crash.context->uc_mcontext.gregs[REG_RSP];
    add_frame((uintptr_t)crash.context->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    crash.stack = crash.context->uc_mcontext.sp;
    add_frame(crash.context->uc_mcontext.pc);
#else
    crash.is_inside = 1;
#endif
    _Unwind_Backtrace(visit, NULL);
    // After a call of what is no function nothing tells its frame; but it was to return to the caller.
#if defined(__x86_64__)
    caller = *(uintptr_t *)crash.stack;
#elif defined(__aarch64__)
    caller = crash.context->uc_mcontext.regs[30];
#else
    caller = 0;
#endif
    if (crash.count == 1 && caller) add_frame(caller - 1);
}

static const char *keep(const char *path) {
    size_t size = strlen(path) + 1;
    for (const char *each = crash.paths; each < crash.paths + crash.used; each += strlen(each) + 1)
        if (!strcmp(each, path)) return each;
    if (size > sizeof crash.paths - crash.used) return NULL;
    crash.used += size;
    return memcpy(crash.paths + crash.used - size, path, size);
}

// A line of proc_pid_maps(5): START-END MODE OFFSET DEVICE INODE PATH.
static void look_at_mapping(const char *line) {
    char *rest;
    uintptr_t start = strtoul(line, &rest, 16), end = strtoul(rest + 1, &rest, 16);
    const char *mode = rest + 1, *path = strchr(line, '/');
    if (!path || end <= start) return;
    if (strtoul(mode + 5, NULL, 16) == 0) crash.base = start;
    if (mode[2] != 'x') return;
    for (int i = 0; i < crash.count; i++) {
        uintptr_t place = crash.frames[i];
        if (place < start || place >= end) continue;
        int is_movable = ((const Elf64_Ehdr *)crash.base)->e_type == ET_DYN;
        crash.offsets[i] = is_movable ? place - crash.base : place;
        crash.modules[i] = keep(path);
    }
}

static int open_anyhow(const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC);
    // Who has no descriptor left gives one up: it dies.
    return file < 0 && errno == EMFILE && close(0) == 0 ? open(path, flags | O_CLOEXEC) : file;
}

// The kernel's own table: dladdr and dl_iterate_phdr take the loader's lock.
static void find_modules(void) {
    int maps = open_anyhow("/proc/self/maps", O_RDONLY);
    static char buffer[4096];
    size_t held = 0;
    ssize_t got;
    while ((got = read(maps, buffer + held, sizeof buffer - 1 - held)) > 0) {
        held += (size_t)got;
        buffer[held] = 0;
        char *line = buffer, *end;
        for (; (end = strchr(line, '\n')); line = end + 1) {
            *end = 0;
            look_at_mapping(line);
        }
        held -= (size_t)(line - buffer);
        memmove(buffer, line, held);
        if (held == sizeof buffer - 1) held = 0; // no path is as long
    }
    close(maps);
}

// --- the record ------------------------------------------------------------------------

static struct {
    size_t length;
    char bytes[8192];
} text;

static void add(const char *word, size_t length) {
    memcpy(text.bytes + text.length, word, length);
    text.length += length;
}

static void add_number(uintptr_t number, unsigned base, char after) {
    char digits[24];
    size_t place = sizeof digits;
    digits[--place] = after;
    do digits[--place] = "0123456789abcdef"[number % base];
    while (number /= base);
    add(digits + place, sizeof digits - place);
}

static void write_record(void) {
    add("crash ", 6);
    add_number((uintptr_t)getpid(), 10, ' ');
    add_number((uintptr_t)syscall(SYS_gettid), 10, ' ');
    add_number((uintptr_t)crash.signal, 10, ' ');
    // The kernel knows no address where it is none that could be (SI_KERNEL), nor where somebody sent the signal.
    int is_known = crash.info->si_code > 0 && crash.info->si_code != SI_KERNEL;
    if (is_known) add_number((uintptr_t)crash.info->si_addr, 16, ' ');
    else add("- ", 2);
    add_number(crash.stack, 16, '\n');
    for (int i = 0; i < crash.count; i++) {
        if (!crash.modules[i] || text.length + strlen(crash.modules[i]) + 32 > sizeof text.bytes) continue;
        add_number(crash.offsets[i], 16, ' ');
        add(crash.modules[i], strlen(crash.modules[i]));
        add("\n", 1);
    }
    add("\n", 1);
    int file = open_anyhow(records, O_WRONLY | O_APPEND);
    if (lseek(file, 0, SEEK_END) < MOST_BYTES) (void)!write(file, text.bytes, text.length);
    close(file);
}

static int is_first(void) {
    static _Atomic int is_taken;
    for (int i = 0; i < 100000; i++) { // whoever was first ends us long before
        if (!atomic_exchange(&is_taken, 1)) return 1;
        sched_yield();
    }
    return 0;
}

static void on_crash(int signal, siginfo_t *info, void *context) {
    THREAD_LOCAL uintptr_t outer;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    // Where the handler's own stack was too small the kernel begins it anew, and over the frame that we would jump to.
    if (may_escape && here < outer) siglongjmp(escape, 1);
    if (!outer && is_first()) {
        outer = here;
        crash.signal = signal;
        crash.info = info;
        crash.context = context;
        guarded(walk);
        guarded(find_modules);
        write_record();
    }
    static const struct sigaction as_ever; // SIG_DFL is 0
    real_sigaction(signal, &as_ever, NULL);
    raise(signal);
}

// --- a signal's action, as the program sees it -----------------------------------------

static int is_deadly(int signal) {
    for (int i = 0; i < COUNT(deadly); i++)
        if (deadly[i] == signal) return records[0] != 0;
    return 0;
}

static sighandler_t shown(sighandler_t action) { return action == ours.sa_handler ? SIG_DFL : action; }

int sigaction(int signal, const struct sigaction *restrict wanted, struct sigaction *restrict before) {
    find_real();
    if (!is_deadly(signal)) return real_sigaction(signal, wanted, before);
    int result = real_sigaction(signal, wanted && wanted->sa_handler == SIG_DFL ? &ours : wanted, before);
    if (result == 0 && before && before->sa_sigaction == on_crash) memset(before, 0, sizeof *before); // SIG_DFL is 0
    return result;
}

static sighandler_t set(__typeof__(&signal) real, int number, sighandler_t wanted) {
    struct sigaction before;
    if (!is_deadly(number)) return real(number, wanted);
    if (wanted != SIG_DFL) return shown(real(number, wanted));
    return real_sigaction(number, &ours, &before) == 0 ? shown(before.sa_handler) : SIG_ERR;
}

sighandler_t signal(int number, sighandler_t wanted) { return find_real(), set(real_signal, number, wanted); }
sighandler_t __sysv_signal(int number, sighandler_t wanted) {
    return find_real(), set(real_sysv_signal, number, wanted);
}
sighandler_t bsd_signal(int number, sighandler_t wanted) { return signal(number, wanted); }
sighandler_t ssignal(int number, sighandler_t wanted) { return signal(number, wanted); }
sighandler_t sysv_signal(int number, sighandler_t wanted) { return __sysv_signal(number, wanted); }

// --- a stack for the handler, where the thread's own may be the trouble ------------------

#define STACK_SIZE 65536
#define LEAST_SIZE 16384

static char first_stack[STACK_SIZE];
THREAD_LOCAL char *own_stack;
static pthread_key_t end_of_thread;

static void lend_stack(char *memory) {
    stack_t stack;
    if (real_sigaltstack(NULL, &stack) < 0 || !(stack.ss_flags & SS_DISABLE)) return;
    if (!memory) {
        memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return;
        pthread_setspecific(end_of_thread, memory);
    }
    own_stack = memory;
    stack = (stack_t){.ss_sp = memory, .ss_size = STACK_SIZE};
    real_sigaltstack(&stack, NULL);
}

static void take_stack(void *memory) {
    stack_t stack, none = {.ss_flags = SS_DISABLE};
    if (real_sigaltstack(NULL, &stack) == 0 && stack.ss_sp == memory) real_sigaltstack(&none, NULL);
    own_stack = NULL;
    munmap(memory, STACK_SIZE);
}

// On a smaller stack than ours needs, a handler of the program's and ours on top of it change how the program dies.
static void withdraw(void) {
    records[0] = 0;
    for (int i = 0; i < COUNT(deadly); i++) {
        struct sigaction now, as_ever = {.sa_handler = SIG_DFL};
        if (real_sigaction(deadly[i], NULL, &now) == 0 && now.sa_sigaction == on_crash)
            real_sigaction(deadly[i], &as_ever, NULL);
    }
}

// Run-time libraries bring a stack of their own where they see none, and unmap the one that they see.
int sigaltstack(const stack_t *restrict wanted, stack_t *restrict before) {
    find_real();
    if (records[0] && wanted && !(wanted->ss_flags & SS_DISABLE) && wanted->ss_size < LEAST_SIZE) withdraw();
    int result = real_sigaltstack(wanted, before);
    if (result == 0 && before && own_stack && before->ss_sp == own_stack) *before = (stack_t){.ss_flags = SS_DISABLE};
    return result;
}

struct task {
    void *(*run)(void *);
    void *argument;
};

static void *begin_thread(void *memory) {
    struct task task = *(struct task *)memory;
    free(memory);
    lend_stack(NULL);
    return task.run(task.argument);
}

int pthread_create(
    pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run)(void *),
    void *restrict argument) {
    find_real();
    struct task *task = records[0] ? malloc(sizeof *task) : NULL;
    if (!task) return real_pthread_create(thread, attributes, run, argument);
    *task = (struct task){run, argument};
    int error = real_pthread_create(thread, attributes, begin_thread, task);
    if (error) free(task);
    return error;
}

__attribute__((constructor)) static void begin(void) {
    find_real();
    const char *path = getenv("TESTWORLD_CRASHES");
    if (!path || strlen(path) >= sizeof records || pthread_key_create(&end_of_thread, take_stack) != 0) return;
    stack_t stack;
    if (real_sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE) && stack.ss_size < LEAST_SIZE) return;
    strcpy(records, path);
    lend_stack(first_stack);
    for (int i = 0; i < COUNT(deadly); i++) {
        struct sigaction now;
        if (real_sigaction(deadly[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            real_sigaction(deadly[i], &ours, NULL);
    }
}
