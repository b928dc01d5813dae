#include "pep_reading.h"

#include "../glexec/text.h"

#include <string.h>

#define ATTRIBUTE "http://glite.org/xacml/attribute/"
#define MAP "http://glite.org/xacml/obligation/local-environment-map"
#define INTEROP "http://authz-interop.org/xacml/"
#define SCHEMA "http://www.w3.org/2001/XMLSchema#"
#define ASSIGNMENTS_MAX (GRANTED_GROUPS_MAX + 2)

/* By name in one obligation, or by number in up to three. */
static const char *const obligations[PEP_OBLIGATIONS] = {
    [PEP_POSIX] = MAP "/posix",
    [PEP_UIDGID] = INTEROP "obligation/uidgid",
    [PEP_SECONDARY] = INTEROP "obligation/secondary-gids",
    [PEP_USERNAME] = INTEROP "obligation/username",
};

struct assignment {
    char id[PEP_NAME_SIZE], type[PEP_NAME_SIZE], value[PEP_NAME_SIZE];
};

struct obligation {
    char id[PEP_NAME_SIZE];
    int32_t fulfil_on;
    size_t count;
    struct assignment assignments[ASSIGNMENTS_MAX];
};

/* A text that may be null: then it is "". */
static bool text_or_null(struct pep_reading *reading, char *out, size_t size)
{
    out[0] = '\0';
    return hessian_null(&reading->bytes) || hessian_text(&reading->bytes, out, size);
}

static bool assignment_id(struct pep_reading *reading, void *into)
{
    return hessian_text(&reading->bytes, ((struct assignment *)into)->id, PEP_NAME_SIZE);
}

static bool assignment_type(struct pep_reading *reading, void *into)
{
    return text_or_null(reading, ((struct assignment *)into)->type, PEP_NAME_SIZE);
}

static bool assignment_value(struct pep_reading *reading, void *into)
{
    return text_or_null(reading, ((struct assignment *)into)->value, PEP_NAME_SIZE);
}

static bool read_assignment(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {
        {"attributeId", assignment_id}, {"dataType", assignment_type}, {"value", assignment_value}, {NULL, NULL}};
    struct obligation *obligation = into;
    struct assignment assignment = {0};

    if (!pep_read_object(reading, PEP_MODEL "AttributeAssignment", fields, &assignment))
        return false;
    if (obligation->count < ASSIGNMENTS_MAX)
        obligation->assignments[obligation->count++] = assignment;
    else
        pep_object_to_permit(reading, "the account has too many groups");
    return true;
}

static bool obligation_id(struct pep_reading *reading, void *into)
{
    return hessian_text(&reading->bytes, ((struct obligation *)into)->id, PEP_NAME_SIZE);
}

static bool obligation_fulfil_on(struct pep_reading *reading, void *into)
{
    int32_t *on = &((struct obligation *)into)->fulfil_on;

    return hessian_int(&reading->bytes, on) && (*on == PEP_DENY || *on == PEP_PERMIT ||
                                                hessian_fail(&reading->bytes, "an obligation goes with no known decision"));
}

static bool obligation_assignments(struct pep_reading *reading, void *into)
{
    return pep_read_list(reading, read_assignment, into);
}

/* A part that there is one of. */
static bool once(char *out, const char *value)
{
    return out[0] == '\0' && text_print(out, PEP_NAME_SIZE, "%s", value);
}

/* One of several. */
static bool again(char (*out)[PEP_NAME_SIZE], size_t *count, const char *value)
{
    return *count < GRANTED_GROUPS_MAX && text_print(out[(*count)++], PEP_NAME_SIZE, "%s", value);
}

static bool is(const struct assignment *assignment, const char *id, const char *type)
{
    return strcmp(assignment->id, id) == 0 && (assignment->type[0] == '\0' || strcmp(assignment->type, type) == 0);
}

static bool take_name(struct pep_answer *answer, const struct assignment *part)
{
    if (is(part, ATTRIBUTE "user-id", SCHEMA "string"))
        return once(answer->user, part->value);
    if (is(part, ATTRIBUTE "group-id/primary", SCHEMA "string"))
        return once(answer->group, part->value);
    return is(part, ATTRIBUTE "group-id", SCHEMA "string") && again(answer->groups, &answer->group_count, part->value);
}

