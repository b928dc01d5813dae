/* Whose credential it is, also where no plugin of the policy has said so. */
#ifndef SUBJECT_H
#define SUBJECT_H

/* The DN of the person whose certificate the chain in this PEM text leads to, as LCMAPS itself finds it, or NULL. The caller
 * frees it. */
char *subject_of(char *pem);

#endif
