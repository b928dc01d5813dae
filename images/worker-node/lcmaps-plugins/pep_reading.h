/* One response of a PEP daemon while it is read: what its parts have said so far. For pep_answer.c and pep_account.c. */
#ifndef PEP_READING_H
#define PEP_READING_H

#include "hessian.h"
#include "pep_answer.h"

#define PEP_MODEL "org.glite.authz.common.model."

enum pep_decision { PEP_DENY, PEP_PERMIT, PEP_INDETERMINATE, PEP_NOT_APPLICABLE }; /* SCAS' library has another order */

enum pep_obligation { PEP_POSIX, PEP_UIDGID, PEP_SECONDARY, PEP_USERNAME, PEP_OBLIGATIONS };

struct pep_reading {
    struct hessian bytes;
    struct pep_answer *answer;
    int results, obligations[PEP_OBLIGATIONS]; /* how many there were */
    int32_t decision;
    bool status_ok;
    char message[256];
    const char *objection; /* why this cannot be a Permit, if it is one: the first reason */
};

/* A field of an object. One that is there twice or has another name is refused; one that is missing is found so by what it
 * was to fill. The last one of a list has no name. */
typedef bool pep_take(struct pep_reading *reading, void *into);

struct pep_field {
    const char *name;
    pep_take *take;
};

bool pep_read_object(struct pep_reading *reading, const char *class, const struct pep_field *fields, void *into);
bool pep_read_list(struct pep_reading *reading, pep_take *take, void *into);

void pep_object_to_permit(struct pep_reading *reading, const char *objection);

/* A list of obligations: the account is in them. */
bool pep_read_obligations(struct pep_reading *reading, void *into);

/* Why the account is not a whole one: NULL, or the reason. */
const char *pep_account_objection(const struct pep_reading *reading);

#endif
