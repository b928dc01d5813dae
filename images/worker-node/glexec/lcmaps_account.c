/* lcmaps-account: asks the site's real LCMAPS for the account of one credential. It is not set-id.
 *
 * Started by the switch as `lcmaps-account [--no-voms-verification] [--switched]`, with LCMAPS' settings in the environment,
 * the PEM text of the credential on standard input, and the descriptors of answer.h for the answer and LCMAPS' lines.
 * With --switched the policy ends in posix_enf: not what LCMAPS returns counts, but who this process has become. */
#include "account.h"
#include "answer.h"
#include "identity.h"
#include "refusal.h"
#include "scratch_paths.h"
#include "subject.h"
#include "text.h"

#include <lcmaps/lcmaps_basic.h>
#include <lcmaps/lcmaps_cred_data.h>
#include <lcmaps/lcmaps_log.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PEM_SIZE (256 * 1024 + 1)
#define POLICIES_MAX 10
#define USER_LOG 1 /* LCMAPS' DO_USRLOG: to the stream that it is given; its header does not publish it */
#define ATTEMPTS 8 /* two first-time users who meet at one pool account both step back */
#define PAUSE 40   /* milliseconds between two of them, at the most */
#define CONTENDED "pool-contended"
#define CREDENTIAL_REFUSED "credential-refused"

struct request {
    bool verify_voms, switched;
    char pem[PEM_SIZE];
};

struct mapping {
    uid_t uid;
    gid_t *pgids, *sgids;
    int pgid_count, sgid_count;
    char *pool_index;
};

static bool read_request(struct request *request, int argc, char **argv)
{
    size_t length;

    request->verify_voms = true;
    request->switched = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-voms-verification") == 0)
            request->verify_voms = false;
        else if (strcmp(argv[i], "--switched") == 0)
            request->switched = true;
        else
            return false;
    }
    length = fread(request->pem, 1, sizeof request->pem - 1, stdin);
    request->pem[length] = '\0';
    return ferror(stdin) == 0 && length > 0;
}

/* LCMAPS_POLICY_NAME is a list with colons; `names` points into `text`. */
static int split_policies(char *text, char **names)
{
    int count = 0;
    char *rest = text;

    for (char *name = strtok_r(text, ":", &rest); name != NULL && count < POLICIES_MAX; name = strtok_r(NULL, ":", &rest))
        names[count++] = name;
    return count;
}

static bool ask(struct request *request, struct mapping *mapping)
{
    char *names[POLICIES_MAX];
    char policies[1024] = "";
    const char *given = getenv("LCMAPS_POLICY_NAME");
    int count;

    if (given != NULL && !text_print(policies, sizeof policies, "%s", given))
        return false;
    count = split_policies(policies, names);
    return lcmaps_run_with_pem_and_return_account(NULL, request->pem, -1, NULL, count, names, &mapping->uid,
                                                  &mapping->pgids, &mapping->pgid_count, &mapping->sgids,
                                                  &mapping->sgid_count, &mapping->pool_index) == 0;
}

/* At most as long as the switch takes it, and visibly cut: what a stranger is called must not look like a fault of the site. */
static void say(FILE *answer, const char *word, const char *value, size_t size)
{
    char text[DN_SIZE];

    text_one_line(text, size < sizeof text ? size : sizeof text, value);
    (void)fprintf(answer, "%s %s\n", word, text);
}

/* Only some plugins tell the DN: a policy such as `verify_proxy -> dummy_good`, usual in log-only, has none of them. */
static void say_dn(FILE *answer, struct request *request)
{
    int count = 0;
    char **told = getCredentialData(DN, &count);
    char *subject = told == NULL || count < 1 || *told == NULL ? subject_of(request->pem) : NULL;

    if (subject != NULL)
        say(answer, ANSWER_DN, subject, DN_SIZE);
    else if (told != NULL && count > 0 && *told != NULL)
        say(answer, ANSWER_DN, *told, DN_SIZE);
    free(subject);
}

/* Whose credential it is, and the attributes that LCMAPS itself says its mapping rests on. */
static void say_whose(FILE *answer, struct request *request)
{
    int count = 0;
    lcmaps_vo_mapping_t *mapped;
    char **asserted;

    say_dn(answer, request);
    asserted = getCredentialData(LCMAPS_VO_CRED_STRING, &count);
    for (int i = 0; asserted != NULL && i < count && i < FQANS_MAX; i++)
        say(answer, ANSWER_FQAN, asserted[i], FQAN_SIZE);
    if (asserted != NULL && count > 0)
        return;
    mapped = getCredentialData(LCMAPS_VO_CRED_MAPPING, &count);
    for (int i = 0; mapped != NULL && i < count && i < FQANS_MAX; i++)
        say(answer, ANSWER_FQAN, mapped[i].vostring, FQAN_SIZE);
}

static void say_account(FILE *answer, const struct mapping *mapping)
{
    (void)fprintf(answer, ANSWER_UID " %u\n", (unsigned)mapping->uid);
    for (int i = 0; i < mapping->pgid_count; i++)
        (void)fprintf(answer, ANSWER_PGID " %u\n", (unsigned)mapping->pgids[i]);
    for (int i = 0; i < mapping->sgid_count; i++)
        (void)fprintf(answer, ANSWER_SGID " %u\n", (unsigned)mapping->sgids[i]);
}

