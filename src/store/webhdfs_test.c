/* What goes wrong between us and HDFS, one thing at a time, and what must come of it. */
#include "base/test.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/stand_in.h"
#include "store/store.h"

#include <time.h>

static struct stand_in stand_in;

struct place {
	char *location;
	struct store *store;
	struct err err;
};

static int set_up(void **state)
{
	struct place *place = mem_zalloc(1, sizeof *place);
	place->location = hdfs_location(stand_in.namenode);
	assert_ok(store_open(place->location, &place->store, &place->err), place->err);
	stand_in_calm(&stand_in);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	store_close(place->store);
	free(place->location);
	free(place);
	return 0;
}

/* The same place for somebody with little time. */
static struct store *impatient(const struct place *place)
{
	struct store *store = NULL;
	struct err err;
	char *location = mem_printf("%.*s?patience=1&stall=1&user=alice",
				    (int)strcspn(place->location, "?"), place->location);
	assert_ok(store_open(location, &store, &err), err);
	free(location);
	return store;
}

static void order(const char *fault, int at)
{
	char *words = mem_printf("kind=%s&at=%d", fault, at);
	stand_in_order(&stand_in, words);
	free(words);
}

static void assert_holds(struct place *place, const char *path, const char *text)
{
	struct buf buf = { 0 };
	bool found = false;
	assert_ok(store_read(place->store, path, 1 << 24, &buf, &found, &place->err), place->err);
	assert_str(buf_str(&buf), text);
	buf_release(&buf);
}

static size_t count_names(struct place *place, const char *dir)
{
	struct name_list list = { 0 };
	assert_ok(store_list(place->store, dir, &list, &place->err), place->err);
	size_t count = list.count;
	name_list_release(&list);
	return count;
}

/* Waits until the stand-in has done what it does late. */
static void await_late(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int64_t end_us = clock_monotonic_us() + 20 * INT64_C(1000000);
	while (stand_in_count(&stand_in).late > 0) {
		assert_true(clock_monotonic_us() < end_us);
		nanosleep(&pause, NULL);
	}
}

/* The fault strikes the first, second, third … call of one claim, until it is beyond the last. */
static void claim_through(struct place *place, const char *fault)
{
	bool hit = true;
	for (int at = 1; hit; at++) {
		bool claimed = false;
		char *path = mem_printf("%s-%d", fault, at);
		stand_in_calm(&stand_in);
		order(fault, at);
		assert_ok(store_claim(place->store, path, STR("ours"), &claimed, &place->err),
			  place->err);
		hit = stand_in_count(&stand_in).hits > 0;
		await_late();
		stand_in_calm(&stand_in);
		assert_true(claimed);
		assert_holds(place, path, "ours");
		free(path);
		assert_true(at < 40);
	}
}

static void a_claim_is_won_through_a_lost_request_at_any_call(void **state)
{
	claim_through(*state, "lose_request");
	assert_int_equal(count_names(*state, ".aviary-temporary"), 0);
}

static void a_claim_is_won_through_a_lost_answer_at_any_call(void **state)
{
	claim_through(*state, "lose_answer");
	assert_int_equal(count_names(*state, ".aviary-temporary"), 0);
}

/* What was given up comes to pass when it has been done again already. */
static void a_claim_is_won_though_any_call_is_done_late(void **state)
{
	claim_through(*state, "late&seconds=0.2");
}

static void a_claim_is_won_through_half_an_upload(void **state)
{
	claim_through(*state, "half&what=UPLOAD");
	claim_through(*state, "short&what=UPLOAD");
}

static void a_claim_waits_for_safe_mode_standby_and_load_to_pass(void **state)
{
	claim_through(*state, "safe_mode&times=2");
	claim_through(*state, "standby&times=2");
	claim_through(*state, "busy&times=2");
	claim_through(*state, "unwell&times=2");
}

