// What only the programs that test ask of the system.
#define _GNU_SOURCE
#include "cworld.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int cworld_diag_socket(void) { return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG); }

struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
};

static struct question about_tcp(int family, unsigned states, int flags) {
    struct question question;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST | flags;
    question.request.sdiag_family = family;
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_states = states;
    return question;
}

int cworld_receive_queue(
    int diag, uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port, uint32_t *queue,
    uint32_t *unsent, uint32_t *state, uint32_t *inode) {
    struct question question = about_tcp(AF_INET, ~0u, 0); // finds the IPv4 connections of an IPv6 listener too
    question.request.id.idiag_sport = local_port;
    question.request.id.idiag_dport = remote_port;
    question.request.id.idiag_src[0] = local;
    question.request.id.idiag_dst[0] = remote;
    question.request.id.idiag_cookie[0] = question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (send(diag, &question, sizeof question, 0) < 0) return -1;
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    ssize_t length = recv(diag, &answer, sizeof answer, 0);
    if (length < (ssize_t)sizeof answer.header) return -1;
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
        errno = -((struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
        return -1;
    }
    const struct inet_diag_msg *message = NLMSG_DATA(&answer.header);
    *queue = message->idiag_rqueue;
    *unsent = message->idiag_wqueue;
    *state = message->idiag_state;
    *inode = message->idiag_inode;
    return 0;
}

int cworld_listeners(int diag, uint16_t *ports, uint32_t *inodes, int room) {
    enum { LISTENING = 10 };
    const uint8_t families[] = {AF_INET, AF_INET6};
    int count = 0;
    for (int i = 0; i < 2; i++) {
        struct question question = about_tcp(families[i], 1 << LISTENING, NLM_F_DUMP);
        if (send(diag, &question, sizeof question, 0) < 0) return -1;
        for (int more = 1; more;) {
            union {
                struct nlmsghdr header;
                char bytes[32768];
            } answer;
            ssize_t got = recv(diag, &answer, sizeof answer, 0);
            if (got < 0) return -1;
            unsigned left = (unsigned)got;
            for (struct nlmsghdr *next = &answer.header; NLMSG_OK(next, left); next = NLMSG_NEXT(next, left)) {
                if (next->nlmsg_type == NLMSG_ERROR) {
                    errno = -((struct nlmsgerr *)NLMSG_DATA(next))->error;
                    return -1;
                }
                if (next->nlmsg_type == NLMSG_DONE) more = 0;
                if (next->nlmsg_type != SOCK_DIAG_BY_FAMILY || count == room) continue;
                const struct inet_diag_msg *message = NLMSG_DATA(next);
                ports[count] = ntohs(message->id.idiag_sport);
                inodes[count++] = message->idiag_inode;
            }
        }
    }
    return count;
}
