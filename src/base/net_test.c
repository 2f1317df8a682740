#include "base/net.h"
#include "base/test.h"

#include <stdio.h>
#include <unistd.h>

static void parses(const char *text, const char *host, int port)
{
	struct err err = { 0 };
	char got[NET_HOST_MAX];
	int got_port = -1;
	assert_int_equal(net_parse_address(text, got, &got_port, &err), ERR_NONE);
	assert_string_equal(got, host);
	assert_int_equal(got_port, port);
}

static void an_address_is_host_and_port_or_a_port_alone(void **state)
{
	(void)state;
	parses("127.0.0.1:8080", "127.0.0.1", 8080);
	parses("[::1]:0", "::1", 0);
	parses("collector.example:7777", "collector.example", 7777);
	parses("65535", "127.0.0.1", 65535);
}

static void what_is_no_address_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",       ":80",  "host",  "host:", "host:65536",
					   "::1:80", "h:-1", "h:8 0", "[]:80", "h:0x10" };
	char host[NET_HOST_MAX];
	int port;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = { 0 };
		if (net_parse_address(bad[i], host, &port, &err) != ERR_REJECT)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(err.msg[0]);
	}
}

static void only_this_machine_reaches_loopback(void **state)
{
	(void)state;
	assert_true(net_is_loopback("127.0.0.1"));
	assert_true(net_is_loopback("127.9.9.9"));
	assert_true(net_is_loopback("::1"));
	assert_true(net_is_loopback("localhost"));
	assert_false(net_is_loopback("0.0.0.0"));
	assert_false(net_is_loopback("::"));
	assert_false(net_is_loopback("128.0.0.1"));
	assert_false(net_is_loopback("localhost.example"));
	assert_false(net_is_loopback(""));
}

static void a_port_is_taken_once(void **state)
{
	(void)state;
	struct err err = { 0 };
	int first = -1, second = -1, port = 0, other = 0;
	assert_int_equal(net_listen("127.0.0.1", 0, &first, &port, &err), ERR_NONE);
	assert_true(port > 0);
	assert_int_equal(net_listen("127.0.0.1", port, &second, &other, &err), ERR_RETRY);
	assert_int_equal(second, -1);
	close(first);
	assert_int_equal(net_listen("127.0.0.1", port, &second, &other, &err), ERR_NONE);
	assert_int_equal(other, port);
	close(second);
	assert_int_equal(net_listen("localhost", 0, &first, &port, &err), ERR_FATAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_host_and_port_or_a_port_alone),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(only_this_machine_reaches_loopback),
		cmocka_unit_test(a_port_is_taken_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
