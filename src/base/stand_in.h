/* HDFS for the tests of several rooms: tests/cluster/stand_in.py, which also stands before a real one and
 * lets things go wrong on request. Other stand-ins are started as it is. */
#pragma once
#include "base/test.h"

#include "base/http_client.h"
#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct stand_in {
	pid_t pid;
	int input; /* it ends when this is closed */
	int namenode, datanode;
};

/* The port of the real NameNode that $AVIARY_TEST_NAMENODE names; 0: there is none. */
static inline int real_namenode(void)
{
	const char *address = getenv("AVIARY_TEST_NAMENODE");
	const char *colon = address ? strrchr(address, ':') : NULL;
	return colon ? atoi(colon + 1) : 0;
}

/* A place of its own at every call; freed by the caller. */
static inline char *hdfs_location(int namenode)
{
	static int count;
	return mem_printf("webhdfs://127.0.0.1:%d/test/%d-%d?user=root&patience=20&stall=10",
			  namenode, (int)getpid(), count++);
}

/* Starts a script of tests/cluster; the option may be NULL. Returns what it prints; the caller closes it. */
static inline FILE *stand_in_run(struct stand_in *stand_in, const char *name, char *option,
				 char *value)
{
	const char *root = getenv("AVIARY_ROOT"), *python = getenv("PYTHON");
	char *script = mem_printf("%s/tests/cluster/%s", root ? root : ".", name);
	int input[2], output[2];
	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
		abort();
	stand_in->pid = fork();
	if (stand_in->pid == 0) {
		char *argv[] = { (char *)(python ? python : "python3"), script, option, value,
				 NULL };
		dup2(input[0], 0);
		dup2(output[1], 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	free(script);
	stand_in->input = input[1];
	FILE *lines = fdopen(output[0], "r");
	assert_non_null(lines);
	return lines;
}

static inline void stand_in_start(struct stand_in *stand_in, char *option, char *value)
{
	FILE *lines = stand_in_run(stand_in, "stand_in.py", option, value);
	if (fscanf(lines, "%d %d", &stand_in->namenode, &stand_in->datanode) != 2)
		fail_msg("tests/cluster/stand_in.py does not start");
	fclose(lines);
}

static inline void stand_in_stop(struct stand_in *stand_in)
{
	close(stand_in->input);
	waitpid(stand_in->pid, NULL, 0);
}

/* Tells the stand-in something, see its head; the answer is freed by the caller. */
static inline char *stand_in_say(const struct stand_in *stand_in, const char *method,
				 const char *words)
{
	struct http_client_options options = { .user_agent = "test" };
	struct http_client *client = NULL;
	struct http_reply reply;
	struct err err;
	char *url = mem_printf("http://127.0.0.1:%d/%s", stand_in->namenode, words);
	struct http_ask ask = { .method = method, .url = url };
	assert_ok(http_client_open(&options, &client, &err), err);
	assert_ok(http_client_ask(client, &ask, &reply, &err), err);
	assert_int_equal(reply.status, 200);
	char *answer = mem_printf("%.*s", STR_ARG(reply.body));
	http_client_close(client);
	free(url);
	return answer;
}

static inline void stand_in_order(const struct stand_in *stand_in, const char *fault)
{
	char *words = mem_printf("fault?%s", fault);
	free(stand_in_say(stand_in, "PUT", words));
	free(words);
}

struct stand_in_calls {
	int calls, late, hits;
};
static inline struct stand_in_calls stand_in_count(const struct stand_in *stand_in)
{
	struct stand_in_calls count;
	char *answer = stand_in_say(stand_in, "GET", "calls");
	assert_int_equal(sscanf(answer, "%d %d %d", &count.calls, &count.late, &count.hits), 3);
	free(answer);
	return count;
}

/* Forgets faults and counts. */
static inline void stand_in_calm(const struct stand_in *stand_in)
{
	free(stand_in_say(stand_in, "PUT", "no-fault"));
}
