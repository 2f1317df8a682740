#include "role/ledger.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ASKING_BYTES = 8192 };

/* The page of DIR/asking. */
struct asking {
	_Atomic uint64_t len; /* 0: nothing is asked */
	char text[ASKING_BYTES - sizeof(uint64_t)];
};

/* --- a record on its way ---------------------------------------------------------------------------------- */

/* "NUMBER SPEND\nMEMBERS\nMEMBERS": what has come of it is the same whoever adds it. */
static void write_pending(struct ledger *ledger, const struct spend *spend,
			  const struct request_record *records, size_t count)
{
	buf_reset(&ledger->members);
	for (size_t i = 0; i < count; i++) {
		buf_add_text(&ledger->members, i > 0 ? "\n" : "");
		request_record_write(&ledger->members, &records[i]);
	}
	buf_reset(&ledger->text);
	buf_addf(&ledger->text, "%" PRIu64 " ", ledger->home->requests.next);
	spend_write(&ledger->text, spend);
	buf_add_byte(&ledger->text, '\n');
	buf_add_str(&ledger->text, buf_str(&ledger->members));
}

static enum err_kind add(struct ledger *ledger, struct str members, struct str page,
			 struct err *err)
{
	struct buf spent = { 0 };
	spend_write(&spent, &ledger->spend);
	struct cursor_change change = { .name = STR("spend"), .value = buf_str(&spent) };
	bool changed = !str_equal(journal_cursor(ledger->home->requests.journal, change.name),
				  buf_str(&spent));
	enum err_kind kind =
		request_log_add(&ledger->home->requests, members, page, &change, changed, err);
	buf_release(&spent);
	return kind;
}

/* Adds what a predecessor that was killed had not yet added. */
static enum err_kind redo(struct ledger *ledger, struct str pending, struct err *err)
{
	struct str members = pending, head, number_text;
	struct spend spend;
	uint64_t number;
	if (pending.len == 0)
		return ERR_NONE;
	if (!str_split(&members, '\n', &head) || !str_split(&head, ' ', &number_text) ||
	    !str_to_u64(number_text, &number) || !spend_read(head, &spend))
		return err_set(err, ERR_FATAL, "a request record on its way cannot be read: %.*s",
			       STR_ARG(str_head(pending, 80)));
	if (number != ledger->home->requests.next)
		return ERR_NONE;
	ledger->spend = spend;
	return add(ledger, members, STR_NONE, err);
}

/* --- opening ---------------------------------------------------------------------------------------------- */

static enum err_kind map_asking(struct ledger *ledger, const char *dir, struct err *err)
{
	char *path = mem_printf("%s/asking", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	void *mapped = MAP_FAILED;
	enum err_kind kind = ERR_NONE;
	if (fd < 0 || ftruncate(fd, ASKING_BYTES) != 0 ||
	    (mapped = mmap(NULL, ASKING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) ==
		    MAP_FAILED)
		kind = err_errno(err, ERR_FATAL, "map %s", path);
	if (fd >= 0)
		close(fd);
	if (kind == ERR_NONE)
		ledger->asking = mapped;
	free(path);
	return kind;
}

static enum err_kind redo_asking(struct ledger *ledger, struct err *err)
{
	uint64_t len = atomic_load(&ledger->asking->len);
	if (len > 0 && len <= sizeof ledger->asking->text)
		TRY(redo(ledger, str_make(ledger->asking->text, len), err));
	atomic_store(&ledger->asking->len, 0);
	return ERR_NONE;
}

enum err_kind ledger_open(struct ledger *ledger, struct source_journal *home,
			  const struct settings *settings, struct err *err)
{
	ledger->settings = settings;
	ledger->home = home;
	struct str spent = journal_cursor(home->requests.journal, STR("spend"));
	if (spent.ptr && !spend_read(spent, &ledger->spend))
		return err_set(err, ERR_FATAL, "what was spent cannot be read: %.*s",
			       STR_ARG(spent));
	TRY(redo(ledger, journal_cursor(home->journal, STR(LEDGER_CURSOR)), err));
	TRY(map_asking(ledger, home->dir, err));
	TRY(redo_asking(ledger, err));
	spend_roll(&ledger->spend, clock_now_us());
	return charged_open(&ledger->charged, home->dir, ledger->spend.day, err);
}

void ledger_close(struct ledger *ledger)
{
	charged_close(&ledger->charged);
	if (ledger->asking)
		munmap(ledger->asking, ASKING_BYTES);
	ledger->asking = NULL;
	buf_release(&ledger->members);
	buf_release(&ledger->text);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

enum err_kind ledger_affords(struct ledger *ledger, int64_t posts_min, int64_t posts_max,
			     int64_t *ret_posts, struct err *err)
{
	spend_roll(&ledger->spend, clock_now_us());
	TRY(charged_roll(&ledger->charged, ledger->spend.day, err));
	*ret_posts = spend_affords(&ledger->spend, ledger->settings, posts_min, posts_max);
	return ERR_NONE;
}

void ledger_add_words(const struct ledger *ledger, struct buf *ret)
{
	const struct spend *spend = &ledger->spend;
	buf_add_text(ret, "today's share of the budget is spent: $");
	spend_add_usd(ret, spend->today.usd_max);
	buf_add_text(ret, " of $");
	spend_add_usd(ret, spend_share(spend, ledger->settings));
	buf_add_text(ret, ", this month $");
	spend_add_usd(ret, spend->month.usd_max);
	buf_add_text(ret, " of $");
	spend_add_usd(ret, ledger->settings->budget_usd_month);
}

void ledger_asking(struct ledger *ledger, const struct request_record *record, int64_t posts)
{
	struct request_record worst = *record;
	struct spend spend = ledger->spend;
	worst.is_charged = true;
	worst.charged = (struct spend_sum){ .posts = (uint64_t)posts, .users = (uint64_t)posts };
	worst.error = "killed before its answer was kept";
	spend_charge(&spend, ledger->settings, &worst.charged);
	write_pending(ledger, &spend, &worst, 1);
	uint64_t len = ledger->text.len;
	if (len > sizeof ledger->asking->text)
		return;
	memcpy(ledger->asking->text, ledger->text.ptr, len);
	atomic_store(&ledger->asking->len, len);
}

struct str ledger_take(struct ledger *ledger, struct request_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (records[i].is_charged)
			spend_charge(&ledger->spend, ledger->settings, &records[i].charged);
		if (records[i].gap_cause)
			ledger->spend.gaps++;
	}
	write_pending(ledger, &ledger->spend, records, count);
	return buf_str(&ledger->text);
}

enum err_kind ledger_add(struct ledger *ledger, struct str page, struct err *err)
{
	TRY(add(ledger, buf_str(&ledger->members), page, err));
	atomic_store(&ledger->asking->len, 0);
	return charged_keep(&ledger->charged, err);
}
