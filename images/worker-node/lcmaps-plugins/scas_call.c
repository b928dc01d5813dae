#include "scas_call.h"

#include "saml_answer.h"
#include "scas_account.h"

#include <stdlib.h>
#include <string.h>

#define OK 200
#define ACTION "\"http://www.globus.org/security/XACMLAuthorization/XACMLAuthorizationPortType/AuthorizeRequest\""

static void judge_answer(const struct saml_answer *answer, const char *problem, struct granted *granted,
                         struct finding *finding)
{
    const char *says = answer->message[0] != '\0' ? ": " : "";

    switch (answer->decision) {
    case SAML_PERMIT:
        if (scas_account_resolve(granted, &answer->account, finding))
            (void)find(finding, RULING_PERMIT, "permitted");
        break;
    case SAML_DENY:
        (void)find(finding, RULING_DENIED, "denied%s%s", says, answer->message);
        break;
    case SAML_NOT_APPLICABLE:
        (void)find(finding, RULING_NO_RULE, "no rule applies%s%s", says, answer->message);
        break;
    case SAML_INDETERMINATE:
        (void)find(finding, RULING_UNDECIDED, "the service could not decide%s%s", says, answer->message);
        break;
    default:
        (void)find(finding, RULING_BROKEN, "the answer %s", problem);
    }
}

/* SOAP sends its faults with an HTTP status of failure. Nothing else in such a response counts. */
static void judge(const struct https_response *response, const char *id, struct granted *granted, struct finding *finding)
{
    struct saml_answer answer;
    const char *problem = saml_answer_read(&answer, response->body, response->length, id);

    if (response->status == OK || answer.decision == SAML_INDETERMINATE)
        judge_answer(&answer, problem, granted, finding);
    else
        (void)find(finding, RULING_BROKEN, "HTTP status %ld", response->status);
    saml_answer_free(&answer);
}

void scas_call(const struct https *https, const char *url, const struct saml_question *question, struct granted *granted,
               struct finding *finding)
{
    char id[SAML_ID_SIZE], instant[SAML_INSTANT_SIZE];
    struct saml_question asked = *question;
    struct https_response response;
    const char *problem = saml_question_id(id);
    char *message = NULL;

    if (problem == NULL)
        problem = saml_question_instant(instant);
    asked.id = id;
    asked.instant = instant;
    if (problem == NULL && (message = saml_question_write(&asked)) == NULL)
        problem = "a name in it is none that XML can say";
    if (problem != NULL) {
        (void)find(finding, RULING_CREDENTIAL, "the question cannot be put: %s", problem);
        return;
    }
    struct https_request request = {.url = url, .content_type = "text/xml; charset=utf-8", .soap_action = ACTION,
                                    .body = message, .length = strlen(message)};
    if (https_post(https, &request, &response, finding)) {
        judge(&response, id, granted, finding);
        https_free(&response);
    }
    free(message);
}
