"""From landing rows back to what X sent: docs/tables.md read in the other direction.

Rows as in rows.py, with `extra` and `page` (parsed). What a rebuilt line does not keep, and a
comparison of parsed JSON therefore does not see: the spelling of numbers and of escapes, white
space and the order of members.
"""
import re

from rows import COLUMNS, OURS, parse_json, time_text

# Columns that are rendered under another name than their own, from the json of their items.
JSON_ITEMS = {"referenced_posts": "referenced", "users_all": "users_all"}


class RebuildError(Exception):
    """The rows do not give the line or page back."""


# --- JSON Pointers -----------------------------------------------------------------------------

def pointer_parts(pointer):
    if not pointer.startswith("/"):
        raise RebuildError(f"not a pointer: {pointer}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _index(part, items, pointer):
    if not re.fullmatch("0|[1-9][0-9]*", part) or int(part) >= len(items):
        raise RebuildError(f"{pointer}: no item {part} of {len(items)}")
    return int(part)


def set_pointer(root, pointer, value):
    """Sets a value, making objects on the way; an index sets an existing item."""
    *way, last = pointer_parts(pointer)
    node = root
    for part in way:
        if isinstance(node, list):
            at = _index(part, node, pointer)
        elif isinstance(node, dict):
            at = part
        else:
            raise RebuildError(f"{pointer}: goes through {node!r}")
        child = node[at] if isinstance(node, list) else node.get(at)
        if child is None:
            child = node[at] = {}
        node = child
    if isinstance(node, list):
        node[_index(last, node, pointer)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise RebuildError(f"{pointer}: goes through {node!r}")


def remove_pointer(root, pointer):
    *way, last = pointer_parts(pointer)
    node = root
    for part in way:
        node = node[_index(part, node, pointer)] if isinstance(node, list) else node.get(part, {})
    if not isinstance(node, dict) or last not in node:
        raise RebuildError(f"derived {pointer}: the columns do not show it")
    del node[last]


# --- lines -------------------------------------------------------------------------------------

def render(value, kind):
    """The JSON value of a column's non-NULL value."""
    if value is None or kind[0] in ("text", "bool", "int", "double", "json"):
        return value
    if kind[0] == "time":
        return time_text(value)
    if kind[0] == "list":
        return [render(item, kind[1]) for item in value]
    return {name: render(value[name], of) for name, of in kind[1] if value[name] is not None}


def _names(column, vocabulary, new_names):
    """The path of a column as it was on the wire."""
    sent = []
    for names in column.path:
        name = names[0]
        if len(names) > 1:
            changed = "/".join(["", *sent, names[1]])
            if vocabulary == "post":
                name = names[1]
            elif vocabulary == "mixed" and any(
                    new == changed or new.startswith(changed + "/") for new in new_names):
                name = names[1]
        sent.append(name)
    return sent


def _render_columns(row, extra):
    line = {}
    new_names = [name.removeprefix("/_aviary") for name in extra.get("new_names", [])]
    for column in COLUMNS:
        value = row[column.name]
        if value is None:
            continue
        if column.name in JSON_ITEMS:
            line[JSON_ITEMS[column.name]] = [item and item["json"] for item in value]
        elif column.path:
            node = line
            *way, last = _names(column, row["vocabulary"], new_names)
            for name in way:
                node = node.setdefault(name, {})
            node[last] = render(value, column.type)
    return line


def rebuild_line(row):
    """(the wire line, the repeated members [[pointer, value], ...]) of a landing row."""
    extra = row["extra"] or {}
    unknown = [name for name in extra if not name.startswith("/") and
               name not in ("derived", "new_names", "moved", "duplicates")]
    if unknown:
        raise RebuildError(f"extra has {unknown}")
    line = _render_columns(row, extra)
    for pointer in extra.get("derived", []):
        remove_pointer(line, pointer)
    for name in extra.get("moved", []):
        if name in line:
            line.setdefault("_aviary", {})[name] = line.pop(name)
    for pointer, value in extra.items():
        if pointer.startswith("/"):
            set_pointer(line, pointer, value)
    return line, extra.get("duplicates", [])


def ours_of_line(line, moved):
    """{name: value} of our members of a line, wherever they stand."""
    aside = line.get("_aviary", {})
    return {name: aside[name] if name in moved else line[name] for name in OURS
            if (name in aside if name in moved else name in line)}


def rebuild_post(row):
    """(the post as X sent it, our members)."""
    line, _ = rebuild_line(row)
    moved = (row["extra"] or {}).get("moved", [])
    ours = ours_of_line(line, moved)
    post = {name: value for name, value in line.items() if name not in OURS or name in moved}
    if moved:
        for name in moved:
            post["_aviary"].pop(name, None)
        if not post["_aviary"]:
            del post["_aviary"]
    return post, ours


# --- pages -------------------------------------------------------------------------------------

KINDS = {"users": "users", "tweets": "posts", "posts": "posts", "media": "media",
         "places": "places", "polls": "polls"}


def _carried(ours, pool):
    """Adds the included objects that a row carries to the pool {kind: {id: object}}."""
    for kind, key, items in (
            ("users", "id", [ours.get("user"), *(ours.get("users_all") or [])]),
            ("posts", "id", ours.get("referenced") or []),
            ("media", "media_key", [*(ours.get("media_all") or []), ours.get("media")]),
            ("places", "id", [ours.get("place")]),
            ("polls", "id", ours.get("polls") or [])):
        for item in items:
            if isinstance(item, dict) and isinstance(item.get(key), str):
                pool[kind].setdefault(item[key], item)


def _rebuild_included(name, described, pool):
    if "raw" in described:
        return described["raw"]
    if set(described) != {"order", "rest"} or name not in KINDS:
        raise RebuildError(f"page.includes.{name} is {sorted(described)}")
    rest, items = iter(described["rest"]), []
    for one in described["order"]:
        if one is None:
            item = next(rest, RebuildError)
            if item is RebuildError:
                raise RebuildError(f"page.includes.{name}: too few in rest")
        elif one not in pool[KINDS[name]]:
            raise RebuildError(f"page.includes.{name}: no row carries {one}")
        else:
            item = pool[KINDS[name]][one]
        items.append(item)
    if next(rest, None) is not None:
        raise RebuildError(f"page.includes.{name}: too many in rest")
    return items


def rebuild_page(rows, find_dropped):
    """The page of its rows, in the order of the stream; the first one has `page`.
    find_dropped(position, id) gives the earlier row of a post that was a re-delivery."""
    page = dict(rows[0]["page"])
    includes, dropped = page.pop("includes", None), page.pop("dropped", [])
    pool = {kind: {} for kind in KINDS.values()}
    posts = []
    for row in rows:
        post, ours = rebuild_post(row)
        posts.append(post)
        _carried(ours, pool)
    for position, post_id in sorted(dropped):
        post, ours = rebuild_post(find_dropped(position, post_id))
        if post["id"] != post_id or position > len(posts):
            raise RebuildError(f"dropped {position} {post_id}: no such place")
        posts.insert(position, post)
        _carried(ours, pool)
    page["data"] = posts
    if includes is not None:
        page["includes"] = {name: _rebuild_included(name, described, pool)
                            for name, described in includes.items()}
    return page


def split_pages(rows):
    """The landing rows (in the order of the stream) of each page; rows before the first: none's."""
    pages = []
    for row in rows:
        if row["page"] is not None:
            pages.append([row])
        elif pages:
            pages[-1].append(row)
    return pages


# --- comparing ---------------------------------------------------------------------------------

def differences(expected, got, path="", most=10):
    """Readable differences of two parsed JSON values. 1 and 1.0 are equal; 1 and true are not."""
    found = []

    def short(value):
        text = repr(value)
        return text if len(text) < 160 else text[:157] + "..."

    def walk(one, two, at):
        if len(found) >= most:
            return
        if isinstance(one, dict) and isinstance(two, dict):
            for name in one.keys() - two.keys():
                found.append(f"{at}/{name}: expected {short(one[name])}, missing")
            for name in two.keys() - one.keys():
                found.append(f"{at}/{name}: not expected, got {short(two[name])}")
            for name in one.keys() & two.keys():
                walk(one[name], two[name], f"{at}/{name}")
        elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
            for index, (left, right) in enumerate(zip(one, two)):
                walk(left, right, f"{at}/{index}")
        elif isinstance(one, bool) != isinstance(two, bool) or one != two:
            found.append(f"{at}: expected {short(one)}, got {short(two)}")

    walk(expected, got, path)
    return found[:most]


def encode_extra(line, row):
    """The `extra` that makes rebuild_line(row) give the line: the other direction, for the tests of
    this module. Repeated members are not seen here."""
    from rows import vocabulary_of
    extra = {}
    kind, new_names = vocabulary_of(line)
    if kind == "mixed":
        extra["new_names"] = new_names
    aside = line.get("_aviary")
    moved = [name for name in OURS if isinstance(aside, dict) and name in aside]
    if moved:
        extra["moved"] = moved
    derived = [name for name in ("created_at", "hashtags") if row[name] is not None
               and name not in moved and not _shows(line, name)]
    if derived:
        extra["derived"] = ["/" + name for name in derived]
    shown, _ = rebuild_line({**row, "extra": extra})

    def walk(want, have, at):
        if isinstance(want, dict) and isinstance(have, dict):
            for name, value in want.items():
                here = at + "/" + name.replace("~", "~0").replace("/", "~1")
                if name not in have:
                    extra[here] = value
                else:
                    walk(value, have[name], here)
        elif isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
            for index, (left, right) in enumerate(zip(want, have)):
                walk(left, right, f"{at}/{index}")
        elif differences(want, have):
            extra[at] = want

    walk(line, shown, "")
    return extra or None


def _shows(line, name):
    from rows import time_us
    return time_us(line.get("created_at")) is not None if name == "created_at" else name in line


def parse_row(row):
    """A row as read from Parquet with its json columns (text there) parsed."""
    def parse(value, kind):
        if value is None or kind[0] not in ("json", "list", "struct"):
            return value
        if kind[0] == "json":
            return parse_json(value)
        if kind[0] == "list":
            return [parse(item, kind[1]) for item in value]
        return {name: parse(value[name], of) for name, of in kind[1]}

    parsed = {column.name: parse(row[column.name], column.type) for column in COLUMNS}
    for name in JSON_ITEMS:
        parsed[name] = parsed[name] and [item and {**item, "json": parse_json(item["json"])}
                                         for item in parsed[name]]
    if row["extra"] is not None:
        parsed["extra"] = parse_json(row["extra"])
    return parsed
