#include "hiveserver2/private.h"

#include "base/test.h"

#include <stdlib.h>

static struct hive_server *parse(const char *location)
{
	struct hive_server *server = NULL;
	struct err err;
	struct hive_server_options options = { .location = location };
	assert_ok(hive_server_new(&options, &server, &err), err);
	return server;
}

static void assert_bad(const char *location, const char *words)
{
	struct hive_server *server = NULL;
	struct err err = { 0 };
	struct hive_server_options options = { .location = location };
	assert_fails(hive_server_new(&options, &server, &err), err, ERR_REJECT, words);
	assert_null(server);
}

static void a_location_is_read_as_jdbc_writes_it(void **state)
{
	(void)state;
	struct hive_server *server = parse(
		"warehouse.example:10001/twitter_raw_data;transportMode=http;httpPath=gate;ssl=true;"
		"user=ann;auth=noSasl;timeout=5;stall=6;patience=0");
	assert_string_equal(server->host, "warehouse.example");
	assert_int_equal(server->port, 10001);
	assert_string_equal(server->database, "twitter_raw_data");
	assert_string_equal(server->http_path, "gate");
	assert_string_equal(server->user, "ann");
	assert_true(server->http && server->tls && !server->sasl);
	assert_int_equal(server->timeout_us, 5000000);
	assert_int_equal(server->stall_us, 6000000);
	assert_int_equal(server->patience_us, 0);
	hive_server_free(server);
}

static void what_is_not_said_is_as_servers_are_by_default(void **state)
{
	(void)state;
	static const char *const same[] = { "h:10000", "h:10000/", "h:10000/;",
					    "h:10000;auth=plain" };
	unsetenv("HADOOP_USER_NAME");
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct hive_server *server = parse(same[i]);
		assert_true(server->sasl && !server->http && !server->tls);
		assert_string_equal(server->database, "");
		assert_string_equal(server->user, "anonymous");
		assert_string_equal(server->http_path, "cliservice");
		hive_server_free(server);
	}
	setenv("HADOOP_USER_NAME", "ann", 1);
	struct hive_server *server = parse("h:10000");
	assert_string_equal(server->user, "ann");
	hive_server_free(server);
	unsetenv("HADOOP_USER_NAME");
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	assert_bad("", "the port is missing");
	assert_bad("h/", "the port is missing");
	assert_bad("h:123456/", "123456");
	assert_bad("h:1/a b", "\"a b\" is no database");
	assert_bad("h:1/a/b", "\"a/b\" is no database");
	assert_bad("h:1/;color=red", "unknown parameter \"color\"");
	assert_bad("h:1/;auth=kerberos", "\"kerberos\" is neither plain nor noSasl");
	assert_bad("h:1/;ssl=true", "transportMode=http");
	assert_bad("h:1/;timeout=soon", "not \"soon\"");
	assert_bad("h:1/;timeout=99999999", "0 to 604800 seconds");
	assert_bad("h:1/;user=a b", "\"a b\" is not one word");
	assert_bad("h:1/;transportMode=http;httpPath=a\r\nb", "is not one word");
	assert_bad("h:1/;password=seed", "a password does not stand in the location");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_location_is_read_as_jdbc_writes_it),
		cmocka_unit_test(what_is_not_said_is_as_servers_are_by_default),
		cmocka_unit_test(what_is_wrong_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
