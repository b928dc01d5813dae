/* The record: two lines, whatever names and arguments there are, and what is cut is said to be cut.
 * Input, by lines: DN, folder, command as given or nothing, command as found or proxy, arguments. The arguments serve as
 * FQANs as well. */
#include "record.h"

#include "fuzz.h"
#include "outcome.h"
#include "surroundings.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 64
#define SHOWN 1024
#define LINE_MAX_LENGTH 7500
#define WHO "real_user(pilot01),real_group(pilot)->mapped_user(alpha001),mapped_group(alpha) "

static struct run run;
static char expected[4 * HEARD_SIZE];

/* One value in its quotes, as it has to be behind what there is. */
static void expect(const char *before, const char *value, size_t size, const char *behind)
{
    static char shown[2 * SHOWN];

    text_escape(shown, size, value);
    holds(strlen(expected) + strlen(before) + strlen(shown) + strlen(behind) < sizeof expected);
    strcat(strcat(strcat(expected, before), shown), behind);
}

static void look_at_whose(const char *line)
{
    char behind[40] = "", note[40];
    const char *cut;

    if (run.front != 0)
        (void)text_print(behind, sizeof behind, " Called as: %d", (int)run.front);
    expected[0] = '\0';
    expect("Used DN: \"", run.account.dn, SHOWN, "\"");
    for (size_t i = 0; i < run.account.fqan_count; i++)
        expect(" Used FQAN: \"", run.account.fqans[i], SHOWN, "\"");
    if (strlen(line) == strlen(expected) + strlen(behind) && strncmp(line, expected, strlen(expected)) == 0) {
        holds(strcmp(line + strlen(expected), behind) == 0);
        return;
    }
    (void)text_print(note, sizeof note, " ...[cut, %zu FQANs]", run.account.fqan_count);
    holds(strlen(line) > LINE_MAX_LENGTH - SHOWN - 128 && strlen(line) > strlen(note) + strlen(behind));
    cut = line + strlen(line) - strlen(behind) - strlen(note);
    holds(strncmp(cut, note, strlen(note)) == 0 && strcmp(cut + strlen(note), behind) == 0);
    holds(strncmp(line, expected, (size_t)(cut - line)) == 0);
}

/* The arguments as one text; the caller frees it. */
static char *joined(char **arguments)
{
    size_t size = 1;
    char *text;

    for (char **argument = arguments; *argument != NULL; argument++)
        size += strlen(*argument) + 1;
    text = fuzz_text(NULL, 0);
    text = realloc(text, size);
    holds(text != NULL);
    for (char **argument = arguments; *argument != NULL; argument++)
        strcat(strcat(text, argument != arguments ? " " : ""), *argument);
    return text;
}

static void look_at_what(const char *line)
{
    char *arguments = joined(run.command.arguments + 1), note[40];
    size_t length;

    strcpy(expected, WHO);
    expect("cwd: \"", run.folder, SHOWN, "\"");
    expect(" cmd: \"", run.command.given, SHOWN, "\"");
    expect(" (=\"", run.command.path, SHOWN, "\")");
    length = strlen(expected);
    if (run.command.arguments[1] != NULL)
        expect(" args: \"", arguments, 2 * SHOWN, "\"");
    if (strlen(arguments) > SHOWN) {
        (void)text_print(note, sizeof note, "...[cut, %zu bytes]\"", strlen(arguments));
        holds(strlen(line) > length + strlen(note) && strcmp(line + strlen(line) - strlen(note), note) == 0);
        holds(strncmp(line, expected, strlen(line) - strlen(note)) == 0);
    } else {
        holds(strcmp(line, expected) == 0);
    }
    free(arguments);
}

static void look_at_renewal(const char *line)
{
    strcpy(expected, WHO);
    expect("no command, proxy: \"", run.target_proxy, SHOWN, "\"");
    holds(strcmp(line, expected) == 0);
}

static void set_up(char **rest, char **arguments)
{
    size_t count = 1;

    run.account.fqan_count = 0;
    (void)text_print(run.account.dn, sizeof run.account.dn, "%s", fuzz_line(rest));
    (void)text_print(run.folder, sizeof run.folder, "%s", fuzz_line(rest));
    run.command.given = fuzz_line(rest);
    if (run.command.given[0] == '\0')
        run.command.given = NULL;
    (void)text_print(run.command.path, sizeof run.command.path, "%s", fuzz_line(rest));
    (void)text_print(run.target_proxy, sizeof run.target_proxy, "%s", run.command.path);
    run.command.arguments = arguments;
    for (; count < ARGUMENTS_MAX && **rest != '\0'; count++) {
        arguments[count] = fuzz_line(rest);
        (void)text_print(run.account.fqans[run.account.fqan_count++], FQAN_SIZE, "%s", arguments[count]);
    }
    arguments[count] = NULL;
    strcpy(run.caller.name, "pilot01");
    strcpy(run.caller.group, "pilot");
    strcpy(run.target.name, "alpha001");
    strcpy(run.target.group, "alpha");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), *rest = text, *arguments[ARGUMENTS_MAX + 1] = {NULL};

    set_up(&rest, arguments);
    heard.count = 0;
    run.front = size % 2 != 0 ? 4194304 : 0;
    holds(record_start(&run) == (run.command.given != NULL ? GO_ON : ENOUGH) && heard.count == 2);
    for (size_t i = 0; i < heard.count; i++)
        holds(fuzz_printable(heard.lines[i]) && strlen(heard.lines[i]) < LINE_MAX_LENGTH);
    look_at_whose(heard.lines[0]);
    if (run.command.given != NULL)
        look_at_what(heard.lines[1]);
    else
        look_at_renewal(heard.lines[1]);
    free(text);
    return 0;
}
