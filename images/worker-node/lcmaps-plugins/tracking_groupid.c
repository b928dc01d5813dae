/* lcmaps_tracking_groupid.mod: the payload keeps the tracking gid of the batch job that it runs in.
 *
 * A switch of identity replaces all groups, and the batch system loses sight of the job. This module adds the caller's
 * tracking gids to the secondary gids of the mapping. */
#include "plugin.h"
#include "tracking.h"

#include <lcmaps/lcmaps_cred_data.h>
#include <lcmaps/lcmaps_log.h>

#include <stdlib.h>

#define NAME "lcmaps_tracking_groupid"

static struct tracking_range range;

int plugin_initialize(int argc, char **argv)
{
    const char *problem = tracking_options(&range, argc, argv);

    if (problem == NULL)
        return LCMAPS_MOD_SUCCESS;
    (void)lcmaps_log(LOG_ERR, "%s: %s; there are --tracking-groupid-min N and --tracking-groupid-max N\n", NAME, problem);
    return LCMAPS_MOD_FAIL;
}

int plugin_introspect(int *argc, lcmaps_argument_t **argv)
{
    static lcmaps_argument_t none[] = {{NULL, NULL, -1, NULL}};

    *argv = none;
    *argc = lcmaps_cntArgs(none);
    return LCMAPS_MOD_SUCCESS;
}

static int no(const char *problem, const char *cause)
{
    (void)lcmaps_log(LOG_ERR, "%s: %s\n", NAME, problem);
    (void)setenv(CAUSE_VARIABLE, cause, 1);
    return LCMAPS_MOD_FAIL;
}

int plugin_run(int argc, lcmaps_argument_t *argv)
{
    /* Set by the switch, whose child has none of the caller's groups. In any other program they are its own. */
    const char *list = getenv("GLEXEC_CALLER_GROUPS");
    struct tracking_groups groups;
    gid_t chosen[TRACKING_MAX];
    size_t count = 0;
    const char *problem = list != NULL ? tracking_groups_read(&groups, list) : tracking_groups_own(&groups);

    (void)argc;
    (void)argv;
    if (problem == NULL)
        problem = tracking_choose(&range, &groups, chosen, &count);
    if (problem != NULL)
        return no(problem, "tracking-unknown");
    if (count == 0)
        return no("the caller has no tracking gid", "no-tracking-gid");
    for (size_t i = 0; i < count; i++) {
        if (addCredentialData(SEC_GID, &chosen[i]) != 0)
            return no("a tracking gid cannot be added", "tracking-unknown");
        (void)lcmaps_log(LOG_INFO, "%s: tracking gid %u is kept\n", NAME, (unsigned)chosen[i]);
    }
    return LCMAPS_MOD_SUCCESS;
}

int plugin_verify(int argc, lcmaps_argument_t *argv)
{
    return plugin_run(argc, argv);
}

int plugin_terminate(void)
{
    return LCMAPS_MOD_SUCCESS;
}
