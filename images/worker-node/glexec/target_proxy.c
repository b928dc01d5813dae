#include "target_proxy.h"

#include "outcome.h"
#include "run.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREATE (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* Where it goes, taken apart: the folder is opened once, all else happens in it. */
struct place {
    char folder[PATH_MAX];
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 1];
};

static bool take_apart(struct place *place, const char *path, pid_t pid)
{
    const char *slash = strrchr(path, '/');
    size_t length;

    if (path[0] != '/' || slash == NULL || slash[1] == '\0' || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0)
        return false;
    length = slash == path ? 1 : (size_t)(slash - path);
    return text_print(place->folder, sizeof place->folder, "%.*s", (int)length, path) &&
           text_print(place->name, sizeof place->name, "%s", slash + 1) &&
           text_print(place->temporary, sizeof place->temporary, ".glexec.%d.%.200s", (int)pid, slash + 1);
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

/* 0, or errno of what failed. Nothing is left behind by a failure. */
static int make(const struct place *place, const struct credential *credential)
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
    if (fchmod(file, 0600) != 0 || !write_all(file, credential))
        problem = errno;
    if (close(file) != 0 && problem == 0)
        problem = errno;
    if (problem == 0 && renameat(folder, place->temporary, folder, place->name) != 0)
        problem = errno;
    if (problem != 0)
        (void)unlinkat(folder, place->temporary, 0);
    close(folder);
    return problem;
}

static int failed(struct run *run, const char *path, int problem)
{
    journal_note(&run->journal, LOG_WARNING, "Failed to write proxyfile %s.", path);
    journal_note(&run->journal, LOG_WARNING, "  errno (%d): %s", problem, strerror(problem));
    run_tell("Failed to write proxyfile %s.", path);
    run_tell("  errno (%d): %s", problem, strerror(problem));
    return CALLER_FAULT;
}

int target_proxy_write(struct run *run)
{
    const char *wanted = run_outer(run, "GLEXEC_TARGET_PROXY");
    struct place place = {.folder = ""};
    char path[PATH_MAX];
    int problem;

    if (!run->config.create_target_proxy || (wanted != NULL && strcmp(wanted, "/dev/null") == 0))
        return GO_ON;
    if (wanted != NULL ? !text_print(path, sizeof path, "%s", wanted)
                       : !text_print(path, sizeof path, "/tmp/x509up_u%u.glexec.%d", (unsigned)run->target.uid,
                                     (int)run->journal.pid))
        return failed(run, wanted != NULL ? wanted : "", ENAMETOOLONG);
    if (!take_apart(&place, path, run->journal.pid))
        return failed(run, path, EINVAL);
    if (!run_act_as(run, &run->target))
        return SYSTEM_FAULT;
    problem = make(&place, &run->source);
    run_act_as_self(run);
    if (problem != 0)
        return failed(run, path, problem);
    (void)text_print(run->target_proxy, sizeof run->target_proxy, "%s", path);
    return GO_ON;
}

void target_proxy_withdraw(struct run *run)
{
    if (run->target_proxy[0] == '\0' || !run_act_as(run, &run->target))
        return;
    (void)unlink(run->target_proxy);
    run_act_as_self(run);
}
