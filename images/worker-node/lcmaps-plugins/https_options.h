/* What lcmaps.db says of the connection, for every module that asks a service. Each returns NULL, or what is wrong. */
#ifndef HTTPS_OPTIONS_H
#define HTTPS_OPTIONS_H

#include "https.h"

/* An absolute path; `out` has HTTPS_PATH_SIZE bytes. */
const char *https_take_path(char *out, const char *value);

/* yes, no or if-present. */
const char *https_take_crls(struct https *https, const char *value);

/* Whole seconds, 1 to 300. */
const char *https_take_timeout(struct https *https, const char *value);

/* The password of the key, by itself or as the first line of a file; not both. */
const char *https_take_password(struct https *https, const char *value);
const char *https_take_password_file(struct https *https, const char *value);

#endif
