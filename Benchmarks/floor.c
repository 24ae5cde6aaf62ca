/* The floor: about the least that a TW-Mailer server which forks can do on this machine.
 *
 *   floor PORT SPOOL LDAP_PORT read|sendfile
 *   floor fork                          prints what fork, exit and wait take, in microseconds (median)
 *
 * One process per connection; a raw LDAP simple bind over a plain connection of its own for each LOGIN; SEND writes a
 * file, syncs it, links it into the mailbox and syncs the folder; LIST is answered from a flat index per mailbox; READ
 * is the stored file, by read+write or by sendfile. It validates nothing, logs nothing, bans nobody and trusts every
 * byte: it is what the real server is measured against, and must never serve anybody.
 *
 * PORT 0 takes a free port; the port is printed once the server listens. It ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536 };

/* A record of the index: this, then the subject with its LF. The message is the file SPOOL/USER/new/NUMBER. */
struct record {
    uint64_t number;
    uint16_t length;
    uint16_t gone;
    uint32_t unused;
};

static int spool, ldap_port, by_sendfile, client;
static char input[BLOCK];
static size_t input_start, input_end;
static char user[64];
static int mailbox = -1, messages = -1;
static uint64_t *numbers;
static size_t number_count;

static void stop(void) { _exit(0); }

static void send_all(const char *bytes, size_t count) {
    while (count) {
        ssize_t sent = send(client, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) stop();
        bytes += sent;
        count -= (size_t)sent;
    }
}

/* Both parts by one call; the first may be empty. */
static void write_all(int file, const char *head, size_t head_count, const char *bytes, size_t count) {
    while (head_count + count) {
        struct iovec parts[2] = {{(char *)head, head_count}, {(char *)bytes, count}};
        ssize_t written = writev(file, parts, 2);
        if (written <= 0) stop();
        size_t of_head = (size_t)written < head_count ? (size_t)written : head_count;
        head += of_head, head_count -= of_head;
        bytes += (size_t)written - of_head, count -= (size_t)written - of_head;
    }
}

static void reply(int good) { good ? send_all("OK\n", 3) : send_all("ERR\n", 4); }

static size_t fill(void) {
    if (input_start == input_end) input_start = input_end = 0;
    if (input_end == sizeof input) {
        memmove(input, input + input_start, input_end - input_start);
        input_end -= input_start;
        input_start = 0;
    }
    ssize_t got = recv(client, input + input_end, sizeof input - input_end, 0);
    if (got <= 0) stop();
    input_end += (size_t)got;
    return (size_t)got;
}

/* The next line without its LF, as a string; it stands in the buffer until the next call. */
static char *line(void) {
    for (;;) {
        char *end = memchr(input + input_start, '\n', input_end - input_start);
        if (end) {
            char *start = input + input_start;
            *end = 0;
            input_start = (size_t)(end + 1 - input);
            return start;
        }
        fill();
    }
}

/* RFC 4511 §4.2: one message asks, the result code of the answer tells. Names and passwords stay below 128 bytes. */
static int bind_as(const char *name, const char *password) {
    char dn[256];
    int dn_length = snprintf(dn, sizeof dn, "uid=%s,ou=people,dc=technikum-wien,dc=at", name);
    size_t secret = strlen(password), body = 3 + 2 + (size_t)dn_length + 2 + secret, n = 0;
    unsigned char ask[512], answer[512];
    if (dn_length > 120 || secret > 120 || body + 5 > 127) {
        if (body + 7 > 255) return 0;
        ask[n++] = 0x30, ask[n++] = 0x81, ask[n++] = (unsigned char)(3 + 3 + body);
        ask[n++] = 2, ask[n++] = 1, ask[n++] = 1;
        ask[n++] = 0x60, ask[n++] = 0x81, ask[n++] = (unsigned char)body;
    } else {
        ask[n++] = 0x30, ask[n++] = (unsigned char)(3 + 2 + body);
        ask[n++] = 2, ask[n++] = 1, ask[n++] = 1;
        ask[n++] = 0x60, ask[n++] = (unsigned char)body;
    }
    ask[n++] = 2, ask[n++] = 1, ask[n++] = 3;
    ask[n++] = 4, ask[n++] = (unsigned char)dn_length;
    memcpy(ask + n, dn, (size_t)dn_length), n += (size_t)dn_length;
    ask[n++] = 0x80, ask[n++] = (unsigned char)secret;
    memcpy(ask + n, password, secret), n += secret;

    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ldap_port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&to, sizeof to)) return close(s), 0;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (send(s, ask, n, MSG_NOSIGNAL) != (ssize_t)n) return close(s), 0;
    ssize_t got = recv(s, answer, sizeof answer, 0);
    close(s);
    /* 30 len 02 01 id 61 len 0a 01 CODE */
    return got >= 10 && answer[5] == 0x61 && answer[7] == 0x0a && answer[9] == 0;
}

