/* How post n comes about:
 *
 *     n ── time, id         by the pace alone
 *     n ── kind, author     by dice of (seed, n)
 *     n ── target           an earlier post, for replies, quotes and reposts; popular ones (every
 *                           eighth) draw half of all references
 *     n ── text, traits     by further dice; a repost invents its target and cuts its text
 *
 * Targets are never reposts, so inventing one post invents at most one other. Half of the dice are
 * cast by number and purpose only: two posts that refer to the same target agree about it without
 * inventing it whole. */
#include "invent/compose.h"
#include "base/clock.h"
#include "invent/people.h"

enum {
	CAST_JITTER = 1,
	CAST_KIND,
	CAST_AUTHOR,
	CAST_TARGET,
	CAST_FATE,
	CAST_MEDIA,
	CAST_TRAITS,
	CAST_QUOTE,
	CAST_PLACE,
	CAST_EDITS,
	CAST_POLL,
	CAST_LANGUAGE
};

static const int64_t hour_us = 3600LL * 1000000, day_us = 24 * 3600LL * 1000000;
static const int64_t snowflake_epoch_ms = 1288834974657;

/* Where in an evenly paced day the hours of a real one begin. */
static const int64_t even_hours[25] = {
	0,   20,  34,  44,  52,  62,  80,  110, 152, 200, 246, 290, 336,
	388, 438, 484, 530, 580, 638, 704, 776, 846, 906, 952, 982,
};

static int64_t floor_day(int64_t time_us)
{
	return (time_us - (time_us % day_us + day_us) % day_us) / day_us;
}

static int64_t to_even(int64_t time_us)
{
	int64_t day = floor_day(time_us), left = time_us - day * day_us;
	int64_t hour = left / hour_us;

	left -= hour * hour_us;
	return day * day_us + even_hours[hour] * day_us / even_hours[24] +
	       left * (even_hours[hour + 1] - even_hours[hour]) / even_hours[24] * 24;
}

static int64_t from_even(int64_t even_us)
{
	int64_t day = floor_day(even_us), left = even_us - day * day_us;
	int hour = 0;

	while (left >= even_hours[hour + 1] * day_us / even_hours[24])
		hour++;
	left -= even_hours[hour] * day_us / even_hours[24];
	left = left / 24 * even_hours[24] / (even_hours[hour + 1] - even_hours[hour]);
	if (left >= hour_us)
		left = hour_us - 1;
	return day * day_us + hour * hour_us + left;
}

int64_t invent_time_us(const struct invention *invention, uint64_t n)
{
	struct dice dice = dice_for(invention->seed, n, CAST_JITTER);
	int64_t step_us = invention->span_us / (int64_t)invention->posts;
	int64_t passed_us = (int64_t)((__int128)invention->span_us * n / invention->posts);

	if (step_us > 0)
		passed_us += (int64_t)dice_below(
			&dice, (uint64_t)(step_us < 1LL << 32 ? step_us : 1LL << 32));
	if (!invention->rhythm)
		return invention->start_us + passed_us;
	return from_even(to_even(invention->start_us) + passed_us);
}

int64_t invent_id_time_us(uint64_t id)
{
	return ((int64_t)(id >> 22) + snowflake_epoch_ms) * 1000;
}

uint64_t invent_id_floor(int64_t time_us)
{
	int64_t ms = time_us / 1000 - snowflake_epoch_ms;

	return ms < 0 ? 0 : (uint64_t)ms << 22;
}

uint64_t invent_id(const struct invention *invention, uint64_t n)
{
	return invent_id_floor(invent_time_us(invention, n)) | (n & 0x3fffff);
}

/* Whether post n has that id or a higher one or, where id is 0, was written then or later. */
static bool reached(const struct invention *invention, uint64_t n, int64_t time_us, uint64_t id)
{
	return id ? invent_id(invention, n) >= id : invent_time_us(invention, n) >= time_us;
}

