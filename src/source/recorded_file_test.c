#include "base/test.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "source/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ID1 "1850000000000000001"
#define ID2 "1850000000000000002"
#define POST1 "{\"id\":\"" ID1 "\",\"text\":\"t\"}"
#define POST2 "{\"id\":\"" ID2 "\",\"text\":\"t\"}"
#define META "\"meta\":{\"result_count\":1}"
#define PAGE1 "{\"data\":[" POST1 "]," META "}"
#define PAGE2 "{\"data\":[" POST2 "]," META "}"
#define WIRE1 "{\"id\":\"" ID1 "\",\"text\":\"t\",\"batch_id\":3}"
#define WIRE2 "{\"id\":\"" ID2 "\",\"text\":\"t\",\"batch_id\":3}"
/* What those pages become. */
#define OURS ",\"hashtags\":[],\"rules\":[],\"fetched_via\":\"replay\",\"page\":{" META "}}\n"
#define LINE1 "{\"id\":\"" ID1 "\",\"text\":\"t\",\"batch_id\":"
#define LINE2 "{\"id\":\"" ID2 "\",\"text\":\"t\",\"batch_id\":"
#define LINE1_BATCH1 LINE1 "1" OURS
#define LINE1_BATCH2 LINE1 "2" OURS
#define LINE1_BATCH3 LINE1 "3" OURS
#define LINE2_BATCH1 LINE2 "1" OURS
#define LINE2_BATCH2 LINE2 "2" OURS
#define LINE2_BATCH3 LINE2 "3" OURS

/* What a file came to: the lines, and "?" and "!" for what was refused and quarantined. */
struct story {
	struct recorded_file_options options;
	struct source_sink sink;
	struct buf lines, events;
	struct source_place places[64];
	size_t take_count, takes_left, last_count;
	struct source_place last_place, end;
	uint64_t known_id, progress;
	bool stop;
	struct err err;
};

static enum err_kind take(void *context, const struct source_line *lines, size_t count,
			  const struct source_place *place, struct err *err)
{
	struct story *story = context;
	if (story->takes_left-- == 0)
		return err_set(err, ERR_RETRY, "full");
	for (size_t i = 0; i < count; i++) {
		struct str line = lines[i].line;
		assert_true(line.len <= story->options.line_bytes_max);
		assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
		buf_add_str(&story->lines, line);
	}
	story->last_count = count;
	story->last_place = *place;
	if (story->take_count < 64)
		story->places[story->take_count] = *place;
	story->take_count++;
	return ERR_NONE;
}

static enum err_kind quarantine(void *context, struct str bytes, uint64_t file_line,
				const char *reason, struct err *err)
{
	struct story *story = context;
	(void)err;
	assert_true(bytes.len <= story->options.line_bytes_max);
	buf_addf(&story->events, "!%llu %.*s: %s\n", (unsigned long long)file_line,
		 (int)(bytes.len < 40 ? bytes.len : 40), bytes.ptr, reason);
	return ERR_NONE;
}

static void refuse(void *context, uint64_t file_line, const char *what)
{
	struct story *story = context;
	buf_addf(&story->events, "?%llu %s\n", (unsigned long long)file_line, what);
}

static bool knows(void *context, const struct source_line *line)
{
	return line->id == ((struct story *)context)->known_id;
}

static int set_up(void **state)
{
	struct story *story = mem_zalloc(1, sizeof *story);
	story->options.line_bytes_max = 16 << 20;
	story->options.document_bytes_max = 1 << 30;
	story->takes_left = SIZE_MAX;
	story->known_id = UINT64_MAX;
	story->sink = (struct source_sink){ .context = story,
					    .knows = knows,
					    .take = take,
					    .quarantine = quarantine,
					    .refuse = refuse };
	*state = story;
	return 0;
}

static void forget(struct story *story)
{
	buf_reset(&story->lines);
	buf_reset(&story->events);
	story->take_count = 0;
	story->takes_left = SIZE_MAX;
}

static int tear_down(void **state)
{
	struct story *story = *state;
	buf_release(&story->lines);
	buf_release(&story->events);
	free((char *)story->options.path);
	free(story);
	return 0;
}

