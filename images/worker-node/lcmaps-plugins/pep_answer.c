#include "pep_answer.h"

#include "pep_reading.h"

#include <string.h>

#define STATUS_OK "urn:oasis:names:tc:xacml:1.0:status:ok"
#define FIELDS_MAX 8

void pep_object_to_permit(struct pep_reading *reading, const char *objection)
{
    if (reading->objection == NULL)
        reading->objection = objection;
}

bool pep_read_object(struct pep_reading *reading, const char *class, const struct pep_field *fields, void *into)
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

bool pep_read_list(struct pep_reading *reading, pep_take *take, void *into)
{
    if (!hessian_list(&reading->bytes))
        return false;
    while (hessian_more(&reading->bytes))
        if (!take(reading, into))
            return false;
    return reading->bytes.problem == NULL;
}

static bool skip(struct pep_reading *reading, void *into)
{
    (void)into;
    return hessian_skip(&reading->bytes);
}

static bool status_code_code(struct pep_reading *reading, void *into)
{
    return hessian_text(&reading->bytes, into, PEP_NAME_SIZE);
}

static bool status_code(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {{"code", status_code_code}, {"subCode", skip}, {NULL, NULL}};
    char code[PEP_NAME_SIZE] = "";

    (void)into;
    if (hessian_null(&reading->bytes))
        return true;
    if (!pep_read_object(reading, PEP_MODEL "StatusCode", fields, code))
        return false;
    reading->status_ok = strcmp(code, STATUS_OK) == 0;
    return true;
}

static bool status_message(struct pep_reading *reading, void *into)
{
    (void)into;
    return hessian_null(&reading->bytes) || hessian_text_part(&reading->bytes, reading->message, sizeof reading->message);
}

static bool result_status(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {{"message", status_message}, {"statusCode", status_code}, {NULL, NULL}};

    (void)into;
    return hessian_null(&reading->bytes) || pep_read_object(reading, PEP_MODEL "Status", fields, NULL);
}

static bool result_decision(struct pep_reading *reading, void *into)
{
    (void)into;
    return hessian_int(&reading->bytes, &reading->decision);
}

static bool result_resource(struct pep_reading *reading, void *into)
{
    (void)into;
    return hessian_null(&reading->bytes) || hessian_skip(&reading->bytes);
}

static bool read_result(struct pep_reading *reading, void *into)
{
    static const struct pep_field fields[] = {{"decision", result_decision},
                                          {"resourceId", result_resource},
                                          {"status", result_status},
                                          {"obligations", pep_read_obligations},
                                          {NULL, NULL}};

    (void)into;
    if (++reading->results > 1)
        return hessian_fail(&reading->bytes, "it has more than one result");
    return pep_read_object(reading, PEP_MODEL "Result", fields, NULL);
}

static bool response_results(struct pep_reading *reading, void *into)
{
    (void)into;
    return pep_read_list(reading, read_result, NULL);
}

/* Why a Permit is not a whole one. */
static const char *incomplete(const struct pep_reading *reading)
{
    return reading->status_ok ? pep_account_objection(reading) : "its status is not ok";
}

static bool judge(const struct pep_reading *reading, struct finding *finding)
{
    const char *problem = reading->decision == PEP_PERMIT ? incomplete(reading) : NULL;

    switch (reading->decision) {
    case PEP_DENY:
        return find(finding, RULING_DENIED, "the service says Deny");
    case PEP_NOT_APPLICABLE:
        return find(finding, RULING_NO_RULE, "no rule of the service is about this: NotApplicable");
    case PEP_INDETERMINATE:
        return find(finding, RULING_UNDECIDED, "the service could not decide: %s", reading->message);
    case PEP_PERMIT:
        return problem == NULL || find(finding, RULING_BROKEN, "a Permit that is none: %s", problem);
    default:
        return find(finding, RULING_BROKEN, "the decision is none of the four: %ld", (long)reading->decision);
    }
}

bool pep_answer_read(struct pep_answer *answer, const unsigned char *bytes, size_t length, struct finding *finding)
{
    static const struct pep_field fields[] = {{"request", skip}, {"results", response_results}, {NULL, NULL}};
    struct pep_reading reading = {.answer = answer, .decision = -1};

    *answer = (struct pep_answer){0};
    hessian_start(&reading.bytes, bytes, length);
    if (!pep_read_object(&reading, PEP_MODEL "Response", fields, NULL) || !hessian_done(&reading.bytes))
        return find(finding, RULING_BROKEN, "the response cannot be read: %s", reading.bytes.problem);
    if (reading.results == 0)
        return find(finding, RULING_BROKEN, "the response has no result");
    return judge(&reading, finding);
}
