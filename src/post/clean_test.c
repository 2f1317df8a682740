#include "post/post.h"

#include "base/test.h"

static void assert_clean(struct str text, const char *expected)
{
	struct buf cleaned = { 0 };
	post_clean(text, &cleaned);
	assert_string_equal(buf_text(&cleaned), expected);
	assert_int_equal(cleaned.len, strlen(expected));
	buf_release(&cleaned);
}

static void assert_fold(const char *text, const char *expected)
{
	struct buf folded = { 0 };
	post_fold(str_from(text), &folded);
	assert_string_equal(buf_text(&folded), expected);
	buf_release(&folded);
}

#define CLEAN(text, expected) assert_clean(STR(text), expected)

static void ordinary_text_stays(void **state)
{
	(void)state;
	CLEAN("", "");
	CLEAN(" a  b ", " a  b ");
	CLEAN("caf\u00e9 \u4e2d\u6587 \U0001f600", "caf\u00e9 \u4e2d\u6587 \U0001f600");
	CLEAN("\U0001f468\u200d\U0001f469 \ufe0f", "\U0001f468\u200d\U0001f469 \ufe0f");
	CLEAN("\u00a0\u2003\u3000\ufeff\u200b", "\u00a0\u2003\u3000\ufeff\u200b");
	CLEAN("\ufffd\uffff\U0010ffff", "\ufffd\uffff\U0010ffff");
	CLEAN("\ud55c\uad6d", "\ud55c\uad6d");
}

static void what_is_cleaned_is_appended(void **state)
{
	(void)state;
	struct buf text = { 0 };
	buf_add_text(&text, "a&amp;\n");
	post_clean(STR("b"), &text);
	post_clean(STR("&lt;\n"), &text);
	post_clean(STR("e\u0301"), &text);
	post_fold(STR("E"), &text);
	post_fold(STR("\u00c9"), &text);
	assert_string_equal(buf_text(&text), "a&amp;\nb< \u00e9e\u00e9");
	buf_release(&text);
}

static void three_entities_are_decoded(void **state)
{
	(void)state;
	CLEAN("&lt;", "<");
	CLEAN("a &lt;b&gt; &amp; c", "a <b> & c");
	CLEAN("&amp;&amp;", "&&");
	CLEAN("&quot;&#39;&apos;&nbsp;&#60;", "&quot;&#39;&apos;&nbsp;&#60;");
	CLEAN("&lt &LT; &Amp; & lt; &amp", "&lt &LT; &Amp; & lt; &amp");
	CLEAN("&&lt;&", "&<&");
	CLEAN("&", "&");
	CLEAN("&l", "&l");
}

static void entities_are_decoded_once(void **state)
{
	(void)state;
	CLEAN("&amp;lt;", "&lt;");
	CLEAN("&amp;gt;", "&gt;");
	CLEAN("&amp;amp;", "&amp;");
	CLEAN("&amp;amp;lt;", "&amp;lt;");
	CLEAN("&am&lt;p;", "&am<p;");
	CLEAN("&&amp;lt;", "&&lt;");
	CLEAN("&l&amp;t;", "&l&t;");
}

static void a_run_of_control_characters_becomes_one_space(void **state)
{
	(void)state;
	CLEAN("a\nb", "a b");
	CLEAN("a\r\n\t\v\f\x01\x1f\x7f"
	      "b",
	      "a b");
	CLEAN("a \n b", "a   b");
	CLEAN("\n", " ");
	CLEAN("\n\n", " ");
	CLEAN("a\nb\n\nc", "a b c");
	CLEAN("a\0b", "a b");
	CLEAN("\0", " ");
	CLEAN("\0\0a\0", " a ");
}

static void the_upper_controls_and_separators_are_controls(void **state)
{
	(void)state;
	CLEAN("a\xc2\x85"
	      "b",
	      "a b");
	CLEAN("a\xc2\x80"
	      "b\xc2\x9f"
	      "c",
	      "a b c");
	CLEAN("a\u00a0b", "a\u00a0b");
	CLEAN("a\u2028b\u2029c", "a b c");
	CLEAN("a\u2028\xc2\x85\n\u2029c", "a c");
	CLEAN("a\u2027b\u202ac", "a\u2027b\u202ac");
	CLEAN("\u00c2\u00e2", "\u00c2\u00e2");
	CLEAN("\xc2\x85", " ");
	CLEAN("\u2028", " ");
}

