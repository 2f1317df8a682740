/* Bytes go to a DataNode and come from one, which the NameNode names in a first step.
 *
 *     upload:  CREATE at the NameNode ─► PUT to the DataNode ─201─► length at the NameNode ─► there
 *                  └────────── any doubt: a new name, a new try ◄──────────┘
 *
 * A connection that breaks leaves a file that is shorter, or none, or one that a late CREATE makes when
 * everybody has forgotten it. So every try has a name of its own, and nothing is built on a file before
 * it has its length after it was closed. What tries left behind is removed when it is a day old. */
#include "store/webhdfs_private.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

static const int64_t LEFT_BEHIND_MS = 24 * 3600 * 1000;

/* What others left behind. */

struct sweep {
	int64_t before_ms;
	struct name_list old;
};

static void note_if_old(void *context, const struct webhdfs_entry *entry)
{
	struct sweep *sweep = context;
	if (entry->changed_ms >= sweep->before_ms)
		return;
	MEM_GROW(sweep->old.names, sweep->old.cap, sweep->old.count + 1);
	sweep->old.names[sweep->old.count++] = mem_printf("%.*s", STR_ARG(entry->name));
}

/* Removes a temporary file if that goes at once. It may be there or not. */
static void forget(struct webhdfs *hdfs, const char *path)
{
	struct err ignored;
	struct answer answer = { 0 };
	struct patience none = patience_none();
	const struct operation operation = { "DELETE", "DELETE", path, NULL };
	if (webhdfs_call(hdfs, &operation, &none, &answer, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE; /* a later sweep finds it */
	answer_release(&answer);
}

static void sweep_once(struct webhdfs *hdfs)
{
	struct err ignored;
	pthread_mutex_lock(&hdfs->lock);
	bool swept = hdfs->swept;
	hdfs->swept = true;
	pthread_mutex_unlock(&hdfs->lock);
	if (swept)
		return;
	struct sweep sweep = { .before_ms = clock_now_us() / 1000 - LEFT_BEHIND_MS };
	if (webhdfs_list(hdfs, TEMPORARY_DIR, note_if_old, &sweep, &ignored) == ERR_NONE) {
		for (size_t i = 0; i < sweep.old.count; i++) {
			char *path = mem_printf(TEMPORARY_DIR "/%s", sweep.old.names[i]);
			forget(hdfs, path);
			free(path);
		}
	}
	name_list_release(&sweep.old);
}

/* Uploads. */

/* What came of one try. */
enum try {
	TRY_DONE,
	TRY_AGAIN, /* err tells why */
	TRY_FAILED,
};

static enum try try_of_refusal(enum refusal refusal, const struct err *why, struct err *err)
{
	*err = *why;
	bool good = refusal == REFUSED_FOR_GOOD || refusal == REFUSED_FILE;
	return good ? TRY_FAILED : TRY_AGAIN;
}

static enum try try_of_kind(enum err_kind kind)
{
	return kind == ERR_NONE ? TRY_DONE : kind == ERR_RETRY ? TRY_AGAIN : TRY_FAILED;
}

/* "HOST:PORT" of an address, encoded for a query. */
static void note_datanode(struct str location, struct buf *ret)
{
	struct str host = str_make(location.ptr + 7, location.len - 7); /* behind http:// */
	const char *slash = memchr(host.ptr, '/', host.len);
	if (slash)
		host.len = (size_t)(slash - host.ptr);
	buf_reset(ret);
	http_add_encoded(ret, host);
}

static enum err_kind begin_second_step(struct webhdfs *hdfs, const struct buf *location,
				       struct http_client **ret_client, struct err *err)
{
	if (location->len == 0)
		return err_set(err, ERR_FATAL, "the NameNode names no DataNode over http://");
	return client_take(hdfs, ret_client, err);
}

/* The second step. `avoid` gets a DataNode that did not answer. */
static enum try send(struct webhdfs *hdfs, struct buf *location, const struct upload *upload,
		     struct buf *avoid, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/octet-stream", NULL };
	struct http_client *client;
	struct http_reply reply;
	struct err why;
	if (begin_second_step(hdfs, location, &client, err) != ERR_NONE)
		return TRY_FAILED;
	struct str body = upload->local ? STR_NONE : upload->len ? upload->bytes : STR("");
	struct http_ask ask = { .method = "PUT",
				.url = buf_text(location),
				.headers = headers,
				.body = body,
				.body_path = upload->local };
	enum try result = try_of_kind(http_client_ask(client, &ask, &reply, err));
	if (result == TRY_AGAIN)
		note_datanode(buf_str(location), avoid);
	if (result == TRY_DONE && reply.status / 100 != 2)
		result = try_of_refusal(refusal_read(hdfs, &reply, &why), &why, err);
	client_give(hdfs, client);
	return result;
}

/* After the file was closed. */
static enum try check_length(struct webhdfs *hdfs, const char *path, uint64_t len,
			     struct patience *patience, uint64_t *ret_id, struct err *err)
{
	struct webhdfs_status status;
	enum try result = try_of_kind(webhdfs_status(hdfs, path, patience, &status, err));
	if (result != TRY_DONE)
		return result;
	if (status.found && !status.directory && status.bytes == len) {
		*ret_id = status.id;
		return TRY_DONE;
	}
	if (status.found)
		err_set(err, ERR_RETRY, "%s has %llu bytes, not %llu", path,
			(unsigned long long)status.bytes, (unsigned long long)len);
	else
		err_set(err, ERR_RETRY, "%s was written and is not there", path);
	return TRY_AGAIN;
}

static enum try try_upload(struct webhdfs *hdfs, const char *path, const struct upload *upload,
			   struct buf *avoid, struct patience *patience, uint64_t *ret_id,
			   struct err *err)
{
	struct answer answer = { 0 };
	struct buf more = { 0 };
	buf_add_text(&more, "&overwrite=false&noredirect=true");
	if (avoid->len > 0)
		buf_addf(&more, "&excludedatanodes=%s", buf_text(avoid));
	buf_reset(avoid); /* once: it may be the only one */
	const struct operation operation = { "PUT", "CREATE", path, buf_text(&more) };
	enum try result = try_of_kind(webhdfs_call(hdfs, &operation, patience, &answer, err));
	if (result == TRY_AGAIN)
		result = TRY_FAILED; /* patience has ended in there */
	else if (result == TRY_DONE && answer.refusal != REFUSED_NOT)
		result = try_of_refusal(answer.refusal, &answer.why, err);
	else if (result == TRY_DONE)
		result = send(hdfs, &answer.location, upload, avoid, err);
	if (result == TRY_DONE)
		result = check_length(hdfs, path, upload->len, patience, ret_id, err);
	buf_release(&more);
	answer_release(&answer);
	return result;
}

enum err_kind webhdfs_upload(struct webhdfs *hdfs, const struct upload *upload,
			     struct patience *patience, char **ret_path, uint64_t *ret_id,
			     struct err *err)
{
	struct buf avoid = { 0 };
	char uuid[UUID_TEXT];
	char *path = NULL;
	enum try result = TRY_AGAIN;
	while (result == TRY_AGAIN) {
		uuid_new(uuid);
		path = mem_printf(TEMPORARY_DIR "/%s", uuid);
		result = try_upload(hdfs, path, upload, &avoid, patience, ret_id, err);
		if (result == TRY_DONE)
			break;
		forget(hdfs, path);
		free(path);
		if (result == TRY_AGAIN && !patience_wait(patience)) {
			err->kind = ERR_RETRY;
			err_wrap(err, "gave up after %d s", (int)(hdfs->patience_us / 1000000));
			result = TRY_FAILED;
		}
	}
	buf_release(&avoid);
	if (result != TRY_DONE)
		return err_wrap(err, "upload");
	sweep_once(hdfs);
	*ret_path = path;
	return ERR_NONE;
}

/* Downloads. */

static enum try receive(struct webhdfs *hdfs, struct buf *location, const struct download *download,
			bool *ret_found, struct err *err)
{
	struct http_client *client;
	struct http_reply reply;
	struct err why;
	if (begin_second_step(hdfs, location, &client, err) != ERR_NONE)
		return TRY_FAILED;
	struct http_ask ask = { .url = buf_text(location),
				.take = download->take,
				.take_context = download->context };
	download->begin(download->context);
	enum try result = try_of_kind(http_client_ask(client, &ask, &reply, err));
	if (result == TRY_DONE && reply.status / 100 != 2) {
		enum refusal refusal = refusal_read(hdfs, &reply, &why);
		*ret_found = refusal != REFUSED_MISSING;
		result = refusal == REFUSED_MISSING ? TRY_DONE : try_of_refusal(refusal, &why, err);
	}
	client_give(hdfs, client);
	return result;
}

static enum try try_download(struct webhdfs *hdfs, const char *path,
			     const struct download *download, struct patience *patience,
			     bool *ret_found, struct err *err)
{
	struct answer answer = { 0 };
	struct buf more = { 0 };
	buf_add_text(&more, "&noredirect=true");
	if (download->max > 0)
		buf_addf(&more, "&length=%llu", (unsigned long long)download->max);
	const struct operation operation = { "GET", "OPEN", path, buf_text(&more) };
	enum try result = try_of_kind(webhdfs_call(hdfs, &operation, patience, &answer, err));
	*ret_found = true;
	if (result == TRY_AGAIN)
		result = TRY_FAILED;
	else if (result == TRY_DONE &&
		 (answer.refusal == REFUSED_MISSING || answer.refusal == REFUSED_FILE))
		*ret_found = false;
	else if (result == TRY_DONE && answer.refusal != REFUSED_NOT)
		result = try_of_refusal(answer.refusal, &answer.why, err);
	else if (result == TRY_DONE)
		result = receive(hdfs, &answer.location, download, ret_found, err);
	buf_release(&more);
	answer_release(&answer);
	return result;
}

enum err_kind webhdfs_download(struct webhdfs *hdfs, const char *path,
			       const struct download *download, bool *ret_found, struct err *err)
{
	struct patience patience = patience_begin(hdfs);
	enum try result = TRY_AGAIN;
	bool found = true;
	while (result == TRY_AGAIN) {
		result = try_download(hdfs, path, download, &patience, &found, err);
		if (result == TRY_AGAIN && !patience_wait(&patience)) {
			err->kind = ERR_RETRY;
			err_wrap(err, "gave up after %d s", (int)(hdfs->patience_us / 1000000));
			result = TRY_FAILED;
		}
	}
	if (result != TRY_DONE)
		return err_wrap(err, "read %s", path);
	*ret_found = found;
	return ERR_NONE;
}
