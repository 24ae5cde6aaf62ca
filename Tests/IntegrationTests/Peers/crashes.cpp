// Dies, or does not, in the way that its argument names. The lines that die say so in a comment (`dies: WAY`), for the
// test to look up.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone))

static volatile int hundred = 100, zero = 0;
static int *volatile nowhere = nullptr;
static void (*volatile noFunction)() = nullptr;
static volatile int sink;

KEPT static void abortHere() {
    std::abort();  // dies: abort, abort in a thread, no descriptor left
}

KEPT static void writeToNull() {
    *nowhere = 1;  // dies: write to null, in a forked child, in a handler
    sink = 1;
}

KEPT static int parseNumber(const std::string &text) {
    int number = std::stoi(text);  // dies: stoi
    sink = number;
    return number;
}

KEPT static int divide() {
    int quotient = hundred / zero;  // dies: division
    sink = quotient;
    return quotient;
}

KEPT static int deeper(int depth) {
    volatile char room[512];
    room[depth % 512] = 1;
    int below = deeper(depth + 1);  // dies: overflow, overflow in a thread
    return below + room[0];
}

KEPT static void callNothing() {
    noFunction();  // dies: call of null
    sink = 2;
}

KEPT static void talkToNobody() {
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    close(ends[1]);
    for (int i = 0; i < 2; i++) sink = (int)write(ends[0], "x", 1);  // dies: broken pipe
}

KEPT static void illegal() {
    __builtin_trap();  // dies: trap
}

KEPT static void smash(size_t length) {
    char small[8];
    std::memset(small, 'A', length);
    sink = small[3];
}

// The stack's chain is broken while the program aborts: nothing can be read of it.
KEPT static void abortOnBrokenStack() {
    void **frame = (void **)__builtin_frame_address(0);
    frame[0] = (void *)0x10;
    frame[1] = (void *)0x4141414141414141;
    std::abort();  // dies: broken stack
}

static void ownHandler(int) {
    static const char said[] = "own handler\n";
    (void)!write(1, said, sizeof said - 1);
    _exit(7);
}

static sigjmp_buf back;
static void jumpingHandler(int) { siglongjmp(back, 1); }

static void crashingHandler(int) { writeToNull(); }

static bool isDefault(int number) {
    struct sigaction seen;
    std::memset(&seen, 1, sizeof seen);
    return sigaction(number, nullptr, &seen) == 0 && seen.sa_handler == SIG_DFL;
}

// Everything that a program can ask about its signals, before and after it had an action of its own.
static int askAll() {
    for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPIPE}) {
        if (!isDefault(number)) return 1;
        if (std::signal(number, ownHandler) != SIG_DFL) return 2;
        if (std::signal(number, SIG_IGN) != ownHandler) return 3;
        if (std::signal(number, SIG_DFL) != SIG_IGN) return 4;
        if (!isDefault(number)) return 5;
        struct sigaction mine = {}, before;
        mine.sa_handler = ownHandler;
        if (sigaction(number, &mine, &before) != 0 || before.sa_handler != SIG_DFL) return 6;
        mine.sa_handler = SIG_DFL;
        if (sigaction(number, &mine, &before) != 0 || before.sa_handler != ownHandler) return 7;
        if (sysv_signal(number, SIG_DFL) != SIG_DFL || !isDefault(number)) return 8;
    }
    stack_t stack;
    int failed = 0;
    if (sigaltstack(nullptr, &stack) != 0 || stack.ss_flags != SS_DISABLE || stack.ss_sp) return 9;
    std::thread([&] {
        if (sigaltstack(nullptr, &stack) != 0 || stack.ss_flags != SS_DISABLE || stack.ss_sp) failed = 10;
    }).join();
    return failed;
}

static int inChild(const std::function<void()> &body) {
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void inThread(void (*body)()) { std::thread(body).join(); }

int main(int count, char **arguments) {
    std::string way = arguments[count - 1];
    if (way == "abort") abortHere();
    if (way == "abort in a thread") inThread(abortHere);
    if (way == "write to null") writeToNull();
    if (way == "in a forked child") return inChild(writeToNull) == SIGSEGV ? 0 : 1;
    if (way == "in a handler") {
        std::signal(SIGUSR1, crashingHandler);
        raise(SIGUSR1);
    }
    if (way == "stoi") parseNumber("alice");
    if (way == "division") divide();
    if (way == "overflow") deeper(0);
    if (way == "overflow in a thread") inThread([] { deeper(0); });
    if (way == "call of null") callNothing();
    if (way == "broken pipe") talkToNobody();
    if (way == "trap") illegal();
    if (way == "smashed stack") smash(100'000 / (zero + 1));
    if (way == "broken stack") abortOnBrokenStack();
    if (way == "no descriptor left") {
        while (open("/dev/null", O_RDONLY) >= 0) {}
        abortHere();
    }
    if (way == "small stack") {
        // Below it is nothing: whoever needs more dies of it.
        char *memory = (char *)mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        stack_t small = {};
        small.ss_sp = memory + 8192 - 3072;
        small.ss_size = 3072;
        sigaltstack(&small, nullptr);
        abortHere();
    }
    if (way == "own handler") {
        std::signal(SIGSEGV, ownHandler);
        writeToNull();
    }
    if (way == "recovers") {
        std::signal(SIGSEGV, jumpingHandler);
        if (!sigsetjmp(back, 1)) writeToNull();
        return 0;
    }
    if (way == "ignores") {
        std::signal(SIGPIPE, SIG_IGN);
        talkToNobody();
        return 0;
    }
    if (way == "many threads") {
        for (int i = 0; i < 2000; i++) inThread([] { sink = sink + 1; });
        return 0;
    }
    if (way == "execs") execl("/bin/sh", "sh", "-c", "kill -SEGV $$", nullptr);
    if (way == "asks") return askAll();
    return 99;
}
