/* Where things are: settled when the program is compiled, so that no caller can move them. */
#ifndef PLACES_H
#define PLACES_H

#ifndef VERSION
#define VERSION "unknown"
#endif
#ifndef GLEXEC_CONF
#define GLEXEC_CONF "/etc/glexec.conf"
#endif
#ifndef LCMAPS_ACCOUNT
#define LCMAPS_ACCOUNT "/usr/libexec/glexec/lcmaps-account"
#endif
#ifndef SYSTEM_LOG
#define SYSTEM_LOG "/dev/log"
#endif
#ifndef RUN_FOLDER
#define RUN_FOLDER "/run/glexec" /* a file for each account that a lingering switch has in use */
#endif

#endif
