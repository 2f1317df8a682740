/* Finds where one JSON document in a file ends, from its brackets and quotes alone and in pieces as
 * they are read, so that a document is parsed once and never copied to look for its end. */
#pragma once
#include "base/str.h"

struct document_scan {
	size_t at; /* bytes looked at, from the document's first */
	size_t depth, line;
	bool begun, in_string, escaped, line_begins;
	bool is_document; /* it begins with a bracket; else something that is no document */
	bool is_indented; /* its second line is: then nothing inside begins in the first column */
};

enum scan_result {
	SCAN_MORE, /* it goes on behind the text */
	SCAN_DONE, /* it ends before byte `at` */
	SCAN_CUT,  /* what stands before byte `at` is not whole, and something else begins there */
};
/* `text` begins with the document's first byte; what was looked at before is not looked at again.
 * Who gives only what comes behind that sets `at` to 0. */
enum scan_result document_scan(struct document_scan *scan, struct str text);

enum file_mode {
	FILE_UNDECIDED, /* more bytes are needed */
	FILE_LINES,     /* each line is a document */
	FILE_DOCUMENTS, /* documents spread over lines, one after another */
};
/* Decided by the first line that begins with a bracket and what follows it, hence the same whenever
 * the file is read. `head` is the file's beginning, `is_all` when there is no more of it. */
enum file_mode file_mode(struct str head, bool is_all, size_t line_bytes_max);
