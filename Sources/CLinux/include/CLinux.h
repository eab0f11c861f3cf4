/* What Swift cannot take from Glibc: the kernel's rtnetlink and tun headers, and system calls
 * that are variadic, hidden behind _GNU_SOURCE, or need a C union.
 * Every function returns 0 or more, or a negated errno value. */
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <net/if.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>

/* TUNSETIFF: makes or joins the tun/tap interface `name` (at most IFNAMSIZ - 1 bytes) on a
 * descriptor of /dev/net/tun. `flags` are IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_TUN_EXCL, ... */
static inline int clinux_tun_set_interface(int descriptor, const char *name, int flags) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
    strcpy(request.ifr_name, name);
    request.ifr_flags = (short)flags;
    return ioctl(descriptor, TUNSETIFF, &request) < 0 ? -errno : 0;
}

/* unshare(2): moves the calling thread alone into new namespaces (CLONE_NEWNET, ...). */
static inline int clinux_unshare(int flags) {
    return syscall(SYS_unshare, flags) < 0 ? -errno : 0;
}

/* close_range(2) with CLOSE_RANGE_CLOEXEC (since Linux 5.11): marks every descriptor of this process
 * from `first` on close-on-exec. */
static inline int clinux_close_on_exec_from(unsigned int first) {
    return syscall(SYS_close_range, first, ~0U, 1U << 2) < 0 ? -errno : 0;
}

/* posix_spawn_file_actions_addclosefrom_np (glibc 2.34): the child closes its descriptors from `first` on. */
int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

#endif
