#include "parquet/levels.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

/* --- reading it back, by Encodings.md ------------------------------------------------------------------ */

static uint64_t varint(const uint8_t **at)
{
	uint64_t value = 0;
	for (int shift = 0;; shift += 7) {
		uint8_t byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
}

static void assert_hybrid(struct str bytes, int width, const uint32_t *expected, size_t count)
{
	const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
	size_t seen = 0;
	while (seen < count) {
		assert_true(at < end);
		uint64_t head = varint(&at);
		if (head & 1) {
			size_t groups = head >> 1;
			assert_true(at + groups * (size_t)width <= end);
			for (size_t i = 0; i < groups * 8; i++, seen += seen < count) {
				uint32_t value = 0;
				for (size_t bit = 0; bit < (size_t)width; bit++) {
					size_t place = i * (size_t)width + bit;
					value |= (uint32_t)(at[place / 8] >> place % 8 & 1) << bit;
				}
				assert_int_equal(value, seen < count ? expected[seen] : 0);
			}
			at += groups * (size_t)width;
		} else {
			uint32_t value = 0;
			memcpy(&value, at, (size_t)(width + 7) / 8);
			at += (width + 7) / 8;
			for (size_t i = 0; i < head >> 1; i++)
				assert_int_equal(value, expected[seen++]);
		}
	}
	assert_ptr_equal(at, end);
}

static void assert_with_length(const struct buf *out, int width, const uint32_t *expected,
			       size_t count)
{
	uint32_t len;
	memcpy(&len, out->ptr, sizeof len);
	assert_int_equal(len, out->len - sizeof len);
	assert_hybrid(str_make(out->ptr + sizeof len, len), width, expected, count);
}

/* --- tests --------------------------------------------------------------------------------------------- */

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 33) % limit;
}

static void levels_come_back_whatever_their_width_and_number(void **state)
{
	uint64_t seed = 1;
	(void)state;
	for (uint8_t max = 1; max <= 15; max++) {
		for (size_t count = 1; count < 70; count++) {
			int width = 32 - __builtin_clz(max);
			uint32_t expected[70];
			uint8_t levels[70];
			struct buf out = { 0 };
			for (size_t i = 0; i < count; i++)
				expected[i] = levels[i] =
					(uint8_t)(count % 7 == 0 ? max :
								   random_below(&seed, max + 1u));
			uint8_t *exact = mem_alloc(count); /* ends where it says */
			memcpy(exact, levels, count);
			levels_add(&out, exact, count, max);
			assert_with_length(&out, width, expected, count);
			free(exact);
			buf_release(&out);
		}
	}
}

static void bits_come_back_as_levels(void **state)
{
	uint64_t seed = 2;
	(void)state;
	for (size_t count = 1; count < 200; count += 3) {
		uint64_t bits[4] = { 0 };
		uint32_t expected[200];
		struct buf out = { 0 };
		for (size_t i = 0; i < count; i++) {
			expected[i] = random_below(&seed, 2);
			bits[i / 64] |= (uint64_t)expected[i] << i % 64;
		}
		levels_add_bits(&out, bits, count, false);
		assert_with_length(&out, 1, expected, count);
		buf_reset(&out);
		for (size_t i = 0; i < count; i++)
			expected[i] = 1;
		levels_add_bits(&out, bits, count, true);
		assert_with_length(&out, 1, expected, count);
		buf_reset(&out);
		memset(expected, 0, sizeof expected);
		levels_add_zeros(&out, count);
		assert_with_length(&out, 1, expected, count);
		buf_release(&out);
	}
}

static void indices_come_back_whatever_their_width(void **state)
{
	uint64_t seed = 3;
	(void)state;
	for (int width = 1; width <= 20; width++) {
		for (size_t count = 1; count < 100; count += 7) {
			uint32_t expected[100];
			struct buf out = { 0 };
			for (size_t i = 0; i < count; i++)
				expected[i] = count % 3 == 0 ? 1 : random_below(&seed, 1u << width);
			indices_add(&out, expected, count, width);
			assert_hybrid(buf_str(&out), width, expected, count);
			buf_release(&out);
		}
	}
}

static void assert_entries(const struct levels *levels, const char *expected)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < levels->count; i++)
		buf_addf(&text, "%s%d%d", i ? " " : "", levels->rep[i], levels->def[i]);
	buf_add_text(&text, " /");
	for (size_t i = 0; i < levels->item_count; i++)
		buf_addf(&text, " %u:%u", levels->at[i], levels->item[i]);
	assert_str(buf_str(&text), expected);
	buf_release(&text);
}

/* The example of levels.h: ["a", null], [], null, ["b"]. */
static void lists_nulls_and_empty_lists_are_told_apart(void **state)
{
	const uint64_t rows = 0xb, items = 0x5; /* 1101, 101, the first row rightmost */
	const struct list_entry lists[] = { { 0, 2 }, { 2, 0 }, { 9, 9 }, { 2, 1 } };
	struct levels levels[3] = { 0 };
	(void)state;
	levels_of_rows(&levels[0], &rows, 4);
	assert_entries(&levels[0], "01 01 00 01 / 0:0 1:1 3:3");
	levels_list(&levels[1], &levels[0], lists);
	assert_entries(&levels[1], "02 12 01 00 02 / 0:0 1:1 4:2");
	levels_optional(&levels[2], &levels[1], &items);
	assert_entries(&levels[2], "03 12 01 00 03 / 0:0 4:2");
	for (size_t i = 0; i < 3; i++)
		levels_release(&levels[i]);
}

/* [[x, y], [], null], [], [[z]] */
static void lists_in_lists_say_which_list_goes_on(void **state)
{
	const uint64_t all = ~UINT64_C(0), inner = 0xb;
	const struct list_entry outer_lists[] = { { 0, 3 }, { 3, 0 }, { 3, 1 } };
	const struct list_entry inner_lists[] = { { 0, 2 }, { 2, 0 }, { 0, 0 }, { 2, 1 } };
	struct levels levels[5] = { 0 };
	(void)state;
	levels_of_rows(&levels[0], &(uint64_t){ 7 }, 3);
	levels_list(&levels[1], &levels[0], outer_lists);
	levels_optional(&levels[2], &levels[1], &inner);
	levels_list(&levels[3], &levels[2], inner_lists);
	levels_optional(&levels[4], &levels[3], &all);
	assert_entries(&levels[4], "05 25 13 12 01 05 / 0:0 1:1 5:2");
	for (size_t i = 0; i < 5; i++)
		levels_release(&levels[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_come_back_whatever_their_width_and_number),
		cmocka_unit_test(bits_come_back_as_levels),
		cmocka_unit_test(indices_come_back_whatever_their_width),
		cmocka_unit_test(lists_nulls_and_empty_lists_are_told_apart),
		cmocka_unit_test(lists_in_lists_say_which_list_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
