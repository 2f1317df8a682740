/* Where X is, and who asks: base_url, the token, and the connection. */
#include "role/access.h"
#include "role/stop.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { STALL_TIMEOUT_MS = 30000 };

/* --- the address -------------------------------------------------------------------------------------------- */

/* The host of http[s]://HOST[:PORT][/PATH], and what stands before it. */
static bool split_url(struct str url, struct str *ret_scheme, char ret_host[NET_HOST_MAX])
{
	const char *mark = memmem(url.ptr, url.len, "://", 3);
	if (!mark)
		return false;
	*ret_scheme = str_make(url.ptr, (size_t)(mark - url.ptr));
	struct str rest = str_make(mark + 3, url.len - ret_scheme->len - 3), host;
	if (!str_split(&rest, '/', &host) || host.len >= NET_HOST_MAX)
		return false;
	if (host.len > 0 && host.ptr[0] == '[') {
		const char *end = memchr(host.ptr, ']', host.len);
		if (!end)
			return false;
		host = str_make(host.ptr + 1, (size_t)(end - host.ptr) - 1);
	} else {
		const char *colon = memchr(host.ptr, ':', host.len);
		host.len = colon ? (size_t)(colon - host.ptr) : host.len;
	}
	memcpy(ret_host, host.ptr, host.len);
	ret_host[host.len] = '\0';
	return host.len > 0;
}

static enum err_kind read_address(struct access *access, const struct settings *settings,
				  struct err *err)
{
	struct str url = str_trim(str_from(settings->base_url)), scheme;
	char *host = access->host;
	while (str_ends(url, STR("/")))
		url.len--;
	bool good = split_url(url, &scheme, host);
	if (!good || memchr(url.ptr, '?', url.len) || memchr(url.ptr, '@', url.len) ||
	    (!str_equal(scheme, STR("http")) && !str_equal(scheme, STR("https"))))
		return err_set(err, ERR_REJECT, "base_url: http[s]://HOST[:PORT] is expected");
	access->base = mem_printf("%.*s", STR_ARG(url));
	access->is_loopback = net_is_loopback(host);
	if (!access->is_loopback && str_equal(scheme, STR("http")))
		return err_set(err, ERR_REJECT, "base_url: the token may not go to %s without TLS",
			       host);
	return ERR_NONE;
}

/* --- the token ------------------------------------------------------------------------------------------------- */

static enum err_kind find_token(const struct settings *settings, struct buf *ret,
				const char **ret_from, struct err *err)
{
	const char *environment = getenv("AVIARY_TOKEN");
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	*ret_from = "nowhere";
	if (settings->token_file) {
		*ret_from = settings->token_file;
		return read_secret(settings->token_file, ret, err);
	}
	if (environment) {
		*ret_from = "$AVIARY_TOKEN";
		buf_add_text(ret, environment);
		return ERR_NONE;
	}
	if (!credentials)
		return ERR_NONE;
	*ret_from = "the systemd credential";
	char *path = mem_printf("%s/token", credentials);
	enum err_kind kind = file_exists(path) ? read_secret(path, ret, err) : ERR_NONE;
	free(path);
	return kind;
}

/* It goes into a header as it is: one word of printable characters. */
static bool is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return false;
	}
	return text.len > 0;
}

static enum err_kind read_token(struct access *access, const struct settings *settings,
				struct err *err)
{
	struct buf text = { 0 };
	enum err_kind kind = find_token(settings, &text, &access->token_from, err);
	struct str token = str_trim(buf_str(&text));
	if (kind == ERR_NONE && token.len == 0 && access->is_loopback)
		token = STR("simulated");
	if (kind == ERR_NONE && token.len == 0) {
		err_set(err, ERR_REJECT, "no token");
		kind = err_hint(err, "--token-file FILE, $AVIARY_TOKEN or a systemd credential "
				     "named token");
	} else if (kind == ERR_NONE && !is_token(token)) {
		kind = err_set(err, ERR_REJECT, "the token is not one word of ASCII characters");
	}
	if (kind == ERR_NONE)
		access->authorization = mem_printf("Authorization: Bearer %.*s", STR_ARG(token));
	if (text.ptr)
		explicit_bzero(text.ptr, text.cap);
	buf_release(&text);
	return kind;
}

enum err_kind access_read(struct access *access, const struct settings *settings, struct err *err)
{
	TRY(read_address(access, settings, err));
	return read_token(access, settings, err);
}

/* --- asking ------------------------------------------------------------------------------------------------- */

static bool should_stop(void *context)
{
	(void)context;
	return stop_requested();
}

enum err_kind access_open(struct access *access, struct err *err)
{
	struct http_client_options options = { .user_agent = "aviary/" AVIARY_VERSION,
					       .stall_timeout_ms = STALL_TIMEOUT_MS,
					       .stop = should_stop };
	return http_client_open(&options, &access->client, err);
}

struct buf *access_url(struct access *access)
{
	buf_reset(&access->url);
	buf_add_text(&access->url, access->base);
	return &access->url;
}

enum err_kind access_ask(struct access *access, struct http_reply *ret, struct err *err)
{
	const char *const headers[] = { access->authorization, "Accept: application/json", NULL };
	struct http_ask request = { .url = buf_text(&access->url), .headers = headers };
	return http_client_ask(access->client, &request, ret, err);
}

void access_close(struct access *access)
{
	http_client_close(access->client);
	buf_release(&access->url);
	free(access->base);
	free(access->authorization);
	*access = (struct access){ 0 };
}
