/* What an Argus PEP daemon answered, read so that only a complete and well-formed Permit is one. */
#ifndef PEP_ANSWER_H
#define PEP_ANSWER_H

#include "granted.h"
#include "ruling.h"

#include <stdbool.h>
#include <stddef.h>

#define PEP_NAME_SIZE 256

/* By name as in the profile grid-wn; or by number as in authz-interop, where there may be a user's name beside. */
struct pep_answer {
    char user[PEP_NAME_SIZE];
    char group[PEP_NAME_SIZE];                      /* the primary one */
    char groups[GRANTED_GROUPS_MAX][PEP_NAME_SIZE]; /* all that were named, the primary one among them */
    size_t group_count;
    char uid[PEP_NAME_SIZE]; /* "": the account is told by name */
    char gid[PEP_NAME_SIZE];
    char gids[GRANTED_GROUPS_MAX][PEP_NAME_SIZE];
    size_t gid_count;
};

/* Reads the bytes of a Response. True for a Permit with a whole account; else the finding says what it is instead: denied,
 * no-rule, service-undecided or service-broken. An answer that contradicts itself is broken, except that a Deny is always a
 * Deny, whatever it comes with. */
bool pep_answer_read(struct pep_answer *answer, const unsigned char *bytes, size_t length, struct finding *finding);

#endif
