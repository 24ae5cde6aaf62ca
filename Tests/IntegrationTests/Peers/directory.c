// Says how far it comes at the directory that it has compiled in, and elsewhere: one word per line.
#include <arpa/inet.h>
#include <errno.h>
#include <ldap.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int reaches(const char *host) {
    struct hostent *found = gethostbyname(host);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(389)};
    if (!found) return 0;
    memcpy(&address.sin_addr, found->h_addr_list[0], 4);
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) == 0;
}

int main(int count, char **arguments) {
    LDAP *directory;
    int version = LDAP_VERSION3;
    struct berval password = {strlen("alice-secret"), "alice-secret"}, *answer = NULL;
    ldap_initialize(&directory, arguments[count - 1]);
    ldap_set_option(directory, LDAP_OPT_PROTOCOL_VERSION, &version);
    puts(ldap_start_tls_s(directory, NULL, NULL) ? "no-tls" : "tls");
    int error = ldap_sasl_bind_s(
        directory, "uid=alice,ou=people,dc=technikum-wien,dc=at", LDAP_SASL_SIMPLE, &password, NULL, NULL, &answer);
    puts(error ? "no-bind" : "bind");
    puts(reaches("ldap.technikum.wien.at") ? "other-name" : "no-other-name");
    puts(reaches("198.51.100.7") || errno != ENETUNREACH ? "far" : "not-far");
    puts(reaches("example.com") ? "far" : "not-far");
    struct addrinfo *list, ask = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM};
    int found = getaddrinfo("LDAP.technikum-wien.at.", "389", &ask, &list) == 0;
    puts(found && connect(socket(AF_INET6, SOCK_STREAM, 0), list->ai_addr, list->ai_addrlen) == 0 ? "ipv6" : "no-ipv6");
}
