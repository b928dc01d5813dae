/* Step 7: is the account that the authority named one that a payload may have here? */
#ifndef ADMISSION_H
#define ADMISSION_H

struct run;

/* Its ids are within the site's bounds, in passwd, and nobody's who is special here. 203 otherwise. In log-only the
 * account was only a way of saying yes: the payload's identity is the caller's. */
int admission_check(struct run *run);

#endif
