// Waits 60 s in the way that its argument names; says "armed" before, and after it the result (0 is right) and how many
// seconds passed.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, taken = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;

static struct timespec after_60(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_sec += 60;
    return t;
}
static void ignore(int signal) { (void)signal; }
static void *take(void *nothing) { return pthread_mutex_lock(&taken), nothing; }
static int timed_out(int result, int error) { return result < 0 && errno == error ? 0 : -1; }

static void *work(void *nothing) {
    puts("at work");
    fflush(stdout);
    while (1) __asm__ volatile("");
    return nothing;
}

static int wait_on_socket(int option, long seconds) {
    struct timeval limit = {seconds, 0};
    int ends[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    setsockopt(ends[0], SOL_SOCKET, option, &limit, sizeof limit);
    return (int)recv(ends[0], &byte, 1, 0);
}

static int wait_by(const char *way) {
    struct timespec t = {60, 0}, wall = after_60(CLOCK_REALTIME), boot = after_60(CLOCK_MONOTONIC);
    struct pollfd file = {-1, POLLIN, 0};
    struct epoll_event event;
    struct itimerspec once = {{0, 0}, {60, 0}}, at = {{0, 0}, wall};
    int ends[2], epoll = epoll_create1(0), word = 0;
    fd_set set;
    if (pipe(ends)) return -1;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
#define WAY(name) if (!strcmp(way, name))
    WAY("sleep") return (int)sleep(60);
    WAY("usleep") return usleep(60000000);
    WAY("nanosleep") return nanosleep(&t, NULL);
    WAY("clock_nanosleep") return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
    WAY("clock_nanosleep-until") return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &wall, NULL);
    WAY("thrd_sleep") return thrd_sleep(&t, NULL);
    WAY("poll") return poll(&file, 0, 60000);
    WAY("ppoll") return ppoll(&file, 0, &t, NULL);
    WAY("select") {
        struct timeval limit = {60, 0};
        return select(ends[0] + 1, &set, NULL, NULL, &limit) || FD_ISSET(ends[0], &set) || limit.tv_sec;
    }
    WAY("pselect") return pselect(ends[0] + 1, &set, NULL, NULL, &t, NULL) || FD_ISSET(ends[0], &set);
    WAY("epoll_wait") return epoll_wait(epoll, &event, 1, 60000);
    WAY("epoll_pwait") return epoll_pwait(epoll, &event, 1, 60000, NULL);
    WAY("sigtimedwait") {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGUSR1);
        sigprocmask(SIG_BLOCK, &signals, NULL);
        return timed_out(sigtimedwait(&signals, NULL, &t), EAGAIN);
    }
    WAY("semtimedop") {
        struct sembuf take_one = {0, -1, 0};
        int set_of_one = semget(IPC_PRIVATE, 1, 0600), result;
        result = timed_out(semtimedop(set_of_one, &take_one, 1, &t), EAGAIN);
        semctl(set_of_one, 0, IPC_RMID);
        return result;
    }
    WAY("pthread_cond_timedwait") {
        pthread_mutex_lock(&mutex);
        return pthread_cond_timedwait(&condition, &mutex, &wall) != ETIMEDOUT;
    }
    WAY("pthread_cond_timedwait-monotonic") {
        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&condition, &attributes);
        pthread_mutex_lock(&mutex);
        return pthread_cond_timedwait(&condition, &mutex, &boot) != ETIMEDOUT;
    }
    WAY("pthread_mutex_timedlock") {
        pthread_t thread;
        pthread_create(&thread, NULL, take, NULL);
        pthread_join(thread, NULL);
        return pthread_mutex_timedlock(&taken, &wall) != ETIMEDOUT;
    }
    WAY("cnd_timedwait") {
        cnd_t c;
        mtx_t m;
        cnd_init(&c);
        mtx_init(&m, mtx_plain);
        mtx_lock(&m);
        return cnd_timedwait(&c, &m, &wall) != thrd_timedout;
    }
    WAY("sem_timedwait") return timed_out(sem_timedwait(&semaphore, &wall), ETIMEDOUT);
#if __GLIBC_PREREQ(2, 30)
    WAY("pthread_cond_clockwait") {
        pthread_mutex_lock(&mutex);
        return pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &boot) != ETIMEDOUT;
    }
    WAY("sem_clockwait") return timed_out(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &boot), ETIMEDOUT);
#endif
    WAY("futex") return timed_out((int)syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
    WAY("futex-until")
        return timed_out((int)syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &boot, NULL, -1), ETIMEDOUT);
    WAY("timerfd-read") {
        long ticks;
        file.fd = timerfd_create(CLOCK_MONOTONIC, 0);
        timerfd_settime(file.fd, 0, &once, NULL);
        return read(file.fd, &ticks, sizeof ticks) != sizeof ticks || ticks != 1;
    }
    WAY("timerfd-until-poll") {
        file.fd = timerfd_create(CLOCK_REALTIME, 0);
        timerfd_settime(file.fd, TFD_TIMER_ABSTIME, &at, NULL);
        return poll(&file, 1, -1) != 1;
    }
    WAY("alarm") {
        signal(SIGALRM, ignore);
        alarm(60);
        return timed_out(pause(), EINTR);
    }
    WAY("setitimer") {
        struct itimerval limit = {{0, 0}, {60, 0}};
        signal(SIGALRM, ignore);
        setitimer(ITIMER_REAL, &limit, NULL);
        return timed_out(pause(), EINTR);
    }
    WAY("timer_settime") {
        struct sigevent by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
        timer_t timer;
        signal(SIGUSR1, ignore);
        timer_create(CLOCK_REALTIME, &by_signal, &timer);
        timer_settime(timer, 0, &once, NULL);
        return timed_out(pause(), EINTR);
    }
    WAY("ualarm") {
        signal(SIGALRM, SIG_IGN);
        ualarm(900000, 0);
        return pause();
    }
    WAY("SO_RCVTIMEO") return wait_on_socket(SO_RCVTIMEO, 60);
    WAY("SO_SNDTIMEO") return wait_on_socket(SO_SNDTIMEO, 60);
    WAY("limits taken away") {
        struct itimerval never = {{0, 0}, {0, 0}};
        alarm(0);
        setitimer(ITIMER_REAL, &never, NULL);
        return wait_on_socket(SO_RCVTIMEO, 0);
    }
    WAY("for another thread at work") {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
        return pthread_join(thread, NULL);
    }
    WAY("sixty sleeps of a second") {
        int left = 0;
        for (int i = 0; i < 60; i++) left += (int)sleep(1);
        return left;
    }
    return -2;
}

int main(int count, char **arguments) {
    time_t began = time(NULL);
    sem_init(&semaphore, 0, 0);
    puts("armed");
    fflush(stdout);
    int result = wait_by(arguments[count - 1]);
    printf("%d %ld\n", result, (long)(time(NULL) - began));
}