static void write_file(struct story *story, struct str bytes)
{
	char sha256[65];
	uint64_t len;
	free((char *)story->options.path);
	story->options.path = mem_printf("%s/file", test_dir());
	story->options.from = (struct source_place){ 0 };
	assert_ok(file_replace(story->options.path, bytes, &story->err), story->err);
	assert_ok(recorded_file_hash(story->options.path, sha256, &story->options.xxh3, &len,
				     &story->err),
		  story->err);
	assert_int_equal(len, bytes.len);
}

static void read_again(struct story *story)
{
	assert_ok(recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
		  story->err);
}

static void read_bytes(struct story *story, struct str bytes)
{
	forget(story);
	write_file(story, bytes);
	read_again(story);
	assert_int_equal(story->end.byte, bytes.len);
	if (bytes.len > 0)
		assert_memory_equal(&story->last_place, &story->end, sizeof story->end);
}

static void read_text(struct story *story, const char *text)
{
	read_bytes(story, str_from(text));
}

#define assert_lines(story, text) assert_string_equal(buf_text(&(story)->lines), (text))
#define assert_events(story, text) assert_string_equal(buf_text(&(story)->events), (text))

/* --- pages ------------------------------------------------------------------------------------ */

static void pages_one_a_line_become_their_lines_and_are_counted(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 "\r\n\r\n \t\n{\"meta\":{\"result_count\":0}}\n" PAGE2 "\n");
	assert_lines(story, LINE1_BATCH1 LINE2_BATCH2);
	assert_events(story, "");
	assert_int_equal(story->end.pages, 3);
	assert_int_equal(story->end.posts, 2);
	assert_int_equal(story->end.batch_id, 2);
	assert_int_equal(story->end.file_line, 6);
	assert_int_equal(story->take_count, 3);
}

static void the_last_line_needs_no_newline(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 "\n" PAGE2);
	assert_lines(story, LINE1_BATCH1 LINE2_BATCH2);
	read_text(story, WIRE1 "\n" WIRE2);
	assert_lines(story, WIRE1 "\n" WIRE2 "\n");
}

static void documents_spread_over_lines_come_one_after_another(void **state)
{
	struct story *story = *state;
	read_text(story,
		  "{\n  \"data\": [\n    {\n      \"id\": \"" ID1 "\", \"text\": \"t\"\n    }\n"
		  "  ],\n  \"meta\": {\n    \"result_count\": 1\n  }\n}\n\n" PAGE2 PAGE1
		  "\n[\n1]5\n");
	assert_lines(story, LINE1_BATCH1 LINE2_BATCH2 LINE1_BATCH3);
	assert_events(story, "?13 a list of various things\n?14 not an object\n");
	assert_int_equal(story->end.refused, 2);
	assert_int_equal(story->places[0].file_line, 10);
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	struct story *story = *state;
	read_text(story, "\xef\xbb\xbf" WIRE1 "\n");
	assert_lines(story, WIRE1 "\n");
	read_text(story, "\xef\xbb\xbf{\n\"data\":[" POST1 "]," META "}");
	assert_lines(story, LINE1_BATCH1);
	read_text(story, "\xef\xbb\xbf");
	assert_lines(story, "");
	read_text(story, "");
	assert_lines(story, "");
}

static void fetched_at_is_what_twarc_wrote(void **state)
{
	struct story *story = *state;
	read_text(story, "{\"data\":[" POST1 "],"
			 "\"__twarc\":{\"retrieved_at\":\"2021-05-01T00:00:00+00:00\"}}\n"
			 "{\"data\":[" POST2 "],\"__twarc\":{\"retrieved_at\":5}}");
	assert_non_null(strstr(buf_text(&story->lines),
			       "\"fetched_at\":\"2021-05-01T00:00:00+00:00\",\"fetched_via\""));
	assert_null(strstr(strchr(buf_text(&story->lines), '\n'), "fetched_at"));
	assert_non_null(strstr(buf_text(&story->lines), "{\"__twarc\":{\"retrieved_at\":5}}"));
}

static void known_posts_of_a_page_are_counted_and_dropped(void **state)
{
	struct story *story = *state;
	story->known_id = 1850000000000000001;
	read_text(story, PAGE1 "\n" PAGE2 "\n");
	assert_lines(story, LINE2_BATCH2);
	assert_int_equal(story->end.known, 1);
	assert_int_equal(story->end.posts, 1);
}

