#include "epilogue.h"

#include "child.h"
#include "keeper.h"
#include "names.h"
#include "outcome.h"
#include "run.h"
#include "text.h"
#include "trusted_path.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FACTS 11

struct facts {
    char lines[FACTS][PATH_MAX + 64];
    size_t count;
};

static int refuse(struct run *run, const char *why)
{
    journal_note(&run->journal, LOG_ERR, "epilogue: %s.", why);
    run_tell("System fault. The site's administrators find the reason in their log.");
    return run_fail(run, CAUSE_CONFIGURATION);
}

/* Who runs it. Unless a group is named it is root's, and no group is trusted with the program. */
static const char *find_out_who(struct run *run, struct trust *trust)
{
    const struct config *config = &run->config;
    char room[NAMES_ROOM];
    struct group entry;
    const struct group *found;

    if (!identity_by_name(&run->epilogue, config->epilogue_user))
        return "epilogue_user is no account";
    found = names_group(config->epilogue_group, &entry, room);
    if (found == NULL)
        return "epilogue_group is no group";
    run->epilogue.gid = found->gr_gid;
    *trust = (struct trust){.site = run->epilogue.uid, .group = run->epilogue.gid};
    return NULL;
}

static const char *look_at(struct run *run, char *why, size_t size)
{
    struct trust trust;
    struct stat status;
    const char *problem = find_out_who(run, &trust);
    int file;

    if (problem != NULL)
        return problem;
    file = trusted_open(run->config.epilogue, &trust, why, size);
    if (file < 0)
        return why;
    problem = fstat(file, &status) != 0 || (status.st_mode & 0111) == 0 ? "it is not executable" : NULL;
    close(file);
    return problem;
}

int epilogue_check(struct run *run)
{
    char why[256];
    const char *problem;

    if (run->config.epilogue[0] == '\0')
        return GO_ON;
    if (run->installation == LOG_ONLY)
        return refuse(run, "it cannot work in a log-only installation, which has nobody to run it as");
    if (!run->config.linger)
        journal_note(&run->journal, LOG_NOTICE, "epilogue: with linger = no nobody is left to run it.");
    problem = look_at(run, why, sizeof why);
    return problem == NULL ? GO_ON : refuse(run, problem);
}

static void add(struct facts *facts, const char *name, const char *value)
{
    if (facts->count < FACTS && text_print(facts->lines[facts->count], sizeof facts->lines[0], "%s=%s", name, value))
        facts->count++;
}

static void add_number(struct facts *facts, const char *name, long value)
{
    char number[32];

    if (text_print(number, sizeof number, "%ld", value))
        add(facts, name, number);
}

/* The names are ours: the sources say how they begin. HOME is that of who runs it: the payload's own would let the payload
 * choose what an interpreter that is root loads from there. */
static void gather(struct facts *facts, const struct run *run, pid_t payload, int status)
{
    add(facts, "HOME", run->epilogue.home);
    add_number(facts, "GLEXEC_EPILOG_PID", (long)run->journal.pid);
    add_number(facts, "GLEXEC_EPILOG_PAYLOAD_PID", (long)payload);
    add_number(facts, "GLEXEC_EPILOG_EXIT_CODE", keeper_code(status));
    add_number(facts, "GLEXEC_EPILOG_CALLER_UID", (long)run->caller.uid);
    add_number(facts, "GLEXEC_EPILOG_CALLER_GID", (long)run->caller.gid);
    add_number(facts, "GLEXEC_EPILOG_TARGET_UID", (long)run->target.uid);
    add_number(facts, "GLEXEC_EPILOG_TARGET_GID", (long)run->target.gid);
    add(facts, "GLEXEC_EPILOG_TARGET_USER", run->target.name);
    add(facts, "GLEXEC_EPILOG_TARGET_HOME", run->target.home);
    add(facts, "GLEXEC_EPILOG_TARGET_PROXY", run->target_proxy);
}

static const char *judge(const struct child_report *report)
{
    if (report->timed_out)
        return "it did not end within epilogue_timeout";
    if (report->failure != NULL)
        return report->failure;
    if (WIFSIGNALED(report->status))
        return "a signal ended it";
    return WEXITSTATUS(report->status) == 0 ? NULL : "it ended with a code other than 0";
}

static int failed(struct run *run, const struct child_report *report, const char *why)
{
    int code = report->failure == NULL && WIFEXITED(report->status) ? keeper_code(report->status) : 0;

    journal_note(&run->journal, LOG_ERR, "The epilogue %s failed: %s.", run->config.epilogue, why);
    return code == PAYLOAD_COLLISION ? code : run_fail(run, CAUSE_EPILOGUE_FAILED);
}

/* Of the payload's variables only gLExec's own: what a site preserves for payloads (PATH, PYTHONPATH) the caller chooses, and
 * root would heed it. */
static size_t keep_harmless(char **environment, const struct run *run)
{
    size_t count = 0;

    for (char *const *variable = run->environment; *variable != NULL; variable++)
        if (strncmp(*variable, "GLEXEC_", strlen("GLEXEC_")) == 0)
            environment[count++] = *variable;
    return count;
}

int epilogue_run(struct run *run, pid_t payload, int status)
{
    char *environment[ENVIRONMENT_MAX + FACTS], *arguments[] = {(char *)run->config.epilogue, NULL}, why[256];
    struct facts facts = {.count = 0};
    struct child_report report = {.failure = NULL};
    struct child child = {.arguments = arguments, .environment = environment, .identity = &run->epilogue};
    size_t count = 0;
    const char *problem;

    if (run->config.epilogue[0] == '\0')
        return keeper_code(status);
    problem = look_at(run, why, sizeof why); /* a payload may have run for days since it was looked at */
    if (problem == NULL) {
        count = keep_harmless(environment, run);
        gather(&facts, run, payload, status);
        for (size_t i = 0; i < facts.count; i++)
            environment[count++] = facts.lines[i];
        environment[count] = NULL;
        child.seconds = run->config.epilogue_timeout;
        child.gently = true;
        child_run(&child, NULL, 0, &report);
        problem = judge(&report);
    }
    return problem == NULL ? keeper_code(status) : failed(run, &report, problem);
}
