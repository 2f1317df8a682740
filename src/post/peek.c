/* Finds a line's top-level members by its brackets, commas and quotes alone, 64 bytes at a time.
 *
 * For each block, bit masks say where quotes, backslashes, brackets and commas stand. A quote behind a
 * backslash is none; a prefix XOR over the quotes gives the bits inside strings (the first stage of
 * Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019). Outside strings the brackets give
 * the depth, and commas at depth 1 part the members. Nothing else is looked at, so a line that is not
 * JSON may pass; whatever could be read in two ways makes the peek unsure, and a line whose members
 * cannot be told apart is lost. */
#include "base/hash.h"
#include "post/key.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

struct masks {
	uint64_t quote, backslash, open, close, comma;
};

#ifdef __SSE2__
/* What is looked for: quote, backslash, comma; and behind | 0x20, which makes [ a { and ] a }, the
 * brackets. */
static uint64_t equal_bits(const __m128i part[4], char byte)
{
	__m128i wanted = _mm_set1_epi8(byte);
	uint64_t bits = 0;
	for (int i = 3; i >= 0; i--)
		bits = bits << 16 | (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted));
	return bits;
}

static void masks_sse2(const char *block, struct masks *ret)
{
	__m128i part[4], lower[4];
	for (int i = 0; i < 4; i++) {
		part[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + i * 16));
		lower[i] = _mm_or_si128(part[i], _mm_set1_epi8(0x20));
	}
	*ret = (struct masks){ .quote = equal_bits(part, '"'),
			       .backslash = equal_bits(part, '\\'),
			       .open = equal_bits(lower, '{'),
			       .close = equal_bits(lower, '}'),
			       .comma = equal_bits(part, ',') };
}

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline uint64_t equal_bits_avx2(__m256i low, __m256i high, char byte)
{
	__m256i wanted = _mm256_set1_epi8(byte);
	uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
	uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
	return (uint64_t)second << 32 | first;
}

AVX2 static void masks_avx2(const char *block, struct masks *ret)
{
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)block);
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
	__m256i space = _mm256_set1_epi8(0x20);
	__m256i low_lower = _mm256_or_si256(low, space), high_lower = _mm256_or_si256(high, space);
	ret->quote = equal_bits_avx2(low, high, '"');
	ret->backslash = equal_bits_avx2(low, high, '\\');
	ret->open = equal_bits_avx2(low_lower, high_lower, '{');
	ret->close = equal_bits_avx2(low_lower, high_lower, '}');
	ret->comma = equal_bits_avx2(low, high, ',');
}

static void masks_of(const char *block, struct masks *ret)
{
	if (__builtin_cpu_supports("avx2"))
		masks_avx2(block, ret);
	else
		masks_sse2(block, ret);
}
#else
static void masks_of(const char *block, struct masks *ret)
{
	*ret = (struct masks){ 0 };
	for (int i = 0; i < 64; i++) {
		char c = block[i], lower = (char)(c | 0x20);
		ret->quote |= (uint64_t)(c == '"') << i;
		ret->backslash |= (uint64_t)(c == '\\') << i;
		ret->open |= (uint64_t)(lower == '{') << i;
		ret->close |= (uint64_t)(lower == '}') << i;
		ret->comma |= (uint64_t)(c == ',') << i;
	}
}
#endif

/* Takes away the bits behind a backslash; *carry tells whether the next block's first byte is one. */
static uint64_t without_escaped(uint64_t quote, uint64_t backslash, bool *carry)
{
	if (*carry) {
		quote &= ~UINT64_C(1);
		backslash &= ~UINT64_C(1);
		*carry = false;
	}
	while (backslash) {
		int at = __builtin_ctzll(backslash);
		if (at == 63) {
			*carry = true;
			break;
		}
		quote &= ~(UINT64_C(2) << at);
		backslash &= ~(UINT64_C(3) << at);
	}
	return quote;
}

