#include "base/test.h"

#include "base/buf.h"
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>

struct joined {
	struct page_joiner *joiner;
	struct json_doc doc;
	struct buf text; /* of the page */
	struct page_options options;
	struct source_sink sink;
	size_t line_bytes_max;
	const struct source_line *lines;
	size_t count, dropped;
	struct err err;
};

static int set_up(void **state)
{
	struct joined *joined = calloc(1, sizeof *joined);
	joined->joiner = page_joiner_new();
	joined->options = (struct page_options){ .batch_id = 7, .fetched_via = "search" };
	joined->line_bytes_max = 16 << 20;
	*state = joined;
	return 0;
}

static int tear_down(void **state)
{
	struct joined *joined = *state;
	page_joiner_free(joined->joiner);
	json_release(&joined->doc);
	buf_release(&joined->text);
	free(joined);
	return 0;
}

/* JSON is written with ' for " here, on both sides. */
static void swap_quotes(char *text, size_t len, char from, char to)
{
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] == from ? to : text[i];
}

static enum err_kind try_join(struct joined *joined, const char *text)
{
	buf_reset(&joined->text);
	buf_add_text(&joined->text, text);
	swap_quotes(joined->text.ptr, joined->text.len, '\'', '"');
	assert_ok(json_read(&joined->doc, buf_str(&joined->text), &joined->err), joined->err);
	return page_join(joined->joiner, &joined->doc, &joined->options, &joined->sink,
			 joined->line_bytes_max, &joined->lines, &joined->count, &joined->dropped,
			 &joined->err);
}

static void join(struct joined *joined, const char *text)
{
	assert_ok(try_join(joined, text), joined->err);
}

/* A line without its newline, valid until the next call. */
static const char *line_of(const struct joined *joined, size_t i)
{
	static char text[4000];
	assert_true(i < joined->count);
	struct str line = joined->lines[i].line;
	assert_true(line.len < sizeof text);
	assert_int_equal(line.ptr[line.len - 1], '\n');
	memcpy(text, line.ptr, line.len);
	text[line.len - 1] = '\0';
	swap_quotes(text, line.len, '"', '\'');
	return text;
}

/* A member of a line; "" when it is absent. Valid until the next call. */
static const char *member(const struct joined *joined, size_t i, const char *name)
{
	static char text[4000];
	struct json_doc doc = { 0 };
	struct err err;
	struct buf buf = { 0 };
	assert_true(i < joined->count);
	assert_ok(json_read(&doc, str_trim(joined->lines[i].line), &err), err);
	yyjson_val *val = json_get(doc.root, name);
	if (val)
		json_write(&buf, &doc, val);
	assert_true(buf.len < sizeof text);
	memcpy(text, buf_text(&buf), buf.len + 1);
	swap_quotes(text, buf.len, '"', '\'');
	buf_release(&buf);
	json_release(&doc);
	return text;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void a_line_is_the_post_as_sent_and_then_ours_in_order(void **state)
{
	struct joined *joined = *state;
	struct str rules[] = { STR("a \"b\""), STR("c") };
	joined->options.rules = rules;
	joined->options.rule_count = 2;
	joined->options.fetched_at = STR("2026-11-23T07:00:00Z");
	join(joined, "{ 'data' : [ {'text' : '\\u0041\\/', 'n':1.0e1,"
		     "'id':'1850000000000000001','author_id':'5','geo':{'place_id':'p'},"
		     "'in_reply_to_user_id':'6','attachments':{'media_keys':['3_2',"
		     "'3_1'],'poll_ids':['8']},'referenced_tweets':[{'type':'quoted',"
		     "'id':'9'}],'entities':{'hashtags':[{'tag':'x\\u00e9'},"
		     "{'tag':'y'}]}} ],'includes':{'users':[{'id':'5'},{'id':'6'}],"
		     "'places':[{'id':'p'}],'media':[{'media_key':'3_1'},"
		     "{'media_key':'3_2'}],'polls':[{'id':'8'}],'tweets':[{'id':'9',"
		     "'text':'r'}]}}");
	assert_int_equal(joined->count, 1);
	assert_string_equal(line_of(joined, 0),
			    "{'text':'\\u0041\\/','n':1.0e1,'id':'1850000000000000001',"
			    "'author_id':'5','geo':{'place_id':'p'},'in_reply_to_user_id':'6',"
			    "'attachments':{'media_keys':['3_2','3_1'],'poll_ids':['8']},"
			    "'referenced_tweets':[{'type':'quoted','id':'9'}],"
			    "'entities':{'hashtags':[{'tag':'x\\u00e9'},{'tag':'y'}]},"
			    "'batch_id':7,'hashtags':['#x\\u00e9','#y'],'user':{'id':'5'},"
			    "'place':{'id':'p'},'media':{'media_key':'3_2'},"
			    "'media_all':[{'media_key':'3_2'},{'media_key':'3_1'}],"
			    "'polls':[{'id':'8'}],'referenced':[{'id':'9','text':'r'}],"
			    "'users_all':[{'id':'6'}],'rules':['a \\'b\\'','c'],"
			    "'fetched_at':'2026-11-23T07:00:00Z','fetched_via':'search',"
			    "'page':{'includes':{'users':{'order':['5','6'],'rest':[]},"
			    "'places':{'order':['p'],'rest':[]},'media':{'order':['3_1','3_2'],"
			    "'rest':[]},'polls':{'order':['8'],'rest':[]},"
			    "'tweets':{'order':['9'],'rest':[]}}}}");
}

static void what_the_page_did_not_include_is_left_out(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t','author_id':'5',"
		     "'geo':{},'attachments':{}}]}");
	assert_string_equal(line_of(joined, 0),
			    "{'id':'1850000000000000001','text':'t','author_id':'5','geo':{},"
			    "'attachments':{},'batch_id':7,'hashtags':[],'rules':[],"
			    "'fetched_via':'search','page':{}}");
}

