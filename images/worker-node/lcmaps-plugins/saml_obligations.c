#include "saml_answer.h"

#include "saml_names.h"
#include "xml_strict.h"

#include <string.h>

/* An attribute that an obligation may have: once, or as often as there is room in a list. */
struct attribute {
    const char *id;
    const char **once;
    const char **list;
    size_t *count;
};

struct obligation {
    const char *id;
    struct attribute attributes[3];
    bool seen;
};

static bool equal(const char *text, const char *other)
{
    return text != NULL && strcmp(text, other) == 0;
}

static const char *keep(const struct attribute *attribute, const char *value)
{
    if (attribute->once != NULL) {
        if (*attribute->once != NULL)
            return "has an obligation with twice the same attribute";
        *attribute->once = value;
        return NULL;
    }
    if (*attribute->count >= SAML_GROUPS_MAX)
        return "has too many secondary groups";
    attribute->list[(*attribute->count)++] = value;
    return NULL;
}

static const char *read_assignment(const struct obligation *obligation, const xmlNode *assignment)
{
    const char *id = xml_attribute(assignment, NULL, "AttributeId"), *type = xml_attribute(assignment, NULL, "DataType");
    const char *value = xml_value(assignment);

    if (!equal(type, XSD_STRING) && !equal(type, XSD_INTEGER))
        return "has an attribute that is neither text nor number";
    if (value == NULL || value[0] == '\0')
        return "has an attribute without a value";
    for (size_t i = 0; i < sizeof obligation->attributes / sizeof obligation->attributes[0]; i++)
        if (obligation->attributes[i].id != NULL && equal(id, obligation->attributes[i].id))
            return keep(&obligation->attributes[i], value);
    return "has an obligation with an attribute that does not belong to it";
}

static const char *read_obligation(struct obligation *obligation, const xmlNode *node)
{
    const char *problem = NULL;

    if (obligation->seen)
        return "has an obligation twice";
    obligation->seen = true;
    if (!equal(xml_attribute(node, NULL, "FulfillOn"), "Permit"))
        return "has an obligation that is not for a Permit";
    if (!xml_only(node, POLICY_SPACE, "AttributeAssignment"))
        return "has an obligation with something else in it than attributes";
    for (const xmlNode *assignment = xml_first(node); assignment != NULL && problem == NULL; assignment = xml_next(assignment))
        problem = read_assignment(obligation, assignment);
    return problem;
}

/* Both `username` and `account` may name the user. That is one user. */
static const char *settle_user(struct saml_account *account, const char *by_account)
{
    if (by_account == NULL)
        return NULL;
    if (account->user != NULL && strcmp(account->user, by_account) != 0)
        return "names two users";
    account->user = by_account;
    return NULL;
}

static const char *look_at(const struct saml_account *account, const struct obligation *known, const char *by_account)
{
    enum { UIDGID, SECONDARY_GIDS, USERNAME, ACCOUNT };

    if (known[USERNAME].seen && account->user == NULL)
        return "has an obligation username without one";
    if (known[ACCOUNT].seen && by_account == NULL)
        return "has an obligation account without a username";
    if (known[UIDGID].seen && account->gid == NULL)
        return "has an obligation uidgid without a gid";
    if (known[SECONDARY_GIDS].seen && account->gid_count == 0)
        return "has an obligation secondary-gids without one";
    if (account->uid == NULL && account->user == NULL && by_account == NULL)
        return "permits, but names no account";
    return NULL;
}

const char *saml_obligations_read(struct saml_account *account, const xmlNode *obligations)
{
    const char *by_account = NULL, *problem = NULL;
    struct obligation known[] = {
        {OBLIGATION_UIDGID, {{ATTRIBUTE_UID, .once = &account->uid}, {ATTRIBUTE_GID, .once = &account->gid}}, false},
        {OBLIGATION_SECONDARY_GIDS, {{ATTRIBUTE_GID, .list = account->gids, .count = &account->gid_count}}, false},
        {OBLIGATION_USERNAME, {{ATTRIBUTE_USERNAME, .once = &account->user}}, false},
        {OBLIGATION_ACCOUNT,
         {{ATTRIBUTE_USERNAME, .once = &by_account},
          {ATTRIBUTE_PRIMARY_GROUP, .once = &account->group},
          {ATTRIBUTE_SECONDARY_GROUP, .list = account->groups, .count = &account->group_count}},
         false},
    };

    if (!xml_only(obligations, POLICY_SPACE, "Obligation"))
        return "has something else among its obligations";
    for (const xmlNode *node = xml_first(obligations); node != NULL && problem == NULL; node = xml_next(node)) {
        const char *id = xml_attribute(node, NULL, "ObligationId");
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && !equal(id, known[i].id))
            i++;
        problem = i < sizeof known / sizeof known[0] ? read_obligation(&known[i], node)
                                                     : "has an obligation that this node cannot fulfil";
    }
    if (problem == NULL)
        problem = look_at(account, known, by_account);
    return problem == NULL ? settle_user(account, by_account) : problem;
}
