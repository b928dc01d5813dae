#include "saml_question.h"

#include "saml_names.h"
#include "utf8.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlwriter.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SUBJECT INTEROP "subject/"
#define RESOURCE INTEROP "resource/"
#define ENVIRONMENT INTEROP "environment/"
#define PILOT ENVIRONMENT "pilot-job/"
#define XACML "urn:oasis:names:tc:xacml:1.0:"
#define BY_DN "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"

/* A message in the making. Once something has failed nothing more is written. */
struct draft {
    xmlTextWriter *writer;
    bool failed;
};

const char *saml_question_id(char id[SAML_ID_SIZE])
{
    uint8_t random[16];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return "there are no random numbers";
    (void)snprintf(id, SAML_ID_SIZE, "ID-");
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(id + 3 + 2 * i, 3, "%02x", random[i]);
    return NULL;
}

const char *saml_question_instant(char instant[SAML_INSTANT_SIZE])
{
    time_t now = time(NULL);
    struct tm parts;

    if (gmtime_r(&now, &parts) == NULL || strftime(instant, SAML_INSTANT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return "the time cannot be told";
    return NULL;
}

/* Whether XML can say this: UTF-8 of characters that it allows; libxml2's own function takes more than that. A name on two lines is no name; PEM text has many. */
static bool can_be_said(const char *text)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    bool lines = strncmp(text, "-----BEGIN ", 11) == 0;

    while (at < end) {
        uint32_t code = 0;
        size_t length = utf8_character(at, (size_t)(end - at), &code);
        if (length == 0 || !IS_CHAR(code) || (code < 0x20 && !(lines && code == '\n')))
            return false;
        at += length;
    }
    return true;
}

static void check(struct draft *draft, int written)
{
    draft->failed = draft->failed || written < 0;
}

static void open_element(struct draft *draft, const char *name)
{
    if (!draft->failed)
        check(draft, xmlTextWriterStartElement(draft->writer, (const xmlChar *)name));
}

static void close_element(struct draft *draft)
{
    if (!draft->failed)
        check(draft, xmlTextWriterEndElement(draft->writer));
}

static void say(struct draft *draft, const char *name, const char *value)
{
    draft->failed = draft->failed || !can_be_said(value);
    if (!draft->failed)
        check(draft, xmlTextWriterWriteAttribute(draft->writer, (const xmlChar *)name, (const xmlChar *)value));
}

static void say_text(struct draft *draft, const char *value)
{
    draft->failed = draft->failed || !can_be_said(value);
    if (!draft->failed)
        check(draft, xmlTextWriterWriteString(draft->writer, (const xmlChar *)value));
}

/* One attribute of XACML, when there is something to say. */
static void attribute_by(struct draft *draft, const char *id, const char *type, const char *issuer, const char *value)
{
    if (value == NULL)
        return;
    open_element(draft, "XACMLcontext:Attribute");
    say(draft, "AttributeId", id);
    say(draft, "DataType", type);
    if (issuer != NULL)
        say(draft, "Issuer", issuer);
    open_element(draft, "XACMLcontext:AttributeValue");
    say_text(draft, value);
    close_element(draft);
    close_element(draft);
}

static void attribute(struct draft *draft, const char *id, const char *type, const char *value)
{
    attribute_by(draft, id, type, NULL, value);
}

/* A value that is one of the profile's own names: the word of lcmaps.db behind their beginning. */
static void named(struct draft *draft, const char *id, const char *beginning, const char *word)
{
    char name[256];
    int length = snprintf(name, sizeof name, "%s%s", beginning, word);

    if (length < 0 || (size_t)length >= sizeof name)
        draft->failed = true;
    else
        attribute(draft, id, XSD_STRING, name);
}

static void write_subject(struct draft *draft, const struct saml_party *subject, const struct saml_voms *voms)
{
    open_element(draft, "XACMLcontext:Subject");
    attribute(draft, SUBJECT "subject-x509-id", XSD_STRING, subject->dn);
    attribute(draft, SUBJECT "subject-x509-issuer", XSD_STRING, subject->issuer);
    if (voms->count > 0)
        attribute_by(draft, SUBJECT "voms-primary-fqan", XSD_STRING, voms->vouched, voms->fqans[0]);
    for (size_t i = 0; i < voms->count; i++)
        attribute(draft, SUBJECT "voms-fqan", XSD_STRING, voms->fqans[i]);
    attribute(draft, SUBJECT "vo", XSD_STRING, voms->vo);
    attribute(draft, SUBJECT "voms-signing-subject", XSD_STRING, voms->signing_subject);
    attribute(draft, SUBJECT "voms-signing-issuer", XSD_STRING, voms->signing_issuer);
    attribute(draft, SUBJECT "certificate-serial-number", XSD_INTEGER, subject->serial);
    attribute(draft, SUBJECT "validity-not-before", XSD_DATE_TIME, subject->not_before);
    attribute(draft, SUBJECT "validity-not-after", XSD_DATE_TIME, subject->not_after);
    attribute(draft, SUBJECT "cert-chain", XSD_BASE64, subject->chain);
    close_element(draft);
}

static void write_pilot(struct draft *draft, const struct saml_party *pilot)
{
    attribute(draft, PILOT "subject-x509-id", XSD_STRING, pilot->dn);
    attribute(draft, PILOT "subject-x509-issuer", XSD_STRING, pilot->issuer);
    attribute(draft, PILOT "certificate-serial-number", XSD_INTEGER, pilot->serial);
    attribute(draft, PILOT "validity-not-before", XSD_DATE_TIME, pilot->not_before);
    attribute(draft, PILOT "validity-not-after", XSD_DATE_TIME, pilot->not_after);
    attribute(draft, PILOT "cert-chain", XSD_BASE64, pilot->chain);
}

static void write_environment(struct draft *draft, const struct saml_question *question)
{
    static const char *const supported[] = {OBLIGATION_SECONDARY_GIDS, OBLIGATION_UIDGID, OBLIGATION_USERNAME,
                                            OBLIGATION_ACCOUNT};

    open_element(draft, "XACMLcontext:Environment");
    attribute(draft, XACML "environment:current-dateTime", XSD_DATE_TIME, question->instant);
    for (size_t i = 0; i < sizeof supported / sizeof supported[0]; i++)
        attribute(draft, ENVIRONMENT "pep-oblig-supported", XSD_STRING, supported[i]);
    write_pilot(draft, &question->pilot);
    close_element(draft);
}

static void write_request(struct draft *draft, const struct saml_question *question)
{
    open_element(draft, "XACMLcontext:Request");
    write_subject(draft, &question->subject, &question->voms);
    open_element(draft, "XACMLcontext:Resource");
    named(draft, XACML "resource:resource-id", RESOURCE "resource-type/", question->resource);
    attribute(draft, RESOURCE "dns-host-name", XSD_STRING, question->host);
    attribute(draft, RESOURCE "resource-x509-id", XSD_STRING, question->host_dn);
    close_element(draft);
    open_element(draft, "XACMLcontext:Action");
    named(draft, XACML "action:action-id", INTEROP "action/action-type/", question->action);
    close_element(draft);
    write_environment(draft, question);
    close_element(draft);
}

static void write_message(struct draft *draft, const struct saml_question *question)
{
    open_element(draft, "SOAP-ENV:Envelope");
    say(draft, "xmlns:SOAP-ENV", SOAP_SPACE);
    say(draft, "xmlns:saml", SAML_SPACE);
    say(draft, "xmlns:XACMLcontext", CONTEXT_SPACE);
    say(draft, "xmlns:XACMLsamlp", QUERY_SPACE);
    open_element(draft, "SOAP-ENV:Body");
    open_element(draft, "XACMLsamlp:XACMLAuthzDecisionQuery");
    say(draft, "ID", question->id);
    say(draft, "Version", SAML_VERSION);
    say(draft, "IssueInstant", question->instant);
    say(draft, "ReturnContext", "true");
    open_element(draft, "saml:Issuer");
    say(draft, "Format", BY_DN);
    say_text(draft, question->asker);
    close_element(draft);
    write_request(draft, question);
}

char *saml_question_write(const struct saml_question *question)
{
    xmlBuffer *buffer = xmlBufferCreate();
    struct draft draft = {.writer = buffer == NULL ? NULL : xmlNewTextWriterMemory(buffer, 0)};
    char *message = NULL;

    if (draft.writer != NULL) {
        check(&draft, xmlTextWriterStartDocument(draft.writer, "1.0", "UTF-8", NULL));
        write_message(&draft, question);
        if (!draft.failed)
            check(&draft, xmlTextWriterEndDocument(draft.writer)); /* and with it every element that is open */
        xmlFreeTextWriter(draft.writer);
        if (!draft.failed)
            message = strdup((const char *)xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return message;
}