static void a_page_with_and_without_white_space_gives_the_same_lines(void **state)
{
	struct joined *joined = *state;
	static const char compact[] =
		"{'data':[{'id':'1850000000000000001','text':'t','x':[1,{},[],"
		"'\\ud83d\\ude00\\u00e9\\n '],'author_id':'5'},"
		"{'id':'1850000000000000002','text':'u','author_id':'6',"
		"'y':{'z':[true,false,null]}}],'includes':{'users':[{'id':'5',"
		"'d':'a , b'},{'id':'6'}]}}";
	struct buf lines = { 0 }, spaced = { 0 };
	bool in_string = false;
	join(joined, compact);
	for (size_t i = 0; i < joined->count; i++)
		buf_add_str(&lines, joined->lines[i].line);
	for (const char *at = compact; *at; at++) {
		buf_add_byte(&spaced, *at);
		in_string ^= *at == '\'';
		if (!in_string && strchr("{}[],:", *at))
			buf_add_byte(&spaced, ' ');
	}
	join(joined, buf_text(&spaced));
	assert_int_equal(joined->count, 2);
	assert_non_null(strstr(buf_text(&lines), "\\ud83d\\ude00\\u00e9\\n "));
	for (size_t i = 0, at = 0; i < 2; i++) {
		struct str line = joined->lines[i].line;
		assert_true(str_starts(str_make(lines.ptr + at, lines.len - at), line));
		at += line.len;
	}
	buf_release(&lines);
	buf_release(&spaced);
}

static void hashtags_come_from_the_text_only_where_entities_are_absent(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'#one a#b \\u0023zwei'},"
		     "{'id':'2','text':'#no','entities':{}},{'id':'3','text':'#yes',"
		     "'entities':null},{'id':'4','text':'#no',"
		     "'entities':{'hashtags':[{'tag':1},{},5,{'tag':'\\ud83d'}]}}]}");
	assert_string_equal(member(joined, 0, "hashtags"), "['#one','#zwei']");
	assert_string_equal(member(joined, 1, "hashtags"), "[]");
	assert_string_equal(member(joined, 2, "hashtags"), "['#yes']");
	assert_string_equal(member(joined, 3, "hashtags"), "['#\\ud83d']");
}

