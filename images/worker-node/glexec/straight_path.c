#include "straight_path.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

bool straight_path(const char *path)
{
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return false;
    for (const char *part = path; part != NULL; part = strchr(part + 1, '/')) {
        size_t length = strcspn(part + 1, "/");
        if (length == 0 || (length <= 2 && strncmp(part + 1, "..", length) == 0))
            return false;
    }
    return true;
}
