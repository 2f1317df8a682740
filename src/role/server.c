/* The engine that is a server, as configured. Its password is in a file or in the environment. */
#include "role/role.h"
#include "role/stop.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SECRET_BYTES_MAX = 4096 };

enum err_kind read_secret(const char *path, struct buf *ret, struct err *err)
{
	struct stat st;
	if (file_read(path, SECRET_BYTES_MAX, ret, err) != ERR_NONE)
		return err->kind = ERR_REJECT;
	if (stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		log_event(LOG_WARN, "secret_file",
			  "path=\"%s\" why=\"everybody on this machine can read it: chmod 600\"",
			  path);
	return ERR_NONE;
}

bool has_server(const struct settings *settings)
{
	return strcmp(settings->engine, "duckdb") != 0;
}

static bool is_asked_to_stop(void *context)
{
	(void)context;
	return stop_requested();
}

enum err_kind open_server(const struct settings *settings, struct engine **ret, struct err *err)
{
	struct buf secret = { 0 };
	const char *environment = getenv("AVIARY_ENGINE_PASSWORD");
	if (settings->engine_password_file)
		TRY(read_secret(settings->engine_password_file, &secret, err));
	else if (environment)
		buf_add_text(&secret, environment);
	struct str password = str_trim(buf_str(&secret));
	char *text = secret.ptr ? mem_printf("%.*s", STR_ARG(password)) : NULL;
	struct engine_options options = { .location = settings->engine,
					  .password = text,
					  .stop = is_asked_to_stop };
	enum err_kind kind = engine_open(&options, ret, err);
	if (text) {
		explicit_bzero(text, strlen(text));
		explicit_bzero(secret.ptr, secret.cap);
	}
	free(text);
	buf_release(&secret);
	return kind;
}
