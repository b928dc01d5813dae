/* What lcmaps.db says behind lcmaps_c_pep.mod. */
#ifndef PEP_OPTIONS_H
#define PEP_OPTIONS_H

#include "endpoints.h"
#include "https.h"

#include <stdbool.h>
#include <stddef.h>

#define PEP_ID_SIZE 513 /* an id of 512 characters */

enum pep_certificate {
    PEP_CERTIFICATE_IMPLICIT, /* the pilot's proxy */
    PEP_CERTIFICATE_EXPLICIT, /* --certificate and --key */
    PEP_CERTIFICATE_NONE
};

struct pep_options {
    struct endpoints endpoints;
    struct https https;
    char resource[PEP_ID_SIZE], action[PEP_ID_SIZE], profile[PEP_ID_SIZE];
    enum pep_certificate certificate;
    bool moded;  /* --pep-certificate-mode was there */
    bool capath; /* --capath was there */
    bool debug;
};

/* Takes the words of lcmaps.db. False: `why` says in one line what is wrong. */
bool pep_options_take(struct pep_options *options, int argc, char **argv, char *why, size_t size);

#endif
