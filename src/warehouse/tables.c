/* The tables are the files under sql/, in the order of their names; a few words in double braces are
 * what SQL engines disagree about (dialect.c). */
#include "warehouse/dialect.h"

#include "base/embed.h"
#include "base/mem.h"
#include "post/post.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { TABLES_MAX = 32 };

static struct warehouse_table tables[TABLES_MAX];
static size_t table_count;
static pthread_once_t listed = PTHREAD_ONCE_INIT;

static const struct layer {
	const char *folder, *database, *dir;
	enum table_kind kind;
} layers[] = {
	{ "sql/10_dims/", "twitter_raw_data", "twitter_raw_data", TABLE_DIMENSION },
	{ "sql/20_facts/", "twitter_processed_data", "twitter-processed-data", TABLE_FACT },
	{ "sql/30_views/", NULL, NULL, TABLE_VIEW },
};

/* "sql/30_views/20_posts.sql" is "posts". */
static char *table_name(const char *file, const char *folder)
{
	const char *name = file + strlen(folder);
	size_t number = strspn(name, "0123456789");
	if (number > 0 && name[number] == '_')
		name += number + 1;
	return mem_printf("%.*s", (int)(strlen(name) - strlen(".sql")), name);
}

static void add_table(const struct embedded_file *file)
{
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
		const struct layer *layer = &layers[i];
		if (!str_starts(str_from(file->name), str_from(layer->folder)))
			continue;
		char *name = table_name(file->name, layer->folder);
		assert(table_count < TABLES_MAX);
		tables[table_count++] = (struct warehouse_table){
			.name = name,
			.database = layer->database,
			.dir = layer->dir ? mem_printf("%s/%s", layer->dir, name) : NULL,
			.kind = layer->kind,
			.sql = file->text,
		};
	}
}

static void list_tables(void)
{
	tables[table_count++] = (struct warehouse_table){ .name = "twitter_landing_data",
							  .database = "twitter_landing_data",
							  .dir = "twitter-landing-data",
							  .kind = TABLE_LANDING };
	for (size_t i = 0; i < embedded_file_count; i++)
		add_table(&embedded_files[i]);
	assert(table_count < TABLES_MAX);
	tables[table_count++] = (struct warehouse_table){ .name = "request_log",
							  .database = WAREHOUSE_VIEWS,
							  .dir = "request_log",
							  .kind = TABLE_REQUESTS };
}

const struct warehouse_table *warehouse_tables(size_t *ret_count)
{
	pthread_once(&listed, list_tables);
	*ret_count = table_count;
	return tables;
}

/* --- their SQL -------------------------------------------------------------------------------------- */

enum err_kind warehouse_settings_check(const struct warehouse_settings *settings, struct err *err)
{
	for (const char *const *day = settings->weekend; day && *day; day++) {
		if (day_number(*day) < 0)
			return err_set(err, ERR_REJECT,
				       "weekend: '%s' is no day: sunday, monday, … saturday", *day);
	}
	if (!settings->weekend_zone[0])
		return err_set(err, ERR_REJECT, "weekend_zone: '' is no time zone");
	for (const char *c = settings->weekend_zone; *c; c++) {
		bool fine = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			    (*c >= '0' && *c <= '9') || strchr("/_+-", *c);
		if (!fine)
			return err_set(err, ERR_REJECT, "weekend_zone: '%s' is no time zone",
				       settings->weekend_zone);
	}
	return ERR_NONE;
}

void warehouse_sql(const struct warehouse_table *table, const struct warehouse_settings *settings,
		   struct buf *ret)
{
	if (table->sql)
		buf_add_template(ret, table->sql, dialect_add_word, settings);
}

uint64_t warehouse_hash(const struct warehouse_settings *settings)
{
	struct buf all = { 0 };
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (table[i].kind == TABLE_DIMENSION || table[i].kind == TABLE_FACT)
			warehouse_sql(&table[i], settings, &all);
	}
	uint64_t hash = hash_xxh3(buf_str(&all));
	buf_release(&all);
	return hash;
}
