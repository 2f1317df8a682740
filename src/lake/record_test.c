#include "lake/lake_fixture.h"

static struct lake_record read_back(const struct lake_record *record)
{
	struct buf text = { 0 };
	struct lake_record back;
	struct err err;
	record_write(&text, record);
	assert_true(text.len > 0 && text.ptr[text.len - 1] == '\n');
	assert_null(memchr(text.ptr, '\n', text.len - 1));
	assert_ok(record_read(buf_str(&text), &back, &err), err);
	buf_release(&text);
	return back;
}

static void assert_entry(const struct lake_file_entry *a, const struct lake_file_entry *b)
{
	assert_string_equal(a->name, b->name);
	assert_true(a->bytes == b->bytes && a->checksum == b->checksum && a->rows == b->rows &&
		    a->hour == b->hour);
}

static void assert_same(const struct lake_record *a, const struct lake_record *b)
{
	assert_true(a->number == b->number && a->kind == b->kind && a->from == b->from &&
		    a->to == b->to && a->chain == b->chain && a->time_us == b->time_us &&
		    a->previous_hash == b->previous_hash);
	assert_string_equal(a->stream, b->stream);
	assert_int_equal(a->file_count, b->file_count);
	for (size_t i = 0; i < a->file_count; i++)
		assert_entry(&a->files[i], &b->files[i]);
	assert_int_equal(!a->quarantine.name, !b->quarantine.name);
	if (a->quarantine.name)
		assert_entry(&a->quarantine, &b->quarantine);
	assert_int_equal(a->import_count, b->import_count);
	for (size_t i = 0; i < a->import_count; i++)
		assert_string_equal(a->imports[i], b->imports[i]);
}

static void add_file(struct lake_record *record, const char *name, uint64_t large, int64_t hour)
{
	MEM_GROW(record->files, record->file_cap, record->file_count + 1);
	record->files[record->file_count++] = (struct lake_file_entry){ .name = mem_strdup(name),
									.bytes = large,
									.checksum = large,
									.rows = large,
									.hour = hour };
}

static const char *const hostile[] = {
	"",
	"a \"quoted\" name",
	"back\\slash",
	"\x01\x1f\t\n\r",
	"caf\xc3\xa9 \xf0\x9f\x90\xa6",
	"{\"kind\":\"expire\"}",
	"</script>",
	"%s%n",
	"\xef\xbf\xbd",
	"../../etc/passwd",
};

static struct lake_record hostile_record(void)
{
	static const uint64_t large[] = { 0,
					  1,
					  0x1fffffffffffff,
					  0x20000000000001,
					  INT64_MAX,
					  (uint64_t)INT64_MAX + 1,
					  UINT64_MAX };
	struct lake_record record = fixture_batch(STREAM_A, UINT64_MAX - 1, UINT64_MAX);
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		add_file(&record, hostile[i], large[i % (sizeof large / sizeof large[0])],
			 i % 2 ? INT64_MIN : INT64_MAX);
		fixture_import(&record, hostile[i]);
	}
	record.quarantine = (struct lake_file_entry){ .name = mem_strdup("q\n"), .hour = -1 };
	record.chain = UINT64_MAX;
	record.time_us = INT64_MIN;
	return record;
}

static void a_record_comes_back_as_it_was(void **state)
{
	(void)state;
	for (int kind = RECORD_BATCH; kind <= RECORD_EXPIRE; kind++) {
		struct lake_record record = hostile_record();
		record.kind = (enum record_kind)kind;
		record.number = UINT64_MAX;
		record.previous_hash = 0x0123456789abcdef;
		struct lake_record back = read_back(&record);
		assert_same(&record, &back);
		lake_record_release(&back);
		lake_record_release(&record);
	}
}

static void an_empty_record_comes_back_as_it_was(void **state)
{
	(void)state;
	struct lake_record record = fixture_batch(STREAM_A, 0, 0);
	record.number = 1;
	struct lake_record back = read_back(&record);
	assert_same(&record, &back);
	assert_null(back.quarantine.name);
	lake_record_release(&back);
}

static void only_an_intent_names_staging_files(void **state)
{
	(void)state;
	struct lake_record intent = hostile_record();
	for (size_t i = 0; i < intent.file_count; i++)
		intent.files[i].staging = mem_strdup(hostile[i]);
	intent.quarantine.staging = mem_strdup("q");
	struct lake_record back = read_back(&intent);
	assert_same(&intent, &back);
	for (size_t i = 0; i < intent.file_count; i++)
		assert_string_equal(back.files[i].staging, hostile[i]);
	assert_string_equal(back.quarantine.staging, "q");
	lake_record_release(&back);

	intent.number = 7;
	back = read_back(&intent);
	assert_null(back.files[1].staging);
	assert_null(back.quarantine.staging);
	lake_record_release(&back);
	lake_record_release(&intent);
}

