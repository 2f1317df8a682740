/* make-sample: invented posts in files.
 *
 *     make-sample --start TIME --seed S --posts N --hours H --out DIR
 *             page files, as collectors keep them
 *     make-sample … --count
 *             {form: how often} of those pages
 *     make-sample --wire N --start TIME --seed S --hours H [--bytes MEAN]
 *             wire lines on stdout
 *
 * The sample is what somebody gets who polls once an hour: each hour's posts newest first, a few
 * of the hour before again, later pages beginning with the last post of the page before. Hours take
 * turns in vocabulary, in layout (one pretty page a file; a page a line; as twarc keeps them) and
 * in how much was asked for. The same arguments give the same bytes. */
#include "base/clock.h"
#include "base/mem.h"
#include "invent/invent.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const int64_t minute_us = 60 * 1000000LL, hour_us = 60 * 60 * 1000000LL;

struct options {
	uint64_t seed, posts, hours, wire, bytes;
	int64_t start_us;
	const char *out;
	bool count;
};

enum layout { LAYOUT_PRETTY, LAYOUT_LINES, LAYOUT_TWARC };
enum { PAGE_POSTS = 20, OVERLAP_POSTS = 3 };

struct sample {
	const struct options *options;
	struct invention invention;
	struct arena arena;
	struct buf page, file;
	uint64_t counts[INVENT_FORMS_MAX];
	uint64_t hour;
	enum layout layout;
	int pages; /* of this hour, so far */
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "make-sample: %s: %s\n", what, why);
	exit(1);
}

/* "2026-11-22T07" and what is behind it. */
static char *file_name(const struct sample *sample, const char *behind)
{
	struct hour hour = hour_of(sample->options->start_us + (int64_t)sample->hour * hour_us);

	return mem_printf("%s/%04d-%02d-%02dT%02d%s", sample->options->out, hour.year, hour.month,
			  hour.day, hour.hour, behind);
}

static void write_file(struct sample *sample, const char *behind)
{
	size_t size = sample->file.len;
	char *path;
	FILE *file;

	if (sample->options->out) {
		path = file_name(sample, behind);
		file = fopen(path, "wb");
		if (!file || fwrite(sample->file.ptr, 1, size, file) != size || fclose(file) != 0)
			die(path, strerror(errno));
		free(path);
	}
	buf_reset(&sample->file);
}

static void add_twarc(struct sample *sample, const struct invent_view *view)
{
	char retrieved[TIME_TEXT_MAX];

	/* twarc spells its own times without milliseconds and with an offset. */
	time_format(view->now_us, retrieved);
	retrieved[strlen("2026-11-22T00:00:00")] = 0;
	sample->page.len--;
	buf_addf(&sample->page,
		 ",\"__twarc\":{\"url\":\"https://api.twitter.com/2/tweets/search/recent"
		 "?query=birds&max_results=%d\",\"version\":\"2.14.0\","
		 "\"retrieved_at\":\"%s+00:00\"}}",
		 PAGE_POSTS, retrieved);
}

/* Puts the finished page where this hour's pages go. */
static void keep_page(struct sample *sample, const struct invent_view *view)
{
	struct err err = { 0 };
	char behind[32];

	if (sample->options->count &&
	    invent_count_forms(buf_str(&sample->page), sample->counts, &err) != ERR_NONE)
		die("page", err.msg);
	sample->pages++;
	switch (sample->layout) {
	case LAYOUT_PRETTY:
		invent_add_pretty(&sample->file, buf_str(&sample->page));
		buf_add_byte(&sample->file, '\n');
		snprintf(behind, sizeof behind, "-%d.json", sample->pages);
		write_file(sample, behind);
		break;
	case LAYOUT_LINES:
		buf_add_str(&sample->file, buf_str(&sample->page));
		buf_add_byte(&sample->file, '\n');
		break;
	case LAYOUT_TWARC:
		add_twarc(sample, view);
		invent_add_dumped(&sample->file, buf_str(&sample->page));
		buf_add_byte(&sample->file, '\n');
		break;
	}
	buf_reset(&sample->page);
	arena_reset(&sample->arena);
}

