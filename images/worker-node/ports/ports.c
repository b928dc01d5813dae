/* Loaded into QEMU (LD_PRELOAD): what a guest with user-mode networking sends leaves from a range of source ports of
 * its own, so that the node's flow records name the machine; and nothing of it goes to the node's own loopback, to
 * which QEMU's network would pass it on.
 *
 * TESTBED_PORTS=LOW-HIGH, within net.ipv4.ip_local_port_range. IP_LOCAL_PORT_RANGE (ip(7), Linux 6.3) needs no
 * privilege. It fails closed: a socket that cannot be bound to the range is none. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

enum { DOMAIN_PORT = 53 };

static uint32_t range; /* the high port in the upper half, as ip(7) has it; 0: none was given */

__attribute__((constructor)) static void read_range(void) {
    const char *text = getenv("TESTBED_PORTS");
    char *end = NULL;
    unsigned long low = text ? strtoul(text, &end, 10) : 0;
    unsigned long high = end && *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    if (low > 0 && low <= high && high <= UINT16_MAX && *end == '\0')
        range = (uint32_t)(high << 16 | low);
}

int socket(int domain, int type, int protocol) {
    int made = (int)syscall(SYS_socket, domain, type, protocol);
    if (made < 0 || (domain != AF_INET && domain != AF_INET6))
        return made;
    if (range != 0 && setsockopt(made, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range) == 0)
        return made;
    close(made);
    errno = EACCES;
    return -1;
}

/* The node itself, but for a name server that it has there (systemd-resolved, Docker). */
static bool closed(const struct sockaddr *to) {
    if (to == NULL || to->sa_family != AF_INET)
        return to != NULL && to->sa_family == AF_INET6;
    const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)to;
    uint32_t host = ntohl(address->sin_addr.s_addr);
    return (host >> 24 == 127 || host == INADDR_ANY) && ntohs(address->sin_port) != DOMAIN_PORT;
}

int connect(int from, const struct sockaddr *to, socklen_t size) {
    if (closed(to)) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_connect, from, to, size);
}

ssize_t sendto(int from, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
    if (closed(to)) {
        errno = EACCES;
        return -1;
    }
    return syscall(SYS_sendto, from, data, length, flags, to, size);
}
