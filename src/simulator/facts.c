/* A long post's whole text and entities stand in its note; `text` is only its beginning. */
#include "simulator/facts.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

struct reading {
	struct facts_reader *reader;
	struct word_list *list; /* the reader's */
	struct arena *arena;
	yyjson_val *post;
	yyjson_val *entities[2]; /* of the text and of the note; NULL where there are none */
	struct facts facts;
};

/* --- included users ----------------------------------------------------------------------------- */

/* Where the user of an id is, or would be. */
static yyjson_val **user_slot(struct facts_reader *reader, struct str id)
{
	size_t at = (size_t)hash_xxh3(id) & (reader->user_slots - 1);
	while (reader->users[at] && !str_equal(json_get_text(reader->users[at], "id"), id))
		at = (at + 1) & (reader->user_slots - 1);
	return &reader->users[at];
}

void facts_reader_begin(struct facts_reader *reader, yyjson_val *includes)
{
	size_t at, max;
	yyjson_val *user, *users = json_get(includes, "users");
	size_t slots = 16;
	while (slots < 2 * yyjson_arr_size(users))
		slots *= 2;
	if (slots > reader->user_slots) {
		reader->users = mem_resize(reader->users, slots * sizeof(yyjson_val *));
		reader->user_slots = slots;
	}
	memset(reader->users, 0, reader->user_slots * sizeof(yyjson_val *));
	yyjson_arr_foreach(users, at, max, user) {
		struct str id = json_get_text(user, "id");
		if (id.ptr)
			*user_slot(reader, id) = user;
	}
	reader->media = json_get(includes, "media");
}

void facts_reader_release(struct facts_reader *reader)
{
	word_list_release(&reader->words);
	free(reader->users);
	*reader = (struct facts_reader){ 0 };
}

/* --- one post ----------------------------------------------------------------------------------- */

yyjson_val *facts_member(yyjson_val *object, const char *classic, const char *newer)
{
	yyjson_val *found = json_get(object, classic);
	return found ? found : json_get(object, newer);
}

static struct str keep(struct reading *reading, struct str text)
{
	return text.ptr ? str_make(arena_strdup(reading->arena, text), text.len) : STR_NONE;
}

static struct str fold(struct reading *reading, struct str text)
{
	return text.ptr ? words_fold(text, reading->arena) : STR_NONE;
}

static void set(struct reading *reading, enum trait trait, bool value)
{
	if (value)
		reading->facts.traits |= (uint32_t)1 << trait;
}

/* Gathers a text member of all entities of a kind, folded. */
static struct words read_names(struct reading *reading, const char *kind, const char *member)
{
	size_t at, max, count = 0;
	yyjson_val *item;
	for (size_t i = 0; i < 2; i++)
		count += yyjson_arr_size(json_get(reading->entities[i], kind));
	struct str *names = arena_alloc(reading->arena, (count + 1) * sizeof *names);
	struct words words = { .items = names };
	for (size_t i = 0; i < 2; i++) {
		yyjson_arr_foreach(json_get(reading->entities[i], kind), at, max, item) {
			struct str name = json_get_text(item, member);
			if (name.ptr)
				names[words.count++] = fold(reading, name);
		}
	}
	return words;
}

static bool any_entity(const struct reading *reading, const char *kind)
{
	return yyjson_arr_size(json_get(reading->entities[0], kind)) > 0 ||
	       yyjson_arr_size(json_get(reading->entities[1], kind)) > 0;
}

static void add_links(struct reading *reading)
{
	static const char *const members[] = { "url", "expanded_url", "unwound_url" };
	size_t at, max;
	yyjson_val *item;
	for (size_t i = 0; i < 2; i++) {
		yyjson_arr_foreach(json_get(reading->entities[i], "urls"), at, max, item) {
			for (size_t k = 0; k < 3; k++) {
				struct str address = json_get_text(item, members[k]);
				if (address.ptr)
					word_list_add(reading->list, address, reading->arena);
			}
		}
	}
}

static void read_text(struct reading *reading)
{
	yyjson_val *note = facts_member(reading->post, "note_tweet", "note_post");
	struct str text = json_get_text(note, "text");
	if (!text.ptr)
		text = json_get_text(reading->post, "text");
	if (text.ptr)
		word_list_add(reading->list, text, reading->arena);
	size_t before = reading->list->count;
	add_links(reading);
	struct words all = word_list_take(reading->list, reading->arena);
	reading->facts.text = all;
	reading->facts.links = (struct words){ all.items + before, all.count - before };
}

