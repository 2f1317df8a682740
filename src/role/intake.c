#include "role/intake.h"

#include "base/clock.h"

#include <stdlib.h>

/* Where the stream's committed bytes end; the first contact of a stream the log does not know. */
static enum err_kind find_resume(const struct intake *intake, const char *stream,
				 struct wire_resume *ret, struct err *err)
{
	struct lake_snapshot *snapshot = NULL;
	TRY(lake_snapshot_read(intake->lake, &snapshot, err));
	const struct lake_stream *known = lake_snapshot_stream(snapshot, stream);
	*ret = (struct wire_resume){ .lake = lake_id(intake->lake), .requests = intake->requests };
	if (known) {
		ret->stream = stream;
		ret->from = (struct position){ .offset = known->to, .chain = known->chain };
	}
	lake_snapshot_free(snapshot);
	return ERR_NONE;
}

/* The log holds no bytes of this stream below `at`, and never will: another lake had them. */
static enum err_kind enter_log(struct intake *intake, const char *stream, struct position at,
			       struct err *err)
{
	struct lake_committed committed;
	struct lake_record record = { .kind = intake->requests ? RECORD_REQUESTS : RECORD_BATCH,
				      .from = at.offset,
				      .to = at.offset,
				      .chain = at.chain,
				      .time_us = clock_now_us() };
	memcpy(record.stream, stream, UUID_TEXT);
	return lake_commit(intake->lake, &record, &committed, err);
}

enum err_kind intake_open(struct intake *intake, const char *host, int port, const char *stream,
			  struct err *err)
{
	struct wire_resume resume;
	TRY(lake_recover(intake->lake, stream, err));
	TRY(find_resume(intake, stream, &resume, err));
	TRY(wire_client_open(host, port, &resume, &intake->client, err));
	/* Whoever was asked for its name may have been followed by another. */
	if (strcmp(wire_client_stream(intake->client), stream) != 0) {
		intake_disconnect(intake);
		return err_set(err, ERR_RETRY, "%s:%d: the stream changed meanwhile", host, port);
	}
	intake->at = wire_client_start(intake->client);
	if (!resume.stream && intake->at.offset > 0)
		TRY(enter_log(intake, stream, intake->at, err));
	struct landing_options options = { .lake = intake->lake,
					   .stream = stream,
					   .from = intake->at.offset,
					   .chain = intake->at.chain,
					   .requests = intake->requests,
					   .threads = intake->threads,
					   .careful = intake->careful };
	return landing_open(&options, &intake->landing, err);
}

/* Only a lost connection is ERR_RETRY to our callers. */
static enum err_kind as_fatal(struct err *err)
{
	return err->kind = ERR_FATAL;
}

enum err_kind intake_receive(struct intake *intake, int timeout_ms, bool *ret_got, struct err *err)
{
	struct str lines;
	TRY(wire_client_read(intake->client, timeout_ms, &lines, &intake->at, err));
	*ret_got = lines.len > 0;
	if (landing_add(intake->landing, lines, intake->at.chain, err) != ERR_NONE)
		return as_fatal(err);
	return ERR_NONE;
}

enum err_kind intake_publish(struct intake *intake,
			     void (*progress)(void *context, uint64_t done, uint64_t total),
			     void *context, struct landing_published *ret, struct err *err)
{
	enum err_kind kind = landing_publish(intake->landing, progress, context, ret, err);
	if (kind == ERR_RETRY) {
		intake->careful = true;
		intake_disconnect(intake);
		return kind;
	}
	if (kind != ERR_NONE)
		return as_fatal(err);
	if (!intake->client)
		return ERR_NONE;
	return wire_client_acknowledge(intake->client, ret->to, err);
}

void intake_disconnect(struct intake *intake)
{
	wire_client_close(intake->client);
	intake->client = NULL;
}

void intake_close(struct intake *intake)
{
	intake_disconnect(intake);
	landing_close(intake->landing);
	intake->landing = NULL;
}
