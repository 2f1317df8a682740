/* Inside lake/: the files of _aviary/refine/. */
#pragma once
#include "lake/lake_private.h"

#define REFINE_DIR "_aviary/refine"

enum { REFINED_HOST_MAX = 256 };

/* "K", "K.done", "K.all"; they sort as K, K.all, K.done. */
enum refined_kind { REFINED_CLAIM, REFINED_DONE, REFINED_ALL };
bool refined_name_parse(const char *name, uint64_t *ret_number, enum refined_kind *ret_kind);

/* Which machine this is; what is claimed here is guarded by a lock, too. */
const char *refined_host(char ret_host[REFINED_HOST_MAX]);

/* The tables whose files an hour's entry has. They are the same nearly always, and kept once. */
struct lake_table_names {
	char **dirs;
	size_t count, cap;
	struct lake_table_names *next;
};
struct lake_refined *refined_new(void);
/* Takes the names over. */
const struct lake_table_names *refined_keep_names(struct lake_refined *refined,
						  struct lake_table_names *names);
/* The hour's entry, made when there is none. */
struct lake_refined_hour *refined_take_hour(struct lake_refined *refined, int64_t hour);
/* Adds what a K.done or K.all holds. */
void refined_write(struct buf *ret, const struct lake_refined *refined);
