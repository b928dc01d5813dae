/* What modules that ask a service have in common towards LCMAPS: the user's chain comes in, an account or a cause goes out. */
#ifndef MODULE_H
#define MODULE_H

#include "granted.h"
#include "plugin.h"
#include "ruling.h"

#include <openssl/x509.h>

/* For plugin_introspect: the chain, and what LCMAPS has read out of it. */
int module_introspect(int *argc, lcmaps_argument_t **argv);

/* The user's certificates, the one presented first, as LCMAPS has them; LCMAPS owns them. NULL: it has none. */
STACK_OF(X509) *module_chain(int argc, lcmaps_argument_t *argv);

/* The same as PEM text: certificates only, never a key. The caller frees it. NULL: there are none. */
char *module_pem(STACK_OF(X509) *chain);

/* The certificates of a PEM file as such text. The caller frees it. NULL: none could be read. */
char *module_pem_of_file(const char *path);

/* Tells LCMAPS whose credential it is, as it has found out itself: DN and VOMS attributes, for its lines and the switch's
 * record. A service says which account, and not for whom. */
void module_names(int argc, lcmaps_argument_t *argv);

/* Says what went wrong while initialising; returns LCMAPS_MOD_FAIL. */
int module_unusable(const char *module, const char *why);

/* Says why there is no account, in the log and in GLEXEC_CAUSE; returns LCMAPS_MOD_FAIL. */
int module_refuses(const char *module, const struct finding *finding);

/* Gives LCMAPS uid, primary gid and secondary gids; returns LCMAPS_MOD_SUCCESS, or LCMAPS_MOD_FAIL when LCMAPS takes
 * them not. */
int module_grants(const char *module, const struct granted *granted, const char *url);

#endif
