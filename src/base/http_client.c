/* One easy handle in a multi handle of its own: the multi is driven by us, so that waiting can be ended
 * several times a second, and it keeps the connection for the next request.
 *
 *     ask ──► curl_multi_perform ◄──► curl_multi_poll (STEP_MS)
 *                 │ header, body callbacks: into buffers, up to the limits, and "a byte came now"
 *                 └─ between steps: asked to stop? nothing for stall_timeout?
 *
 * Of several heads (100 Continue, a proxy's) the last counts. */
#include "base/http_client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_MS = 200, HEAD_BYTES_MAX = 256 << 10, UPLOAD_PIECE = 1 << 20 };

struct http_client {
	struct http_client_options options;
	char *user_agent;
	CURL *easy;
	CURLM *multi;
	char words[CURL_ERROR_SIZE]; /* curl's, about what went wrong */

	/* of the present request */
	char *host; /* for messages */
	struct curl_slist *headers;
	struct buf head, body;
	const struct http_ask *ask;
	int file; /* what is sent; -1: none */
	uint64_t file_left;
	enum err_kind failed; /* our side ended it, and `why` */
	struct err why;
	bool body_too_large, head_too_large;
	int64_t byte_us; /* when the last one came or went */
	curl_off_t sent;
};

/* --- opening ---------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context)
{
	struct http_client *client = context;
	struct str line = str_make(bytes, size * count);
	client->byte_us = clock_monotonic_us();
	if (str_starts(line, STR("HTTP/")))
		buf_reset(&client->head);
	client->head_too_large = client->head.len + line.len > HEAD_BYTES_MAX;
	if (client->head_too_large)
		return 0;
	buf_add_str(&client->head, line);
	return line.len;
}

static long status_now(const struct http_client *client)
{
	long status = 0;
	curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Connected, behind any proxy and TLS, so that the next byte was the server's. */
static bool was_sent(const struct http_client *client)
{
	curl_off_t ready_us = 0;
	curl_easy_getinfo(client->easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
	return ready_us > 0 || status_now(client) > 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_client *client = context;
	size_t len = size * count;
	client->byte_us = clock_monotonic_us();
	if (client->ask->take && status_now(client) / 100 == 2) {
		if (client->ask->take(client->ask->take_context, str_make(bytes, len)))
			return len;
		client->failed = err_set(&client->why, ERR_REJECT, "%s: nobody takes the answer",
					 client->host);
		return 0;
	}
	client->body_too_large = client->body.len + len > client->options.body_bytes_max;
	if (client->body_too_large)
		return 0;
	buf_add(&client->body, bytes, len);
	return len;
}

static size_t give_file(char *ret, size_t size, size_t count, void *context)
{
	struct http_client *client = context;
	size_t want = size * count;
	if (want > client->file_left)
		want = (size_t)client->file_left;
	ssize_t got;
	do
		got = read(client->file, ret, want);
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got == 0 && want > 0)) {
		if (got == 0)
			errno = ENODATA;
		client->failed =
			err_errno(&client->why, ERR_FATAL, "read %s", client->ask->body_path);
		return CURL_READFUNC_ABORT;
	}
	client->file_left -= (uint64_t)got;
	return (size_t)got;
}

/* Asked for when a kept connection turns out to be closed and another one is taken. */
static int rewind_file(void *context, curl_off_t offset, int origin)
{
	struct http_client *client = context;
	struct stat st;
	if (origin != SEEK_SET || fstat(client->file, &st) != 0 ||
	    lseek(client->file, offset, SEEK_SET) != offset)
		return CURL_SEEKFUNC_FAIL;
	client->file_left = (uint64_t)(st.st_size - offset);
	return CURL_SEEKFUNC_OK;
}

/* Bytes that go are a sign of life, too. */
static int note_sent(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
		     curl_off_t up)
{
	struct http_client *client = context;
	(void)down_all;
	(void)down;
	(void)up_all;
	if (up > client->sent)
		client->byte_us = clock_monotonic_us();
	client->sent = up;
	return 0;
}

