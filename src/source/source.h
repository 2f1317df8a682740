/* The source turns what X answered into lines of the wire.
 *
 * In: documents of X API v2 JSON (search pages), asked for or from recorded files. Out: for each page its lines
 * (DESIGN.md section 3), the window entries and the cursor that belong to them. Promised: no member
 * of any page is lost (what belongs to no post rides on `page` of the first kept line,
 * docs/tables.md says how), a page gives the same lines whenever it is read, and bad input is named
 * with its file and line and harms no neighbour. A member of X by one of our names stays where it
 * is, and ours goes below `_aviary`, as null where we have nothing to say; X's own `_aviary` goes
 * to `_aviary._aviary`. Knows no lake and no socket: lines go where `sink` takes them. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"

/* One line, and what makes a later one its re-delivery (see wire.h, struct window_entry). */
struct source_line {
	struct str line; /* with its '\n' */
	uint64_t id;     /* 0: never held to be a re-delivery (recorded wire lines, broken ones, and
			    * posts with a batch_id, fetched_at or page of X's: not in the hash) */
	uint64_t rule;   /* hash of `rules`, 0 for none */
	uint64_t content_hash; /* post_peek()'s */
};

/* How far a file has been read. */
struct source_place {
	uint64_t byte;      /* the next document begins at or behind it */
	uint64_t file_line; /* of that byte, from 1 */
	int64_t batch_id;   /* of the last page that had posts */
	/* Counted so far in this file: search pages (empty ones, too); kept lines; re-deliveries
	 * dropped; other documents; pieces given to quarantine(), and broken lines given to
	 * take(). */
	uint64_t pages, posts, known, refused, quarantined;
};

/* Where lines go. All borrowed for the call. */
struct source_sink {
	void *context;
	/* True when this observation was delivered before. */
	bool (*knows)(void *context, const struct source_line *line);
	/* The kept lines of one document and the place behind it: stored together or not at all. No
	 * lines: only the place has changed. */
	enum err_kind (*take)(void *context, const struct source_line *lines, size_t count,
			      const struct source_place *place, struct err *err);
	/* A piece of input that cannot become a line because it spans several, or is too long; of
	 * more than line_bytes_max bytes the first, and `reason` says so. take() follows with the
	 * place. */
	enum err_kind (*quarantine)(void *context, struct str bytes, uint64_t file_line,
				    const char *reason, struct err *err);
	/* A broken line is on its way to take(), and `reason` will be found again by whoever parses
	 * it. May be NULL. */
	void (*tell_broken)(void *context, uint64_t file_line, const char *reason);
	/* A page that gave no line (it is empty, or all its posts are known) as it stands in the
	 * file: nothing else keeps what it says. Before take(). May be NULL. */
	enum err_kind (*keep_page)(void *context, struct str page, uint64_t file_line,
				   struct err *err);
	/* A document that is JSON but neither a search page nor a wire line. May be NULL, as
	 * `knows`. */
	void (*refuse)(void *context, uint64_t file_line, const char *what_it_is);
};

/* --- pages ------------------------------------------------------------------------------------ */

struct page_options {
	int64_t batch_id;
	const char *fetched_via; /* "search", "replay", … */
	struct str fetched_at;   /* STR_NONE: none known */
	const struct str *rules; /* which of our rules asked */
	size_t rule_count;
};

/* A page's lines are stored together, so there is an end to them. */
enum { PAGE_LINES_BYTES_MAX = 256 << 20 };

struct page_joiner; /* reusable, one a thread */
struct page_joiner *page_joiner_new(void);
void page_joiner_free(struct page_joiner *joiner);

/* What a document is. */
enum document_kind {
	DOCUMENT_PAGE,       /* data is a list whose items all have id and text */
	DOCUMENT_EMPTY_PAGE, /* no data (or an empty list), meta.result_count is 0 */
	DOCUMENT_OTHER,      /* *ret_what tells: "a users lookup", "a v1.1 tweet", "counts", … */
};
enum document_kind page_classify(const struct json_doc *doc, const char **ret_what);

/* Joins a page: one line a post, in order. An item that is no post is a line, too, which its reader will
 * refuse and keep. `knows` (may be NULL) drops re-deliveries. Lines live
 * until the next call. A page without kept lines gives none; *ret_dropped counts re-deliveries. A
 * line longer than line_bytes_max: ERR_REJECT, the page as a whole belongs in quarantine. */
