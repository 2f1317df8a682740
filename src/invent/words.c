/* The tables behind words.h. words.def is the one list of sentences; what all languages share
 * (emoji, places, asides) stands here. Domains end in .example (RFC 2606): nobody can own one. */
#include "invent/words.h"

#define LANGUAGE(language_code, ...) { .code = language_code, __VA_ARGS__ },
#define WEIGHT(share) .weight = (share)
#define SPACED .spaced = true
#define UNSPACED .spaced = false
#define CITIES(...) .cities = { __VA_ARGS__ }
#define NAMES(...) .names = { __VA_ARGS__ }
#define ANSWERS(...) .answers = { __VA_ARGS__ }
#define REPLIES(...) .replies = { __VA_ARGS__ }
#define TOPIC(topic, ...) .topics[topic] = { __VA_ARGS__ }
#define TAGS(...) .tags = { __VA_ARGS__ }
#define SAY(...) .say = { __VA_ARGS__ }

const struct language words_languages[LANGUAGES] = {
#include "invent/words.def"
};

/* Degrees without a decimal point: hundred-thousandths. */
#define BOX(west, south, east, north)                                                              \
	{                                                                                          \
		west, south, east, north                                                           \
	}

const struct gazetteer_entry words_places[] = {
	{ "01a00000000000c1", "Portugal", "Portugal", "PT", "country", -1,
	  BOX(-951700, 3696000, -618900, 4215400) },
	{ "01a00000000000c2", "Canada", "Canada", "CA", "country", -1,
	  BOX(-14100200, 4168100, -5261700, 8313600) },
	{ "01a00000000000c3", "日本", "日本", "JP", "country", -1,
	  BOX(12293300, 2404500, 15398600, 4552300) },
	{ "01a00000000000c4", "مصر", "مصر", "EG", "country", -1,
	  BOX(2469600, 2172500, 3689400, 3167400) },
	{ "01a00000000000a1", "Ontario", "Canada", "CA", "admin", 1,
	  BOX(-9515600, 4167600, -7434300, 5685900) },
	{ "01a00000000000a2", "Scotland", "United Kingdom", "GB", "admin", -1,
	  BOX(-864900, 5463300, -72900, 6086100) },
	{ "01a00000000000a3", "Hokkaido", "日本", "JP", "admin", 2,
	  BOX(13935600, 4135100, 14588800, 4552600) },
	{ "01a0000000000001", "Lisbon", "Portugal", "PT", "city", 0,
	  BOX(-922900, 3869100, -908600, 3879600) },
	{ "01a0000000000002", "Glasgow", "United Kingdom", "GB", "city", 5,
	  BOX(-439300, 5578100, -407100, 5592900) },
	{ "01a0000000000003", "Toronto", "Canada", "CA", "city", 4,
	  BOX(-7963900, 4358100, -7911500, 4385500) },
	{ "01a0000000000004", "Dunedin", "New Zealand", "NZ", "city", -1,
	  BOX(17036000, -4595200, 17066800, -4574400) },
	{ "01a0000000000005", "札幌市", "日本", "JP", "city", 6,
	  BOX(14098700, 4277900, 14149900, 4318900) },
	{ "01a0000000000006", "القاهرة", "مصر", "EG", "city", 3,
	  BOX(3122000, 2992000, 3145000, 3014000) },
	{ "01a0000000000007", "Valparaíso", "Chile", "CL", "city", -1,
	  BOX(-7170500, -3318600, -7154300, -3300900) },
	{ "01a0000000000008", "İzmir", "Türkiye", "TR", "city", -1,
	  BOX(2697000, 3833300, 2724600, 3850300) },
	{ "01a0000000000009", "Recife", "Brasil", "BR", "city", -1,
	  BOX(-3501800, -815500, -3485800, -792900) },
	{ "01a000000000000a", "Chennai", "India", "IN", "city", -1,
	  BOX(8016200, 1290600, 8031600, 1323400) },
	{ "01a000000000000b", "Тбилиси", "Грузия", "GE", "city", -1,
	  BOX(4469600, 4161200, 4494100, 4184400) },
	{ "01a00000000000b1", "Alfama", "Portugal", "PT", "neighborhood", 7,
	  BOX(-913400, 3870800, -912500, 3871500) },
	{ "01a00000000000b2", "Partick", "United Kingdom", "GB", "neighborhood", 8,
	  BOX(-431900, 5586700, -430000, 5587500) },
	{ "01a00000000000b3", "Leslieville", "Canada", "CA", "neighborhood", 9,
	  BOX(-7934400, 4365500, -7931700, 4367200) },
	{ "01a00000000000b4", "すすきの", "日本", "JP", "neighborhood", 11,
	  BOX(14134900, 4305200, 14136100, 4306000) },
	{ "01a00000000000b5", "الزمالك", "مصر", "EG", "neighborhood", 12,
	  BOX(3121400, 3005300, 3122600, 3007400) },
	{ "07d9000000000003", "Swift Tower", "United Kingdom", "GB", "poi", 8,
	  BOX(-425000, 5586000, -425000, 5586000) },
	{ "07d9000000000004", "Kuş Gözlem Evi", "Türkiye", "TR", "poi", 14,
	  BOX(2710000, 3842000, 2710000, 3842000) },
	{ "07d9000000000005", "Mirador \"El Mirlo\"", "Chile", "CL", "poi", 13,
	  BOX(-7161000, -3304000, -7161000, -3304000) },
	{ "07d9000000000001", "Old Station Tea Room", "Portugal", "PT", "poi", 7,
	  BOX(-914000, 3871000, -914000, 3871000) },
	{ "07d9000000000002", "Heron Hide No. 3", "Canada", "CA", "poi", 9,
	  BOX(-7933000, 4361000, -7933000, 4361000) },
};
const int words_place_count = sizeof words_places / sizeof words_places[0];

