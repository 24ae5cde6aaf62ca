// A server that knows LOGIN only, in a folder that has to be built: what the runner does with a folder shows here.
//
// It wants options, and leaves a file where it was started: beside that file it does not start again with
// another spool. -DWISH=… makes it unwell: CRASHES, SILENT, FLOODS, BREEDS. With ODD in its environment it lets everybody in.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CRASHES = 1, SILENT, FLOODS, BREEDS };
#ifndef WISH
#define WISH 0
#endif

static int is_new(const char *spool) {
    char known[256] = "";
    FILE *file = fopen("used", "a+");
    if (!file) return 0;
    rewind(file);
    if (fgets(known, sizeof known, file) && strcmp(known, spool)) return 0;
    if (!*known) fputs(spool, file);
    fclose(file);
    return 1;
}

static void serve(int client) {
    FILE *in = fdopen(client, "r"), *out = fdopen(dup(client), "w");
    char line[3][256], right[300], *state = "ERR";
    while (fgets(line[0], sizeof line[0], in) && strcmp(line[0], "QUIT\n")) {
        if (!strcmp(line[0], "LOGIN\n")) {
            if (!fgets(line[1], sizeof line[1], in) || !fgets(line[2], sizeof line[2], in)) break;
            line[1][strcspn(line[1], "\n")] = 0;
            snprintf(right, sizeof right, "%s-secret\n", line[1]);
            state = strcmp(right, line[2]) && !getenv("ODD") ? "ERR" : "OK";
        }
        fprintf(out, "%s\n", state);
        fflush(out);
    }
}

int main(int count, char **argument) {
    if (count != 5 || strcmp(argument[1], "-p") || strcmp(argument[3], "-d")) {
        fprintf(stderr, "Usage: %s -p <port> -d <mail-directory>\n", argument[0]);
        return EXIT_FAILURE;
    }
    if (!is_new(argument[4])) return fprintf(stderr, "somebody was here\n"), EXIT_FAILURE;
    if (WISH == CRASHES) abort();
    if (WISH == BREEDS && !fork()) setsid(), pause();
    if (WISH == SILENT) pause();
    signal(SIGCHLD, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argument[2]))};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) return perror("bind"), 1;
    while (WISH == FLOODS) puts("a line that says nothing, again and again and again and again and again");
    for (int client; (client = accept(listener, NULL, NULL)) >= 0; close(client))
        if (!fork()) close(listener), serve(client), _exit(0);
    return 0;
}