static void other_users_are_named_once_and_the_author_is_not(void **state)
{
	struct joined *joined = *state;
	join(joined,
	     "{'data':[{'id':'1850000000000000001','text':'t','author_id':'1',"
	     "'in_reply_to_user_id':'2','referenced_tweets':[{'id':'77'}],"
	     "'entities':{'mentions':[{'username':'Three'},{'id':'1'},"
	     "{'id':'2'},{'id':9,'username':'nine'}]},"
	     "'note_tweet':{'entities':{'mentions':[{'id':'4'}]}}}],"
	     "'includes':{'tweets':[{'id':'77','author_id':'5',"
	     "'in_reply_to_user_id':'6',"
	     "'entities':{'mentions':[{'username':'SEVEN'},"
	     "{'username':'nobody'}]}}],'users':[{'id':'7','username':'sEvEn'},"
	     "{'id':'6'},{'id':'5'},{'id':'4'},{'id':'3','username':'thrEE'},"
	     "{'id':'2'},{'id':'1'},{'id':'8','username':'seven'},{'id':'9','username':'nine'}]}}");
	assert_string_equal(member(joined, 0, "user"), "{'id':'1'}");
	assert_string_equal(member(joined, 0, "users_all"),
			    "[{'id':'2'},{'id':'3','username':'thrEE'},{'id':'4'},{'id':'5'},"
			    "{'id':'7','username':'sEvEn'},{'id':'6'}]");
	join(joined,
	     "{'data':[{'id':'1','text':'t','entities':{'mentions':[{'username':'three'}]}}],"
	     "'includes':{'users':[{'id':'33','username':'Three'}]}}");
	assert_string_equal(member(joined, 0, "users_all"), "[{'id':'33','username':'Three'}]");
}

static void posts_it_refers_to_come_in_both_vocabularies_once_and_without_itself(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t',"
		     "'referenced_posts':[{'id':'12'},{'id':'11'},{'id':'12'}],"
		     "'attachments':{'media_source_tweet_id':['13','11']},"
		     "'edit_history_post_ids':['14','1850000000000000001']}],"
		     "'includes':{'posts':[{'id':'11'},{'id':'1850000000000000001'}],"
		     "'tweets':[{'id':'14'},{'id':'13'},{'id':'12'}]}}");
	assert_string_equal(member(joined, 0, "referenced"),
			    "[{'id':'12'},{'id':'11'},{'id':'13'},{'id':'14'}]");
	assert_non_null(strstr(member(joined, 0, "page"),
			       "'posts':{'order':['11',null],"
			       "'rest':[{'id':'1850000000000000001'}]}"));
}

/* --- the page --------------------------------------------------------------------------------- */

static void what_no_line_carries_stays_on_the_first_lines_page(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'meta':{'result_count':2},'data':[{'id':'1850000000000000001',"
		     "'text':'t','author_id':'5'},{'id':'1850000000000000002',"
		     "'text':'u','author_id':'6'}],'errors':[ 1.50 ],"
		     "'includes':{'users':[{'id':'4'},{'id':'5','n':1},{'id':5},"
		     "{'id':'6'},'x',{'id':'5','n':2},{'id':''}],'topics':[{'id':'1'}],"
		     "'media':{'no':'list'}},'__twarc':{}}");
	assert_string_equal(member(joined, 0, "page"),
			    "{'meta':{'result_count':2},'errors':[1.50],'__twarc':{},"
			    "'includes':{'users':{'order':[null,'5',null,'6',null,null,null],"
			    "'rest':[{'id':'4'},{'id':5},'x',{'id':'5','n':2},{'id':''}]},"
			    "'topics':{'raw':[{'id':'1'}]},'media':{'raw':{'no':'list'}}}}");
	assert_string_equal(member(joined, 0, "user"), "{'id':'5','n':1}");
	assert_string_equal(member(joined, 1, "page"), "");
}

static void empty_includes_are_not_absent_includes(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}],'includes':{}}");
	assert_string_equal(member(joined, 0, "page"), "{'includes':{}}");
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}],"
		     "'includes':{'users':[]}}");
	assert_string_equal(member(joined, 0, "page"),
			    "{'includes':{'users':{'order':[],'rest':[]}}}");
}

static void envelope_members_whose_names_are_taken_are_kept_aside(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'dropped':1,'includes':{'users':[{'id':'5'}]},'_aviary':2,"
		     "'data':[{'id':'1850000000000000001','text':'t','author_id':'6'}],"
		     "'includes':{'users':[{'id':'6'}]},'meta':{}}");
	assert_string_equal(member(joined, 0, "page"),
			    "{'meta':{},'includes':{'users':{'order':['6'],'rest':[]}},"
			    "'_aviary':{'dropped':1,'includes':{'users':[{'id':'5'}]},"
			    "'_aviary':2}}");
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}],'includes':[1]}");
	assert_string_equal(member(joined, 0, "page"), "{'_aviary':{'includes':[1]}}");
}

/* --- re-deliveries ---------------------------------------------------------------------------- */

struct known {
	uint64_t ids[4];
	size_t count;
	size_t asked;
};