/* The answer that we won is lost, and meanwhile nobody else can have. */
static void a_lost_claim_is_lost_whatever_gets_lost_on_the_way(void **state)
{
	struct place *place = *state;
	bool hit = true, claimed = false;
	assert_ok(store_claim(place->store, "c", STR("theirs"), &claimed, &place->err), place->err);
	for (int at = 1; hit; at++) {
		stand_in_calm(&stand_in);
		order(at % 2 ? "lose_answer" : "lose_request", at / 2 + 1);
		assert_ok(store_claim(place->store, "c", STR("theirs"), &claimed, &place->err),
			  place->err);
		hit = stand_in_count(&stand_in).hits > 0;
		assert_false(claimed);
	}
	stand_in_calm(&stand_in);
	assert_holds(place, "c", "theirs");
	assert_int_equal(count_names(place, ".aviary-temporary"), 0);
}

static void a_rename_through_a_lost_answer_is_done(void **state)
{
	struct place *place = *state;
	bool hit = true;
	for (int at = 1; hit; at++) {
		bool done = false;
		char *from = mem_printf("from-%d", at), *to = mem_printf("d%d/to", at);
		stand_in_calm(&stand_in);
		assert_ok(store_replace(place->store, from, STR("x"), &place->err), place->err);
		order("lose_answer", at);
		assert_ok(store_rename(place->store, from, to, &done, &place->err), place->err);
		hit = stand_in_count(&stand_in).hits > 0;
		stand_in_calm(&stand_in);
		assert_true(done);
		assert_holds(place, to, "x");
		free(from);
		free(to);
	}
}

static void a_replacement_through_lost_answers_is_the_newest(void **state)
{
	struct place *place = *state;
	bool hit = true;
	for (int at = 1; hit; at++) {
		char *text = mem_printf("text %d", at);
		stand_in_calm(&stand_in);
		order("lose_answer", at);
		assert_ok(store_replace(place->store, "r", str_from(text), &place->err),
			  place->err);
		hit = stand_in_count(&stand_in).hits > 0;
		stand_in_calm(&stand_in);
		assert_holds(place, "r", text);
		free(text);
	}
}

/* A CREATE that comes when the retry's file is long in its place. */
static void a_late_upload_touches_nothing(void **state)
{
	struct place *place = *state;
	bool claimed = false;
	stand_in_order(&stand_in, "kind=late&what=UPLOAD&seconds=0.3");
	assert_ok(store_claim(place->store, "c", STR("whole"), &claimed, &place->err), place->err);
	assert_true(claimed);
	assert_int_equal(stand_in_count(&stand_in).late, 1);
	await_late();
	assert_holds(place, "c", "whole");
	assert_int_equal(count_names(place, ""), 1);
	assert_int_equal(count_names(place, ".aviary-temporary"),
			 1); /* for the sweep of tomorrow */
}

static void a_broken_download_begins_again(void **state)
{
	struct place *place = *state;
	bool hit = true;
	uint64_t checksum = 0;
	assert_ok(store_replace(place->store, "f", STR("contents"), &place->err), place->err);
	for (int at = 1; hit; at++) {
		stand_in_calm(&stand_in);
		order("lose_answer", at);
		assert_holds(place, "f", "contents");
		hit = stand_in_count(&stand_in).hits > 0;
		stand_in_calm(&stand_in);
		order("unwell", at);
		assert_ok(store_checksum(place->store, "f", &checksum, &place->err), place->err);
		assert_true(checksum == hash_xxh3(STR("contents")));
	}
}

