/* The account of a SCAS or GUMS server's Permit, as this node knows it. */
#ifndef SCAS_ACCOUNT_H
#define SCAS_ACCOUNT_H

#include "granted.h"
#include "saml_answer.h"

/* SCAS names a uid and gids, GUMS a user and perhaps a gid or groups. Whatever is named twice has to be the same. False with a
 * finding, as in granted.h. */
bool scas_account_resolve(struct granted *granted, const struct saml_account *account, struct finding *finding);

#endif
