#include "base/conf.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

struct settings {
	const char *lake, *format, *token_file;
	int64_t port, batch_bytes, publish_interval, seed;
	bool compress, once;
	char **keyword;
};

#define AT(field) .offset = offsetof(struct settings, field)

static const struct conf_key keys[] = {
	{ "lake", "lake", CONF_TEXT, AT(lake), .default_text = "./lake", .value_name = "DIR",
	  .help = "directory of the lake" },
	{ "lake", "format", CONF_CHOICE, AT(format), .default_text = "table",
	  .choices = "table,csv,json", .help = "how results are written" },
	{ "collect", "port", CONF_INT, AT(port), .default_text = "7777", .min = 1, .max = 65535,
	  .help = "TCP port to listen on" },
	{ "collect", "batch_bytes", CONF_BYTES, AT(batch_bytes), .default_text = "4MiB",
	  .min = 1024, .max = INT64_MAX, .help = "bytes of posts that end a batch" },
	{ "collect", "publish_interval", CONF_DURATION, AT(publish_interval), .default_text = "1s",
	  .min = 1000, .max = 86400000000,
	  .help = "the longest time a post waits before it is published, however few have come" },
	{ "collect", "compress", CONF_BOOL, AT(compress), .default_text = "yes",
	  .help = "compress what is published" },
	{ "listen", "keyword", CONF_LIST, AT(keyword), .value_name = "K",
	  .help = "words to look for" },
	{ "listen", "token_file", CONF_TEXT, AT(token_file), .value_name = "FILE",
	  .help = "file with the bearer token" },
	{ NULL, "once", CONF_BOOL, AT(once), .value_name = "", .help = "end when all is done" },
	{ NULL, "seed", CONF_INT, AT(seed) },
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

struct fixture {
	struct settings values;
	struct conf conf;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(1, sizeof *fixture);
	conf_init(&fixture->conf, keys, KEY_COUNT, &fixture->values);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	conf_release(&fixture->conf);
	free(fixture);
	return 0;
}

static enum err_kind read_text(struct fixture *fixture, const char *text)
{
	return conf_read_text(&fixture->conf, "a.conf", str_from(text), &fixture->err);
}

/* Fails unless a file with this text is refused in exactly these words. */
static void assert_refused(struct fixture *fixture, const char *text, const char *message)
{
	assert_int_equal(read_text(fixture, text), ERR_REJECT);
	assert_string_equal(fixture->err.msg, message);
}

static enum err_kind read_flags(struct fixture *fixture, const char *line,
				bool (*accepted)(const char *), char ***ret_left)
{
	static char words[1024], *argv[32];
	char *rest = words;
	int argc = 0, left = 0;
	snprintf(words, sizeof words, "aviary %s", line);
	while (rest && *rest)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	enum err_kind kind =
		conf_read_flags(&fixture->conf, argc, argv, accepted, &left, &fixture->err);
	if (kind == ERR_NONE)
		assert_null(argv[left]);
	if (ret_left)
		*ret_left = argv;
	return kind;
}

static void assert_flags_refused(struct fixture *fixture, const char *line, const char *message)
{
	assert_int_equal(read_flags(fixture, line, NULL, NULL), ERR_REJECT);
	assert_string_equal(fixture->err.msg, message);
}

static void defaults_are_values(void **state)
{
	struct fixture *fixture = *state;
	assert_string_equal(fixture->values.lake, "./lake");
	assert_string_equal(fixture->values.format, "table");
	assert_int_equal(fixture->values.port, 7777);
	assert_int_equal(fixture->values.batch_bytes, 4 << 20);
	assert_int_equal(fixture->values.publish_interval, 1000000);
	assert_true(fixture->values.compress);
	assert_null(fixture->values.keyword);
	assert_null(fixture->values.token_file);
	assert_string_equal(fixture->conf.origins[0], "default");
}

static void a_file_sets_every_type(void **state)
{
	struct fixture *fixture = *state;
	assert_ok(read_text(fixture, "\xef\xbb\xbf# the lake\n"
				     "[lake]\r\n"
				     "lake = /srv/a lake ;1 #2\r\n"
				     "  format=json   # indented\n"
				     "\n"
				     "[ collect ]\n"
				     "port: 1\n"
				     "batch_bytes = 64KiB\n"
				     "publish_interval = 250ms ; short\n"
				     "compress = off\n"
				     "[listen] # words\n"
				     "; a comment\n"
				     "keyword = #bird, a=b ,, \"x;y\" \n"
				     "[lake]\n"
				     "[listen]\n"
				     "token_file ="),
		  fixture->err);
	struct settings *values = &fixture->values;
	assert_string_equal(values->lake, "/srv/a lake ;1 #2");
	assert_string_equal(values->format, "json");
	assert_int_equal(values->port, 1);
	assert_int_equal(values->batch_bytes, 65536);
	assert_int_equal(values->publish_interval, 250000);
	assert_false(values->compress);
	assert_string_equal(values->keyword[0], "#bird");
	assert_string_equal(values->keyword[1], "a=b");
	assert_string_equal(values->keyword[2], "\"x;y\"");
	assert_null(values->keyword[3]);
	assert_null(values->token_file);
	assert_string_equal(fixture->conf.origins[1], "a.conf:4");
	assert_string_equal(fixture->conf.origins[6], "a.conf:13");
}

static void unknown_names_get_the_nearest_known_one(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[collect]\n\npublsh_interval = 1s\n",
		       "a.conf:3: unknown key 'publsh_interval' in [collect]; "
		       "did you mean 'publish_interval'?");
	assert_refused(fixture, "[collect]\nPort=1\n",
		       "a.conf:2: unknown key 'Port' in [collect]; did you mean 'port'?");
	assert_refused(fixture, "[collect]\nprot=1\n",
		       "a.conf:2: unknown key 'prot' in [collect]; did you mean 'port'?");
	assert_refused(fixture, "[collect]\nbatch-bytes=1\n",
		       "a.conf:2: unknown key 'batch-bytes' in [collect]; "
		       "did you mean 'batch_bytes'?");
	assert_refused(fixture, "[colect]\n",
		       "a.conf:1: unknown section [colect]; did you mean [collect]?");
	assert_refused(fixture, "[lake]\nport = 1\n",
		       "a.conf:2: unknown key 'port' in [lake]; did you mean 'port' in [collect]?");
	assert_refused(fixture, "[lake]\nonce = yes\n",
		       "a.conf:2: unknown key 'once' in [lake]; did you mean the flag --once?");
	assert_string_equal(fixture->err.hint, "");
}

