#include "sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define NAMES 64   /* tried for a folder that is moved up */
#define ATTEMPTS 3 /* to remove a folder that has just been emptied */

struct broom {
    int top;         /* the folder that is swept */
    uint32_t number; /* the next name for a folder that is moved up into it */
    time_t deadline;
    int error; /* of the first thing that stays */
};

static time_t now(void)
{
    struct timespec time = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static bool stays(struct broom *broom, int error)
{
    if (broom->error == 0)
        broom->error = error;
    return false;
}

/* Opens a folder and takes it from its owner: no access list, no mode lets anybody but root put something into it. */
static int seize(int parent, const char *name)
{
    const struct open_how how = {.flags = FOLDER,
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
    int folder = (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
    int problem;

    if (folder < 0)
        return -1;
    if (fchown(folder, 0, 0) == 0 && fchmod(folder, 0700) == 0)
        return folder;
    problem = errno;
    close(folder);
    errno = problem;
    return -1;
}

static bool move_up(struct broom *broom, int folder, const char *name)
{
    char number[16];

    for (int attempt = 0; attempt < NAMES; attempt++) {
        (void)snprintf(number, sizeof number, "%u", (unsigned)broom->number++);
        if (renameat2(folder, name, broom->top, number, RENAME_NOREPLACE) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    return stays(broom, errno);
}

static void empty(struct broom *broom, int folder);

static bool remove_folder(struct broom *broom, int parent, const char *name)
{
    bool removed = false;
    int folder, problem;

    if (parent != broom->top)
        return move_up(broom, parent, name);
    folder = seize(parent, name);
    if (folder < 0)
        return stays(broom, errno);
    /* What was under way when the folder was taken may still have come into it. */
    for (int attempt = 0; attempt < ATTEMPTS && !removed; attempt++) {
        empty(broom, folder);
        removed = unlinkat(parent, name, AT_REMOVEDIR) == 0;
        if (!removed && errno != ENOTEMPTY)
            break;
    }
    problem = errno;
    close(folder);
    return removed || stays(broom, problem);
}

/* Whether this name is gone from the folder. */
static bool remove_entry(struct broom *broom, int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return stays(broom, errno);
    if (unlinkat(folder, name, AT_REMOVEDIR) == 0)
        return true;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return stays(broom, errno == ENOTDIR ? EPERM : errno);
    return remove_folder(broom, folder, name);
}

static bool is_itself_or_parent(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One look at what the folder holds. Whether anything has gone from it. */
static bool pass(struct broom *broom, int folder)
{
    int copy = openat(folder, ".", FOLDER);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool progress = false;

    if (list == NULL) {
        if (copy >= 0)
            close(copy);
        return stays(broom, errno);
    }
    while ((entry = readdir(list)) != NULL) {
        if (is_itself_or_parent(entry->d_name))
            continue;
        if (now() > broom->deadline) {
            progress = stays(broom, ETIMEDOUT);
            break;
        }
        if (remove_entry(broom, folder, entry->d_name))
            progress = true;
    }
    (void)closedir(list);
    return progress;
}

static void empty(struct broom *broom, int folder)
{
    /* What is removed or moved while it is listed may hide other names from that look. */
    while (pass(broom, folder) && now() <= broom->deadline)
        ;
}

bool sweep(int folder, uint32_t seconds, int *error)
{
    struct broom broom = {.top = folder, .deadline = now() + (time_t)seconds};

    do
        broom.error = 0; /* what stayed at one look may be gone at the next; the last one counts */
    while (pass(&broom, folder) && now() <= broom.deadline);
    *error = broom.error;
    return broom.error == 0;
}
