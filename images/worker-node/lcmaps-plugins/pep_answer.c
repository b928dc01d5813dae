#include "pep_answer.h"

#include "hessian.h"

#include <string.h>

#define MODEL "org.glite.authz.common.model."
#define ATTRIBUTE "http://glite.org/xacml/attribute/"
#define MAP "http://glite.org/xacml/obligation/local-environment-map"
#define STATUS_OK "urn:oasis:names:tc:xacml:1.0:status:ok"
#define STRING "http://www.w3.org/2001/XMLSchema#string"
#define MESSAGE_SIZE 256
#define FIELDS_MAX 8

enum decision { DENY, PERMIT, INDETERMINATE, NOT_APPLICABLE }; /* as Argus numbers them; SCAS' library does not */

/* What one response has said so far. */
struct reading {
    struct hessian bytes;
    struct pep_answer *answer;
    int results, obligations, users, primaries; /* how many there were */
    int32_t decision;
    bool status_ok;
    char message[MESSAGE_SIZE];
    const char *objection; /* why this cannot be a Permit, if it is one */
};

typedef bool take_field(struct reading *reading, void *into);

/* A field of an object. One that is there twice or has another name is refused; one that is missing is found so by what it
 * was to fill. */
struct field {
    const char *name;
    take_field *take;
};

static void object_to_permit(struct reading *reading, const char *objection)
{
    if (reading->objection == NULL)
        reading->objection = objection;
}

static bool read_object(struct reading *reading, const char *class, const struct field *fields, void *into)
{
    bool seen[FIELDS_MAX] = {false};
    char name[64];

    if (!hessian_object(&reading->bytes, class))
        return false;
    while (hessian_more(&reading->bytes)) {
        size_t i = 0;
        if (!hessian_text(&reading->bytes, name, sizeof name))
            return false;
        while (fields[i].name != NULL && strcmp(fields[i].name, name) != 0)
            i++;
        if (fields[i].name == NULL)
            return hessian_fail(&reading->bytes, "an object has a field that its class has not");
        if (seen[i])
            return hessian_fail(&reading->bytes, "an object has a field twice");
        seen[i] = true;
        if (!fields[i].take(reading, into))
            return false;
    }
    return reading->bytes.problem == NULL;
}

static bool read_list(struct reading *reading, take_field *take, void *into)
{
    if (!hessian_list(&reading->bytes))
        return false;
    while (hessian_more(&reading->bytes))
        if (!take(reading, into))
            return false;
    return reading->bytes.problem == NULL;
}

static bool skip(struct reading *reading, void *into)
{
    (void)into;
    return hessian_skip(&reading->bytes);
}

/* A text that may be null: then it is "". */
static bool text_or_null(struct reading *reading, char *out, size_t size)
{
    out[0] = '\0';
    return hessian_null(&reading->bytes) || hessian_text(&reading->bytes, out, size);
}

/* -- attributes of an obligation -- */

struct assignment {
    char id[PEP_NAME_SIZE], type[PEP_NAME_SIZE], value[PEP_NAME_SIZE];
};

static bool assignment_id(struct reading *reading, void *into)
{
    return hessian_text(&reading->bytes, ((struct assignment *)into)->id, PEP_NAME_SIZE);
}

static bool assignment_type(struct reading *reading, void *into)
{
    return text_or_null(reading, ((struct assignment *)into)->type, PEP_NAME_SIZE);
}

static bool assignment_value(struct reading *reading, void *into)
{
    return text_or_null(reading, ((struct assignment *)into)->value, PEP_NAME_SIZE);
}

static void take_assignment(struct reading *reading, const struct assignment *assignment)
{
    struct pep_answer *answer = reading->answer;

    if (assignment->value[0] == '\0' || (assignment->type[0] != '\0' && strcmp(assignment->type, STRING) != 0)) {
        object_to_permit(reading, "an attribute of the account has no value, or is no string");
    } else if (strcmp(assignment->id, ATTRIBUTE "user-id") == 0) {
        reading->users++;
        memcpy(answer->user, assignment->value, PEP_NAME_SIZE);
    } else if (strcmp(assignment->id, ATTRIBUTE "group-id/primary") == 0) {
        reading->primaries++;
        memcpy(answer->group, assignment->value, PEP_NAME_SIZE);
    } else if (strcmp(assignment->id, ATTRIBUTE "group-id") != 0) {
        object_to_permit(reading, "an attribute of the account is unknown");
    } else if (answer->group_count == GRANTED_GROUPS_MAX) {
        object_to_permit(reading, "the account has too many groups");
    } else {
        memcpy(answer->groups[answer->group_count++], assignment->value, PEP_NAME_SIZE);
    }
}

static bool read_assignment(struct reading *reading, void *into)
{
    static const struct field fields[] = {
        {"attributeId", assignment_id}, {"dataType", assignment_type}, {"value", assignment_value}, {NULL, NULL}};
    struct assignment assignment = {0};

    (void)into;
    if (!read_object(reading, MODEL "AttributeAssignment", fields, &assignment))
        return false;
    take_assignment(reading, &assignment);
    return true;
}

/* -- obligations -- */

struct obligation {
    char id[PEP_NAME_SIZE];
    int32_t fulfil_on;
};

static bool obligation_id(struct reading *reading, void *into)
{
    return hessian_text(&reading->bytes, ((struct obligation *)into)->id, PEP_NAME_SIZE);
}