static void text_is_composed(void **state)
{
	(void)state;
	CLEAN("e\u0301", "\u00e9");
	CLEAN("A\u030a \u212b \u212a", "\u00c5 \u00c5 K");
	CLEAN("q\u0307\u0323", "q\u0323\u0307");
	CLEAN("\u1100\u1161\u11a8", "\uac01");
	CLEAN("\u0958", "\u0915\u093c");                   /* excluded from composition */
	CLEAN("\ufb01\u2460\u00b2", "\ufb01\u2460\u00b2"); /* NFC, not NFKC */
	CLEAN("\uf900", "\u8c48");
	CLEAN("\U0001d15e", "\U0001d157\U0001d165");
	CLEAN("\U0002f800", "\u4e3d");
	CLEAN("\u0301", "\u0301");
}

/* Each case comes out otherwise when two steps change places. */
static void the_steps_have_an_order(void **state)
{
	(void)state;
	CLEAN("&lt;\u0338", "\u226e"); /* decoded, then composed */
	CLEAN("&amp;lt;\u0338", "&lt;\u0338");
	CLEAN("e\n\u0301", "e \u0301"); /* spaced, then composed */
	CLEAN("&a\nmp;", "&a mp;");     /* decoded, then spaced */
	CLEAN("&\u2028lt;", "& lt;");
}

static void bytes_at_the_end_are_not_read_beyond(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"&", "&l", "&lt", "&amp", "a\xc2\xa9", "\u2026", "\n"
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t len = strlen(texts[i]);
		struct buf cleaned = { 0 }, exact = { 0 };
		char *copy = test_malloc(len);
		memcpy(copy, texts[i], len);
		post_clean(str_make(copy, len), &cleaned);
		post_fold(str_make(copy, len), &exact);
		assert_true(cleaned.len > 0 && exact.len > 0);
		test_free(copy);
		buf_release(&cleaned);
		buf_release(&exact);
	}
}

