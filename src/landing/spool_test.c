#include "landing/spool.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { EXTENT = 128 << 10, HOUR_0 = 498727 };

static struct spool spool_new(size_t open_bytes_max)
{
	struct spool spool;
	struct err err;
	assert_ok(spool_open(test_dir(), open_bytes_max, &spool, &err), err);
	return spool;
}

static void add(struct spool *spool, int64_t hour, struct str text, uint64_t offset)
{
	struct line line = { .text = text, .offset = offset };
	struct err err;
	assert_ok(spool_add(spool, spool_bucket(spool, hour), &line, &err), err);
}

/* A line of its own contents for each offset; at most `len` long. */
static struct str line_of(uint64_t offset, size_t len, struct buf *ret)
{
	buf_reset(ret);
	buf_addf(ret, "line %llu ", (unsigned long long)offset);
	while (ret->len < len)
		buf_add_byte(ret, (char)('a' + (offset + ret->len) % 26));
	return str_make(ret->ptr, len);
}

static void add_line(struct spool *spool, int64_t hour, uint64_t offset, size_t len)
{
	struct buf text = { 0 };
	add(spool, hour, line_of(offset, len, &text), offset);
	buf_release(&text);
}

/* Reads a whole bucket; its lines are those of offsets first, first + step …, in order. */
static void assert_lines(struct spool *spool, int64_t hour, uint64_t first, uint64_t step,
			 size_t count, size_t len)
{
	const struct bucket *bucket = spool_bucket(spool, hour);
	struct hash_stream *hash = hash_stream_new(HASH_XXH64);
	struct spool_group group = { 0 };
	struct buf text = { 0 };
	struct err err;
	uint64_t offset = first;
	for (size_t extent = 0; extent < spool_extents(bucket); extent++) {
		assert_ok(spool_read(spool, bucket, extent, &group, &err), err);
		assert_true(group.count > 0);
		for (size_t i = 0; i < group.count; i++, offset += step) {
			assert_int_equal(group.lines[i].offset, offset);
			assert_true(str_equal(group.lines[i].text, line_of(offset, len, &text)));
			assert_int_equal(group.lines[i].text.ptr[len], '\n');
			hash_stream_add(hash, group.lines[i].text);
			hash_stream_add(hash, STR("\n"));
		}
	}
	assert_int_equal(offset, first + step * count);
	assert_int_equal(bucket->lines, count);
	assert_int_equal(bucket->bytes, count * (len + 1));
	assert_true(hash_stream_u64(bucket->hash) == hash_stream_u64(hash));
	hash_stream_free(hash);
	spool_group_release(&group);
	buf_release(&text);
}

