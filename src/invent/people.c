/* Every third person speaks English, the others take the remaining languages in turn, so each
 * language has people enough to have its own well-known and unknown ones. */
#include "invent/people.h"
#include "base/clock.h"
#include <stdio.h>

/* Purposes of dice, apart from those of mint.c by their range. */
enum { CAST_CREATED = 101, CAST_NAME, CAST_PROFILE, CAST_COUNTS };

static const int64_t second_us = 1000000, year_us = 31556952LL * 1000000;
static const int64_t first_account_us = 1167609600LL * 1000000;      /* 2007 */
static const int64_t snowflake_accounts_us = 1451606400LL * 1000000; /* 2016 */
static const int64_t counts_from_us = 1767225600LL * 1000000;        /* 2026 */

int people_language(int person)
{
	if (person % 3 == 0)
		return LANGUAGE_ENGLISH;
	return 1 + (person / 3 * 2 + person % 3 - 1) % (LANGUAGES - 1);
}

int people_rank(int person)
{
	if (person % 3 == 0)
		return person / 3;
	return (person / 3 * 2 + person % 3 - 1) / (LANGUAGES - 1);
}

int people_pick(struct dice *dice, int language)
{
	int others = PEOPLE - (PEOPLE + 2) / 3, turn, rank;

	if (language == LANGUAGE_ENGLISH)
		return 3 * (int)dice_zipf(dice, (PEOPLE + 2) / 3);
	rank = (int)dice_zipf(dice, (size_t)(others / (LANGUAGES - 1)));
	turn = rank * (LANGUAGES - 1) + language - 1;
	return turn / 2 * 3 + 1 + turn % 2;
}

void people_username(uint64_t seed, int person, char ret_name[USERNAME_MAX])
{
	static const char *const first[] = {
		"mina",  "tobias", "ruth",  "ivy",   "gus",   "noor",  "hana",  "leo",
		"marta", "yusuf",  "anouk", "petra", "kofi",  "sora",  "dilan", "elif",
		"bram",  "zoya",   "iris",  "omar",  "tamar", "jonas", "lena",  "amir",
		"suki",  "vera",   "niko",  "freya", "paulo", "chidi", "asha",  "otto",
	};
	static const char *const second[] = {
		"heron",  "swift",   "wren",    "lantern", "plum",    "fog",     "canal",
		"signal", "sleeper", "teapot",  "walnut",  "bracket", "pointer", "meadow",
		"ferry",  "attic",   "pebble",  "ember",   "orchard", "kite",    "barley",
		"comma",  "harbor",  "thistle", "quill",
	};
	enum { FIRST = 32, SECOND = 25 };
	/* 481 shares no factor with FIRST * SECOND = 800 > PEOPLE, so no two people meet. */
	unsigned place = ((unsigned)person * 481 + (unsigned)(seed % 800)) % (FIRST * SECOND);
	struct dice dice = dice_for(seed, (uint64_t)person, CAST_NAME);
	const char *given = first[place % FIRST], *family = second[place / FIRST];
	int len;

	switch (dice_below(&dice, 4)) {
	case 0:
		len = snprintf(ret_name, USERNAME_MAX, "%s_%s", given, family);
		break;
	case 1:
		len = snprintf(ret_name, USERNAME_MAX, "%s%s%d", given, family,
			       (int)dice_below(&dice, 10));
		break;
	default:
		len = snprintf(ret_name, USERNAME_MAX, "%s%s", given, family);
		ret_name[0] = (char)(ret_name[0] - 'a' + 'A');
		ret_name[strlen(given)] = (char)(ret_name[strlen(given)] - 'a' + 'A');
	}
	(void)len; /* the longest, "tobias_sleeper", fits */
}

int64_t people_created_us(uint64_t seed, int person)
{
	struct dice dice = dice_for(seed, (uint64_t)person, CAST_CREATED);
	int64_t age = (int64_t)dice_below(&dice, 18 * 365 * 24 * 60) * 60 * second_us;

	return first_account_us + age + (int64_t)dice_below(&dice, 60) * second_us;
}

uint64_t people_id(uint64_t seed, int person)
{
	int64_t created_us = people_created_us(seed, person);

	if (created_us < snowflake_accounts_us)
		return (uint64_t)((created_us - first_account_us) / second_us) * 10 +
		       (uint64_t)person % 10 + 12;
	return invent_id_floor(created_us) | (uint64_t)person << 6;
}

/* 'High', 'Middle' and 'Low' popularity all occur: about 18, 27 and 55 of a hundred. */
static uint64_t follower_count(struct dice *dice, int rank)
{
	uint64_t hundred = dice_below(dice, 100);

	if (rank < 2 || hundred < 14)
		return 5001 + dice_below(dice, (uint64_t)1 << (8 + dice_below(dice, 14)));
	if (hundred < 42)
		return 1000 + dice_below(dice, 3000);
	return 3 + dice_below(dice, (uint64_t)1 << (3 + dice_below(dice, 7)));
}