static void a_name_near_to_nothing_gets_the_list(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[lake]\nzzzzzz = 1\n", "a.conf:2: unknown key 'zzzzzz' in [lake]");
	assert_string_equal(fixture->err.hint, "known are lake, format");
	assert_refused(fixture, "[zzzzzz]\n", "a.conf:1: unknown section [zzzzzz]");
	assert_string_equal(fixture->err.hint, "known are [lake], [collect], [listen]");
}

static void a_bad_value_names_place_and_expectation(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[collect]\nport = 0\n",
		       "a.conf:2: port: expected a whole number, from 1 to 65535, not '0'");
	assert_refused(fixture, "[collect]\nport = 99999999999999999999\n",
		       "a.conf:2: port: expected a whole number, from 1 to 65535, "
		       "not '99999999999999999999'");
	assert_refused(fixture, "[collect]\nbatch_bytes = 1\n",
		       "a.conf:2: batch_bytes: expected a size such as 512, 64KiB, 1MiB or 2GiB, "
		       "at least 1KiB, not '1'");
	assert_refused(fixture, "[collect]\npublish_interval = 5\n",
		       "a.conf:2: publish_interval: expected a time with its unit such as 250ms, "
		       "5s, 5m, 2h or 1d, from 1ms to 1d, not '5'");
	assert_refused(fixture, "[collect]\ncompress = maybe\n",
		       "a.conf:2: compress: expected yes or no, not 'maybe'");
	assert_refused(fixture, "[lake]\nformat = xml\n",
		       "a.conf:2: format: expected one of table,csv,json, not 'xml'");
	assert_int_equal(fixture->values.port, 7777);
	assert_string_equal(fixture->values.format, "table");
	assert_string_equal(fixture->conf.origins[1], "default");
}

