/* glexec.conf: what is accepted lies within its bounds, and says the same whatever harmless text follows it. */
#include "config.h"

#include "fuzz.h"
#include "options.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <syslog.h>

#define PLACE(member) offsetof(struct config, member)

static const struct {
    size_t place;
    uint32_t least, most;
} numbers[] = {
    {PLACE(lcmaps_debug_level), 0, 5},
    {PLACE(log_level), 0, 5},
    {PLACE(log_destination), TO_SYSLOG, TO_FILE},
    {PLACE(syslog_facility), LOG_USER, LOG_LOCAL7},
    {PLACE(user_identity_switch_by), SWITCHED_BY_GLEXEC, SWITCHED_BY_LCMAPS},
    {PLACE(input_lock_mechanism), LOCK_FLOCK, LOCK_DISABLED},
    {PLACE(target_lock_mechanism), LOCK_FLOCK, LOCK_DISABLED},
    {PLACE(epilogue_timeout), 1, 86400},
    {PLACE(installation), INTENDED_ANY, INTENDED_LOG_ONLY},
    {PLACE(mapping_timeout), 1, 3600},
    {PLACE(lock_timeout), 1, 3600},
    {PLACE(minimum_uid), 1, UINT32_MAX - 1},
    {PLACE(minimum_gid), 1, UINT32_MAX - 1},
};

static const struct {
    size_t place;
    bool path;
} strings[] = {
    {PLACE(user_white_list), false},           {PLACE(preserve_env_variables), false},
    {PLACE(lcmaps_db_file), true},             {PLACE(lcmaps_get_account_policy), false},
    {PLACE(lcmaps_log_file), true},            {PLACE(lcmaps_verify_account_policy), false},
    {PLACE(log_file), true},                   {PLACE(omission_private_key_white_list), false},
    {PLACE(epilogue), true},                   {PLACE(epilogue_user), false},
    {PLACE(epilogue_group), false},
};

/* Behind whatever was accepted, these are not. */
static const char *const harmful[] = {"\n[glexec]\n", "\n[other] more\n", "\n[other\n", "\n#\r\n"};

static uint32_t number_of(const struct config *config, size_t i)
{
    uint32_t number;

    memcpy(&number, (const char *)config + numbers[i].place, sizeof number);
    return number;
}

static const char *string_of(const struct config *config, size_t i)
{
    const char *string;

    memcpy(&string, (const char *)config + strings[i].place, sizeof string);
    return string;
}

/* Parses these bytes and those behind them, with nothing to be read after their NUL. */
static bool parse(struct config *config, struct config_error *error, const uint8_t *data, size_t size, const char *behind)
{
    size_t length = size + strlen(behind);
    bool accepted;

    if (size > 0)
        memcpy(config->text, data, size);
    memcpy(config->text + size, behind, strlen(behind));
    ASAN_POISON_MEMORY_REGION(config->text + length + 1, sizeof config->text - length - 1);
    accepted = config_parse(config, length, error);
    ASAN_UNPOISON_MEMORY_REGION(config->text, sizeof config->text);
    return accepted;
}

static void look_at_string(const struct config *config, const struct config *defaults, size_t i, size_t size)
{
    const char *string = string_of(config, i);
    size_t length = strlen(string);

    if (string == string_of(defaults, i))
        return;
    holds(string >= config->text && string + length <= config->text + size);
    holds(strpbrk(string, "\r\n") == NULL);
    holds(length == 0 || (strchr(" \t", string[0]) == NULL && strchr(" \t", string[length - 1]) == NULL));
    holds(!strings[i].path || string[0] == '/');
}

static void look_at(const struct config *config, size_t size)
{
    static struct config defaults;

    options_defaults(&defaults);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        holds(number_of(config, i) >= numbers[i].least && number_of(config, i) <= numbers[i].most);
    holds((config->syslog_facility & LOG_FACMASK) == config->syslog_facility);
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        look_at_string(config, &defaults, i, size);
    holds(memchr(config->notes, '\0', sizeof config->notes) != NULL && fuzz_printable(config->notes));
}

static void compare(const struct config *config, const struct config *other)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        holds(number_of(config, i) == number_of(other, i));
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        holds(strcmp(string_of(config, i), string_of(other, i)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config, other;
    struct config_error error;

    if (size > CONFIG_SIZE - 100)
        return 0;
    if (!parse(&config, &error, data, size, "")) {
        holds(memchr(error.reason, '\0', sizeof error.reason) != NULL && error.reason[0] != '\0');
        holds(error.line <= size + 1);
        return 0;
    }
    look_at(&config, size);
    holds(parse(&other, &error, data, size, "\n; remark\n\n[other]\nlinger = perhaps\nno option\n"));
    compare(&config, &other);
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++)
        holds(!parse(&other, &error, data, size, harmful[i]));
    return 0;
}