static size_t memory_of(const struct spool *spool)
{
	size_t memory = 0;
	for (size_t i = 0; i < spool->count; i++)
		memory += spool->buckets[i]->open.cap;
	return memory;
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void lines_are_parted_by_hour_in_order(void **state)
{
	(void)state;
	struct spool spool = spool_new(1 << 20);
	for (uint64_t i = 0; i < 300; i++)
		add_line(&spool, HOUR_0 + (int64_t)(i % 3), i, 50);
	assert_int_equal(spool.count, 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_lines(&spool, HOUR_0 + (int64_t)i, i, 3, 100, 50);
	spool_release(&spool);
}

static void the_hash_is_that_of_the_lines_in_one_piece(void **state)
{
	(void)state;
	struct spool spool = spool_new(1);
	add(&spool, HOUR_0, STR("first"), 0);
	add(&spool, HOUR_0 + 1, STR("elsewhere"), 6);
	add(&spool, HOUR_0, STR(""), 16);
	add(&spool, HOUR_0, STR("third"), 17);
	assert_true(hash_stream_u64(spool_bucket(&spool, HOUR_0)->hash) ==
		    hash_xxh64(STR("first\n\nthird\n"), 0));
	assert_int_equal(spool_bucket(&spool, HOUR_0)->bytes, 13);
	spool_release(&spool);
}

static void a_bucket_without_lines_has_no_extent(void **state)
{
	(void)state;
	struct spool spool = spool_new(1 << 20);
	struct bucket *bucket = spool_bucket(&spool, HOUR_0);
	assert_int_equal(spool_extents(bucket), 0);
	assert_true(hash_stream_u64(bucket->hash) == hash_xxh64(STR(""), 0));
	assert_ptr_equal(spool_bucket(&spool, HOUR_0), bucket);
	assert_ptr_not_equal(spool_bucket(&spool, -1), bucket);
	spool_release(&spool);
}

static void many_lines_of_an_hour_become_extents(void **state)
{
	(void)state;
	struct spool spool = spool_new(64 << 20);
	for (uint64_t i = 0; i < 3000; i++)
		add_line(&spool, HOUR_0, i, 500);
	const struct bucket *bucket = spool_bucket(&spool, HOUR_0);
	assert_true(bucket->extent_count >= 3000 * 500 / EXTENT);
	for (size_t i = 0; i < bucket->extent_count; i++)
		assert_true(bucket->extents[i].len <= EXTENT);
	assert_true(bucket->open.len <= EXTENT);
	assert_lines(&spool, HOUR_0, 0, 1, 3000, 500);
	spool_release(&spool);
}

static void a_line_longer_than_an_extent_is_kept_whole(void **state)
{
	(void)state;
	struct spool spool = spool_new(64 << 20);
	add_line(&spool, HOUR_0, 0, 3 * EXTENT);
	add_line(&spool, HOUR_0, 1, 3 * EXTENT);
	add_line(&spool, HOUR_0, 2, 3 * EXTENT);
	assert_int_equal(spool_extents(spool_bucket(&spool, HOUR_0)), 3);
	assert_lines(&spool, HOUR_0, 0, 1, 3, 3 * EXTENT);
	/* A short one in front of and behind it. */
	add_line(&spool, HOUR_0 + 1, 0, 9);
	add(&spool, HOUR_0 + 1, str_make(spool_bucket(&spool, HOUR_0)->open.ptr, 2 * EXTENT), 1);
	add_line(&spool, HOUR_0 + 1, 2, 9);
	assert_int_equal(spool_extents(spool_bucket(&spool, HOUR_0 + 1)), 3);
	spool_release(&spool);
}

static void with_next_to_no_memory_every_line_goes_to_disk(void **state)
{
	(void)state;
	struct spool spool = spool_new(1);
	for (uint64_t i = 0; i < 200; i++) {
		add_line(&spool, HOUR_0 + (int64_t)(i % 2), i, 70);
		assert_int_equal(memory_of(&spool), 0);
		assert_int_equal(spool.open_bytes, 0);
	}
	assert_int_equal(spool_extents(spool_bucket(&spool, HOUR_0)), 100);
	assert_lines(&spool, HOUR_0, 0, 2, 100, 70);
	assert_lines(&spool, HOUR_0 + 1, 1, 2, 100, 70);
	spool_release(&spool);
}

static void many_hours_stay_within_the_memory_allowed(void **state)
{
	(void)state;
	enum { HOURS = 3000, MEMORY = 256 << 10 };
	struct spool spool = spool_new(MEMORY);
	for (uint64_t i = 0; i < 4 * HOURS; i++) {
		add_line(&spool, HOUR_0 + (int64_t)(i % HOURS), i, 200);
		assert_true(memory_of(&spool) <= MEMORY);
	}
	assert_int_equal(spool.count, HOURS);
	for (uint64_t i = 0; i < HOURS; i += 7)
		assert_lines(&spool, HOUR_0 + (int64_t)i, i, HOURS, 4, 200);
	spool_release(&spool);
}

static void hours_that_were_long_do_not_keep_their_memory(void **state)
{
	(void)state;
	enum { HOURS = 60, MEMORY = 2 << 20 };
	struct spool spool = spool_new(MEMORY);
	for (uint64_t hour = 0; hour < HOURS; hour++) {
		for (uint64_t i = 0; i < 140; i++) {
			add_line(&spool, HOUR_0 + (int64_t)hour, i, 1000);
			assert_true(memory_of(&spool) <= MEMORY);
		}
	}
	for (uint64_t hour = 0; hour < HOURS; hour++)
		assert_lines(&spool, HOUR_0 + (int64_t)hour, 0, 1, 140, 1000);
	spool_release(&spool);
}

static void hours_far_apart_do_not_meet(void **state)
{
	static const int64_t hours[] = { -1,
					 0,
					 1,
					 315576,
					 HOUR_0,
					 HOUR_0 + (INT64_C(1) << 20),
					 HOUR_0 + (INT64_C(1) << 32),
					 INT64_MAX,
					 INT64_MIN };
	(void)state;
	struct spool spool = spool_new(1 << 20);
	for (uint64_t i = 0; i < sizeof hours / sizeof *hours; i++)
		add_line(&spool, hours[i], i, 30);
	assert_int_equal(spool.count, sizeof hours / sizeof *hours);
	for (uint64_t i = 0; i < sizeof hours / sizeof *hours; i++)
		assert_lines(&spool, hours[i], i, 1, 1, 30);
	spool_release(&spool);
}

static void what_was_read_stands_while_others_read(void **state)
{
	(void)state;
	struct spool spool = spool_new(64 << 20);
	for (uint64_t i = 0; i < 1000; i++)
		add_line(&spool, HOUR_0, i, 400);
	struct spool_group held = { 0 };
	struct err err;
	assert_ok(spool_read(&spool, spool_bucket(&spool, HOUR_0), 0, &held, &err), err);
	assert_lines(&spool, HOUR_0, 0, 1, 1000, 400);
	struct buf text = { 0 };
	for (size_t i = 0; i < held.count; i++)
		assert_true(str_equal(held.lines[i].text, line_of(i, 400, &text)));
	buf_release(&text);
	spool_group_release(&held);
	spool_release(&spool);
}

struct reader {
	const struct spool *spool;
	const struct bucket *bucket;
	size_t lines;
	bool right;
};

static void *read_all(void *context)
{
	struct reader *reader = context;
	struct spool_group group = { 0 };
	struct buf text = { 0 };
	struct err err;
	reader->right = true;
	for (size_t extent = 0; extent < spool_extents(reader->bucket); extent++) {
		if (spool_read(reader->spool, reader->bucket, extent, &group, &err) != ERR_NONE) {
			reader->right = false;
			break;
		}
		for (size_t i = 0; i < group.count; i++, reader->lines++)
			reader->right &= str_equal(group.lines[i].text,
						   line_of(group.lines[i].offset, 300, &text));
	}
	buf_release(&text);
	spool_group_release(&group);
	return NULL;
}

static void several_threads_read_at_once(void **state)
{
	(void)state;
	struct spool spool = spool_new(64 << 20);
	for (uint64_t i = 0; i < 4000; i++)
		add_line(&spool, HOUR_0 + (int64_t)(i % 2), i, 300);
	struct reader readers[4];
	pthread_t threads[4];
	for (int i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .spool = &spool,
					      .bucket = spool_bucket(&spool, HOUR_0 + i % 2) };
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_true(readers[i].right);
		assert_int_equal(readers[i].lines, 2000);
	}
	spool_release(&spool);
}

static void a_group_is_used_again_for_shorter_and_longer_extents(void **state)
{
	(void)state;
	struct spool spool = spool_new(1);
	struct spool_group group = { 0 };
	struct err err;
	add_line(&spool, HOUR_0, 0, 1000);
	add_line(&spool, HOUR_0, 1, 5);
	add_line(&spool, HOUR_0, 2, 100000);
	static const size_t lens[] = { 1000, 5, 100000, 5 };
	static const size_t extents[] = { 0, 1, 2, 1 };
	for (size_t i = 0; i < 4; i++) {
		assert_ok(
			spool_read(&spool, spool_bucket(&spool, HOUR_0), extents[i], &group, &err),
			err);
		assert_int_equal(group.count, 1);
		assert_int_equal(group.lines[0].text.len, lens[i]);
		assert_int_equal(group.lines[0].offset, extents[i]);
	}
	spool_group_release(&group);
	spool_release(&spool);
}

static void after_a_reset_it_is_as_new(void **state)
{
	(void)state;
	struct spool spool = spool_new(1000);
	struct err err;
	struct stat stat;
	for (uint64_t i = 0; i < 500; i++)
		add_line(&spool, HOUR_0 + (int64_t)(i % 100), i, 60);
	assert_int_equal(fstat(spool.fd, &stat), 0);
	assert_true(stat.st_size > 0);
	assert_ok(spool_reset(&spool, &err), err);
	assert_int_equal(fstat(spool.fd, &stat), 0);
	assert_int_equal(stat.st_size, 0);
	assert_int_equal(spool.count, 0);
	assert_int_equal(spool.open_bytes, 0);
	for (uint64_t i = 0; i < 20; i++)
		add_line(&spool, HOUR_0, i, 90);
	assert_int_equal(spool.count, 1);
	assert_lines(&spool, HOUR_0, 0, 1, 20, 90);
	spool_release(&spool);
}

static void nothing_of_it_can_be_seen_in_the_directory(void **state)
{
	(void)state;
	struct spool spool;
	struct err err;
	struct name_list names = { 0 };
	const char *dir = test_dir();
	assert_ok(spool_open(dir, 1, &spool, &err), err);
	add_line(&spool, HOUR_0, 0, 5000);
	assert_ok(dir_list(dir, &names, &err), err);
	assert_int_equal(names.count, 0);
	spool_release(&spool);
}

static void a_directory_that_is_missing_is_told(void **state)
{
	(void)state;
	struct spool spool = { .fd = -1 };
	struct err err;
	char *dir = mem_printf("%s/missing", test_dir());
	assert_fails(spool_open(dir, 1, &spool, &err), err, ERR_FATAL, dir);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_parted_by_hour_in_order),
		cmocka_unit_test(the_hash_is_that_of_the_lines_in_one_piece),
		cmocka_unit_test(a_bucket_without_lines_has_no_extent),
		cmocka_unit_test(many_lines_of_an_hour_become_extents),
		cmocka_unit_test(a_line_longer_than_an_extent_is_kept_whole),
		cmocka_unit_test(with_next_to_no_memory_every_line_goes_to_disk),
		cmocka_unit_test(many_hours_stay_within_the_memory_allowed),
		cmocka_unit_test(hours_that_were_long_do_not_keep_their_memory),
		cmocka_unit_test(hours_far_apart_do_not_meet),
		cmocka_unit_test(what_was_read_stands_while_others_read),
		cmocka_unit_test(several_threads_read_at_once),
		cmocka_unit_test(a_group_is_used_again_for_shorter_and_longer_extents),
		cmocka_unit_test(after_a_reset_it_is_as_new),
		cmocka_unit_test(nothing_of_it_can_be_seen_in_the_directory),
		cmocka_unit_test(a_directory_that_is_missing_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