static void a_page_whose_lines_are_too_long_goes_to_quarantine_whole(void **state)
{
	struct story *story = *state;
	story->options.line_bytes_max = sizeof PAGE1 + 10;
	read_text(story, PAGE1 "\n" WIRE2 "\n");
	assert_lines(story, WIRE2 "\n");
	assert_int_equal(strncmp(buf_text(&story->events), "!1 {\"data\":[{\"id\":", 17), 0);
	assert_int_equal(story->end.quarantined, 1);
	assert_int_equal(story->end.pages, 0);
}

/* --- wire lines ------------------------------------------------------------------------------- */

static void wire_lines_pass_byte_for_byte(void **state)
{
	struct story *story = *state;
	static const char lines[] = WIRE1
		"\r\n"
		"  { \"batch_id\" : \"x\", \"id\":\"\\u0031\", \"text\":\"\\ud800\", "
		"\"a\":1, \"a\":2 } \n"
		"{\"batch_id\":1.0,\"id\":\"7\",\"data\":[],\"page\":{}}\n";
	read_text(story, lines);
	assert_lines(story, lines);
	assert_events(story, "");
	assert_int_equal(story->end.posts, 3);
	assert_int_equal(story->end.pages, 0);
	story->known_id = 1850000000000000001;
	read_text(story, lines);
	assert_lines(story, lines);
	assert_int_equal(story->end.known, 0);
}

static void a_wire_line_spread_over_lines_is_written_on_one(void **state)
{
	struct story *story = *state;
	read_text(story, "{\n  \"id\": \"" ID1 "\",\n  \"n\": 1.0,\n  \"batch_id\": 3\n}\n");
	assert_lines(story, "{\"id\":\"" ID1 "\",\"n\":1.0,\"batch_id\":3}\n");
}

static void wire_lines_are_taken_in_groups(void **state)
{
	struct story *story = *state;
	struct buf text = { 0 };
	for (int i = 0; i < 1300; i++)
		buf_add_text(&text, WIRE1 "\n");
	read_bytes(story, buf_str(&text));
	assert_lines(story, buf_text(&text));
	assert_int_equal(story->take_count, 3);
	assert_int_equal(story->places[0].byte, 512 * (sizeof WIRE1));
	assert_int_equal(story->places[0].posts, 512);
	assert_int_equal(story->last_count, 1300 - 1024);
	buf_release(&text);
}

/* --- what is broken --------------------------------------------------------------------------- */

static void a_broken_line_is_taken_as_it_is_and_harms_no_neighbour(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 "\n{\"data\":[{\"id\":\"1\",\"te\n\"\r\r\n]}\n" PAGE2 "\n{\"a\":");
	assert_lines(story, LINE1_BATCH1 "{\"data\":[{\"id\":\"1\",\"te\n\"\r\r\n]}\n" LINE2_BATCH2
					 "{\"a\":\n");
	assert_int_equal(story->end.quarantined, 4);
	assert_events(story, "");
	read_text(story, "{\"data\":[{\"id\":\"1\",\"te\n" PAGE2 "\n");
	assert_lines(story, "{\"data\":[{\"id\":\"1\",\"te\n" LINE2_BATCH1);
	read_text(story, "no json");
	assert_lines(story, "no json\n");
}

static void zero_bytes_and_bad_utf8_are_broken_lines(void **state)
{
	struct story *story = *state;
	static const char bytes[] = WIRE1 "\n\0\0\n{\"id\":\"1\xff\"}\n\n" WIRE2 "\n";
	struct str text = str_make(bytes, sizeof bytes - 1);
	read_bytes(story, text);
	assert_int_equal(story->lines.len, text.len - 1);
	assert_int_equal(story->end.quarantined, 2);
	assert_int_equal(story->end.posts, 2);
}

static void a_document_cut_short_is_one_piece(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 PAGE1 "\n{\n\"data\":[\n{\"a\":1},\n{\"b\":2},\n");
	assert_lines(story, LINE1_BATCH1 LINE1_BATCH2);
	assert_events(story, "!2 {\n\"data\":[\n{\"a\":1},\n{\"b\":2},: "
			     "cut short: the file ends inside it\n");
	assert_int_equal(story->end.quarantined, 1);
	story->options.line_bytes_max = 5;
	read_text(story, "{\n\"data\":");
	assert_events(story, "!1 {\n\"da: cut short: the file ends inside it; "
			     "the first 5 of its 9 bytes are kept\n");
}

