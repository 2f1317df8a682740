/* Inside role/: the journal of a role that brings posts, and its server.
 *
 * Where --journal does not say, it is LAKE/_aviary/journal, and the lake is made when missing. */
#pragma once
#include "role/request_log.h"
#include "wire/wire.h"

struct source_journal {
	char *dir; /* absolute */
	struct journal *journal;
	struct request_log requests;
	struct wire_server *server; /* NULL: nobody serves it */
};

/* The directory of the settings, which on a lake that is elsewhere has to be named (ERR_REJECT); the caller frees
 * it. */
MUST_CHECK enum err_kind journal_dir(const struct settings *settings, char **ret_dir,
				     struct err *err);
/* Opens it. Another process has it: ERR_RETRY. Its path is not UTF-8: ERR_REJECT. */
MUST_CHECK enum err_kind source_journal_open(struct source_journal *home,
					     const struct settings *settings, struct err *err);
/* Serves it on host and port (0: any), and the request records beside it. */
MUST_CHECK enum err_kind source_journal_serve(struct source_journal *home,
					      const struct settings *settings, const char *host,
					      int port, struct err *err);
/* Stops serving, says what had gone wrong there, closes. */
void source_journal_close(struct source_journal *home);

/* What the posts of the journal are: "simulated" where any are, else what the newest are ("X",
 * "replayed"); "" before there are any. Lives until the next append. */
const char *source_journal_source(const struct source_journal *home, char ret_name[16]);
/* Notes, durably, that posts of this source come next. Posts of X and simulated ones cannot be told apart
 * once they are rows, so one journal never holds both: ERR_REJECT. */
MUST_CHECK enum err_kind source_journal_add_source(struct source_journal *home, const char *source,
						   struct err *err);
