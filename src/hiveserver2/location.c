/* Reads where a server is: HOST:PORT[/DATABASE][;NAME=VALUE…]. */
#include "hiveserver2/private.h"

#include "base/mem.h"
#include "base/net.h"

#include <stdlib.h>

enum { PATIENCE_S = 10, STALL_S = 120, TIMEOUT_S = 3600, SECONDS_MAX = 7 * 24 * 3600 };

static void replace(char **text, struct str with)
{
	free(*text);
	*text = mem_printf("%.*s", STR_ARG(with));
}

static enum err_kind take_seconds(struct str name, struct str text, int64_t *ret_us,
				  struct err *err)
{
	uint64_t seconds;
	if (!str_to_u64(text, &seconds) || seconds > SECONDS_MAX)
		return err_set(err, ERR_REJECT, "%.*s: wants 0 to %d seconds, not \"%.*s\"",
			       STR_ARG(name), SECONDS_MAX, STR_ARG(text));
	*ret_us = (int64_t)seconds * 1000000;
	return ERR_NONE;
}

static enum err_kind take_word(struct str name, struct str value, const char *yes, const char *no,
			       bool *ret, struct err *err)
{
	*ret = str_equal(value, str_from(yes));
	if (*ret || str_equal(value, str_from(no)))
		return ERR_NONE;
	return err_set(err, ERR_REJECT, "%.*s: \"%.*s\" is neither %s nor %s", STR_ARG(name),
		       STR_ARG(value), no, yes);
}

static enum err_kind take_parameter(struct hive_server *server, struct str name, struct str value,
				    struct err *err)
{
	bool without;
	if (str_equal(name, STR("auth"))) {
		TRY(take_word(name, value, "noSasl", "plain", &without, err));
		server->sasl = !without;
		return ERR_NONE;
	}
	if (str_equal(name, STR("transportMode")))
		return take_word(name, value, "http", "binary", &server->http, err);
	if (str_equal(name, STR("ssl")))
		return take_word(name, value, "true", "false", &server->tls, err);
	if (str_equal(name, STR("patience")))
		return take_seconds(name, value, &server->patience_us, err);
	if (str_equal(name, STR("stall")))
		return take_seconds(name, value, &server->stall_us, err);
	if (str_equal(name, STR("timeout")))
		return take_seconds(name, value, &server->timeout_us, err);
	if (str_equal(name, STR("httpPath"))) {
		replace(&server->http_path, value);
	} else if (str_equal(name, STR("user"))) {
		replace(&server->user, value);
	} else if (str_equal(name, STR("password"))) {
		/* Where the location goes, others can read it. */
		err_set(err, ERR_REJECT, "a password does not stand in the location");
		return err_hint(err, "engine_password_file, or $AVIARY_ENGINE_PASSWORD");
	} else {
		err_set(err, ERR_REJECT, "unknown parameter \"%.*s\"", STR_ARG(name));
		return err_hint(err, "known are auth, transportMode, httpPath, ssl, user, "
				     "patience, stall and timeout");
	}
	return ERR_NONE;
}

static enum err_kind take_place(struct hive_server *server, struct str place, struct err *err)
{
	struct str address;
	if (!str_split(&place, '/', &address))
		address = STR("");
	replace(&server->database, place);
	char host[NET_HOST_MAX];
	char *text = mem_printf("%.*s", STR_ARG(address));
	enum err_kind kind = strchr(text, ':') ?
				     net_parse_address(text, host, &server->port, err) :
				     err_set(err, ERR_REJECT, "%s: the port is missing", text);
	free(text);
	if (kind != ERR_NONE)
		return err_hint(err, "a server is written hive2://HOST:PORT/;auth=noSasl");
	server->host = mem_strdup(host);
	for (size_t i = 0; i < place.len; i++) {
		char c = place.ptr[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_';
		if (!fine)
			return err_set(err, ERR_REJECT, "\"%.*s\" is no database", STR_ARG(place));
	}
	return ERR_NONE;
}

/* They go into a request line, a header and a handshake with zero bytes between. */
static enum err_kind check_words(const struct hive_server *server, struct err *err)
{
	const char *words[] = { server->http_path, server->user };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (const char *c = words[i]; *c; c++) {
			if (*c <= ' ' || *c == 0x7f)
				return err_set(err, ERR_REJECT, "\"%s\" is not one word", words[i]);
		}
	}
	if (server->tls && !server->http)
		return err_set(err, ERR_REJECT, "ssl=true goes with transportMode=http");
	return ERR_NONE;
}

enum err_kind hive_location_parse(struct hive_server *server, const char *location, struct err *err)
{
	struct str rest = str_from(location), place, parameter, name;
	const char *login = getenv("HADOOP_USER_NAME");
	server->sasl = true;
	server->patience_us = PATIENCE_S * INT64_C(1000000);
	server->stall_us = STALL_S * INT64_C(1000000);
	server->timeout_us = TIMEOUT_S * INT64_C(1000000);
	server->user = mem_strdup(login && *login ? login : "anonymous");
	server->http_path = mem_strdup("cliservice");
	if (!str_split(&rest, ';', &place))
		place = STR("");
	TRY(take_place(server, place, err));
	while (str_split(&rest, ';', &parameter)) {
		if (parameter.len > 0 && str_split(&parameter, '=', &name))
			TRY(take_parameter(server, name, parameter, err));
	}
	return check_words(server, err);
}
