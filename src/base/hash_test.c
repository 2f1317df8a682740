#include "base/hash.h"

#include "base/test.h"

/* Feeds the same 5000 bytes whole and in pieces of growing size. */
static void feed(struct hash_stream *stream, struct str bytes, bool whole)
{
	size_t at = 0;
	for (size_t piece = 0; at < bytes.len; piece = piece * 2 + 1) {
		size_t len = whole || piece > bytes.len - at ? bytes.len - at : piece;
		hash_stream_add(stream, str_make(bytes.ptr + at, len));
		at += len;
	}
}

static struct str sample(void)
{
	static char bytes[5000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 131 % 257);
	return str_make(bytes, sizeof bytes);
}

static void known_values_of_xxhash(void **state)
{
	assert_true(hash_xxh64(STR(""), 0) == 0xef46db3751d8e999u);
	assert_true(hash_xxh64(STR_NONE, 0) == 0xef46db3751d8e999u);
	assert_true(hash_xxh64(STR("abc"), 0) == 0x44bc2cf5ad770999u);
	assert_true(hash_xxh64(STR("abc"), 1) != hash_xxh64(STR("abc"), 0));
	assert_true(hash_xxh3(STR("")) == 0x2d06800538d394c2u);
	assert_true(hash_xxh3(STR_NONE) == 0x2d06800538d394c2u);
	(void)state;
}

static void assert_sha256(struct str bytes, const char *expected)
{
	struct hash_stream *stream = hash_stream_new(HASH_SHA256);
	char hex[65];
	hash_stream_add(stream, bytes);
	hash_stream_hex(stream, hex);
	assert_string_equal(hex, expected);
	hash_stream_free(stream);
}

static void known_values_of_sha256(void **state)
{
	assert_sha256(STR("abc"),
		      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sha256(STR_NONE, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	(void)state;
}

static void pieces_hash_as_the_whole(void **state)
{
	struct str bytes = sample();
	struct hash_stream *stream = hash_stream_new(HASH_XXH64);
	assert_true(hash_stream_u64(stream) == hash_xxh64(STR(""), 0));
	feed(stream, bytes, false);
	assert_true(hash_stream_u64(stream) == hash_xxh64(bytes, 0));
	hash_stream_free(stream);
	stream = hash_stream_new(HASH_XXH3);
	feed(stream, bytes, false);
	assert_true(hash_stream_u64(stream) == hash_xxh3(bytes));
	hash_stream_free(stream);
	struct hash_stream *whole = hash_stream_new(HASH_SHA256);
	stream = hash_stream_new(HASH_SHA256);
	char hex[65], hex_of_whole[65];
	feed(stream, bytes, false);
	feed(whole, bytes, true);
	hash_stream_hex(stream, hex);
	hash_stream_hex(whole, hex_of_whole);
	assert_string_equal(hex, hex_of_whole);
	hash_stream_free(stream);
	hash_stream_free(whole);
	(void)state;
}

static void a_stream_goes_on_after_its_value_was_read(void **state)
{
	struct hash_stream *stream = hash_stream_new(HASH_XXH3);
	hash_stream_add(stream, STR("ab"));
	assert_true(hash_stream_u64(stream) == hash_xxh3(STR("ab")));
	hash_stream_add(stream, STR("c"));
	assert_true(hash_stream_u64(stream) == hash_xxh3(STR("abc")));
	hash_stream_free(stream);
	hash_stream_free(NULL);
	(void)state;
}

static void uuids_are_random_and_of_version_4(void **state)
{
	char uuid[UUID_TEXT], last[UUID_TEXT] = "";
	for (int i = 0; i < 1000; i++) {
		uuid_new(uuid);
		assert_int_equal(strlen(uuid), 36);
		assert_true(uuid_valid(str_from(uuid)));
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
		assert_string_not_equal(uuid, last);
		memcpy(last, uuid, sizeof last);
	}
	(void)state;
}

static void what_is_no_uuid_is_refused(void **state)
{
	assert_true(uuid_valid(STR("01234567-89ab-4def-8123-456789abcdef")));
	assert_false(uuid_valid(STR("01234567-89ab-4def-8123-456789abcde")));
	assert_false(uuid_valid(STR("01234567-89ab-4def-8123-456789abcdef0")));
	assert_false(uuid_valid(STR("01234567-89AB-4DEF-8123-456789ABCDEF")));
	assert_false(uuid_valid(STR("01234567089ab-4def-8123-456789abcdef")));
	assert_false(uuid_valid(STR("01234567-89ab-4def-8123-456789abcdeg")));
	assert_false(uuid_valid(STR("0123456--89ab-4def-8123-456789abcdef")));
	assert_false(uuid_valid(STR_NONE));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values_of_xxhash),
		cmocka_unit_test(known_values_of_sha256),
		cmocka_unit_test(pieces_hash_as_the_whole),
		cmocka_unit_test(a_stream_goes_on_after_its_value_was_read),
		cmocka_unit_test(uuids_are_random_and_of_version_4),
		cmocka_unit_test(what_is_no_uuid_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
