#include "admission.h"

#include "outcome.h"
#include "run.h"

#include <string.h>

static int refuse(struct run *run, const char *objection)
{
    journal_note(&run->journal, LOG_WARNING, "The account for \"%s\" (uid %u, gid %u) is refused: %s.", run->account.dn,
                 run->account.uid, run->account.gid, objection);
    run_tell("LCMAPS failed.");
    run_tell("  The reason can be found in the syslog.");
    return NOT_AUTHORISED;
}

int admission_check(struct run *run)
{
    const struct account *account = &run->account;
    struct identity mapped = {.uid = account->uid, .gid = account->gid, .group_count = account->group_count};
    const char *objection = account_objection(account, run->config.minimum_uid, run->config.minimum_gid);

    if (objection != NULL)
        return refuse(run, objection);
    memcpy(mapped.groups, account->groups, sizeof mapped.groups);
    if (!identity_look_up(&mapped))
        return refuse(run, "the account is not in passwd");
    if (run->installation == LOG_ONLY) {
        run->target = run->caller; /* the account was only the authority's way of saying yes */
        return GO_ON;
    }
    if (mapped.uid == run->caller.uid)
        return refuse(run, "it is the caller's own account, the payload would not be kept apart");
    if (mapped.uid == run->keeper.uid || mapped.gid == run->keeper.gid)
        return refuse(run, "it is account glexec, which keeps the mappings");
    run->target = mapped;
    return GO_ON;
}
