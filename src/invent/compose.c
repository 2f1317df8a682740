/* A post's text, in X's order:
 *
 *     @whom_it_answers sentences #tags emoji asides URL | URL of the quoted post, URL of the media
 *     `-- not displayed                                  `-- not displayed
 *
 * What weighs more than 280 becomes a long post: the whole is its note, `text` the beginning with
 * an ellipsis and an URL of the post itself. */
#include "invent/compose.h"
#include "invent/people.h"
#include <ctype.h>
#include <stdio.h>

enum { CAST_COMPOSE = 51 };

enum { REPOST_WEIGHT_MAX = 125, CUT_WEIGHT_MAX = 250 };

struct composing {
	const struct invention *invention;
	const struct language *language;
	struct arena *arena;
	struct dice dice;
	struct draft draft;
};

static void add_space(struct composing *c)
{
	if (c->draft.len > 0)
		draft_add(&c->draft, " ");
}

static void add_mention(struct composing *c, int person)
{
	char username[USERNAME_MAX];

	people_username(c->invention->seed, person, username);
	draft_mention(&c->draft, username, person);
}

static void add_gap(struct composing *c)
{
	uint64_t thousand = dice_below(&c->dice, 1000);

	if (c->draft.len == 0 || (!c->language->spaced && thousand >= 150))
		return;
	if (c->invention->oddities && thousand < 40)
		draft_add(&c->draft, words_control(&c->dice));
	else
		draft_add(&c->draft, thousand < 110 ? "\n" : thousand < 150 ? "\n\n" : " ");
}

static void add_sentences(struct composing *c, const struct minted_post *post)
{
	const char *const *say = c->language->topics[post->topic].say;
	bool is_long = dice_permille(&c->dice, c->invention->oddities ? 50 : 30);
	bool answers = post->kind == MINTED_REPLY || post->kind == MINTED_QUOTE;
	uint32_t wanted = is_long ? TEXT_WEIGHT_MAX + 20 + (uint32_t)dice_below(&c->dice, 900) : 0;
	const char *last = NULL, *sentence;
	size_t count = 1 + dice_below(&c->dice, 2);

	if (answers)
		draft_say(&c->draft, &c->dice, c->language,
			  words_any(&c->dice, c->language->replies));
	if (answers && dice_permille(&c->dice, 500))
		count = 0;
	for (size_t i = 0; i < count || c->draft.weight < wanted; i++) {
		if (is_long)
			say = c->language->topics[dice_below(&c->dice, TOPICS)].say;
		sentence = words_any(&c->dice, say);
		if (sentence == last)
			continue;
		last = sentence;
		add_gap(c);
		draft_say(&c->draft, &c->dice, c->language, sentence);
	}
}

/* As people type them: sometimes all small, sometimes all capitals (ASCII letters only). */
static void add_hashtag(struct composing *c, const char *tag)
{
	uint64_t hundred = dice_below(&c->dice, 100);
	char typed[128];
	size_t i;

	for (i = 0; tag[i] && i + 1 < sizeof typed; i++) {
		int letter = (unsigned char)tag[i];

		typed[i] = (char)(letter >= 0x80 ? letter :
				  hundred < 14   ? tolower(letter) :
				  hundred < 22   ? toupper(letter) :
						   letter);
	}
	typed[i] = 0;
	/* U+FF03 is a hash sign, too. */
	draft_hashtag(&c->draft, !c->language->spaced && hundred > 80 ? "＃" : "#", typed);
}

static void add_hashtags(struct composing *c, const struct minted_post *post)
{
	static const uint8_t counts[] = { 0, 0, 0, 1, 1, 1, 1, 2, 2, 3 };
	uint8_t count = counts[dice_below(&c->dice, sizeof counts)];
	const char *tag, *last = NULL;

	for (uint8_t i = 0; i < count; i++) {
		const struct language *language = c->language;
		int topic = post->topic;

		if (dice_permille(&c->dice, 180))
			language = &words_languages[LANGUAGE_ENGLISH];
		if (i > 0 && dice_permille(&c->dice, 300))
			topic = (int)dice_below(&c->dice, TOPICS);
		tag = words_favourite(&c->dice, language->topics[topic].tags);
		if (tag == last)
			continue;
		last = tag;
		add_space(c);
		add_hashtag(c, tag);
	}
	if (c->invention->topical && dice_permille(&c->dice, 650)) {
		add_space(c);
		add_hashtag(c, words_topic_tag((enum topic)post->topic));
	}
}

static void add_page_url(struct composing *c, const struct minted_post *post)
{
	const char *domain = words_domain(&c->dice);
	const char *tag = words_any(&c->dice, c->language->topics[post->topic].tags);
	const char *city = words_any(&c->dice, c->language->cities);
	struct minted_link link = { .url = text_short_url(c->arena, &c->dice) };
	char slug[9];

	text_code(&c->dice, 8, slug);
	link.expanded = text_format(c->arena, "https://%s/%s?from=feed&n=%d", domain, slug,
				    (int)dice_below(&c->dice, 90));
	link.display = text_format(c->arena, "%s/%s?from=fee…", domain, slug);
	if (dice_permille(&c->dice, 650)) {
		link.title = text_format(c->arena, "%s – %s", tag, domain);
		link.description = text_format(c->arena, "%s: \"%s\"", city,
					       words_topic_name((enum topic)post->topic));
	}
	if (dice_permille(&c->dice, 500))
		link.image = text_format(c->arena, "https://pbs.twimg.com/news_img/%llu/%s",
					 (unsigned long long)post->id, slug);
	add_space(c);
	draft_url(&c->draft, &link);
}

