#include "wire/wire_fixture.h"

#include <unistd.h>

static const struct position FIRST = { 1000, 77 };

static struct segment_head head_of(struct position first)
{
	struct segment_head head = { .stream = TEST_STREAM, .first = first, .acknowledged = 900 };
	return head;
}

/* A segment at FIRST with the record "head-record" and extents of one line each. */
static char *make_segment(const char *dir, int extents, uint64_t ret_ends[])
{
	struct segment segment;
	struct buf extent = { 0 };
	struct err err;
	struct segment_head head = head_of(FIRST);
	assert_ok(segment_draft(dir, &head, STR("head-record"), &segment, &err), err);
	assert_ok(segment_publish(&segment, dir, &err), err);
	for (int i = 0; i < extents; i++) {
		struct extent_place place = { .at = segment.at, .start = segment.next };
		extent_begin(&extent);
		add_lines(&extent, (uint64_t)i, 1);
		place.lines_len = extent.len - EXTENT_HEAD_BYTES;
		place.record_len = 2;
		place.end.offset = place.start.offset + place.lines_len;
		place.end.chain =
			chain_lines(place.start.chain,
				    str_make(extent.ptr + EXTENT_HEAD_BYTES, place.lines_len));
		place.acknowledged = 901;
		place.synced_len = segment.at;
		extent_finish(&extent, &place, STR("rc"));
		assert_ok(file_write_all(segment.fd, segment.path, extent.ptr, extent.len, &err),
			  err);
		segment_advance(&segment, &place);
		ret_ends[i] = segment.at;
	}
	char *path = mem_strdup(segment.path);
	segment_close(&segment);
	buf_release(&extent);
	return path;
}

static enum extent_state load_next(const struct segment *segment, struct extent_place *ret)
{
	enum extent_state state;
	struct buf scratch = { 0 };
	struct err err;
	assert_ok(segment_load(segment, &scratch, ret, &state, &err), err);
	buf_release(&scratch);
	return state;
}

static void a_head_and_its_record_come_back(void **state)
{
	(void)state;
	struct segment segment;
	struct buf scratch = { 0 };
	struct err err;
	char *path = make_segment(test_dir(), 0, NULL);
	assert_ok(segment_open(path, &segment, &scratch, &err), err);
	assert_string_equal(segment.head.stream, TEST_STREAM);
	assert_int_equal(segment.head.first.offset, FIRST.offset);
	assert_int_equal(segment.head.first.chain, FIRST.chain);
	assert_int_equal(segment.head.acknowledged, 900);
	assert_str(segment_head_record(&segment, &scratch), "head-record");
	segment_close(&segment);
	buf_release(&scratch);
	free(path);
}

static void a_flipped_byte_anywhere_in_a_head_is_fatal(void **state)
{
	(void)state;
	struct buf bytes = { 0 }, scratch = { 0 };
	char *path = make_segment(test_dir(), 0, NULL);
	read_file(path, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		struct segment segment;
		struct err err;
		bytes.ptr[i] ^= 0x20;
		write_file(path, buf_str(&bytes));
		assert_fails(segment_open(path, &segment, &scratch, &err), err, ERR_FATAL, path);
		bytes.ptr[i] ^= 0x20;
	}
	buf_release(&bytes);
	buf_release(&scratch);
	free(path);
}

static void a_missing_segment_may_be_tried_again(void **state)
{
	(void)state;
	struct segment segment;
	struct buf scratch = { 0 };
	struct err err;
	assert_fails(segment_open("/nowhere/x.segment", &segment, &scratch, &err), err, ERR_RETRY,
		     "/nowhere/x.segment");
}

static void extents_come_back_one_after_another(void **state)
{
	(void)state;
	uint64_t ends[3];
	char *path = make_segment(test_dir(), 3, ends);
	struct segment segment;
	struct buf scratch = { 0 }, expected = { 0 };
	struct err err;
	struct extent_place place;
	enum extent_state found;
	assert_ok(segment_open(path, &segment, &scratch, &err), err);
	for (int i = 0; i < 3; i++) {
		assert_ok(segment_load(&segment, &scratch, &place, &found, &err), err);
		assert_int_equal(found, EXTENT_VALID);
		buf_reset(&expected);
		add_lines(&expected, (uint64_t)i, 1);
		assert_str(extent_lines(&place, &scratch), buf_text(&expected));
		assert_str(extent_record(&place, &scratch), "rc");
		assert_int_equal(place.acknowledged, 901);
		segment_advance(&segment, &place);
		assert_int_equal(segment.at, ends[i]);
	}
	assert_int_equal(load_next(&segment, &place), EXTENT_NONE);
	segment_close(&segment);
	buf_release(&scratch);
	buf_release(&expected);
	free(path);
}

/* Writes `bytes` as the segment and says what its second extent is. */
static enum extent_state second_extent(const char *path, struct str bytes)
{
	struct segment segment;
	struct buf scratch = { 0 };
	struct extent_place place;
	struct err err;
	write_file(path, bytes);
	assert_ok(segment_open(path, &segment, &scratch, &err), err);
	assert_int_equal(load_next(&segment, &place), EXTENT_VALID);
	segment_advance(&segment, &place);
	enum extent_state found = load_next(&segment, &place);
	segment_close(&segment);
	buf_release(&scratch);
	return found;
}

