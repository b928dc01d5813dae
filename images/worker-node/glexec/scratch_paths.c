#include "scratch_paths.h"

#include "straight_path.h"

#include <stdbool.h>
#include <string.h>

static bool plain(const char *path)
{
    for (; *path != '\0'; path++)
        if (*path <= ' ' || *path > '~' || *path == ':' || *path == '"' || *path == '\\')
            return false;
    return true;
}

/* Whether `below` is `above`, or lies in it. */
static bool within(const char *above, const char *below)
{
    size_t length = strlen(above);

    return strncmp(above, below, length) == 0 && (below[length] == '\0' || below[length] == '/');
}

const char *scratch_paths_add(struct scratch_paths *paths, const char *path)
{
    size_t length = strlen(path);

    if (!straight_path(path) || !plain(path))
        return "a private folder has no plain absolute path";
    if (length >= SCRATCH_PATH_SIZE)
        return "the path of a private folder is too long";
    for (size_t i = 0; i < paths->count; i++)
        if (within(paths->path[i], path) || within(path, paths->path[i]))
            return "a private folder is given twice or lies in another";
    if (paths->count >= SCRATCH_PATHS_MAX)
        return "there are too many private folders";
    memcpy(paths->path[paths->count++], path, length + 1);
    return NULL;
}

const char *scratch_paths_read(struct scratch_paths *paths, const char *list)
{
    char path[SCRATCH_PATH_SIZE];
    const char *problem = NULL;

    *paths = (struct scratch_paths){.count = 0};
    while (*list != '\0' && problem == NULL) {
        size_t length = strcspn(list, ":");
        if (length >= sizeof path)
            return "the path of a private folder is too long";
        memcpy(path, list, length);
        path[length] = '\0';
        problem = scratch_paths_add(paths, path);
        list += length;
        if (*list == ':' && *++list == '\0')
            return "the list of private folders ends in a colon";
    }
    return problem;
}
