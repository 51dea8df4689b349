/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the system's files say, for explanations. No name service: it would not
 * work in static programs, and the group ioport is a local one.
 */
#ifndef IOPORT_SYSTEM_H
#define IOPORT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The first line of a file, without its end; false where there is none. */
bool system_line(const char *path, char *buf, size_t len);

/*
 * What a process or thread calls itself, which may be anything: what cannot be printed is a
 * question mark. "?" where it has ended.
 */
void system_program(pid_t id, char *buf, size_t len);

/* The value of a line KEY=VALUE in a file; false where there is none. */
bool system_property(const char *path, const char *key, char *buf, size_t len);

/* A name from /etc/passwd or /etc/group; the number where there is none. */
void system_user_name(uid_t uid, char *buf, size_t len);
void system_group_name(gid_t gid, char *buf, size_t len);

/* Does /etc/group list the user as a member of the group? */
bool system_is_listed(const char *user, const char *group);

/* Has this process the group? */
bool system_in_group(gid_t gid);

/* Who holds the port, by /proc/ioports; false where that does not tell. */
bool system_port_owner(uint32_t port, char *buf, size_t len);

#endif