static void hashes_are_text_of_sixteen_digits(void **state)
{
	(void)state;
	struct lake_record record = fixture_batch(STREAM_A, 0, 5);
	struct buf text = { 0 };
	record.number = 1;
	record.chain = 0xa;
	record_write(&text, &record);
	assert_non_null(strstr(buf_text(&text), "\"chain\":\"000000000000000a\""));
	assert_non_null(strstr(buf_text(&text), "\"previous\":\"0000000000000000\""));
	buf_release(&text);
}

static const char *const good =
	"{\"number\":1,\"kind\":\"batch\",\"stream\":\"" STREAM_A "\",\"from\":0,\"to\":5,"
	"\"chain\":\"000000000000000a\",\"time_us\":1,\"files\":[{\"name\":\"n\",\"bytes\":1,"
	"\"checksum\":\"000000000000000b\",\"rows\":1,\"hour\":1}],\"imports\":[\"i\"],"
	"\"previous\":\"000000000000000c\"}\n";

/* `good` with the first `from` in it replaced. */
static char *spoilt(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	assert_non_null(at);
	return mem_printf("%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

static void a_spoilt_record_is_refused_by_the_name_of_its_member(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *words;
	} cases[] = {
		{ "\"batch\"", "\"merge\"", "unknown kind of record \"merge\"" },
		{ "\"batch\"", "7", "unknown kind" },
		{ STREAM_A, "no-uuid", "\"stream\"" },
		{ "\"from\":0", "\"from\":\"0\"", "\"from\"" },
		{ "\"from\":0", "\"from\":-1", "\"from\"" },
		{ "\"from\":0", "\"from\":6", "\"to\"" },
		{ "\"to\":5", "\"to\":18446744073709551616", "\"to\"" },
		{ "\"to\":5", "\"to\":5.0", "\"to\"" },
		{ "000000000000000a", "00000000000000A", "\"chain\"" },
		{ "000000000000000a", "00000000000000a", "\"chain\"" },
		{ "000000000000000a", "000000000000000g", "\"chain\"" },
		{ "\"time_us\":1,", "", "\"time_us\"" },
		{ "\"name\":\"n\"", "\"name\":\"n\\u0000m\"", "\"name\"" },
		{ "\"name\":\"n\"", "\"name\":null", "\"name\"" },
		{ "\"rows\":1,", "", "\"rows\"" },
		{ "\"imports\":[\"i\"]", "\"imports\":{}", "\"imports\"" },
		{ "\"imports\":[\"i\"]", "\"imports\":[1]", "\"imports\"" },
		{ "\"files\":[", "\"file\":[", "\"files\"" },
		{ "\"number\":1", "\"number\":0", "\"number\"" },
		{ "\"previous\"", "\"previou\"", "\"previous\"" },
		{ "}\n", "", "byte" },
		{ "}\n", "}{}\n", "byte" },
	};
	struct lake_record record;
	struct err err;
	assert_ok(record_read(str_from(good), &record, &err), err);
	lake_record_release(&record);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = spoilt(cases[i].from, cases[i].to);
		assert_fails(record_read(str_from(text), &record, &err), err, ERR_FATAL,
			     cases[i].words);
		free(text);
	}
}

static void a_record_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct lake_record record;
	struct err err;
	for (size_t len = 0; len < strlen(good) - 1; len++) {
		char *cut = mem_printf("%.*s", (int)len, good);
		assert_int_equal(record_read(str_from(cut), &record, &err), ERR_FATAL);
		free(cut);
	}
}

static void members_of_a_newer_aviary_are_passed_over(void **state)
{
	(void)state;
	struct lake_record record;
	struct err err;
	char *text = spoilt("\"from\":0", "\"from\":0,\"mood\":{\"a\":[1,2]}");
	assert_ok(record_read(str_from(text), &record, &err), err);
	assert_int_equal(record.to, 5);
	lake_record_release(&record);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(an_empty_record_comes_back_as_it_was),
		cmocka_unit_test(only_an_intent_names_staging_files),
		cmocka_unit_test(hashes_are_text_of_sixteen_digits),
		cmocka_unit_test(a_spoilt_record_is_refused_by_the_name_of_its_member),
		cmocka_unit_test(a_record_cut_anywhere_is_refused),
		cmocka_unit_test(members_of_a_newer_aviary_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
