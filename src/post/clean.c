#include "post/post.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <utf8proc.h>

/* Adds utf8proc's mapping of valid UTF-8 under `options`. */
static void add_mapped(struct buf *buf, struct str text, utf8proc_option_t options)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)text.ptr,
					    (utf8proc_ssize_t)text.len, &mapped, options);
	assert(len >= 0);
	buf_add(buf, mapped, (size_t)len);
	free(mapped);
}

static const utf8proc_option_t NFC = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/* What normalising and folding would do costs far more than finding out that they would do nothing, which
 * is the quick check of UAX #15: text is NFC where each character is its own NFC, none may join one before
 * it, and combining classes do not fall. Where each is its own case fold too, folding changes nothing.
 * Found out once a character, by any thread; racing threads find the same. */
enum { KNOWN = 1, INERT = 2, FOLDED = 4, MARK = 8, JOINS = 16, TRAITS_END = 0x20000 };
static _Atomic uint8_t traits_known[TRAITS_END];

/* What may join is what stands behind the first character of any canonical decomposition: asked of the
 * same tables that normalise, so that they are never of another Unicode. */
static uint64_t joining[TRAITS_END / 64];

static void find_joining(void)
{
	enum { PARTS_MAX = 32 };
	utf8proc_int32_t parts[PARTS_MAX];
	for (utf8proc_int32_t c = 0x80; c < 0x30000; c++) {
		int boundary = 0;
		utf8proc_ssize_t count = utf8proc_decompose_char(
			c, parts, PARTS_MAX, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &boundary);
		for (utf8proc_ssize_t i = 1; i < count && i < PARTS_MAX; i++) {
			if (parts[i] < TRAITS_END)
				joining[parts[i] / 64] |= UINT64_C(1) << parts[i] % 64;
		}
	}
}

static bool may_join(utf8proc_int32_t c)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, find_joining);
	return joining[c / 64] >> c % 64 & 1;
}

/* With those that utf8proc takes for parts though no syllable has them. */
static bool is_part_of_hangul(utf8proc_int32_t c)
{
	return (c >= 0x1100 && c < 0x1200) || (c >= 0xa960 && c < 0xa980) ||
	       (c >= 0xd7b0 && c < 0xd800);
}

static uint8_t combining_class(utf8proc_int32_t c)
{
	return (uint8_t)utf8proc_get_property(c)->combining_class;
}

static bool maps_to_itself(utf8proc_int32_t c, utf8proc_option_t options)
{
	utf8proc_uint8_t bytes[4];
	struct buf mapped = { 0 };
	utf8proc_ssize_t len = utf8proc_encode_char(c, bytes);
	struct str alone = str_make((const char *)bytes, (size_t)len);
	add_mapped(&mapped, alone, options);
	bool same = str_equal(buf_str(&mapped), alone);
	buf_release(&mapped);
	return same;
}

static uint8_t traits_of(utf8proc_int32_t c)
{
	if (c >= TRAITS_END)
		return KNOWN;
	uint8_t traits = atomic_load_explicit(&traits_known[c], memory_order_relaxed);
	if (traits == 0) {
		traits = KNOWN;
		if (!is_part_of_hangul(c) && maps_to_itself(c, NFC))
			traits |= INERT;
		if (may_join(c))
			traits |= JOINS;
		if (combining_class(c) > 0)
			traits |= MARK;
		if (maps_to_itself(c, UTF8PROC_CASEFOLD))
			traits |= FOLDED;
		atomic_store_explicit(&traits_known[c], traits, memory_order_relaxed);
	}
	return traits;
}

