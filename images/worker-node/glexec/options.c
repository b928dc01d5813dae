#include "options.h"

#include "text.h"

#include <string.h>
#include <syslog.h>

enum kind {
    LIST,      /* text as it stands, may be empty */
    PATH,      /* an absolute path */
    YES_NO,    /* yes or no */
    NUMBER,    /* up to `most` */
    WORD,      /* one of `words` */
    NO_EFFECT  /* known to gLExec, of no effect here: noted in the log */
};

struct word {
    const char *name;
    uint32_t value;
};

struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    uint32_t least, most;
    const struct word *words;
};

static const struct word destinations[] = {{"syslog", TO_SYSLOG}, {"file", TO_FILE}, {NULL, 0}};
static const struct word switchers[] = {{"glexec", SWITCHED_BY_GLEXEC}, {"lcmaps", SWITCHED_BY_LCMAPS}, {NULL, 0}};
static const struct word locks[] = {
    {"flock", LOCK_FLOCK}, {"fcntl", LOCK_FCNTL}, {"disabled", LOCK_DISABLED}, {NULL, 0}};
static const struct word installations[] = {
    {"setuid", INTENDED_SETUID}, {"log-only", INTENDED_LOG_ONLY}, {NULL, 0}};
static const struct word facilities[] = {
    {"LOG_AUTH", LOG_AUTH},     {"LOG_AUTHPRIV", LOG_AUTHPRIV}, {"LOG_CRON", LOG_CRON},     {"LOG_DAEMON", LOG_DAEMON},
    {"LOG_LOCAL0", LOG_LOCAL0}, {"LOG_LOCAL1", LOG_LOCAL1},     {"LOG_LOCAL2", LOG_LOCAL2}, {"LOG_LOCAL3", LOG_LOCAL3},
    {"LOG_LOCAL4", LOG_LOCAL4}, {"LOG_LOCAL5", LOG_LOCAL5},     {"LOG_LOCAL6", LOG_LOCAL6}, {"LOG_LOCAL7", LOG_LOCAL7},
    {"LOG_SYSLOG", LOG_SYSLOG}, {"LOG_USER", LOG_USER},         {NULL, 0}};

#define TO(member) offsetof(struct config, member)

static const struct option options[] = {
    {"user_white_list", LIST, TO(user_white_list), 0, 0, NULL},
    {"preserve_env_variables", LIST, TO(preserve_env_variables), 0, 0, NULL},
    {"linger", YES_NO, TO(linger), 0, 0, NULL},
    {"user_identity_switch_by", WORD, TO(user_identity_switch_by), 0, 0, switchers},
    {"create_target_proxy", YES_NO, TO(create_target_proxy), 0, 0, NULL},
    {"input_lock_mechanism", WORD, TO(input_lock_mechanism), 0, 0, locks},
    {"target_lock_mechanism", WORD, TO(target_lock_mechanism), 0, 0, locks},
    {"lock_mechanism", WORD, TO(target_lock_mechanism), 0, 0, locks}, /* its old name */
    {"lcmaps_db_file", PATH, TO(lcmaps_db_file), 0, 0, NULL},
    {"lcmaps_get_account_policy", LIST, TO(lcmaps_get_account_policy), 0, 0, NULL},
    {"lcmaps_verify_account_policy", LIST, TO(lcmaps_verify_account_policy), 0, 0, NULL},
    {"lcmaps_debug_level", NUMBER, TO(lcmaps_debug_level), 0, 5, NULL},
    {"lcmaps_log_file", PATH, TO(lcmaps_log_file), 0, 0, NULL},
    {"lcmaps_voms_verification", YES_NO, TO(lcmaps_voms_verification), 0, 0, NULL},
    {"log_destination", WORD, TO(log_destination), 0, 0, destinations},
    {"log_file", PATH, TO(log_file), 0, 0, NULL},
    {"log_level", NUMBER, TO(log_level), 0, 5, NULL},
    {"syslog_facility", WORD, TO(syslog_facility), 0, 0, facilities},
    {"use_lcas", YES_NO, TO(use_lcas), 0, 0, NULL},
    {"omission_private_key_white_list", LIST, TO(omission_private_key_white_list), 0, 0, NULL},
    {"epilogue", PATH, TO(epilogue), 0, 0, NULL},
    {"epilogue_user", LIST, TO(epilogue_user), 0, 0, NULL},
    {"epilogue_group", LIST, TO(epilogue_group), 0, 0, NULL},
    {"epilogue_timeout", NUMBER, TO(epilogue_timeout), 1, 86400, NULL},

    {"lcas_db_file", NO_EFFECT, 0, 0, 0, NULL},
    {"lcas_debug_level", NO_EFFECT, 0, 0, 0, NULL},
    {"lcas_log_file", NO_EFFECT, 0, 0, 0, NULL},
    {"lcas_log_level", NO_EFFECT, 0, 0, 0, NULL},
    {"lcmaps_log_level", NO_EFFECT, 0, 0, 0, NULL},
    {"silent_logging", NO_EFFECT, 0, 0, 0, NULL},

    {"installation", WORD, TO(installation), 0, 0, installations},
    {"report_cause", YES_NO, TO(report_cause), 0, 0, NULL},
    {"end_leftovers", YES_NO, TO(end_leftovers), 0, 0, NULL},
    {"mapping_timeout", NUMBER, TO(mapping_timeout), 1, 3600, NULL},
    {"lock_timeout", NUMBER, TO(lock_timeout), 1, 3600, NULL},
    {"minimum_uid", NUMBER, TO(minimum_uid), 1, UINT32_MAX - 1, NULL},
    {"minimum_gid", NUMBER, TO(minimum_gid), 1, UINT32_MAX - 1, NULL},
};

