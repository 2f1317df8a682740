/* Inside dashboard/: what the charts answered at one moment. */
#pragma once
#include "dashboard/charts.h"
#include "dashboard/dashboard.h"

struct answers {
	struct chart_window window;
	bool is_past; /* the window does not reach up to now */
	char *zone;
	struct buf *charts; /* one each of chart_list() */
	size_t count;
};
