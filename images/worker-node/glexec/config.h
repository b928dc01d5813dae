/* glexec.conf: the site's answers. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SIZE 65536

enum destination { TO_SYSLOG, TO_FILE };
enum switcher { SWITCHED_BY_GLEXEC, SWITCHED_BY_LCMAPS };
enum locking { LOCK_FLOCK, LOCK_FCNTL, LOCK_DISABLED };
enum intended { INTENDED_ANY, INTENDED_SETUID, INTENDED_LOG_ONLY };

struct config {
    const char *user_white_list;
    const char *preserve_env_variables;
    const char *lcmaps_db_file;
    const char *lcmaps_get_account_policy;
    const char *lcmaps_verify_account_policy;
    const char *lcmaps_log_file;
    const char *log_file;
    const char *omission_private_key_white_list;
    const char *epilogue; /* empty: none */
    const char *epilogue_user;
    const char *epilogue_group;
    bool linger;
    bool create_target_proxy;
    bool lcmaps_voms_verification;
    bool use_lcas;
    uint32_t lcmaps_debug_level;
    uint32_t log_level;
    uint32_t log_destination;         /* enum destination */
    uint32_t syslog_facility;         /* LOG_... of syslog.h */
    uint32_t user_identity_switch_by; /* enum switcher */
    uint32_t input_lock_mechanism;    /* enum locking */
    uint32_t target_lock_mechanism;   /* enum locking */
    uint32_t epilogue_timeout;        /* seconds */
    /* The following are ours. */
    bool report_cause;  /* say on standard error what the exit code cannot tell */
    bool end_leftovers; /* end what a payload leaves running */
    uint32_t installation;    /* enum intended */
    uint32_t mapping_timeout; /* seconds for LCMAPS as a whole */
    uint32_t lock_timeout;    /* seconds for a lock on a credential */
    uint32_t minimum_uid;
    uint32_t minimum_gid;
    char text[CONFIG_SIZE + 1]; /* what the strings point into */
    char notes[2048];           /* options that are known and of no effect, blank separated */
};

struct config_error {
    unsigned line; /* 0: the file as a whole */
    char reason[256];
};

/* Reads the first `length` bytes of config->text. Only section [glexec] counts; every option may stand once. */
bool config_parse(struct config *config, size_t length, struct config_error *error);

#endif
