/* Who a process is: taken on for a while by a set-id switch, or for good. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define GROUPS_MAX 256
#define NAME_SIZE 64

struct identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MAX]; /* supplementary */
    size_t group_count;
    char name[NAME_SIZE]; /* empty when passwd does not know the uid */
    char group[NAME_SIZE];
    char home[PATH_MAX];
};

/* Fills in names and home from passwd and group. False when passwd does not know the uid, or did not say (names.h). */
bool identity_look_up(struct identity *who);

/* Fills in an account from its name, without supplementary groups. False when passwd does not know it, or did not say. */
bool identity_by_name(struct identity *who, const char *name);

/* Whether this process has what root needs to become others: securebits or a container may have taken it away. */
bool identity_can_change(void);

/* Takes on `who` for a while: effective ids and groups. Needs root as saved uid. */
bool identity_take_on(const struct identity *who);

/* Becomes root again, without supplementary groups. It ends the process when that fails: nothing else would be safe. */
void identity_resume(void);

/* Becomes `who` in all ids, groups and capabilities, and makes sure that there is no way back.
 * On failure `why` says what was wrong; the process must end then. */
bool identity_switch_for_good(const struct identity *who, const char **why);

#endif
