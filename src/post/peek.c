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

/* What is looked for: quote, backslash, comma; and behind | 0x20, which makes [ a { and ] a }, the
 * brackets. Portable, for any x86-64, and for those with AVX2, for which everything that is done with a
 * block is compiled once more. */
#ifdef __SSE2__
#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

static inline uint64_t equal_bits(const __m128i part[4], char byte)
{
	__m128i wanted = _mm_set1_epi8(byte);
	uint64_t bits = 0;
	for (int i = 3; i >= 0; i--)
		bits = bits << 16 | (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted));
	return bits;
}

static inline void masks_of(const char *block, struct masks *ret)
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

AVX2 static inline uint64_t equal_bits_avx2(__m256i low, __m256i high, char byte)
{
	__m256i wanted = _mm256_set1_epi8(byte);
	uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
	uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
	return (uint64_t)second << 32 | first;
}

AVX2 static inline void masks_of_avx2(const char *block, struct masks *ret)
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
#else
static inline void masks_of(const char *block, struct masks *ret)
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

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Takes away the bits behind a backslash; *carry tells whether the next block's first byte is one. */
static ALWAYS_INLINE uint64_t without_escaped(uint64_t quote, uint64_t backslash, bool *carry)
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
static ALWAYS_INLINE uint64_t parity_up_to(uint64_t bits)
{
	bits ^= bits << 1;
	bits ^= bits << 2;
	bits ^= bits << 4;
	bits ^= bits << 8;
	bits ^= bits << 16;
	bits ^= bits << 32;
	return bits;
}

enum { PIECES_MAX = 16 };
enum depth_of_look { LOOK_WHOLE, LOOK_KEY, LOOK_GUESS };

struct scan {
	struct str line;
	struct post_peek *peek;
	uint64_t depth;
	size_t member; /* where the current top-level member begins */
	size_t run;    /* where the members of content begin that are in no piece yet */
	struct str pieces[PIECES_MAX]; /* the line's content */
	size_t piece_count;
	enum depth_of_look look;
	bool lost;   /* the members cannot be followed any further */
	bool unsure; /* id or created_at may be read otherwise */
	bool ended, enough;
	bool plain; /* the current member is none that is looked for */
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

/* Most members have no blanks around them. */
static struct str trimmed(struct str text)
{
	bool tight = text.len > 0 && (unsigned char)text.ptr[0] > ' ' &&
		     (unsigned char)text.ptr[text.len - 1] > ' ';
	return tight ? text : str_trim(text);
}

/* The members in [scan->run, end), without the comma behind them, are content. */
static void end_run(struct scan *scan, size_t end)
{
	if (scan->look != LOOK_WHOLE || scan->run >= end)
		return;
	struct str run = trimmed(str_make(scan->line.ptr + scan->run, end - scan->run));
	if (run.len > 0 && run.ptr[run.len - 1] == ',')
		run = trimmed(str_make(run.ptr, run.len - 1));
	if (run.len == 0)
		return;
	if (scan->piece_count + 2 > PIECES_MAX) {
		scan->lost = true; /* members of ours, repeated without end */
		return;
	}
	if (scan->piece_count > 0)
		scan->pieces[scan->piece_count++] = STR(",");
	scan->pieces[scan->piece_count++] = run;
}

/* The member in [scan->member, end) has this name. */
static void note_member(struct scan *scan, struct str name, struct str value, size_t end)
{
	if (name.len == 2 && is(name, "id"))
		note_id(scan, value);
	else if (name.len == 10 && is(name, "created_at"))
		note_created_at(scan, value);
	bool *flag = flag_of(scan->peek, name);
	if (flag)
		*flag = true;
	if (is_delivery(name)) {
		end_run(scan, scan->member);
		scan->run = end + 1;
	}
	scan->enough = scan->look == LOOK_GUESS && scan->has_id && scan->has_created_at;
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
		return;
	}
	struct str rest = trimmed(str_make(quote + 1, whole.len - name.len - 2));
	if (rest.len < 2 || rest.ptr[0] != ':') {
		scan->lost = true;
		return;
	}
	note_member(scan, name, trimmed(str_make(rest.ptr + 1, rest.len - 1)), end);
}

/* Whether a member that begins here is told to be none of interest by its name alone, as most are: then
 * nobody has to look at it again when its end is found. */
static ALWAYS_INLINE bool is_plain(const char *at, size_t left)
{
#ifdef __SSE2__
	if (left < 35 || at[0] != '"')
		return false;
	unsigned quotes = 0, backslashes = 0;
	for (int i = 1; i >= 0; i--) {
		__m128i part = _mm_loadu_si128((const __m128i *)(const void *)(at + 1 + 16 * i));
		quotes = quotes << 16 |
			 (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8('"')));
		backslashes =
			backslashes << 16 |
			(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8('\\')));
	}
	if (quotes == 0)
		return false;
	unsigned len = (unsigned)__builtin_ctz(quotes);
	bool escapes = (backslashes & ((1u << len) - 1)) != 0;
	bool looked_for = len == 2 || len == 4 || len == 8 || len == 10;
	char value = at[len + 3];
	bool has_value = at[len + 2] == ':' && value > ' ' && value != ',' && (value | 0x20) != '}';
	return !escapes && !looked_for && has_value;
#else
	(void)at;
	(void)left;
	return false;
#endif
}

