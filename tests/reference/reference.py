"""The independent reference of what a lake holds, apart from our C and SQL. One door:

    Import(files)            what importing those files must land (rows.py)
    hourly(), short_views()  dimensions, facts and views from landing rows (tables.py)
    rebuild_line(), rebuild_page()  what X sent, from landing rows (rebuild.py)
"""
from documents import document_kind, parse_json, repeats_in  # noqa: F401
from rebuild import (RebuildError, differences, encode_extra, parse_row, rebuild_line,  # noqa: F401
                     rebuild_page, rebuild_post, split_pages)
from rows import (COLUMNS, CONTRACT_COLUMNS, Import, Includes, Quarantine, ROOT,  # noqa: F401
                  clean, fold, hashtags_in_text, hour_of, line_row, parse_type, time_text, time_us,
                  wire_line)
from tables import (DIMENSIONS, FACTS, KEYS, SCHEMAS, VIEWS, hourly, short_views)  # noqa: F401
