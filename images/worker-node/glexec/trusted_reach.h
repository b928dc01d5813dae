/* Files that plugins will open by their path: is everything on the way there the site's alone? */
#ifndef TRUSTED_REACH_H
#define TRUSTED_REACH_H

#include "trusted_path.h"

/* Follows `path` as open() would, symbolic links included: a link in a folder that only the site can write is the site's
 * word. True when every folder on the way and what is at the end are trusted, and also when there is nothing at the end.
 * False with the reason in `why`. */
bool trusted_reach(const char *path, const struct trust *trust, char *why, size_t size);

#endif
