// A server as courses see them: it works when one tries it by hand, and has the faults that come with that.
//
//   cc course.c -lldap -llber -lpthread; a.out PORT SPOOL
//
// Written for the suite's tests alone. IndependentPeerTests holds which clause names which fault:
//   FRAME-1  one recv() is one command; a message ends where a packet ends with a dot
//   FRAME-3  replies go out with the NUL of their string
//   FRAME-5  so a LOGIN that is cut short counts as an attempt
//   LOGIN-6  the password is copied into 20 bytes
//   BAN-2    the addresses stand in one text that strstr() searches
//   BAN-5    that text is in memory only; a thread per ban sleeps for a minute and takes the address out
//   SEND-6   the receiver is pasted into a path
//   LIST-1   who has no folder yet is answered ERR
//   READ-3   the number is pasted into a path
//   DEL-4    a mail's number is the count of mails plus one
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <ldap.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static const char *spool;
static char banned[65536];
static struct attempt { char who[128]; int failures; } attempts[1024];

struct session { int socket; char address[INET_ADDRSTRLEN], user[64]; };

static void answer(struct session *s, const char *text) { send(s->socket, text, strlen(text) + 1, 0); }

// The next line of a command; an empty one when there is none.
static char *line_of(char **rest) {
    char *line = strsep(rest, "\n");
    return line ? line : "";
}

// --- the directory ---

static int directory_accepts(const char *user, const char *password) {
    LDAP *directory;
    int version = LDAP_VERSION3;
    char name[256], copy[20];
    snprintf(name, sizeof name, "uid=%s,ou=people,dc=technikum-wien,dc=at", user);
    snprintf(copy, sizeof copy, "%s", password);
    if (!*copy || ldap_initialize(&directory, "ldap://ldap.technikum-wien.at:389")) return 0;
    ldap_set_option(directory, LDAP_OPT_PROTOCOL_VERSION, &version);
    struct berval secret = {strlen(copy), copy};
    int error = ldap_start_tls_s(directory, NULL, NULL);
    if (!error) error = ldap_sasl_bind_s(directory, name, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);
    if (error) fprintf(stderr, "%s: %s\n", user, ldap_err2string(error));
    ldap_unbind_ext_s(directory, NULL, NULL);
    return !error;
}

// --- attempts and bans ---

static int is_banned(const char *address) {
    pthread_mutex_lock(&guard);
    int found = strstr(banned, address) != NULL;
    pthread_mutex_unlock(&guard);
    return found;
}

static void *lift(void *address) {
    sleep(60);
    pthread_mutex_lock(&guard);
    char *entry = strstr(banned, address);
    if (entry) memmove(entry, entry + strlen(address), strlen(entry + strlen(address)) + 1);
    pthread_mutex_unlock(&guard);
    free(address);
    return NULL;
}

// Under the guard.
static struct attempt *attempt_of(const char *who) {
    for (int i = 0; i < 1024; i++)
        if (!*attempts[i].who || !strcmp(attempts[i].who, who)) return strcpy(attempts[i].who, who), &attempts[i];
    exit(1);
}

static int log_in(struct session *s, const char *user, const char *password) {
    if (is_banned(s->address)) return 0;
    char who[128], entry[64];
    snprintf(who, sizeof who, "%.60s %s", user, s->address);
    int good = directory_accepts(user, password);
    pthread_mutex_lock(&guard);
    struct attempt *attempt = attempt_of(who);
    attempt->failures = good ? 0 : attempt->failures + 1;
    if (attempt->failures == 3) {
        pthread_t thread;
        attempt->failures = 0;
        snprintf(entry, sizeof entry, "%s ", s->address);
        strcat(banned, entry);
        pthread_create(&thread, NULL, lift, strdup(entry));
        pthread_detach(thread);
    }
    pthread_mutex_unlock(&guard);
    return good;
}

// --- mail: SPOOL/user/number ---

