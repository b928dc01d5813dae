#include "target_proxy.h"

#include "lock.h"
#include "outcome.h"
#include "run.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 16
#define CREATE (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* Where it goes, taken apart: the folder is opened once, all else happens in it. */
struct place {
    char folder[PATH_MAX];
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 1];
};

static bool take_apart(struct place *place, const char *path, uint32_t number)
{
    const char *slash = strrchr(path, '/');
    size_t length;

    if (path[0] != '/' || slash == NULL || slash[1] == '\0' || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0)
        return false;
    length = slash == path ? 1 : (size_t)(slash - path);
    return text_print(place->folder, sizeof place->folder, "%.*s", (int)length, path) &&
           text_print(place->name, sizeof place->name, "%s", slash + 1) &&
           text_print(place->temporary, sizeof place->temporary, ".glexec.%u.%.200s", number, slash + 1);
}

static bool write_all(int file, const struct credential *credential)
{
    size_t written = 0;

    while (written < credential->length) {
        ssize_t count = write(file, credential->pem + written, credential->length - written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        written += (size_t)count;
    }
    return true;
}

/* Whoever holds a lock on the older copy is not overtaken. 0, or errno; no older copy is as good as an unlocked one. */
static int wait_for_older(int folder, const struct place *place, const struct config *config)
{
    int older = openat(folder, place->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    const char *problem;

    if (older < 0)
        return 0;
    problem = lock_for_writing(older, config->target_lock_mechanism, config->lock_timeout);
    close(older);
    return problem == NULL ? 0 : EBUSY;
}

/* The new file gets its name. A name that the caller gave may replace an older copy; one that we chose may not. */
static int name_it(int folder, const struct place *place, bool replace)
{
    return renameat2(folder, place->temporary, folder, place->name, replace ? 0 : RENAME_NOREPLACE) == 0 ? 0 : errno;
}

/* 0, or errno of what failed. Nothing is left behind by a failure. */
static int make(const struct place *place, const struct run *run, bool replace)
{
    int folder = open(place->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int file, problem = 0;

    if (folder < 0)
        return errno;
    file = openat(folder, place->temporary, CREATE, 0600);
    if (file < 0) {
        problem = errno;
        close(folder);
        return problem;
    }
    if (fchmod(file, 0600) != 0 || !write_all(file, &run->source))
        problem = errno;
    if (close(file) != 0 && problem == 0)
        problem = errno;
    if (problem == 0 && replace)
        problem = wait_for_older(folder, place, &run->config);
    if (problem == 0)
        problem = name_it(folder, place, replace);
    if (problem != 0)
        (void)unlinkat(folder, place->temporary, 0);
    close(folder);
    return problem;
}

/* A place that we chose, and that takes nothing from anybody: nothing that the caller could mend. A quota (EDQUOT) is the
 * target's own, who could fill it and so bring an internal error about, after which a pilot may run the payload itself. */
static bool is_the_sites(const char *wanted, int problem)
{
    return wanted == NULL && (problem == ENOSPC || problem == EROFS || problem == EIO);
}

static int failed(struct run *run, const char *path, int problem, enum cause cause)
{
    journal_note(&run->journal, LOG_WARNING, "Failed to write proxyfile %s.", path);
    journal_note(&run->journal, LOG_WARNING, "  errno (%d): %s", problem, strerror(problem));
    run_tell("Failed to write proxyfile %s.", path);
    run_tell("  errno (%d): %s", problem, strerror(problem));
    return run_fail(run, cause);
}

/* Writes it to this path, as the target. 0, EINVAL when the path names no file, or errno. */
static int write_to(struct run *run, const char *path, uint32_t number, bool replace)
{
    struct place place = {.folder = ""};
    int problem;

    if (!take_apart(&place, path, number))
        return EINVAL;
    if (!run_act_as(run, &run->target))
        return EPERM;
    problem = make(&place, run, replace);
    run_act_as_self(run);
    return problem;
}

/* A name of our own in /tmp: the pid makes it unlike others; where somebody has taken that, a random number does. */
static int write_by_default(struct run *run, char *path, size_t size)
{
    uint32_t number = (uint32_t)run->journal.pid;
    int problem = EEXIST;

    for (int attempt = 0; problem == EEXIST && attempt < ATTEMPTS; attempt++) {
        if (!text_print(path, size, "/tmp/x509up_u%u.glexec.%u", (unsigned)run->target.uid, number))
            return ENAMETOOLONG;
        problem = write_to(run, path, number, false);
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
            return EIO;
    }
    return problem;
}

int target_proxy_write(struct run *run)
{
    const char *wanted = run_outer(run, "GLEXEC_TARGET_PROXY");
    char path[PATH_MAX] = "";
    int problem;

    if (!run->config.create_target_proxy || (wanted != NULL && strcmp(wanted, "/dev/null") == 0))
        return GO_ON;
    if (wanted == NULL)
        problem = write_by_default(run, path, sizeof path);
    else if (text_print(path, sizeof path, "%s", wanted))
        problem = write_to(run, path, (uint32_t)run->journal.pid, true);
    else
        problem = ENAMETOOLONG;
    if (problem != 0)
        return failed(run, path, problem, is_the_sites(wanted, problem) ? CAUSE_NO_RESOURCES : CAUSE_TARGET_PROXY_UNWRITABLE);
    (void)text_print(run->target_proxy, sizeof run->target_proxy, "%s", path);
    return GO_ON;
}

void target_proxy_withdraw(struct run *run)
{
    bool already = geteuid() == run->target.uid; /* without lingering, a payload that would not start is what we are */

    if (run->target_proxy[0] == '\0' || (!already && !run_act_as(run, &run->target)))
        return;
    (void)unlink(run->target_proxy);
    if (!already)
        run_act_as_self(run);
}
