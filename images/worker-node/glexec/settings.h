/* Step 3: glexec.conf, read and made to count. */
#ifndef SETTINGS_H
#define SETTINGS_H

struct run;

/* Opens, checks and reads the file as account glexec (log-only: as the caller), opens the log that it names, and holds it
 * against the installation. 202 with file, line and reason in the log and a neutral line for the caller. */
int settings_read(struct run *run);

#endif
