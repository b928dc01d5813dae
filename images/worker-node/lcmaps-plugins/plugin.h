/* The five functions that LCMAPS 1.6 looks up in a module. Debian 12 ships no header that declares them.
 *
 * Each returns LCMAPS_MOD_SUCCESS or LCMAPS_MOD_FAIL. A module that fails to initialise keeps LCMAPS from starting (the
 * switch: 202); one that fails when run is a no, and the policy says what follows (at its end: 203). */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "../glexec/answer.h" /* CAUSE_VARIABLE: why it fails, in a word */

#include <lcmaps/lcmaps_arguments.h>
#include <lcmaps/lcmaps_defines.h>

/* Takes the options of lcmaps.db: argv[0] is the module, what follows are the words behind it. Called once. */
int plugin_initialize(int argc, char **argv);

/* Says which values LCMAPS has to hand to plugin_run. */
int plugin_introspect(int *argc, lcmaps_argument_t **argv);

/* Does its work for one credential: adds what it finds to LCMAPS' credential data. */
int plugin_run(int argc, lcmaps_argument_t *argv);

/* The same where the caller has an account already and wants to know whether it is right. */
int plugin_verify(int argc, lcmaps_argument_t *argv);

/* The end of LCMAPS. */
int plugin_terminate(void);

#endif
