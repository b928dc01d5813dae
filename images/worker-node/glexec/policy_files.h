/* What decides: the policy file, and the map files, folders and modules that it names. */
#ifndef POLICY_FILES_H
#define POLICY_FILES_H

#include <stddef.h>

#define POLICY_SIZE (256 * 1024)

struct policy {
    size_t length;
    char text[POLICY_SIZE + 1];
};

struct run;

/* Reads lcmaps_db_file once; LCMAPS gets these very bytes. 202 when it, or anything it names, could have been written by
 * others than the site: map files, ban files, the folder of leases, certificates, modules. What is not there is for LCMAPS
 * to miss. */
int policy_files_check(struct run *run);

#endif
