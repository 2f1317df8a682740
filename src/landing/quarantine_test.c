#include "landing/landing_fixture.h"

#include "post/post.h"

static const char quarantine_0[] = "_aviary/quarantine/" STREAM "-00000000000000000000.jsonl";

/* The whole file as text. */
static void read_quarantine(struct fixture *fixture, struct buf *ret)
{
	fixture_read(fixture, quarantine_0, ret);
}

/* The entry of the line at `offset`; fails when there is none or it is there twice. */
static void find_entry(struct buf *file, uint64_t offset, struct json_doc *ret)
{
	struct str rest = str_make(file->ptr, file->len - 1), line;
	struct json_doc doc = { 0 };
	struct err err;
	int found = 0;
	assert_int_equal(file->ptr[file->len - 1], '\n');
	while (str_split(&rest, '\n', &line)) {
		int64_t at = -1;
		assert_ok(json_read(&doc, line, &err), err);
		assert_str(json_get_text(doc.root, "stream"), STREAM);
		assert_true(json_get_i64(doc.root, "offset", &at));
		if ((uint64_t)at == offset) {
			found++;
			assert_ok(json_read(ret, line, &err), err);
		}
	}
	json_release(&doc);
	assert_int_equal(found, 1);
}

static void assert_reason(struct buf *file, uint64_t offset, const char *words, struct str line)
{
	struct json_doc doc = { 0 };
	find_entry(file, offset, &doc);
	struct str reason = json_get_text(doc.root, "reason");
	if (!memmem(reason.ptr, reason.len, words, strlen(words)))
		fail_msg("\"%s\" is not in \"%.*s\"", words, STR_ARG(reason));
	if (line.ptr)
		assert_true(str_equal(json_get_text(doc.root, "line"), line));
	else
		assert_null(json_get(doc.root, "line"));
	json_release(&doc);
}

/* A line that a look takes for a post of the hour, and the parser refuses. */
static void add_late_refusal(struct buf *lines, int64_t hour)
{
	char time[TIME_TEXT_MAX];
	struct post_peek peek;
	size_t before = lines->len;
	time_format(hour * INT64_C(3600000000), time);
	buf_addf(lines, "{\"id\":\"1992856700000000777\",\"created_at\":\"%s\",\"text\":\"\xff\"}",
		 time);
	post_peek_key(str_make(lines->ptr + before, lines->len - before), &peek);
	assert_true(peek.sure);
	buf_add_byte(lines, '\n');
}

static char *first_file(struct fixture *fixture)
{
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	assert_true(snapshot->file_count > 0);
	char *name = mem_strdup(snapshot->hours[0].files[0]->name);
	lake_snapshot_free(snapshot);
	return name;
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void lines_refused_at_the_look_stand_there_with_their_reasons(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
		{ "not json", "byte 1" },
		{ "", "empty" },
		{ "[1,2]", "not an object" },
		{ "{\"text\":\"no \\\"id\\\"\\u0001\"}", "no id" },
		{ "{\"id\":1992856700000000001}", "no id" },
		{ "{\"id\":\"twelve\"}", "the id is not a number" },
		{ "{\"id\":\"20\"}", "too old" },
	};
	enum { COUNT = sizeof bad / sizeof *bad };
	struct fixture fixture;
	struct buf lines = { 0 }, posts = { 0 }, file = { 0 };
	uint64_t offsets[COUNT];
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < COUNT; i++) {
		add_post(&lines, HOUR_7, i);
		add_post(&posts, HOUR_7, i);
		offsets[i] = lines.len;
		buf_addf(&lines, "%s\n", bad[i].line);
	}
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.rows, COUNT);
	assert_int_equal(published.refused, COUNT);
	read_quarantine(&fixture, &file);
	for (size_t i = 0; i < COUNT; i++)
		assert_reason(&file, offsets[i], bad[i].reason, str_from(bad[i].line));
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->quarantined, COUNT);
	assert_string_equal(snapshot->records[0].quarantine.name, quarantine_0);
	assert_int_equal(snapshot->records[0].quarantine.rows, COUNT);
	assert_int_equal(snapshot->records[0].quarantine.bytes, file.len);
	assert_true(snapshot->records[0].quarantine.checksum == hash_xxh3(buf_str(&file)));
	assert_landed(&fixture, snapshot->hours[0].files[0]->name, 0, lines.len, COUNT,
		      buf_str(&posts));
	lake_snapshot_free(snapshot);
	buf_release(&lines);
	buf_release(&posts);
	buf_release(&file);
	fixture_close(&fixture);
}

static void a_line_refused_only_by_the_parser_leaves_an_exact_file(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 }, posts = { 0 }, file = { 0 };
	uint64_t offsets[3];
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 3000; i++) {
		if (i % 1000 == 500) {
			offsets[i / 1000] = lines.len;
			add_late_refusal(&lines, HOUR_7);
		}
		add_post(&lines, HOUR_7, i);
		add_post(&posts, HOUR_7, i);
	}
	/* An hour without one, and a line refused at the look. */
	add_post(&lines, HOUR_7 + 1, 1);
	buf_add_text(&lines, "nothing\n");
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 3001);
	assert_int_equal(published.refused, 4);
	char *name = first_file(&fixture);
	assert_landed(&fixture, name, 0, lines.len, 3000, buf_str(&posts));
	assert_answer(&fixture, name,
		      "SELECT count(*) FROM read_parquet(%s) WHERE id = '1992856700000000777' "
		      "AND text <> 'post 777'",
		      "0");
	read_quarantine(&fixture, &file);
	for (size_t i = 0; i < 3; i++)
		assert_reason(&file, offsets[i], "byte", STR_NONE);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->records[0].quarantine.rows, 4);
	assert_int_equal(snapshot->hours[0].rows, 3000);
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_count(&fixture, "_aviary/staging"), 0);
	free(name);
	buf_release(&lines);
	buf_release(&posts);
	buf_release(&file);
	fixture_close(&fixture);
}

