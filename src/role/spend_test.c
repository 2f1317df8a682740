#include "base/test.h"

#include "role/ledger.h"

#include "base/clock.h"
#include "base/json.h"

static int64_t at(const char *text)
{
	int64_t us = 0;
	assert_int_not_equal(time_parse(str_from(text), &us), TIME_BAD);
	return us;
}

static const struct settings prices = { .budget_usd_month = 10000000,
					.price_post_usd = 5000,
					.price_user_usd = 10000 };

static struct spend spend_at(const char *time)
{
	struct spend spend = { 0 };
	spend_roll(&spend, at(time));
	return spend;
}

static void charge(struct spend *spend, uint64_t posts, uint64_t users)
{
	struct spend_sum charged = { .posts = posts, .users = users };
	spend_charge(spend, &prices, &charged);
}

static void a_day_spends_what_is_left_divided_by_the_days_left(void **state)
{
	(void)state;
	struct spend spend = spend_at("2026-11-01T00:00:00Z");
	assert_int_equal(spend_share(&spend, &prices), 10000000 / 30);
	assert_int_equal(spend_affords(&spend, &prices, 10, 100), 22); /* with an author each */
	charge(&spend, 20, 20);
	assert_int_equal(spend.today.usd, 100000);
	assert_int_equal(spend.today.usd_max, 300000);
	assert_int_equal(spend_share(&spend, &prices), 10000000 / 30);
	assert_int_equal(spend_left(&spend, &prices), 33333);
	assert_int_equal(spend_affords(&spend, &prices, 10, 100), 0);
	spend_roll(&spend, at("2026-11-02T00:00:00Z"));
	assert_int_equal(spend_share(&spend, &prices), (10000000 - 300000) / 29);
	assert_int_equal(spend.day_before, 20);
	spend_roll(&spend, at("2026-11-30T23:59:59Z"));
	assert_int_equal(spend_share(&spend, &prices), 9700000);
	assert_int_equal(spend_affords(&spend, &prices, 10, 100), 100);
	spend_roll(&spend, at("2026-12-01T00:00:00Z"));
	assert_int_equal(spend.month.usd_max, 0);
	assert_int_equal(spend_share(&spend, &prices), 10000000 / 31);
}

static void a_small_budget_reads_a_smallest_page_a_day(void **state)
{
	(void)state;
	struct settings small = prices;
	small.budget_usd_month = 200000;
	struct spend spend = spend_at("2026-11-01T00:00:00Z");
	assert_int_equal(spend_affords(&spend, &small, 10, 100), 10);
	charge(&spend, 10, 10);
	assert_int_equal(spend_affords(&spend, &small, 10, 100), 0);
	spend_roll(&spend, at("2026-11-02T00:00:00Z"));
	assert_int_equal(spend_affords(&spend, &small, 10, 100), 0); /* the month has too little */
}

static void without_a_budget_nothing_is_kept_back(void **state)
{
	(void)state;
	struct settings none = prices;
	none.budget_usd_month = 0;
	struct spend spend = spend_at("2026-11-01T00:00:00Z");
	charge(&spend, 1000000, 1000000);
	assert_int_equal(spend_affords(&spend, &none, 10, 100), 100);
}

static void a_clock_that_is_set_back_gives_no_day_twice(void **state)
{
	(void)state;
	struct spend spend = spend_at("2026-11-24T00:00:00Z");
	charge(&spend, 7, 0);
	spend_roll(&spend, at("2026-11-23T12:00:00Z"));
	assert_int_equal(spend.today.posts, 7);
	assert_int_equal(spend_next_day(at("2026-11-24T23:59:59.999999Z")),
			 at("2026-11-25T00:00:00Z"));
}

static void what_was_spent_is_read_as_it_was_written(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct spend spend = spend_at("2026-11-24T00:00:00Z"), again = { 0 };
	charge(&spend, 7, 3);
	spend.gaps = 2;
	spend_write(&text, &spend);
	assert_true(spend_read(buf_str(&text), &again));
	assert_memory_equal(&spend, &again, sizeof spend);
	assert_false(spend_read(STR("{\"day\":1}"), &again));
	buf_release(&text);
}

/* --- charged ------------------------------------------------------------------------------------------ */

static struct spend_sum count(struct charged *charged, const char *page)
{
	struct json_doc doc = { 0 };
	struct err err;
	assert_ok(json_read(&doc, str_from(page), &err), err);
	struct spend_sum sum = charged_count(charged, doc.root);
	json_release(&doc);
	return sum;
}