static void add_asides(struct composing *c, const struct minted_post *post)
{
	uint64_t often = c->invention->oddities ? 2 : 1;
	char ghost[USERNAME_MAX];

	if (dice_permille(&c->dice, 30 * often)) {
		add_space(c);
		draft_add(&c->draft, words_escaped(&c->dice));
	}
	if (dice_permille(&c->dice, 20 * often)) {
		add_space(c);
		draft_add(&c->draft, words_decomposed(&c->dice));
	}
	if (dice_permille(&c->dice, 25 * often)) {
		add_space(c);
		draft_cashtag(&c->draft, words_cashtag(&c->dice));
	}
	if (dice_permille(&c->dice, 70)) {
		add_space(c);
		add_mention(c, people_pick(&c->dice, people_language(post->author)));
	}
	if (dice_permille(&c->dice, 12 * often)) {
		snprintf(ghost, sizeof ghost, "gone_%d", (int)dice_below(&c->dice, 100000));
		add_space(c);
		draft_mention(&c->draft, ghost, -1);
	}
	if (dice_permille(&c->dice, 400)) {
		add_space(c);
		draft_add(&c->draft, words_emoji(&c->dice, (enum topic)post->topic));
	}
}

static struct minted_link status_link(struct composing *c, int author, uint64_t id,
				      const char *behind)
{
	struct minted_link link = { .url = text_short_url(c->arena, &c->dice) };
	char username[USERNAME_MAX];

	people_username(c->invention->seed, author, username);
	link.expanded = text_format(c->arena, "https://x.com/%s/status/%llu%s", username,
				    (unsigned long long)id, behind);
	link.display = text_format(c->arena, "x.com/%s/statu…", username);
	return link;
}

/* What X appends by itself; it is not displayed. */
static void add_trailing_urls(struct composing *c, const struct minted_post *post)
{
	static const char *const behind[] = { "/photo/1", "/video/1", "/photo/1" };
	struct minted_link link;
	uint32_t start;

	for (size_t i = 0; i < post->reference_count; i++) {
		const struct minted_reference *reference = &post->references[i];

		if (reference->kind != MINTED_QUOTE)
			continue;
		link = status_link(c, reference->author, reference->id, "");
		add_space(c);
		draft_url(&c->draft, &link);
	}
	if (post->media_count == 0)
		return;
	link = status_link(c, post->author, post->id, behind[post->media[0].kind]);
	link.display =
		text_format(c->arena, "pic.x.com/%s", link.url.ptr + strlen("https://t.co/"));
	add_space(c);
	start = c->draft.length;
	for (size_t i = 0; i < post->media_count; i++) {
		link.media_id = post->media[i].id;
		link.media_kind = post->media[i].kind;
		if (i == 0) {
			draft_url(&c->draft, &link);
		} else if (c->draft.entity_count < DRAFT_ENTITIES_MAX) {
			/* One URL stands for all media: an entity for each, at one place. */
			struct minted_entity *entity = &c->draft.entities[c->draft.entity_count++];

			*entity = (struct minted_entity){ .kind = MINTED_URL,
							  .start = start,
							  .end = c->draft.length,
							  .person = -1,
							  .link = link };
		}
	}
}

static void cut(struct composing *c, struct minted_post *post)
{
	struct minted_link link = status_link(c, post->author, post->id, "");

	post->note = post->text;
	draft_begin(&c->draft, c->arena);
	(void)draft_add_part(&c->draft, &post->note, CUT_WEIGHT_MAX);
	draft_add(&c->draft, "… ");
	draft_url(&c->draft, &link);
	post->text = draft_finish(&c->draft);
}

void compose_post(const struct invention *invention, struct minted_post *post,
		  const struct language *language, struct arena *arena)
{
	struct composing c = {
		.invention = invention,
		.language = language,
		.arena = arena,
		.dice = dice_for(invention->seed, post->n, CAST_COMPOSE),
	};

	draft_begin(&c.draft, arena);
	if (post->reply_to >= 0) {
		add_mention(&c, post->reply_to);
		draft_add(&c.draft, " ");
		post->display_start = c.draft.length;
	}
	add_sentences(&c, post);
	add_hashtags(&c, post);
	add_asides(&c, post);
	if (dice_permille(&c.dice, 170))
		add_page_url(&c, post);
	post->display_end = c.draft.length;
	add_trailing_urls(&c, post);
	post->text = draft_finish(&c.draft);
	if (c.draft.weight > TEXT_WEIGHT_MAX) {
		cut(&c, post);
		post->display_end = post->text.length;
	}
}

void compose_repost(const struct invention *invention, struct minted_post *post,
		    const struct minted_post *target, struct arena *arena)
{
	const struct minted_text *whole = target->note.text.ptr ? &target->note : &target->text;
	char username[USERNAME_MAX];
	struct draft draft;

	people_username(invention->seed, target->author, username);
	draft_begin(&draft, arena);
	draft_add(&draft, "RT ");
	draft_mention(&draft, username, target->author);
	draft_add(&draft, ": ");
	if (!draft_add_part(&draft, whole, REPOST_WEIGHT_MAX))
		draft_add(&draft, "…");
	post->text = draft_finish(&draft);
	post->display_end = draft.length;
}
