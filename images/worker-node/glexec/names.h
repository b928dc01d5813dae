/* Accounts and groups by passwd(5) and group(5), or whatever the site has in their place: a look-up may fail, or hang. */
#ifndef NAMES_H
#define NAMES_H

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/types.h>

#define NAMES_ROOM 65536 /* one line of passwd or group */

/* The entry, or NULL: nobody has that name or number, or the name service did not answer within its time limit. */
const struct passwd *names_user(const char *name, struct passwd *entry, char room[static NAMES_ROOM]);
const struct passwd *names_user_of(uid_t uid, struct passwd *entry, char room[static NAMES_ROOM]);
const struct group *names_group(const char *name, struct group *entry, char room[static NAMES_ROOM]);
const struct group *names_group_of(gid_t gid, struct group *entry, char room[static NAMES_ROOM]);

/* Whether the last NULL was no answer, but the failure of a name service. */
bool names_failed(void);

#endif
