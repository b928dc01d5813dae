#include "saml_answer.h"

#include "saml_names.h"
#include "xml_strict.h"

#include <string.h>

#define PARTS(...) (const struct xml_part[]){__VA_ARGS__}, sizeof(const struct xml_part[]){__VA_ARGS__} / sizeof(struct xml_part)

/* The answer's own elements, as they are found one in another. */
struct elements {
    const xmlNode *response;  /* SAML's */
    const xmlNode *status;    /* SAML's; GUMS has none */
    const xmlNode *assertion;
    const xmlNode *statement;
    const xmlNode *result;
    const xmlNode *decision;
    const xmlNode *result_status; /* XACML's own */
    const xmlNode *obligations;
};

static bool equal(const char *text, const char *other)
{
    return text != NULL && strcmp(text, other) == 0;
}

static const char *text_or_nothing(const xmlNode *node)
{
    const char *text = node == NULL ? NULL : xml_value(node);

    return text == NULL ? "" : text;
}

/* The code in a status of SAML's or XACML's, and its message. NULL where there is none, or no status that can be read. */
static const char *status_code(const xmlNode *status, const char *space, const char **message)
{
    const xmlNode *code, *text, *detail;

    if (!xml_parts(status, PARTS({space, "StatusCode", &code}, {space, "StatusMessage", &text}, {space, "StatusDetail", &detail})))
        return NULL;
    *message = text_or_nothing(text);
    return code == NULL ? NULL : xml_attribute(code, NULL, "Value");
}

/* A header entry that has to be understood or refused: we understand none. */
static bool header_binds(const xmlNode *header)
{
    for (const xmlNode *entry = xml_first(header); entry != NULL; entry = xml_next(entry)) {
        const char *must = xml_attribute(entry, SOAP_SPACE, "mustUnderstand");
        if (must != NULL && strcmp(must, "0") != 0)
            return true;
    }
    return false;
}

static const char *read_fault(struct saml_answer *answer, const xmlNode *fault)
{
    const xmlNode *text = NULL;

    for (const xmlNode *part = xml_first(fault); part != NULL; part = xml_next(part))
        if (part->ns == NULL && equal((const char *)part->name, "faultstring"))
            text = part;
    answer->decision = SAML_INDETERMINATE;
    answer->message = text_or_nothing(text);
    return NULL;
}

static const char *open_envelope(struct elements *found, const xmlNode **fault, const xmlNode *root)
{
    const xmlNode *header, *body;

    if (!xml_is(root, SOAP_SPACE, "Envelope"))
        return "is no SOAP 1.1 message";
    if (!xml_parts(root, PARTS({SOAP_SPACE, "Header", &header}, {SOAP_SPACE, "Body", &body})) || body == NULL)
        return "is not a SOAP envelope with one body";
    if (header != NULL && header_binds(header))
        return "has a SOAP header that has to be understood";
    if (!xml_parts(body, PARTS({SAMLP_SPACE, "Response", &found->response}, {SOAP_SPACE, "Fault", fault})))
        return "has a body with something else in it than one response or fault";
    if ((found->response == NULL) == (*fault == NULL))
        return "has a body without one response or fault";
    return NULL;
}

static const char *open_response(struct elements *found, const char *id)
{
    const xmlNode *issuer, *response = found->response;

    if (!equal(xml_attribute(response, NULL, "Version"), SAML_VERSION))
        return "is not of SAML 2.0";
    if (!equal(xml_attribute(response, NULL, "InResponseTo"), id))
        return "is an answer to another question";
    if (!xml_parts(response, PARTS({SAML_SPACE, "Issuer", &issuer}, {SAMLP_SPACE, "Status", &found->status},
                                   {SAML_SPACE, "Assertion", &found->assertion})))
        return "has a response with something else in it, or twice the same";
    return NULL;
}

