/* Inside dashboard/: the page, made of the files under web/. */
#pragma once
#include "dashboard/charts.h"

/* Adds what is at a path ("/", "/page.css", "/page.js", "/icon.svg") and returns its type; NULL when there
 * is nothing. */
const char *page_add_file(struct str path, struct buf *ret);

/* Adds the page as one file. `data` is JSON, `tables` HTML for those without script. */
void page_add_whole(struct str data, struct str tables, struct buf *ret);
/* Adds a chart's answer as a table: its title, then a line for each row. */
void page_add_table(const struct chart *chart, struct str answer, struct buf *ret);
