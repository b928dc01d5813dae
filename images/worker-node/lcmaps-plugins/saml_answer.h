/* What a SCAS or GUMS server answers: a decision, and with a Permit the account as the server names it. */
#ifndef SAML_ANSWER_H
#define SAML_ANSWER_H

#include <libxml/tree.h>

#include <stdbool.h>
#include <stddef.h>

#define SAML_GROUPS_MAX 64 /* secondary groups, by number and by name each */

enum saml_decision {
    SAML_BROKEN, /* no answer that can be believed: nothing of the rest is set */
    SAML_PERMIT,
    SAML_DENY,
    SAML_NOT_APPLICABLE,
    SAML_INDETERMINATE /* also a SOAP fault: the server says that it could not decide */
};

/* An account in the words of the answer: NULL is what it does not name, and no number has been looked at. */
struct saml_account {
    const char *user, *uid, *gid, *group;
    const char *gids[SAML_GROUPS_MAX], *groups[SAML_GROUPS_MAX]; /* secondary ones */
    size_t gid_count, group_count;
};

struct saml_answer {
    enum saml_decision decision;
    struct saml_account account; /* of a Permit: a user, or a uid with a gid, or both */
    const char *message;         /* what the server says about it, for the log; may be empty */
    xmlDoc *document;            /* in which all the texts are */
};

/* Reads the answer to the question with this ID. NULL, or what is wrong with it: then it is SAML_BROKEN. Only a Permit with
 * everything in its place is a Permit; what is free to be elsewhere or more than once is so in no answer that was seen. */
const char *saml_answer_read(struct saml_answer *answer, const char *text, size_t length, const char *id);

void saml_answer_free(struct saml_answer *answer);

/* The obligations of a Permit. NULL, or what is wrong: one that is unknown, twice, for another decision, or incomplete. */
const char *saml_obligations_read(struct saml_account *account, const xmlNode *obligations);

#endif