static bool knows(void *context, const struct source_line *line)
{
	struct known *known = context;
	known->asked++;
	for (size_t i = 0; i < known->count; i++) {
		if (known->ids[i] == line->id)
			return true;
	}
	return false;
}

static void a_re_delivery_is_dropped_and_the_page_says_where_it_stood(void **state)
{
	struct joined *joined = *state;
	struct known known = { { 1850000000000000001 }, 1, 0 };
	joined->sink = (struct source_sink){ .context = &known, .knows = knows };
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t','author_id':'5'},"
		     "{'id':'1850000000000000002','text':'u','author_id':'6'}],"
		     "'includes':{'users':[{'id':'5'},{'id':'6'}]}}");
	assert_int_equal(known.asked, 2);
	assert_int_equal(joined->count, 1);
	assert_int_equal(joined->dropped, 1);
	assert_int_equal(joined->lines[0].id, 1850000000000000002);
	assert_string_equal(member(joined, 0, "id"), "'1850000000000000002'");
	assert_string_equal(member(joined, 0, "page"),
			    "{'includes':{'users':{'order':[null,'6'],'rest':[{'id':'5'}]}},"
			    "'dropped':[[0,'1850000000000000001']]}");
}

static void a_page_of_re_deliveries_gives_no_line(void **state)
{
	struct joined *joined = *state;
	struct known known = { { 1850000000000000001, 1850000000000000002 }, 2, 0 };
	joined->sink = (struct source_sink){ .context = &known, .knows = knows };
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'},"
		     "{'id':'1850000000000000002','text':'u'}]}");
	assert_int_equal(joined->count, 0);
	assert_int_equal(joined->dropped, 2);
	join(joined, "{'meta':{'result_count':0}}");
	assert_int_equal(joined->count, 0);
	assert_int_equal(joined->dropped, 0);
}

static void the_content_hash_knows_no_batch_no_time_and_no_page(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'},"
		     "{'id':'1850000000000000002','text':'u'}]}");
	uint64_t first = joined->lines[0].content_hash, second = joined->lines[1].content_hash;
	assert_int_not_equal(first, second);
	joined->options.batch_id = 8;
	joined->options.fetched_at = STR("2026-11-23T07:00:00Z");
	join(joined, "{'data':[{'id':'1850000000000000002','text':'u'},"
		     "{'id':'1850000000000000001','text':'t'}],'meta':{}}");
	assert_int_equal(joined->lines[0].content_hash, second);
	assert_int_equal(joined->lines[1].content_hash, first);
	join(joined, "{'data':[{'id':'1850000000000000002','text':'u','lang':'en'}]}");
	assert_int_not_equal(joined->lines[0].content_hash, second);
}

static void a_rule_hash_is_zero_only_without_rules(void **state)
{
	struct joined *joined = *state;
	struct str rules[] = { STR("a"), STR("b") };
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}]}");
	assert_int_equal(joined->lines[0].rule, 0);
	joined->options.rules = rules;
	joined->options.rule_count = 1;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}]}");
	uint64_t one = joined->lines[0].rule;
	assert_int_not_equal(one, 0);
	joined->options.rule_count = 2;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'}]}");
	assert_int_not_equal(joined->lines[0].rule, one);
}

static void a_post_without_a_readable_id_is_never_a_re_delivery(void **state)
{
	struct joined *joined = *state;
	struct known known = { { 0 }, 1, 0 };
	joined->sink = (struct source_sink){ .context = &known, .knows = knows };
	join(joined, "{'data':[{'id':'abc','text':'t'}]}");
	assert_int_equal(joined->count, 1);
	assert_int_equal(joined->lines[0].id, 0);
	assert_int_equal(known.asked, 0);
}

/* Their values are not in the content hash, and would be lost with a line that was dropped. */
static void a_post_with_a_batch_a_time_or_a_page_of_its_own_is_never_a_re_delivery(void **state)
{
	static const char *const names[] = { "batch_id", "fetched_at", "page" };
	struct joined *joined = *state;
	for (size_t i = 0; i < 3; i++) {
		char page[256];
		snprintf(page, sizeof page,
			 "{'data':[{'id':'1850000000000000001','text':'t','%s':1},"
			 "{'id':'1850000000000000001','text':'t','%s':2}]}",
			 names[i], names[i]);
		join(joined, page);
		assert_int_equal(joined->count, 2);
		assert_int_equal(joined->lines[0].id, 0);
	}
}