static yyjson_val *find_user(const struct reading *reading, struct str id)
{
	return id.ptr ? *user_slot(reading->reader, id) : NULL;
}

static yyjson_val *find_medium(const struct reading *reading, struct str key)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(reading->reader->media, at, max, item) {
		if (key.ptr && str_equal(json_get_text(item, "media_key"), key))
			return item;
	}
	return NULL;
}

static struct str mentioned_username(const struct reading *reading, struct str id)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(json_get(reading->entities[0], "mentions"), at, max, item) {
		if (id.ptr && str_equal(json_get_text(item, "id"), id))
			return json_get_text(item, "username");
	}
	return STR_NONE;
}

static void read_people(struct reading *reading)
{
	struct facts *facts = &reading->facts;
	struct str author = json_get_text(reading->post, "author_id"),
		   reply_to = json_get_text(reading->post, "in_reply_to_user_id");
	yyjson_val *user = find_user(reading, author);
	facts->author.id = keep(reading, author);
	facts->author.username = fold(reading, json_get_text(user, "username"));
	set(reading, IS_VERIFIED, yyjson_is_true(json_get(user, "verified")));
	struct str name = json_get_text(find_user(reading, reply_to), "username");
	if (!name.ptr)
		name = mentioned_username(reading, reply_to);
	facts->reply_to.id = keep(reading, reply_to);
	facts->reply_to.username = fold(reading, name);
}

static void read_references(struct reading *reading)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(facts_member(reading->post, "referenced_tweets", "referenced_posts"), at,
			   max, item) {
		struct str type = json_get_text(item, "type");
		set(reading, IS_REPLY, str_equal(type, STR("replied_to")));
		set(reading, IS_QUOTE, str_equal(type, STR("quoted")));
		set(reading, IS_REPOST,
		    str_equal(type, STR("retweeted")) || str_equal(type, STR("reposted")));
	}
}

static void read_media(struct reading *reading)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_val *keys = json_get(json_get(reading->post, "attachments"), "media_keys");
	set(reading, HAS_MEDIA, yyjson_arr_size(keys) > 0);
	yyjson_arr_foreach(keys, at, max, item) {
		struct str key = yyjson_is_str(item) ? json_text(item) : STR_NONE;
		struct str type = json_get_text(find_medium(reading, key), "type");
		/* The key's first number is the kind, where the medium itself is not there. */
		if (!type.ptr && str_starts(key, STR("3_")))
			type = STR("photo");
		if (!type.ptr && (str_starts(key, STR("7_")) || str_starts(key, STR("13_"))))
			type = STR("video");
		set(reading, HAS_IMAGES, str_equal(type, STR("photo")));
		set(reading, HAS_VIDEOS, str_equal(type, STR("video")));
	}
}

struct facts facts_read(struct facts_reader *reader, yyjson_val *post, struct arena *arena)
{
	struct reading reading = {
		.reader = reader, .list = &reader->words, .arena = arena, .post = post
	};
	yyjson_val *geo = json_get(post, "geo");
	reading.entities[0] = json_get(post, "entities");
	reading.entities[1] = json_get(facts_member(post, "note_tweet", "note_post"), "entities");
	read_text(&reading);
	reading.facts.hashtags = read_names(&reading, "hashtags", "tag");
	reading.facts.cashtags = read_names(&reading, "cashtags", "tag");
	reading.facts.mentions = read_names(&reading, "mentions", "username");
	reading.facts.lang = keep(&reading, json_get_text(post, "lang"));
	reading.facts.conversation_id = keep(&reading, json_get_text(post, "conversation_id"));
	set(&reading, HAS_HASHTAGS, any_entity(&reading, "hashtags"));
	set(&reading, HAS_CASHTAGS, any_entity(&reading, "cashtags"));
	set(&reading, HAS_MENTIONS, any_entity(&reading, "mentions"));
	set(&reading, HAS_LINKS, any_entity(&reading, "urls"));
	set(&reading, HAS_GEO, json_get(geo, "place_id") || json_get(geo, "coordinates"));
	read_people(&reading);
	read_references(&reading);
	read_media(&reading);
	return reading.facts;
}