static void add_page(struct sample *sample, const struct invent_view *view, const uint64_t *posts,
		     size_t count, bool last)
{
	char token[64];
	struct invent_page page = { .posts = posts, .post_count = count };

	snprintf(token, sizeof token, "b26v89c19zqg8o3f%llu%d", (unsigned long long)sample->hour,
		 sample->pages);
	if (!last)
		page.next_token = str_from(token);
	invent_render_page(&sample->page, &sample->invention, &page, view, &sample->arena);
	keep_page(sample, view);
}

/* From `first` to before `end`, newest first. */
static void add_pages(struct sample *sample, const struct invent_view *view, uint64_t first,
		      uint64_t end)
{
	uint64_t posts[PAGE_POSTS], at = end;
	size_t count = 0;
	bool gap = sample->hour % 16 == 1;

	while (at > first) {
		posts[count++] = --at;
		if (count < PAGE_POSTS && at > first)
			continue;
		add_page(sample, view, posts, count, at == first);
		if (gap && at > first)
			add_page(sample, view, NULL, 0, false);
		gap = false;
		/* Posts moved on while we were paging: the last one comes again. */
		posts[0] = at;
		count = at > first ? 1 : 0;
	}
}

static void add_hour(struct sample *sample)
{
	const struct options *options = sample->options;
	const struct invention *invention = &sample->invention;
	int64_t from_us = options->start_us + (int64_t)sample->hour * hour_us;
	uint64_t first = invent_count_before(invention, from_us);
	uint64_t end = invent_count_before(invention, from_us + hour_us);
	int64_t now_us = from_us + hour_us + 2 * minute_us;
	enum invent_vocabulary vocabulary = sample->hour / 2 % 2 ? INVENT_POST : INVENT_TWEET;
	bool defaults = sample->hour % 12 == 9 || sample->hour % 24 == 18;
	struct invent_view view = defaults ? invent_view_default(vocabulary, now_us) :
					     invent_view_all(vocabulary, now_us);

	if (end > options->posts || sample->hour + 1 == options->hours)
		end = options->posts;
	if (first > end)
		first = end;
	sample->layout = (enum layout)(sample->hour % 3);
	sample->pages = 0;
	add_pages(sample, &view, first > OVERLAP_POSTS ? first - OVERLAP_POSTS : 0, end);
	/* Polled again at once: nothing new. */
	if (sample->hour % 16 == 2)
		add_page(sample, &view, NULL, 0, true);
	if (sample->file.len > 0)
		write_file(sample, ".jsonl");
}

static void print_counts(const struct sample *sample)
{
	printf("{");
	for (int form = 0; invent_form_name(form); form++)
		printf("%s\n    \"%s\": %llu", form ? "," : "", invent_form_name(form),
		       (unsigned long long)sample->counts[form]);
	printf("\n}\n");
}

static void make_sample(const struct options *options)
{
	struct sample sample = {
		.options = options,
		.invention = {
			.seed = options->seed,
			.start_us = options->start_us,
			.posts = options->posts,
			.span_us = (int64_t)options->hours * hour_us,
			.rhythm = true,
			.oddities = true,
		},
	};

	if (options->out && mkdir(options->out, 0777) != 0 && errno != EEXIST)
		die(options->out, strerror(errno));
	for (sample.hour = 0; sample.hour < options->hours; sample.hour++)
		add_hour(&sample);
	if (options->count)
		print_counts(&sample);
	arena_release(&sample.arena);
	buf_release(&sample.page);
	buf_release(&sample.file);
}

/* What a thrifty and a curious listener ask for; which of them wrote a line is decided so that the
 * lines come to the wanted mean length. */
static struct invent_view thrifty_view(void)
{
	static const struct {
		enum invent_parameter parameter;
		const char *names;
	} asked[] = {
		{ INVENT_POST_FIELDS, "created_at,author_id,lang,public_metrics,conversation_id,"
				      "referenced_tweets,reply_settings,in_reply_to_user_id,geo,"
				      "attachments" },
		{ INVENT_USER_FIELDS, "created_at,public_metrics,verified,protected,location" },
		{ INVENT_EXPANSIONS, "author_id,attachments.media_keys,geo.place_id" },
	};
	struct invent_view view = invent_view_default(INVENT_TWEET, 0);
	struct str unknown;

	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		if (!invent_view_add(&view, asked[i].parameter, str_from(asked[i].names), &unknown))
			die("view", "unknown name");
	return view;
}