/* Bit i is the parity of bits 0 … i. */
static uint64_t parity_up_to(uint64_t bits)
{
	for (int shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

struct scan {
	struct str line;
	struct post_peek *peek;
	uint64_t depth;
	size_t member; /* where the current top-level member begins */
	bool lost;     /* the members cannot be followed any further */
	bool unsure;   /* id or created_at may be read otherwise */
	bool ended, key_only;
	bool has_id, has_created_at, in_string, escaped;
};

static void note_id(struct scan *scan, struct str value)
{
	if (scan->has_id || value.len < 2 || value.ptr[0] != '"' ||
	    !post_id_parse(str_make(value.ptr + 1, value.len - 2), &scan->peek->key.id))
		scan->unsure = true;
	scan->has_id = true;
}

static void note_created_at(struct scan *scan, struct str value)
{
	int64_t time;
	if (scan->has_created_at || value.len < 2 || value.ptr[0] != '"' ||
	    time_parse(str_make(value.ptr + 1, value.len - 2), &time) != TIME_CANONICAL ||
	    !post_time_is_plausible(time))
		scan->unsure = true;
	else
		scan->peek->key.time_us = time;
	scan->has_created_at = true;
}

static bool is(struct str name, const char *word)
{
	return memcmp(name.ptr, word, name.len) == 0;
}

static bool *flag_of(struct post_peek *peek, struct str name)
{
	switch (name.len) {
	case 4:
		return is(name, "text") ? &peek->has_text :
		       is(name, "data") ? &peek->has_data :
		       is(name, "meta") ? &peek->has_meta :
					  NULL;
	case 8:
		return is(name, "batch_id") ? &peek->has_batch_id :
		       is(name, "includes") ? &peek->has_includes :
					      NULL;
	default:
		return NULL;
	}
}

/* What tells two deliveries of one post apart although nothing about it changed. */
static bool is_delivery(struct str name)
{
	return (name.len == 4 && is(name, "page")) || (name.len == 8 && is(name, "batch_id")) ||
	       (name.len == 10 && is(name, "fetched_at"));
}

static void note_member(struct scan *scan, struct str name, struct str value, struct str whole)
{
	if (name.len == 2 && is(name, "id"))
		note_id(scan, value);
	else if (name.len == 10 && is(name, "created_at"))
		note_created_at(scan, value);
	bool *flag = flag_of(scan->peek, name);
	if (flag)
		*flag = true;
	if (!scan->key_only && !is_delivery(name))
		scan->peek->content_hash = hash_xxh3_from(whole, scan->peek->content_hash);
}

/* Most members have no blanks around them. */
static struct str trimmed(struct str text)
{
	bool tight = text.len > 0 && (unsigned char)text.ptr[0] > ' ' &&
		     (unsigned char)text.ptr[text.len - 1] > ' ';
	return tight ? text : str_trim(text);
}

/* A top-level member stands in [scan->member, end). */
static void end_member(struct scan *scan, size_t end)
{
	struct str whole = trimmed(str_make(scan->line.ptr + scan->member, end - scan->member));
	const char *quote = whole.len > 1 && whole.ptr[0] == '"' ?
				    memchr(whole.ptr + 1, '"', whole.len - 1) :
				    NULL;
	if (!quote) {
		scan->lost = true;
		return;
	}
	struct str name = str_make(whole.ptr + 1, (size_t)(quote - whole.ptr) - 1);
	if (memchr(name.ptr, '\\', name.len)) { /* it may be any name, and end elsewhere */
		scan->unsure = true;
		scan->peek->content_hash = hash_xxh3_from(whole, scan->peek->content_hash);
		return;
	}
	struct str rest = trimmed(str_make(quote + 1, whole.len - name.len - 2));
	if (rest.len < 2 || rest.ptr[0] != ':') {
		scan->lost = true;
		return;
	}
	note_member(scan, name, trimmed(str_make(rest.ptr + 1, rest.len - 1)), whole);
}

static void at_open(struct scan *scan, size_t at)
{
	if (scan->depth == 0) {
		scan->peek->is_object = scan->line.ptr[at] == '{';
		scan->lost |= !scan->peek->is_object || scan->ended || at != 0;
		scan->member = at + 1;
	}
	scan->depth++;
}

static void at_close(struct scan *scan, size_t at)
{
	if (scan->depth == 0) {
		scan->lost = true;
		return;
	}
	if (--scan->depth == 0) {
		end_member(scan, at);
		scan->ended = true;
		scan->lost |= scan->line.ptr[at] != '}' || at + 1 != scan->line.len;
	}
}

static void scan_block(struct scan *scan, const char *block, size_t start)
{
	struct masks masks;
	masks_of(block, &masks);
	uint64_t quotes = without_escaped(masks.quote, masks.backslash, &scan->escaped);
	uint64_t strings = parity_up_to(quotes) ^ (scan->in_string ? ~UINT64_C(0) : 0);
	scan->in_string = strings >> 63;
	uint64_t open = masks.open & ~strings, close = masks.close & ~strings;
	uint64_t comma = masks.comma & ~strings;
	for (uint64_t bits = open | close | comma; bits && !scan->lost; bits &= bits - 1) {
		uint64_t bit = bits & (0 - bits);
		size_t at = start + (size_t)__builtin_ctzll(bits);
		if (open & bit) {
			at_open(scan, at);
		} else if (close & bit) {
			at_close(scan, at);
		} else if (scan->depth == 1) {
			end_member(scan, at);
			scan->member = at + 1;
		}
	}
}

static void peek(struct str line, bool key_only, struct post_peek *ret)
{
	*ret = (struct post_peek){ 0 };
	struct scan scan = { .line = line, .peek = ret, .key_only = key_only };
	size_t at = 0;
	for (; line.len - at >= 64 && !scan.lost; at += 64)
		scan_block(&scan, line.ptr + at, at);
	if (at < line.len && !scan.lost) {
		char last[64];
		memset(last, ' ', sizeof last);
		memcpy(last, line.ptr + at, line.len - at);
		scan_block(&scan, last, at);
	}
	ret->whole = !scan.lost && scan.ended && scan.depth == 0 && !scan.in_string;
	ret->sure = ret->whole && !scan.unsure && scan.has_id &&
		    (scan.has_created_at || post_id_time(ret->key.id, &ret->key.time_us));
}

void post_peek(struct str line, struct post_peek *ret)
{
	peek(line, false, ret);
}

void post_peek_key(struct str line, struct post_peek *ret)
{
	peek(line, true, ret);
}
