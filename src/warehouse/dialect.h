/* Inside warehouse/: what SQL engines disagree about. */
#pragma once
#include "warehouse/warehouse.h"

/* For buf_add_template(): adds what a word ("length_of hashtags_list") means in the dialect of the struct
 * warehouse_settings. */
void dialect_add_word(struct buf *ret, struct str word, const void *settings);
/* 0 is Sunday; -1: no day. */
int day_number(const char *name);
