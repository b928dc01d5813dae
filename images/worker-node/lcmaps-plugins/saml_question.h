/* What a SCAS or GUMS server is asked, as the SOAP message that it expects. */
#ifndef SAML_QUESTION_H
#define SAML_QUESTION_H

#include <stddef.h>

#define SAML_ID_SIZE 36      /* ID- and 32 hexadecimal digits */
#define SAML_INSTANT_SIZE 32 /* 2026-11-22T16:05:22Z */

/* Somebody by certificate. What is NULL is not said. DNs are in OpenSSL's form, times as XML has them. */
struct saml_party {
    const char *dn, *issuer; /* of the person, not of the proxies */
    const char *serial;      /* of that certificate, in decimal */
    const char *not_before, *not_after;
    const char *chain; /* certificates as PEM text, and never a key */
};

/* What a VO says about the subject. */
struct saml_voms {
    const char *const *fqans; /* the primary one first */
    size_t count;
    const char *vo, *signing_subject, *signing_issuer;
    const char *vouched; /* who vouches for the primary one: the signing subject, or SAML_UNVERIFIED */
};

#define SAML_UNVERIFIED "http://authz-interop.org/xacml/issuer/none" /* read in the source of GUMS */

struct saml_question {
    const char *id, *instant;
    const char *asker; /* the DN that the TLS connection is made with */
    struct saml_party subject, pilot;
    struct saml_voms voms;
    const char *resource; /* ce, wn, se, rb */
    const char *host;
    const char *host_dn; /* of the node's own certificate, where it asks with that */
    const char *action;  /* queue, execute-now, access */
};

/* An ID that nobody can guess: an answer names it, and so an old or foreign answer is none. NULL, or what is wrong. */
const char *saml_question_id(char id[SAML_ID_SIZE]);

/* This moment as XML has it. NULL, or what is wrong. */
const char *saml_question_instant(char instant[SAML_INSTANT_SIZE]);

/* The message. The caller frees it with free(). NULL: there is no memory, or a name in it that XML cannot say. */
char *saml_question_write(const struct saml_question *question);

#endif
