// A server that knows LOGIN and the ban only, in the styles that servers of the course have.
//
//   cc -D… login-only.c -lldap -llber        (with -DNO_DIRECTORY without them)
//     -DTHREADS        a thread per client, and one per ban that sleeps it out; else a process per client and time()
//     -DKERNEL_CLOCK   the time comes from the kernel itself, as in a Go program
//     -DFOREVER        a ban does not end
//     -DRESTLESS       a thread that never sleeps, as runtimes have them
//     -DCRASHES        a wrong password writes to where nothing is
//     -DNO_DIRECTORY   passwords are "<user>-secret"
//   a.out PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifndef NO_DIRECTORY
#include <ldap.h>
#endif

struct ban { in_addr_t address; int failures; time_t until; };
static struct ban *bans; // shared by the processes
enum { BANS = 64 };

static inline time_t now(void) {
#ifdef KERNEL_CLOCK
    struct timespec t;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_clock_gettime), "D"(0), "S"(&t) : "rcx", "r11", "memory");
    return t.tv_sec;
#else
    return time(NULL);
#endif
}

static struct ban *ban_of(in_addr_t address) {
    for (int i = 0; i < BANS; i++)
        if (bans[i].address == address || !bans[i].address) return bans[i].address = address, &bans[i];
    exit(1);
}

#ifdef THREADS
static void *lift(void *ban) {
    sleep(60);
    memset(ban, 0, sizeof(struct ban));
    return NULL;
}
static int is_banned(struct ban *ban) { return ban->until != 0; }
static void begin(struct ban *ban) {
    pthread_t thread;
    ban->until = 1;
    pthread_create(&thread, NULL, lift, ban);
    pthread_detach(thread);
}
#else
static int is_banned(struct ban *ban) {
    if (ban->until && now() >= ban->until) ban->failures = ban->until = 0;
    return ban->until != 0;
}
#ifdef FOREVER
static void begin(struct ban *ban) { ban->until = now() + 60000000; }
#else
static void begin(struct ban *ban) { ban->until = now() + 60; }
#endif
#endif

static int is_right(const char *user, char *password) {
#ifdef NO_DIRECTORY
    char right[128];
    snprintf(right, sizeof right, "%s-secret", user);
    return !strcmp(right, password);
#else
    LDAP *directory;
    int version = LDAP_VERSION3;
    char name[256];
    snprintf(name, sizeof name, "uid=%s,ou=people,dc=technikum-wien,dc=at", user);
    struct berval secret = {strlen(password), password}, *answer = NULL;
    if (ldap_initialize(&directory, "ldap://ldap.technikum-wien.at:389")) return 0;
    ldap_set_option(directory, LDAP_OPT_PROTOCOL_VERSION, &version);
    int error = ldap_start_tls_s(directory, NULL, NULL);
    if (error) fprintf(stderr, "StartTLS: %s\n", ldap_err2string(error));
    if (!error) error = ldap_sasl_bind_s(directory, name, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &answer);
    ldap_unbind_ext_s(directory, NULL, NULL);
    return error == LDAP_SUCCESS && *password;
#endif
}

static int line_of(FILE *client, char *line, int size) {
    if (!fgets(line, size, client)) return 0;
    line[strcspn(line, "\n")] = 0;
    return 1;
}

#ifdef CRASHES
static char *volatile reply;
static __attribute__((noinline)) void refuse(void) {
    reply[0] = 'E'; // dies: refuse
}
#else
static void refuse(void) {}
#endif

struct session { int socket; in_addr_t address; };

static void *serve(void *argument) {
    struct session session = *(struct session *)argument;
    int socket = session.socket;
    free(argument);
    FILE *client = fdopen(socket, "r");
    char command[64], user[64], password[64];
    while (line_of(client, command, sizeof command) && strcmp(command, "QUIT")) {
        int accepted = 0;
        if (!strcmp(command, "LOGIN") && line_of(client, user, sizeof user)
            && line_of(client, password, sizeof password)) {
            struct ban *ban = ban_of(session.address);
            if (!is_banned(ban)) {
                accepted = is_right(user, password);
                ban->failures = accepted ? 0 : ban->failures + 1;
                if (ban->failures == 3) begin(ban);
            }
        }
        if (!accepted) refuse();
        dprintf(socket, accepted ? "OK\n" : "ERR\n");
    }
    fclose(client);
    return NULL;
}

#ifdef RESTLESS
static void *spin(void *nothing) {
    while (1) sched_yield();
    return nothing;
}
#endif

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[count - 1]))};
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    bans = mmap(NULL, sizeof *bans * BANS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
#ifdef RESTLESS
    pthread_t restless;
    pthread_create(&restless, NULL, spin, NULL);
#endif
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return 1;
    while (1) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        int client = accept(listener, (struct sockaddr *)&peer, &length);
        if (client < 0) continue;
        struct session *session = malloc(sizeof *session);
        *session = (struct session){client, peer.sin_addr.s_addr};
#ifdef THREADS
        pthread_t thread;
        pthread_create(&thread, NULL, serve, session);
        pthread_detach(thread);
#else
        if (fork() == 0) {
            close(listener);
            serve(session);
            exit(0);
        }
        close(client);
        free(session);
#endif
    }
}
