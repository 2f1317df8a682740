#define PCRE2_CODE_UNIT_WIDTH 8
#include "post/post.h"

#include <assert.h>
#include <pcre2.h>
#include <pthread.h>

/* A word character is spelled out, since what \w means changed between versions of PCRE2. What stands
 * before the first letter is never given back (*+), so that no text reaches PCRE2's match limit. */
#define WORD "\\p{L}\\p{N}_"
static const char pattern[] = "(?<![" WORD "])#[\\p{N}_]*+\\p{L}[" WORD "]*+";

static pcre2_code *compiled;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void compile(void)
{
	int number;
	PCRE2_SIZE at;
	compiled = pcre2_compile((PCRE2_SPTR)pattern, sizeof pattern - 1,
				 PCRE2_UTF | PCRE2_NO_UTF_CHECK, &number, &at, NULL);
	assert(compiled);
}

void post_find_hashtags(struct str text, void (*each)(void *context, struct str hashtag),
			void *context)
{
	if (text.len == 0 || !memchr(text.ptr, '#', text.len))
		return;
	pthread_once(&once, compile);
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(compiled, NULL);
	assert(match);
	for (size_t from = 0; from < text.len;) {
		int found = pcre2_match(compiled, (PCRE2_SPTR)text.ptr, text.len, from,
					PCRE2_NO_UTF_CHECK, match, NULL);
		if (found <= 0)
			break;
		const PCRE2_SIZE *span = pcre2_get_ovector_pointer(match);
		each(context, str_make(text.ptr + span[0], span[1] - span[0]));
		from = span[1];
	}
	pcre2_match_data_free(match);
}
