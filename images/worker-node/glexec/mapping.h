/* Step 6: authorise and map. A child runs the site's real LCMAPS; this program never loads a plugin. */
#ifndef MAPPING_H
#define MAPPING_H

struct run;

/* Starts lcmaps-account with a clean environment, the credential on its standard input, and waits for its answer for at
 * most mapping_timeout seconds. 202: LCMAPS cannot work. 203: LCMAPS says no, or says nothing in time. */
int mapping_ask(struct run *run);

#endif
