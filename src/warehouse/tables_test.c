/* What the SQL under sql/ makes of landing rows: docs/tables.md, claim by claim. The tables are made in
 * one session, without files of their own. */
#include "warehouse/warehouse_fixture.h"

#define ID "\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\""
#define AT(minute) "\"created_at\":\"2026-11-23T07:" minute ":00.000Z\""
#define FETCHED(second) "\"fetched_at\":\"2026-11-23T10:00:" second ".000Z\""

static struct engine *engine;

static int open_it(void **state)
{
	struct engine_options options = { .threads = 1 };
	struct err err;
	(void)state;
	assert_ok(engine_open(&options, &engine, &err), err);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	engine_close(engine);
	return 0;
}

static void begin(struct fixture *fixture)
{
	char *path = mem_printf("%s/lake", test_dir());
	struct err err;
	*fixture = (struct fixture){ .settings = &settings_default };
	assert_ok(lake_create(path, &err), err);
	assert_ok(lake_open(path, &fixture->lake, &err), err);
	free(path);
}

static void end(struct fixture *fixture)
{
	session_close(fixture->session);
	lake_close(fixture->lake);
}

static void add_landing(struct fixture *fixture, struct buf *sql)
{
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	struct file_list files = { 0 };
	for (size_t i = 0; i < snapshot->hour_count; i++)
		file_list_add_hour(&files, &snapshot->hours[i]);
	buf_add_text(sql, "CREATE TEMP VIEW twitter_landing_data AS ");
	add_parquet_scan(sql, fixture->lake, &files);
	free(files.files);
	lake_snapshot_free(snapshot);
}

/* All tables from what has landed so far. */
static void make(struct fixture *fixture)
{
	struct buf sql = { 0 };
	struct err err;
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	session_close(fixture->session);
	assert_ok(session_open(engine, &fixture->session, &err), err);
	add_landing(fixture, &sql);
	for (size_t i = 1; i < count; i++) {
		if (!table[i].sql)
			continue;
		buf_addf(&sql, "; CREATE TEMP %s %s AS ", is_stored(&table[i]) ? "TABLE" : "VIEW",
			 table[i].name);
		warehouse_sql(&table[i], fixture->settings, &sql);
	}
	assert_ok(session_run(fixture->session, buf_text(&sql), &err), err);
	buf_release(&sql);
}

/* --- the newest observation --------------------------------------------------------------------------- */

static void the_newest_observation_is_the_one_fetched_last(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, "{" ID ",\"text\":\"early\"," FETCHED("01") "}" },
	     { HOUR_7, "{" ID ",\"text\":\"late\"," FETCHED("03") "}" },
	     { HOUR_7, "{" ID ",\"text\":\"between\"," FETCHED("02") "}" },
	     { HOUR_7, "{" ID ",\"text\":\"nobody knows when\"}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT tweet_text, observations, fetched_at FROM tweet_data_raw",
		      "late|4|2026-11-23T10:00:03.000Z");
	end(&fixture);
}

static void without_a_time_of_fetching_the_later_line_is_newer(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, "{" ID ",\"text\":\"first\"}" },
	     { HOUR_7, "{" ID ",\"text\":\"second\"}" });
	make(&fixture);
	assert_answer(&fixture,
		      "SELECT tweet_text, fetched_at, stream_offset > 0 FROM tweet_data_raw",
		      "second|NULL|true");
	/* One with any time at all is newer than those without. */
	LAND(&fixture,
	     { HOUR_7, "{" ID ",\"text\":\"third\",\"fetched_at\":\"2007-01-01T00:00:00.000Z\"}" },
	     { HOUR_7, "{" ID ",\"text\":\"fourth\"}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT tweet_text, observations FROM tweet_data_raw", "third|4");
	end(&fixture);
}

