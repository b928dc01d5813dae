/* One folder of the payload's own, in the place of one that it would share. */
#ifndef PRIVATE_FOLDER_H
#define PRIVATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct run;

/* Opens the place: a folder that everybody can write, or the caller's own as HTCondor's MOUNT_UNDER_SCRATCH has it, below
 * folders that only the site can change. One that is the site's alone is nobody's scratch: a payload that owned /etc would
 * be root soon. Returns the descriptor, or -1 with the reason. */
int private_folder_place(const struct run *run, const char *path, char *why, size_t size);

/* Makes an empty folder for the target in `base`, which is root's alone, and mounts it over the path. Needs a mount
 * namespace that the payload alone will share, and `base` as it is seen in there. False with the reason. */
bool private_folder_make(const struct run *run, int base, const char *path, char *why, size_t size);

#endif