/* What plugins of the policy have asked for. False when that is not well-formed: it must not be half believed. */
static bool say_scratch(FILE *answer)
{
    struct scratch_paths paths;
    const char *asked = getenv(SCRATCH_VARIABLE);

    if (asked == NULL || scratch_paths_read(&paths, asked) != NULL)
        return false;
    for (size_t i = 0; i < paths.count; i++)
        (void)fprintf(answer, ANSWER_SCRATCH " %s\n", paths.path[i]);
    return true;
}

/* Who this process is now, if that is one and the same ordinary identity in all its ids. */
static bool what_we_became(struct mapping *mapping)
{
    static gid_t group, groups[GROUPS_MAX];
    uid_t real, effective, saved;
    gid_t real_group, saved_group;

    if (getresuid(&real, &effective, &saved) != 0 || getresgid(&real_group, &group, &saved_group) != 0)
        return false;
    if (real == 0 || effective != real || saved != real || real_group == 0 || group != real_group || saved_group != group)
        return false;
    *mapping = (struct mapping){.uid = real, .pgids = &group, .pgid_count = 1, .sgids = groups};
    mapping->sgid_count = getgroups(GROUPS_MAX, groups);
    return mapping->sgid_count >= 0;
}

/* What LCMAPS has written since `start`, or an empty text. The caller frees it. */
static char *lines_since(off_t start)
{
    struct stat log;
    char *lines;
    ssize_t got;

    if (fstat(LOG_FD, &log) != 0 || log.st_size < start || (lines = malloc((size_t)(log.st_size - start) + 1)) == NULL)
        return NULL;
    got = pread(LOG_FD, lines, (size_t)(log.st_size - start), start);
    lines[got > 0 ? got : 0] = '\0';
    return lines;
}

static off_t log_end(FILE *log)
{
    return fflush(log) == 0 ? lseek(LOG_FD, 0, SEEK_END) : 0;
}

/* Why this attempt failed: what LCMAPS' lines say, or what a plugin of ours said. */
static void find_reason(char *reason, size_t size, FILE *log, off_t start)
{
    char nothing[] = "", *lines;

    (void)fflush(log);
    lines = lines_since(start);
    (void)text_print(reason, size, "%s", refusal_reason(lines != NULL ? lines : nothing, getenv(CAUSE_VARIABLE)));
    free(lines);
    (void)unsetenv(CAUSE_VARIABLE);
}

/* Some time, unlike that of the others who were stepped back with us. */
static void pause_a_little(void)
{
    uint32_t number = 0;
    struct timespec time = {.tv_nsec = 1000000};

    if (getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number)
        time.tv_nsec += (long)(number % PAUSE) * 1000000;
    (void)nanosleep(&time, NULL);
}

/* Asks until there is an answer that is not an accident between two callers. */
static bool ask_patiently(struct request *request, struct mapping *mapping, FILE *log, char *reason, size_t size)
{
    for (int attempt = 1;; attempt++) {
        off_t start = log_end(log);
        if (ask(request, mapping))
            return true;
        find_reason(reason, size, log, start);
        if (strcmp(reason, CONTENDED) != 0 || attempt >= ATTEMPTS)
            return false;
        pause_a_little();
    }
}

static _Noreturn void end_with(FILE *answer, enum verdict verdict)
{
    (void)fputs(ANSWER_END "\n", answer);
    _exit(fflush(answer) == 0 ? (int)verdict : (int)VERDICT_BROKEN);
}

/* LCMAPS would be asked about one person and answer about another. Nobody is named: it may be neither of them. */
static _Noreturn void end_unasked(FILE *answer)
{
    (void)lcmaps_log(LOG_ERR, "A certificate of the credential has not been issued by the one behind it.\n");
    say(answer, ANSWER_CAUSE, CREDENTIAL_REFUSED, CAUSE_SIZE);
    end_with(answer, VERDICT_REFUSED);
}

int main(int argc, char **argv)
{
    static struct request request;
    struct mapping mapping = {.uid = (uid_t)-1};
    FILE *answer = fdopen(ANSWER_FD, "w"), *log = fdopen(LOG_FD, "a");
    char reason[64] = "";
    bool mapped;

    if (answer == NULL || log == NULL || fcntl(ANSWER_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(LOG_FD, F_SETFD, FD_CLOEXEC) != 0 || !read_request(&request, argc, argv) ||
        setenv(SCRATCH_VARIABLE, "", 1) != 0)
        return VERDICT_BROKEN;
    (void)setvbuf(log, NULL, _IOLBF, BUFSIZ); /* a plugin that crashes takes no line with it */
    if (lcmaps_init_and_logfile(NULL, log, USER_LOG) != 0)
        return VERDICT_NOT_RUNNING;
    if (!request.verify_voms)
        lcmaps_disable_voms_attributes_verification();
    if (!subject_is_one(request.pem))
        end_unasked(answer);
    mapped = ask_patiently(&request, &mapping, log, reason, sizeof reason);
    say_whose(answer, &request);
    if (!mapped && reason[0] != '\0')
        say(answer, ANSWER_CAUSE, reason, CAUSE_SIZE);
    if (!mapped)
        end_with(answer, VERDICT_REFUSED);
    if (request.switched && !what_we_became(&mapping))
        end_with(answer, VERDICT_NOT_SWITCHED);
    say_account(answer, &mapping);
    if (!say_scratch(answer))
        return VERDICT_BROKEN;
    end_with(answer, VERDICT_MAPPED);
}