static void ties_go_to_the_greater_stream_then_offset(void **state)
{
	static const struct post late_a[] = {
		{ HOUR_7,
		  "{" ID ",\"text\":\"a far behind\"," FETCHED("01") ",\"source\":\"padding\"}" },
		{ HOUR_7,
		  "{" ID ",\"text\":\"a farther\"," FETCHED(
			  "01") ",\"user\":{\"id\":\"7\",\"name\":\"of a\"},"
				"\"place\":{\"id\":\"p\",\"name\":\"of a\"},"
				"\"media_all\":[{\"media_key\":\"3_1\",\"alt_text\":\"of a\"}]}" },
	};
	static const struct post early_b[] = {
		{ HOUR_7, "{" ID ",\"text\":\"b first\"," FETCHED("01") "}" },
		{ HOUR_7,
		  "{" ID ",\"text\":\"b second\"," FETCHED(
			  "01") ",\"user\":{\"id\":\"7\",\"name\":\"of b\"},"
				"\"place\":{\"id\":\"p\",\"name\":\"of b\"},"
				"\"media_all\":[{\"media_key\":\"3_1\",\"alt_text\":\"of b\"}]}" },
	};
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	land_in(&fixture, STREAM_B, early_b, 2);
	land_in(&fixture, STREAM_A, late_a, 2);
	make(&fixture);
	assert_answer(&fixture, "SELECT tweet_text, stream_id, observations FROM tweet_data_raw",
		      "b second|" STREAM_B "|4");
	assert_answer(&fixture, "SELECT name FROM user_data_raw", "of b");
	assert_answer(&fixture, "SELECT place_name FROM place_data_raw", "of b");
	assert_answer(&fixture, "SELECT alt_text FROM media_data_raw", "of b");
	end(&fixture);
}

static void each_hour_has_a_newest_of_its_own(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7,
	       "{\"id\":\"1\"," AT("10") ",\"user\":{\"id\":\"7\",\"name\":\"then\"}," FETCHED(
		       "01") "}" },
	     { HOUR_7 + 1, "{\"id\":\"2\",\"created_at\":\"2026-11-23T08:00:00.000Z\","
			   "\"user\":{\"id\":\"7\",\"name\":\"now\"}," FETCHED("02") "}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT hour, name FROM user_data_raw ORDER BY 1", "7|then\n8|now");
	assert_answer(&fixture, "SELECT name, hour FROM users", "now|8");
	/* The earlier hour again, fetched later. */
	LAND(&fixture,
	     { HOUR_7,
	       "{\"id\":\"3\"," AT("11") ",\"user\":{\"id\":\"7\",\"name\":\"anew\"}," FETCHED(
		       "09") "}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT name, hour FROM users", "anew|7");
	end(&fixture);
}

static void a_view_without_times_shows_the_later_hour(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7 + 17, "{\"id\":\"2\",\"created_at\":\"2026-11-24T00:00:00.000Z\","
			    "\"user\":{\"id\":\"7\",\"name\":\"later day\"},"
			    "\"place\":{\"id\":\"p\",\"name\":\"later day\"},"
			    "\"media_all\":[{\"media_key\":\"m\",\"alt_text\":\"later day\"}]}" },
	     { HOUR_7,
	       "{\"id\":\"1\"," AT(
		       "10") ",\"user\":{\"id\":\"7\",\"name\":\"later hour\"},"
			     "\"place\":{\"id\":\"p\",\"name\":\"later hour\"},"
			     "\"media_all\":[{\"media_key\":\"m\",\"alt_text\":\"later hour\"}]}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT name FROM users", "later day");
	assert_answer(&fixture, "SELECT place_name FROM places", "later day");
	assert_answer(&fixture, "SELECT alt_text FROM media", "later day");
	end(&fixture);
}

/* --- posts ------------------------------------------------------------------------------------------- */

static void rules_of_all_observations_are_united(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, "{" ID ",\"rules\":[\"zebra\",\"crane\"]}" },
	     { HOUR_7, "{" ID "}" }, { HOUR_7, "{" ID ",\"rules\":[\"crane\",\"Owl\"]}" },
	     { HOUR_7, "{\"id\":\"2\"," AT("01") "}" },
	     { HOUR_7, "{\"id\":\"3\"," AT("02") ",\"rules\":[]}" });
	make(&fixture);
	assert_answer(&fixture,
		      "SELECT tweet_id, rules, observations FROM tweet_data_raw ORDER BY 1",
		      "1|[\"Owl\",\"crane\",\"zebra\"]|3\n2|[]|1\n3|[]|1");
	end(&fixture);
}