static ALWAYS_INLINE void begin_member(struct scan *scan, size_t at)
{
	scan->member = at;
	scan->plain = is_plain(scan->line.ptr + at, scan->line.len - at);
}

static void open_root(struct scan *scan, size_t at)
{
	scan->peek->is_object = scan->line.ptr[at] == '{';
	scan->lost |= !scan->peek->is_object || scan->ended || at != 0;
	scan->depth = 1;
	scan->run = at + 1;
	begin_member(scan, at + 1);
}

static void close_root(struct scan *scan, size_t at)
{
	if (!scan->plain)
		end_member(scan, at);
	end_run(scan, at);
	scan->depth = 0;
	scan->ended = true;
	scan->lost |= scan->line.ptr[at] != '}' || at + 1 != scan->line.len;
}

static ALWAYS_INLINE uint64_t above(uint64_t bits, uint64_t bit)
{
	return bits & ~(bit | (bit - 1));
}

/* The brackets of a block, one after the other; between two of them commas matter at depth 1 only. */
static ALWAYS_INLINE void scan_brackets(struct scan *scan, uint64_t open, uint64_t close,
					uint64_t comma, size_t start)
{
	uint64_t brackets = open | close;
	while (!scan->lost && !scan->enough) {
		uint64_t bit = brackets & (0 - brackets); /* 0: there is none any more */
		if (scan->depth == 1) {
			uint64_t members = comma & (bit - 1);
			for (; members && !scan->lost && !scan->enough; members &= members - 1) {
				size_t at = start + (size_t)__builtin_ctzll(members);
				if (!scan->plain)
					end_member(scan, at);
				begin_member(scan, at + 1);
			}
		}
		if (bit == 0 || scan->enough)
			return;
		size_t at = start + (size_t)__builtin_ctzll(bit);
		if (scan->depth == 0 && open & bit)
			open_root(scan, at);
		else if (scan->depth == 0)
			scan->lost = true;
		else if (scan->depth == 1 && close & bit)
			close_root(scan, at);
		else
			scan->depth += open & bit ? 1 : (size_t)-1;
		brackets = above(brackets, bit);
		comma = above(comma, bit);
	}
}

static ALWAYS_INLINE void scan_masks(struct scan *scan, const struct masks *masks, size_t start)
{
	uint64_t quotes = without_escaped(masks->quote, masks->backslash, &scan->escaped);
	uint64_t strings = parity_up_to(quotes) ^ (scan->in_string ? ~UINT64_C(0) : 0);
	scan->in_string = strings >> 63;
	uint64_t open = masks->open & ~strings, close = masks->close & ~strings;
	size_t closing = (size_t)__builtin_popcountll(close);
	/* Nothing in a block that stays inside a member of the root matters. */
	if (scan->depth >= 2 + closing)
		scan->depth += (size_t)__builtin_popcountll(open) - closing;
	else
		scan_brackets(scan, open, close, masks->comma & ~strings, start);
}

/* The last block is filled up with blanks. */
#define SCAN_LINE(scan, masks_of)                                                                  \
	do {                                                                                       \
		struct str line = (scan)->line;                                                    \
		struct masks masks;                                                                \
		size_t at = 0;                                                                     \
		for (; line.len - at >= 64 && !(scan)->lost && !(scan)->enough; at += 64) {        \
			masks_of(line.ptr + at, &masks);                                           \
			scan_masks(scan, &masks, at);                                              \
		}                                                                                  \
		if (at < line.len && !(scan)->lost && !(scan)->enough) {                           \
			char last[64];                                                             \
			memset(last, ' ', sizeof last);                                            \
			memcpy(last, line.ptr + at, line.len - at);                                \
			masks_of(last, &masks);                                                    \
			scan_masks(scan, &masks, at);                                              \
		}                                                                                  \
	} while (0)

#ifdef __SSE2__
AVX2 static void scan_line_avx2(struct scan *scan)
{
	SCAN_LINE(scan, masks_of_avx2);
}
#endif

static void scan_line(struct scan *scan)
{
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
		scan_line_avx2(scan);
		return;
	}
#endif
	SCAN_LINE(scan, masks_of);
}

static void peek(struct scan *scan)
{
	struct post_peek *ret = scan->peek;
	*ret = (struct post_peek){ 0 };
	scan_line(scan);
	ret->whole = !scan->lost && scan->ended && scan->depth == 0 && !scan->in_string;
	ret->sure = ret->whole && !scan->unsure && scan->has_id &&
		    (scan->has_created_at || post_id_time(ret->key.id, &ret->key.time_us));
	if (ret->whole && scan->look == LOOK_WHOLE)
		ret->content_hash = hash_xxh3_pieces(scan->pieces, scan->piece_count);
}

void post_peek(struct str line, struct post_peek *ret)
{
	struct scan scan = { .line = line, .peek = ret };
	peek(&scan);
}

void post_peek_key(struct str line, struct post_peek *ret)
{
	struct scan scan = { .line = line, .peek = ret, .look = LOOK_KEY };
	peek(&scan);
}

bool post_guess_key(struct str line, struct post_key *ret)
{
	struct post_peek peeked;
	struct scan scan = { .line = line, .peek = &peeked, .look = LOOK_GUESS };
	peek(&scan);
	*ret = peeked.key;
	return scan.enough ? !scan.unsure : peeked.sure;
}