#define COUNT (sizeof options / sizeof options[0])

void options_defaults(struct config *config)
{
    config->user_white_list = "";
    config->preserve_env_variables = "";
    config->lcmaps_db_file = "/etc/lcmaps/lcmaps-glexec.db";
    config->lcmaps_get_account_policy = "";
    config->lcmaps_verify_account_policy = "";
    config->lcmaps_log_file = "";
    config->omission_private_key_white_list = "";
    config->epilogue = "";
    config->epilogue_user = "root";
    config->epilogue_group = "root";
    config->epilogue_timeout = 300;
    config->log_file = "";
    config->linger = true;
    config->create_target_proxy = true;
    config->lcmaps_voms_verification = true;
    config->use_lcas = false;
    config->lcmaps_debug_level = 3;
    config->log_level = 3;
    config->log_destination = TO_SYSLOG;
    config->syslog_facility = LOG_DAEMON;
    config->user_identity_switch_by = SWITCHED_BY_GLEXEC;
    config->input_lock_mechanism = LOCK_FLOCK;
    config->target_lock_mechanism = LOCK_FLOCK;
    config->report_cause = false;
    config->end_leftovers = false;
    config->installation = INTENDED_ANY;
    config->mapping_timeout = 30;
    config->lock_timeout = 10;
    config->minimum_uid = 1000;
    config->minimum_gid = 1000;
    config->notes[0] = '\0';
}

size_t options_count(void)
{
    return COUNT;
}

static const char *store_yes_no(bool *place, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return "expected yes or no";
    *place = strcmp(value, "yes") == 0;
    return NULL;
}

static const char *store_word(uint32_t *place, const struct word *words, const char *value)
{
    for (const struct word *word = words; word->name != NULL; word++)
        if (strcmp(word->name, value) == 0) {
            *place = word->value;
            return NULL;
        }
    return "the value is none of the known words";
}

static const char *store_note(struct config *config, const char *name)
{
    size_t used = strlen(config->notes);

    return text_print(config->notes + used, sizeof config->notes - used, " %s", name) ? NULL : "too many options";
}

static const char *store(struct config *config, const struct option *option, const char *value)
{
    void *place = (char *)config + option->offset;

    switch (option->kind) {
    case LIST:
        memcpy(place, &value, sizeof value);
        return NULL;
    case PATH:
        if (value[0] != '/')
            return "expected an absolute path";
        memcpy(place, &value, sizeof value);
        return NULL;
    case YES_NO:
        return store_yes_no(place, value);
    case NUMBER:
        if (!text_number(value, option->most, place) || *(uint32_t *)place < option->least)
            return "expected a decimal number within its bounds";
        return NULL;
    case WORD:
        return store_word(place, option->words, value);
    case NO_EFFECT:
        return store_note(config, option->name);
    }
    return "unknown kind of option";
}

const char *options_store(struct config *config, const char *name, const char *value, size_t *index)
{
    for (*index = 0; *index < COUNT; (*index)++)
        if (strcmp(options[*index].name, name) == 0)
            return store(config, &options[*index], value);
    return "unknown option";
}
