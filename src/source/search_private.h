/* What judging answers shares (search_poll.c: pages; search_refusal.c: all else). */
#pragma once
#include "source/source.h"

/* The verdict, in our words and perhaps X's behind them. */
void __attribute__((format(printf, 4, 5)))
search_judge(struct search_verdict *ret, enum search_outcome outcome, struct str words,
	     const char *fmt, ...);

/* An answer with another status than 200; `words` are X's, if it has any. */
void search_judge_status(struct search_poll *poll, const struct search_reply *reply,
			 struct str words, int64_t now_us, struct search_verdict *ret);

/* The poll has read all there is down to its beginning. */
void search_poll_end(struct search_poll *poll);
/* The next request goes on below what was read, without a token. */
void search_poll_forget_token(struct search_poll *poll);
/* The place is further back than X goes: the gap is noted, and reading begins where X begins. */
void search_poll_move_on(struct search_poll *poll, int64_t now_us);
/* What was to be read below until_id is further back than that. */
void search_poll_leave_rest(struct search_poll *poll, int64_t now_us);
