/* lcmaps_mount_under_scratch.mod: the payload gets folders of its own in the place of /tmp and /var/tmp.
 *
 * LCMAPS runs in a child of the switch, which may not mount and is not the payload. So this module asks: it names the
 * folders in the environment of its process, and the program that runs LCMAPS answers for them. Where that program has
 * not said that it does, the module fails: the policy's promise would not be kept. */
#include "plugin.h"

#include "../glexec/scratch_paths.h"
#include "../glexec/text.h"

#include <lcmaps/lcmaps_log.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME "lcmaps_mount_under_scratch"
#define LIST_SIZE (SCRATCH_PATHS_MAX * SCRATCH_PATH_SIZE)

static struct scratch_paths wanted;

static const char *take_options(int argc, char **argv)
{
    const char *problem = NULL;

    wanted.count = 0;
    for (int i = 1; i < argc && problem == NULL; i += 2) {
        if (strcasecmp(argv[i], "-path") != 0)
            problem = "an option is unknown";
        else if (i + 1 >= argc)
            problem = "-path has no value";
        else
            problem = scratch_paths_add(&wanted, argv[i + 1]);
    }
    if (problem == NULL && wanted.count == 0) {
        (void)scratch_paths_add(&wanted, "/var/tmp");
        (void)scratch_paths_add(&wanted, "/tmp");
    }
    return problem;
}

int plugin_initialize(int argc, char **argv)
{
    const char *problem = take_options(argc, argv);

    if (problem == NULL)
        return LCMAPS_MOD_SUCCESS;
    (void)lcmaps_log(LOG_ERR, "%s: %s; there is -path FOLDER, repeated\n", NAME, problem);
    return LCMAPS_MOD_FAIL;
}

int plugin_introspect(int *argc, lcmaps_argument_t **argv)
{
    static lcmaps_argument_t none[] = {{NULL, NULL, -1, NULL}};

    *argv = none;
    *argc = lcmaps_cntArgs(none);
    return LCMAPS_MOD_SUCCESS;
}

static int no(const char *problem)
{
    (void)lcmaps_log(LOG_ERR, "%s: %s\n", NAME, problem);
    (void)setenv(CAUSE_VARIABLE, "no-private-folder", 1);
    return LCMAPS_MOD_FAIL;
}

static bool is_asked(const struct scratch_paths *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(paths->path[i], path) == 0)
            return true;
    return false;
}

int plugin_run(int argc, lcmaps_argument_t *argv)
{
    const char *asked = getenv(SCRATCH_VARIABLE);
    struct scratch_paths paths;
    char list[LIST_SIZE] = "";
    const char *problem;

    (void)argc;
    (void)argv;
    if (asked == NULL)
        return no("this program does not make private folders");
    problem = scratch_paths_read(&paths, asked);
    for (size_t i = 0; i < wanted.count && problem == NULL; i++)
        if (!is_asked(&paths, wanted.path[i])) /* LCMAPS may have run us for an earlier policy */
            problem = scratch_paths_add(&paths, wanted.path[i]);
    for (size_t i = 0; i < paths.count && problem == NULL; i++) {
        size_t used = strlen(list);
        if (!text_print(list + used, sizeof list - used, "%s%s", i > 0 ? ":" : "", paths.path[i]))
            problem = "the list of private folders is too long";
    }
    if (problem != NULL || setenv(SCRATCH_VARIABLE, list, 1) != 0)
        return no(problem != NULL ? problem : "there is no room to ask for a private folder");
    (void)lcmaps_log(LOG_INFO, "%s: private folders are wanted: %s\n", NAME, list);
    return LCMAPS_MOD_SUCCESS;
}

int plugin_verify(int argc, lcmaps_argument_t *argv)
{
    return plugin_run(argc, argv);
}

int plugin_terminate(void)
{
    return LCMAPS_MOD_SUCCESS;
}
