#include "mapping.h"

#include "answer.h"
#include "child.h"
#include "outcome.h"
#include "run.h"
#include "text.h"
#include "trusted_path.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LCMAPS_ACCOUNT
#define LCMAPS_ACCOUNT "/usr/libexec/glexec/lcmaps-account"
#endif

/* The child's arguments and environment: nothing of them comes from the caller. */
struct order {
    char db[PATH_MAX + 32], policy[1024], level[64], log_file[PATH_MAX + 32], ident[64], facility[16];
    char *arguments[8];
    char *environment[8];
};

static bool write_order(struct order *order, const struct run *run)
{
    const struct config *config = &run->config;
    size_t argument = 0, variable = 0;
    bool fits = text_print(order->db, sizeof order->db, "LCMAPS_DB_FILE=%s", config->lcmaps_db_file) &&
                text_print(order->policy, sizeof order->policy, "LCMAPS_POLICY_NAME=%s",
                           config->lcmaps_get_account_policy) &&
                text_print(order->level, sizeof order->level, "LCMAPS_DEBUG_LEVEL=%u", config->lcmaps_debug_level) &&
                text_print(order->log_file, sizeof order->log_file, "LCMAPS_LOG_FILE=%s", config->lcmaps_log_file) &&
                text_print(order->ident, sizeof order->ident, "glexec[%d]", (int)run->journal.pid) &&
                text_print(order->facility, sizeof order->facility, "%d", run->journal.facility);

    order->arguments[argument++] = (char *)LCMAPS_ACCOUNT;
    order->arguments[argument++] = order->ident;
    order->arguments[argument++] = order->facility;
    if (!config->lcmaps_voms_verification)
        order->arguments[argument++] = (char *)"--no-voms-verification";
    if (run->installation == SETUID && config->user_identity_switch_by == SWITCHED_BY_LCMAPS)
        order->arguments[argument++] = (char *)"--switched";
    order->arguments[argument] = NULL;
    order->environment[variable++] = order->db;
    order->environment[variable++] = order->level;
    if (config->lcmaps_get_account_policy[0] != '\0')
        order->environment[variable++] = order->policy;
    if (config->lcmaps_log_file[0] != '\0')
        order->environment[variable++] = order->log_file;
    order->environment[variable] = NULL;
    return fits;
}

/* The policy file as account glexec sees it: readable, and written by nobody but the site. */
static bool policy_file_trusted(struct run *run)
{
    char why[256];
    int file;

    if (!run_act_as(run, &run->keeper))
        return false;
    file = trusted_open(run->config.lcmaps_db_file, run->site, why, sizeof why);
    run_act_as_self(run);
    if (file < 0) {
        journal_note(&run->journal, LOG_ERR, "lcmaps_db_file: %s.", why);
        return false;
    }
    close(file);
    return true;
}

static int unable(struct run *run, const char *cause)
{
    journal_note(&run->journal, LOG_ERR, "Initialisation of LCMAPS failed.");
    journal_note(&run->journal, LOG_ERR, "The cause: %s.", cause);
    return SYSTEM_FAULT;
}

static int refused(struct run *run, const char *cause)
{
    journal_note(&run->journal, LOG_WARNING, "LCMAPS failed.");
    journal_note(&run->journal, LOG_WARNING, "The cause: %s. Caller: %s. Used DN: \"%s\"", cause, run->caller.name,
                 run->account.dn);
    run_tell("LCMAPS failed.");
    run_tell("  The reason can be found in the syslog.");
    return NOT_AUTHORISED;
}

static int judge(struct run *run, const struct child_report *report, char *answer)
{
    const char *problem;

    if (report->timed_out)
        return refused(run, "no answer within mapping_timeout");
    if (report->failure != NULL)
        return unable(run, report->failure);
    if (WIFSIGNALED(report->status))
        return unable(run, "LCMAPS or one of its plugins crashed");
    switch (WEXITSTATUS(report->status)) {
    case VERDICT_NOT_RUNNING:
        return unable(run, "LCMAPS did not start, its own lines say why");
    case VERDICT_NOT_SWITCHED:
        return unable(run, "user_identity_switch_by = lcmaps, but the policy did not switch");
    case VERDICT_MAPPED:
    case VERDICT_REFUSED:
        break;
    default:
        return unable(run, "lcmaps-account does not work");
    }
    problem = account_parse(&run->account, answer, report->length);
    if (problem != NULL) {
        journal_note(&run->journal, LOG_ERR, "The answer of lcmaps-account is not usable: %s.", problem);
        return unable(run, "an answer that cannot be trusted");
    }
    if (WEXITSTATUS(report->status) == VERDICT_REFUSED)
        return refused(run, "no account");
    return run->account.mapped ? GO_ON : unable(run, "an answer without an account");
}

int mapping_ask(struct run *run)
{
    bool by_lcmaps = run->config.user_identity_switch_by == SWITCHED_BY_LCMAPS;
    char answer[ANSWER_SIZE + 1];
    struct child_report report = {0};
    struct order order;
    struct child child;

    if (!policy_file_trusted(run))
        return SYSTEM_FAULT;
    if (!write_order(&order, run))
        return unable(run, "a path or policy name is too long");
    child = (struct child){
        .arguments = order.arguments,
        .environment = order.environment,
        .identity = run->installation == SETUID && !by_lcmaps ? &run->keeper : NULL,
        .as_root = run->installation == SETUID && by_lcmaps,
        .input = run->client.pem,
        .input_length = run->client.length,
        .answer_fd = ANSWER_FD,
        .seconds = run->config.mapping_timeout,
    };
    child_run(&child, answer, sizeof answer, &report);
    return judge(run, &report, answer);
}
