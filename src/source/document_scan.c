/* A document ends where its brackets close. One that never closes would swallow its neighbours;
 * where it is indented, as pretty printers do, a bracket in the first column of a line shows that
 * it was cut short and the next one begins.
 *
 *     {                        line 1
 *       "data": [              line 2 is indented
 *         {"id": "1", "te      cut short
 *     {                        the next document */
#include "source/document_scan.h"

static bool is_opening(char c)
{
	return c == '{' || c == '[';
}

static void note_line(struct document_scan *scan, char c)
{
	scan->line_begins = false;
	if (scan->line == 1)
		scan->is_indented = c == ' ' || c == '\t';
}

static void inside_string(struct document_scan *scan, char c)
{
	if (scan->escaped)
		scan->escaped = false;
	else if (c == '\\')
		scan->escaped = true;
	else if (c == '"')
		scan->in_string = false;
}

static void outside_string(struct document_scan *scan, char c)
{
	if (c == '"')
		scan->in_string = true;
	else if (is_opening(c))
		scan->depth++;
	else if (c == '}' || c == ']')
		scan->depth--;
}

enum scan_result document_scan(struct document_scan *scan, struct str text)
{
	if (!scan->begun && text.len > 0) {
		scan->begun = true;
		scan->is_document = is_opening(text.ptr[0]);
	}
	for (; scan->at < text.len; scan->at++) {
		char c = text.ptr[scan->at];
		if (scan->line_begins) {
			note_line(scan, c);
			if (is_opening(c) && (scan->is_indented || !scan->is_document))
				return SCAN_CUT;
		}
		if (c == '\n') {
			scan->line++;
			scan->line_begins = true;
		}
		if (!scan->is_document)
			continue;
		if (scan->in_string)
			inside_string(scan, c);
		else
			outside_string(scan, c);
		if (scan->depth == 0) {
			scan->at++;
			return SCAN_DONE;
		}
	}
	return SCAN_MORE;
}

/* --- the mode of a file ----------------------------------------------------------------------- */

/* The first line in *rest that begins with a bracket, trimmed; false when there is none that
 * ends. */
static bool first_document_line(struct str *rest, bool is_all, struct str *ret_line)
{
	while (rest->len > 0) {
		const char *end = memchr(rest->ptr, '\n', rest->len);
		if (!end && !is_all)
			return false;
		size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
		*ret_line = str_trim(str_make(rest->ptr, len));
		len += end != NULL;
		*rest = str_make(rest->ptr + len, rest->len - len);
		if (ret_line->len > 0 && is_opening(ret_line->ptr[0]))
			return true;
	}
	return false;
}

/* Whether a line that is followed by a line that begins with `next` is a document, or was meant to
 * be one, and not the first line of a longer one: in JSON no { follows a value, and none of , ] }
 * begins a document. `next` is '\0' at the end of the file. */
static bool is_line_document(struct str line, char next)
{
	struct document_scan scan = { 0 };
	char last = line.ptr[line.len - 1];
	enum scan_result result = document_scan(&scan, line);
	if (result == SCAN_DONE && scan.at < line.len)
		return false; /* several on one line */
	if (line.ptr[0] != '{')
		return false;
	if (next == '{')
		return !memchr("[,:{", last, 4);
	if (next == ',' || next == ']' || next == '}')
		return result == SCAN_DONE;
	return last == '}';
}

enum file_mode file_mode(struct str head, bool is_all, size_t line_bytes_max)
{
	struct str rest = head, line;
	bool is_enough = is_all || head.len > line_bytes_max;
	if (!first_document_line(&rest, is_all, &line))
		return is_enough ? FILE_DOCUMENTS : FILE_UNDECIDED;
	rest = str_trim(rest);
	if (rest.len == 0 && !is_enough)
		return FILE_UNDECIDED;
	return is_line_document(line, rest.len > 0 ? rest.ptr[0] : '\0') ? FILE_LINES :
									   FILE_DOCUMENTS;
}