/* --- members by our names --------------------------------------------------------------------- */

static void a_member_of_x_by_our_name_wins_it_and_ours_stands_below_aviary(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t','us\\u0065r':'X',"
		     "'author_id':'5','rules':0,'polls':[9]}],"
		     "'includes':{'users':[{'id':'5'}]}}");
	assert_string_equal(line_of(joined, 0),
			    "{'id':'1850000000000000001','text':'t','us\\u0065r':'X',"
			    "'author_id':'5','rules':0,'polls':[9],'batch_id':7,'hashtags':[],"
			    "'fetched_via':'search','_aviary':{'user':{'id':'5'},'polls':null,"
			    "'rules':[]},'page':{'includes':{'users':{'order':['5'],"
			    "'rest':[]}}}}");
}

static void a_page_of_x_on_a_post_leaves_ours_below_aviary(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t','page':3},"
		     "{'id':'1850000000000000002','text':'u','page':4}],'meta':{}}");
	assert_string_equal(line_of(joined, 0),
			    "{'id':'1850000000000000001','text':'t','page':3,'batch_id':7,"
			    "'hashtags':[],'rules':[],'fetched_via':'search',"
			    "'_aviary':{'page':{'meta':{}}}}");
	assert_string_equal(member(joined, 1, "page"), "4");
	assert_string_equal(member(joined, 1, "_aviary"), "{'page':null}");
}

static void all_of_ours_can_be_taken_at_once(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t','batch_id':0,"
		     "'hashtags':0,'user':0,'place':0,'media':0,'media_all':0,'polls':0,"
		     "'referenced':0,'users_all':0,'rules':0,'fetched_at':0,"
		     "'fetched_via':0,'page':0}]}");
	assert_string_equal(member(joined, 0, "_aviary"),
			    "{'batch_id':7,'hashtags':[],'user':null,'place':null,'media':null,"
			    "'media_all':null,'polls':null,'referenced':null,'users_all':null,"
			    "'rules':[],'fetched_at':null,'fetched_via':'search','page':{}}");
	assert_string_equal(member(joined, 0, "page"), "0");
}

static void an_aviary_of_x_stands_inside_ours(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'_aviary':{'user':1},'id':'1850000000000000001',"
		     "'text':'t','_aviary':2,'page':5},{'id':'1850000000000000002',"
		     "'text':'u'}]}");
	assert_string_equal(line_of(joined, 0),
			    "{'id':'1850000000000000001','text':'t','page':5,'batch_id':7,"
			    "'hashtags':[],'rules':[],'fetched_via':'search',"
			    "'_aviary':{'_aviary':{'user':1},'_aviary':2,'page':{}}}");
}

/* --- limits and hostile pages ----------------------------------------------------------------- */

static void a_line_at_the_limit_passes_and_one_byte_more_rejects_the_page(void **state)
{
	struct joined *joined = *state;
	static const char page[] = "{'data':[{'id':'1850000000000000001','text':'t'},"
				   "{'id':'1850000000000000002','text':'u','x':'yyyyyyyyyyyyyy'}]}";
	join(joined, page);
	joined->line_bytes_max = joined->lines[1].line.len;
	assert_true(joined->lines[0].line.len < joined->line_bytes_max);
	join(joined, page);
	joined->line_bytes_max--;
	assert_fails(try_join(joined, page), joined->err, ERR_REJECT, "line 2 of its 2");
}

static void a_post_that_a_page_has_twice_is_kept_once(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t'},"
		     "{'id':'1850000000000000001','text':'t'},"
		     "{'id':'1850000000000000001','text':'edited'}]}");
	assert_int_equal(joined->count, 2);
	assert_string_equal(member(joined, 1, "text"), "'edited'");
}

static void a_page_that_would_grow_without_bound_is_rejected(void **state)
{
	struct joined *joined = *state;
	struct buf page = { 0 };
	buf_add_text(&page, "{'includes':{'users':[{'id':'5','d':'");
	for (size_t i = 0; i < 100000; i++)
		buf_add_text(&page, "0123456789");
	buf_add_text(&page, "'}]},'data':[{'id':'1850000000000000001','text':'t',"
			    "'author_id':'5'}");
	for (size_t i = 0; i < 200; i++)
		buf_addf(&page, ",{'id':'%zu','text':'u','author_id':'5'}", i + 1);
	buf_add_text(&page, "]}");
	assert_fails(try_join(joined, buf_text(&page)), joined->err, ERR_REJECT,
		     "16 times as long as the page");
	buf_release(&page);
}

