#include "mapping.h"

#include "answer.h"
#include "child.h"
#include "lcmaps_log.h"
#include "memory_file.h"
#include "outcome.h"
#include "places.h"
#include "run.h"
#include "text.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLE(name, number) name "=/proc/self/fd/" #number
#define IN_MEMORY(name, number) VARIABLE(name, number)
#define LEVEL_FOR_CAUSES 4 /* less would leave us guessing why LCMAPS refused; the site's log gets what the site asks for */

/* The child's arguments, environment and files: nothing of them comes from the caller but two proxies and his groups. */
struct order {
    char policy[1024], level[64], groups[sizeof "GLEXEC_CALLER_GROUPS=" + 11 * (GROUPS_MAX + 1)];
    char *arguments[4];
    char *environment[8];
    bool switched; /* LCMAPS keeps root, and its policy ends with somebody else */
    struct child child;
};

static const struct identity root = {.uid = 0};

static bool write_groups(char *out, size_t size, const struct identity *caller)
{
    bool fits = text_print(out, size, "GLEXEC_CALLER_GROUPS=%u", (unsigned)caller->gid);

    for (size_t i = 0; fits && i < caller->group_count; i++) {
        size_t used = strlen(out);
        fits = text_print(out + used, size - used, ",%u", (unsigned)caller->groups[i]);
    }
    return fits;
}

static bool write_words(struct order *order, const struct run *run)
{
    const struct config *config = &run->config;
    const char *labels = run->request.verify ? config->lcmaps_verify_account_policy : config->lcmaps_get_account_policy;
    unsigned level = config->lcmaps_debug_level > LEVEL_FOR_CAUSES ? config->lcmaps_debug_level : LEVEL_FOR_CAUSES;
    size_t argument = 0, variable = 0;
    bool fits = text_print(order->policy, sizeof order->policy, "LCMAPS_POLICY_NAME=%s", labels) &&
                text_print(order->level, sizeof order->level, "LCMAPS_DEBUG_LEVEL=%u", level) &&
                write_groups(order->groups, sizeof order->groups, &run->caller);

    order->arguments[argument++] = (char *)LCMAPS_ACCOUNT;
    if (!config->lcmaps_voms_verification)
        order->arguments[argument++] = (char *)"--no-voms-verification";
    if (order->switched)
        order->arguments[argument++] = (char *)"--switched";
    order->environment[variable++] = (char *)IN_MEMORY("LCMAPS_DB_FILE", POLICY_FD);
    order->environment[variable++] = order->level;
    order->environment[variable++] = order->groups;
    if (labels[0] != '\0')
        order->environment[variable++] = order->policy;
    if (run->pilot.length > 0)
        order->environment[variable++] = (char *)IN_MEMORY("X509_USER_PROXY", PILOT_FD);
    if (!run->client.has_key) /* the caller is one of those whose word the site takes for it */
        order->environment[variable++] = (char *)"VERIFY_PROXY_DISCARD_PRIVATE_KEY_ABSENCE=1";
    return fits;
}

static bool add_file(struct order *order, int file, int as)
{
    if (file >= 0)
        order->child.files[order->child.file_count++] = (struct child_file){file, as};
    return file >= 0;
}

static bool open_files(struct order *order, const struct run *run)
{
    const struct identity *owner = order->child.identity;

    return add_file(order, memory_file("credential", run->client.pem, run->client.length, owner), STDIN_FILENO) &&
           add_file(order, memory_file_empty("lcmaps.log", owner), LOG_FD) &&
           add_file(order, memory_file("lcmaps.db", run->policy.text, run->policy.length, owner), POLICY_FD) &&
           (run->pilot.length == 0 ||
            add_file(order, memory_file("pilot", run->pilot.pem, run->pilot.length, owner), PILOT_FD));
}

static void close_files(struct order *order)
{
    for (size_t i = 0; i < order->child.file_count; i++)
        close(order->child.files[i].file);
}

/* Whatever happened, its lines come first in the log. */
static void take_lines(struct order *order, struct run *run)
{
    for (size_t i = 0; i < order->child.file_count; i++)
        if (order->child.files[i].as == LOG_FD)
            lcmaps_log_pass_on(run, order->child.files[i].file);
}

static int unable(struct run *run, const char *cause)
{
    journal_note(&run->journal, LOG_ERR, "Initialisation of LCMAPS failed.");
    journal_note(&run->journal, LOG_ERR, "The cause: %s.", cause);
    return run_fail(run, CAUSE_LCMAPS_BROKEN);
}

static int refused(struct run *run, enum cause cause)
{
    char dn[DN_SIZE];

    text_escape(dn, sizeof dn, run->account.dn);
    journal_note(&run->journal, LOG_WARNING, "LCMAPS failed.");
    journal_note(&run->journal, LOG_WARNING, "The cause: %s. Caller: %s. Used DN: \"%s\"", cause_reason(cause),
                 run->caller.name, dn);
    run_tell("LCMAPS failed.");
    run_tell("  The reason can be found in the syslog.");
    return run_fail(run, cause);
}

static int judge(struct run *run, const struct child_report *report, char *answer)
{
    const char *problem;

    if (report->timed_out)
        return refused(run, CAUSE_TIMED_OUT);
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
        return refused(run, cause_of_refusal(run->account.cause));
    return run->account.mapped ? GO_ON : unable(run, "an answer without an account");
}

int mapping_ask(struct run *run)
{
    char answer[ANSWER_SIZE + 1] = "";
    struct child_report report = {.failure = "there are no resources for a child"};
    struct order order = {.child = {.answer = ANSWER_FD, .seconds = run->config.mapping_timeout}};

    order.child.arguments = order.arguments;
    order.child.environment = order.environment;
    if (run->installation == SETUID) {
        order.switched = run->config.user_identity_switch_by == SWITCHED_BY_LCMAPS;
        order.child.identity = order.switched ? &root : &run->keeper;
    }
    if (!write_words(&order, run))
        return unable(run, "a policy name is too long");
    if (open_files(&order, run))
        child_run(&order.child, answer, sizeof answer, &report);
    take_lines(&order, run);
    close_files(&order);
    return judge(run, &report, answer);
}
