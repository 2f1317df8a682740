/* The words of the files under sql/, each with its spelling in every dialect. A word stands in double braces,
 * its argument ends at the closing ones:
 *
 *     {{table posts}}               the table or view, in its database where one must be named
 *     {{length_of list}}            how many items, 0 for NULL
 *     {{each_once item}}            an aggregate: all items but NULL once, sorted; an empty list for none
 *     {{items_of list AS position, item FROM table}}
 *                                   a row for each item; rows whose list is empty or NULL have none
 *     {{items_or_null_of …}}        the same, but those have one row, its item NULL
 *     {{is_weekend time}}           by the settings
 *
 * DuckDB counts a list's items from 1, the others from 0; nothing may depend on it but order. */
#include "warehouse/dialect.h"

#include <assert.h>
#include <stdio.h>

static const char *const day_names[] = { "sunday",   "monday", "tuesday", "wednesday",
					 "thursday", "friday", "saturday" };

int day_number(const char *name)
{
	for (int i = 0; i < 7; i++) {
		if (strcmp(day_names[i], name) == 0)
			return i;
	}
	return -1;
}

/* DuckDB's session finds tables by their names alone. */
static void add_table(struct buf *ret, struct str name, enum sql_dialect dialect)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	while (count > 0 && !str_equal(name, str_from(table->name))) {
		table++;
		count--;
	}
	assert(count > 0);
	if (dialect != DIALECT_DUCKDB)
		buf_addf(ret, "%s.", table->database ? table->database : WAREHOUSE_VIEWS);
	buf_add_str(ret, name);
}

static void add_is_weekend(struct buf *ret, struct str time,
			   const struct warehouse_settings *settings)
{
	bool duckdb = settings->dialect == DIALECT_DUCKDB;
	buf_add_text(ret, "(dayofweek(");
	buf_add_text(ret, duckdb ? "timezone(" : "from_utc_timestamp(");
	if (duckdb) {
		buf_add_sql(ret, str_from(settings->weekend_zone));
		buf_addf(ret, ", %.*s", STR_ARG(time));
	} else {
		buf_addf(ret, "%.*s, ", STR_ARG(time));
		buf_add_sql(ret, str_from(settings->weekend_zone));
	}
	buf_add_text(ret, ")) IN (-1"); /* so that no day at all is a list too */
	for (const char *const *day = settings->weekend; day && *day; day++)
		buf_addf(ret, ", %d", day_number(*day) + (duckdb ? 0 : 1));
	buf_add_text(ret, "))");
}

struct items {
	char list[64], position[64], item[64], table[64];
};

static struct items parse_items(struct str argument)
{
	struct items items;
	char text[256];
	snprintf(text, sizeof text, "%.*s", STR_ARG(argument));
	int found = sscanf(text, "%63s AS %63[a-z_], %63s FROM %63s", items.list, items.position,
			   items.item, items.table);
	assert(found == 4);
	return items;
}

static void add_items_duckdb(struct buf *ret, const struct items *items, bool or_null)
{
	char list[160];
	snprintf(list, sizeof list,
		 or_null ? "CASE WHEN len(%s) > 0 THEN %s ELSE [NULL] END" : "%s", items->list,
		 items->list);
	buf_addf(ret,
		 "(SELECT *, unnest(%s) AS %s, generate_subscripts(%s, 1) AS %s FROM %s) items",
		 list, items->item, list, items->position, items->table);
}

static void add_items(struct buf *ret, struct str argument, bool or_null, enum sql_dialect dialect)
{
	struct items items = parse_items(argument);
	if (dialect == DIALECT_DUCKDB) {
		add_items_duckdb(ret, &items, or_null);
		return;
	}
	add_table(ret, str_from(items.table), dialect);
	buf_addf(ret, " LATERAL VIEW %sposexplode(%s) items AS %s, %s", or_null ? "OUTER " : "",
		 items.list, items.position, items.item);
}

static void add_length(struct buf *ret, struct str list, enum sql_dialect dialect)
{
	/* size(NULL) is -1 */
	buf_addf(ret,
		 dialect == DIALECT_DUCKDB ? "CAST(coalesce(len(%.*s), 0) AS BIGINT)" :
					     "CAST(greatest(size(%.*s), 0) AS BIGINT)",
		 STR_ARG(list));
}

static void add_each_once(struct buf *ret, struct str item, enum sql_dialect dialect)
{
	buf_addf(ret,
		 dialect == DIALECT_DUCKDB ? "coalesce(list_sort(list_distinct(list(%.*s))), [])" :
					     "sort_array(collect_set(%.*s))",
		 STR_ARG(item));
}

void dialect_add_word(struct buf *ret, struct str word, const void *context)
{
	const struct warehouse_settings *settings = context;
	struct str name, argument = word;
	enum sql_dialect dialect = settings->dialect;
	str_split(&argument, ' ', &name);
	if (str_equal(name, STR("table")))
		add_table(ret, argument, dialect);
	else if (str_equal(name, STR("each_once")))
		add_each_once(ret, argument, dialect);
	else if (str_equal(name, STR("length_of")))
		add_length(ret, argument, dialect);
	else if (str_equal(name, STR("items_of")))
		add_items(ret, argument, false, dialect);
	else if (str_equal(name, STR("items_or_null_of")))
		add_items(ret, argument, true, dialect);
	else if (str_equal(name, STR("is_weekend")))
		add_is_weekend(ret, argument, settings);
	else
		assert(!"a dialect word that is none");
}
