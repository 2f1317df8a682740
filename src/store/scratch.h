/* A directory on this machine for stores whose files live elsewhere: for what is being written before
 * it is put there, and for locks between this machine's processes.
 *
 *     $AVIARY_SCRATCH, $TMPDIR or /tmp /aviary-UID/STORE/lock/      flock files
 *                                                   STORE/XXXXXX/   one process's own, with its flock
 *
 * Private to the user. What a dead process left is removed by the next one that comes. */
#pragma once
#include "base/err.h"
#include "base/file.h"

struct scratch;

/* `store` is part of a file name. ERR_FATAL where the directory is not ours alone. */
MUST_CHECK enum err_kind scratch_open(const char *store, struct scratch **ret_scratch,
				      struct err *err);
void scratch_close(struct scratch *scratch); /* removes it; NULL is fine */
const char *scratch_dir(const struct scratch *scratch);
/* A directory of this user for what may be fetched again, made when missing; the caller frees it. */
MUST_CHECK enum err_kind scratch_cache_dir(const char *store, char **ret_dir, struct err *err);
/* Takes the lock of that name, which may be any text; see file_lock_take(). */
MUST_CHECK enum err_kind scratch_lock(const char *store, const char *name, bool wait,
				      struct file_lock *ret_lock, bool *ret_held, struct err *err);