static const char *open_statement(struct elements *found)
{
    const xmlNode *issuer, *response, *request;

    if (found->assertion == NULL)
        return "has no assertion";
    if (!equal(xml_attribute(found->assertion, NULL, "Version"), SAML_VERSION))
        return "has an assertion that is not of SAML 2.0";
    if (!xml_parts(found->assertion, PARTS({SAML_SPACE, "Issuer", &issuer}, {SAML_SPACE, "Statement", &found->statement})))
        return "has an assertion with something else in it than one statement";
    if (found->statement == NULL)
        return "has no statement";
    if (!xml_typed(found->statement, STATEMENT_SPACE, STATEMENT_TYPE))
        return "has a statement that is not of the type of an authorisation decision";
    if (!xml_parts(found->statement, PARTS({CONTEXT_SPACE, "Response", &response}, {CONTEXT_SPACE, "Request", &request})) ||
        response == NULL)
        return "has a statement without one response of XACML";
    if (!xml_parts(response, PARTS({CONTEXT_SPACE, "Result", &found->result})) || found->result == NULL)
        return "has not exactly one result";
    if (!xml_parts(found->result, PARTS({CONTEXT_SPACE, "Decision", &found->decision},
                                        {CONTEXT_SPACE, "Status", &found->result_status},
                                        {POLICY_SPACE, "Obligations", &found->obligations})) ||
        found->decision == NULL)
        return "has a result that is not one decision with its status and obligations";
    return NULL;
}

static enum saml_decision decision_of(const char *word)
{
    static const struct {
        const char *word;
        enum saml_decision decision;
    } words[] = {{"Permit", SAML_PERMIT},
                 {"Deny", SAML_DENY},
                 {"NotApplicable", SAML_NOT_APPLICABLE},
                 {"Indeterminate", SAML_INDETERMINATE}};

    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].decision;
    return SAML_BROKEN;
}

/* SAML's status is success; or it is missing and XACML's is one of GUMS' own names, because GUMS sends none. */
static const char *look_at_saml_status(const struct elements *found, const char *code)
{
    const char *message = "";

    if (found->status == NULL)
        return equal(code, GUMS_OK) || equal(code, GUMS_ERROR) ? NULL : "has no SAML status, and is not from GUMS";
    return equal(status_code(found->status, SAMLP_SPACE, &message), SAML_SUCCESS)
               ? NULL
               : "has a decision, but its SAML status is not success";
}

static const char *read_result(struct saml_answer *answer, const struct elements *found)
{
    const char *code = NULL, *problem;
    enum saml_decision decision = decision_of(xml_value(found->decision));

    if (decision == SAML_BROKEN)
        return "has a decision that is none of the four";
    if (found->result_status != NULL)
        code = status_code(found->result_status, CONTEXT_SPACE, &answer->message);
    problem = decision == SAML_DENY ? NULL : look_at_saml_status(found, code);
    if (problem == NULL && decision == SAML_PERMIT) {
        if (!equal(code, XACML_OK) && !equal(code, GUMS_OK))
            problem = "permits, but the result's status is not ok";
        else if (found->obligations == NULL)
            problem = "permits, but names no account";
        else
            problem = saml_obligations_read(&answer->account, found->obligations);
    }
    if (problem == NULL)
        answer->decision = decision;
    return problem;
}

const char *saml_answer_read(struct saml_answer *answer, const char *text, size_t length, const char *id)
{
    struct elements found = {0};
    const xmlNode *fault = NULL;
    const char *problem;

    *answer = (struct saml_answer){.decision = SAML_BROKEN, .message = ""};
    answer->document = xml_read(text, length, &problem);
    if (problem == NULL)
        problem = open_envelope(&found, &fault, xmlDocGetRootElement(answer->document));
    if (problem == NULL && fault != NULL)
        return read_fault(answer, fault);
    if (problem == NULL)
        problem = open_response(&found, id);
    if (problem == NULL)
        problem = open_statement(&found);
    if (problem == NULL)
        problem = read_result(answer, &found);
    if (problem != NULL) {
        answer->account = (struct saml_account){0};
        answer->message = "";
    }
    return problem;
}

void saml_answer_free(struct saml_answer *answer)
{
    xmlFreeDoc(answer->document);
    *answer = (struct saml_answer){.decision = SAML_BROKEN, .message = ""};
}