static void empty_text_is_null_in_the_dimensions(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7,
	       "{" ID ",\"text\":\"\",\"author_id\":\"\",\"lang\":\"\",\"source\":\"\","
	       "\"reply_settings\":\"\",\"conversation_id\":\"\",\"geo\":{\"place_id\":\"\"},"
	       "\"in_reply_to_user_id\":\"\",\"user\":{\"id\":\"7\",\"name\":\"\",\"username\":\"\","
	       "\"description\":\"\",\"location\":\"\",\"url\":\"\",\"verified_type\":\"\","
	       "\"profile_image_url\":\"\",\"pinned_tweet_id\":\"\"},\"place\":{\"id\":\"p\","
	       "\"name\":\"\",\"full_name\":\"\",\"country\":\"\",\"country_code\":\"\","
	       "\"place_type\":\"\"},\"media_all\":[{\"media_key\":\"m\",\"type\":\"\",\"url\":\"\","
	       "\"preview_image_url\":\"\",\"alt_text\":\"\"}]}" },
	     { HOUR_7,
	       "{\"id\":\"2\"," AT(
		       "01") ",\"user\":{\"id\":\"\"},\"place\":{\"id\":\"\"},"
			     "\"media_all\":[{\"media_key\":\"\"},{\"type\":\"photo\"}]}" });
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT count(COLUMNS(['author_id', 'tweet_text', 'language', 'who_can_reply', "
		"'conversation_id', 'tweet_location', 'source', 'in_reply_to_user_id'])), count(*) "
		"FROM tweet_data_raw",
		"0|0|0|0|0|0|0|0|2");
	assert_answer(
		&fixture, "SELECT * EXCLUDE (year, month, day, hour) FROM user_data_raw",
		"7|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|"
		"NULL|NULL");
	assert_answer(&fixture, "SELECT * EXCLUDE (year, month, day, hour) FROM place_data_raw",
		      "p|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
	assert_answer(&fixture, "SELECT * EXCLUDE (year, month, day, hour) FROM media_data_raw",
		      "m|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
	end(&fixture);
}

static void a_posts_row_has_what_landing_has(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7,
	       "{" ID ",\"author_id\":\"7\",\"text\":\"a &lt;b&gt;\\nline\",\"lang\":\"en\","
	       "\"hashtags\":[\"#One\",\"#TWO\"],\"reply_settings\":\"following\","
	       "\"attachments\":{\"media_keys\":[\"3_1\",\"3_2\",\"3_3\"]},\"geo\":{\"place_id\":\"p\"},"
	       "\"edit_history_tweet_ids\":[\"1\"],\"public_metrics\":{\"retweet_count\":1,"
	       "\"reply_count\":2,\"like_count\":3,\"quote_count\":4,\"bookmark_count\":5,"
	       "\"impression_count\":6},\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"9\"}]}" });
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT tweet_id, author_id, tweet_text, hashtags_list, retweet_count, reply_count, "
		"like_count, quote_count, impression_count, language, tweet_date, who_can_reply, "
		"media_ids, tweet_location, edit_history_ids, hashtags_folded, bookmark_count, "
		"referenced_tweets FROM tweet_data_raw",
		"1|7|a <b> line|[\"#One\",\"#TWO\"]|1|2|3|4|6|en|2026-11-23T07:00:00.000Z|following|"
		"[\"3_1\",\"3_2\",\"3_3\"]|p|[\"1\"]|[\"#one\",\"#two\"]|5|"
		"[{\"type\":\"quoted\",\"id\":\"9\"}]");
	assert_answer(
		&fixture,
		"SELECT tweet_id, like_count, retweet_count, reply_count, quote_count, "
		"impression_count, hashtags_count, media_count FROM tweet_engagement_processed",
		"1|3|1|2|4|6|2|3");
	assert_answer(
		&fixture,
		"SELECT tweet_id, user_id, num_hashtags, num_media FROM users_tweets_processed",
		"1|7|2|3");
	end(&fixture);
}

