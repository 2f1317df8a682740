/* Inside warehouse/: one hour of every table, computed into files. */
#pragma once
#include "warehouse/warehouse.h"

struct hour_job {
	struct session
		*session; /* has the hour's twitter_landing_data, and is used for nothing else */
	struct lake *lake;
	const struct warehouse_settings *settings;
	const struct lake_hour *hour;
	const char *options; /* of COPY: "(FORMAT parquet, …)" */
};
/* Table i of warehouse_tables(), if it is a dimension or fact, is in _aviary/staging/NAMES[i] then, on a local
 * lake. Memory is that of a slice, however many rows the hour has, unless most are of one key. After a
 * failure files named refine-… may be left in staging/. */
MUST_CHECK enum err_kind hour_compute(const struct hour_job *job, char *const *names,
				      struct err *err);