/* Not there, and not to be asked, are two things: the second must not look like an empty lake. */
static void an_outage_is_not_an_absence(void **state)
{
	struct place *place = *state;
	struct store *store = impatient(place);
	struct buf buf = { 0 };
	struct store_stat stat;
	struct name_list names = { 0 };
	bool found = true, claimed = true;
	stand_in_order(&stand_in, "kind=safe_mode&times=100000");
	assert_fails(store_read(store, "f", 100, &buf, &found, &place->err), place->err, ERR_RETRY,
		     "safe mode");
	assert_true(found);
	assert_fails(store_stat(store, "f", &stat, &place->err), place->err, ERR_RETRY,
		     "gave up after 1 s");
	assert_fails(store_list(store, "", &names, &place->err), place->err, ERR_RETRY,
		     "safe mode");
	assert_fails(store_claim(store, "c", STR("x"), &claimed, &place->err), place->err,
		     ERR_RETRY, "SafeModeException");
	assert_true(claimed);
	stand_in_calm(&stand_in);
	assert_int_equal(count_names(place, ""), 0);
	name_list_release(&names);
	buf_release(&buf);
	store_close(store);
}

/* Whoever answers in a NameNode's place: nothing of it is believed, and nothing waits for it. */
static void an_answer_that_makes_no_sense_is_an_error(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *what, *body, *words;
	} odd[] = {
		{ "GETFILESTATUS", "", "" },
		{ "GETFILESTATUS", "<html>", "byte" },
		{ "GETFILESTATUS", "{}", "neither" },
		{ "GETFILESTATUS", "{\"FileStatus\":[1]}", "neither" },
		{ "GETFILESTATUS", "{\"FileStatus\":{\"type\":\"FILE\",\"length\":-1}}", "length" },
		{ "GETFILESTATUS",
		  "{\"FileStatus\":{\"type\":\"FILE\",\"length\":1,\"modificationTime\":1}}",
		  "fileId" },
		{ "LISTSTATUS_BATCH", "{}", "names" },
		{ "LISTSTATUS_BATCH",
		  "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":[]}},"
		  "\"remainingEntries\":9}}",
		  "empty page" },
		{ "LISTSTATUS_BATCH",
		  "{\"DirectoryListing\":{\"partialListing\":{\"FileStatuses\":{\"FileStatus\":["
		  "{\"pathSuffix\":\"../x\",\"modificationTime\":1}]}},\"remainingEntries\":0}}",
		  "no file's" },
		{ "OPEN", "{\"Location\":\"file:///etc/passwd\"}", "names no DataNode" },
		{ "OPEN", "{\"Location\":\"http://user:word@h/\"}", "credentials" },
		{ "OPEN", "[", "names no DataNode" },
	};
	assert_ok(store_replace(place->store, "f", STR("x"), &place->err), place->err);
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		struct buf fault = { 0 }, text = { 0 };
		struct name_list names = { 0 };
		struct store_stat stat;
		bool found = true;
		buf_addf(&fault, "kind=odd&what=%s&body=", odd[i].what);
		http_add_encoded(&fault, str_from(odd[i].body));
		stand_in_order(&stand_in, buf_text(&fault));
		enum err_kind kind;
		if (odd[i].what[0] == 'G')
			kind = store_stat(place->store, "f", &stat, &place->err);
		else if (odd[i].what[0] == 'L')
			kind = store_list(place->store, "", &names, &place->err);
		else
			kind = store_read(place->store, "f", 99, &text, &found, &place->err);
		assert_int_not_equal(kind, ERR_NONE);
		if (!strstr(place->err.msg, odd[i].words))
			fail_msg("%s: %s", odd[i].body, place->err.msg);
		assert_true(found);
		name_list_release(&names);
		buf_release(&fault);
		buf_release(&text);
	}
}

