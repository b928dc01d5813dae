/* One line of LCMAPS' own log, taken apart: `IDENT:lcmaps[PID]  LOG_ERR: 2026-11-25.20:00:00Z: FUNCTION: MESSAGE`. */
#ifndef LCMAPS_LINE_H
#define LCMAPS_LINE_H

#include <stdbool.h>

struct lcmaps_line {
    int level;           /* as LCMAPS_DEBUG_LEVEL counts: 1 errors, 2 warnings, 3 notices, 4 information, 5 debugging */
    const char *text;    /* all behind the time */
    const char *message; /* what the function says, without its name */
};

/* The next line of a log; `text` is taken apart in place and moves on. False at the end. A line without the beginning that
 * LCMAPS gives its lines is an error's, and all of it is text. */
bool lcmaps_line_next(char **text, struct lcmaps_line *line);

#endif