MUST_CHECK enum err_kind page_join(struct page_joiner *joiner, const struct json_doc *doc,
				   const struct page_options *options,
				   const struct source_sink *sink, size_t line_bytes_max,
				   const struct source_line **ret_lines, size_t *ret_count,
				   size_t *ret_dropped, struct err *err);

/* --- recorded files --------------------------------------------------------------------------- */

struct recorded_file_options {
	const char *path;
	size_t line_bytes_max;
	uint64_t document_bytes_max; /* a document that spans lines is read whole; 1 GiB */
	size_t group_lines_max;      /* wire lines taken at once; 0: 512, which is the most */
	struct source_place from;    /* zero: the beginning */
	uint64_t xxh3;               /* of the whole file, as it was when it was claimed */
	uint64_t bytes;              /* its length then; what is behind it is not read. 0: any */
	/* Called now and then with the sink's context and the bytes read so far, for a progress
	 * bar; false stops with ERR_RETRY. */
	bool (*progress)(void *context, uint64_t bytes);
};

/* Reads one recorded file: search pages, one a file (pretty-printed or not), one a line, or one
 * after another, and wire lines (an object with id and batch_id), which pass byte for byte and are
 * never held to be re-deliveries, since lines belong to the page that stands on one of them. Lines
 * of a wire file are taken in groups, with the place behind them. A broken line goes to take() as
 * it is (the collector quarantines it); a broken document that spans lines, or one too long, to
 * quarantine(). *ret_place is the end. The file changed since it was hashed: ERR_REJECT. */
MUST_CHECK enum err_kind recorded_file_read(const struct recorded_file_options *options,
					    const struct source_sink *sink,
					    struct source_place *ret_place, struct err *err);
/* SHA-256 (hex) and XXH3 of a file's bytes, in one reading. */
MUST_CHECK enum err_kind recorded_file_hash(const char *path, char ret_sha256[65],
					    uint64_t *ret_xxh3, uint64_t *ret_bytes,
					    struct err *err);

/* --- searching ------------------------------------------------------------------------------------ */

/* What to ask X for, and what its answers mean: no byte is sent here. xapi/X-API.md, sections 2, 5, 6. */

/* Two vocabularies, tweet.fields and post.fields (section 0); X answers in the one it is asked in. */
enum search_dialect { DIALECT_TWEET, DIALECT_POST };
const char *search_dialect_name(enum search_dialect dialect);

/* What may come with a post, besides itself. */
struct search_expansion {
	const char *name;            /* "author" */
	const char *classic, *newer; /* in either vocabulary; NULL: comes with another there */
	const char *what;            /* for people */
	unsigned posts, users;       /* of these so many, or more of them, may be charged a post */
};
extern const struct search_expansion search_expansions[];
extern const size_t search_expansion_count;

struct search_wants {
	enum search_dialect dialect;
	uint32_t expansions; /* bits: places in search_expansions */
};
/* Names, NULL-terminated. An unknown one: ERR_REJECT. */
MUST_CHECK enum err_kind search_expansions_read(char *const *names, uint32_t *ret, struct err *err);
/* Adds the arguments that ask for fields and expansions. */
void search_wants_write(const struct search_wants *wants, struct buf *ret);
/* A field that X never leaves out and no post of the page has: it did not understand what was asked for,
 * says nothing of it, and charges for the posts (section 0). "": none; static. */
const char *search_missing_field(enum search_dialect dialect, const struct json_doc *page);

/* Where a rule's search stands. Stored with the lines of each page, so that a search that was killed goes
 * on below the last stored page. */
struct search_place {
	uint64_t since_id; /* everything up to here has been read; 0: nothing yet */
	int64_t start_us;  /* until then reading begins here */
	/* Of a poll under way: since_id once it has ended, what was read down to (0 both: none). */
	uint64_t newest_id, until_id;
	int64_t batch_id;    /* of the last poll that had lines */
	uint64_t query_hash; /* whose place it is; 0: not known (written before there were any) */
	bool has_batch;      /* the poll under way has that batch_id */
};
void search_place_write(struct buf *ret, const struct search_place *place);
bool search_place_read(struct str text, struct search_place *ret);