static void an_indented_document_cut_short_harms_no_neighbour(void **state)
{
	struct story *story = *state;
	read_text(story, "{\n  \"data\": [\n    {\"id\": \"1\n{\n \"data\":[" POST1 "],\n"
			 " " META "}\n");
	assert_lines(story, LINE1_BATCH1);
	assert_events(story, "!1 {\n  \"data\": [\n    {\"id\": \"1: "
			     "cut short: another document begins inside it\n");
}

static void a_document_that_is_no_json_goes_to_quarantine_alone(void **state)
{
	struct story *story = *state;
	read_text(story, "{\n\"a\": nul }\n{\n\"b\":1}\n<html>\n</html>\n" PAGE1 "\n");
	assert_lines(story, LINE1_BATCH1);
	assert_int_equal(strncmp(buf_text(&story->events), "!1 {\n\"a\": nul }: byte ", 21), 0);
	assert_non_null(strstr(buf_text(&story->events), "?3 an object of another kind\n"));
	assert_non_null(strstr(buf_text(&story->events), "!5 <html>\n</html>: byte 1"));
	assert_int_equal(story->end.quarantined, 2);
}

static void a_line_at_the_limit_passes_and_a_longer_one_is_cut(void **state)
{
	struct story *story = *state;
	story->options.line_bytes_max = sizeof WIRE1;
	read_text(story, WIRE1 "\n" WIRE2 " \n" WIRE1 "\n" WIRE2 " ");
	assert_lines(story, WIRE1 "\n" WIRE1 "\n");
	assert_events(story, "!2 {\"id\":\"1850000000000000002\",\"text\":\"t\",\": longer than 53 "
			     "bytes\n"
			     "!4 {\"id\":\"1850000000000000002\",\"text\":\"t\",\": longer than 53 "
			     "bytes\n");
	assert_int_equal(story->end.file_line, 4);
}

static void a_line_beyond_every_window_is_cut_and_passed_over(void **state)
{
	struct story *story = *state;
	struct buf text = { 0 };
	story->options.line_bytes_max = 1000;
	buf_add_text(&text, WIRE1 "\n{\"id\":\"");
	for (int i = 0; i < 700000; i++)
		buf_add_byte(&text, 'x');
	buf_add_text(&text, "\"}\n" WIRE2 "\n");
	read_bytes(story, buf_str(&text));
	assert_lines(story, WIRE1 "\n" WIRE2 "\n");
	assert_non_null(
		strstr(buf_text(&story->events),
		       "longer than 1000 bytes; the first 1000 of its 700009 bytes are kept"));
	assert_int_equal(story->end.quarantined, 1);
	buf_release(&text);
}

static void a_document_beyond_its_limit_is_cut_and_passed_over(void **state)
{
	struct story *story = *state;
	struct buf text = { 0 };
	story->options.line_bytes_max = 1000;
	story->options.document_bytes_max = 300000;
	buf_add_text(&text, "{\n\"a\":[");
	for (int i = 0; i < 200000; i++)
		buf_add_text(&text, "1,\n\"}\",");
	buf_add_text(&text, "1]}\n" PAGE1 "\n");
	read_bytes(story, buf_str(&text));
	assert_lines(story, LINE1_BATCH1);
	assert_non_null(strstr(buf_text(&story->events),
			       "a document longer than 300000 bytes; the first 1000 of its 1400010 "
			       "bytes are kept"));
	assert_int_equal(story->end.file_line, 200004);
	buf_release(&text);
}

/* --- the place -------------------------------------------------------------------------------- */

/* Reads the file, stopping after each take() in turn, and goes on from the place that was taken. */
static void resume_at_every_place(struct story *story, const char *text)
{
	read_text(story, text);
	size_t takes = story->take_count;
	struct buf lines = { 0 };
	struct source_place end = story->end;
	buf_add_str(&lines, buf_str(&story->lines));
	assert_true(takes > 2);
	for (size_t stop = 1; stop < takes; stop++) {
		forget(story);
		story->options.from = (struct source_place){ 0 };
		story->takes_left = stop;
		assert_fails(
			recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
			story->err, ERR_RETRY, "full");
		assert_int_equal(story->take_count, stop);
		story->options.from = story->places[stop - 1];
		story->takes_left = SIZE_MAX;
		read_again(story);
		assert_lines(story, buf_text(&lines));
		assert_memory_equal(&story->end, &end, sizeof end);
	}
	buf_release(&lines);
}