static void add_char(struct buf *buf, unsigned c)
{
	if (c < 0x80) {
		buf_add_byte(buf, (char)c);
	} else if (c < 0x800) {
		buf_add_byte(buf, (char)(0xc0 | c >> 6));
		buf_add_byte(buf, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_byte(buf, (char)(0xe0 | c >> 12));
		buf_add_byte(buf, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(buf, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_byte(buf, (char)(0xf0 | c >> 18));
		buf_add_byte(buf, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_byte(buf, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(buf, (char)(0x80 | (c & 0x3f)));
	}
}

/* Text that seems composed already is not sent through the composer. To see that this changes
 * nothing, the same text is sent through it by something to compose at its end. */
static void the_short_cut_composes_the_same(void **state)
{
	(void)state;
	static const unsigned bases[] = { 'e',     'A',     0x3c,    0x1100,  0xac00,
					  0x915,   0x9c7,   0xb47,   0xbc6,   0xcc6,
					  0xd46,   0xdd9,   0x1025,  0x3046,  0x11131,
					  0x110b9, 0x11347, 0x114b9, 0x16d67, 0x16d63 };
	struct buf text = { 0 }, short_cut = { 0 }, whole = { 0 };
	for (unsigned c = 0xa0; c < 0x20000; c++) {
		if ((c >= 0xd800 && c < 0xe000) || c == 0x2028 || c == 0x2029)
			continue;
		buf_reset(&text);
		buf_reset(&short_cut);
		buf_reset(&whole);
		for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
			size_t from = text.len;
			add_char(&text, bases[i]);
			add_char(&text, c);
			buf_add_byte(&text, '|');
			post_clean(str_make(text.ptr + from, text.len - from), &short_cut);
		}
		/* Between marks of classes 220 and 228, which are to come in this order. */
		size_t between = text.len;
		add_char(&text, 0x591);
		add_char(&text, c);
		add_char(&text, 0x5ae);
		add_char(&text, c);
		add_char(&text, 0x591);
		post_clean(str_make(text.ptr + between, text.len - between), &short_cut);
		buf_add_text(&text, "e\u0301");
		buf_add_text(&short_cut, "\u00e9");
		post_clean(buf_str(&text), &whole);
		if (!str_equal(buf_str(&whole), buf_str(&short_cut)))
			fail_msg("U+%04X is composed otherwise alone", c);
	}
	buf_release(&text);
	buf_release(&short_cut);
	buf_release(&whole);
}

static void ascii_is_folded(void **state)
{
	(void)state;
	assert_fold("", "");
	assert_fold("#HashTag_1@[`{", "#hashtag_1@[`{");
	assert_fold("AZaz09", "azaz09");
}

static void the_full_case_fold_is_used(void **state)
{
	(void)state;
	assert_fold("#Stra\u00dfe", "#strasse");
	assert_fold("#STRASSE", "#strasse");
	assert_fold("\u1e9e", "ss");
	assert_fold("\u0130", "i\u0307"); /* the Turkish dotted I is not taken for an i */
	assert_fold("I", "i");
	assert_fold("\u0131", "\u0131");
	assert_fold("\u03a3\u03c3\u03c2", "\u03c3\u03c3\u03c3"); /* the final sigma is a sigma */
	assert_fold("\ufb00\ufb06", "ffst");
	assert_fold("\u0149", "\u02bcn");
	assert_fold("\u212a\u212b\u017f", "k\u00e5s");
	assert_fold("\u0410\u042f\u0401", "\u0430\u044f\u0451");
	assert_fold("\U00010400", "\U00010428");
	assert_fold("\u0644\u4e2d\uac00", "\u0644\u4e2d\uac00");
}

/* Unlike all others, Cherokee folds to capitals, which are older. */
static void cherokee_folds_to_capitals(void **state)
{
	(void)state;
	assert_fold("\u13a0", "\u13a0");
	assert_fold("\uab70", "\u13a0");
	assert_fold("\u13f8", "\u13f0");
	assert_fold("\uabbf", "\u13ef");
}

static void equal_hashtags_fold_to_equal_bytes(void **state)
{
	(void)state;
	assert_fold("CAFE\u0301", "caf\u00e9");
	assert_fold("CAF\u00c9", "caf\u00e9");
	assert_fold("I\u0307", "i\u0307");
	assert_fold("\u0130", "i\u0307");
	assert_fold("a\u0323\u0307", "\u1ea1\u0307");
	assert_fold("A\u0307\u0323", "\u1ea1\u0307"); /* marks in another order */
	assert_fold("\u1fb3\u1fbc", "\u03b1\u03b9\u03b1\u03b9");
	assert_fold("\u01f0", "\u01f0"); /* folds to j and a caron, which compose again */
	assert_fold("J\u030c", "\u01f0");
	assert_fold("\u1f82", "\u1f02\u03b9");
}

static unsigned next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

static void add_random_text(struct buf *text, uint64_t *seed)
{
	static const unsigned pool[] = { 'A',     'e',     'I',    'J',    '#',    0xdf,   0x130,
					 0x131,   0x300,   0x301,  0x307,  0x323,  0x327,  0x338,
					 0x345,   0x30c,   0x3a3,  0x3c2,  0x390,  0x1fb3, 0x1fbc,
					 0x1f88,  0x1e9e,  0x13a0, 0xab70, 0x1100, 0x1161, 0x11a8,
					 0xac00,  0x958,   0xfb01, 0x212b, 0xf900, 0x4e2d, 0x3b9,
					 0x1d15e, 0x10400, '<',    ' ',    0x0a,   0x85,   0x2028,
					 0x149,   0x1f0,   0x3b1,  0x3ac };
	for (unsigned left = next_random(seed) % 8; left > 0; left--) {
		unsigned c = pool[next_random(seed) % (sizeof pool / sizeof *pool)];
		if (next_random(seed) % 8 == 0)
			c = 0x20 + next_random(seed) % 0xd7e0;
		add_char(text, c);
	}
}

static void cleaned_text_stays_and_so_does_folded(void **state)
{
	(void)state;
	uint64_t seed = 1;
	struct buf text = { 0 }, once = { 0 }, twice = { 0 };
	for (int i = 0; i < 100000; i++) {
		buf_reset(&text);
		buf_reset(&once);
		buf_reset(&twice);
		add_random_text(&text, &seed);
		if (i % 2 == 0) {
			post_clean(buf_str(&text), &once);
			post_clean(buf_str(&once), &twice);
		} else {
			post_fold(buf_str(&text), &once);
			post_fold(buf_str(&once), &twice);
		}
		if (!str_equal(buf_str(&once), buf_str(&twice)))
			fail_msg("%s: '%s' becomes '%s', then '%s'", i % 2 ? "fold" : "clean",
				 buf_text(&text), buf_text(&once), buf_text(&twice));
	}
	buf_release(&text);
	buf_release(&once);
	buf_release(&twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_text_stays),
		cmocka_unit_test(what_is_cleaned_is_appended),
		cmocka_unit_test(three_entities_are_decoded),
		cmocka_unit_test(entities_are_decoded_once),
		cmocka_unit_test(a_run_of_control_characters_becomes_one_space),
		cmocka_unit_test(the_upper_controls_and_separators_are_controls),
		cmocka_unit_test(text_is_composed),
		cmocka_unit_test(the_steps_have_an_order),
		cmocka_unit_test(bytes_at_the_end_are_not_read_beyond),
		cmocka_unit_test(the_short_cut_composes_the_same),
		cmocka_unit_test(ascii_is_folded),
		cmocka_unit_test(the_full_case_fold_is_used),
		cmocka_unit_test(cherokee_folds_to_capitals),
		cmocka_unit_test(equal_hashtags_fold_to_equal_bytes),
		cmocka_unit_test(cleaned_text_stays_and_so_does_folded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