static void what_is_forbidden_is_said_at_once_and_explained(void **state)
{
	struct place *place = *state;
	struct store *store = impatient(place);
	bool claimed;
	static const char *const whats[] = { "MKDIRS", "UPLOAD", "RENAME" };
	for (int i = 0; i < 3; i++) {
		char *fault = mem_printf("kind=forbidden&times=1000&what=%s", whats[i]);
		stand_in_order(&stand_in, fault);
		enum err_kind kind =
			i == 0 ? store_make_dir(store, "d", true, &place->err) :
				 store_claim(store, "c", STR("x"), &claimed, &place->err);
		assert_int_equal(kind, ERR_FATAL);
		assert_non_null(strstr(place->err.msg, "Permission denied: user=alice"));
		assert_non_null(strstr(place->err.msg, i == 0 ? "/d" : "/c"));
		assert_non_null(strstr(place->err.hint, "as user alice"));
		free(fault);
	}
	stand_in_order(&stand_in, "kind=quota&times=1000&what=UPLOAD");
	assert_fails(store_claim(store, "c", STR("x"), &claimed, &place->err), place->err,
		     ERR_FATAL, "quota");
	stand_in_calm(&stand_in);
	assert_int_equal(count_names(place, ""), 0);
	assert_int_equal(count_names(place, ".aviary-temporary"), 0);
	store_close(store);
}

static void the_active_one_of_two_name_nodes_is_found(void **state)
{
	struct place *place = *state;
	struct store *store = NULL;
	bool claimed = false;
	const char *rest = strchr(strstr(place->location, "127.0.0.1:"), '/');
	char *location =
		mem_printf("webhdfs://127.0.0.1:1,127.0.0.1:%d%s", stand_in.namenode, rest);
	assert_ok(store_open(location, &store, &place->err), place->err);
	stand_in_order(&stand_in, "kind=standby&times=2");
	assert_ok(store_claim(store, "c", STR("x"), &claimed, &place->err), place->err);
	assert_true(claimed);
	stand_in_calm(&stand_in);
	assert_holds(place, "c", "x");
	free(location);
	store_close(store);
}

static void a_server_that_only_redirects_is_followed_by_hand(void **state)
{
	(void)state;
	struct stand_in other;
	struct place place;
	bool claimed = false;
	stand_in_start(&other, "--redirect", NULL);
	place.location = hdfs_location(other.namenode);
	assert_ok(store_open(place.location, &place.store, &place.err), place.err);
	assert_ok(store_claim(place.store, "c", STR("x"), &claimed, &place.err), place.err);
	assert_true(claimed);
	assert_holds(&place, "c", "x");
	store_close(place.store);
	free(place.location);
	stand_in_stop(&other);
}

static void a_large_file_arrives_whole_though_it_breaks_off_at_first(void **state)
{
	struct place *place = *state;
	enum { PIECES = 3000 };
	char *dir = NULL, piece[4096];
	uint64_t checksum = 0;
	assert_ok(store_scratch(place->store, "staging", &dir, &place->err), place->err);
	char *path = mem_printf("%s/large", dir);
	FILE *file = fopen(path, "w");
	struct hash_stream *hash = hash_stream_new(HASH_XXH3);
	for (int i = 0; i < PIECES; i++) {
		memset(piece, 'a' + i % 26, sizeof piece);
		assert_int_equal(fwrite(piece, 1, sizeof piece, file), sizeof piece);
		hash_stream_add(hash, str_make(piece, sizeof piece));
	}
	fclose(file);
	stand_in_order(&stand_in, "kind=half&what=UPLOAD");
	assert_ok(store_put_file(place->store, path, "staging/large", &place->err), place->err);
	assert_int_equal(stand_in_count(&stand_in).hits, 1);
	assert_ok(store_checksum(place->store, "staging/large", &checksum, &place->err),
		  place->err);
	assert_true(checksum == hash_stream_u64(hash));
	hash_stream_free(hash);
	free(path);
	free(dir);
}

