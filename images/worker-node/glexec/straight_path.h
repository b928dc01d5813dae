/* Paths that mean one place whoever reads them: absolute, without empty parts, `.` and `..`. */
#ifndef STRAIGHT_PATH_H
#define STRAIGHT_PATH_H

#include <stdbool.h>

/* Whether `path` is one, shorter than PATH_MAX. `/` alone is none: it names nothing in any folder. */
bool straight_path(const char *path);

#endif