static size_t list_length(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

const char *words_favourite(struct dice *dice, const char *const *list)
{
	return list[dice_zipf(dice, list_length(list))];
}

const char *words_any(struct dice *dice, const char *const *list)
{
	return list[dice_below(dice, list_length(list))];
}

static size_t weighted(struct dice *dice, const unsigned *weights, size_t count)
{
	uint64_t total = 0, pick;
	size_t i;

	for (i = 0; i < count; i++)
		total += weights[i];
	pick = dice_below(dice, total);
	for (i = 0; pick >= weights[i]; i++)
		pick -= weights[i];
	return i;
}

int words_language(struct dice *dice)
{
	unsigned weights[LANGUAGES];

	for (int i = 0; i < LANGUAGES; i++)
		weights[i] = words_languages[i].weight;
	return (int)weighted(dice, weights, LANGUAGES);
}

enum topic words_topic(struct dice *dice, int hour)
{
	unsigned weights[TOPICS] = {
		[BIRDS] = 28, [WEATHER] = 18, [TRAINS] = 8,    [FOOTBALL] = 14,
		[CODE] = 13,  [FOOD] = 11,    [ELECTIONS] = 8,
	};

	if (hour >= 4 && hour < 9)
		weights[BIRDS] += 20, weights[WEATHER] += 14;
	if (hour >= 18 && hour < 22)
		weights[FOOTBALL] += 30;
	if (hour == 12 || hour == 19)
		weights[FOOD] += 20;
	return (enum topic)weighted(dice, weights, TOPICS);
}

int words_place(struct dice *dice)
{
	static const char *const types[] = {
		"city", "city", "admin", "country", "neighborhood", "poi",
	};
	const char *type = types[dice_below(dice, 6)];
	int place;

	do
		place = (int)dice_below(dice, (uint64_t)words_place_count);
	while (strcmp(words_places[place].type, type) != 0);
	return place;
}

const char *words_emoji(struct dice *dice, enum topic topic)
{
	static const char *const emoji[TOPICS][6] = {
		[BIRDS] = { "🐦", "🦉", "🪶", "🐦‍⬛", "🦆" },
		[WEATHER] = { "🌧️", "🌈", "☀️", "🌫️", "❄️" },
		[TRAINS] = { "🚂", "🚉", "🌙", "🧳" },
		[FOOTBALL] = { "⚽", "🏟️", "🧣", "👏🏽" },
		[CODE] = { "💻", "👩🏾‍💻", "🐛", "✅" },
		[FOOD] = { "🍞", "🥣", "👨‍🍳", "🍑" },
		[ELECTIONS] = { "🗳️", "📬", "🤝🏿" },
	};
	static const char *const any[] = {
		"😀",
		"👨‍👩‍👧‍👦",
		"🇵🇹",
		"🇯🇵",
		"🏴󠁧󠁢󠁳󠁣󠁴󠁿",
		"🏳️‍🌈",
		"1️⃣",
		"❤️‍🔥",
		"🧑🏻‍🤝‍🧑🏿",
		"🫧",
		NULL,
	};

	if (dice_permille(dice, 300))
		return words_any(dice, any);
	return words_favourite(dice, emoji[topic]);
}

const char *words_cashtag(struct dice *dice)
{
	static const char *const symbols[] = { "WREN", "FINCH", "TERN", "KITE.B", "OWL", NULL };

	return words_favourite(dice, symbols);
}

const char *words_domain(struct dice *dice)
{
	static const char *const domains[] = {
		"birdnotes.example",     "slowtrains.example",
		"weather-diary.example", "terrace.example",
		"small-code.example",    "soup.example",
		"towncrier.example",     NULL,
	};

	return words_favourite(dice, domains);
}

const char *words_escaped(struct dice *dice)
{
	static const char *const asides[] = {
		"(rain &amp; wind)",
		"(3 &lt; 5 &lt; 8)",
		"tea &gt; coffee",
		"&lt;3",
		"if (a &lt; b &amp;&amp; b &gt; c)",
		"Q&amp;A",
		NULL,
	};

	return words_any(dice, asides);
}

/* Spelled byte by byte: editors like to compose what stands in a source file. */
const char *words_decomposed(struct dice *dice)
{
	static const char *const asides[] = {
		"cafe\xCC\x81 au lait",
		"A\xCC\x8Angstro\xCC\x88m",
		"Vie\xCC\xA3\xCC\x82t Nam",
		"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xE1\x84\x80\xE1\x85\xB3\xE1\x86\xAF",
		"man\xCC\x83"
		"ana",
		"\xE3\x81\x8B\xE3\x82\x99\xE3\x81\x8D",
		NULL,
	};

	return words_any(dice, asides);
}

const char *words_control(struct dice *dice)
{
	static const char *const gaps[] = {
		"\t", "\r\n", "\v", " \n\t ", "\xE2\x80\xA8", "\xC2\x85", "\x1F", NULL,
	};

	return words_any(dice, gaps);
}

const char *words_topic_name(enum topic topic)
{
	static const char *const names[TOPICS] = {
		[BIRDS] = "Birds and their watchers",
		[WEATHER] = "Weather",
		[TRAINS] = "Trains",
		[FOOTBALL] = "Football",
		[CODE] = "Programming",
		[FOOD] = "Home cooking",
		[ELECTIONS] = "Local elections",
	};

	return names[topic];
}

const char *words_topic_tag(enum topic topic)
{
	static const char *const tags[TOPICS] = {
		[BIRDS] = "birds",         [WEATHER] = "weather", [TRAINS] = "trains",
		[FOOTBALL] = "football",   [CODE] = "code",       [FOOD] = "food",
		[ELECTIONS] = "elections",
	};

	return tags[topic];
}
