#include "names.h"

#include "clock.h"
#include "patience.h"

#include <stddef.h>
#include <stdint.h>

#define ANSWERING 5 /* seconds for one look-up */

static bool failed; /* the last look-up got no answer */
static bool silent; /* one waited in vain: no other is begun */
static int64_t until;

static bool begin(struct patience *patience)
{
    until = clock_milliseconds() + ANSWERING * 1000;
    failed = silent || !patience_begin(patience, ANSWERING);
    return !failed;
}

/* The C library gives 0 for "nobody", and a number for a service that could not be asked. Of one that was waited for in vain
 * it says either: what comes next in nsswitch.conf may know nobody. */
static void end(const struct patience *patience, int problem)
{
    patience_end(patience);
    silent = clock_milliseconds() >= until;
    failed = problem != 0 || silent;
}

const struct passwd *names_user(const char *name, struct passwd *entry, char room[static NAMES_ROOM])
{
    struct passwd *found = NULL;
    struct patience patience;

    if (begin(&patience))
        end(&patience, getpwnam_r(name, entry, room, NAMES_ROOM, &found));
    return found;
}

const struct passwd *names_user_of(uid_t uid, struct passwd *entry, char room[static NAMES_ROOM])
{
    struct passwd *found = NULL;
    struct patience patience;

    if (begin(&patience))
        end(&patience, getpwuid_r(uid, entry, room, NAMES_ROOM, &found));
    return found;
}

const struct group *names_group(const char *name, struct group *entry, char room[static NAMES_ROOM])
{
    struct group *found = NULL;
    struct patience patience;

    if (begin(&patience))
        end(&patience, getgrnam_r(name, entry, room, NAMES_ROOM, &found));
    return found;
}

const struct group *names_group_of(gid_t gid, struct group *entry, char room[static NAMES_ROOM])
{
    struct group *found = NULL;
    struct patience patience;

    if (begin(&patience))
        end(&patience, getgrgid_r(gid, entry, room, NAMES_ROOM, &found));
    return found;
}

bool names_failed(void)
{
    return failed;
}