static bool obligation_fulfil_on(struct reading *reading, void *into)
{
    int32_t *on = &((struct obligation *)into)->fulfil_on;

    return hessian_int(&reading->bytes, on) &&
           (*on == DENY || *on == PERMIT || hessian_fail(&reading->bytes, "an obligation goes with no known decision"));
}

static bool obligation_assignments(struct reading *reading, void *into)
{
    (void)into;
    return read_list(reading, read_assignment, NULL);
}

static bool read_obligation(struct reading *reading, void *into)
{
    static const struct field fields[] = {{"id", obligation_id},
                                          {"fulfillOn", obligation_fulfil_on},
                                          {"attributeAssignments", obligation_assignments},
                                          {NULL, NULL}};
    struct obligation obligation = {.fulfil_on = -1};

    (void)into;
    if (!read_object(reading, MODEL "Obligation", fields, &obligation))
        return false;
    reading->obligations++;
    if (strcmp(obligation.id, MAP) == 0)
        object_to_permit(reading, "the service was to map the user and has not");
    else if (strcmp(obligation.id, MAP "/posix") != 0)
        object_to_permit(reading, "it has an obligation that is unknown");
    else if (obligation.fulfil_on != PERMIT)
        object_to_permit(reading, "the account goes with another decision");
    return true;
}

/* -- status -- */

static bool status_code_code(struct reading *reading, void *into)
{
    return hessian_text(&reading->bytes, into, PEP_NAME_SIZE);
}

static bool status_code(struct reading *reading, void *into)
{
    static const struct field fields[] = {{"code", status_code_code}, {"subCode", skip}, {NULL, NULL}};
    char code[PEP_NAME_SIZE] = "";

    (void)into;
    if (hessian_null(&reading->bytes))
        return true;
    if (!read_object(reading, MODEL "StatusCode", fields, code))
        return false;
    reading->status_ok = strcmp(code, STATUS_OK) == 0;
    return true;
}

static bool status_message(struct reading *reading, void *into)
{
    (void)into;
    return hessian_null(&reading->bytes) || hessian_text_part(&reading->bytes, reading->message, MESSAGE_SIZE);
}

static bool result_status(struct reading *reading, void *into)
{
    static const struct field fields[] = {{"message", status_message}, {"statusCode", status_code}, {NULL, NULL}};

    (void)into;
    return hessian_null(&reading->bytes) || read_object(reading, MODEL "Status", fields, NULL);
}

/* -- the result and the response -- */

static bool result_decision(struct reading *reading, void *into)
{
    (void)into;
    return hessian_int(&reading->bytes, &reading->decision);
}

static bool result_resource(struct reading *reading, void *into)
{
    (void)into;
    return hessian_null(&reading->bytes) || hessian_skip(&reading->bytes);
}

static bool result_obligations(struct reading *reading, void *into)
{
    (void)into;
    return read_list(reading, read_obligation, NULL);
}

static bool read_result(struct reading *reading, void *into)
{
    static const struct field fields[] = {{"decision", result_decision},
                                          {"resourceId", result_resource},
                                          {"status", result_status},
                                          {"obligations", result_obligations},
                                          {NULL, NULL}};

    (void)into;
    if (++reading->results > 1)
        return hessian_fail(&reading->bytes, "it has more than one result");
    return read_object(reading, MODEL "Result", fields, NULL);
}

static bool response_results(struct reading *reading, void *into)
{
    (void)into;
    return read_list(reading, read_result, NULL);
}

static bool names_primary(const struct pep_answer *answer)
{
    for (size_t i = 0; i < answer->group_count; i++)
        if (strcmp(answer->groups[i], answer->group) == 0)
            return true;
    return false;
}

/* Why a Permit is not a whole one. */
static const char *incomplete(const struct reading *reading)
{
    if (!reading->status_ok)
        return "its status is not ok";
    if (reading->objection != NULL)
        return reading->objection;
    if (reading->obligations != 1)
        return reading->obligations == 0 ? "it has no obligation, so no account" : "it has more than one account";
    if (reading->users != 1 || reading->primaries != 1)
        return "the account has no user or no primary group, or two of them";
    return names_primary(reading->answer) ? NULL : "the primary group is not among the groups";
}

static bool judge(const struct reading *reading, struct finding *finding)
{
    const char *problem = reading->decision == PERMIT ? incomplete(reading) : NULL;

    switch (reading->decision) {
    case DENY:
        return find(finding, RULING_DENIED, "the service says Deny");
    case NOT_APPLICABLE:
        return find(finding, RULING_NO_RULE, "no rule of the service is about this: NotApplicable");
    case INDETERMINATE:
        return find(finding, RULING_UNDECIDED, "the service could not decide: %s", reading->message);
    case PERMIT:
        return problem == NULL || find(finding, RULING_BROKEN, "a Permit that is none: %s", problem);
    default:
        return find(finding, RULING_BROKEN, "the decision is none of the four: %ld", (long)reading->decision);
    }
}

bool pep_answer_read(struct pep_answer *answer, const unsigned char *bytes, size_t length, struct finding *finding)
{
    static const struct field fields[] = {{"request", skip}, {"results", response_results}, {NULL, NULL}};
    struct reading reading = {.answer = answer, .decision = -1};

    *answer = (struct pep_answer){0};
    hessian_start(&reading.bytes, bytes, length);
    if (!read_object(&reading, MODEL "Response", fields, NULL) || !hessian_done(&reading.bytes))
        return find(finding, RULING_BROKEN, "the response cannot be read: %s", reading.bytes.problem);
    if (reading.results == 0)
        return find(finding, RULING_BROKEN, "the response has no result");
    return judge(&reading, finding);
}
