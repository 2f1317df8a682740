/* What a listener is told: rules, an address, a token.
 *
 * All keywords are one rule, named after the first; each query is one, named after itself. Names stand
 * in every line and in the journal's cursors, so long ones are cut, with a hash. */
#include "role/listen.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { NAME_MAX_BYTES = 64, NAME_KEPT_BYTES = 40, QUERY_MAX = 4096, QUERY_USUAL_MAX = 512 };
enum { TOKEN_BYTES_MAX = 4096 };

/* --- rules ------------------------------------------------------------------------------------------------ */

static char *short_name(const char *text)
{
	struct str all = str_from(text);
	if (all.len <= NAME_MAX_BYTES)
		return mem_strdup(text);
	return mem_printf("%.*s~%08" PRIx32, STR_ARG(str_head(all, NAME_KEPT_BYTES)),
			  (uint32_t)hash_xxh3(all));
}

static enum err_kind add_rule(struct listen *listen, const char *name, const char *query,
			      struct err *err)
{
	struct listen_rule rule = { .name = short_name(name), .query = mem_strdup(query) };
	rule.cursor = mem_printf("search:%s", rule.name);
	rule.label = mem_strdup(rule.name);
	listen_copy_words(rule.label, strlen(rule.label) + 1, rule.name);
	for (size_t i = 0; i < listen->rule_count; i++) {
		if (strcmp(listen->rules[i].name, rule.name) == 0)
			err_set(err, ERR_REJECT, "two rules are named '%s'", rule.name);
	}
	if (!str_is_utf8(str_from(query)) || strlen(query) > QUERY_MAX)
		err_set(err, ERR_REJECT, "query '%.60s…' is longer than %d bytes, or not UTF-8",
			query, QUERY_MAX);
	else if (strlen(query) > QUERY_USUAL_MAX)
		log_event(LOG_WARN, "long_query",
			  "rule=\"%s\" bytes=%zu why=\"most accounts may send %d\"", rule.label,
			  strlen(query), QUERY_USUAL_MAX);
	listen->rules = mem_resize(listen->rules, (listen->rule_count + 1) * sizeof rule);
	listen->rules[listen->rule_count++] = rule;
	return err->kind;
}

static enum err_kind add_rules(struct listen *listen, struct err *err)
{
	char **keywords = listen->settings->keyword, **queries = listen->settings->query;
	struct buf query = { 0 };
	enum err_kind kind = ERR_NONE;
	err->kind = ERR_NONE;
	if (keywords && *keywords) {
		kind = search_query((const char *const *)keywords, &query, err);
		if (kind == ERR_NONE)
			kind = add_rule(listen, keywords[0], buf_text(&query), err);
	}
	for (; kind == ERR_NONE && queries && *queries; queries++)
		kind = add_rule(listen, *queries, *queries, err);
	buf_release(&query);
	if (kind == ERR_NONE && listen->rule_count == 0) {
		err_set(err, ERR_REJECT, "nothing to listen for");
		kind = err_hint(err, "--keyword bird, or --query 'birds lang:en'");
	}
	return kind;
}

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

static enum err_kind read_address(struct listen *listen, struct err *err)
{
	struct str url = str_trim(str_from(listen->settings->base_url)), scheme;
	char host[NET_HOST_MAX];
	while (str_ends(url, STR("/")))
		url.len--;
	bool good = split_url(url, &scheme, host);
	if (!good || memchr(url.ptr, '?', url.len) || memchr(url.ptr, '@', url.len) ||
	    (!str_equal(scheme, STR("http")) && !str_equal(scheme, STR("https"))))
		return err_set(err, ERR_REJECT, "base_url: http[s]://HOST[:PORT] is expected");
	listen->base = mem_printf("%.*s", STR_ARG(url));
	listen->is_loopback = net_is_loopback(host);
	if (listen->is_loopback)
		return ERR_NONE;
	if (str_equal(scheme, STR("http")))
		return err_set(err, ERR_REJECT, "base_url: the token may not go to %s without TLS",
			       host);
	if (listen->settings->posts_max > 0)
		return ERR_NONE;
	err_set(err, ERR_REJECT, "%s charges for every post read: --posts-max N is needed", host);
	return err_hint(err, "the listener stops for good when it has read N posts; "
			     "or try it without money: aviary simulate");
}

/* --- money ------------------------------------------------------------------------------------------------------ */

static enum err_kind check_posts_max(const struct settings *settings, struct err *err)
{
	int64_t max = settings->posts_max;
	if (max <= 0 || max >= SEARCH_PAGE_POSTS_MIN)
		return ERR_NONE;
	return err_set(err, ERR_REJECT,
		       "posts_max: X gives %d posts at least, so %" PRId64 " are none",
		       SEARCH_PAGE_POSTS_MIN, max);
}

/* --- the token ------------------------------------------------------------------------------------------------- */

static enum err_kind read_token_file(const char *path, struct buf *ret, struct err *err)
{
	struct stat st;
	if (file_read(path, TOKEN_BYTES_MAX, ret, err) != ERR_NONE)
		return err->kind = ERR_REJECT;
	if (stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		log_event(LOG_WARN, "token_file",
			  "path=\"%s\" why=\"everybody on this machine can read it: chmod 600\"",
			  path);
	return ERR_NONE;
}

static enum err_kind find_token(const struct settings *settings, struct buf *ret, struct err *err)
{
	const char *environment = getenv("AVIARY_TOKEN");
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (settings->token_file)
		return read_token_file(settings->token_file, ret, err);
	if (environment) {
		buf_add_text(ret, environment);
		return ERR_NONE;
	}
	if (!credentials)
		return ERR_NONE;
	char *path = mem_printf("%s/token", credentials);
	enum err_kind kind = file_exists(path) ? read_token_file(path, ret, err) : ERR_NONE;
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

static enum err_kind read_token(struct listen *listen, struct err *err)
{
	struct buf text = { 0 };
	enum err_kind kind = find_token(listen->settings, &text, err);
	struct str token = str_trim(buf_str(&text));
	if (kind == ERR_NONE && token.len == 0 && listen->is_loopback)
		token = STR("simulated");
	if (kind == ERR_NONE && token.len == 0) {
		err_set(err, ERR_REJECT, "no token");
		kind = err_hint(err, "--token-file FILE, $AVIARY_TOKEN or a systemd credential "
				     "named token");
	} else if (kind == ERR_NONE && !is_token(token)) {
		kind = err_set(err, ERR_REJECT, "the token is not one word of ASCII characters");
	}
	if (kind == ERR_NONE)
		listen->authorization = mem_printf("Authorization: Bearer %.*s", STR_ARG(token));
	if (text.ptr)
		explicit_bzero(text.ptr, text.cap);
	buf_release(&text);
	return kind;
}

enum err_kind listen_setup(struct listen *listen, struct err *err)
{
	TRY(add_rules(listen, err));
	TRY(read_address(listen, err));
	TRY(check_posts_max(listen->settings, err));
	return read_token(listen, err);
}

void listen_setup_release(struct listen *listen)
{
	for (size_t i = 0; i < listen->rule_count; i++) {
		free(listen->rules[i].name);
		free(listen->rules[i].query);
		free(listen->rules[i].label);
		free(listen->rules[i].cursor);
	}
	free(listen->rules);
	free(listen->base);
	free(listen->authorization);
}
