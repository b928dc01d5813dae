#include "credential.h"

#include "callers.h"
#include "lock.h"
#include "outcome.h"
#include "pem.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_ONLY 0700
#define FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static const char *unacceptable(const struct stat *status, uid_t caller)
{
    if (!S_ISREG(status->st_mode))
        return "is not a regular file";
    if (status->st_uid != caller)
        return "does not belong to the caller";
    if ((status->st_mode & 07777 & ~OWNER_ONLY) != 0)
        return "may be touched by others than its owner";
    if (status->st_nlink != 1)
        return "has another name besides (a hard link)";
    if (status->st_size <= 0)
        return "is empty";
    if (status->st_size > CREDENTIAL_SIZE)
        return "is too big";
    return NULL;
}

static bool same(const struct stat *before, const struct stat *after)
{
    return before->st_size == after->st_size && before->st_mtim.tv_sec == after->st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == after->st_mtim.tv_nsec && before->st_ctim.tv_sec == after->st_ctim.tv_sec &&
           before->st_ctim.tv_nsec == after->st_ctim.tv_nsec;
}

static const char *read_whole(int file, struct credential *credential)
{
    ssize_t got = 0;

    credential->length = 0;
    while (credential->length < sizeof credential->pem &&
           (got = read(file, credential->pem + credential->length, sizeof credential->pem - credential->length)) > 0)
        credential->length += (size_t)got;
    if (got < 0)
        return strerror(errno);
    if (credential->length > CREDENTIAL_SIZE)
        return "is too big";
    credential->pem[credential->length] = '\0';
    if (strlen(credential->pem) != credential->length)
        return "is not text";
    return NULL;
}

static const char *take_in(struct run *run, struct credential *credential, int file)
{
    struct stat before, after;
    const char *problem;

    if (fstat(file, &before) != 0)
        return strerror(errno);
    problem = unacceptable(&before, run->caller.uid);
    if (problem == NULL)
        problem = lock_for_reading(file, run->config.input_lock_mechanism, run->config.lock_timeout);
    /* Whoever held the lock may have written: what counts is the state after it. */
    if (problem == NULL && fstat(file, &before) != 0)
        problem = strerror(errno);
    if (problem == NULL)
        problem = unacceptable(&before, run->caller.uid);
    if (problem == NULL)
        problem = read_whole(file, credential);
    if (problem == NULL && (fstat(file, &after) != 0 || !same(&before, &after) ||
                            credential->length != (size_t)before.st_size))
        problem = "was changed while it was read";
    return problem;
}

/* Certificates, and the key that shows that they are the bearer's. Some callers' word is taken for that. */
static const char *look_into(const struct run *run, struct credential *credential)
{
    struct pem pem;
    const char *problem = pem_look(credential->pem, &pem);

    if (problem != NULL)
        return problem;
    if (pem.certificates == 0)
        return "has no certificate";
    credential->has_key = pem.keys > 0;
    if (!credential->has_key && !callers_listed(run->config.omission_private_key_white_list, run->caller.name))
        return "has no private key";
    return NULL;
}

/* NULL when it was read, or what was wrong with it. */
static const char *read_one(struct run *run, struct credential *credential, const char *path)
{
    const char *problem;
    int file;

    credential->path = path;
    if (path[0] != '/')
        return "is not an absolute path";
    if (!run_act_as(run, &run->caller))
        return "it could not be read as the caller";
    file = open(path, FLAGS);
    problem = file < 0 ? strerror(errno) : take_in(run, credential, file);
    if (file >= 0)
        close(file);
    run_act_as_self(run);
    return problem == NULL ? look_into(run, credential) : problem;
}

static bool read_needed(struct run *run, struct credential *credential, const char *path)
{
    const char *problem = read_one(run, credential, path);

    if (problem != NULL)
        journal_note(&run->journal, LOG_WARNING, "Credential %s of caller %s: %s.", path, run->caller.name, problem);
    return problem == NULL;
}

/* Not every site's authority wants to see the pilot itself: without a usable proxy of its own the call goes on. */
static void read_pilots_own(struct run *run)
{
    const char *path = run_outer(run, "X509_USER_PROXY");
    const char *problem = path != NULL ? read_one(run, &run->pilot, path) : NULL;

    if (problem == NULL)
        return;
    credential_wipe(&run->pilot);
    journal_note(&run->journal, LOG_NOTICE, "The caller's own proxy %s is not used: %s.", path, problem);
}

int credential_read(struct run *run)
{
    const char *client = run_outer(run, "GLEXEC_CLIENT_CERT");
    const char *source = run_outer(run, "GLEXEC_SOURCE_PROXY");
    bool good = false;

    if (client == NULL)
        journal_note(&run->journal, LOG_WARNING, "Caller %s gave no GLEXEC_CLIENT_CERT.", run->caller.name);
    else if (read_needed(run, &run->client, client))
        good = source == NULL || read_needed(run, &run->source, source);
    if (!good) {
        run_tell("Failed to open $GLEXEC_CLIENT_CERT=%s or $GLEXEC_SOURCE_PROXY=%s.", client != NULL ? client : "(NULL)",
                 source != NULL ? source : "(NULL)");
        return run_fail(run, client == NULL ? CAUSE_NO_CREDENTIAL : CAUSE_CREDENTIAL_UNUSABLE);
    }
    if (source == NULL)
        run->source = run->client;
    read_pilots_own(run);
    return GO_ON;
}

void credential_wipe(struct credential *credential)
{
    explicit_bzero(credential->pem, sizeof credential->pem);
    credential->length = 0;
}

void credential_forget(struct run *run)
{
    credential_wipe(&run->client);
    credential_wipe(&run->source);
    credential_wipe(&run->pilot);
}