/* --- users ------------------------------------------------------------------------------------------- */

static void popularity_changes_at_a_thousand_and_above_five(void **state)
{
#define FOLLOWED(id, count)                                                                        \
	"{\"id\":\"" id "\"," AT("0" id) ",\"user\":{\"id\":\"u" id                                \
					 "\",\"public_metrics\":{\"followers_count\":" count "}}}"
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, FOLLOWED("1", "999") }, { HOUR_7, FOLLOWED("2", "1000") },
	     { HOUR_7, FOLLOWED("3", "5000") }, { HOUR_7, FOLLOWED("4", "5001") },
	     { HOUR_7, FOLLOWED("5", "0") }, { HOUR_7, FOLLOWED("6", "null") },
	     { HOUR_7, "{\"id\":\"7\"," AT("07") ",\"user\":{\"id\":\"u7\"}}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT user_id, user_popularity FROM user_data_raw ORDER BY 1",
		      "u1|Low\nu2|Middle\nu3|Middle\nu4|High\nu5|Low\nu6|NULL\nu7|NULL");
	assert_answer(&fixture,
		      "SELECT COLUMNS('.*popularity_user_count') FROM totals_metrics_processed",
		      "1|2|2");
	assert_answer(&fixture, "SELECT COLUMNS('.*popularity_user_count') FROM totals_metrics",
		      "1|2|2");
	end(&fixture);
}

static void a_user_counts_once_by_the_newest_row(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7,
	       "{\"id\":\"1\"," AT("01") "," FETCHED(
		       "09") ",\"user\":{\"id\":\"7\","
			     "\"verified\":false,\"protected\":true,\"public_metrics\":{\"followers_count\":6000}}}" },
	     { HOUR_7,
	       "{\"id\":\"2\"," AT("02") "," FETCHED(
		       "01") ",\"user\":{\"id\":\"7\","
			     "\"verified\":true,\"protected\":false,\"public_metrics\":{\"followers_count\":10}}}" },
	     { HOUR_7, "{\"id\":\"3\"," AT("03") ",\"user\":{\"id\":\"8\",\"verified\":true}}" },
	     { HOUR_7 + 1,
	       "{\"id\":\"4\",\"created_at\":\"2026-11-23T08:00:00.000Z\"," FETCHED(
		       "02") ",\"user\":{\"id\":\"7\",\"verified\":true,\"protected\":true}}" });
	make(&fixture);
	static const char hours[] =
		"SELECT hour, verified_user_count, protected_user_count, high_popularity_user_count, "
		"low_popularity_user_count FROM totals_metrics_processed ORDER BY 1";
	assert_answer(&fixture, hours, "7|1|1|1|0\n8|1|1|0|0");
	assert_answer(
		&fixture,
		"SELECT verified_user_count, protected_user_count, high_popularity_user_count, "
		"low_popularity_user_count FROM totals_metrics",
		"1|1|1|0");
	end(&fixture);
}