static void a_key_set_twice_names_both_lines(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[collect]\nport = 1\n[lake]\n[collect]\nport = 2\n",
		       "a.conf:5: 'port' in [collect] is set again, line 2 had it first");
	assert_ok(read_text(fixture, "[collect]\nport = 3\n"), fixture->err);
	assert_int_equal(fixture->values.port, 3);
}

static void lines_that_are_not_ini_are_refused(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "\n[lake]\nlake\n",
		       "a.conf:3: expected 'key = value' or '[section]'");
	assert_refused(fixture, "[lake\nlake = x\n",
		       "a.conf:1: a section that does not end with ]");
	assert_refused(fixture, "[", "a.conf:1: a section that does not end with ]");
	assert_refused(fixture, "[]", "a.conf:1: unknown section []");
	assert_refused(fixture, "lake = x\n", "a.conf:1: a key before the first [section]");
	assert_refused(fixture, "[lake]\n= x\n", "a.conf:2: a value without a key");
	assert_refused(fixture, "[lake]\nlake = a\x01\n",
		       "a.conf:2: a control character: is this a text file?");
	assert_int_equal(
		conf_read_text(&fixture->conf, "b", STR("[lake]\nlake=a\0b"), &fixture->err),
		ERR_REJECT);
	assert_string_equal(fixture->err.msg, "b:2: a control character: is this a text file?");
}

static void a_long_line_is_refused_and_a_shorter_one_is_whole(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = { 0 };
	buf_add_text(&text, "[lake]\nlake=");
	for (int i = 0; i < 60000; i++)
		buf_add_byte(&text, 'x');
	assert_ok(read_text(fixture, buf_text(&text)), fixture->err);
	assert_int_equal(strlen(fixture->values.lake), 60000);
	for (int i = 0; i < 1 << 20; i++)
		buf_add_byte(&text, 'x');
	assert_refused(fixture, buf_text(&text), "a.conf:2: a line longer than 65532 bytes");
	buf_reset(&text);
	buf_add_text(&text, "[lake]\n");
	for (int i = 0; i < 60000; i++)
		buf_add_byte(&text, 'y');
	buf_add_text(&text, " = 1");
	assert_int_equal(read_text(fixture, buf_text(&text)), ERR_REJECT);
	assert_true(strlen(fixture->err.msg) < 200);
	buf_release(&text);
}

static void hostile_bytes_never_crash(void **state)
{
	struct fixture *fixture = *state;
	static const char seed[] = "[lake]\nlake = a, b # c\n[collect]\nport = 77\ncompress=on\n"
				   "publish_interval: 5s\n[listen]\nkeyword = a,,b\n";
	uint64_t random = 88172645463325252u;
	int accepted = 0;
	for (int round = 0; round < 20000; round++) {
		char text[sizeof seed];
		memcpy(text, seed, sizeof seed);
		for (int change = 0; change < round % 4; change++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			static const char likely[] = "[]=:#;\n\r\t ,";
			size_t at = (size_t)(random % (sizeof seed - 1));
			text[at] = (random >> 32) % 2 ?
					   (char)(random >> 40) :
					   likely[(random >> 40) % (sizeof likely - 1)];
		}
		enum err_kind kind = conf_read_text(&fixture->conf, "fuzz",
						    str_make(text, sizeof seed - 1), &fixture->err);
		assert_true(kind == ERR_NONE ||
			    (kind == ERR_REJECT &&
			     str_starts(str_from(fixture->err.msg), STR("fuzz:"))));
		accepted += kind == ERR_NONE;
	}
	assert_in_range(accepted, 5000, 19999);
}

static void a_file_that_is_not_there_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/a.conf", test_dir());
	assert_fails(conf_read_file(&fixture->conf, path, &fixture->err), fixture->err, ERR_REJECT,
		     "a.conf: No such file or directory");
	assert_ok(file_replace(path, STR("[collect]\nport = 5\n"), &fixture->err), fixture->err);
	assert_ok(conf_read_file(&fixture->conf, path, &fixture->err), fixture->err);
	assert_int_equal(fixture->values.port, 5);
	free(path);
}