static uint64_t first_reached(const struct invention *invention, int64_t time_us, uint64_t id)
{
	uint64_t low = 0, high = 1;

	while (!reached(invention, high, time_us, id)) {
		low = high;
		high *= 2;
	}
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (reached(invention, middle, time_us, id))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint64_t invent_count_before(const struct invention *invention, int64_t time_us)
{
	return first_reached(invention, time_us, 0);
}

uint64_t invent_count_below(const struct invention *invention, uint64_t id)
{
	return id ? first_reached(invention, 0, id) : 0;
}

static enum minted_kind kind_of(const struct invention *invention, uint64_t n)
{
	struct dice dice = dice_for(invention->seed, n, CAST_KIND);
	uint64_t hundred = dice_below(&dice, 100);

	if (n == 0 || hundred < 45)
		return MINTED_ORIGINAL;
	return hundred < 67 ? MINTED_REPLY : hundred < 78 ? MINTED_QUOTE : MINTED_REPOST;
}

bool invent_is_repost(const struct invention *invention, uint64_t n)
{
	return kind_of(invention, n) == MINTED_REPOST;
}

static int author_of(const struct invention *invention, uint64_t n)
{
	struct dice dice = dice_for(invention->seed, n, CAST_AUTHOR);
	int language = words_language(&dice);

	return people_pick(&dice, language);
}

static uint64_t target_of(const struct invention *invention, uint64_t n)
{
	struct dice dice = dice_for(invention->seed, n, CAST_TARGET);
	uint64_t back = 1 + dice_below(&dice, (uint64_t)1 << dice_below(&dice, 11));
	uint64_t target = back < n ? n - back : 0;

	if (dice_permille(&dice, 500))
		target -= target % 8;
	while (kind_of(invention, target) == MINTED_REPOST)
		target--;
	return target;
}

static struct minted_reference refer(const struct invention *invention, uint64_t n,
				     enum minted_kind kind)
{
	struct dice dice = dice_for(invention->seed, n, CAST_FATE);
	uint64_t target = target_of(invention, n), thousand = dice_below(&dice, 1000);
	struct minted_reference reference = {
		.kind = kind,
		.n = target,
		.id = invent_id(invention, target),
		.author = author_of(invention, target),
	};

	if (kind == MINTED_REPOST)
		return reference;
	reference.fate = thousand < 70  ? FATE_DELETED :
			 thousand < 140 ? FATE_PROTECTED :
					  FATE_THERE;
	if (reference.fate != FATE_THERE)
		reference.id ^= 1 << 21; /* no post was ever minted with this id */
	return reference;
}

static uint64_t conversation_of(const struct invention *invention, uint64_t n)
{
	while (kind_of(invention, n) == MINTED_REPLY) {
		struct minted_reference reference = refer(invention, n, MINTED_REPLY);

		if (reference.fate != FATE_THERE)
			return reference.id;
		n = reference.n;
	}
	return invent_id(invention, n);
}

static uint64_t pick_traits(const struct invention *invention, const struct minted_post *post)
{
	static const uint8_t permille[TRAITS] = {
		[TRAIT_SENSITIVE] = 20,      [TRAIT_WITHHELD] = 10,     [TRAIT_COMMUNITY] = 20,
		[TRAIT_ARTICLE] = 12,        [TRAIT_PAID] = 15,         [TRAIT_SCOPES] = 12,
		[TRAIT_MEDIA_NOTES] = 50,    [TRAIT_NOTE_REQUEST] = 20, [TRAIT_SOURCE_LINKS] = 20,
		[TRAIT_MEDIA_METADATA] = 80,
	};
	static const uint8_t odd_permille[TRAITS] = {
		[TRAIT_TIME_OFFSET] = 30,
		[TRAIT_TIME_SECONDS] = 30,
		[TRAIT_TIME_ABSENT] = 30,
		[TRAIT_AUTHOR_ABSENT] = 30,
		[TRAIT_GEO_EMPTY] = 40,
		[TRAIT_ATTACHMENTS_EMPTY] = 40,
		[TRAIT_NULLS] = 35,
		[TRAIT_UNKNOWN] = 40,
		[TRAIT_UNKNOWN_ENTITIES] = 50,
		[TRAIT_UNKNOWN_MEDIA] = 150,
	};
	struct dice dice = dice_for(invention->seed, post->n, CAST_TRAITS);
	uint64_t traits = 0, often = invention->oddities ? 3 : 1;

	for (int trait = 0; trait < TRAITS; trait++) {
		uint64_t chance = permille[trait] * often;

		if (invention->oddities)
			chance += odd_permille[trait];
		if (trait == TRAIT_CONTEXT)
			chance = 500;
		if (post->kind == MINTED_REPOST && trait < TRAIT_CONTEXT)
			chance = 0;
		if (dice_permille(&dice, chance))
			traits |= (uint64_t)1 << trait;
	}
	return traits;
}

static void add_media(struct minted_post *post, const struct invention *invention,
		      const struct language *language, struct arena *arena)
{
	static const uint32_t shapes[][2] = {
		{ 1200, 900 },
		{ 1080, 1350 },
		{ 2048, 1536 },
		{ 720, 1280 },
	};
	struct dice dice = dice_for(invention->seed, post->n, CAST_MEDIA);
	uint64_t hundred = dice_below(&dice, 100);
	const char *city, *emoji;
	int64_t uploaded_us;

	if (!dice_permille(&dice, 270))
		return;
	post->media_count = hundred < 55 ? 1 : hundred < 78 ? 1 + dice_below(&dice, 4) : 1;
	for (size_t i = 0; i < post->media_count; i++) {
		struct minted_medium *medium = &post->media[i];
		const uint32_t *shape = shapes[dice_below(&dice, 4)];

		medium->kind = hundred < 70 ? MEDIUM_PHOTO :
			       hundred < 78 ? (int)dice_below(&dice, 2) :
			       hundred < 90 ? MEDIUM_VIDEO :
					      MEDIUM_GIF;
		uploaded_us = post->created_us - (int64_t)dice_below(&dice, 60000000);
		medium->id = invent_id_floor(uploaded_us) | (post->n & 0xfffff) << 2 | i;
		medium->width = shape[0];
		medium->height = shape[1];
		if (medium->kind == MEDIUM_VIDEO)
			medium->duration_ms = 1500 + (uint32_t)dice_below(&dice, 140000);
		city = words_any(&dice, language->cities);
		emoji = words_emoji(&dice, (enum topic)post->topic);
		if (dice_permille(&dice, 300))
			medium->alt_text = text_format(arena, "%s: %s &amp; %s", city, emoji,
						       language->topics[post->topic].tags[0]);
	}
}

static void add_place(struct minted_post *post, const struct invention *invention)
{
	struct dice dice = dice_for(invention->seed, post->n, CAST_PLACE);
	uint64_t chance = invention->oddities ? 170 : 60;
	const int32_t *box;

	post->place = -1;
	if (!dice_permille(&dice, chance))
		return;
	post->place = words_place(&dice);
	if (!dice_permille(&dice, 350))
		return;
	box = words_places[post->place].box_e5;
	post->pinpointed = true;
	post->longitude_e5 = box[0] + (int32_t)dice_below(&dice, (uint64_t)(box[2] - box[0]) + 1);
	post->latitude_e5 = box[1] + (int32_t)dice_below(&dice, (uint64_t)(box[3] - box[1]) + 1);
}

static void add_edits(struct minted_post *post, const struct invention *invention)
{
	struct dice dice = dice_for(invention->seed, post->n, CAST_EDITS);
	size_t count = 1;

	if (post->kind != MINTED_REPOST && dice_permille(&dice, 40))
		count = 2 + dice_below(&dice, 4);
	for (size_t i = 0; i + 1 < count; i++) {
		int64_t earlier_us = (int64_t)(count - 1 - i) * 240 * 1000000;

		post->edits[i] = invent_id_floor(post->created_us - earlier_us) |
				 dice_below(&dice, 1 << 22);
	}
	post->edits[count - 1] = post->id;
	post->edit_count = count;
}

static void add_references(struct minted_post *post, const struct invention *invention)
{
	struct dice dice = dice_for(invention->seed, post->n, CAST_QUOTE);
	struct minted_reference first;

	post->reply_to = -1;
	post->conversation_id = post->id;
	if (post->kind == MINTED_ORIGINAL)
		return;
	first = refer(invention, post->n, post->kind);
	post->references[post->reference_count++] = first;
	if (post->kind != MINTED_REPLY)
		return;
	post->reply_to = first.author;
	post->conversation_id = conversation_of(invention, post->n);
	if (first.n > 0 && dice_permille(&dice, 80))
		post->references[post->reference_count++] = refer(invention, first.n, MINTED_QUOTE);
}

static void add_poll(struct minted_post *post, const struct invention *invention)
{
	struct dice dice = dice_for(invention->seed, post->n, CAST_POLL);

	if (!dice_permille(&dice, invention->oddities ? 60 : 25) || post->media_count > 0)
		return;
	post->poll_id = post->id - ((uint64_t)1 << 22 << 10);
	post->poll_options = 2 + (int)dice_below(&dice, 2);
}

const struct minted_post *mint_post(const struct invention *invention, uint64_t n,
				    struct arena *arena)
{
	struct minted_post *post = arena_alloc(arena, sizeof *post);
	struct dice dice = dice_for(invention->seed, n, CAST_LANGUAGE);
	const struct minted_post *target;
	const struct language *language;

	*post = (struct minted_post){
		.n = n,
		.id = invent_id(invention, n),
		.created_us = invent_time_us(invention, n),
		.kind = kind_of(invention, n),
		.author = author_of(invention, n),
	};
	post->topic = (int)words_topic(&dice, hour_of(post->created_us).hour);
	post->traits = pick_traits(invention, post);
	add_references(post, invention);
	add_edits(post, invention);
	post->place = -1;
	if (post->kind == MINTED_REPOST) {
		target = mint_post(invention, post->references[0].n, arena);
		post->lang = target->lang;
		post->topic = target->topic;
		compose_repost(invention, post, target, arena);
		return post;
	}
	/* Some write English now and then. */
	language = &words_languages[dice_permille(&dice, 60) ? LANGUAGE_ENGLISH :
							       people_language(post->author)];
	post->lang = language->code;
	add_place(post, invention);
	add_media(post, invention, language, arena);
	add_poll(post, invention);
	compose_post(invention, post, language, arena);
	return post;
}
