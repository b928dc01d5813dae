/* What LCMAPS knows of the user's VO, for the question to a SCAS or GUMS server. */
#ifndef SCAS_VOMS_H
#define SCAS_VOMS_H

#include "plugin.h"
#include "saml_question.h"

/* For plugin_introspect: the user's chain and what VOMS says about him. */
int scas_voms_introspect(int *argc, lcmaps_argument_t **argv);

/* Points at what LCMAPS has; a user without attributes has none. NULL, or what is wrong. */
const char *scas_voms_take(struct saml_voms *voms, int argc, lcmaps_argument_t *argv);

#endif