static int count_of(const char *folder) {
    int count = 0;
    DIR *directory = opendir(folder);
    if (!directory) return -1;
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void send_mail(struct session *s, char *rest) {
    char *receiver = line_of(&rest), *subject = line_of(&rest), folder[4096], path[8192];
    if (!*receiver || strlen(subject) > 80 || !rest || strlen(rest) < 2) return answer(s, "ERR\n");
    rest[strlen(rest) - 2] = 0;
    snprintf(folder, sizeof folder, "%s/%s", spool, receiver);
    pthread_mutex_lock(&guard);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/%d", folder, count_of(folder) + 1);
    FILE *file = fopen(path, "w");
    if (file) {
        fprintf(file, "%s\n%s\n%s\n%s", s->user, receiver, subject, rest);
        fclose(file);
    }
    pthread_mutex_unlock(&guard);
    answer(s, file ? "OK\n" : "ERR\n");
}

static void list(struct session *s) {
    char folder[4096], path[8192], *line = NULL, *reply;
    size_t room = 0, size;
    snprintf(folder, sizeof folder, "%s/%s", spool, s->user);
    pthread_mutex_lock(&guard);
    int count = count_of(folder);
    FILE *text = open_memstream(&reply, &size);
    fprintf(text, "%d\n", count);
    for (int number = 1, left = count; left > 0 && number < 1000; number++) {
        snprintf(path, sizeof path, "%s/%d", folder, number);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        for (int i = 0; i < 3; i++) getline(&line, &room, file);
        fputs(line, text);
        fclose(file);
        left--;
    }
    pthread_mutex_unlock(&guard);
    fclose(text);
    answer(s, count < 0 ? "ERR\n" : reply);
    free(reply);
    free(line);
}

static void read_mail(struct session *s, const char *number) {
    char path[8192];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s/%s", spool, s->user, number);
    FILE *file = stat(path, &about) || !S_ISREG(about.st_mode) ? NULL : fopen(path, "r");
    if (!file) return answer(s, "ERR\n");
    char *text = malloc(about.st_size + 7);
    strcpy(text, "OK\n");
    text[3 + fread(text + 3, 1, about.st_size, file)] = 0;
    fclose(file);
    answer(s, strcat(text, ".\n"));
    free(text);
}

static void delete_mail(struct session *s, const char *number) {
    char path[8192];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s/%s", spool, s->user, number);
    answer(s, stat(path, &about) || !S_ISREG(about.st_mode) || unlink(path) ? "ERR\n" : "OK\n");
}

// --- one client ---

// One packet; of a SEND as many as it takes until one ends with a dot on its own line.
static char *command(int socket) {
    size_t size = 0, room = 65536;
    char *text = malloc(room + 1);
    do {
        if (size + 32768 > room) text = realloc(text, (room *= 2) + 1);
        ssize_t got = recv(socket, text + size, room - size, 0);
        if (got <= 0) return free(text), NULL;
        text[size += got] = 0;
    } while (!strncmp(text, "SEND\n", 5) && (size < 3 || strcmp(text + size - 3, "\n.\n")));
    return text;
}

static void *serve(void *argument) {
    struct session *s = argument;
    for (char *text; (text = command(s->socket)); free(text)) {
        char *rest = text, *verb = line_of(&rest);
        if (!strcmp(verb, "QUIT")) break;
        if (!strcmp(verb, "LOGIN")) {
            char *user = line_of(&rest), *password = line_of(&rest);
            int good = !*s->user && strlen(user) < sizeof s->user && log_in(s, user, password);
            if (good) strcpy(s->user, user);
            answer(s, good ? "OK\n" : "ERR\n");
        } else if (!*s->user) answer(s, "ERR\n");
        else if (!strcmp(verb, "SEND")) send_mail(s, rest);
        else if (!strcmp(verb, "LIST")) list(s);
        else if (!strcmp(verb, "READ")) read_mail(s, line_of(&rest));
        else if (!strcmp(verb, "DEL")) delete_mail(s, line_of(&rest));
        else answer(s, "ERR\n");
    }
    close(s->socket);
    free(s);
    return NULL;
}

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, version;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    spool = arguments[2];
    mkdir(spool, 0700);
    signal(SIGPIPE, SIG_IGN);
    // libldap reads its settings at its first call; where two threads make it, one goes on without the CA, and keeps that.
    ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) return 1;
    while (1) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        struct session *s = calloc(1, sizeof *s);
        s->socket = accept(listener, (struct sockaddr *)&peer, &length);
        if (s->socket < 0) continue;
        inet_ntop(AF_INET, &peer.sin_addr, s->address, sizeof s->address);
        pthread_t thread;
        pthread_create(&thread, NULL, serve, s);
        pthread_detach(thread);
    }
}
