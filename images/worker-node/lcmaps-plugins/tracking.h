/* Tracking groups: by a gid that no other job has, a batch system knows the processes of a job wherever they go. */
#ifndef TRACKING_H
#define TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACKING_MAX 256

/* Which gids track: those in the range, or any. Never 0, 4294967295, a gid with a name, or the primary one. */
struct tracking_range {
    uint32_t min, max;
};

struct tracking_groups {
    gid_t primary;
    gid_t gids[TRACKING_MAX]; /* supplementary, the primary one may be among them */
    size_t count;
};

/* Reads the words of lcmaps.db, `argv[0]` aside: --tracking-groupid-min N, --tracking-groupid-max N, each once. A bound
 * that is not given is open. NULL, or what is wrong. */
const char *tracking_options(struct tracking_range *range, int argc, char **argv);

/* Reads `40000,20011`, the primary gid first; a list with nothing in it is no list. NULL, or what is wrong. */
const char *tracking_groups_read(struct tracking_groups *groups, const char *list);

/* The groups of this process. NULL, or what is wrong. */
const char *tracking_groups_own(struct tracking_groups *groups);

/* Copies those that track to `chosen`, each once, and says how many. NULL, or why that cannot be known: a group database
 * that does not answer has not said that a gid has no name. */
const char *tracking_choose(const struct tracking_range *range, const struct tracking_groups *groups,
                            gid_t chosen[TRACKING_MAX], size_t *count);

#endif
