#include "trusted_path.h"

#include "straight_path.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define FILE_TO_READ (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

const char *trusted_status(const struct stat *status, const struct trust *trust)
{
    if (status->st_uid != 0 && status->st_uid != trust->site && status->st_uid >= trust->system)
        return "does not belong to root or account glexec";
    if ((status->st_mode & S_IWOTH) != 0)
        return "is writable by others";
    if ((status->st_mode & S_IWGRP) != 0 && status->st_gid != 0 && (trust->group == 0 || status->st_gid != trust->group))
        return "is writable by a group";
    return NULL;
}

static const char *distrust(int opened, bool folder, const struct trust *trust)
{
    struct stat status;

    if (fstat(opened, &status) != 0)
        return "cannot be examined";
    if (folder ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
        return folder ? "is not a folder" : "is not a regular file";
    return trusted_status(&status, trust);
}

static const char *open_problem(void)
{
    if (errno == ELOOP || errno == ENOTDIR)
        return "is a symbolic link or not a folder";
    return strerror(errno);
}

/* Opens `name` in `folder` and closes `folder`. -1 with the reason, which begins with the path so far. */
static int step_down(int folder, const char *name, int flags, const struct trust *trust, const char *so_far, char *why, size_t size)
{
    int opened = openat(folder, name, flags);
    const char *problem = opened < 0 ? open_problem() : distrust(opened, (flags & O_DIRECTORY) != 0, trust);

    close(folder);
    if (problem == NULL)
        return opened;
    if (opened >= 0)
        close(opened);
    (void)text_print(why, size, "%.200s %s", so_far, problem);
    return -1;
}

/* Walks down to the folder that holds the last part of `path`; `last` points to that part. -1 with the reason. */
static int walk(int root, char *path, const struct trust *trust, char **last, char *why, size_t size)
{
    char so_far[PATH_MAX];
    char *part = path + 1, *slash;
    int folder = fcntl(root, F_DUPFD_CLOEXEC, 3);
    const char *problem = folder < 0 ? strerror(errno) : distrust(folder, true, trust);

    if (problem != NULL) {
        if (folder >= 0)
            close(folder);
        (void)text_print(why, size, "/ %s", problem);
        return -1;
    }
    while ((slash = strchr(part, '/')) != NULL) {
        *slash = '\0';
        (void)text_print(so_far, sizeof so_far, "%s", path);
        folder = step_down(folder, part, FOLDER, trust, so_far, why, size);
        if (folder < 0)
            return -1;
        *slash = '/';
        part = slash + 1;
    }
    *last = part;
    return folder;
}

int trusted_open_below(int root, const char *path, const struct trust *trust, char *why, size_t size)
{
    char copy[PATH_MAX], *last = NULL;
    int folder;

    if (!straight_path(path) || !text_print(copy, sizeof copy, "%s", path)) {
        (void)text_print(why, size, "%.200s is not a straight absolute path", path);
        return -1;
    }
    folder = walk(root, copy, trust, &last, why, size);
    return folder < 0 ? -1 : step_down(folder, last, FILE_TO_READ, trust, path, why, size);
}

int trusted_open(const char *path, const struct trust *trust, char *why, size_t size)
{
    int root = open("/", FOLDER);
    int opened;

    if (root < 0) {
        (void)text_print(why, size, "/ cannot be opened");
        return -1;
    }
    opened = trusted_open_below(root, path, trust, why, size);
    close(root);
    return opened;
}

bool trusted_parent(const char *path, const struct trust *trust, char *why, size_t size)
{
    char copy[PATH_MAX], *last = NULL;
    int root, folder;

    if (!straight_path(path) || !text_print(copy, sizeof copy, "%s", path)) {
        (void)text_print(why, size, "%.200s is not a straight absolute path", path);
        return false;
    }
    root = open("/", FOLDER);
    if (root < 0) {
        (void)text_print(why, size, "/ cannot be opened");
        return false;
    }
    folder = walk(root, copy, trust, &last, why, size);
    close(root);
    if (folder < 0)
        return false;
    close(folder);
    return true;
}