static void activity_sums_the_hours_posts_of_each_author(void **state)
{
#define BY(id, author, more)                                                                       \
	"{\"id\":\"" id "\"," AT("0" id) ",\"author_id\":\"" author "\"" more "}"
#define USER(id)                                                                                   \
	",\"user\":{\"id\":\"" id                                                                  \
	"\",\"public_metrics\":{\"tweet_count\":50,\"followers_count\":60,"                        \
	"\"following_count\":70}}"
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7, BY("1", "7",
			  USER("7") ",\"hashtags\":[\"#a\",\"#b\"],\"attachments\":{\"media_keys\":"
				    "[\"m\"]},\"public_metrics\":{\"impression_count\":100}") },
	     { HOUR_7, BY("2", "7", USER("7") ",\"hashtags\":[\"#a\"]") },
	     { HOUR_7, BY("3", "7", USER("7") ",\"public_metrics\":{\"impression_count\":11}") },
	     /* The same post again is one post. */
	     { HOUR_7, BY("3", "7", USER("7") ",\"public_metrics\":{\"impression_count\":12}") },
	     { HOUR_7, BY("4", "8", USER("8")) },
	     /* A user whose post names no author. */
	     { HOUR_7,
	       "{\"id\":\"5\"," AT("05") ",\"user\":{\"id\":\"9\"},\"hashtags\":[\"#x\"]}" },
	     /* An author without a user has no row. */
	     { HOUR_7, BY("6", "10", "") });
	make(&fixture);
	assert_answer(&fixture,
		      "SELECT * EXCLUDE (year, month, day) FROM user_activity_processed ORDER BY 1",
		      "7|50|60|70|3|3|1|112|7\n8|50|60|70|1|0|0|0|7\n9|NULL|NULL|NULL|0|0|0|0|7");
	end(&fixture);
}

/* --- media and places -------------------------------------------------------------------------------- */

static void a_medium_twice_in_one_post_is_the_first(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7,
	       "{" ID ",\"media_all\":[{\"media_key\":\"3_1\",\"type\":\"photo\",\"width\":10},"
	       "{\"media_key\":\"7_2\",\"type\":\"video\",\"duration_ms\":900,"
	       "\"public_metrics\":{\"view_count\":77}},"
	       "{\"media_key\":\"3_1\",\"type\":\"video\",\"width\":20}]}" });
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT media_id, media_type, width, duration_ms, view_count FROM media_data_raw "
		"ORDER BY 1",
		"3_1|photo|10|NULL|NULL\n7_2|video|NULL|900|77");
	assert_answer(&fixture,
		      "SELECT photo_media_count, video_media_count FROM totals_metrics_processed",
		      "1|1");
	end(&fixture);
}

static void gifs_count_neither_as_photos_nor_as_videos(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture,
	     { HOUR_7, "{" ID ",\"media_all\":[{\"media_key\":\"16_1\",\"type\":\"animated_gif\"},"
		       "{\"media_key\":\"3_1\",\"type\":\"photo\"},{\"media_key\":\"9\"}]}" },
	     { HOUR_7 + 1,
	       "{\"id\":\"2\",\"created_at\":\"2026-11-23T08:00:00.000Z\",\"media_all\":["
	       "{\"media_key\":\"3_1\",\"type\":\"photo\"},"
	       "{\"media_key\":\"7_9\",\"type\":\"video\"}]}" });
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT hour, photo_media_count, video_media_count FROM totals_metrics_processed "
		"ORDER BY 1",
		"7|1|0\n8|1|1");
	/* Over all time each once. */
	assert_answer(&fixture, "SELECT photo_media_count, video_media_count FROM totals_metrics",
		      "1|1");
	assert_answer(&fixture, "SELECT count(*) FROM media", "4");
	end(&fixture);
}

static void a_row_without_the_list_gives_its_one_medium(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, "{" ID ",\"media\":{\"media_key\":\"3_1\",\"type\":\"photo\"}}" },
	     { HOUR_7,
	       "{\"id\":\"2\"," AT(
		       "01") ",\"media\":{\"media_key\":\"3_2\",\"type\":\"photo\"},"
			     "\"media_all\":[{\"media_key\":\"3_2\",\"type\":\"photo\",\"alt_text\":\"seen\"}]}" },
	     { HOUR_7,
	       "{\"id\":\"3\"," AT("02") ",\"media\":{\"media_key\":\"3_3\",\"type\":\"photo\"},"
					 "\"media_all\":[]}" });
	make(&fixture);
	assert_answer(&fixture,
		      "SELECT media_id, media_type, alt_text FROM media_data_raw ORDER BY 1",
		      "3_1|photo|NULL\n3_2|photo|seen");
	end(&fixture);
}

