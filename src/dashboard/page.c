/* web/page.html has words in double braces where things go: links to style and script where it is served,
 * the things themselves where it is one file. The script is web's files one after the other. In the file,
 * script and style run by a number used once, which no text of a post can know. */
#include "dashboard/page.h"

#include "base/embed.h"
#include "base/hash.h"
#include "base/json.h"

static void add_files(struct buf *ret, struct str end)
{
	for (size_t i = 0; i < embedded_file_count; i++) {
		struct str name = str_from(embedded_files[i].name);
		if (str_starts(name, STR("web/")) && str_ends(name, end))
			buf_add(ret, embedded_files[i].text, embedded_files[i].len);
	}
}

struct part {
	const char *word;
	struct str text;
};

static void add_page(const struct part *parts, size_t count, struct buf *ret)
{
	struct buf page = { 0 };
	add_files(&page, STR("page.html"));
	for (const char *at = buf_text(&page); *at;) {
		const char *open = strstr(at, "{{");
		const char *close = open ? strstr(open, "}}") : NULL;
		if (!close) {
			buf_add_text(ret, at);
			break;
		}
		buf_add(ret, at, (size_t)(open - at));
		for (size_t i = 0; i < count; i++) {
			if (str_equal(str_make(open + 2, (size_t)(close - open) - 2),
				      str_from(parts[i].word)))
				buf_add_str(ret, parts[i].text);
		}
		at = close + 2;
	}
	buf_release(&page);
}

const char *page_add_file(struct str path, struct buf *ret)
{
	const struct part links[] = {
		{ "style", STR("<link rel=\"icon\" href=\"icon.svg\">\n"
			       "<link rel=\"stylesheet\" href=\"page.css\">") },
		{ "script", STR("<script src=\"page.js\" type=\"module\"></script>") },
		{ "tables", STR("<p>This page needs script. <code>aviary serve --once --out "
				"page.html</code> writes one that does not.</p>") },
	};
	if (str_equal(path, STR("/"))) {
		add_page(links, sizeof links / sizeof *links, ret);
		return "text/html; charset=utf-8";
	}
	if (str_equal(path, STR("/page.css"))) {
		add_files(ret, STR(".css"));
		return "text/css; charset=utf-8";
	}
	if (str_equal(path, STR("/page.js"))) {
		add_files(ret, STR(".js"));
		return "text/javascript; charset=utf-8";
	}
	if (str_equal(path, STR("/icon.svg"))) {
		add_files(ret, STR("icon.svg"));
		return "image/svg+xml";
	}
	return NULL;
}

/* JSON inside a script element: "</script" and "<!--" would end or hide it. */
static void add_data(struct buf *ret, struct str json)
{
	for (size_t i = 0; i < json.len; i++) {
		if (json.ptr[i] == '<')
			buf_add_text(ret, "\\u003c");
		else
			buf_add_byte(ret, json.ptr[i]);
	}
}

void page_add_whole(struct str data, struct str tables, struct buf *ret)
{
	char nonce[UUID_TEXT];
	struct buf style = { 0 }, script = { 0 };
	uuid_new(nonce);
	buf_addf(&style,
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "script-src 'nonce-%s'; style-src 'nonce-%s'; base-uri 'none'; form-action "
		 "'none'\">\n<style nonce=\"%s\">\n",
		 nonce, nonce, nonce);
	add_files(&style, STR(".css"));
	buf_add_text(&style, "</style>");
	buf_add_text(&script, "<script type=\"application/json\" id=\"data\">");
	add_data(&script, data);
	buf_addf(&script, "</script>\n<script type=\"module\" nonce=\"%s\">\n", nonce);
	add_files(&script, STR(".js"));
	buf_add_text(&script, "</script>");
	const struct part parts[] = { { "style", buf_str(&style) },
				      { "script", buf_str(&script) },
				      { "tables", tables } };
	add_page(parts, sizeof parts / sizeof *parts, ret);
	buf_release(&style);
	buf_release(&script);
}

static void add_cell(const char *element, yyjson_val *value, struct buf *ret)
{
	buf_addf(ret, "<%s>", element);
	buf_add_html(ret, json_text(value));
	buf_addf(ret, "</%s>", element);
}

/* One row stands upright: a name and a value a line. */
static void add_rows(yyjson_val *columns, yyjson_val *rows, struct buf *ret)
{
	bool upright = yyjson_arr_size(rows) == 1 && yyjson_arr_size(columns) > 2;
	size_t lines = yyjson_arr_size(upright ? columns : rows);
	for (size_t i = 0; i < lines; i++) {
		yyjson_val *row = yyjson_arr_get(rows, upright ? 0 : i);
		buf_add_text(ret, "<tr>");
		add_cell("th", upright ? yyjson_arr_get(columns, i) : yyjson_arr_get_first(row),
			 ret);
		for (size_t cell = upright ? i : 1; cell < (upright ? i + 1 : yyjson_arr_size(row));
		     cell++)
			add_cell("td", yyjson_arr_get(row, cell), ret);
		buf_add_text(ret, "</tr>\n");
	}
}

void page_add_table(const struct chart *chart, struct str answer, struct buf *ret)
{
	struct json_doc doc = { 0 };
	struct buf title = { 0 };
	struct err err;
	if (json_read(&doc, answer, &err) == ERR_NONE) {
		chart_add_title(chart, &title);
		buf_add_text(ret, "<table>\n<caption>");
		buf_add_html(ret, buf_str(&title));
		buf_add_text(ret, "</caption>\n");
		add_rows(json_get(doc.root, "columns"), json_get(doc.root, "rows"), ret);
		buf_add_text(ret, "</table>\n");
	}
	buf_release(&title);
	json_release(&doc);
}