static void a_flipped_byte_anywhere_makes_an_extent_bad(void **state)
{
	(void)state;
	uint64_t ends[2];
	struct buf bytes = { 0 };
	char *path = make_segment(test_dir(), 2, ends);
	read_file(path, &bytes);
	assert_int_equal(second_extent(path, buf_str(&bytes)), EXTENT_VALID);
	for (size_t i = ends[0]; i < ends[1]; i++) {
		bytes.ptr[i] ^= 1;
		assert_int_equal(second_extent(path, buf_str(&bytes)), EXTENT_BAD);
		bytes.ptr[i] ^= 1;
	}
	buf_release(&bytes);
	free(path);
}

static void a_cut_extent_is_bad_at_every_length(void **state)
{
	(void)state;
	uint64_t ends[2];
	struct buf bytes = { 0 };
	char *path = make_segment(test_dir(), 2, ends);
	read_file(path, &bytes);
	assert_int_equal(second_extent(path, str_make(bytes.ptr, ends[0])), EXTENT_NONE);
	for (size_t len = ends[0] + 1; len < ends[1]; len++)
		assert_int_equal(second_extent(path, str_make(bytes.ptr, len)), EXTENT_BAD);
	buf_release(&bytes);
	free(path);
}

static void an_extent_of_another_offset_is_bad(void **state)
{
	(void)state;
	uint64_t ends[2];
	struct buf bytes = { 0 }, twice = { 0 };
	char *path = make_segment(test_dir(), 1, ends);
	read_file(path, &bytes);
	buf_add_str(&twice, buf_str(&bytes));
	size_t head_len = SEGMENT_HEAD_BYTES + strlen("head-record") + CHECKSUM_BYTES;
	buf_add(&twice, bytes.ptr + head_len, bytes.len - head_len);
	assert_int_equal(second_extent(path, buf_str(&twice)), EXTENT_BAD);
	buf_release(&bytes);
	buf_release(&twice);
	free(path);
}

static void what_stands_behind_a_bad_extent_tells_whether_it_was_synced(void **state)
{
	(void)state;
	uint64_t ends[3];
	char *path = make_segment(test_dir(), 3, ends);
	struct segment segment;
	struct buf bytes = { 0 }, scratch = { 0 };
	struct err err;
	bool synced = false;
	read_file(path, &bytes);
	bytes.ptr[ends[0] + 70] ^= 1;
	write_file(path, buf_str(&bytes));
	assert_ok(segment_open(path, &segment, &scratch, &err), err);
	segment.at = ends[0];
	assert_ok(segment_was_synced(&segment, &scratch, &synced, &err), err);
	assert_true(synced);
	segment.at = ends[1];
	assert_ok(segment_was_synced(&segment, &scratch, &synced, &err), err);
	assert_false(synced);
	segment_close(&segment);
	buf_release(&bytes);
	buf_release(&scratch);
	free(path);
}

static void only_segments_are_listed_in_order(void **state)
{
	(void)state;
	static const char *const names[] = {
		"00000000000000000300.segment",       "00000000000000000020.segment",
		"00000000000000000001.segment.draft", "1.segment",
		"0000000000000000000x.segment",       "notes.txt",
		"99999999999999999999.segment",
	};
	const char *dir = test_dir();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = mem_printf("%s/%s", dir, names[i]);
		write_file(path, STR("x"));
		free(path);
	}
	uint64_t *firsts;
	size_t count;
	struct err err;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	assert_int_equal(count, 2);
	assert_int_equal(firsts[0], 20);
	assert_int_equal(firsts[1], 300);
	free(firsts);
	assert_true(segment_is_draft(str_from(names[2])));
	assert_false(segment_is_draft(str_from(names[1])));
}

static void a_chain_is_the_hash_of_each_line_seeded_by_the_one_before(void **state)
{
	(void)state;
	uint64_t expected = hash_xxh64(STR("b\n"), hash_xxh64(STR("a\n"), 0));
	assert_int_equal(chain_lines(0, STR("a\nb\n")), expected);
	assert_int_equal(chain_lines(chain_lines(0, STR("a\n")), STR("b\n")), expected);
	assert_int_equal(chain_lines(5, STR("")), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_and_its_record_come_back),
		cmocka_unit_test(a_flipped_byte_anywhere_in_a_head_is_fatal),
		cmocka_unit_test(a_missing_segment_may_be_tried_again),
		cmocka_unit_test(extents_come_back_one_after_another),
		cmocka_unit_test(a_flipped_byte_anywhere_makes_an_extent_bad),
		cmocka_unit_test(a_cut_extent_is_bad_at_every_length),
		cmocka_unit_test(an_extent_of_another_offset_is_bad),
		cmocka_unit_test(what_stands_behind_a_bad_extent_tells_whether_it_was_synced),
		cmocka_unit_test(only_segments_are_listed_in_order),
		cmocka_unit_test(a_chain_is_the_hash_of_each_line_seeded_by_the_one_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
