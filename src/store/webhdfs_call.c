/* One WebHDFS operation: its address, its answer, and asking again while that can help.
 *
 *     ask ──2xx──────────────────────────────────► done
 *      ▲ └──exception by name──► refused for good ► told, the caller decides
 *      │         └─► refused for now ┐
 *      └── wait, next NameNode ◄─────┴── no answer
 *
 * A call without an answer may have been done, or may be done later. So operations are such that doing
 * them twice does no harm, or their callers look what is there (webhdfs.c). */
#include "store/webhdfs_private.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	TRIES_LEAST = 3,
	WAIT_FIRST_MS = 50,
	WAIT_MOST_MS = 3000,
	ANSWER_BYTES_MAX = 16 << 20,
	LOCATION_MAX = 16 << 10,
	DAY_MS = 24 * 3600 * 1000,
};

/* Patience. */

struct patience patience_begin(const struct webhdfs *hdfs)
{
	return (struct patience){ .length_us = hdfs->patience_us, .wait_ms = WAIT_FIRST_MS };
}

struct patience patience_none(void)
{
	return (struct patience){ .failures = TRIES_LEAST };
}

bool patience_wait(struct patience *patience)
{
	int64_t now_us = clock_monotonic_us();
	if (patience->failures++ == 0)
		patience->end_us = now_us + patience->length_us;
	int64_t left_us = patience->end_us - now_us;
	if (left_us <= 0 && patience->failures >= TRIES_LEAST)
		return false;
	int64_t wait_us = (int64_t)patience->wait_ms * 1000;
	if (wait_us > left_us)
		wait_us = left_us > 0 ? left_us : 0;
	struct timespec pause = { .tv_sec = wait_us / 1000000,
				  .tv_nsec = wait_us % 1000000 * 1000 };
	nanosleep(&pause, NULL);
	if (patience->wait_ms < WAIT_MOST_MS)
		patience->wait_ms *= 2;
	return true;
}

/* Connections. */

enum err_kind client_take(struct webhdfs *hdfs, struct http_client **ret_client, struct err *err)
{
	pthread_mutex_lock(&hdfs->lock);
	struct http_client *client = hdfs->idle_count ? hdfs->idle[--hdfs->idle_count] : NULL;
	pthread_mutex_unlock(&hdfs->lock);
	if (client) {
		*ret_client = client;
		return ERR_NONE;
	}
	struct http_client_options options = {
		.user_agent = "aviary/" AVIARY_VERSION,
		.connect_timeout_ms = hdfs->stall_ms,
		.stall_timeout_ms = hdfs->stall_ms,
		.timeout_ms = DAY_MS, /* files of any size: only standing still ends a call */
		.body_bytes_max = ANSWER_BYTES_MAX,
	};
	return http_client_open(&options, ret_client, err);
}

void client_give(struct webhdfs *hdfs, struct http_client *client)
{
	pthread_mutex_lock(&hdfs->lock);
	if (hdfs->idle_count < CLIENTS_KEPT) {
		hdfs->idle[hdfs->idle_count++] = client;
		client = NULL;
	}
	pthread_mutex_unlock(&hdfs->lock);
	http_client_close(client);
}

/* Refusals. */