static void what_tries_leave_behind_is_swept_after_a_day(void **state)
{
	struct place *place = *state;
	bool claimed = false;
	char now[32];
	assert_ok(store_replace(place->store, ".aviary-temporary/left", STR("x"), &place->err),
		  place->err);
	for (int day = 0; day < 2; day++) {
		struct store *store = NULL;
		char *path = mem_printf("c%d", day);
		snprintf(now, sizeof now, "%lld",
			 (long long)clock_now_us() + day * 25 * 3600 * 1000000LL);
		setenv("AVIARY_TEST_CLOCK_US", now, 1);
		assert_ok(store_open(place->location, &store, &place->err), place->err);
		assert_ok(store_claim(store, path, STR("y"), &claimed, &place->err), place->err);
		unsetenv("AVIARY_TEST_CLOCK_US");
		assert_true(claimed);
		assert_int_equal(count_names(place, ".aviary-temporary"), day == 0 ? 1 : 0);
		store_close(store);
		free(path);
	}
}

/* A clock that is a day fast sweeps what is being written: it is written again. */
static void a_claim_whose_temporary_file_is_swept_away_is_claimed_again(void **state)
{
	struct place *place = *state;
	struct stand_in_calls before, after;
	bool claimed = false;
	stand_in_order(&stand_in, "kind=forget&what=RENAME");
	before = stand_in_count(&stand_in);
	assert_ok(store_claim(place->store, "c", STR("x"), &claimed, &place->err), place->err);
	after = stand_in_count(&stand_in);
	assert_true(claimed && after.hits == 1 && after.calls > before.calls);
	assert_holds(place, "c", "x");
}

/* What a process that was killed has left on this machine. */
static void a_scratch_directory_goes_with_its_process(void **state)
{
	struct place *place = *state;
	char *ours = NULL, *again = NULL;
	int lines[2];
	assert_int_equal(pipe(lines), 0);
	pid_t child = fork();
	if (child == 0) {
		char *theirs = NULL;
		struct store *store = NULL;
		struct err err;
		if (store_open(place->location, &store, &err) != ERR_NONE ||
		    store_scratch(store, "staging", &theirs, &err) != ERR_NONE ||
		    write(lines[1], theirs, strlen(theirs)) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	int status;
	char theirs[512] = "";
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(read(lines[0], theirs, sizeof theirs - 1) > 0);
	assert_true(file_exists(theirs));
	assert_ok(store_scratch(place->store, "staging", &ours, &place->err), place->err);
	assert_ok(store_scratch(place->store, "other", &again, &place->err), place->err);
	assert_false(file_exists(theirs));
	assert_true(file_exists(ours));
	assert_string_equal(ours, again);
	close(lines[0]);
	close(lines[1]);
	free(ours);
	free(again);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_claim_is_won_through_a_lost_request_at_any_call),
		CLAIM(a_claim_is_won_through_a_lost_answer_at_any_call),
		CLAIM(a_claim_is_won_though_any_call_is_done_late),
		CLAIM(a_claim_is_won_through_half_an_upload),
		CLAIM(a_claim_waits_for_safe_mode_standby_and_load_to_pass),
		CLAIM(a_lost_claim_is_lost_whatever_gets_lost_on_the_way),
		CLAIM(a_rename_through_a_lost_answer_is_done),
		CLAIM(a_replacement_through_lost_answers_is_the_newest),
		CLAIM(a_late_upload_touches_nothing),
		CLAIM(a_broken_download_begins_again),
		CLAIM(an_outage_is_not_an_absence),
		CLAIM(an_answer_that_makes_no_sense_is_an_error),
		CLAIM(what_is_forbidden_is_said_at_once_and_explained),
		CLAIM(the_active_one_of_two_name_nodes_is_found),
		CLAIM(a_server_that_only_redirects_is_followed_by_hand),
		CLAIM(a_large_file_arrives_whole_though_it_breaks_off_at_first),
		CLAIM(what_tries_leave_behind_is_swept_after_a_day),
		CLAIM(a_claim_whose_temporary_file_is_swept_away_is_claimed_again),
		CLAIM(a_scratch_directory_goes_with_its_process),
	};
	setenv("AVIARY_SCRATCH", test_dir(), 1);
	stand_in_start(&stand_in, "--page", "7");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	stand_in_stop(&stand_in);
	return failed;
}