static void wrong_types_everywhere_lose_nothing(void **state)
{
	static const char *const values[] = { "null",
					      "0",
					      "'\\ud800'",
					      "[]",
					      "{}",
					      "[[{}]]",
					      "[null,1,'',{'id':{}},{'id':'\\udc00'}]",
					      "{'mentions':5,'hashtags':{},'entities':[]}" };
	static const char *const names[] = { "author_id",
					     "geo",
					     "attachments",
					     "entities",
					     "note_tweet",
					     "note_post",
					     "referenced_tweets",
					     "referenced_posts",
					     "edit_history_tweet_ids",
					     "in_reply_to_user_id",
					     "_aviary",
					     "user",
					     "page" };
	struct joined *joined = *state;
	struct buf page = { 0 }, post = { 0 }, other = { 0 };
	for (size_t i = 0; i < 8 * 13; i++) {
		const char *value = values[i / 13];
		buf_reset(&page);
		buf_reset(&post);
		buf_reset(&other);
		buf_addf(&post, "{'id':'%zu','text':'t','%s':%s}", i + 1, names[i % 13], value);
		buf_addf(&other, "{'id':'%zu','text':'t','%s':%s}", i + 1000, names[i % 13], value);
		buf_addf(&page,
			 "{'includes':{'users':%s,'tweets':[%s],'media':[[],%s],'%s':%s},"
			 "'x':%s,'data':[%s,%s]}",
			 value, value, value, names[i % 13], value, value, buf_text(&post),
			 buf_text(&other));
		join(joined, buf_text(&page));
		assert_int_equal(joined->count, 2);
		assert_string_equal(member(joined, 0, "text"), "'t'");
		if (names[i % 13][0] != '_')
			assert_string_equal(member(joined, 1, names[i % 13]), value);
	}
	buf_release(&page);
	buf_release(&post);
	buf_release(&other);
}

static void an_id_with_a_lone_surrogate_names_nobody(void **state)
{
	struct joined *joined = *state;
	join(joined, "{'data':[{'id':'1850000000000000001','text':'t',"
		     "'author_id':'\\ud800'}],'includes':{'users':[{'id':'\\udfff'},"
		     "{'id':'\xef\xbf\xbd'}]}}");
	assert_string_equal(member(joined, 0, "user"), "");
	assert_string_equal(member(joined, 0, "page"),
			    "{'includes':{'users':{'order':[null,null],"
			    "'rest':[{'id':'\\udfff'},{'id':'\xef\xbf\xbd'}]}}}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_the_post_as_sent_and_then_ours_in_order),
		TEST(what_the_page_did_not_include_is_left_out),
		TEST(a_page_with_and_without_white_space_gives_the_same_lines),
		TEST(hashtags_come_from_the_text_only_where_entities_are_absent),
		TEST(other_users_are_named_once_and_the_author_is_not),
		TEST(posts_it_refers_to_come_in_both_vocabularies_once_and_without_itself),
		TEST(what_no_line_carries_stays_on_the_first_lines_page),
		TEST(empty_includes_are_not_absent_includes),
		TEST(envelope_members_whose_names_are_taken_are_kept_aside),
		TEST(a_re_delivery_is_dropped_and_the_page_says_where_it_stood),
		TEST(a_page_of_re_deliveries_gives_no_line),
		TEST(the_content_hash_knows_no_batch_no_time_and_no_page),
		TEST(a_rule_hash_is_zero_only_without_rules),
		TEST(a_post_without_a_readable_id_is_never_a_re_delivery),
		TEST(a_post_with_a_batch_a_time_or_a_page_of_its_own_is_never_a_re_delivery),
		TEST(a_member_of_x_by_our_name_wins_it_and_ours_stands_below_aviary),
		TEST(a_page_of_x_on_a_post_leaves_ours_below_aviary),
		TEST(all_of_ours_can_be_taken_at_once),
		TEST(an_aviary_of_x_stands_inside_ours),
		TEST(a_line_at_the_limit_passes_and_one_byte_more_rejects_the_page),
		TEST(a_page_that_would_grow_without_bound_is_rejected),
		TEST(a_post_that_a_page_has_twice_is_kept_once),
		TEST(wrong_types_everywhere_lose_nothing),
		TEST(an_id_with_a_lone_surrogate_names_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