static void reading_resumes_exactly_where_it_was_taken(void **state)
{
	struct story *story = *state;
	resume_at_every_place(story, "\xef\xbb\xbf" PAGE1 "\n" PAGE2 "\r\n5\nbad\n" PAGE1 "\n" WIRE1
				     "\n\n" PAGE2 "\n\n");
	resume_at_every_place(story, "{\n \"data\":[" POST1 "]}\n{\n \"a\n{\n}\n" PAGE1 "\n" WIRE1
				     "\n5\n" PAGE2 "x\n");
}

static void a_resumed_file_keeps_its_mode(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 "\n{\"a\":[\n" PAGE2 "\n");
	assert_lines(story, LINE1_BATCH1 "{\"a\":[\n" LINE2_BATCH2);
	story->options.from = story->places[0];
	forget(story);
	read_again(story);
	assert_lines(story, "{\"a\":[\n" LINE2_BATCH2);
}

static void a_file_that_changed_is_rejected_wherever_reading_began(void **state)
{
	struct story *story = *state;
	read_text(story, PAGE1 "\n" PAGE2 "\n");
	struct source_place second = story->places[0];
	int fd = open(story->options.path, O_WRONLY);
	assert_int_equal(pwrite(fd, "[", 1, 0), 1);
	close(fd);
	assert_fails(recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
		     story->err, ERR_REJECT, "/file: changed while it was read");
	story->options.from = second;
	assert_fails(recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
		     story->err, ERR_REJECT, "/file: changed while it was read");
	story->options.from.byte = 100000;
	assert_fails(recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
		     story->err, ERR_REJECT, "/file: it has no byte 100000");
}

static bool progress(void *context, uint64_t bytes)
{
	struct story *story = context;
	story->progress = bytes;
	return !story->stop;
}

static void progress_tells_the_bytes_and_can_stop(void **state)
{
	struct story *story = *state;
	story->options.progress = progress;
	read_text(story, PAGE1 "\n");
	assert_int_equal(story->progress, sizeof PAGE1);
	story->stop = true;
	assert_fails(recorded_file_read(&story->options, &story->sink, &story->end, &story->err),
		     story->err, ERR_RETRY, "stopped");
}

static void a_file_is_hashed_in_both_ways(void **state)
{
	struct story *story = *state;
	char sha256[65];
	uint64_t xxh3, bytes;
	write_file(story, STR("abc"));
	assert_ok(recorded_file_hash(story->options.path, sha256, &xxh3, &bytes, &story->err),
		  story->err);
	assert_string_equal(sha256,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(xxh3, hash_xxh3(STR("abc")));
	assert_int_equal(bytes, 3);
	assert_fails(recorded_file_hash("/nowhere/x", sha256, &xxh3, &bytes, &story->err),
		     story->err, ERR_REJECT, "/nowhere/x: No such file");
	assert_fails(recorded_file_hash("/", sha256, &xxh3, &bytes, &story->err), story->err,
		     ERR_REJECT, "directory");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pages_one_a_line_become_their_lines_and_are_counted),
		TEST(the_last_line_needs_no_newline),
		TEST(documents_spread_over_lines_come_one_after_another),
		TEST(a_byte_order_mark_is_passed_over),
		TEST(fetched_at_is_what_twarc_wrote),
		TEST(known_posts_of_a_page_are_counted_and_dropped),
		TEST(a_page_whose_lines_are_too_long_goes_to_quarantine_whole),
		TEST(wire_lines_pass_byte_for_byte),
		TEST(a_wire_line_spread_over_lines_is_written_on_one),
		TEST(wire_lines_are_taken_in_groups),
		TEST(a_broken_line_is_taken_as_it_is_and_harms_no_neighbour),
		TEST(zero_bytes_and_bad_utf8_are_broken_lines),
		TEST(a_document_cut_short_is_one_piece),
		TEST(an_indented_document_cut_short_harms_no_neighbour),
		TEST(a_document_that_is_no_json_goes_to_quarantine_alone),
		TEST(a_line_at_the_limit_passes_and_a_longer_one_is_cut),
		TEST(a_line_beyond_every_window_is_cut_and_passed_over),
		TEST(a_document_beyond_its_limit_is_cut_and_passed_over),
		TEST(reading_resumes_exactly_where_it_was_taken),
		TEST(a_resumed_file_keeps_its_mode),
		TEST(a_file_that_changed_is_rejected_wherever_reading_began),
		TEST(progress_tells_the_bytes_and_can_stop),
		TEST(a_file_is_hashed_in_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
