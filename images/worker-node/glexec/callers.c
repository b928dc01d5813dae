#include "callers.h"

#include "list.h"
#include "outcome.h"
#include "run.h"

#include <string.h>

/* `.pilot` stands for pilot01, pilot2, ...: the digits are required, so that it does not let in `pilotadmin`. */
static bool in_pool(const struct item *item, const char *name)
{
    const char *digits;

    if (item->length < 2 || strlen(name) < item->length || strncmp(name, item->text + 1, item->length - 1) != 0)
        return false;
    digits = name + item->length - 1;
    return strspn(digits, "0123456789") == strlen(digits);
}

bool callers_listed(const char *white_list, const char *name)
{
    struct item item;

    while (list_next(&white_list, &item)) {
        if (item_is(&item, "*") || item_is(&item, name))
            return true;
        if (item.text[0] == '.' && in_pool(&item, name))
            return true;
    }
    return false;
}

int callers_check(struct run *run)
{
    const char *name = run->caller.name;

    if (name[0] != '\0' && callers_listed(run->config.user_white_list, name))
        return GO_ON;
    if (name[0] == '\0' && run->caller_unsure) {
        journal_note(&run->journal, LOG_ERR, "Nobody knows who uid %u is: the name service gives no answer.",
                     (unsigned)run->caller.uid);
        run_tell("System fault. The site's administrators find the reason in their log.");
        return run_fail(run, CAUSE_NAMES_UNAVAILABLE);
    }
    journal_note(&run->journal, LOG_WARNING, "Caller %s (uid %u) is not in user_white_list.",
                 name[0] != '\0' ? name : "without a name", (unsigned)run->caller.uid);
    run_tell("You are not authorised to use gLExec.");
    return run_fail(run, CAUSE_CALLER_NOT_LISTED);
}
