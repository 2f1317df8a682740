#include "post/columns.h"

#include "base/test.h"

#include <stdio.h>
#include <strings.h>

#define MENTION "STRUCT(\"username\" VARCHAR, \"id\" VARCHAR, \"start\" BIGINT, \"end\" BIGINT)[]"

/* The contract with other people's SQL, written out a second time on purpose. */
static const struct {
	const char *name, *type;
} contract[] = {
	{ "reply_settings", "VARCHAR" },
	{ "edit_history_tweet_ids", "VARCHAR[]" },
	{ "referenced_tweets", "STRUCT(\"type\" VARCHAR, \"id\" VARCHAR)[]" },
	{ "created_at", "TIMESTAMPTZ" },
	{ "lang", "VARCHAR" },
	{ "text", "VARCHAR" },
	{ "conversation_id", "VARCHAR" },
	{ "author_id", "VARCHAR" },
	{ "id", "VARCHAR" },
	{ "batch_id", "BIGINT" },
	{ "hashtags", "VARCHAR[]" },
	{ "attachments_media_keys", "VARCHAR[]" },
	{ "public_metrics_retweet_count", "BIGINT" },
	{ "public_metrics_reply_count", "BIGINT" },
	{ "public_metrics_like_count", "BIGINT" },
	{ "public_metrics_quote_count", "BIGINT" },
	{ "public_metrics_impression_count", "BIGINT" },
	{ "entities_mentions", MENTION },
	{ "user_profile_image_url", "VARCHAR" },
	{ "user_pinned_tweet_id", "VARCHAR" },
	{ "user_location", "VARCHAR" },
	{ "user_protected", "BOOLEAN" },
	{ "user_verified", "BOOLEAN" },
	{ "user_description", "VARCHAR" },
	{ "user_name", "VARCHAR" },
	{ "user_id", "VARCHAR" },
	{ "user_username", "VARCHAR" },
	{ "user_created_at", "TIMESTAMPTZ" },
	{ "user_public_metrics_followers_count", "BIGINT" },
	{ "user_public_metrics_following_count", "BIGINT" },
	{ "user_public_metrics_tweet_count", "BIGINT" },
	{ "user_public_metrics_listed_count", "BIGINT" },
	{ "media_media_key", "VARCHAR" },
	{ "media_type", "VARCHAR" },
	{ "in_reply_to_user_id", "VARCHAR" },
	{ "geo_place_id", "VARCHAR" },
	{ "place_name", "VARCHAR" },
	{ "place_place_type", "VARCHAR" },
	{ "place_id", "VARCHAR" },
	{ "place_country_code", "VARCHAR" },
	{ "place_full_name", "VARCHAR" },
	{ "place_country", "VARCHAR" },
	{ "place_geo_type", "VARCHAR" },
	{ "place_geo_bbox", "DOUBLE[]" },
};

/* Words that DuckDB 1.5 (reserved and type_func_name), Spark 3.5 in ANSI mode or Hive 3 and 4 do not
 * take as a column's name without quotes. Non-reserved words are left out: those pass. */
