/* The environment: no variable that steers others gets through, whatever a site's list says; none is there twice.
 * Input: the site's list, and a variable in each line behind it. */
#include "environment.h"

#include "fuzz.h"
#include "surroundings.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 64

static const char *const never[] = {"LD_", "MALLOC_", "LCMAPS_", "LCAS_", "GLIBC_TUNABLES", "HOME=", "X509_USER_PROXY=",
                                    "GLEXEC_EPILOG_"};
static struct run run;

static bool forbidden(const char *variable)
{
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (strncmp(variable, never[i], strlen(never[i])) == 0)
            return true;
    return false;
}

/* Whether the list has this name, read from the list's other side. */
static bool listed(const char *list, const char *name, size_t length)
{
    for (const char *at = list + strlen(list); at > list;) {
        const char *end = at;
        while (at > list && strchr(", \t", at[-1]) == NULL)
            at--;
        if (end > at && (size_t)(end - at) == length && strncmp(at, name, length) == 0)
            return true;
        at -= at > list ? 1 : 0;
    }
    return false;
}

static bool wanted(const char *list, const char *variable)
{
    const char *equals = strchr(variable, '=');

    if (equals == NULL || equals == variable || forbidden(variable))
        return false;
    return strncmp(variable, "GLEXEC_", 7) == 0 || listed(list, variable, (size_t)(equals - variable));
}

static bool same_name(const char *one, const char *other)
{
    size_t length = strcspn(one, "=");

    return length == strcspn(other, "=") && strncmp(one, other, length) == 0;
}

/* The first of its name among the caller's own that are wanted. */
static bool first_of_its_name(char **outer, const char *variable)
{
    while (!wanted(run.config.preserve_env_variables, *outer) || !same_name(*outer, variable))
        outer++;
    return *outer == variable;
}

static void look_at_built(char **outer)
{
    size_t count = 0, expected = 0, ours = 0;
    const char *outer_home = run_outer(&run, "HOME");

    for (; run.environment[count] != NULL; count++) {
        const char *variable = run.environment[count];
        holds(count < VARIABLES_MAX + 2 && strchr(variable, '=') != NULL);
        for (size_t i = 0; i < count; i++)
            holds(!same_name(run.environment[i], variable));
        ours += variable == run.home || variable == run.proxy ? 1 : 0;
        holds(variable == run.home || variable == run.proxy || first_of_its_name(outer, variable));
    }
    for (char **variable = outer; *variable != NULL; variable++)
        expected += wanted(run.config.preserve_env_variables, *variable) && first_of_its_name(outer, *variable) ? 1 : 0;
    holds(count == expected + ours && ours == (run.target_proxy[0] != '\0' ? 2 : 1));
    holds(run.environment[0] == run.home && strncmp(run.home, "HOME=", 5) == 0);
    holds(strcmp(run.home + 5, run.installation == LOG_ONLY && outer_home != NULL ? outer_home : run.target.home) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), *rest = text, *outer[VARIABLES_MAX + 1] = {NULL};

    run.config.preserve_env_variables = fuzz_line(&rest);
    for (size_t i = 0; i < VARIABLES_MAX && *rest != '\0'; i++) {
        outer[i] = fuzz_line(&rest);
        holds(environment_keeps(outer[i], run.config.preserve_env_variables) ==
              wanted(run.config.preserve_env_variables, outer[i]));
    }
    run.outer = outer;
    run.installation = size % 4 < 2 ? SETUID : LOG_ONLY;
    strcpy(run.target.home, "/home/alpha001");
    strcpy(run.target_proxy, size % 2 != 0 ? "/tmp/x509up_u50001" : "");
    holds(environment_build(&run) == -1);
    look_at_built(outer);
    free(text);
    return 0;
}
