/* Reads webhdfs:// locations. Paths stand in them as they are, without percent signs for other
 * characters; HDFS has no names with a colon, and '?' begins the parameters. */
#include "store/webhdfs_private.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/net.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_S = 60, STALL_S = 30, SECONDS_MAX = 24 * 3600 };

static enum err_kind take_namenode(struct webhdfs *hdfs, struct str text, struct err *err)
{
	char host[NET_HOST_MAX];
	int port;
	char *address = mem_printf("%.*s", STR_ARG(text));
	enum err_kind kind = ERR_NONE;
	if (hdfs->namenode_count == NAMENODES_MAX)
		kind = err_set(err, ERR_REJECT, "more than %d NameNodes", NAMENODES_MAX);
	else if (!strchr(address, ':'))
		kind = err_set(err, ERR_REJECT, "%s: the port is missing", address);
	else
		kind = net_parse_address(address, host, &port, err);
	if (kind == ERR_NONE &&
	    strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-._:[]") != text.len)
		kind = err_set(err, ERR_REJECT, "%s: is no HOST:PORT", address);
	if (kind != ERR_NONE) {
		free(address);
		return err_hint(err, "HDFS is written webhdfs://HOST:PORT/PATH");
	}
	hdfs->namenodes[hdfs->namenode_count++] = address;
	return ERR_NONE;
}

/* "/a//b/" is "/a/b"; "/" is "". */
static enum err_kind take_root(struct webhdfs *hdfs, struct str path, struct err *err)
{
	struct buf root = { 0 };
	struct str name;
	enum err_kind kind = ERR_NONE;
	while (kind == ERR_NONE && str_split(&path, '/', &name)) {
		if (name.len == 0)
			continue;
		buf_addf(&root, "/%.*s", STR_ARG(name));
		if (str_equal(name, STR(".")) || str_equal(name, STR("..")) ||
		    memchr(name.ptr, ':', name.len) || !str_is_utf8(name))
			kind = err_set(err, ERR_REJECT, "%.*s: HDFS has no such names",
				       STR_ARG(name));
	}
	buf_add_text(&root, "");
	hdfs->root = buf_detach(&root);
	return kind;
}

static enum err_kind take_seconds(struct str text, const char *name, uint64_t *ret, struct err *err)
{
	uint64_t seconds;
	if (!str_to_u64(text, &seconds) || seconds < 1 || seconds > SECONDS_MAX)
		return err_set(err, ERR_REJECT, "%s: wants 1 to %d seconds, not \"%.*s\"", name,
			       SECONDS_MAX, STR_ARG(text));
	*ret = seconds;
	return ERR_NONE;
}

static enum err_kind take_parameter(struct webhdfs *hdfs, struct str text, struct err *err)
{
	struct str name;
	uint64_t seconds;
	if (!str_split(&text, '=', &name))
		return ERR_NONE;
	if (str_equal(name, STR("user")) && text.len > 0) {
		free(hdfs->user);
		hdfs->user = mem_printf("%.*s", STR_ARG(text));
	} else if (str_equal(name, STR("patience"))) {
		TRY(take_seconds(text, "patience", &seconds, err));
		hdfs->patience_us = (int64_t)seconds * 1000000;
	} else if (str_equal(name, STR("stall"))) {
		TRY(take_seconds(text, "stall", &seconds, err));
		hdfs->stall_ms = (int)seconds * 1000;
	} else {
		err_set(err, ERR_REJECT, "unknown parameter \"%.*s\"", STR_ARG(name));
		return err_hint(err, "known are user=NAME, patience=SECONDS and stall=SECONDS");
	}
	return ERR_NONE;
}

static char *default_user(void)
{
	const char *name = getenv("HADOOP_USER_NAME");
	if (name && *name)
		return mem_strdup(name);
	struct passwd entry, *found = NULL;
	char memory[4096];
	if (getpwuid_r(geteuid(), &entry, memory, sizeof memory, &found) == 0 && found)
		return mem_strdup(found->pw_name);
	return mem_printf("%u", (unsigned)geteuid());
}

static enum err_kind parse_parts(struct webhdfs *hdfs, struct str location, struct err *err)
{
	struct str place, hosts, host, parameter;
	if (!str_split(&location, '?', &place))
		place = STR("");
	const char *slash = memchr(place.ptr, '/', place.len);
	hosts = str_make(place.ptr, slash ? (size_t)(slash - place.ptr) : place.len);
	while (str_split(&hosts, ',', &host))
		TRY(take_namenode(hdfs, host, err));
	if (hdfs->namenode_count == 0)
		TRY(take_namenode(hdfs, STR(""), err));
	TRY(take_root(hdfs,
		      slash ? str_make(slash, (size_t)(place.ptr + place.len - slash)) : STR(""),
		      err));
	while (str_split(&location, '&', &parameter))
		TRY(take_parameter(hdfs, parameter, err));
	return ERR_NONE;
}

enum err_kind webhdfs_parse(struct webhdfs *hdfs, const char *location, struct err *err)
{
	hdfs->patience_us = PATIENCE_S * INT64_C(1000000);
	hdfs->stall_ms = STALL_S * 1000;
	hdfs->user = default_user();
	if (parse_parts(hdfs, str_from(location), err) != ERR_NONE)
		return err_wrap(err, "webhdfs://%s", location);
	char *place = mem_printf("%s%s", hdfs->namenodes[0], hdfs->root);
	hdfs->id = mem_printf("hdfs-%016" PRIx64, hash_xxh3(str_from(place)));
	free(place);
	return ERR_NONE;
}