static const char *const reserved[] = {
	/* DuckDB */
	"all",
	"analyse",
	"analyze",
	"and",
	"any",
	"array",
	"as",
	"asc",
	"asymmetric",
	"both",
	"case",
	"cast",
	"check",
	"collate",
	"column",
	"constraint",
	"create",
	"default",
	"deferrable",
	"desc",
	"describe",
	"distinct",
	"do",
	"else",
	"end",
	"except",
	"false",
	"fetch",
	"for",
	"foreign",
	"from",
	"group",
	"having",
	"in",
	"initially",
	"intersect",
	"into",
	"lambda",
	"lateral",
	"leading",
	"limit",
	"not",
	"null",
	"offset",
	"on",
	"only",
	"or",
	"order",
	"pivot",
	"pivot_longer",
	"pivot_wider",
	"placing",
	"primary",
	"qualify",
	"references",
	"returning",
	"select",
	"show",
	"some",
	"summarize",
	"symmetric",
	"table",
	"then",
	"to",
	"trailing",
	"true",
	"union",
	"unique",
	"unpivot",
	"using",
	"variadic",
	"when",
	"where",
	"window",
	"with",
	"anti",
	"asof",
	"at",
	"authorization",
	"binary",
	"collation",
	"concurrently",
	"cross",
	"freeze",
	"full",
	"generated",
	"glob",
	"ilike",
	"inner",
	"is",
	"isnull",
	"join",
	"left",
	"like",
	"map",
	"natural",
	"notnull",
	"outer",
	"overlaps",
	"positional",
	"right",
	"semi",
	"similar",
	"struct",
	"tablesample",
	"try_cast",
	"verbose",
	/* Spark, ANSI */
	"current_date",
	"current_time",
	"current_timestamp",
	"current_user",
	"escape",
	"filter",
	"minus",
	"overlay",
	"percentile_cont",
	"percentile_disc",
	"position",
	"session_user",
	"sql",
	"substring",
	"time",
	"unknown",
	"user",
	"within",
	/* Hive */
	"alter",
	"array",
	"between",
	"bigint",
	"boolean",
	"by",
	"cache",
	"cascade",
	"char",
	"commit",
	"conf",
	"cube",
	"current",
	"cursor",
	"database",
	"date",
	"decimal",
	"delete",
	"double",
	"drop",
	"exchange",
	"exists",
	"exec",
	"extended",
	"external",
	"extract",
	"float",
	"floor",
	"following",
	"function",
	"grant",
	"grouping",
	"if",
	"import",
	"insert",
	"int",
	"integer",
	"interval",
	"less",
	"local",
	"macro",
	"merge",
	"more",
	"none",
	"numeric",
	"of",
	"out",
	"over",
	"partialscan",
	"partition",
	"percent",
	"preceding",
	"precision",
	"preserve",
	"procedure",
	"range",
	"reads",
	"real",
	"reduce",
	"regexp",
	"revoke",
	"rlike",
	"rollback",
	"rollup",
	"row",
	"rows",
	"set",
	"smallint",
	"start",
	"sync",
	"timestamp",
	"timestamplocaltz",
	"transform",
	"trigger",
	"truncate",
	"unbounded",
	"uniquejoin",
	"update",
	"utc_tmestamp",
	"values",
	"varchar",
	"views",
	"compactionid",
	"connector",
	"dayofweek",
	"force",
	"qualify",
	"qtr",
	"application",
	"leading",
	"numeric",
	"synonym",
	/* the columns of the partition */
	"year",
	"month",
	"day",
	"hour",
};

static void assert_sql_type(const struct column_type *type, const char *expected)
{
	struct buf sql = { 0 };
	post_column_sql_type(type, &sql);
	assert_string_equal(buf_text(&sql), expected);
	buf_release(&sql);
}

static void the_first_44_columns_are_the_contract(void **state)
{
	(void)state;
	size_t count;
	const struct post_column *columns = post_columns(&count);
	assert_int_equal(sizeof contract / sizeof *contract, POST_CONTRACT_COLUMNS);
	assert_true(count > POST_CONTRACT_COLUMNS);
	for (size_t i = 0; i < POST_CONTRACT_COLUMNS; i++) {
		assert_string_equal(columns[i].name, contract[i].name);
		assert_sql_type(&columns[i].type, contract[i].type);
		assert_non_null(columns[i].path);
	}
}

static void assert_type_is_whole(const struct column_type *type)
{
	bool list = type->kind == COLUMN_LIST, members = type->kind == COLUMN_STRUCT;
	assert_true(type->kind <= COLUMN_STRUCT);
	assert_true(list    ? type->child_count == 1 :
		    members ? type->child_count > 0 :
			      type->child_count == 0);
	for (size_t i = 0; i < type->child_count; i++) {
		assert_true(members == (type->children[i].name.ptr != NULL));
		assert_type_is_whole(&type->children[i]);
	}
}

/* Every opened bracket and quote of a type is closed, and no kind is forgotten. */
static void every_type_renders(void **state)
{
	(void)state;
	size_t count;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		struct buf sql = { 0 };
		int depth = 0;
		size_t quotes = 0;
		assert_null(columns[i].type.name.ptr);
		assert_type_is_whole(&columns[i].type);
		post_column_sql_type(&columns[i].type, &sql);
		assert_true(sql.len > 0);
		assert_null(strstr(buf_text(&sql), "(null)"));
		for (size_t at = 0; at < sql.len; at++) {
			depth += (sql.ptr[at] == '(') - (sql.ptr[at] == ')');
			quotes += sql.ptr[at] == '"';
			assert_true(depth >= 0);
		}
		assert_int_equal(depth, 0);
		assert_int_equal(quotes % 2, 0);
		buf_release(&sql);
	}
}