static void set_limits(struct http_client_options *options)
{
	if (options->connect_timeout_ms == 0)
		options->connect_timeout_ms = 10000;
	if (options->stall_timeout_ms == 0)
		options->stall_timeout_ms = 30000;
	if (options->timeout_ms == 0)
		options->timeout_ms = 300000;
	if (options->body_bytes_max == 0)
		options->body_bytes_max = 128 << 20;
}

enum err_kind http_client_open(const struct http_client_options *options,
			       struct http_client **ret_client, struct err *err)
{
	pthread_once(&once, init_curl);
	struct http_client *client = mem_zalloc(1, sizeof *client);
	client->options = *options;
	client->file = -1;
	set_limits(&client->options);
	client->user_agent = options->user_agent ? mem_strdup(options->user_agent) : NULL;
	client->easy = curl_easy_init();
	client->multi = curl_multi_init();
	if (!client->easy || !client->multi) {
		http_client_close(client);
		return err_set(err, ERR_FATAL, "libcurl cannot begin");
	}
	*ret_client = client;
	return ERR_NONE;
}

void http_client_close(struct http_client *client)
{
	if (!client)
		return;
	curl_slist_free_all(client->headers);
	if (client->easy)
		curl_easy_cleanup(client->easy);
	if (client->multi)
		curl_multi_cleanup(client->multi);
	buf_release(&client->head);
	buf_release(&client->body);
	free(client->host);
	free(client->user_agent);
	free(client);
}

/* --- asking ------------------------------------------------------------------------------------------- */

/* The host, once it is sure that the address holds no credentials. */
static enum err_kind read_address(struct http_client *client, const char *text, struct err *err)
{
	CURLU *url = curl_url();
	char *host = NULL, *scheme = NULL, *user = NULL;
	enum err_kind kind = ERR_NONE;
	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		kind = err_set(err, ERR_REJECT, "an address that cannot be read");
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		kind = err_set(err, ERR_REJECT, "%s: only http and https are asked", scheme);
	else if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK)
		kind = err_set(err, ERR_REJECT, "%s: the address holds credentials", host);
	if (kind == ERR_NONE) {
		free(client->host);
		client->host = mem_strdup(host);
	}
	curl_free(host);
	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(url);
	return kind;
}

static enum err_kind open_file(struct http_client *client, const char *path, struct err *err)
{
	struct stat st;
	client->file = open(path, O_RDONLY | O_CLOEXEC);
	if (client->file < 0 || fstat(client->file, &st) != 0)
		return err_errno(err, ERR_FATAL, "open %s", path);
	client->file_left = (uint64_t)st.st_size;
	return ERR_NONE;
}

static void close_file(struct http_client *client)
{
	if (client->file >= 0)
		close(client->file);
	client->file = -1;
}

static void set_file(struct http_client *client)
{
	CURL *easy = client->easy;
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)client->file_left);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_PIECE);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_file);
	curl_easy_setopt(easy, CURLOPT_READDATA, client);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_file);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, client);
}

static void set_method(CURL *easy, const struct http_ask *ask)
{
	if (ask->body.ptr) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask->body.ptr);
	}
	if (ask->method && strcmp(ask->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (ask->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
}

static void set_request(struct http_client *client, const struct http_ask *ask)
{
	const struct http_client_options *options = &client->options;
	CURL *easy = client->easy;
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, ask->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, options->send_once ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, options->send_once ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->words);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, note_sent);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, client);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	if (client->user_agent)
		curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	if (net_is_loopback(client->host))
		curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* no proxy reaches our loopback */
	curl_slist_free_all(client->headers);
	client->headers = NULL;
	for (const char *const *header = ask->headers; header && *header; header++)
		client->headers = curl_slist_append(client->headers, *header);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
	if (client->file >= 0)
		set_file(client);
	set_method(easy, ask);
}

/* Whether trying again cannot help. */
static bool is_hopeless(CURLcode code)
{
	return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
	       code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_SSL_CERTPROBLEM;
}

static enum err_kind explain(const struct http_client *client, CURLcode code, struct err *err)
{
	if (client->failed != ERR_NONE) {
		*err = client->why;
		return client->failed;
	}
	if (client->body_too_large)
		return err_set(err, ERR_RETRY, "%s: the answer is larger than %zu bytes",
			       client->host, client->options.body_bytes_max);
	if (client->head_too_large)
		return err_set(err, ERR_RETRY, "%s: the answer's head is larger than %d bytes",
			       client->host, HEAD_BYTES_MAX);
	return err_set(err, is_hopeless(code) ? ERR_REJECT : ERR_RETRY, "%s: %s", client->host,
		       client->words[0] ? client->words : curl_easy_strerror(code));
}

