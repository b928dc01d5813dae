/* One call of a SCAS or GUMS server: the question goes out, a finding comes back. */
#ifndef SCAS_CALL_H
#define SCAS_CALL_H

#include "granted.h"
#include "https.h"
#include "saml_question.h"

/* Asks one endpoint once. The question gets an ID and a time of its own for each call. With RULING_PERMIT the account is
 * in `granted`. */
void scas_call(const struct https *https, const char *url, const struct saml_question *question, struct granted *granted,
               struct finding *finding);

#endif
