/* Only in the build `sanitized`: what its sanitizers do with what they find. Reports go to the system log as well, because
 * nobody sees the standard error of lcmaps-account, and end the program with a code that no contract knows. */

#define FOUND "exitcode=86:log_to_syslog=1:print_stacktrace=1:handle_abort=1"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Leaks are not looked for: LCMAPS and its plugins leave theirs, and both programs end with _exit or become another one. */
const char *__asan_default_options(void)
{
    return FOUND ":detect_leaks=0:detect_stack_use_after_return=1";
}

const char *__ubsan_default_options(void)
{
    return FOUND;
}
