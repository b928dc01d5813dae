/* Whose credential it is, also where no plugin of the policy has said so. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <stdbool.h>

/* The DN of the person whose certificate the chain in this PEM text leads to, as LCMAPS itself finds it, or NULL. The caller
 * frees it. */
char *subject_of(char *pem);

/* Whether the chain leads to one person only. LCMAPS 1.6.6 verifies the path from the first certificate to an authority, and
 * takes as the person the last certificate that could be one, on that path or not [observed]: without this a proxy with
 * somebody's certificate behind it, which is no secret, is that somebody. True as well for what LCMAPS cannot read. */
bool subject_is_one(char *pem);

#endif
