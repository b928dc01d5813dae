/* How the switch is installed, and whether the kernel honoured it. */
#ifndef INSTALLATION_H
#define INSTALLATION_H

enum installation {
    LOG_ONLY, /* mode 0555, no set-id bit: says yes or no and records, the uid stays the caller's */
    SETUID    /* set-id root: authorises, maps, records and switches */
};

struct run;

/* Step 2: who calls, and as what were we installed? A set-id bit that had no effect is never taken for log-only:
 * that would run a payload as the pilot. 202 with the cause in the journal; 203 when root itself calls. */
int installation_find(struct run *run);

#endif
