#include "private_folder.h"

#include "run.h"
#include "scratch_paths.h"
#include "text.h"
#include "trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define PLACE (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The reason for a failed call of the system: what failed, and why. */
static bool failed(char *why, size_t size, const char *what)
{
    (void)text_print(why, size, "%s: %s", what, strerror(errno));
    return false;
}

static bool wrong(char *why, size_t size, const char *what)
{
    (void)text_print(why, size, "%s", what);
    return false;
}

static bool same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

int private_folder_place(const struct run *run, const char *path, char *why, size_t size)
{
    struct stat status;
    int folder;

    if (!trusted_parent(path, &run->site, why, size))
        return -1;
    folder = open(path, PLACE);
    if (folder < 0 || fstat(folder, &status) != 0)
        (void)failed(why, size, path);
    else if (status.st_uid != run->caller.uid && (status.st_mode & S_IWOTH) == 0)
        (void)text_print(why, size, "%s is neither the caller's nor writable for everybody", path);
    else
        return folder;
    if (folder >= 0)
        close(folder);
    return -1;
}

/* The folder for one path, in the base as this namespace sees it: only what is mounted here can be mounted elsewhere. */
static int make_private(const struct run *run, int base, const char *path, char *why, size_t size)
{
    char part[SCRATCH_PATH_SIZE];
    int folder;

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)text_print(part, sizeof part, "%.*s", (int)(slash - path - 1), path + 1);
        if (mkdirat(base, part, 0700) != 0 && errno != EEXIST) {
            (void)failed(why, size, "a private folder");
            return -1;
        }
    }
    if (mkdirat(base, path + 1, 0700) != 0) {
        (void)failed(why, size, "a private folder");
        return -1;
    }
    folder = openat(base, path + 1, FOLDER);
    if (folder >= 0 && fchown(folder, run->target.uid, run->target.gid) == 0 && fchmod(folder, 0700) == 0)
        return folder;
    (void)failed(why, size, "a private folder");
    if (folder >= 0)
        close(folder);
    return -1;
}

static bool mount_there(int private, const char *path, int place, char *why, size_t size)
{
    struct stat wanted, seen;
    int tree = open_tree(private, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    bool mounted = tree >= 0 && move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;

    if (!mounted)
        (void)failed(why, size, "it cannot be mounted");
    if (tree >= 0)
        close(tree);
    if (!mounted)
        return false;
    if (fstat(private, &wanted) != 0 || lstat(path, &seen) != 0 || !same(&wanted, &seen))
        return wrong(why, size, "it was mounted, and is not seen");
    return true;
}

bool private_folder_make(const struct run *run, int base, const char *path, char *why, size_t size)
{
    int place = private_folder_place(run, path, why, size), private;
    bool done = false;

    if (place < 0)
        return false;
    private = make_private(run, base, path, why, size);
    if (private >= 0) {
        done = mount_there(private, path, place, why, size);
        close(private);
    }
    close(place);
    return done;
}