static void assert_charged(struct charged *charged, const char *page, uint64_t posts,
			   uint64_t users, uint64_t included)
{
	struct spend_sum sum = count(charged, page);
	assert_int_equal(sum.posts, posts);
	assert_int_equal(sum.users, users);
	assert_int_equal(sum.included, included);
}

static const char page[] =
	"{\"data\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"includes\":{"
	"\"users\":[{\"id\":\"1\"}],\"tweets\":[{\"id\":\"9\"},{\"id\":\"2\"}]}}";

static void a_post_or_user_is_charged_once_a_day(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct charged charged = { 0 };
	struct err err;
	assert_ok(charged_open(&charged, dir, 20000, &err), err);
	assert_charged(&charged, page, 2, 1, 1);
	assert_charged(&charged, page, 0, 0, 0);
	assert_ok(charged_keep(&charged, &err), err);
	assert_charged(&charged, "{\"data\":[{\"id\":\"3\"}]}", 1, 0, 0); /* and is not kept */
	charged_close(&charged);
	assert_ok(charged_open(&charged, dir, 20000, &err), err);
	assert_charged(&charged, page, 0, 0, 0);
	assert_charged(&charged, "{\"data\":[{\"id\":\"3\"},{\"id\":\"x\"},{}]}", 3, 0, 0);
	assert_ok(charged_roll(&charged, 20001, &err), err);
	assert_charged(&charged, page, 2, 1, 1);
	charged_close(&charged);
}

/* --- the books ---------------------------------------------------------------------------------------- */

struct books {
	struct settings settings;
	struct source_journal home;
	struct ledger ledger;
};

static void open_books(struct books *books, const char *dir)
{
	struct err err;
	*books = (struct books){ .settings = prices };
	books->settings.journal = dir;
	books->settings.segment_bytes = books->settings.journal_bytes = 1 << 20;
	assert_ok(source_journal_open(&books->home, &books->settings, &err), err);
	assert_ok(ledger_open(&books->ledger, &books->home, &books->settings, &err), err);
}

static void close_books(struct books *books)
{
	ledger_close(&books->ledger);
	source_journal_close(&books->home);
}

static struct request_record request(void)
{
	return (struct request_record){ .kind = "request",
					.asked_us = clock_now_us(),
					.rule = "r",
					.posts = -1,
					.new_posts = -1,
					.repeated_posts = -1 };
}

static void a_request_that_nothing_is_known_of_has_cost_all(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct books books;
	struct request_record record = request();
	open_books(&books, dir);
	ledger_asking(&books.ledger, &record, 100);
	close_books(&books); /* as a kill would: it is not told what came of it */
	for (int i = 0; i < 2; i++) {
		open_books(&books, dir);
		assert_int_equal(books.home.requests.next, 2);
		assert_int_equal(books.ledger.spend.today.posts, 100);
		assert_int_equal(books.ledger.spend.today.usd_max, 1500000);
		close_books(&books);
	}
}

static void a_record_in_the_posts_extent_is_added_once(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct books books;
	struct request_record record = request();
	struct err err;
	open_books(&books, dir);
	ledger_asking(&books.ledger, &record, 100);
	record.is_charged = true;
	record.charged = (struct spend_sum){ .posts = 7 };
	struct cursor_change change = { .name = STR(LEDGER_CURSOR),
					.value = ledger_take(&books.ledger, &record, 1) };
	struct extent extent = { .cursors = &change, .cursor_count = 1 };
	assert_ok(journal_append(books.home.journal, &extent, &err), err);
	assert_ok(journal_sync(books.home.journal, &err), err);
	close_books(&books); /* before ledger_add() */
	for (int i = 0; i < 2; i++) {
		open_books(&books, dir);
		assert_int_equal(books.home.requests.next, 2);
		assert_int_equal(books.ledger.spend.today.posts, 7);
		close_books(&books);
	}
	open_books(&books, dir);
	record = request();
	ledger_take(&books.ledger, &record, 1);
	assert_ok(ledger_add(&books.ledger, STR("{}"), &err), err);
	assert_int_equal(books.home.requests.next, 3);
	close_books(&books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_spends_what_is_left_divided_by_the_days_left),
		cmocka_unit_test(a_small_budget_reads_a_smallest_page_a_day),
		cmocka_unit_test(without_a_budget_nothing_is_kept_back),
		cmocka_unit_test(a_clock_that_is_set_back_gives_no_day_twice),
		cmocka_unit_test(what_was_spent_is_read_as_it_was_written),
		cmocka_unit_test(a_post_or_user_is_charged_once_a_day),
		cmocka_unit_test(a_request_that_nothing_is_known_of_has_cost_all),
		cmocka_unit_test(a_record_in_the_posts_extent_is_added_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
