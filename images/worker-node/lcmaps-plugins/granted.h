/* The account that a service granted, as this node's passwd and group know it. Nothing in it is guessed: a name or a number
 * that is not wholly understood is none. */
#ifndef GRANTED_H
#define GRANTED_H

#include "ruling.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define GRANTED_GROUPS_MAX 128 /* secondary groups */

struct granted {
    uid_t uid;
    gid_t gid;
    gid_t gids[GRANTED_GROUPS_MAX]; /* secondary groups, each once and without the primary one */
    size_t count;
};

/* Each returns true, or false with a finding: account-missing where this node does not have it or its database does not
 * answer, account-refused for root, -1, a number out of range, no number, or a number in the place of a name. */

/* A login by its name; `gid` becomes its group in passwd and may be overwritten by what the service says. */
bool granted_user(struct granted *granted, const char *name, struct finding *finding);

/* The primary group by its name, and a secondary one. */
bool granted_group(struct granted *granted, const char *name, struct finding *finding);
bool granted_secondary(struct granted *granted, const char *name, struct finding *finding);

/* The same by number, in strict decimal: no sign, no blank, no leading zero, 1 to 4294967294. The uid has to be in passwd
 * (`gid` becomes its group there), a gid in group: a service that numbers things otherwise than this node is refused. */
bool granted_uid(struct granted *granted, const char *number, struct finding *finding);
bool granted_gid(struct granted *granted, const char *number, struct finding *finding);
bool granted_secondary_gid(struct granted *granted, const char *number, struct finding *finding);

#endif
