/* Inside warehouse/: what SQL engines disagree about. */
#pragma once
#include "warehouse/warehouse.h"

/* Adds what a word in double braces means ("length_of hashtags_list"), in the dialect of the settings. */
void dialect_add_word(struct buf *ret, struct str word, const struct warehouse_settings *settings);
/* 0 is Sunday; -1: no day. */
int day_number(const char *name);
