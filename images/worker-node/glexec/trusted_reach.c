#include "trusted_reach.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 32
#define LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)

/* Where the way has come to: the folder that is open, and what is still to be gone. */
struct way {
    int folder;
    unsigned links;
    char rest[2 * PATH_MAX];
};

static const char *distrust(int opened, const struct trust *trust)
{
    struct stat status;

    return fstat(opened, &status) == 0 ? trusted_status(&status, trust) : "cannot be examined";
}

static const char *go_to(struct way *way, int opened, const struct trust *trust)
{
    if (way->folder >= 0)
        close(way->folder);
    way->folder = opened;
    return opened < 0 ? strerror(errno) : distrust(opened, trust);
}

/* Puts what a link says in front of what is still to be gone. */
static const char *follow(struct way *way, const char *name, const struct trust *trust)
{
    char target[PATH_MAX], rest[2 * PATH_MAX];
    ssize_t length = readlinkat(way->folder, name, target, sizeof target - 1);

    if (length <= 0 || ++way->links > LINKS_MAX)
        return "leads through too many links";
    target[length] = '\0';
    if (!text_print(rest, sizeof rest, "%s/%s", target, way->rest))
        return "leads too far";
    memcpy(way->rest, rest, sizeof rest);
    return target[0] == '/' ? go_to(way, open("/", LOOK), trust) : NULL;
}

/* One part of the way. `there` becomes false where there is nothing. */
static const char *step(struct way *way, const char *name, const struct trust *trust, bool *there)
{
    struct stat status;
    int opened;

    if (fstatat(way->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        *there = errno != ENOENT && errno != ENOTDIR;
        return *there ? strerror(errno) : NULL;
    }
    if (S_ISLNK(status.st_mode))
        return follow(way, name, trust);
    opened = openat(way->folder, name, LOOK);
    return go_to(way, opened, trust);
}

/* Takes the first part off what is still to be gone. False when nothing is left. */
static bool next_part(struct way *way, char *name, size_t size)
{
    size_t slashes = strspn(way->rest, "/"), length = strcspn(way->rest + slashes, "/");

    if (length == 0 || length >= size)
        return false;
    memcpy(name, way->rest + slashes, length);
    name[length] = '\0';
    memmove(way->rest, way->rest + slashes + length, strlen(way->rest + slashes + length) + 1);
    return true;
}

bool trusted_reach(const char *path, const struct trust *trust, char *why, size_t size)
{
    struct way way = {.folder = -1};
    char name[NAME_MAX + 1] = "/";
    const char *problem = "is not an absolute path";
    bool there = true;

    if (path[0] == '/' && text_print(way.rest, sizeof way.rest, "%s", path))
        problem = go_to(&way, open("/", LOOK), trust);
    while (problem == NULL && there && next_part(&way, name, sizeof name))
        problem = step(&way, name, trust, &there);
    if (way.folder >= 0)
        close(way.folder);
    if (problem != NULL)
        (void)text_print(why, size, "%.200s, at %.60s: it %s", path, name, problem);
    return problem == NULL;
}
