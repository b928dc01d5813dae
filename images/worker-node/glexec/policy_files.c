#include "policy_files.h"

#include "outcome.h"
#include "policy_paths.h"
#include "run.h"
#include "trusted_path.h"
#include "trusted_reach.h"

#include <string.h>
#include <unistd.h>

/* Where LCMAPS and the VOMS library look without being told. */
static const char *const usual[] = {"/etc/grid-security/certificates", "/etc/grid-security/vomsdir"};

static const char *read_policy(struct run *run, char *why, size_t size)
{
    struct policy *policy = &run->policy;
    int file = trusted_open(run->config.lcmaps_db_file, &run->site, why, size);
    ssize_t got = 0;

    if (file < 0)
        return why;
    while (policy->length < sizeof policy->text &&
           (got = read(file, policy->text + policy->length, sizeof policy->text - policy->length)) > 0)
        policy->length += (size_t)got;
    close(file);
    if (got < 0)
        return "it cannot be read";
    if (policy->length > POLICY_SIZE)
        return "it is too long";
    policy->text[policy->length] = '\0';
    return strlen(policy->text) == policy->length ? NULL : "it has a NUL character";
}

static const char *look_at_named(const struct run *run, char *why, size_t size)
{
    const struct trust trusts[] = {
        [NAMED_FILE] = {.site = run->site.site},
        [NAMED_FOLDER] = {.site = run->site.site, .system = run->config.minimum_uid}, /* CVMFS has an account of its own */
        [NAMED_LEASES] = {.site = run->site.site, .group = run->glexec_group},
    };
    struct policy_reader reader = {.rest = run->policy.text};
    struct policy_path named;

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (!trusted_reach(usual[i], &trusts[NAMED_FOLDER], why, size))
            return why;
    while (policy_path_next(&reader, &named))
        if (!trusted_reach(named.path, &trusts[named.kind], why, size))
            return why;
    return NULL;
}

/* Read as root, not as account glexec: what counts is who can have written it, and some sites keep it from every account. */
int policy_files_check(struct run *run)
{
    char why[512];
    const char *problem = read_policy(run, why, sizeof why);

    if (problem == NULL)
        problem = look_at_named(run, why, sizeof why);
    if (problem == NULL)
        return GO_ON;
    journal_note(&run->journal, LOG_ERR, "lcmaps_db_file %s: %s.", run->config.lcmaps_db_file, problem);
    return run_fail(run, CAUSE_POLICY_FILES);
}