static void only_cities_count_as_cities(void **state)
{
#define IN_PLACE(id, type)                                                                         \
	"{\"id\":\"" id "\"," AT("0" id) ",\"place\":{\"id\":\"p" id "\"" type "}}"
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, IN_PLACE("1", ",\"place_type\":\"city\"") },
	     { HOUR_7, IN_PLACE("2", ",\"place_type\":\"city\"") },
	     { HOUR_7, IN_PLACE("3", ",\"place_type\":\"country\"") },
	     { HOUR_7, IN_PLACE("4", "") },
	     { HOUR_7, "{\"id\":\"5\"," AT(
			       "05") ",\"place\":{\"id\":\"p1\",\"place_type\":\"city\","
				     "\"full_name\":\"Cairo\",\"geo\":{\"bbox\":[1.5,2,3,4]}}}" });
	make(&fixture);
	assert_answer(&fixture, "SELECT city_count FROM totals_metrics_processed", "2");
	assert_answer(&fixture, "SELECT city_count FROM totals_metrics", "2");
	assert_answer(&fixture, "SELECT place_fullname, bbox FROM places WHERE place_id = 'p1'",
		      "Cairo|[1.5,2,3,4]");
	end(&fixture);
}

/* --- totals ------------------------------------------------------------------------------------------ */

static void limited_replies_are_those_not_open_to_everyone(void **state)
{
#define REPLIES(id, more) "{\"id\":\"" id "\"," AT("0" id) more "}"
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, REPLIES("1", ",\"reply_settings\":\"everyone\"") },
	     { HOUR_7, REPLIES("2", ",\"reply_settings\":\"mentionedUsers\"") },
	     { HOUR_7, REPLIES("3", ",\"reply_settings\":\"following\"") },
	     { HOUR_7, REPLIES("4", ",\"reply_settings\":\"\"") }, { HOUR_7, REPLIES("5", "") });
	make(&fixture);
	assert_answer(&fixture, "SELECT limited_reply_tweet_count FROM totals_metrics_processed",
		      "2");
	assert_answer(&fixture, "SELECT limited_reply_tweet_count FROM totals_metrics", "2");
	end(&fixture);
}

/* The hours' "day.hour weekend/week" counts of posts at these times. */
static void assert_weekends(const struct warehouse_settings *settings, const char *const *times,
			    size_t count, const char *expected)
{
	struct fixture fixture;
	struct post posts[16];
	begin(&fixture);
	fixture.settings = settings;
	for (size_t i = 0; i < count; i++) {
		int64_t time;
		assert_int_equal(time_parse(str_from(times[i]), &time), TIME_CANONICAL);
		posts[i] =
			(struct post){ .hour = hour_index(time),
				       .line = mem_printf("{\"id\":\"%zu\",\"created_at\":\"%s\"}",
							  i + 1, times[i]) };
	}
	land_in(&fixture, STREAM_A, posts, count);
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT day || '.' || hour, count_weekend_tweets || '/' || count_week_tweets FROM "
		"totals_metrics_processed ORDER BY year, month, day, hour",
		expected);
	for (size_t i = 0; i < count; i++)
		free((char *)posts[i].line);
	end(&fixture);
}

static void weekends_begin_and_end_at_midnight(void **state)
{
	static const char *const times[] = { "2026-11-20T23:59:59.999Z", "2026-11-21T00:00:00.000Z",
					     "2026-11-22T23:59:59.999Z",
					     "2026-11-23T00:00:00.000Z" };
	static const char *const never[] = { NULL };
	static const struct warehouse_settings friday = { .weekend = friday_saturday,
							  .weekend_zone = "UTC" };
	static const struct warehouse_settings none = { .weekend = never, .weekend_zone = "UTC" };
	(void)state;
	assert_weekends(&settings_default, times, 4, "20.23|0/1\n21.0|1/0\n22.23|1/0\n23.0|0/1");
	assert_weekends(&friday, times, 4, "20.23|1/0\n21.0|1/0\n22.23|0/1\n23.0|0/1");
	assert_weekends(&none, times, 4, "20.23|0/1\n21.0|0/1\n22.23|0/1\n23.0|0/1");
}