static void nested_types_are_spelled_for_duckdb(void **state)
{
	(void)state;
	size_t count;
	const struct post_column *columns = post_columns(&count);
	assert_sql_type(&columns[column_named("entities_annotations")].type,
			"STRUCT(\"start\" BIGINT, \"end\" BIGINT, \"probability\" DOUBLE, "
			"\"type\" VARCHAR, \"normalized_text\" VARCHAR)[]");
	assert_sql_type(&columns[column_named("context_annotations")].type,
			"STRUCT(\"domain\" STRUCT(\"id\" VARCHAR, \"name\" VARCHAR, "
			"\"description\" VARCHAR), \"entity\" STRUCT(\"id\" VARCHAR, "
			"\"name\" VARCHAR, \"description\" VARCHAR))[]");
	assert_sql_type(&columns[column_named("polls")].type,
			"STRUCT(\"id\" VARCHAR, \"options\" STRUCT(\"position\" BIGINT, "
			"\"label\" VARCHAR, \"votes\" BIGINT)[], \"voting_status\" VARCHAR, "
			"\"duration_minutes\" BIGINT, \"end_datetime\" TIMESTAMPTZ)[]");
	assert_sql_type(&columns[column_named("page")].type, "VARCHAR");
	assert_sql_type(&columns[column_named("extra")].type, "VARCHAR");
	assert_sql_type(&columns[column_named("display_text_range")].type, "BIGINT[]");
}

static void no_column_needs_quotes(void **state)
{
	(void)state;
	size_t count;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		const char *name = columns[i].name;
		size_t len = strlen(name);
		assert_true(name[0] >= 'a' && name[0] <= 'z');
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), len);
		for (size_t word = 0; word < sizeof reserved / sizeof *reserved; word++) {
			if (strcasecmp(reserved[word], name) == 0)
				fail_msg("the column %s is a reserved word", name);
		}
		for (size_t other = 0; other < i; other++)
			assert_string_not_equal(columns[other].name, name);
	}
}

/* Walks one spelling of a path: 0 takes the first of `a|b`, 1 the last. */
static const struct column_node *node_at(const char *path, int spelling)
{
	const struct column_node *node = column_tree()->root;
	struct str rest = str_from(path + 1), segment, name;
	while (str_split(&rest, '/', &segment)) {
		struct str names = segment, last = segment;
		while (str_split(&names, '|', &name)) {
			last = name;
			if (spelling == 0)
				break;
		}
		node = column_node_find(node, last);
		assert_non_null(node);
	}
	return node;
}

static void every_path_leads_to_its_column(void **state)
{
	(void)state;
	size_t count, computed = 0;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		if (!columns[i].path) {
			computed++;
			continue;
		}
		bool aliased = strchr(columns[i].path, '|') != NULL;
		const struct column_node *old = node_at(columns[i].path, 0);
		const struct column_node *new = node_at(columns[i].path, 1);
		assert_int_equal(old->column, i);
		assert_int_equal(new->column, i);
		assert_int_equal(old->aliased, aliased);
		assert_false(old->renamed);
		assert_int_equal(new->renamed, aliased);
	}
	assert_int_equal(computed, COMPUTED_COUNT - 1);
	for (int which = COMPUTED_NONE + 1; which < COMPUTED_COUNT; which++)
		assert_null(columns[column_tree()->computed[which]].path);
}

static void unknown_names_lead_nowhere(void **state)
{
	(void)state;
	const struct column_node *root = column_tree()->root;
	assert_null(column_node_find(root, STR("")));
	assert_null(column_node_find(root, STR("ID")));
	assert_null(column_node_find(root, STR("id ")));
	assert_null(column_node_find(root, STR("id\0")));
	assert_null(column_node_find(root, STR("stream_id")));
	assert_null(column_node_find(root, STR("extra")));
	assert_null(column_node_find(column_node_find(root, STR("id")), STR("id")));
	assert_null(column_node_find(column_node_find(root, STR("user")), STR("text")));
	assert_non_null(column_node_find(column_node_find(root, STR("user")), STR("name")));
}

static void nodes_are_numbered_without_gaps(void **state)
{
	(void)state;
	const struct column_tree *tree = column_tree();
	assert_int_equal(tree->root->index, 0);
	const struct column_node *pending[256] = { tree->root };
	bool seen[1024] = { false };
	unsigned waiting = 1, found = 0;
	assert_true(tree->node_count < 1024);
	while (waiting > 0) {
		const struct column_node *node = pending[--waiting];
		assert_true(node->index < tree->node_count);
		assert_false(seen[node->index]);
		seen[node->index] = true;
		found++;
		for (unsigned i = 0; i < node->slot_count; i++) {
			if (node->slots[i]) {
				assert_true(waiting < 256);
				pending[waiting++] = node->slots[i];
			}
		}
	}
	assert_int_equal(found, tree->node_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_44_columns_are_the_contract),
		cmocka_unit_test(every_type_renders),
		cmocka_unit_test(nested_types_are_spelled_for_duckdb),
		cmocka_unit_test(no_column_needs_quotes),
		cmocka_unit_test(every_path_leads_to_its_column),
		cmocka_unit_test(unknown_names_lead_nowhere),
		cmocka_unit_test(nodes_are_numbered_without_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
