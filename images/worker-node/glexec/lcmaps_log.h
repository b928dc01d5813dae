/* What LCMAPS and its plugins have said during a call. */
#ifndef LCMAPS_LOG_H
#define LCMAPS_LOG_H

#define LCMAPS_LOG_SIZE (256 * 1024) /* what the lines of a call may take; debugging writes some 40 kB */

struct run;

/* Passes LCMAPS' lines on, from the file in memory that it wrote them to: to lcmaps_log_file, else to the site's log. Each
 * is one line, escaped, with the pid of the switch, and as many as lcmaps_debug_level asks for. */
void lcmaps_log_pass_on(struct run *run, int file);

#endif