/* Decodes a character of valid UTF-8. */
static size_t decode(const char *text, utf8proc_int32_t *ret_c)
{
	const unsigned char *at = (const unsigned char *)text;
	if (at[0] < 0x80) {
		*ret_c = at[0];
		return 1;
	}
	if (at[0] < 0xe0) {
		*ret_c = (at[0] & 0x1f) << 6 | (at[1] & 0x3f);
		return 2;
	}
	if (at[0] < 0xf0) {
		*ret_c = (at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 | (at[2] & 0x3f);
		return 3;
	}
	*ret_c = (at[0] & 0x07) << 18 | (at[1] & 0x3f) << 12 | (at[2] & 0x3f) << 6 | (at[3] & 0x3f);
	return 4;
}

/* Whether the next eight bytes are ASCII. */
static bool ascii_here(struct str text, size_t at)
{
	uint64_t bytes;
	if (text.len - at < sizeof bytes)
		return false;
	memcpy(&bytes, text.ptr + at, sizeof bytes);
	return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

/* Whether two characters, the first of class 0, stay as they are beside each other. Remembered, for
 * vowel signs and their like follow the same few letters again and again. */
static bool stay_apart(utf8proc_int32_t first, utf8proc_int32_t second)
{
	enum { PAIRS = 4096 };
	static _Atomic uint64_t known[PAIRS]; /* the pair, shifted by one, and the answer */
	uint64_t pair = (uint64_t)first << 22 | (uint64_t)second << 1;
	_Atomic uint64_t *slot = &known[(pair * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
	uint64_t found = atomic_load_explicit(slot, memory_order_relaxed);
	if ((found & ~UINT64_C(1)) != pair) {
		utf8proc_uint8_t bytes[8];
		struct buf mapped = { 0 };
		utf8proc_ssize_t len = utf8proc_encode_char(first, bytes);
		len += utf8proc_encode_char(second, bytes + len);
		struct str alone = str_make((const char *)bytes, (size_t)len);
		add_mapped(&mapped, alone, NFC);
		found = pair | str_equal(buf_str(&mapped), alone);
		buf_release(&mapped);
		atomic_store_explicit(slot, found, memory_order_relaxed);
	}
	return found & 1;
}

/* The traits of a character behind `before`, which is of class `class_before` (the text's first: a line
 * break): it is inert where it does not join that one, nor should stand before it. */
static uint8_t traits_behind(utf8proc_int32_t before, uint8_t class_before, utf8proc_int32_t c,
			     uint8_t *ret_class)
{
	uint8_t traits = traits_of(c), class = traits & MARK ? combining_class(c) : 0;
	bool falls = class > 0 && class < class_before;
	bool joins = traits & JOINS && (class_before > 0 || !stay_apart(before, c));
	*ret_class = class;
	return falls || joins ? traits & (uint8_t)~INERT : traits;
}

/* Those of the wanted traits that all characters have; ASCII is inert. */
static uint8_t common_traits(struct str text, uint8_t wanted)
{
	utf8proc_int32_t before = '\n', c;
	uint8_t common = wanted, class = 0;
	for (size_t at = 0; at < text.len && common & INERT; before = c) {
		unsigned char first = (unsigned char)text.ptr[at];
		if (first >= 0x80) {
			at += decode(text.ptr + at, &c);
			common &= traits_behind(before, class, c, &class);
			continue;
		}
		class = 0;
		if (!(common & FOLDED) && ascii_here(text, at)) {
			at += 8;
			c = text.ptr[at - 1];
			continue;
		}
		if (first >= 'A' && first <= 'Z')
			common &= (uint8_t)~FOLDED;
		c = first;
		at++;
	}
	return common;
}

static void add_nfc(struct buf *buf, struct str text)
{
	if (common_traits(text, INERT))
		buf_add_str(buf, text);
	else
		add_mapped(buf, text, NFC);
}

/* How many bytes of a control character or line break stand at `at`: 0 for none. */
static size_t control_here(struct str text, size_t at)
{
	const unsigned char *c = (const unsigned char *)text.ptr + at;
	size_t left = text.len - at;
	if (c[0] < 0x20 || c[0] == 0x7f)
		return 1;
	if (c[0] == 0xc2 && left >= 2 && c[1] < 0xa0) /* U+0080 to U+009F */
		return 2;
	if (c[0] == 0xe2 && left >= 3 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
		return 3;
	return 0;
}

/* Whether any of eight bytes is below 0x20, 0x7f, 0xc2 or 0xe2, or '&': what post_clean() changes begins
 * with one of these. May be wrong about bytes above one that is. */
static bool is_suspect(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
#define HAS_ZERO(x) (((x)-ones) & ~(x)&highs)
	return ((bytes - ones * 0x20) & ~bytes & highs) | HAS_ZERO(bytes ^ ones * 0x7f) |
	       HAS_ZERO(bytes ^ ones * 0xc2) | HAS_ZERO(bytes ^ ones * 0xe2) |
	       HAS_ZERO(bytes ^ ones * '&');
#undef HAS_ZERO
}

/* Where the next character stands that cleaning may change, composition aside; the text's end: nowhere. */
static size_t next_unclean(struct str text, size_t at)
{
	while (at < text.len) {
		uint64_t bytes;
		if (text.len - at >= sizeof bytes) {
			memcpy(&bytes, text.ptr + at, sizeof bytes);
			if (!is_suspect(bytes)) {
				at += sizeof bytes;
				continue;
			}
		}
		size_t end = text.len - at < sizeof bytes ? text.len : at + sizeof bytes;
		for (; at < end; at++) {
			if (text.ptr[at] == '&' || control_here(text, at) > 0)
				return at;
		}
	}
	return at;
}

/* Adds what the entity at `at` stands for, or the '&' as it is; returns where the text goes on. What comes
 * out is not decoded again. */
static size_t add_decoded(struct buf *buf, struct str text, size_t at)
{
	static const struct {
		struct str entity;
		char byte;
	} known[] = { { { "&lt;", 4 }, '<' }, { { "&gt;", 4 }, '>' }, { { "&amp;", 5 }, '&' } };
	struct str rest = str_make(text.ptr + at, text.len - at);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (str_starts(rest, known[i].entity)) {
			buf_add_byte(buf, known[i].byte);
			return at + known[i].entity.len;
		}
	}
	buf_add_byte(buf, '&');
	return at + 1;
}

static size_t skip_controls(struct str text, size_t at)
{
	size_t control;
	while (at < text.len && (control = control_here(text, at)) > 0)
		at += control;
	return at;
}

void post_clean(struct str text, struct buf *ret)
{
	size_t at = 0, next = next_unclean(text, 0);
	if (next == text.len) {
		add_nfc(ret, text);
		return;
	}
	struct buf cleaned = { 0 };
	buf_reserve(&cleaned, text.len);
	while (next < text.len) {
		buf_add(&cleaned, text.ptr + at, next - at);
		if (text.ptr[next] == '&') {
			at = add_decoded(&cleaned, text, next);
		} else {
			buf_add_byte(&cleaned, ' ');
			at = skip_controls(text, next);
		}
		next = next_unclean(text, at);
	}
	buf_add(&cleaned, text.ptr + at, next - at);
	add_nfc(ret, buf_str(&cleaned));
	buf_release(&cleaned);
}

static bool is_ascii(struct str text)
{
	unsigned char any = 0;
	for (size_t i = 0; i < text.len; i++)
		any |= (unsigned char)text.ptr[i];
	return any < 0x80;
}

static void add_lower_case(struct buf *buf, struct str ascii)
{
	buf_reserve(buf, ascii.len);
	for (size_t i = 0; i < ascii.len; i++) {
		char c = ascii.ptr[i];
		buf->ptr[buf->len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
}

/* Adds one character folded. What it folds to is remembered where that is one character. */
static void add_folded(struct buf *buf, struct str bytes, utf8proc_int32_t c)
{
	enum { FOLDS = 1024 };
	static _Atomic uint64_t
		known[FOLDS]; /* the character, and in the low half what it becomes */
	_Atomic uint64_t *slot = &known[(uint32_t)c % FOLDS];
	uint64_t found = atomic_load_explicit(slot, memory_order_relaxed);
	utf8proc_uint8_t folded[4];
	utf8proc_int32_t to;
	if (found >> 32 == (uint64_t)c) {
		utf8proc_ssize_t len = utf8proc_encode_char((utf8proc_int32_t)found, folded);
		buf_add(buf, folded, (size_t)len);
		return;
	}
	size_t from = buf->len;
	add_mapped(buf, bytes, UTF8PROC_CASEFOLD);
	if (buf->len > from && decode(buf->ptr + from, &to) == buf->len - from)
		atomic_store_explicit(slot, (uint64_t)c << 32 | (uint64_t)to, memory_order_relaxed);
}

/* Each character by itself, as case folding is. */
static void add_all_folded(struct buf *buf, struct str text)
{
	utf8proc_int32_t c;
	for (size_t at = 0, len; at < text.len; at += len) {
		len = decode(text.ptr + at, &c);
		struct str bytes = str_make(text.ptr + at, len);
		if (c < 0x80)
			add_lower_case(buf, bytes);
		else if (traits_of(c) & FOLDED)
			buf_add_str(buf, bytes);
		else
			add_folded(buf, bytes, c);
	}
}

void post_fold(struct str text, struct buf *ret)
{
	struct buf composed = { 0 }, folded = { 0 };
	if (common_traits(text, INERT | FOLDED) == (INERT | FOLDED)) {
		buf_add_str(ret, text);
		return;
	}
	if (is_ascii(text)) {
		add_lower_case(ret, text);
		return;
	}
	add_nfc(&composed, text);
	add_all_folded(&folded, buf_str(&composed));
	add_nfc(ret, buf_str(&folded));
	buf_release(&composed);
	buf_release(&folded);
}
