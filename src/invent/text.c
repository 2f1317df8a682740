/* Drafts grow at the end only, so an entity's place is known when it is written. Cutting walks over
 * units that must not be torn: a code point with the marks behind it, a sequence joined by U+200D,
 * a flag's letters and tags, an HTML entity. */
#include "invent/text.h"
#include <stdarg.h>
#include <stdio.h>

static unsigned utf8_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Our own tables are valid UTF-8, so nothing is checked. */
static uint32_t utf8_decode(const char *text)
{
	const unsigned char *b = (const unsigned char *)text;

	switch (utf8_length(b[0])) {
	case 1:
		return b[0];
	case 2:
		return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
	case 3:
		return (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
	default:
		return (b[0] & 7u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 |
		       (b[3] & 0x3fu);
	}
}

static uint32_t weight_of(uint32_t point)
{
	return point >= 0x1100 ? 2 : 1;
}

static bool clings(uint32_t point)
{
	return (point >= 0x300 && point <= 0x36f) ||   /* combining marks */
	       (point >= 0x900 && point <= 0xdff) ||   /* Indic scripts: words are not torn */
	       (point >= 0xe30 && point <= 0xe4e) ||   /* Thai vowels and tones */
	       (point >= 0x1161 && point <= 0x11ff) || /* Hangul vowels and finals */
	       (point >= 0xfe00 && point <= 0xfe0f) || point == 0x20e3 || point == 0x3099 ||
	       (point >= 0x1f3fb && point <= 0x1f3ff) || (point >= 0xe0020 && point <= 0xe007f);
}

/* A flag is two of them. */
static bool is_regional(uint32_t point)
{
	return point >= 0x1f1e6 && point <= 0x1f1ff;
}

void draft_begin(struct draft *draft, struct arena *arena)
{
	draft->arena = arena;
	draft->len = draft->entity_count = 0;
	draft->length = draft->weight = 0;
}

static bool add_bytes(struct draft *draft, const char *text, size_t len)
{
	if (len > DRAFT_BYTES_MAX - draft->len)
		return false;
	memcpy(draft->bytes + draft->len, text, len);
	draft->len += len;
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		draft->length++;
		draft->weight += weight_of(utf8_decode(text + i));
	}
	return true;
}

void draft_add(struct draft *draft, const char *text)
{
	(void)add_bytes(draft, text, strlen(text));
}

static struct minted_entity *add_entity(struct draft *draft, enum minted_entity_kind kind,
					uint32_t start, struct str text)
{
	struct minted_entity *entity;

	if (draft->entity_count == DRAFT_ENTITIES_MAX)
		return NULL;
	entity = &draft->entities[draft->entity_count++];
	*entity = (struct minted_entity){
		.kind = kind,
		.start = start,
		.end = draft->length,
		.text = text,
		.person = -1,
	};
	return entity;
}

static struct str keep(struct draft *draft, const char *text)
{
	struct str borrowed = str_from(text);

	return str_make(arena_strdup(draft->arena, borrowed), borrowed.len);
}

void draft_say(struct draft *draft, struct dice *dice, const struct language *language,
	       const char *sentence)
{
	char number[16];

	while (*sentence) {
		const char *slot = strchr(sentence, '{');
		uint32_t start;
		const char *city;

		if (!slot) {
			draft_add(draft, sentence);
			return;
		}
		(void)add_bytes(draft, sentence, (size_t)(slot - sentence));
		start = draft->length;
		switch (slot[1]) {
		case 'n':
			snprintf(number, sizeof number, "%d", 2 + (int)dice_below(dice, 58));
			draft_add(draft, number);
			break;
		case 't':
			snprintf(number, sizeof number, "%d:%02d", 6 + (int)dice_below(dice, 17),
				 5 * (int)dice_below(dice, 12));
			draft_add(draft, number);
			break;
		default:
			city = words_favourite(dice, language->cities);
			draft_add(draft, city);
			(void)add_entity(draft, MINTED_ANNOTATION, start, str_from(city));
		}
		sentence = slot + 3;
	}
}

void draft_hashtag(struct draft *draft, const char *sign, const char *tag)
{
	uint32_t start = draft->length;

	draft_add(draft, sign);
	draft_add(draft, tag);
	(void)add_entity(draft, MINTED_HASHTAG, start, keep(draft, tag));
}

void draft_cashtag(struct draft *draft, const char *symbol)
{
	uint32_t start = draft->length;

	draft_add(draft, "$");
	draft_add(draft, symbol);
	(void)add_entity(draft, MINTED_CASHTAG, start, str_from(symbol));
}

void draft_mention(struct draft *draft, const char *username, int person)
{
	uint32_t start = draft->length;
	struct minted_entity *entity;

	draft_add(draft, "@");
	draft_add(draft, username);
	entity = add_entity(draft, MINTED_MENTION, start, keep(draft, username));
	if (entity)
		entity->person = person;
}

void draft_url(struct draft *draft, const struct minted_link *link)
{
	uint32_t start = draft->length;
	struct minted_entity *entity;

	(void)add_bytes(draft, link->url.ptr, link->url.len);
	entity = add_entity(draft, MINTED_URL, start, STR_NONE);
	if (entity)
		entity->link = *link;
}

struct minted_text draft_finish(const struct draft *draft)
{
	struct minted_text text = { .length = draft->length, .entity_count = draft->entity_count };
	size_t size = draft->entity_count * sizeof draft->entities[0];
	struct minted_entity *entities = arena_alloc(draft->arena, size + 1);

	text.text.ptr = arena_strdup(draft->arena, str_make(draft->bytes, draft->len));
	text.text.len = draft->len;
	memcpy(entities, draft->entities, size);
	text.entities = entities;
	return text;
}

/* The bytes of the unit that begins at `at`. */
static size_t unit_length(struct str text, size_t at)
{
	const char *end;
	size_t len = utf8_length((unsigned char)text.ptr[at]);

	if (text.ptr[at] == '&') {
		end = memchr(text.ptr + at, ';', text.len - at);
		return end ? (size_t)(end + 1 - text.ptr) - at : len;
	}
	if (is_regional(utf8_decode(text.ptr + at)) && at + len < text.len &&
	    is_regional(utf8_decode(text.ptr + at + len)))
		len += 4;
	while (at + len < text.len) {
		uint32_t point = utf8_decode(text.ptr + at + len);

		if (point == 0x200d)
			len += 3;
		else if (!clings(point))
			break;
		if (at + len < text.len)
			len += utf8_length((unsigned char)text.ptr[at + len]);
	}
	return len;
}

/* How many bytes of the text weigh at most `weight_max`: up to the last space if there is one in
 * the second half. */
static size_t part_length(struct str text, uint32_t weight_max)
{
	size_t at = 0, space = 0;
	uint32_t weight = 0;

	while (at < text.len) {
		size_t len = unit_length(text, at);

		for (size_t i = at; i < at + len; i += utf8_length((unsigned char)text.ptr[i]))
			weight += weight_of(utf8_decode(text.ptr + i));
		if (weight > weight_max)
			return 2 * space > at ? space : at;
		if (text.ptr[at] == ' ' || text.ptr[at] == '\n')
			space = at;
		at += len;
	}
	return text.len;
}

bool draft_add_part(struct draft *draft, const struct minted_text *text, uint32_t weight_max)
{
	size_t len = part_length(text->text, weight_max);
	uint32_t shift = draft->length, end;

	if (!add_bytes(draft, text->text.ptr, len))
		return false;
	end = draft->length - shift;
	for (size_t i = 0; i < text->entity_count; i++) {
		struct minted_entity entity = text->entities[i];

		if (entity.end > end || draft->entity_count == DRAFT_ENTITIES_MAX)
			continue;
		entity.start += shift;
		entity.end += shift;
		draft->entities[draft->entity_count++] = entity;
	}
	return len == text->text.len;
}

void text_code(struct dice *dice, size_t count, char *ret_text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	uint64_t roll = 0;

	for (size_t i = 0; i < count; i++) {
		if (i % 10 == 0)
			roll = dice_roll(dice);
		ret_text[i] = letters[(roll & 63) % (sizeof letters - 1)];
		roll >>= 6;
	}
	ret_text[count] = 0;
}

struct str text_short_url(struct arena *arena, struct dice *dice)
{
	char code[11];

	text_code(dice, 10, code);
	return text_format(arena, "https://t.co/%s", code);
}

struct str text_format(struct arena *arena, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (len >= (int)sizeof text)
		len = sizeof text - 1;
	return str_make(arena_strdup(arena, str_make(text, (size_t)len)), (size_t)len);
}
