#include "admission.h"

#include "names.h"
#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>

static int refuse(struct run *run, enum cause cause, const char *objection)
{
    char dn[DN_SIZE];

    text_escape(dn, sizeof dn, run->account.dn);
    journal_note(&run->journal, LOG_WARNING, "The account for \"%s\" (uid %u, gid %u) is refused: %s.", dn,
                 run->account.uid, run->account.gid, objection);
    run_tell("LCMAPS failed.");
    run_tell("  The reason can be found in the syslog.");
    return run_fail(run, cause);
}

int admission_check(struct run *run)
{
    const struct account *account = &run->account;
    struct identity mapped = {.uid = account->uid, .gid = account->gid, .group_count = account->group_count};
    const char *objection = account_objection(account, run->config.minimum_uid, run->config.minimum_gid);

    if (objection != NULL)
        return refuse(run, CAUSE_ACCOUNT_REFUSED, objection);
    memcpy(mapped.groups, account->groups, sizeof mapped.groups);
    if (!identity_look_up(&mapped))
        return names_failed() ? refuse(run, CAUSE_NAMES_UNAVAILABLE, "the name service gives no answer")
                              : refuse(run, CAUSE_ACCOUNT_MISSING, "the account is not in passwd");
    if (run->request.verify && strcmp(mapped.name, run->request.account) != 0)
        return refuse(run, CAUSE_ACCOUNT_DIFFERS, "it is not the one that was to be verified");
    if (run->installation == LOG_ONLY) {
        run->target = run->caller; /* the account was only the authority's way of saying yes */
        return GO_ON;
    }
    if (mapped.uid == run->caller.uid)
        return refuse(run, CAUSE_ACCOUNT_REFUSED, "it is the caller's own account, the payload would not be kept apart");
    if (mapped.uid == run->keeper.uid || mapped.gid == run->keeper.gid)
        return refuse(run, CAUSE_ACCOUNT_REFUSED, "it is account glexec, which keeps the mappings");
    run->target = mapped;
    return GO_ON;
}
