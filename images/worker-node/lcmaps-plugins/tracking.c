#include "tracking.h"

#include "../glexec/text.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#define RECORD_SIZE 65536 /* one line of group */

static const char *take_bound(const char *value, bool *given, uint32_t *bound)
{
    if (*given)
        return "an option is given twice";
    *given = true;
    if (value == NULL)
        return "an option has no value";
    return text_number(value, UINT32_MAX - 1, bound) && *bound != 0 ? NULL : "a bound is no gid in plain decimal digits";
}

const char *tracking_options(struct tracking_range *range, int argc, char **argv)
{
    bool min = false, max = false;
    const char *problem = NULL;

    *range = (struct tracking_range){.min = 1, .max = UINT32_MAX - 1};
    for (int i = 1; i < argc && problem == NULL; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--tracking-groupid-min") == 0)
            problem = take_bound(value, &min, &range->min);
        else if (strcmp(argv[i], "--tracking-groupid-max") == 0)
            problem = take_bound(value, &max, &range->max);
        else
            problem = "an option is unknown";
    }
    if (problem == NULL && range->min > range->max)
        problem = "the lower bound is above the upper one";
    return problem;
}

const char *tracking_groups_read(struct tracking_groups *groups, const char *list)
{
    bool primary = true;
    char number[16];

    *groups = (struct tracking_groups){.count = 0};
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        uint32_t gid;
        if (length >= sizeof number)
            return "a gid of the caller is too long";
        memcpy(number, at, length);
        number[length] = '\0';
        if (!text_number(number, UINT32_MAX, &gid))
            return "a gid of the caller is not a decimal number";
        if (!primary && groups->count >= TRACKING_MAX)
            return "the caller has too many groups";
        if (primary)
            groups->primary = gid;
        else
            groups->gids[groups->count++] = gid;
        primary = false;
        at += length;
        if (*at == '\0')
            return NULL;
    }
}

const char *tracking_groups_own(struct tracking_groups *groups)
{
    int count;

    *groups = (struct tracking_groups){.primary = getgid()};
    count = getgroups(TRACKING_MAX, groups->gids);
    if (count < 0)
        return "the groups of this process cannot be had";
    groups->count = (size_t)count;
    return NULL;
}

static const char *has_name(gid_t gid, bool *named)
{
    char room[RECORD_SIZE];
    struct group entry, *found = NULL;
    int problem = getgrgid_r(gid, &entry, room, sizeof room, &found);

    *named = problem == ERANGE || found != NULL; /* a line that is too long has a name, too */
    return problem == 0 || problem == ERANGE ? NULL : "the group database does not answer";
}

static bool among(const gid_t *gids, size_t count, gid_t gid)
{
    for (size_t i = 0; i < count; i++)
        if (gids[i] == gid)
            return true;
    return false;
}

const char *tracking_choose(const struct tracking_range *range, const struct tracking_groups *groups,
                            gid_t chosen[TRACKING_MAX], size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < groups->count; i++) {
        gid_t gid = groups->gids[i];
        const char *problem;
        bool named;
        if (gid < range->min || gid > range->max || gid == groups->primary || among(chosen, *count, gid))
            continue;
        problem = has_name(gid, &named);
        if (problem != NULL)
            return problem;
        if (!named)
            chosen[(*count)++] = gid;
    }
    return NULL;
}