static void make_wire(const struct options *options)
{
	struct invention invention = {
		.seed = options->seed,
		.start_us = options->start_us,
		.posts = options->wire,
		.span_us = (int64_t)options->hours * hour_us,
		.rhythm = true,
	};
	struct invent_view views[] = { thrifty_view(), invent_view_all(INVENT_TWEET, 0) };
	struct arena arena = { 0 };
	struct buf out = { 0 };
	const int64_t poll_us = 5 * minute_us;
	uint64_t total = 0;
	int64_t poll;

	for (uint64_t n = 0; n < options->wire; n++) {
		struct invent_view *view = &views[total <= n * options->bytes];
		struct invent_line line = { .rule = STR("birds") };
		size_t before = out.len;

		poll = (invent_time_us(&invention, n) - options->start_us) / poll_us + 1;
		line.fetched_us = options->start_us + poll * poll_us;
		line.batch_id = (uint64_t)poll;
		view->now_us = line.fetched_us;
		invent_render_line(&out, &invention, n, &line, view, &arena);
		total += out.len - before;
		arena_reset(&arena);
		if (out.len < 1 << 20 && n + 1 < options->wire)
			continue;
		if (fwrite(out.ptr, 1, out.len, stdout) != out.len)
			die("stdout", strerror(errno));
		buf_reset(&out);
	}
	if (fflush(stdout) != 0)
		die("stdout", strerror(errno));
	arena_release(&arena);
	buf_release(&out);
}

static const char usage[] =
	"usage: make-sample [--start TIME] [--seed S] [--hours H] [--posts N] [--out DIR]\n"
	"                   [--count]\n"
	"       make-sample --wire N [--start TIME] [--seed S] [--hours H] [--bytes MEAN]\n";

static uint64_t number(const char *name, const char *text)
{
	uint64_t value;

	if (!str_to_u64(str_from(text), &value))
		die(name, "not a number");
	return value;
}

static void read_option(struct options *options, const char *name, const char *value)
{
	if (strcmp(name, "start") == 0) {
		if (time_parse(str_from(value), &options->start_us) == TIME_BAD)
			die("--start", "not a time like 2026-11-22T00:00:00Z");
	} else if (strcmp(name, "out") == 0) {
		options->out = value;
	} else if (strcmp(name, "count") == 0) {
		options->count = true;
	} else {
		uint64_t *target = strcmp(name, "seed") == 0  ? &options->seed :
				   strcmp(name, "posts") == 0 ? &options->posts :
				   strcmp(name, "hours") == 0 ? &options->hours :
				   strcmp(name, "wire") == 0  ? &options->wire :
								&options->bytes;

		*target = number(name, value);
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "start", required_argument, NULL, 0 }, { "seed", required_argument, NULL, 0 },
		{ "posts", required_argument, NULL, 0 }, { "hours", required_argument, NULL, 0 },
		{ "wire", required_argument, NULL, 0 },  { "bytes", required_argument, NULL, 0 },
		{ "out", required_argument, NULL, 0 },   { "count", no_argument, NULL, 0 },
		{ "help", no_argument, NULL, 'h' },      { NULL, 0, NULL, 0 },
	};
	struct options options = { .seed = 1, .posts = 2400, .hours = 48, .bytes = 1400 };
	int index, letter;

	(void)time_parse(STR("2026-11-22T00:00:00Z"), &options.start_us);
	while ((letter = getopt_long(argc, argv, "h", names, &index)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (letter != 0) {
			fputs(usage, stderr);
			return 2;
		}
		read_option(&options, names[index].name, optarg);
	}
	if (optind < argc || options.hours == 0 || options.posts == 0 ||
	    (options.wire == 0 && !options.out && !options.count)) {
		fputs(usage, stderr);
		return 2;
	}
	if (options.wire > 0)
		make_wire(&options);
	else
		make_sample(&options);
	return 0;
}
