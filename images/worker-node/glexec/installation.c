#include "installation.h"

#include "names.h"
#include "outcome.h"
#include "run.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define LOG_ONLY_MODE 0555 /* exactly: every other mode without an effective set-id bit is a lost or unheeded bit */

static int refuse(struct run *run, const char *cause)
{
    journal_note(&run->journal, LOG_ERR, "Not run: %s.", cause);
    run_tell("System fault. The site's administrators find the reason in their log.");
    return run_fail(run, CAUSE_INSTALLATION);
}

static const char *why_not_heeded(void)
{
    struct statvfs mount;

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return "the set-id bit had no effect, no_new_privs is set for the caller";
    if (statvfs(SELF, &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0)
        return "the set-id bit had no effect, the file system is mounted nosuid";
    return "the set-id bit had no effect";
}

static int without_privilege(struct run *run)
{
    struct identity glexec;
    struct stat self;

    if (stat(SELF, &self) != 0)
        return refuse(run, "the mode of the program cannot be seen, /proc is needed");
    if ((self.st_mode & S_ISUID) != 0)
        return refuse(run, why_not_heeded());
    if ((self.st_mode & 07777) != LOG_ONLY_MODE)
        return refuse(run, "the program has lost its set-id bit (log-only needs mode 0555 exactly)");
    run->installation = LOG_ONLY;
    run->keeper = run->caller;
    if (identity_by_name(&glexec, "glexec")) {
        run->site.site = glexec.uid;
        run->glexec_group = glexec.gid;
    }
    return GO_ON;
}

static int with_privilege(struct run *run)
{
    run->installation = SETUID;
    if (!identity_can_change())
        return refuse(run, "root has no right to become others here (securebits of the caller, or a container without it)");
    if (!identity_by_name(&run->keeper, "glexec"))
        return refuse(run, names_failed() ? "account glexec cannot be looked up, the name service gives no answer"
                                          : "there is no account glexec");
    if (run->keeper.uid == 0 || run->keeper.gid == 0)
        return refuse(run, "account glexec must not be root");
    run->site.site = run->keeper.uid;
    run->glexec_group = run->keeper.gid;
    return GO_ON;
}

int installation_find(struct run *run)
{
    uid_t real = getuid(), effective = geteuid();
    int count;

    run->caller.uid = real;
    run->caller.gid = getgid();
    count = getgroups(GROUPS_MAX, run->caller.groups);
    if (count < 0)
        return refuse(run, "the caller is in too many groups");
    run->caller.group_count = (size_t)count;
    if (real == 0) {
        journal_note(&run->journal, LOG_ERR, "Called by root, which has no need to.");
        run_tell("You are not authorised to use gLExec.");
        return run_fail(run, CAUSE_CALLED_BY_ROOT);
    }
    run->caller_unsure = !identity_look_up(&run->caller) && names_failed(); /* callers_check has to do with either */
    if (effective == 0)
        return with_privilege(run);
    if (effective != real)
        return refuse(run, "the program is set-id to somebody other than root");
    return without_privilege(run);
}