static void flags_win_and_leave_the_rest(void **state)
{
	struct fixture *fixture = *state;
	char **left;
	assert_ok(read_text(fixture, "[collect]\nport = 5\n[listen]\nkeyword = a, b\n"),
		  fixture->err);
	assert_ok(read_flags(fixture,
			     "replay --port 80 --keyword c,d one --publish-interval=5m --once - "
			     "--keyword -e --compress no -- --port -x",
			     NULL, &left),
		  fixture->err);
	assert_int_equal(fixture->values.port, 80);
	assert_int_equal(fixture->values.publish_interval, 300000000);
	assert_true(fixture->values.once);
	assert_false(fixture->values.compress);
	assert_string_equal(fixture->values.keyword[0], "c,d");
	assert_string_equal(fixture->values.keyword[1], "-e");
	assert_null(fixture->values.keyword[2]);
	assert_string_equal(fixture->conf.origins[2], "--port");
	assert_string_equal(fixture->conf.origins[6], "--keyword");
	static const char *const expected[] = { "aviary", "replay", "one", "-", "--port", "-x" };
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(left[i], expected[i]);
	assert_null(left[6]);
}

static void the_later_of_two_flags_wins(void **state)
{
	struct fixture *fixture = *state;
	assert_ok(read_flags(fixture, "--port=1 --port=2 --once --once=no", NULL, NULL),
		  fixture->err);
	assert_int_equal(fixture->values.port, 2);
	assert_false(fixture->values.once);
}

static bool is_not_port(const char *name)
{
	return strcmp(name, "port") != 0;
}

static void what_flags_set_becomes_flags_again(void **state)
{
	struct fixture *fixture = *state;
	struct name_list flags = { 0 };
	static const char *const expected[] = { "--batch-bytes=2MiB", "--publish-interval=90s",
						"--compress=no",      "--keyword=-a,b",
						"--keyword=c",        "--once=yes" };
	assert_ok(read_text(fixture, "[listen]\ntoken_file = from-file\n"), fixture->err);
	assert_ok(read_flags(fixture,
			     "--port 80 --keyword=-a,b --keyword c --once --compress no "
			     "--batch-bytes 2048KiB --publish-interval 90s",
			     NULL, NULL),
		  fixture->err);
	conf_add_flags(&fixture->conf, is_not_port, &flags);
	assert_int_equal(flags.count, 6);
	for (size_t i = 0; i < flags.count; i++)
		assert_string_equal(flags.names[i], expected[i]);
	name_list_release(&flags);
}

static void bad_flags_say_what_is_wrong(void **state)
{
	struct fixture *fixture = *state;
	assert_flags_refused(fixture, "--publish-intervall 1s",
			     "unknown flag '--publish-intervall'; "
			     "did you mean '--publish-interval'?");
	assert_flags_refused(fixture, "-port 1", "unknown flag '-port'; did you mean '--port'?");
	assert_flags_refused(fixture, "--zzzzzzz", "unknown flag '--zzzzzzz'");
	assert_flags_refused(fixture, "---", "unknown flag '---'");
	assert_flags_refused(fixture, "--=", "unknown flag '--='");
	assert_flags_refused(fixture, "--port", "--port: a value is missing");
	assert_flags_refused(fixture, "--port --once", "--port: a value is missing");
	assert_flags_refused(fixture, "--lake=", "--lake: the value is empty");
	assert_flags_refused(fixture, "--port x",
			     "--port: expected a whole number, from 1 to 65535, not 'x'");
	assert_int_equal(read_flags(fixture, "--port 1", is_not_port, NULL), ERR_REJECT);
	assert_string_equal(fixture->err.msg,
			    "'--port' is a flag of other commands, not of this one");
}

static void no_arguments_are_fine(void **state)
{
	struct fixture *fixture = *state;
	char *none[] = { NULL };
	int left = 7;
	assert_ok(conf_read_flags(&fixture->conf, 0, none, NULL, &left, &fixture->err),
		  fixture->err);
	assert_int_equal(left, 0);
}

