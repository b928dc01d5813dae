#include "granted.h"

#include "../glexec/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST 4096
#define BUFFER_MAX (16 * 1024 * 1024) /* a group has that many members nowhere */
#define ID_MAX (UINT32_MAX - 1)       /* the last one is "no change" to every call that takes it */

/* One question to the node's databases, with a buffer that grows until the answer fits in. */
typedef int database_ask(const void *key, void *entry, char *buffer, size_t size, bool *known);

static int by_user(const void *key, void *entry, char *buffer, size_t size, bool *known)
{
    struct passwd *found = NULL;
    int error = getpwnam_r(key, entry, buffer, size, &found);

    *known = found != NULL;
    return error;
}

static int by_uid(const void *key, void *entry, char *buffer, size_t size, bool *known)
{
    struct passwd *found = NULL;
    int error = getpwuid_r(*(const uid_t *)key, entry, buffer, size, &found);

    *known = found != NULL;
    return error;
}

static int by_group(const void *key, void *entry, char *buffer, size_t size, bool *known)
{
    struct group *found = NULL;
    int error = getgrnam_r(key, entry, buffer, size, &found);

    *known = found != NULL;
    return error;
}

static int by_gid(const void *key, void *entry, char *buffer, size_t size, bool *known)
{
    struct group *found = NULL;
    int error = getgrgid_r(*(const gid_t *)key, entry, buffer, size, &found);

    *known = found != NULL;
    return error;
}

/* 0 and whether it is known, or an error. What the entry points to is gone afterwards: only its numbers count. */
static int look_up(database_ask *ask, const void *key, void *entry, bool *known)
{
    int error = ERANGE;

    *known = false;
    for (size_t size = BUFFER_FIRST; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
        char *buffer = malloc(size);
        if (buffer == NULL)
            return ENOMEM;
        error = ask(key, entry, buffer, size, known);
        free(buffer);
    }
    return error;
}

/* Some databases say "not found" by an error: see getpwnam_r(3). */
static bool is_missing(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

static bool missing(struct finding *finding, const char *kind, const char *name, int error)
{
    if (is_missing(error))
        return find(finding, RULING_ACCOUNT_MISSING, "this node has no %s %s", kind, name);
    return find(finding, RULING_ACCOUNT_MISSING, "this node's database does not say who the %s %s is: error %d", kind, name,
                error);
}

static bool refused(struct finding *finding, const char *kind, const char *name)
{
    return find(finding, RULING_ACCOUNT_REFUSED, "%s \"%s\" is granted to nobody", kind, name);
}

/* What looks like a number is no name: other programs would take it for one. */
static bool is_name(const char *name)
{
    size_t sign = name[0] == '-' || name[0] == '+' ? 1 : 0;

    return name[0] != '\0' && name[sign + strspn(name + sign, "0123456789")] != '\0';
}

static bool is_real(uint32_t number)
{
    return number > 0 && number <= ID_MAX;
}

static bool read_number(const char *text, uint32_t *number)
{
    return text_number(text, ID_MAX, number) && is_real(*number);
}

bool granted_user(struct granted *granted, const char *name, struct finding *finding)
{
    struct passwd entry = {0};
    bool known = false;
    int error;

    if (!is_name(name))
        return refused(finding, "user", name);
    error = look_up(by_user, name, &entry, &known);
    if (!known)
        return missing(finding, "user", name, error);
    if (!is_real(entry.pw_uid) || !is_real(entry.pw_gid))
        return refused(finding, "user", name);
    granted->uid = entry.pw_uid;
    granted->gid = entry.pw_gid;
    return true;
}

static bool group(const char *name, gid_t *gid, struct finding *finding)
{
    struct group entry = {0};
    bool known = false;
    int error;

    if (!is_name(name))
        return refused(finding, "group", name);
    error = look_up(by_group, name, &entry, &known);
    if (!known)
        return missing(finding, "group", name, error);
    *gid = entry.gr_gid;
    return is_real(entry.gr_gid) || refused(finding, "group", name);
}

static bool add(struct granted *granted, gid_t gid, struct finding *finding)
{
    for (size_t i = 0; i < granted->count; i++)
        if (granted->gids[i] == gid)
            return true;
    if (gid == granted->gid)
        return true;
    if (granted->count == GRANTED_GROUPS_MAX)
        return find(finding, RULING_ACCOUNT_REFUSED, "more than %d secondary groups", GRANTED_GROUPS_MAX);
    granted->gids[granted->count++] = gid;
    return true;
}

bool granted_group(struct granted *granted, const char *name, struct finding *finding)
{
    return group(name, &granted->gid, finding);
}

bool granted_secondary(struct granted *granted, const char *name, struct finding *finding)
{
    gid_t gid = 0;

    return group(name, &gid, finding) && add(granted, gid, finding);
}

bool granted_uid(struct granted *granted, const char *number, struct finding *finding)
{
    struct passwd entry = {0};
    uint32_t uid = 0;
    bool known = false;
    int error;

    if (!read_number(number, &uid))
        return refused(finding, "uid", number);
    error = look_up(by_uid, &(uid_t){uid}, &entry, &known);
    if (!known)
        return missing(finding, "uid", number, error);
    if (!is_real(entry.pw_gid))
        return refused(finding, "uid", number);
    granted->uid = uid;
    granted->gid = entry.pw_gid;
    return true;
}

static bool numbered_group(const char *number, gid_t *gid, struct finding *finding)
{
    struct group entry = {0};
    uint32_t read = 0;
    bool known = false;
    int error;

    if (!read_number(number, &read))
        return refused(finding, "gid", number);
    error = look_up(by_gid, &(gid_t){read}, &entry, &known);
    if (!known)
        return missing(finding, "gid", number, error);
    *gid = read;
    return true;
}

bool granted_gid(struct granted *granted, const char *number, struct finding *finding)
{
    return numbered_group(number, &granted->gid, finding);
}

bool granted_secondary_gid(struct granted *granted, const char *number, struct finding *finding)
{
    gid_t gid = 0;

    return numbered_group(number, &gid, finding) && add(granted, gid, finding);
}