static int folder_at(int parent, const char *name) {
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) return folder;
    mkdirat(parent, name, 0700);
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void login(void) {
    char name[64], password[128];
    snprintf(name, sizeof name, "%s", line());
    snprintf(password, sizeof password, "%s", line());
    int good = bind_as(name, password);
    if (good) {
        memcpy(user, name, sizeof user);
        mailbox = folder_at(spool, user);
        messages = folder_at(mailbox, "new");
    }
    reply(good);
}

/* Writes `head`, then the message up to and with its final dot. Lines are found by memchr; a state of three survives the
 * cut between two reads. */
static void copy_body(int file, const char *head, size_t head_count) {
    enum { LINE_START, AFTER_DOT, IN_LINE } state = LINE_START;
    for (;;) {
        const char *start = input + input_start, *end = input + input_end, *next = start;
        while (next < end) {
            if (state == LINE_START) {
                state = *next == '.' ? AFTER_DOT : *next == '\n' ? LINE_START : IN_LINE;
                next++;
            } else if (state == AFTER_DOT) {
                if (*next == '\n') {
                    next++;
                    write_all(file, head, head_count, start, (size_t)(next - start));
                    input_start = (size_t)(next - input);
                    return;
                }
                state = IN_LINE;
            } else {
                const char *lf = memchr(next, '\n', (size_t)(end - next));
                next = lf ? lf + 1 : end;
                if (lf) state = LINE_START;
            }
        }
        write_all(file, head, head_count, start, (size_t)(next - start));
        head_count = 0;
        input_start = input_end;
        fill();
    }
}

