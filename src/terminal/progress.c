#include "terminal/terminal.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_CELLS = 24, DRAW_EVERY_US = 100000, PLAIN_EVERY_US = 5000000 };

void progress_begin(struct progress *progress)
{
	pthread_mutex_init(&progress->lock, NULL);
	progress->terminal = isatty(STDERR_FILENO);
	progress->start_us = progress->last_us = clock_monotonic_us();
	progress->what = "reading";
}

static void clear(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}

void progress_clear(struct progress *progress)
{
	pthread_mutex_lock(&progress->lock);
	clear(progress);
	pthread_mutex_unlock(&progress->lock);
}

void progress_what(struct progress *progress, const char *what)
{
	pthread_mutex_lock(&progress->lock);
	progress->what = what;
	progress->start_us = clock_monotonic_us();
	pthread_mutex_unlock(&progress->lock);
}

static void print_state(const struct progress *progress, uint64_t done, uint64_t total,
			uint64_t posts, int64_t now)
{
	char number[32];
	double part = total ? (double)done / (double)total : 1,
	       seconds = (double)(now - progress->start_us) / 1e6;
	if (progress->terminal) {
		int cells = (int)(part * BAR_CELLS);
		fprintf(stderr, "\r\033[K%-9s %.*s%.*s %3.0f %%", progress->what, cells * 3,
			"━━━━━━━━━━━━━━━━━━━━━━━━", (BAR_CELLS - cells) * 2,
			"························", part * 100);
	} else {
		fprintf(stderr, "%s: %.0f %%", progress->what, part * 100);
	}
	if (posts > 0 && seconds > 0)
		fprintf(stderr, ", %s posts", grouped(posts, number));
	if (posts > 0 && seconds > 0.2)
		fprintf(stderr, ", %s posts/s",
			grouped((uint64_t)((double)posts / seconds), number));
	if (part > 0.01 && part < 1 && seconds > 1) {
		int left = (int)(seconds / part - seconds + 0.5);
		fprintf(stderr, ", %d:%02d left", left / 60, left % 60);
	}
	fputs(progress->terminal ? "" : "\n", stderr);
}

void progress_tell(struct progress *progress, uint64_t done, uint64_t total, uint64_t posts)
{
	pthread_mutex_lock(&progress->lock);
	int64_t now = clock_monotonic_us();
	if (now - progress->last_us >= (progress->terminal ? DRAW_EVERY_US : PLAIN_EVERY_US)) {
		print_state(progress, done, total, posts, now);
		progress->drawn = progress->terminal;
		progress->last_us = now;
	}
	pthread_mutex_unlock(&progress->lock);
}
