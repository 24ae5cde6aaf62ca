// What only the suite asks of the system: sockets of other processes.
//
// Plain integers only and no system header, as in cposix.h.
#ifndef CWORLD_H
#define CWORLD_H

#include <stdint.h>

// sock_diag(7): how many bytes lie unread at the owner of the TCP/IPv4 socket whose own end is `local`,
// how many it has written that are not acknowledged, its state (TCP_ESTABLISHED is 1), and its inode. Addresses and
// ports as they stand in a sockaddr_in.
// -1 with errno: ENOENT when there is no such socket.
int cworld_diag_socket(void);
int cworld_receive_queue(
    int diag, uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port, uint32_t *queue,
    uint32_t *unsent, uint32_t *state, uint32_t *inode);
// The TCP sockets of this machine that listen, at most `room`: ports and inodes; how many.
int cworld_listeners(int diag, uint16_t *ports, uint32_t *inodes, int room);

#endif