static void sizes_and_times_do_not_overflow(void **state)
{
	int64_t value = -1;
	assert_true(conf_parse_bytes(STR("0"), &value) && value == 0);
	assert_true(conf_parse_bytes(STR("2GiB"), &value) && value == INT64_C(2) << 30);
	assert_true(conf_parse_bytes(STR("9223372036854775807"), &value) && value == INT64_MAX);
	assert_true(conf_parse_duration(STR("1d"), &value) && value == INT64_C(86400000000));
	assert_true(conf_parse_duration(STR("7us"), &value) && value == 7);
	assert_true(conf_parse_duration(STR("106751991d"), &value));
	assert_true(conf_parse_usd(STR("10"), &value) && value == 10000000);
	assert_true(conf_parse_usd(STR("0.005"), &value) && value == 5000);
	assert_true(conf_parse_usd(STR("9223372036854.775807"), &value) && value == INT64_MAX);
	static const char *const bad_dollars[] = { "",   ".5",  "5.", "1.0000001",
						   "-1", "1e3", "$1", "9223372036854.775808" };
	for (size_t i = 0; i < sizeof bad_dollars / sizeof *bad_dollars; i++)
		assert_false(conf_parse_usd(str_from(bad_dollars[i]), &value));
	value = -1;
	static const char *const bad_sizes[] = { "",
						 "KiB",
						 "1kib",
						 "1 KiB",
						 "-1",
						 "1.5MiB",
						 "9223372036854775808",
						 "1KiBx",
						 "0x10",
						 "+1",
						 "9007199254740992KiB" };
	for (size_t i = 0; i < sizeof bad_sizes / sizeof *bad_sizes; i++)
		assert_false(conf_parse_bytes(str_from(bad_sizes[i]), &value));
	static const char *const bad_times[] = { "", "5", "s", "5S", "1h30m", "-5s", "106751992d" };
	for (size_t i = 0; i < sizeof bad_times / sizeof *bad_times; i++)
		assert_false(conf_parse_duration(str_from(bad_times[i]), &value));
	assert_false(conf_parse_bytes(STR_NONE, &value));
	assert_int_equal(value, -1);
	(void)state;
}

static void the_effective_configuration_names_origins(void **state)
{
	struct fixture *fixture = *state;
	struct buf printed = { 0 };
	assert_ok(read_text(fixture, "[collect]\nport = 5\n"), fixture->err);
	assert_ok(read_flags(fixture, "--keyword a --keyword b --publish-interval 1500ms", NULL,
			     NULL),
		  fixture->err);
	conf_print(&fixture->conf, &printed);
	assert_string_equal(buf_text(&printed), "[lake]\n"
						"lake = ./lake                        # default\n"
						"format = table                       # default\n"
						"\n"
						"[collect]\n"
						"port = 5                             # a.conf:2\n"
						"batch_bytes = 4MiB                   # default\n"
						"publish_interval = 1500ms            "
						"# --publish-interval\n"
						"compress = yes                       # default\n"
						"\n"
						"[listen]\n"
						"keyword = a, b                       # --keyword\n"
						"# token_file =                       # not set\n");
	buf_release(&printed);
}

static void what_is_printed_reads_back_equal(void **state)
{
	struct fixture *fixture = *state;
	struct buf first = { 0 }, second = { 0 };
	conf_print(&fixture->conf, &first);
	assert_ok(conf_read_text(&fixture->conf, "again", buf_str(&first), &fixture->err),
		  fixture->err);
	conf_print(&fixture->conf, &second);
	struct str a = buf_str(&first), b = buf_str(&second), line_a, line_b;
	while (str_split(&a, '\n', &line_a)) {
		assert_true(str_split(&b, '\n', &line_b));
		const char *end = line_a.len ? memchr(line_a.ptr + 1, '#', line_a.len - 1) : NULL;
		size_t len = end ? (size_t)(end - line_a.ptr) : line_a.len;
		assert_true(line_b.len >= len && memcmp(line_a.ptr, line_b.ptr, len) == 0);
	}
	assert_false(str_split(&b, '\n', &line_b));
	buf_release(&first);
	buf_release(&second);
}

