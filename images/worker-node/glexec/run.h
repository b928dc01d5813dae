/* All that one call of the switch knows so far; main() owns the only one. Each step reads it and adds its part. */
#ifndef RUN_H
#define RUN_H

#include "account.h"
#include "caller_limits.h"
#include "cause.h"
#include "command.h"
#include "config.h"
#include "credential.h"
#include "identity.h"
#include "installation.h"
#include "journal.h"
#include "lcmaps_log.h"
#include "policy_files.h"
#include "request.h"
#include "scratch.h"
#include "trusted_path.h"

#include <limits.h>

#define ENVIRONMENT_MAX 2048

struct run {
    int argc;
    char **argv;
    char **outer; /* the caller's environment, set aside at the start */
    struct limits limits; /* the caller's, for the payload */
    struct journal journal;
    int line;    /* of a lingering switch: from the keeper to the front */
    int front_process; /* the front, for the keeper's signals */
    pid_t front; /* what the caller knows as the switch, 0 when that is this process */
    enum cause cause; /* why it ended without a payload */
    enum installation installation;
    struct identity caller;
    bool caller_unsure; /* it has no name because the name service gave no answer */
    struct identity keeper; /* does the switch's own reading: account glexec, or the caller in log-only */
    struct trust site;  /* whose files are the site's: root's and account glexec's, if there is one */
    gid_t glexec_group; /* may keep the leases; 0: there is none */
    struct config config;
    struct policy policy;
    struct request request;
    struct credential client; /* says whose payload it is */
    struct credential source; /* what the payload gets a copy of */
    struct credential pilot;  /* the caller's own, with which the authority's clients show themselves; may be empty */
    char lcmaps_log[LCMAPS_LOG_SIZE + 1];
    struct account account;   /* the answer of the authority */
    struct identity target;   /* who the payload runs as */
    struct scratch scratch;   /* the payload's private folders */
    char target_proxy[PATH_MAX]; /* where the copy is, empty when there is none */
    struct command command;
    struct identity epilogue; /* who runs the site's epilogue */
    char folder[PATH_MAX];              /* where the payload starts */
    char *environment[ENVIRONMENT_MAX]; /* what the payload gets */
    char home[PATH_MAX + sizeof "HOME="];
    char proxy[PATH_MAX + sizeof "X509_USER_PROXY="];
};

/* A step: GO_ON, or the exit code of the switch. A step that ends the call has said why in the journal. */
typedef int step(struct run *run);

/* Remembers why the call ends, and gives the exit code that goes with it. The first cause counts. */
int run_fail(struct run *run, enum cause cause);

/* Acts as somebody else for a while, and as itself again. In log-only nobody can be anybody else: both do nothing. */
bool run_act_as(struct run *run, const struct identity *who);
void run_act_as_self(const struct run *run);

/* The value of a variable in the caller's environment, NULL when it is not there. The first one counts. */
const char *run_outer(const struct run *run, const char *name);

/* One line for the caller on its standard error, in gLExec's manner. It tells nothing about the site. */
void run_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