/* Whether the transfer has ended; *ret_code is how. */
static bool has_ended(struct http_client *client, CURLcode *ret_code)
{
	int left;
	CURLMsg *message;
	while ((message = curl_multi_info_read(client->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		*ret_code = message->data.result;
		return true;
	}
	return false;
}

static enum err_kind wait(struct http_client *client, struct err *err)
{
	const struct http_client_options *options = &client->options;
	CURLcode code = CURLE_OK;
	int running = 0;
	client->byte_us = clock_monotonic_us();
	for (;;) {
		if (curl_multi_perform(client->multi, &running) != CURLM_OK)
			return err_set(err, ERR_RETRY, "%s: libcurl gave up", client->host);
		if (has_ended(client, &code))
			break;
		if (options->stop && options->stop(options->context))
			return err_set(err, ERR_RETRY, "%s: stopped while waiting", client->host);
		int64_t silent_us = clock_monotonic_us() - client->byte_us;
		if (silent_us > (int64_t)options->stall_timeout_ms * 1000)
			return err_set(err, ERR_RETRY, "%s: no byte for %d ms", client->host,
				       options->stall_timeout_ms);
		curl_multi_poll(client->multi, NULL, 0, STEP_MS, NULL);
	}
	return code == CURLE_OK ? ERR_NONE : explain(client, code, err);
}

static enum err_kind transfer(struct http_client *client, const struct http_ask *ask,
			      struct http_reply *ret_reply, struct err *err)
{
	set_request(client, ask);
	if (curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
		return err_set(err, ERR_FATAL, "libcurl takes no request");
	enum err_kind kind = wait(client, err);
	ret_reply->status = (int)status_now(client);
	ret_reply->sent = was_sent(client);
	ret_reply->is_too_large = kind != ERR_NONE && client->body_too_large;
	curl_multi_remove_handle(client->multi, client->easy);
	if (kind == ERR_NONE)
		ret_reply->body = buf_str(&client->body);
	return kind;
}

enum err_kind http_client_ask(struct http_client *client, const struct http_ask *ask,
			      struct http_reply *ret_reply, struct err *err)
{
	*ret_reply = (struct http_reply){ 0 };
	TRY(read_address(client, ask->url, err));
	buf_reset(&client->head);
	buf_reset(&client->body);
	client->body_too_large = client->head_too_large = false;
	client->words[0] = '\0';
	client->ask = ask;
	client->failed = ERR_NONE;
	client->sent = 0;
	enum err_kind kind = ask->body_path ? open_file(client, ask->body_path, err) : ERR_NONE;
	if (kind == ERR_NONE)
		kind = transfer(client, ask, ret_reply, err);
	close_file(client);
	return kind;
}

struct str http_client_reply_header(const struct http_client *client, const char *name)
{
	struct str rest = buf_str(&client->head), line, found = STR_NONE;
	size_t len = strlen(name);
	while (str_split(&rest, '\n', &line)) {
		if (line.len > len && line.ptr[len] == ':' && strncasecmp(line.ptr, name, len) == 0)
			found = str_trim(str_make(line.ptr + len + 1, line.len - len - 1));
	}
	return found;
}

bool http_client_reply_date(const struct http_client *client, int64_t *ret_us)
{
	char text[64];
	struct str date = http_client_reply_header(client, "date");
	if (!date.ptr || date.len >= sizeof text)
		return false;
	memcpy(text, date.ptr, date.len);
	text[date.len] = '\0';
	time_t seconds = curl_getdate(text, NULL);
	if (seconds < 0)
		return false;
	*ret_us = (int64_t)seconds * 1000000;
	return true;
}

/* --- spelling ------------------------------------------------------------------------------------------ */

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void http_add_encoded(struct buf *buf, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_unreserved(text.ptr[i]))
			buf_add_byte(buf, text.ptr[i]);
		else
			buf_addf(buf, "%%%02X", (unsigned)(unsigned char)text.ptr[i]);
	}
}
