#include "base/clock.h"
#include "base/test.h"
#include "invent/mint.h"
#include <strings.h>

static struct arena arena;

static const int64_t hour_us = 3600LL * 1000000;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct invention two_days(void)
{
	return (struct invention){
		.seed = 5,
		.start_us = 1795305600LL * 1000000, /* 2026-11-22 */
		.posts = 2400,
		.span_us = 48 * hour_us,
		.rhythm = true,
		.oddities = true,
	};
}

static void times_and_ids_grow_and_agree(void **state)
{
	struct invention simulators[] = { two_days(), two_days(), two_days() };

	(void)state;
	simulators[1].rhythm = false;
	simulators[2].posts = 50000000; /* several a millisecond */
	for (size_t s = 0; s < 3; s++) {
		int64_t time_us = simulators[s].start_us;
		uint64_t id = 0;

		for (uint64_t n = 0; n < 6000; n++) {
			int64_t next_us = invent_time_us(&simulators[s], n);
			uint64_t next_id = invent_id(&simulators[s], n);

			assert_true(next_us >= time_us);
			assert_true(next_id > id);
			assert_int_equal(invent_id_time_us(next_id), next_us / 1000 * 1000);
			time_us = next_us;
			id = next_id;
		}
	}
}

static void a_repost_is_known_before_it_is_minted(void **state)
{
	struct invention invention = two_days();
	uint64_t reposts = 0;

	(void)state;
	for (uint64_t n = 0; n < 500; n++) {
		bool is_repost = mint_post(&invention, n, &arena)->kind == MINTED_REPOST;

		assert_int_equal(invent_is_repost(&invention, n), is_repost);
		reposts += is_repost;
	}
	assert_true(reposts > 50 && reposts < 200);
}

static void topical_posts_say_what_they_are_about(void **state)
{
	struct invention invention = two_days();
	size_t tagged = 0, posts = 0;

	(void)state;
	invention.topical = true;
	for (uint64_t n = 0; n < 500; n++) {
		const struct minted_post *post = mint_post(&invention, n, &arena);
		const char *tag = words_topic_tag((enum topic)post->topic);
		const struct minted_text *text = post->note.text.ptr ? &post->note : &post->text;
		bool found = false;

		if (post->kind == MINTED_REPOST)
			continue;
		posts++;
		for (size_t i = 0; i < text->entity_count; i++)
			found |= text->entities[i].kind == MINTED_HASHTAG &&
				 strncasecmp(text->entities[i].text.ptr, tag, strlen(tag)) == 0;
		tagged += found;
	}
	assert_true(tagged > posts / 2 && tagged < posts * 9 / 10);
}

static void a_known_snowflake_tells_its_time(void **state)
{
	(void)state;
	/* 2021-01-06T18:40:40.344Z */
	assert_int_equal(invent_id_time_us(1346889436626259968u), 1609958440344000);
	assert_true(invent_id_floor(1609958440344000) <= 1346889436626259968u);
	assert_true(invent_id_floor(1609958440345000) > 1346889436626259968u);
	assert_int_equal(invent_id_floor(0), 0);
}

static void posts_keep_to_their_span_and_rest_at_night(void **state)
{
	struct invention invention = two_days();
	uint64_t hours[48] = { 0 };

	(void)state;
	for (uint64_t n = 0; n < invention.posts; n++) {
		int64_t hour = (invent_time_us(&invention, n) - invention.start_us) / hour_us;

		assert_in_range(hour, 0, 47);
		hours[hour]++;
	}
	for (int hour = 0; hour < 48; hour++)
		assert_true(hours[hour] > 5);
	assert_true(hours[20] > 4 * hours[3]);
}

static void counting_finds_the_first_post_not_before(void **state)
{
	struct invention invention = two_days();

	(void)state;
	assert_int_equal(invent_count_before(&invention, invention.start_us), 0);
	assert_int_equal(invent_count_below(&invention, 0), 0);
	for (uint64_t n = 0; n < 5000; n += 7) {
		assert_int_equal(invent_count_below(&invention, invent_id(&invention, n)), n);
		assert_int_equal(invent_count_below(&invention, invent_id(&invention, n) + 1),
				 n + 1);
		assert_int_equal(invent_count_before(&invention, invent_time_us(&invention, n) + 1),
				 n + 1);
	}
}