static void bytes_that_are_no_utf8_are_kept_as_hex(void **state)
{
	/* Not the shortest form, a surrogate, beyond U+10FFFF, cut off, a byte that never is. */
	static const char *const bad[] = { "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					   "\xe2\x82", "a\xfe" };
	static const char *const hex[] = { "c0af", "eda080", "f4908080", "e282", "61fe" };
	/* The outermost ones that are. */
	static const char *const good[] = { "\xc2\x80",        "\xdf\xbf",     "\xe0\xa0\x80",
					    "\xed\x9f\xbf",    "\xee\x80\x80", "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf" };
	struct fixture fixture;
	struct buf lines = { 0 }, file = { 0 };
	uint64_t offset = 0;
	(void)state;
	fixture_open(&fixture);
	for (size_t i = 0; i < 5; i++)
		buf_addf(&lines, "%s\n", bad[i]);
	for (size_t i = 0; i < 7; i++)
		buf_addf(&lines, "%s\n", good[i]);
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(fixture_publish(&fixture).refused, 12);
	read_quarantine(&fixture, &file);
	for (size_t i = 0; i < 5; i++) {
		struct json_doc doc = { 0 };
		find_entry(&file, offset, &doc);
		assert_str(json_get_text(doc.root, "line_hex"), hex[i]);
		assert_null(json_get(doc.root, "line"));
		json_release(&doc);
		offset += strlen(bad[i]) + 1;
	}
	for (size_t i = 0; i < 7; i++) {
		assert_reason(&file, offset, "", str_from(good[i]));
		offset += strlen(good[i]) + 1;
	}
	buf_release(&lines);
	buf_release(&file);
	fixture_close(&fixture);
}

static void an_hour_whose_every_line_is_refused_has_no_file(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	add_post(&lines, HOUR_7, 1);
	add_late_refusal(&lines, HOUR_7 + 1);
	add_late_refusal(&lines, HOUR_7 + 1);
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 1);
	assert_int_equal(published.refused, 2);
	assert_int_equal(published.hours, 1);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hour_count, 1);
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_count(&fixture, "twitter-landing-data/year=2026/month=11/day=23"),
			 1);
	assert_int_equal(fixture_count(&fixture, "_aviary/staging"), 0);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void a_batch_of_bad_lines_alone_is_committed_all_the_same(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 }, file = { 0 };
	(void)state;
	fixture_open(&fixture);
	buf_add_text(&lines, "bad\n");
	add_late_refusal(&lines, HOUR_7);
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.record, 1);
	assert_int_equal(published.to, lines.len);
	assert_int_equal(published.rows, 0);
	assert_int_equal(published.hours, 0);
	assert_int_equal(published.refused, 2);
	read_quarantine(&fixture, &file);
	assert_reason(&file, 0, "byte 1", STR("bad"));
	assert_reason(&file, 4, "byte", STR_NONE);
	buf_release(&lines);
	buf_release(&file);
	fixture_close(&fixture);
}

static void the_next_batch_begins_with_an_empty_quarantine(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 }, file = { 0 };
	(void)state;
	fixture_open(&fixture);
	fixture_add(&fixture, STR("bad\n"));
	fixture_publish(&fixture);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(fixture_publish(&fixture).refused, 0);
	fixture_add(&fixture, STR("worse\n"));
	assert_int_equal(fixture_publish(&fixture).refused, 1);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_null(snapshot->records[1].quarantine.name);
	fixture_read(&fixture, snapshot->records[2].quarantine.name, &file);
	assert_reason(&file, 4 + lines.len, "byte 1", STR("worse"));
	lake_snapshot_free(snapshot);
	buf_release(&lines);
	buf_release(&file);
	fixture_close(&fixture);
}

static void more_bad_lines_than_fit_in_memory_are_all_kept(void **state)
{
	enum { LINES = 2000 };
	struct fixture fixture;
	struct buf lines = { 0 }, file = { 0 };
	(void)state;
	fixture_open(&fixture);
	landing_close(fixture.landing);
	struct landing_options options = {
		.lake = fixture.lake, .stream = STREAM, .threads = 2, .memory_bytes = 4096
	};
	struct err err;
	assert_ok(landing_open(&options, &fixture.landing, &err), err);
	for (unsigned i = 0; i < LINES; i++)
		buf_addf(&lines, "bad line %04u\n", i);
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(fixture_publish(&fixture).refused, LINES);
	read_quarantine(&fixture, &file);
	for (unsigned i = 0; i < LINES; i += 333) {
		char line[32];
		snprintf(line, sizeof line, "bad line %04u", i);
		assert_reason(&file, i * 14, "byte 1", str_from(line));
	}
	buf_release(&lines);
	buf_release(&file);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_refused_at_the_look_stand_there_with_their_reasons),
		cmocka_unit_test(a_line_refused_only_by_the_parser_leaves_an_exact_file),
		cmocka_unit_test(bytes_that_are_no_utf8_are_kept_as_hex),
		cmocka_unit_test(an_hour_whose_every_line_is_refused_has_no_file),
		cmocka_unit_test(a_batch_of_bad_lines_alone_is_committed_all_the_same),
		cmocka_unit_test(the_next_batch_begins_with_an_empty_quarantine),
		cmocka_unit_test(more_bad_lines_than_fit_in_memory_are_all_kept),
	};
	return cmocka_run_group_tests(tests, fixture_engine_open, fixture_engine_close);
}
