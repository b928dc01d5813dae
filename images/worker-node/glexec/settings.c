#include "settings.h"

#include "outcome.h"
#include "places.h"
#include "run.h"
#include "text.h"
#include "trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool wrong(struct config_error *error, const char *reason)
{
    (void)text_print(error->reason, sizeof error->reason, "%s", reason);
    return false;
}

/* The whole file, opened and checked as the keeper. False with the reason. */
static bool load(struct run *run, size_t *length, struct config_error *error)
{
    struct config *config = &run->config;
    int file = trusted_open(GLEXEC_CONF, &run->site, error->reason, sizeof error->reason);
    ssize_t got = 0;

    if (file < 0)
        return false;
    *length = 0;
    while (*length <= CONFIG_SIZE && (got = read(file, config->text + *length, sizeof config->text - *length)) > 0)
        *length += (size_t)got;
    close(file);
    if (got < 0)
        return wrong(error, "it cannot be read");
    if (*length > CONFIG_SIZE)
        return wrong(error, "it is too long");
    return true;
}

/* The options may well be right, and were so yesterday: what is lacking is the record. */
static bool disk_is_at_fault(int problem)
{
    return problem == EROFS || problem == ENOSPC || problem == EDQUOT || problem == EIO;
}

static int open_log_file(struct run *run)
{
    struct stat status;
    char folder[256];
    int problem;

    if (run->installation == LOG_ONLY) {
        journal_note(&run->journal, LOG_ERR, "%s: log_destination = file cannot work in a log-only installation, "
                     "an unprivileged program cannot write the site's log.", GLEXEC_CONF);
        return run_fail(run, CAUSE_CONFIGURATION);
    }
    if (!trusted_parent(run->config.log_file, &run->site, folder, sizeof folder)) {
        journal_note(&run->journal, LOG_ERR, "%s: log_file %s: %s.", GLEXEC_CONF, run->config.log_file, folder);
        return run_fail(run, CAUSE_CONFIGURATION);
    }
    if (!run_act_as(run, &run->keeper))
        return run_fail(run, CAUSE_CONFIGURATION);
    run->journal.file = open(run->config.log_file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                             0640);
    problem = run->journal.file < 0 ? errno : 0;
    run_act_as_self(run);
    if (run->journal.file >= 0 && fstat(run->journal.file, &status) == 0 && S_ISREG(status.st_mode))
        return GO_ON;
    if (run->journal.file >= 0)
        close(run->journal.file);
    run->journal.file = -1;
    journal_note(&run->journal, LOG_ERR, "%s: log_file %s cannot be appended to as account glexec.", GLEXEC_CONF,
                 run->config.log_file);
    return run_fail(run, disk_is_at_fault(problem) ? CAUSE_NO_RECORD : CAUSE_CONFIGURATION);
}

static int refuse(struct run *run, const char *reason)
{
    journal_note(&run->journal, LOG_ERR, "%s: %s.", GLEXEC_CONF, reason);
    return run_fail(run, CAUSE_CONFIGURATION);
}

/* What the options ask for, against how the program is installed. */
static int settle(struct run *run)
{
    const struct config *config = &run->config;

    run->journal.level = (int)config->log_level;
    run->journal.facility = (int)config->syslog_facility;
    if (config->installation == INTENDED_SETUID && run->installation == LOG_ONLY)
        return refuse(run, "installation = setuid, but the program has no set-id bit");
    if (config->installation == INTENDED_LOG_ONLY && run->installation == SETUID)
        return refuse(run, "installation = log-only, but the program is set-id");
    if (config->use_lcas)
        return refuse(run, "use_lcas = yes, but LCAS is not available; say no, or put the rules into LCMAPS");
    if (config->log_destination == TO_FILE && open_log_file(run) != GO_ON)
        return run_fail(run, CAUSE_CONFIGURATION);
    if (config->notes[0] != '\0')
        journal_note(&run->journal, LOG_NOTICE, "%s: options without effect here:%s.", GLEXEC_CONF, config->notes);
    return GO_ON;
}

static int take_over(struct run *run)
{
    struct config_error error = {0};
    size_t length = 0;
    bool loaded;

    journal_note(&run->journal, LOG_DEBUG, "Trying to read " GLEXEC_CONF " as %u(%s)/%u(%s)",
                 (unsigned)run->keeper.uid, run->keeper.name, (unsigned)run->keeper.gid, run->keeper.group);
    if (!run_act_as(run, &run->keeper))
        return run_fail(run, CAUSE_CONFIGURATION);
    loaded = load(run, &length, &error);
    run_act_as_self(run);
    if (!loaded || !config_parse(&run->config, length, &error)) {
        if (error.line > 0)
            journal_note(&run->journal, LOG_ERR, "%s line %u: %s.", GLEXEC_CONF, error.line, error.reason);
        else
            journal_note(&run->journal, LOG_ERR, "%s: %s.", GLEXEC_CONF, error.reason);
        return run_fail(run, CAUSE_CONFIGURATION);
    }
    if (settle(run) != GO_ON)
        return run_fail(run, CAUSE_CONFIGURATION);
    return journal_ready(&run->journal) ? GO_ON : run_fail(run, CAUSE_NO_RECORD);
}

int settings_read(struct run *run)
{
    int outcome = take_over(run);

    if (outcome != GO_ON)
        run_tell("System fault. The site's administrators find the reason in their log.");
    return outcome;
}
