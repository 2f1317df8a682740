"""From landing rows back to what X sent: docs/tables.md read in the other direction.

Rows as in rows.py, with `extra` and `page` (parsed). What a rebuilt line does not keep, and a
comparison of parsed JSON therefore does not see: the spelling of numbers and of escapes, white
space and the order of members.
"""
import copy
import re

from documents import Object, copied, escaped, parse_json, repeats_in, sent_members
from rows import COLUMNS, OURS, plausible, time_text, time_us, vocabulary_of

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
            child = node[at] = Object()
        node = child
    if isinstance(node, list):
        node[_index(last, node, pointer)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise RebuildError(f"{pointer}: goes through {node!r}")


def look_at(root, parts, pointer):
    node = root
    for part in parts:
        if isinstance(node, list):
            node = node[_index(part, node, pointer)]
        elif isinstance(node, dict) and part in node:
            node = node[part]
        else:
            raise RebuildError(f"{pointer}: nothing is there")
    return node


def remove_pointer(root, pointer):
    *way, last = pointer_parts(pointer)
    node = look_at(root, way, pointer)
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
    return Object((name, render(value[name], of)) for name, of in kind[1]
                  if value[name] is not None)


def _names(column, vocabulary, new_names):
    """The path of a column as it was on the wire."""
    old = [names[0] for names in column.path]
    new = [names[-1] for names in column.path]
    is_new = vocabulary == "post" or vocabulary == "mixed" and "/" + "/".join(new) in new_names
    return new if is_new else old


def _render_columns(row, extra):
    line = Object()
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
                node = node.setdefault(name, Object())
            node[last] = render(value, column.type)
    return line


def rebuild_line(row):
    """The wire line of a landing row."""
    extra = row["extra"] or Object()
    if getattr(extra, "repeats", None):
        raise RebuildError(f"extra has twice: {extra.repeats}")
    unknown = [name for name in extra if not name.startswith("/") and
               name not in ("derived", "new_names", "moved", "duplicates")]
    if unknown:
        raise RebuildError(f"extra has {unknown}")
    line = _render_columns(row, extra)
    for pointer in extra.get("derived", []):
        remove_pointer(line, pointer)
    for name in extra.get("moved", []):
        if name in line:
            line.setdefault("_aviary", Object())[name] = line.pop(name)
    for pointer, value in extra.items():
        if pointer.startswith("/"):
            set_pointer(line, pointer, value)
    _repeat_medium(line, row, extra)
    if "duplicates" in extra:
        line = copy.deepcopy(line)  # the row keeps what it has
    for pointer, value in extra.get("duplicates", []):
        *way, last = pointer_parts(pointer)
        node = look_at(line, way, pointer)
        if not isinstance(node, Object):
            raise RebuildError(f"duplicates {pointer}: is in no object")
        node.again(last, value)
    return line


def _repeat_medium(line, row, extra):
    """`media` is the first of media_all, where its key is shown and extra has no other."""
    where = line["_aviary"] if "media" in extra.get("moved", []) else line
    whole = "/_aviary/media" if where is not line else "/media"
    source = line["_aviary"] if "media_all" in extra.get("moved", []) else line
    items = source.get("media_all")
    if row["media_media_key"] is not None and whole not in extra and isinstance(items, list) and items:
        where["media"] = copy.deepcopy(items[0])


def ours_of_line(line, moved):
    """{name: value} of our members of a line, wherever they stand."""
    aside = line.get("_aviary", {})
    return {name: aside[name] if name in moved else line[name] for name in OURS
            if (name in aside if name in moved else name in line)}


def rebuild_post(row):
    """(the post as X sent it, our members)."""
    line = rebuild_line(row)
    moved = (row["extra"] or {}).get("moved", [])
    ours = ours_of_line(line, moved)
    post = Object((name, value) for name, value in line.items()
                  if name != "_aviary" and (name not in OURS or name in moved))
    post.repeats = [one for one in line.repeats if one[0] != "_aviary"]
    aside = line.get("_aviary", Object())
    if "_aviary" in aside:
        post["_aviary"] = aside["_aviary"]
        post.repeats += [one for one in aside.repeats if one[0] == "_aviary"]
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


def _envelope(described):
    """(the page's members but data and its object of includes, that as described or None, dropped)"""
    page = copied(described)
    includes, dropped, aside = (page.pop(name, None) for name in ("includes", "dropped", "_aviary"))
    for name, value in sent_members(aside):
        if name not in ("data", "includes", "dropped", "_aviary"):
            raise RebuildError(f"page._aviary has {name}")
        outdone = name == "data" or name == "includes" and includes is not None
        if outdone or name in page:
            page.again(name, value if outdone else page[name])
        if not outdone:
            page[name] = value
    return page, includes, dropped or []


def rebuild_page(rows, find_dropped):
    """The page of its rows, in the order of the stream; the first one has `page`.
    find_dropped(position, id) gives the earlier row of a post that was a re-delivery."""
    pool = {kind: {} for kind in KINDS.values()}
    posts, page = [], None
    for row in rows:
        post, ours = rebuild_post(row)
        page = ours["page"] if page is None else page
        posts.append(post)
        _carried(ours, pool)
    page, includes, dropped = _envelope(page)
    for position, post_id in sorted(dropped):
        post, ours = rebuild_post(find_dropped(position, post_id))
        if post["id"] != post_id or position > len(posts):
            raise RebuildError(f"dropped {position} {post_id}: no such place")
        posts.insert(position, post)
        _carried(ours, pool)
    page["data"] = posts
    if includes is not None:
        page["includes"] = Object()
        for name, one in includes.items():
            page["includes"][name] = _rebuild_included(name, one, pool)
        for name, one in getattr(includes, "repeats", ()):
            page["includes"].again(name, _rebuild_included(name, one, pool))
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

DOUBLES = re.compile("(bbox|coordinates)/[0-9]+$|/probability$")


def differences(expected, got, path="", most=10):
    """Readable differences of two parsed JSON values. 1 and true differ, and so do 1 and 1.0, but for
    doubles of columns, which keep no spelling."""
    found = []

    def short(value):
        text = repr(value)
        return text if len(text) < 160 else text[:157] + "..."

    def repeats(value):
        by_name = {}
        for name, one in getattr(value, "repeats", ()):
            by_name.setdefault(name, []).append(one)
        return by_name

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
            if not (getattr(one, "repeats", ()) or getattr(two, "repeats", ())):
                return
            left, right = repeats(one), repeats(two)
            for name in left.keys() | right.keys():
                walk(left.get(name, []), right.get(name, []), f"{at}/{name} (repeated)")
        elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
            for index, (left, right) in enumerate(zip(one, two)):
                walk(left, right, f"{at}/{index}")
        elif isinstance(one, bool) != isinstance(two, bool) or one != two or \
                type(one) is not type(two) and not DOUBLES.search(at):
            found.append(f"{at}: expected {short(one)}, got {short(two)}")

    walk(expected, got, path)
    return found[:most]


def encode_extra(line, row):
    """The `extra` that makes rebuild_line(row) give the line: the other direction, for the tests of
    this module."""
    extra = Object()
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
    shown = rebuild_line({**row, "extra": extra})

    def walk(want, have, at):
        if isinstance(want, dict) and isinstance(have, dict):
            for name, value in want.items():
                here = at + "/" + escaped(name)
                if name not in have:
                    extra[here] = value
                else:
                    walk(value, have[name], here)
        elif isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
            for index, (left, right) in enumerate(zip(want, have)):
                walk(left, right, f"{at}/{index}")
        elif differences(want, have):
            extra[at] = want

    def plain(value):
        if isinstance(value, dict):
            return Object((name, plain(one)) for name, one in value.items())
        return [plain(item) for item in value] if isinstance(value, list) else value

    walk(plain(line), shown, "")
    repeated = repeats_in(line)
    if repeated:
        extra["duplicates"] = repeated
    return extra or None


def _shows(line, name):
    return plausible(time_us(line.get("created_at"))) if name == "created_at" else name in line


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
