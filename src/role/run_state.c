#include "role/run_state.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

enum { STATE_BYTES_MAX = 65536 };
static const char state_path[] = "_aviary/run";

const char *role_state_name(enum role_state state)
{
	static const char *const names[] = { "waiting", "starting", "ready",
					     "resting", "ending",   "ended" };
	return names[state];
}

void run_state_release(struct run_state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		free(state->roles[i].name);
		free(state->roles[i].state);
		free(state->roles[i].address);
	}
	*state = (struct run_state){ 0 };
}

/* --- writing -------------------------------------------------------------------------------------- */

static void add_time(struct buf *text, const char *name, int64_t time_us)
{
	char time[TIME_TEXT_MAX];
	buf_addf(text, ",\"%s\":\"%s\"", name, time_format(time_us, time));
}

static void add_role(struct buf *text, const struct run_role *role)
{
	buf_add_text(text, "{\"role\":");
	buf_add_json(text, str_from(role->name));
	buf_add_text(text, ",\"state\":");
	buf_add_json(text, str_from(role->state));
	if (role->pid > 0)
		buf_addf(text, ",\"pid\":%lld", (long long)role->pid);
	add_time(text, "since", role->since_us);
	buf_addf(text, ",\"restarts\":%llu", (unsigned long long)role->restarts);
	if (role->address) {
		buf_add_text(text, ",\"address\":");
		buf_add_json(text, str_from(role->address));
	}
	buf_add_text(text, "}");
}

void run_state_add_json(const struct run_state *state, struct buf *ret)
{
	buf_addf(ret, "{\"pid\":%lld", (long long)state->pid);
	add_time(ret, "since", state->since_us);
	buf_add_text(ret, ",\"roles\":[");
	for (size_t i = 0; i < state->count; i++) {
		buf_add_text(ret, i > 0 ? "," : "");
		add_role(ret, &state->roles[i]);
	}
	buf_add_text(ret, "]}");
}

enum err_kind run_state_write(struct lake *lake, const struct run_state *state, struct err *err)
{
	struct buf text = { 0 };
	run_state_add_json(state, &text);
	buf_add_text(&text, "\n");
	enum err_kind kind = store_replace(lake_store(lake), state_path, buf_str(&text), err);
	buf_release(&text);
	return kind;
}

enum err_kind run_state_remove(struct lake *lake, struct err *err)
{
	return store_remove(lake_store(lake), state_path, err);
}

/* --- reading -------------------------------------------------------------------------------------- */

static char *copy_text(yyjson_val *object, const char *name)
{
	struct str text = json_get_text(object, name);
	return text.ptr ? mem_printf("%.*s", STR_ARG(text)) : NULL;
}

static int64_t read_time(yyjson_val *object, const char *name)
{
	int64_t time_us = 0;
	return time_parse(json_get_text(object, name), &time_us) == TIME_BAD ? 0 : time_us;
}

static int64_t read_number(yyjson_val *object, const char *name)
{
	int64_t number = 0;
	return json_get_i64(object, name, &number) && number > 0 ? number : 0;
}

static void read_state(yyjson_val *root, struct run_state *ret)
{
	yyjson_arr_iter roles;
	yyjson_val *role;
	ret->pid = read_number(root, "pid");
	ret->since_us = read_time(root, "since");
	if (!yyjson_arr_iter_init(json_get(root, "roles"), &roles))
		return;
	while ((role = yyjson_arr_iter_next(&roles)) && ret->count < ROLES_MAX) {
		struct run_role *to = &ret->roles[ret->count++];
		*to = (struct run_role){ .name = copy_text(role, "role"),
					 .state = copy_text(role, "state"),
					 .address = copy_text(role, "address"),
					 .pid = read_number(role, "pid"),
					 .since_us = read_time(role, "since"),
					 .restarts = (uint64_t)read_number(role, "restarts") };
		to->name = to->name ? to->name : mem_strdup("?");
		to->state = to->state ? to->state : mem_strdup("?");
	}
}

static bool is_coordinated(const struct lake *lake)
{
	struct file_lock lock;
	struct err ignored;
	bool held = false;
	if (lake_lock(lake, "run", false, &lock, &held, &ignored) != ERR_NONE)
		return true;
	file_lock_drop(&lock);
	return !held;
}

enum err_kind run_state_read(struct lake *lake, struct run_state *ret, struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	bool found = false;
	*ret = (struct run_state){ 0 };
	enum err_kind kind =
		store_read(lake_store(lake), state_path, STATE_BYTES_MAX, &text, &found, err);
	if (kind == ERR_REJECT && !found)
		kind = ERR_NONE;
	/* Only where there is something to ask about: the lock's file would be made. */
	if (kind == ERR_NONE && found && is_coordinated(lake)) {
		kind = json_read(&doc, buf_str(&text), err);
		if (kind == ERR_NONE)
			read_state(doc.root, ret);
	}
	json_release(&doc);
	buf_release(&text);
	return kind;
}
