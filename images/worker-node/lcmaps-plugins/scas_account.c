#include "scas_account.h"

#include <stddef.h>

static bool resolve_user(struct granted *granted, const struct saml_account *account, struct finding *finding)
{
    uid_t named;

    if (account->user != NULL && !granted_user(granted, account->user, finding))
        return false;
    named = granted->uid;
    if (account->uid == NULL)
        return true;
    if (!granted_uid(granted, account->uid, finding))
        return false;
    if (account->user != NULL && granted->uid != named)
        return find(finding, RULING_ACCOUNT_REFUSED, "the service names user %s and uid %s, which is another one here",
                    account->user, account->uid);
    return true;
}

static bool resolve_group(struct granted *granted, const struct saml_account *account, struct finding *finding)
{
    gid_t named;

    if (account->group != NULL && !granted_group(granted, account->group, finding))
        return false;
    named = granted->gid;
    if (account->gid == NULL)
        return true;
    if (!granted_gid(granted, account->gid, finding))
        return false;
    if (account->group != NULL && granted->gid != named)
        return find(finding, RULING_ACCOUNT_REFUSED, "the service names group %s and gid %s, which is another one here",
                    account->group, account->gid);
    return true;
}

bool scas_account_resolve(struct granted *granted, const struct saml_account *account, struct finding *finding)
{
    *granted = (struct granted){.count = 0};
    if (!resolve_user(granted, account, finding) || !resolve_group(granted, account, finding))
        return false;
    for (size_t i = 0; i < account->gid_count; i++)
        if (!granted_secondary_gid(granted, account->gids[i], finding))
            return false;
    for (size_t i = 0; i < account->group_count; i++)
        if (!granted_secondary(granted, account->groups[i], finding))
            return false;
    return true;
}
