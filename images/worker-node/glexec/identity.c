#include "identity.h"

#include "names.h"
#include "outcome.h"
#include "text.h"

#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void look_up_group(struct identity *who)
{
    char room[NAMES_ROOM];
    struct group entry;
    const struct group *found = names_group_of(who->gid, &entry, room);

    if (found != NULL && text_print(who->group, sizeof who->group, "%s", found->gr_name))
        return;
    (void)text_print(who->group, sizeof who->group, "%u", (unsigned)who->gid);
}

static bool keep_names(struct identity *who, const struct passwd *found)
{
    if (!text_print(who->name, sizeof who->name, "%s", found->pw_name) ||
        !text_print(who->home, sizeof who->home, "%s", found->pw_dir)) {
        who->name[0] = who->home[0] = '\0';
        return false;
    }
    return true;
}

bool identity_look_up(struct identity *who)
{
    char room[NAMES_ROOM];
    struct passwd entry;
    const struct passwd *found;

    look_up_group(who);
    found = names_user_of(who->uid, &entry, room);
    return found != NULL && keep_names(who, found);
}

bool identity_by_name(struct identity *who, const char *name)
{
    char room[NAMES_ROOM];
    struct passwd entry;
    const struct passwd *found = names_user(name, &entry, room);

    if (found == NULL)
        return false;
    *who = (struct identity){.uid = found->pw_uid, .gid = found->pw_gid};
    look_up_group(who);
    return keep_names(who, found);
}

bool identity_can_change(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    uint32_t needed = 1U << CAP_SETUID | 1U << CAP_SETGID;

    memset(sets, 0, sizeof sets);
    return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & needed) == needed;
}

bool identity_take_on(const struct identity *who)
{
    identity_resume();
    return setgroups(who->group_count, who->groups) == 0 && setegid(who->gid) == 0 && seteuid(who->uid) == 0;
}

void identity_resume(void)
{
    if (seteuid(0) != 0 || setegid(0) != 0 || setgroups(0, NULL) != 0)
        _exit(SYSTEM_FAULT);
}

static bool ids_are(const struct identity *who)
{
    gid_t groups[GROUPS_MAX];
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    int count;

    if (getresuid(&real, &effective, &saved) != 0 || real != who->uid || effective != who->uid || saved != who->uid)
        return false;
    if (getresgid(&real_group, &effective_group, &saved_group) != 0 || real_group != who->gid ||
        effective_group != who->gid || saved_group != who->gid)
        return false;
    count = getgroups(GROUPS_MAX, groups);
    if (count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        bool wanted = false;
        for (size_t j = 0; j < who->group_count; j++)
            wanted = wanted || groups[i] == who->groups[j];
        if (!wanted)
            return false;
    }
    return true;
}

static bool root_is_gone(void)
{
    return setuid(0) != 0 && seteuid(0) != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) != 0 &&
           setresuid(0, 0, 0) != 0 && setgid(0) != 0 && setgroups(0, NULL) != 0;
}

static bool capabilities_are_gone(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return false;
    memset(sets, 0, sizeof sets);
    if (syscall(SYS_capset, &header, sets) != 0 || syscall(SYS_capget, &header, sets) != 0)
        return false;
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (sets[i].effective != 0 || sets[i].permitted != 0 || sets[i].inheritable != 0)
            return false;
    return true;
}

bool identity_switch_for_good(const struct identity *who, const char **why)
{
    *why = NULL;
    if (who->uid == 0 || who->gid == 0 || who->uid == (uid_t)-1 || who->gid == (gid_t)-1)
        *why = "root or nobody in particular is no identity to switch to";
    else if (seteuid(0) != 0)
        *why = "root could not be resumed for the switch";
    else if (setgroups(who->group_count, who->groups) != 0)
        *why = "setgroups failed";
    else if (setresgid(who->gid, who->gid, who->gid) != 0)
        *why = "setresgid failed";
    else if (setresuid(who->uid, who->uid, who->uid) != 0)
        *why = "setresuid failed";
    else if (!capabilities_are_gone())
        *why = "capabilities are left after the switch";
    else if (!ids_are(who))
        *why = "the ids after the switch are not the ones wanted";
    else if (!root_is_gone())
        *why = "root could be regained after the switch";
    return *why == NULL;
}