static void a_post_is_the_same_whenever_it_is_minted(void **state)
{
	struct invention invention = two_days();

	(void)state;
	for (uint64_t n = 0; n < 500; n++) {
		const struct minted_post *first = mint_post(&invention, n, &arena);
		const struct minted_post *between = mint_post(&invention, 499 - n, &arena);
		const struct minted_post *again = mint_post(&invention, n, &arena);

		(void)between;
		assert_true(str_equal(first->text.text, again->text.text));
		assert_int_equal(first->author, again->author);
		assert_int_equal(first->traits, again->traits);
		assert_int_equal(first->conversation_id, again->conversation_id);
	}
}

static void references_agree_with_their_target(void **state)
{
	struct invention invention = two_days();
	const struct minted_post *post, *target;
	int kinds[4] = { 0 }, lost = 0;

	(void)state;
	for (uint64_t n = 0; n < 2000; n++) {
		post = mint_post(&invention, n, &arena);
		kinds[post->kind]++;
		assert_true((post->kind == MINTED_ORIGINAL) == (post->reference_count == 0));
		assert_true((post->kind == MINTED_REPLY) == (post->reply_to >= 0));
		for (size_t i = 0; i < post->reference_count; i++) {
			struct minted_reference reference = post->references[i];

			assert_true(reference.id < post->id);
			if (reference.fate != FATE_THERE) {
				lost++;
				continue;
			}
			target = mint_post(&invention, reference.n, &arena);
			assert_int_equal(target->id, reference.id);
			assert_int_equal(target->author, reference.author);
			assert_int_not_equal(target->kind, MINTED_REPOST);
			if (post->kind == MINTED_REPLY && i == 0)
				assert_int_equal(post->conversation_id, target->conversation_id);
		}
	}
	for (int kind = 0; kind < 4; kind++)
		assert_true(kinds[kind] > 100);
	assert_true(lost > 20);
}

static void what_is_lost_never_was_a_post(void **state)
{
	struct invention invention = two_days();

	(void)state;
	for (uint64_t n = 0; n < 1000; n++) {
		const struct minted_post *post = mint_post(&invention, n, &arena);

		for (size_t i = 0; i < post->reference_count; i++) {
			uint64_t id = post->references[i].id;
			uint64_t there = invent_count_below(&invention, id);

			assert_true((invent_id(&invention, there) == id) ==
				    (post->references[i].fate == FATE_THERE));
		}
	}
}

static void long_posts_keep_their_whole_text(void **state)
{
	struct invention invention = two_days();
	int notes = 0;

	(void)state;
	for (uint64_t n = 0; n < 2000; n++) {
		const struct minted_post *post = mint_post(&invention, n, &arena);

		assert_true(post->text.length <= 280);
		assert_true(post->display_start <= post->display_end);
		assert_true(post->display_end <= post->text.length);
		if (!post->note.text.ptr)
			continue;
		notes++;
		assert_true(post->note.length > 140);
		assert_true(post->note.text.len > 40);
		assert_memory_equal(post->text.text.ptr, post->note.text.ptr, 40);
	}
	assert_true(notes > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_and_ids_grow_and_agree),
		cmocka_unit_test(a_repost_is_known_before_it_is_minted),
		cmocka_unit_test(topical_posts_say_what_they_are_about),
		cmocka_unit_test(a_known_snowflake_tells_its_time),
		cmocka_unit_test(posts_keep_to_their_span_and_rest_at_night),
		cmocka_unit_test(counting_finds_the_first_post_not_before),
		cmocka_unit_test_teardown(a_post_is_the_same_whenever_it_is_minted, forget),
		cmocka_unit_test_teardown(references_agree_with_their_target, forget),
		cmocka_unit_test_teardown(what_is_lost_never_was_a_post, forget),
		cmocka_unit_test_teardown(long_posts_keep_their_whole_text, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
