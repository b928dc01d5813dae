/* What lcmaps.db says behind lcmaps_scas_client.mod. */
#ifndef SCAS_OPTIONS_H
#define SCAS_OPTIONS_H

#include "endpoints.h"
#include "https.h"

#include <stdbool.h>
#include <stddef.h>

struct scas_options {
    struct https https;
    struct endpoints endpoints;
    char owner[64]; /* who has to own the key that is asked with; "" is anybody */
    const char *resource, *action;
    bool only_names; /* --use-dn-and-fqans: no certificate of the user's is sent, nor what stands in it */
};

/* Takes argv[1] and what follows. False: `why` says in one line what is wrong. */
bool scas_options_take(struct scas_options *options, int argc, char **argv, char *why, size_t size);

#endif