static void help_fits_80_columns(void **state)
{
	struct fixture *fixture = *state;
	struct buf help = { 0 };
	conf_help(&fixture->conf, is_not_port, &help);
	assert_string_equal(
		buf_text(&help),
		"  --lake DIR                  directory of the lake (default ./lake)\n"
		"  --format table|csv|json     how results are written (default table)\n"
		"  --batch-bytes SIZE          bytes of posts that end a batch (default 4MiB)\n"
		"  --publish-interval TIME     the longest time a post waits before it is\n"
		"                              published, however few have come (default 1s)\n"
		"  --compress yes|no           compress what is published (default yes)\n"
		"  --keyword K                 words to look for (may be repeated)\n"
		"  --token-file FILE           file with the bearer token\n"
		"  --once                      end when all is done\n");
	buf_release(&help);
}

static void help_of_long_words_fits_too(void **state)
{
	static const struct conf_key long_keys[] = {
		{ NULL, "a_flag_whose_name_is_rather_long_to_read", CONF_TEXT, 0,
		  .default_text =
			  "/a/path/that/has/no/blank/anywhere/and/does/not/fit/into/one/line/"
			  "of/the/help/text",
		  .help = "a" },
		{ NULL, "exactly_at_the_edge", CONF_TEXT, 8, .value_name = "TEXT", .help = "b" },
	};
	const char *values[2] = { NULL, NULL };
	struct conf conf;
	struct buf help = { 0 };
	conf_init(&conf, long_keys, 2, values);
	conf_help(&conf, NULL, &help);
	struct str rest = buf_str(&help), line;
	int lines = 0;
	for (; str_split(&rest, '\n', &line); lines++)
		assert_in_range(line.len, 0, 80);
	assert_in_range(lines, 6, 8);
	assert_non_null(strstr(buf_text(&help), "\n  --exactly-at-the-edge TEXT  b\n"));
	buf_release(&help);
	conf_release(&conf);
	(void)state;
}

static void a_line_of_help_is_full_at_80(void **state)
{
	static const struct {
		const char *help, *expected;
	} cases[] = {
		{ "012345678901234567890123456789012345678901234567 9",
		  "  --a TEXT                    "
		  "012345678901234567890123456789012345678901234567 9\n" },
		{ "0123456789012345678901234567890123456789012345678 0",
		  "  --a TEXT                    "
		  "0123456789012345678901234567890123456789012345678\n"
		  "                              0\n" },
	};
	for (size_t i = 0; i < 2; i++) {
		struct conf_key key = { NULL, "a", CONF_TEXT, 0, .help = cases[i].help };
		const char *value = NULL;
		struct conf conf;
		struct buf help = { 0 };
		conf_init(&conf, &key, 1, &value);
		conf_help(&conf, NULL, &help);
		assert_string_equal(buf_text(&help), cases[i].expected);
		buf_release(&help);
		conf_release(&conf);
	}
	(void)state;
}

#define WITH_CONF(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CONF(defaults_are_values),
		WITH_CONF(a_file_sets_every_type),
		WITH_CONF(unknown_names_get_the_nearest_known_one),
		WITH_CONF(a_name_near_to_nothing_gets_the_list),
		WITH_CONF(a_bad_value_names_place_and_expectation),
		WITH_CONF(a_key_set_twice_names_both_lines),
		WITH_CONF(lines_that_are_not_ini_are_refused),
		WITH_CONF(a_long_line_is_refused_and_a_shorter_one_is_whole),
		WITH_CONF(hostile_bytes_never_crash),
		WITH_CONF(a_file_that_is_not_there_is_refused),
		WITH_CONF(flags_win_and_leave_the_rest),
		WITH_CONF(the_later_of_two_flags_wins),
		WITH_CONF(what_flags_set_becomes_flags_again),
		WITH_CONF(bad_flags_say_what_is_wrong),
		WITH_CONF(no_arguments_are_fine),
		WITH_CONF(the_effective_configuration_names_origins),
		WITH_CONF(what_is_printed_reads_back_equal),
		WITH_CONF(help_fits_80_columns),
		cmocka_unit_test(help_of_long_words_fits_too),
		cmocka_unit_test(a_line_of_help_is_full_at_80),
		cmocka_unit_test(sizes_and_times_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
