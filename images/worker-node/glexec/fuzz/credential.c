/* Credential intake, with a file that is as strange as the input says: its first three bytes are how it behaves, the rest
 * is what is in it. What is taken is what was there, whole, at rest, and not more than there is room for. */
#include "credential.h"

#include "fuzz.h"
#include "lock.h"
#include "outcome.h"
#include "pem.h"
#include "surroundings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CALLER 40001

/* Bits of the first byte. */
enum { HAS_SOURCE = 1, HAS_PILOT = 2, KEY_MAY_LACK = 4, CHANGES = 8, FILLED = 16, BREAKS = 32, GROWS_LOCKED = 64, RELATIVE = 128 };

/* The second byte: what kind of file. */
enum kind { ORDINARY, OTHERS, GROUPS, LINKED, DIRECTORY, EMPTY, NOT_THERE, SET_ID, LOCKED, KINDS };

static struct run run;
static struct {
    unsigned behaviour;
    enum kind kind;
    size_t step; /* bytes that one read() gives */
    size_t size; /* what fstat() says */
    size_t length, at, looks;
    char *content; /* `length` bytes, which may be another number than `size` */
} file;

/* The system's calls, as credential.c is compiled to find them. */
int file_open(const char *path, int flags, ...);
int file_fstat(int descriptor, struct stat *status);
ssize_t file_read(int descriptor, void *buffer, size_t size);
int file_close(int descriptor);

int file_open(const char *path, int flags, ...)
{
    (void)flags;
    holds(path[0] == '/');
    file.at = file.looks = 0;
    errno = ENOENT;
    return file.kind == NOT_THERE ? -1 : 7;
}

int file_fstat(int descriptor, struct stat *status)
{
    holds(descriptor == 7);
    *status = (struct stat){.st_uid = CALLER, .st_nlink = 1, .st_mode = S_IFREG | 0600, .st_size = (off_t)file.size};
    status->st_uid += file.kind == OTHERS ? 1 : 0;
    status->st_nlink += file.kind == LINKED ? 1 : 0;
    status->st_mode |= file.kind == GROUPS ? 0040 : file.kind == SET_ID ? 04000 : 0;
    if (file.kind == DIRECTORY)
        status->st_mode = S_IFDIR | 0700;
    if (file.kind == EMPTY)
        status->st_size = 0;
    if (file.looks++ > 0 && (file.behaviour & GROWS_LOCKED) != 0)
        status->st_size++;
    if (file.at > 0 && (file.behaviour & CHANGES) != 0)
        status->st_mtim.tv_nsec++;
    return 0;
}

ssize_t file_read(int descriptor, void *buffer, size_t size)
{
    const struct credential *all[] = {&run.client, &run.source, &run.pilot};
    bool fits = false;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        fits = fits || ((char *)buffer >= all[i]->pem && (char *)buffer + size <= all[i]->pem + sizeof all[i]->pem);
    holds(descriptor == 7 && fits);
    if (file.at == file.length && (file.behaviour & BREAKS) != 0) {
        errno = EIO;
        return -1;
    }
    size = size < file.step ? size : file.step;
    size = size < file.length - file.at ? size : file.length - file.at;
    memcpy(buffer, file.content + file.at, size);
    file.at += size;
    return (ssize_t)size;
}

int file_close(int descriptor)
{
    holds(descriptor == 7);
    return 0;
}

const char *lock_for_reading(int descriptor, uint32_t mechanism, uint32_t seconds)
{
    (void)mechanism;
    (void)seconds;
    holds(descriptor == 7);
    return file.kind == LOCKED ? "is locked" : NULL;
}

/* The third byte: how much is read at once, and how much more there is than fstat() says. One that is filled begins with a
 * line of a certain length, so that it has the greatest size allowed. */
static void make_file(const uint8_t *data, size_t size)
{
    size_t fill, extra = data[2] % 4;

    file.behaviour = data[0];
    file.kind = data[1] % KINDS;
    file.step = data[2] < 128 ? SIZE_MAX : 1 + (size_t)data[2] * 64;
    data += 3;
    size -= 3;
    fill = (file.behaviour & FILLED) != 0 ? CREDENTIAL_SIZE - size : 0;
    file.length = fill + size + extra;
    file.size = (file.behaviour & CHANGES) != 0 ? file.length - extra : file.length;
    file.content = malloc(file.length + 1);
    holds(file.content != NULL);
    memset(file.content, 'a', file.length);
    if (fill > 0)
        file.content[fill - 1] = '\n';
    memcpy(file.content + fill, data, size);
}

static void look_at(const struct credential *credential)
{
    struct pem pem;

    holds(credential->length > 0 && credential->length <= CREDENTIAL_SIZE);
    holds(credential->length == file.size && file.length == file.size);
    holds(memcmp(credential->pem, file.content, file.length) == 0 && strlen(credential->pem) == file.length);
    holds(file.kind == ORDINARY && (file.behaviour & (CHANGES | BREAKS | GROWS_LOCKED | RELATIVE)) == 0);
    holds(pem_look(credential->pem, &pem) == NULL && pem.certificates > 0);
    holds(credential->has_key == (pem.keys > 0));
    holds(credential->has_key || (file.behaviour & KEY_MAY_LACK) != 0);
}

static void look_at_outcome(int outcome)
{
    holds(outcome == GO_ON || (outcome == CALLER_FAULT && run.cause == CAUSE_CREDENTIAL_UNUSABLE));
    if (outcome == GO_ON) {
        look_at(&run.client);
        look_at(&run.source);
    }
    if (run.pilot.length > 0)
        look_at(&run.pilot);
    holds(outcome != GO_ON || (file.behaviour & HAS_PILOT) == 0 || run.pilot.length > 0);
    credential_forget(&run);
    holds(run.client.length == 0 && run.source.length == 0 && run.pilot.length == 0);
    holds(run.client.pem[0] == '\0' && run.source.pem[0] == '\0' && run.pilot.pem[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool relative = size > 0 && (data[0] & RELATIVE) != 0;
    char client[] = "GLEXEC_CLIENT_CERT=/x", source[] = "GLEXEC_SOURCE_PROXY=/x", pilot[] = "X509_USER_PROXY=/x";
    char *outer[4] = {client};
    size_t count = 1;

    if (size < 3 || size > CREDENTIAL_SIZE)
        return 0;
    make_file(data, size);
    strchr(client, '=')[1] = relative ? '.' : '/';
    if ((data[0] & HAS_SOURCE) != 0)
        outer[count++] = source;
    if ((data[0] & HAS_PILOT) != 0)
        outer[count++] = pilot;
    run.outer = outer;
    run.cause = CAUSE_NONE;
    run.caller.uid = CALLER;
    strcpy(run.caller.name, "pilot01");
    run.config.omission_private_key_white_list = (data[0] & KEY_MAY_LACK) != 0 ? ".pilot" : "";
    look_at_outcome(credential_read(&run));
    free(file.content);
    return 0;
}