static const struct known_exception {
	const char *name;
	enum refusal refusal;
	enum err_kind kind;
} known_exceptions[] = {
	{ "FileNotFoundException", REFUSED_MISSING, ERR_REJECT },
	{ "FileAlreadyExistsException", REFUSED_EXISTS, ERR_REJECT },
	{ "ParentNotDirectoryException", REFUSED_FILE, ERR_REJECT },
	{ "AccessControlException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "SecurityException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "AuthenticationException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "NSQuotaExceededException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "DSQuotaExceededException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "QuotaByStorageTypeExceededException", REFUSED_FOR_GOOD, ERR_FATAL },
	{ "IllegalArgumentException", REFUSED_FOR_GOOD, ERR_REJECT },
	{ "InvalidPathException", REFUSED_FOR_GOOD, ERR_REJECT },
	{ "UnsupportedOperationException", REFUSED_FOR_GOOD, ERR_REJECT },
	{ "SafeModeException", REFUSED_FOR_NOW, ERR_RETRY },
	{ "StandbyException", REFUSED_FOR_NOW, ERR_RETRY },
	{ "RetriableException", REFUSED_FOR_NOW, ERR_RETRY },
	{ "RetryStartFileException", REFUSED_FOR_NOW, ERR_RETRY },
};

static void hint_for(const struct webhdfs *hdfs, const char *name, struct err *err)
{
	if (strcmp(name, "AccessControlException") == 0)
		err_hint(
			err,
			"HDFS knows this program as user %s: let the directory's owner grant it, or name "
			"another user with ?user=NAME or $HADOOP_USER_NAME",
			hdfs->user);
	else if (strstr(name, "QuotaExceeded"))
		err_hint(err, "hdfs dfsadmin -setSpaceQuota and -setQuota change it");
	else if (strcmp(name, "SafeModeException") == 0)
		err_hint(err, "hdfs dfsadmin -safemode get tells why");
}

/* A server's words in one line: Java adds where it was, and bytes from outside may be anything. */
static void copy_words(struct str text, char *ret, size_t size)
{
	size_t len = 0;
	while (len < text.len && len + 1 < size && text.ptr[len] != '\n') {
		unsigned char c = (unsigned char)text.ptr[len];
		ret[len++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	ret[len] = '\0';
}

static enum refusal exception_read(const struct webhdfs *hdfs, yyjson_val *exception,
				   struct err *ret_why)
{
	char name[128], words[512];
	copy_words(json_get_text(exception, "exception"), name, sizeof name);
	copy_words(json_get_text(exception, "message"), words, sizeof words);
	enum refusal refusal = REFUSED_OTHERWISE;
	enum err_kind kind = ERR_FATAL;
	for (size_t i = 0; i < sizeof known_exceptions / sizeof known_exceptions[0]; i++) {
		if (strcmp(known_exceptions[i].name, name) == 0) {
			refusal = known_exceptions[i].refusal;
			kind = known_exceptions[i].kind;
		}
	}
	/* Hadoop calls a walk through a file forbidden. */
	if (refusal == REFUSED_FOR_GOOD && str_ends(str_from(words), STR("(is not a directory)")))
		refusal = REFUSED_FILE;
	err_set(ret_why, kind, "%s: %s", name, words);
	if (refusal != REFUSED_FILE)
		hint_for(hdfs, name, ret_why);
	return refusal;
}

enum refusal refusal_read(const struct webhdfs *hdfs, const struct http_reply *reply,
			  struct err *ret_why)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	yyjson_val *exception = NULL;
	enum refusal refusal;
	if (reply->body.len > 0 && json_read(&doc, reply->body, &ignored) == ERR_NONE)
		exception = json_get(doc.root, "RemoteException");
	if (exception) {
		refusal = exception_read(hdfs, exception, ret_why);
	} else {
		err_set(ret_why, ERR_FATAL, "HTTP status %d", reply->status);
		refusal = REFUSED_FOR_GOOD;
		if (reply->status == 401)
			err_hint(ret_why, "it wants Kerberos, which aviary does not speak");
		else
			err_hint(ret_why, "is this the HTTP address of a NameNode?");
	}
	if (reply->status >= 500 || reply->status == 429)
		refusal = REFUSED_FOR_NOW;
	json_release(&doc);
	return refusal;
}

void answer_release(struct answer *answer)
{
	buf_release(&answer->body);
	buf_release(&answer->location);
}

static void add_place(struct buf *buf, const struct webhdfs *hdfs, const char *path)
{
	buf_addf(buf, "webhdfs://%s%s%s%s", hdfs->namenodes[hdfs->active], hdfs->root,
		 *path ? "/" : "", path);
}

static enum err_kind wrap_place(const struct webhdfs *hdfs, const struct operation *operation,
				struct err *err)
{
	struct buf place = { 0 };
	add_place(&place, hdfs, operation->path);
	enum err_kind kind = err_wrap(err, "%s: %s", buf_text(&place), operation->name);
	buf_release(&place);
	return kind;
}

enum err_kind answer_fails(const struct webhdfs *hdfs, const struct operation *operation,
			   const struct answer *answer, struct err *err)
{
	*err = answer->why;
	return wrap_place(hdfs, operation, err);
}

/* Asking. */

static void add_path(struct buf *url, const struct webhdfs *hdfs, const char *path)
{
	struct buf full = { 0 };
	struct str rest, name;
	buf_addf(&full, "%s/%s", hdfs->root, path);
	rest = buf_str(&full);
	while (str_split(&rest, '/', &name)) {
		if (name.len == 0)
			continue;
		buf_add_byte(url, '/');
		http_add_encoded(url, name);
	}
	if (strspn(buf_text(&full), "/") == full.len)
		buf_add_byte(url, '/');
	buf_release(&full);
}

static void add_url(struct buf *url, const struct webhdfs *hdfs, size_t namenode,
		    const struct operation *operation)
{
	buf_addf(url, "http://%s/webhdfs/v1", hdfs->namenodes[namenode]);
	add_path(url, hdfs, operation->path);
	buf_addf(url, "?op=%s&user.name=", operation->name);
	http_add_encoded(url, str_from(hdfs->user));
	if (operation->more)
		buf_add_text(url, operation->more);
}

/* Where the bytes are to go or to come from: in the body, or, from servers that know no noredirect, as a
 * redirect. It is used as it was given, since it is signed for one DataNode, but only for HTTP. */
static void read_location(const struct http_client *client, const struct http_reply *reply,
			  struct answer *ret)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	struct str location = STR_NONE;
	if (reply->status == 307)
		location = http_client_reply_header(client, "Location");
	else if (reply->body.len > 0 && json_read(&doc, reply->body, &ignored) == ERR_NONE)
		location = json_get_text(doc.root, "Location");
	buf_reset(&ret->location);
	if (str_starts(location, STR("http://")) && location.len <= LOCATION_MAX)
		buf_add_str(&ret->location, location);
	json_release(&doc);
}

static enum err_kind ask_once(const struct webhdfs *hdfs, struct http_client *client,
			      size_t namenode, const struct operation *operation,
			      struct answer *ret, struct err *err)
{
	struct buf url = { 0 };
	struct http_reply reply;
	add_url(&url, hdfs, namenode, operation);
	struct http_ask ask = { .method = operation->method, .url = buf_text(&url) };
	enum err_kind kind = http_client_ask(client, &ask, &reply, err);
	buf_release(&url);
	TRY(kind);
	buf_reset(&ret->body);
	buf_add_str(&ret->body, reply.body);
	if (reply.status / 100 == 2 || reply.status == 307) {
		ret->refusal = REFUSED_NOT;
		read_location(client, &reply, ret);
	} else {
		ret->refusal = refusal_read(hdfs, &reply, &ret->why);
	}
	return ERR_NONE;
}

enum err_kind webhdfs_call(struct webhdfs *hdfs, const struct operation *operation,
			   struct patience *patience, struct answer *ret, struct err *err)
{
	struct http_client *client;
	enum err_kind kind;
	size_t namenode = hdfs->active;
	TRY(client_take(hdfs, &client, err));
	for (;;) {
		kind = ask_once(hdfs, client, namenode, operation, ret, err);
		if (kind == ERR_NONE && ret->refusal == REFUSED_FOR_NOW) {
			*err = ret->why;
			kind = err->kind = ERR_RETRY;
		}
		if (kind != ERR_RETRY)
			break;
		if (!patience_wait(patience)) {
			err_wrap(err, "gave up after %d s", (int)(hdfs->patience_us / 1000000));
			break;
		}
		namenode = (namenode + 1) % hdfs->namenode_count;
	}
	client_give(hdfs, client);
	if (kind == ERR_NONE)
		hdfs->active = namenode;
	return kind == ERR_NONE ? kind : wrap_place(hdfs, operation, err);
}

/* What a NameNode tells about files. */

static enum err_kind status_read(struct str body, struct webhdfs_status *ret, struct err *err)
{
	struct json_doc doc = { 0 };
	int64_t bytes = 0, id = 0, changed = 0;
	enum err_kind kind = json_read(&doc, body, err);
	yyjson_val *status = kind == ERR_NONE ? json_get(doc.root, "FileStatus") : NULL;
	struct str type = json_get_text(status, "type");
	bool file = str_equal(type, STR("FILE"));
	if (kind == ERR_NONE && !file && !str_equal(type, STR("DIRECTORY")))
		kind = err_set(err, ERR_FATAL, "neither a file nor a directory");
	else if (kind == ERR_NONE && (!json_get_i64(status, "length", &bytes) || bytes < 0 ||
				      !json_get_i64(status, "modificationTime", &changed)))
		kind = err_set(err, ERR_FATAL, "an answer without length or time");
	else if (kind == ERR_NONE && !json_get_i64(status, "fileId", &id))
		kind = err_set(err, ERR_FATAL, "an answer without fileId: this is no NameNode");
	if (kind == ERR_NONE)
		*ret = (struct webhdfs_status){ .found = true,
						.directory = !file,
						.bytes = file ? (uint64_t)bytes : 0,
						.id = (uint64_t)id,
						.changed_ms = changed };
	json_release(&doc);
	return kind;
}

enum err_kind webhdfs_status(struct webhdfs *hdfs, const char *path, struct patience *patience,
			     struct webhdfs_status *ret, struct err *err)
{
	struct answer answer = { 0 };
	const struct operation operation = { "GET", "GETFILESTATUS", path, NULL };
	enum err_kind kind = webhdfs_call(hdfs, &operation, patience, &answer, err);
	if (kind == ERR_NONE && answer.refusal == REFUSED_NOT) {
		kind = status_read(buf_str(&answer.body), ret, err);
		if (kind != ERR_NONE)
			wrap_place(hdfs, &operation, err);
	} else if (kind == ERR_NONE &&
		   (answer.refusal == REFUSED_MISSING || answer.refusal == REFUSED_FILE)) {
		*ret = (struct webhdfs_status){ 0 };
	} else if (kind == ERR_NONE) {
		kind = answer_fails(hdfs, &operation, &answer, err);
	}
	answer_release(&answer);
	return kind;
}

/* Directories, a page of names at a time. */

struct page {
	void (*each)(void *context, const struct webhdfs_entry *entry);
	void *context;
	struct buf last; /* name of the page, where the next one begins */
	bool more;       /* pages follow */
};

static enum err_kind page_read(struct str body, struct page *page, struct err *err)
{
	struct json_doc doc = { 0 };
	int64_t remaining = 0;
	size_t at, count;
	yyjson_val *status;
	enum err_kind kind = json_read(&doc, body, err);
	yyjson_val *listing = kind == ERR_NONE ? json_get(doc.root, "DirectoryListing") : NULL;
	yyjson_val *names = json_get(json_get(json_get(listing, "partialListing"), "FileStatuses"),
				     "FileStatus");
	if (kind == ERR_NONE &&
	    (!yyjson_is_arr(names) || !json_get_i64(listing, "remainingEntries", &remaining)))
		kind = err_set(err, ERR_FATAL, "an answer without names");
	buf_reset(&page->last);
	yyjson_arr_foreach(names, at, count, status) {
		struct webhdfs_entry entry = { .name = json_get_text(status, "pathSuffix") };
		if (kind != ERR_NONE)
			break;
		if (entry.name.len == 0)
			kind = err_set(err, ERR_FATAL, "is not a directory");
		else if (memchr(entry.name.ptr, '/', entry.name.len) ||
			 !json_get_i64(status, "modificationTime", &entry.changed_ms))
			kind = err_set(err, ERR_FATAL, "an entry that is no file's");
		else
			page->each(page->context, &entry);
		buf_reset(&page->last);
		buf_add_str(&page->last, entry.name);
	}
	page->more = remaining > 0;
	if (kind == ERR_NONE && page->more && page->last.len == 0)
		kind = err_set(err, ERR_FATAL, "an empty page with more behind it");
	json_release(&doc);
	return kind;
}

enum err_kind webhdfs_list(struct webhdfs *hdfs, const char *dir,
			   void (*each)(void *context, const struct webhdfs_entry *entry),
			   void *context, struct err *err)
{
	struct patience patience = patience_begin(hdfs);
	struct page page = { .each = each, .context = context, .more = true };
	struct answer answer = { 0 };
	struct buf more = { 0 };
	enum err_kind kind = ERR_NONE;
	while (kind == ERR_NONE && page.more) {
		buf_reset(&more);
		if (page.last.len > 0) {
			buf_add_text(&more, "&startAfter=");
			http_add_encoded(&more, buf_str(&page.last));
		}
		const struct operation operation = { "GET", "LISTSTATUS_BATCH", dir,
						     buf_text(&more) };
		kind = webhdfs_call(hdfs, &operation, &patience, &answer, err);
		if (kind == ERR_NONE && answer.refusal == REFUSED_MISSING)
			break;
		if (kind == ERR_NONE && answer.refusal != REFUSED_NOT) {
			kind = answer_fails(hdfs, &operation, &answer, err);
		} else if (kind == ERR_NONE) {
			kind = page_read(buf_str(&answer.body), &page, err);
			if (kind != ERR_NONE)
				wrap_place(hdfs, &operation, err);
		}
	}
	buf_release(&page.last);
	buf_release(&more);
	answer_release(&answer);
	return kind;
}