static void weekends_are_those_of_the_zone_in_summer_and_winter(void **state)
{
	/* Cairo: UTC+3 in July, UTC+2 in November. */
	static const char *const times[] = {
		"2026-07-03T20:59:59.999Z", "2026-07-03T21:00:00.000Z", "2026-07-05T20:59:59.999Z",
		"2026-07-05T21:00:00.000Z", "2026-11-20T21:59:59.999Z", "2026-11-20T22:00:00.000Z",
		"2026-11-22T21:59:59.999Z", "2026-11-22T22:00:00.000Z"
	};
	static const struct warehouse_settings cairo = { .weekend = saturday_sunday,
							 .weekend_zone = "Africa/Cairo" };
	(void)state;
	assert_weekends(&cairo, times, 8,
			"3.20|0/1\n3.21|1/0\n5.20|1/0\n5.21|0/1\n"
			"20.21|0/1\n20.22|1/0\n22.21|1/0\n22.22|0/1");
}

static void a_weekend_may_begin_within_an_hour(void **state)
{
	/* Kolkata: UTC+5:30. */
	static const char *const times[] = { "2026-11-20T18:00:00.000Z", "2026-11-20T18:29:59.999Z",
					     "2026-11-20T18:30:00.000Z", "2026-11-22T18:29:59.999Z",
					     "2026-11-22T18:30:00.000Z" };
	static const struct warehouse_settings kolkata = { .weekend = saturday_sunday,
							   .weekend_zone = "Asia/Kolkata" };
	(void)state;
	assert_weekends(&kolkata, times, 5, "20.18|1/2\n22.18|1/1");
}

static void posts_of_all_time_count_once(void **state)
{
	struct fixture fixture;
	(void)state;
	begin(&fixture);
	LAND(&fixture, { HOUR_7, "{" ID ",\"reply_settings\":\"following\"," FETCHED("01") "}" },
	     { HOUR_7, "{" ID ",\"reply_settings\":\"everyone\"," FETCHED("02") "}" },
	     { HOUR_7 - 24, "{\"id\":\"2\",\"created_at\":\"2026-11-22T07:00:00.000Z\"}" });
	make(&fixture);
	assert_answer(
		&fixture,
		"SELECT count_weekend_tweets, count_week_tweets, limited_reply_tweet_count FROM "
		"totals_metrics",
		"1|1|0");
	assert_answer(&fixture, "SELECT count(*) FROM landing", "3");
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_observation_is_the_one_fetched_last),
		cmocka_unit_test(without_a_time_of_fetching_the_later_line_is_newer),
		cmocka_unit_test(ties_go_to_the_greater_stream_then_offset),
		cmocka_unit_test(each_hour_has_a_newest_of_its_own),
		cmocka_unit_test(a_view_without_times_shows_the_later_hour),
		cmocka_unit_test(rules_of_all_observations_are_united),
		cmocka_unit_test(empty_text_is_null_in_the_dimensions),
		cmocka_unit_test(a_posts_row_has_what_landing_has),
		cmocka_unit_test(popularity_changes_at_a_thousand_and_above_five),
		cmocka_unit_test(a_user_counts_once_by_the_newest_row),
		cmocka_unit_test(activity_sums_the_hours_posts_of_each_author),
		cmocka_unit_test(a_medium_twice_in_one_post_is_the_first),
		cmocka_unit_test(gifs_count_neither_as_photos_nor_as_videos),
		cmocka_unit_test(a_row_without_the_list_gives_its_one_medium),
		cmocka_unit_test(only_cities_count_as_cities),
		cmocka_unit_test(limited_replies_are_those_not_open_to_everyone),
		cmocka_unit_test(weekends_begin_and_end_at_midnight),
		cmocka_unit_test(weekends_are_those_of_the_zone_in_summer_and_winter),
		cmocka_unit_test(a_weekend_may_begin_within_an_hour),
		cmocka_unit_test(posts_of_all_time_count_once),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
