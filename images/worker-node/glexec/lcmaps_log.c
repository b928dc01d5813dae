#include "lcmaps_log.h"

#include "lcmaps_line.h"
#include "run.h"
#include "text.h"
#include "trusted_path.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const int severities[] = {LOG_ERR, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

/* The site's own file for these lines, or -1: the site's log takes them as well. */
static int open_own_file(struct run *run)
{
    const char *path = run->config.lcmaps_log_file;
    struct stat status;
    char why[256];
    int file;

    if (path[0] == '\0' || !trusted_parent(path, &run->site, why, sizeof why) || !run_act_as(run, &run->keeper))
        return -1;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    run_act_as_self(run);
    if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(file);
        file = -1;
    }
    return file;
}

static void pass_on_one(struct run *run, int own_file, const struct lcmaps_line *line)
{
    char text[4096], whole[4200];

    text_one_line(text, sizeof text, line->text);
    if (own_file < 0)
        journal_pass_on(&run->journal, severities[line->level], text);
    else if (text_print(whole, sizeof whole, "glexec[%d]:lcmaps: %s\n", (int)run->journal.pid, text) &&
             write(own_file, whole, strlen(whole)) < 0)
        journal_pass_on(&run->journal, severities[line->level], text);
}

void lcmaps_log_pass_on(struct run *run, int file)
{
    char *rest = run->lcmaps_log;
    ssize_t length = pread(file, rest, LCMAPS_LOG_SIZE, 0);
    struct lcmaps_line line;
    int own_file;

    if (length <= 0)
        return;
    rest[length] = '\0';
    own_file = open_own_file(run);
    while (lcmaps_line_next(&rest, &line))
        if (line.level <= (int)run->config.lcmaps_debug_level)
            pass_on_one(run, own_file, &line);
    if (length == LCMAPS_LOG_SIZE)
        journal_note(&run->journal, LOG_WARNING, "LCMAPS said more than is passed on.");
    if (own_file >= 0)
        close(own_file);
}
