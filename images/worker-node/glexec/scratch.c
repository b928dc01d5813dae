#include "scratch.h"

#include "outcome.h"
#include "private_folder.h"
#include "run.h"
#include "sweep.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOLDER "/tmp"
#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ATTEMPTS 16
#define REMOVAL 300 /* seconds for clearing up */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

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

/* A fresh folder in /tmp, root's alone. Whoever may rename things there gains nothing: it is the open folder that counts. */
static bool make_base(struct scratch *scratch, char *why, size_t size)
{
    unsigned char random[6];
    char name[sizeof scratch->name];
    struct stat status;
    int made = -1;

    for (int attempt = 0; made != 0 && attempt < ATTEMPTS; attempt++) {
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return failed(why, size, "getrandom");
        for (size_t i = 0; i < sizeof random; i++)
            random[i] = (unsigned char)letters[random[i] % (sizeof letters - 1)];
        (void)text_print(name, sizeof name, "glexec_mount_under_scratch_%.6s", (const char *)random);
        made = mkdirat(scratch->holder, name, 0700);
        if (made != 0 && errno != EEXIST)
            break;
    }
    if (made != 0)
        return failed(why, size, "a folder in " HOLDER);
    memcpy(scratch->name, name, sizeof name);
    scratch->base = openat(scratch->holder, name, FOLDER);
    if (scratch->base < 0 || fstat(scratch->base, &status) != 0)
        return failed(why, size, name);
    if (status.st_uid != 0 || (status.st_mode & 07777) != 0700)
        return wrong(why, size, "the new folder in " HOLDER " is not root's alone");
    return true;
}

/* The base as this namespace sees it, if it is the same one. */
static int base_here(const struct scratch *scratch, char *why, size_t size)
{
    char path[sizeof HOLDER + sizeof scratch->name + 1];
    struct stat wanted, seen;
    int base;

    (void)text_print(path, sizeof path, HOLDER "/%s", scratch->name);
    base = open(path, FOLDER);
    if (base >= 0 && fstat(base, &seen) == 0 && fstat(scratch->base, &wanted) == 0 && same(&wanted, &seen))
        return base;
    (void)wrong(why, size, "the new folder in " HOLDER " was taken away");
    if (base >= 0)
        close(base);
    return -1;
}

static bool make_all(const struct run *run, const char **which, char *why, size_t size)
{
    const struct scratch_paths *paths = &run->account.scratch;
    int base = base_here(&run->scratch, why, size);
    bool made = base >= 0;

    for (size_t i = 0; made && i < paths->count; i++) {
        *which = paths->path[i];
        made = private_folder_make(run, base, paths->path[i], why, size);
    }
    if (base >= 0)
        close(base);
    return made;
}

/* A mount namespace of our own. What the site mounts later still comes in (automounter), nothing of ours goes out. */
static bool enter(struct run *run, char *why, size_t size)
{
    struct scratch *scratch = &run->scratch;
    sigset_t all;

    if (run->installation == LOG_ONLY)
        return wrong(why, size, "a log-only installation may not mount");
    if (sigfillset(&all) != 0 || sigprocmask(SIG_BLOCK, &all, NULL) != 0)
        return failed(why, size, "signals");
    scratch->holder = private_folder_place(run, HOLDER, why, size);
    if (scratch->holder < 0)
        return false;
    scratch->site_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (scratch->site_namespace < 0)
        return failed(why, size, "/proc/self/ns/mnt");
    if (unshare(CLONE_NEWNS) != 0)
        return failed(why, size, "no mount namespace, CAP_SYS_ADMIN is needed");
    scratch->entered = true;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        return failed(why, size, "mounts cannot be kept to the payload");
    return make_base(scratch, why, size);
}

int scratch_enter(struct run *run)
{
    const char *which = run->account.scratch.path[0];
    char why[512] = "";

    if (run->account.scratch.count == 0 || run->argc < 2)
        return GO_ON;
    if (enter(run, why, sizeof why) && make_all(run, &which, why, sizeof why)) {
        journal_note(&run->journal, LOG_INFO, "The payload has %zu private folders, in " HOLDER "/%s.",
                     run->account.scratch.count, run->scratch.name);
        return GO_ON;
    }
    journal_note(&run->journal, LOG_ERR, "The policy wants a private %s, which cannot be had: %s.", which, why);
    run_tell("System fault. The site's administrators find the reason in their log.");
    return run_fail(run, CAUSE_NO_PRIVATE_FOLDER);
}

void scratch_leave(struct run *run)
{
    struct scratch *scratch = &run->scratch;

    if (!scratch->entered)
        return;
    if (setns(scratch->site_namespace, CLONE_NEWNS) != 0)
        journal_note(&run->journal, LOG_ERR, "The payload's mount namespace cannot be left: %s.", strerror(errno));
    scratch->entered = false;
}

void scratch_remove(struct run *run)
{
    struct scratch *scratch = &run->scratch;
    int problem = 0;

    scratch_leave(run);
    if (scratch->name[0] == '\0')
        return;
    if ((scratch->base < 0 || sweep(scratch->base, REMOVAL, &problem)) &&
        unlinkat(scratch->holder, scratch->name, AT_REMOVEDIR) != 0)
        problem = errno;
    if (problem != 0)
        journal_note(&run->journal, LOG_ERR, "What is left of the payload's private folders stays in " HOLDER "/%s: %s.",
                     scratch->name, strerror(problem));
    scratch->name[0] = '\0';
}