enum { SEARCH_PAGE_POSTS_MIN = 10, SEARCH_PAGES_MAX = 150 }; /* a page, a poll */

/* What a poll passed over: posts of [from_us, to_us) may be missing. */
struct search_gap {
	const char *cause; /* "reach", "unreadable", "paging", "cursor"; NULL: there is none */
	int64_t from_us, to_us;
};

struct search_options {
	const char *query;
	int64_t overlap_us; /* so far below since_id it is read again, for posts found late; 0: not */
	int64_t reach_us;   /* a cursor that cannot be true begins anew so long ago */
	bool clock_is_x_s; /* the times given are X's, not only ours */
};

struct search_poll {
	struct search_options options;
	struct search_place place; /* to be stored with the page just read */
	struct search_gap gap;     /* new, until the caller has noted and cleared it */
	int64_t batch_id;          /* of its lines */
	bool done;                 /* no page follows in this poll */
	unsigned pages;
	/* It is done without having reached its end, and that is no good; "": all is well. */
	char trouble[256];
	bool stuck; /* it came no further: the next one would be paid for and read the same */
	/* since_id and until_id of all its requests; 0: none. */
	uint64_t above_id, below_id;
	char *next_token; /* NULL: the first page */
	int64_t begun_us;
	int page_posts_max;  /* 0: as many as the caller likes */
	uint64_t from_until; /* the place's until_id when it began */
	uint64_t lowest_id;  /* of all its pages */
	unsigned idle;       /* pages with posts that led no further down, in a row */
	unsigned unreadable; /* answers in a row that nobody can read */
	unsigned moved;      /* how often X had no more what we asked from */
	unsigned limited;    /* how often, in a row, its rate limit was used up */
};
/* A poll from `place` on; `batch_id` is its own unless it goes on with one under way. What the place says
 * is not believed: what lies in the future, or further back than X goes, becomes a gap. The query is
 * borrowed. */
void search_poll_begin(struct search_poll *poll, const struct search_options *options,
		       const struct search_place *place, int64_t batch_id, int64_t now_us);
void search_poll_release(struct search_poll *poll);
/* Path and arguments of its next request, to be put behind the base address. */
void search_poll_request(const struct search_poll *poll, const struct search_wants *wants,
			 int page_posts, int64_t now_us, struct buf *ret);

/* What X answered. Headers: STR_NONE when absent. */
struct search_reply {
	int status;
	struct str body;
	bool is_too_large; /* so there is no body */
	struct str rate_limit_limit, rate_limit_remaining, rate_limit_reset;
};
enum search_outcome {
	SEARCH_PAGE,       /* `doc` holds it; the poll has moved on */
	SEARCH_UNREADABLE, /* a page nobody can read was passed over; its bytes are worth keeping */
	SEARCH_AGAIN,      /* it has to be asked otherwise; see the poll's gap */
	SEARCH_WAIT,       /* not before until_us */
	SEARCH_BACK_OFF,   /* X is troubled: try again, later each time */
	SEARCH_DENIED,     /* as it is, it will never work: token, credits, query */
};
struct search_verdict {
	enum search_outcome outcome;
	size_t posts;    /* in the page */
	bool is_odd;     /* not all of them are posts */
	bool is_dialect; /* denied: it does not know the names of the fields */
	int64_t until_us; /* of SEARCH_WAIT; of SEARCH_DENIED when it makes no sense before; else 0 */
	char why[512];    /* for people: what went wrong, or is strange in a page; "": nothing */
};
/* Judges the answer to the last request and moves the poll on. */
void search_poll_answer(struct search_poll *poll, const struct search_reply *reply, int64_t now_us,
			struct json_doc *doc, struct search_verdict *ret);
/* Lines of the page just judged will be stored, so the poll has a batch. */
void search_poll_has_lines(struct search_poll *poll);
/* Gives up what the poll has not read, as a gap: the next one begins behind it. */
void search_poll_pass_over(struct search_poll *poll, const char *cause, int64_t now_us);

/* How long to wait before the next request so that the rate limit lasts until its window ends; 0 while
 * half of it is left. */
int64_t search_pace_us(const struct search_reply *reply, int64_t now_us);
