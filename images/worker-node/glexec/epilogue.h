/* The site's own program behind a payload. */
#ifndef EPILOGUE_H
#define EPILOGUE_H

#include <sys/types.h>

struct run;

/* Whether it may be run at all, asked before the payload: an absolute path without links, an executable that nobody but root
 * can change (nor, where they are named, epilogue_user and the members of epilogue_group). 202 otherwise, and in a log-only
 * installation, which has nobody to run it as. */
int epilogue_check(struct run *run);

/* Runs it, when there is one, with the payload's environment and GLEXEC_EPILOG_*, on /dev/null, for at most epilogue_timeout
 * seconds. Returns the exit code of the switch: the payload's, 202 when the epilogue failed, 204 when it ended so itself. */
int epilogue_run(struct run *run, pid_t payload, int status);

#endif
