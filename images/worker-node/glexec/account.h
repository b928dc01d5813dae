/* The answer of the authority: who the credential is, and which account it gets. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "identity.h"
#include "scratch_paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DN_SIZE 1024
#define FQAN_SIZE 512
#define FQANS_MAX 512
#define CAUSE_SIZE 64
#define ANSWER_SIZE (FQANS_MAX * (FQAN_SIZE + 8) + 16384) /* so many FQANs with their word, and all else */

struct account {
    uint32_t uid;
    uint32_t gid;
    gid_t groups[GROUPS_MAX];
    size_t group_count;
    char dn[DN_SIZE];
    char fqans[FQANS_MAX][FQAN_SIZE]; /* the attributes that the mapping rests on, the primary one first */
    size_t fqan_count;
    struct scratch_paths scratch; /* the folders that the policy wants the payload to have for itself */
    bool mapped;             /* whether there is an account; a refusal names the DN and a cause only */
    char cause[CAUSE_SIZE]; /* why there is none, as far as LCMAPS' side knows; else empty */
};

/* Reads the answer of lcmaps-account (its form is in answer.h): every line known, numbers strict, the end marked.
 * `text` has `length` bytes and a NUL behind them; it is taken apart in place. NULL, or what is wrong with the answer. */
const char *account_parse(struct account *account, char *text, size_t length);

/* NULL, or why these numbers must not become anybody's identity. */
const char *account_objection(const struct account *account, uint32_t minimum_uid, uint32_t minimum_gid);

#endif
