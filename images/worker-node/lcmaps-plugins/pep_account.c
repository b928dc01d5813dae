#include "pep_reading.h"

#include <string.h>

#define ATTRIBUTE "http://glite.org/xacml/attribute/"
#define MAP "http://glite.org/xacml/obligation/local-environment-map"
#define STRING "http://www.w3.org/2001/XMLSchema#string"

/* A text that may be null: then it is "". */
static bool text_or_null(struct pep_reading *reading, char *out, size_t size)
{
    out[0] = '\0';
    return hessian_null(&reading->bytes) || hessian_text(&reading->bytes, out, size);
}

struct assignment {
    char id[PEP_NAME_SIZE], type[PEP_NAME_SIZE], value[PEP_NAME_SIZE];
};

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

static void take_assignment(struct pep_reading *reading, const struct assignment *assignment)
{
    struct pep_answer *answer = reading->answer;

    if (assignment->value[0] == '\0' || (assignment->type[0] != '\0' && strcmp(assignment->type, STRING) != 0)) {
        pep_object_to_permit(reading, "an attribute of the account has no value, or is no string");
    } else if (strcmp(assignment->id, ATTRIBUTE "user-id") == 0) {
        reading->users++;
        memcpy(answer->user, assignment->value, PEP_NAME_SIZE);
    } else if (strcmp(assignment->id, ATTRIBUTE "group-id/primary") == 0) {
        reading->primaries++;
        memcpy(answer->group, assignment->value, PEP_NAME_SIZE);
    } else if (strcmp(assignment->id, ATTRIBUTE "group-id") != 0) {
        pep_object_to_permit(reading, "an attribute of the account is unknown");
    } else if (answer->group_count == GRANTED_GROUPS_MAX) {
        pep_object_to_permit(reading, "the account has too many groups");
    } else {
        memcpy(answer->groups[answer->group_count++], assignment->value, PEP_NAME_SIZE);
    }
}

static bool read_assignment(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {
        {"attributeId", assignment_id}, {"dataType", assignment_type}, {"value", assignment_value}, {NULL, NULL}};
    struct assignment assignment = {0};

    (void)into;
    if (!pep_read_object(reading, PEP_MODEL "AttributeAssignment", fields, &assignment))
        return false;
    take_assignment(reading, &assignment);
    return true;
}

struct obligation {
    char id[PEP_NAME_SIZE];
    int32_t fulfil_on;
};

static bool obligation_id(struct pep_reading *reading, void *into)
{
    return hessian_text(&reading->bytes, ((struct obligation *)into)->id, PEP_NAME_SIZE);
}

static bool obligation_fulfil_on(struct pep_reading *reading, void *into)
{
    int32_t *on = &((struct obligation *)into)->fulfil_on;

    return hessian_int(&reading->bytes, on) &&
           (*on == PEP_DENY || *on == PEP_PERMIT || hessian_fail(&reading->bytes, "an obligation goes with no known decision"));
}

static bool obligation_assignments(struct pep_reading *reading, void *into)
{
    (void)into;
    return pep_read_list(reading, read_assignment, NULL);
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
    reading->obligations++;
    if (strcmp(obligation.id, MAP) == 0)
        pep_object_to_permit(reading, "the service was to map the user and has not");
    else if (strcmp(obligation.id, MAP "/posix") != 0)
        pep_object_to_permit(reading, "it has an obligation that is unknown");
    else if (obligation.fulfil_on != PEP_PERMIT)
        pep_object_to_permit(reading, "the account goes with another decision");
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

const char *pep_account_objection(const struct pep_reading *reading)
{
    if (reading->objection != NULL)
        return reading->objection;
    if (reading->obligations != 1)
        return reading->obligations == 0 ? "it has no obligation, so no account" : "it has more than one account";
    if (reading->users != 1 || reading->primaries != 1)
        return "the account has no user or no primary group, or two of them";
    return names_primary(reading->answer) ? NULL : "the primary group is not among the groups";
}