static bool take_number(struct pep_answer *answer, const struct assignment *part)
{
    if (is(part, INTEROP "attribute/posix-uid", SCHEMA "integer"))
        return once(answer->uid, part->value);
    return is(part, INTEROP "attribute/posix-gid", SCHEMA "integer") && once(answer->gid, part->value);
}

static bool take_part(struct pep_answer *answer, enum pep_obligation kind, const struct assignment *part)
{
    if (part->value[0] == '\0')
        return false;
    switch (kind) {
    case PEP_POSIX:
        return take_name(answer, part);
    case PEP_UIDGID:
        return take_number(answer, part);
    case PEP_SECONDARY:
        return is(part, INTEROP "attribute/posix-gid", SCHEMA "integer") &&
               again(answer->gids, &answer->gid_count, part->value);
    default:
        return is(part, INTEROP "attribute/username", SCHEMA "string") && once(answer->user, part->value);
    }
}

static void take_obligation(struct pep_reading *reading, const struct obligation *obligation)
{
    size_t kind = 0;

    while (kind < PEP_OBLIGATIONS && strcmp(obligations[kind], obligation->id) != 0)
        kind++;
    if (kind == PEP_OBLIGATIONS) {
        bool unfulfilled = strcmp(obligation->id, MAP) == 0;
        pep_object_to_permit(reading, unfulfilled ? "the service was to map the user and has not"
                                                  : "it has an obligation that is unknown");
        return;
    }
    if (obligation->fulfil_on != PEP_PERMIT)
        pep_object_to_permit(reading, "the account goes with another decision");
    if (reading->obligations[kind]++ > 0)
        pep_object_to_permit(reading, "it has more than one account");
    for (size_t i = 0; i < obligation->count; i++)
        if (!take_part(reading->answer, (enum pep_obligation)kind, &obligation->assignments[i]))
            pep_object_to_permit(reading, "a part of the account is unknown, empty, twice or of another type");
}

static bool read_obligation(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {{"id", obligation_id},
                                              {"fulfillOn", obligation_fulfil_on},
                                              {"attributeAssignments", obligation_assignments},
                                              {NULL, NULL}};
    struct obligation obligation = {.fulfil_on = -1};

    (void)into;
    if (!pep_read_object(reading, PEP_MODEL "Obligation", fields, &obligation))
        return false;
    take_obligation(reading, &obligation);
    return true;
}

bool pep_read_obligations(struct pep_reading *reading, void *into)
{
    (void)into;
    return pep_read_list(reading, read_obligation, NULL);
}

static bool names_primary(const struct pep_answer *answer)
{
    for (size_t i = 0; i < answer->group_count; i++)
        if (strcmp(answer->groups[i], answer->group) == 0)
            return true;
    return false;
}

static const char *names_objection(const struct pep_answer *answer)
{
    if (answer->user[0] == '\0' || answer->group[0] == '\0')
        return "the account has no user or no primary group";
    return names_primary(answer) ? NULL : "the primary group is not among the groups";
}

const char *pep_account_objection(const struct pep_reading *reading)
{
    const struct pep_answer *answer = reading->answer;
    bool named = reading->obligations[PEP_POSIX] > 0, numbered = reading->obligations[PEP_UIDGID] > 0;
    bool beside = reading->obligations[PEP_SECONDARY] > 0 || reading->obligations[PEP_USERNAME] > 0;

    if (reading->objection != NULL)
        return reading->objection;
    if (!named && !numbered)
        return "it has no obligation with an account";
    if (named)
        return numbered || beside ? "it has more than one account" : names_objection(answer);
    if (answer->uid[0] == '\0' || answer->gid[0] == '\0')
        return "the account has no uid or no gid";
    if (reading->obligations[PEP_SECONDARY] > 0 && answer->gid_count == 0)
        return "its secondary groups are none";
    return reading->obligations[PEP_USERNAME] > 0 && answer->user[0] == '\0' ? "its user has no name" : NULL;
}
