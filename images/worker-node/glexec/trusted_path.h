/* Files that only the site can have written: checked on open descriptors, folder by folder. */
#ifndef TRUSTED_PATH_H
#define TRUSTED_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Who may own what decides, and write it. */
struct trust {
    uid_t site;   /* besides root */
    uid_t system; /* every account below this uid as well: the system's own, such as one that keeps certificates */
    gid_t group;  /* besides root's, which group may write; 0: none */
};

/* NULL when the status says that only trusted accounts can write it, else what is wrong. */
const char *trusted_status(const struct stat *status, const struct trust *trust);

/* Opens a regular file for reading. It and every folder above it must be trusted, and no part of the path may be a symbolic
 * link. Returns the descriptor, or -1 with the reason in `why`. */
int trusted_open(const char *path, const struct trust *trust, char *why, size_t size);

/* The same check for the folders above `path` only. */
bool trusted_parent(const char *path, const struct trust *trust, char *why, size_t size);

/* As trusted_open, with `root` in the place of the root folder; `path` still begins with a slash. */
int trusted_open_below(int root, const char *path, const struct trust *trust, char *why, size_t size);

#endif
