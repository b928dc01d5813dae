#include "environment.h"

#include "list.h"
#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>

static const char *const never[] = {"GLEXEC_EPILOG_", "MALLOC_", "LD_",   "LCMAPS_", "LCAS_",
                                    "GLIBC_TUNABLES", "HOME=",   "X509_USER_PROXY="};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool environment_keeps(const char *variable, const char *preserve_list)
{
    size_t length = strcspn(variable, "=");
    struct item item;

    if (variable[length] != '=' || length == 0)
        return false;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (begins(variable, never[i]))
            return false;
    if (begins(variable, "GLEXEC_"))
        return true;
    while (list_next(&preserve_list, &item))
        if (item.length == length && memcmp(item.text, variable, length) == 0)
            return true;
    return false;
}

/* A second variable of the same name would let two readers see two values: the first one counts. */
static bool there_already(struct run *run, size_t count, const char *variable)
{
    size_t length = strcspn(variable, "=") + 1;

    for (size_t i = 0; i < count; i++)
        if (strncmp(run->environment[i], variable, length) == 0)
            return true;
    return false;
}

int environment_build(struct run *run)
{
    const char *home = run->target.home;
    size_t count = 0;

    /* In log-only the payload is the caller's own process: its HOME stays as it was. */
    if (run->installation == LOG_ONLY && run_outer(run, "HOME") != NULL)
        home = run_outer(run, "HOME");
    if (text_print(run->home, sizeof run->home, "HOME=%s", home))
        run->environment[count++] = run->home;
    if (run->target_proxy[0] != '\0' &&
        text_print(run->proxy, sizeof run->proxy, "X509_USER_PROXY=%s", run->target_proxy))
        run->environment[count++] = run->proxy;
    for (char **variable = run->outer; *variable != NULL; variable++) {
        if (!environment_keeps(*variable, run->config.preserve_env_variables) ||
            there_already(run, count, *variable))
            continue;
        if (count + 1 >= ENVIRONMENT_MAX) {
            journal_note(&run->journal, LOG_ERR, "The environment for the payload is too large.");
            return run_fail(run, CAUSE_ENVIRONMENT_TOO_LARGE);
        }
        run->environment[count++] = *variable;
    }
    run->environment[count] = NULL;
    return GO_ON;
}