static void fill_counts(struct person *person, uint64_t seed, int64_t now_us)
{
	struct dice dice = dice_for(seed, (uint64_t)person->number, CAST_COUNTS);
	int64_t since_us = now_us - counts_from_us;
	uint64_t hours = since_us > 0 ? (uint64_t)(since_us / (3600 * second_us)) : 0;
	uint64_t base = follower_count(&dice, people_rank(person->number));

	person->followers = base + (base / 2000 + 1) * hours / (24 + dice_below(&dice, 200));
	person->following = 20 + dice_below(&dice, 1500);
	person->written = 50 + dice_below(&dice, 40000);
	person->written += hours * (1 + dice_below(&dice, 8)) / 8;
	person->listed = base / (40 + dice_below(&dice, 400));
	person->liked = dice_below(&dice, 60000) + hours / 3;
	person->shown_media = dice_below(&dice, 3000);
}

static struct str display_name(const struct language *language, int rank, struct dice *dice,
			       struct arena *arena)
{
	const char *given, *family, *mark;
	size_t count = 0, a, b;

	while (language->names[count])
		count++;
	a = (size_t)rank % count;
	b = (a + (size_t)rank / count) % count;
	given = language->names[a];
	family = strchr(language->names[b], ' ');
	if (!family || !strchr(given, ' ')) {
		mark = b == a ? "" : words_emoji(dice, (enum topic)(rank % TOPICS));
		return text_format(arena, "%s%s", given, mark);
	}
	mark = dice_permille(dice, 250) ? words_emoji(dice, BIRDS) : "";
	return text_format(arena, "%.*s%s%s%s", (int)(strchr(given, ' ') - given), given, family,
			   *mark ? " " : "", mark);
}

static struct minted_link profile_link(struct dice *dice, const char *username, struct arena *arena)
{
	const char *domain = words_domain(dice);

	return (struct minted_link){
		.url = text_short_url(arena, dice),
		.expanded = text_format(arena, "https://%s/%s", domain, username),
		.display = text_format(arena, "%s/%s", domain, username),
	};
}

static struct minted_text describe(const struct person *person, uint64_t seed,
				   const struct language *language, struct dice *dice,
				   struct arena *arena)
{
	enum topic first = (enum topic)dice_below(dice, TOPICS);
	enum topic second = (enum topic)dice_below(dice, TOPICS);
	char friend_name[USERNAME_MAX];
	struct minted_link link;
	struct draft draft;
	int friend;

	draft_begin(&draft, arena);
	if (dice_permille(dice, 60))
		return draft_finish(&draft);
	draft_say(&draft, dice, language, words_any(dice, language->topics[first].say));
	draft_add(&draft, dice_permille(dice, 400) ? "\n" : " ");
	draft_hashtag(&draft, "#", words_any(dice, language->topics[first].tags));
	draft_add(&draft, " &amp; ");
	draft_hashtag(&draft, "#", words_any(dice, language->topics[second].tags));
	if (dice_permille(dice, 300)) {
		friend = people_pick(dice, people_language(person->number));
		people_username(seed, friend, friend_name);
		draft_add(&draft, " w/ ");
		draft_mention(&draft, friend_name, friend);
	}
	if (dice_permille(dice, 200)) {
		draft_add(&draft, "\n\n");
		draft_add(&draft, words_emoji(dice, first));
		draft_add(&draft, " ");
		link = profile_link(dice, person->username, arena);
		draft_url(&draft, &link);
	}
	return draft_finish(&draft);
}

static enum person_badge pick_badge(struct dice *dice)
{
	uint64_t hundred = dice_below(dice, 100);

	return hundred < 16 ? BADGE_BLUE :
	       hundred < 20 ? BADGE_BUSINESS :
	       hundred < 23 ? BADGE_GOVERNMENT :
			      BADGE_NONE;
}

struct person people_profile(uint64_t seed, int number, int64_t now_us, struct arena *arena)
{
	struct dice dice = dice_for(seed, (uint64_t)number, CAST_PROFILE);
	const struct language *language = &words_languages[people_language(number)];
	struct person person = {
		.number = number,
		.id = people_id(seed, number),
		.created_us = people_created_us(seed, number),
	};
	const char *city, *mark;

	person.badge = pick_badge(&dice);
	person.protected = dice_permille(&dice, 40);
	person.withheld = dice_permille(&dice, 30);
	person.parody = dice_permille(&dice, 20);
	person.banner = dice_permille(&dice, 700);
	people_username(seed, number, person.username);
	person.picture = invent_id_floor(person.created_us + year_us) | dice_below(&dice, 4096);
	person.name = display_name(language, people_rank(number), &dice, arena);
	city = words_favourite(&dice, language->cities);
	mark = dice_permille(&dice, 200) ? " 🌍" : "";
	if (dice_permille(&dice, 800))
		person.location = text_format(arena, "%s%s", city, mark);
	person.description = describe(&person, seed, language, &dice, arena);
	if (dice_permille(&dice, 450))
		person.url = profile_link(&dice, person.username, arena);
	if (dice_permille(&dice, 400))
		person.pinned_id = invent_id_floor(person.created_us + year_us) |
				   dice_below(&dice, 1 << 22);
	fill_counts(&person, seed, now_us);
	return person;
}
