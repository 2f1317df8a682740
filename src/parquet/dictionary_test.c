#include "parquet/dictionary.h"

#include "base/buf.h"
#include "base/test.h"

/* Texts as vectors hold them: eight bytes, then each with its length in front. */
static size_t add(struct buf *texts, struct str text)
{
	uint32_t len = htole32((uint32_t)text.len);
	if (texts->len == 0)
		buf_add(texts, "\0\0\0\0\0\0\0\0", 8);
	size_t at = texts->len;
	buf_add(texts, &len, sizeof len);
	buf_add_str(texts, text);
	return at;
}

static void equal_texts_share_an_index_and_others_do_not(void **state)
{
	/* Lengths around eight and 32, where they are hashed in other ways; beginnings and ends alike. */
	enum { COUNT = 5 * 44 };
	struct dictionary dictionary = { 0 };
	struct buf texts = { 0 }, text = { 0 };
	size_t at[2 * COUNT], count = 0;
	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t len = 0; len < 44; len++) {
			for (size_t kind = 0; kind < 5; kind++) {
				buf_reset(&text);
				for (size_t i = 0; i < len; i++)
					buf_add_byte(&text, i == len * kind / 5 ? 'b' : 'a');
				at[count++] = add(&texts, buf_str(&text));
			}
		}
	}
	dictionary_begin(&dictionary, count);
	for (size_t i = 0; i < count; i++)
		assert_true(dictionary_add_text(&dictionary, texts.ptr + at[i]));
	for (size_t i = 0; i < count; i++) {
		const char *value = dictionary.values[dictionary.indices[i]].text;
		assert_true(str_equal(text_at(value), text_at(texts.ptr + at[i])));
	}
	for (size_t i = 0; i < dictionary.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(str_equal(text_at(dictionary.values[i].text),
					       text_at(dictionary.values[j].text)));
	buf_release(&texts);
	buf_release(&text);
	dictionary_release(&dictionary);
}

static void numbers_keep_their_bits(void **state)
{
	struct dictionary dictionary = { 0 };
	(void)state;
	for (int round = 0; round < 2; round++) {
		dictionary_begin(&dictionary, 3000);
		for (uint64_t i = 0; i < 3000; i++)
			assert_true(dictionary_add_bits(&dictionary, i % 500 << (i % 2 * 50)));
		for (uint64_t i = 0; i < 3000; i++)
			assert_true(dictionary.values[dictionary.indices[i]].bits ==
				    i % 500 << (i % 2 * 50));
		assert_int_equal(dictionary.count, 500);
	}
	dictionary_release(&dictionary);
}

static void it_gives_up_early_where_nothing_repeats(void **state)
{
	struct dictionary dictionary = { 0 };
	uint64_t added = 0;
	(void)state;
	dictionary_begin(&dictionary, 30000);
	while (dictionary_add_bits(&dictionary, added * 1000003))
		added++;
	assert_true(added < 2000);
	dictionary_release(&dictionary);
}

static void it_gives_up_when_it_gets_large(void **state)
{
	struct dictionary dictionary = { 0 };
	uint64_t distinct = 0;
	(void)state;
	dictionary_begin(&dictionary, 200000);
	while (distinct < 100000 && dictionary_add_bits(&dictionary, distinct) &&
	       dictionary_add_bits(&dictionary, distinct) &&
	       dictionary_add_bits(&dictionary, distinct))
		distinct++;
	assert_true(distinct >= 4096 && distinct < 100000);
	dictionary_release(&dictionary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_share_an_index_and_others_do_not),
		cmocka_unit_test(numbers_keep_their_bits),
		cmocka_unit_test(it_gives_up_early_where_nothing_repeats),
		cmocka_unit_test(it_gives_up_when_it_gets_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