static void receive(void) {
    char receiver[64], subject[512], draft[64], name[32], head[768];
    snprintf(receiver, sizeof receiver, "%s", line());
    int length = snprintf(subject, sizeof subject, "%s\n", line());
    static unsigned count;
    snprintf(draft, sizeof draft, ".draft.%d.%u", getpid(), count++);
    int file = openat(spool, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    copy_body(file, head, (size_t)snprintf(head, sizeof head, "%s\n%s\n%s", user, receiver, subject));
    int good = fsync(file) == 0;
    close(file);
    int box = folder_at(spool, receiver), into = folder_at(box, "new");
    int index = openat(box, "index", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    flock(index, LOCK_EX);
    struct record record = {.length = (uint16_t)length};
    off_t end = lseek(index, 0, SEEK_END);
    uint64_t last = 0;
    if (end >= (off_t)sizeof last) pread(index, &last, sizeof last, end - (off_t)sizeof last);
    /* The last eight bytes are the highest number; a new record goes over them. */
    record.number = last + 1;
    snprintf(name, sizeof name, "%llu", (unsigned long long)record.number);
    good = good && linkat(spool, draft, into, name, 0) == 0;
    char entry[sizeof record + sizeof subject + sizeof last];
    memcpy(entry, &record, sizeof record);
    memcpy(entry + sizeof record, subject, (size_t)length);
    memcpy(entry + sizeof record + length, &record.number, sizeof last);
    size_t size = sizeof record + (size_t)length + sizeof last;
    if (pwrite(index, entry, size, end ? end - (off_t)sizeof last : 0) != (ssize_t)size) good = 0;
    close(index);
    good = good && fsync(into) == 0;
    unlinkat(spool, draft, 0);
    close(into);
    close(box);
    reply(good);
}

static char *read_index(size_t *size) {
    int index = openat(mailbox, "index", O_RDWR | O_CLOEXEC);
    *size = 0;
    if (index < 0) return NULL;
    struct stat status;
    flock(index, LOCK_EX);
    fstat(index, &status);
    char *bytes = malloc((size_t)status.st_size);
    ssize_t got = pread(index, bytes, (size_t)status.st_size, 0);
    close(index);
    if (got > (ssize_t)sizeof(uint64_t)) *size = (size_t)got - sizeof(uint64_t);
    return bytes;
}

static void list(void) {
    size_t size, count = 0, length = 0;
    char *bytes = read_index(&size), *text = malloc(size + 32);
    number_count = 0;
    numbers = realloc(numbers, (size / sizeof(struct record) + 1) * sizeof *numbers);
    for (size_t at = 0; at < size;) {
        struct record record;
        memcpy(&record, bytes + at, sizeof record);
        at += sizeof record;
        if (!record.gone) {
            numbers[number_count++] = record.number;
            memcpy(text + 32 + length, bytes + at, record.length);
            length += record.length;
            count++;
        }
        at += record.length;
    }
    char head[32];
    int head_length = snprintf(head, sizeof head, "%zu\n", count);
    memcpy(text + 32 - head_length, head, (size_t)head_length);
    send_all(text + 32 - head_length, (size_t)head_length + length);
    free(text);
    free(bytes);
}

static void read_mail(void) {
    size_t number = strtoul(line(), NULL, 10);
    if (number < 1 || number > number_count) return reply(0);
    char name[32];
    snprintf(name, sizeof name, "%llu", (unsigned long long)numbers[number - 1]);
    int file = openat(messages, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return reply(0);
    if (by_sendfile) {
        struct stat status;
        fstat(file, &status);
        send(client, "OK\n", 3, MSG_NOSIGNAL | MSG_MORE);
        for (off_t at = 0; at < status.st_size;)
            if (sendfile(client, file, &at, (size_t)(status.st_size - at)) <= 0) stop();
    } else {
        static char block[BLOCK];
        memcpy(block, "OK\n", 3);
        size_t filled = 3;
        ssize_t got;
        while ((got = read(file, block + filled, sizeof block - filled)) > 0) {
            send_all(block, filled + (size_t)got);
            filled = 0;
        }
    }
    close(file);
}

static void serve(void) {
    int one = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (;;) {
        const char *verb = line();
        if (!strcmp(verb, "QUIT")) return;
        if (!strcmp(verb, "LOGIN")) login();
        else if (mailbox < 0) reply(0);
        else if (!strcmp(verb, "SEND")) receive();
        else if (!strcmp(verb, "LIST")) list();
        else if (!strcmp(verb, "READ")) read_mail();
        else reply(0);
    }
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

static void measure_fork(void) {
    enum { ROUNDS = 2000 };
    static double taken[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        if (fork() == 0) _exit(0);
        wait(NULL);
        clock_gettime(CLOCK_MONOTONIC, &end);
        taken[i] = (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
    }
    qsort(taken, ROUNDS, sizeof *taken, by_size);
    printf("%.0f\n", taken[ROUNDS / 2]);
}

/* It only wakes ppoll. */
static void child_ended(int signal) { (void)signal; }

int main(int count, char **argument) {
    if (count == 2 && !strcmp(argument[1], "fork")) return measure_fork(), 0;
    if (count != 5) return 64;
    spool = open(argument[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ldap_port = atoi(argument[3]);
    by_sendfile = !strcmp(argument[4], "sendfile");
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argument[1]))};
    socklen_t length = sizeof address;
    if (spool < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) {
        fprintf(stderr, "floor: %s\n", strerror(errno));
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
    sigset_t child, none;
    sigemptyset(&none);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    signal(SIGCHLD, child_ended);
    for (;;) {
        struct pollfd waits[2] = {{.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        int ready = ppoll(waits, 2, NULL, &none);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
        if (ready < 1) continue;
        if (waits[1].revents) return 0;
        client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0) {
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(listener);
                serve();
                _exit(0);
            }
            close(client);
        }
    }
}
