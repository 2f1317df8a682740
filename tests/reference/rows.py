"""From recorded pages to the rows a lake must hold.

A document is parsed with Python's json, its posts become wire lines (dicts), a wire line becomes a
row: a dict with one value a column of columns.def. In a row times are integers (microseconds UTC),
structs are dicts that have every member, json columns are parsed values, NULL is None.

Written from docs/tables.md and the list of columns alone, so that it can disagree with the program.
"""
import collections
import datetime
import json
import pathlib
import re
import unicodedata

from documents import (Object, copied, document_kind, listed, member, read_documents, repeats_in,
                       sent_members)

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACT_COLUMNS = 44
WINDOW = 65536
FIRST_SNOWFLAKE = 29700859247
SNOWFLAKE_EPOCH_MS = 1288834974657

# Members of the wire line that are ours, not X's.
OURS = ("batch_id", "hashtags", "user", "place", "media", "media_all", "polls", "referenced",
        "users_all", "rules", "fetched_at", "fetched_via", "page")


class Quarantine(Exception):
    """The line is no post; the text says why."""


# --- columns.def -------------------------------------------------------------------------------

class Column(collections.namedtuple("Column", "name type path")):
    """type: ('text',) ... | ('list', type) | ('struct', ((name, type), ...)). path: a list of lists
    of names, [['note_tweet', 'note_post'], ['text']]; None for a computed column."""


def parse_type(text):
    tokens = re.findall(r"\[\]|[{},]|\w+", text)

    def one(at):
        if tokens[at] == "{":
            members, at = [], at + 1
            while True:
                name = tokens[at]
                kind, at = one(at + 1)
                members.append((name, kind))
                at += 1
                if tokens[at - 1] == "}":
                    break
            kind = ("struct", tuple(members))
        else:
            kind, at = (tokens[at],), at + 1
        while at < len(tokens) and tokens[at] == "[]":
            kind, at = ("list", kind), at + 1
        return kind, at

    kind, end = one(0)
    assert end == len(tokens), text
    return kind


def parse_path(text):
    return [segment.split("|") for segment in text[1:].split("/")]


def parse_columns(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    columns = []
    for kind, name, kind_text, rest in re.findall(
            r'(COLUMN|COMPUTED)\((\w+),\s*((?:"[^"]*"\s*)+),\s*("[^"]*"|\w+)\)', text):
        column_type = parse_type("".join(re.findall(r'"([^"]*)"', kind_text)))
        path = parse_path(rest.strip('"')) if kind == "COLUMN" else None
        columns.append(Column(name, column_type, path))
    return columns


COLUMNS = parse_columns((ROOT / "src/post/columns.def").read_text())


# --- values ------------------------------------------------------------------------------------

TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.A)
EPOCH = datetime.datetime(1970, 1, 1)


def time_us(text):
    """Microseconds since 1970 UTC of an RFC 3339 time, or None."""
    match = TIME.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    *fields, fraction, zone = match.groups()
    try:
        when = datetime.datetime(*map(int, fields))
        offset = datetime.timedelta()
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 23 or minutes > 59:
                return None
            offset = datetime.timedelta(hours=hours, minutes=minutes)
            when = when + offset if zone[0] == "-" else when - offset
    except (ValueError, OverflowError):
        return None
    seconds = (when - EPOCH) // datetime.timedelta(seconds=1)
    return seconds * 1_000_000 + int((fraction or "").ljust(6, "0")[:6])


def time_text(us):
    when = EPOCH + datetime.timedelta(microseconds=us)
    return when.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + f"{when.microsecond // 1000:03d}Z"


def plausible(us):
    """Whether a created_at decides the hour: 2006 to 2099."""
    return us is not None and 1136073600_000000 <= us < 4102444800_000000


def hour_of(us):
    when = EPOCH + datetime.timedelta(microseconds=us)
    return (when.year, when.month, when.day, when.hour)


def usable_id(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value) is not None \
        and int(value) < 2**63


def snowflake_us(post_id):
    """The time in an id, or None for the ids of before."""
    number = int(post_id)
    return ((number >> 22) + SNOWFLAKE_EPOCH_MS) * 1000 if number >= FIRST_SNOWFLAKE else None


def column_text(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def column_value(value, kind):
    """What a column of that type shows of a JSON value; None where it cannot show it."""
    name = kind[0]
    if name == "json":
        return value
    if name == "text":
        return column_text(value) if isinstance(value, str) else None
    if name == "bool":
        return value if isinstance(value, bool) else None
    if name == "int":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole and -2**63 <= value < 2**63 else None
    if name == "double":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            return float(value) if number and abs(float(value)) != float("inf") else None
        except OverflowError:
            return None
    if name == "time":
        return time_us(value)
    if name == "list":
        if not isinstance(value, list):
            return None
        return [column_value(item, kind[1]) for item in value]
    if name == "struct":
        if not isinstance(value, dict):
            return None
        return {member: column_value(value.get(member), of) for member, of in kind[1]}
    raise AssertionError(kind)


def clean(text):
    if text is None:
        return None
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = re.sub("[\u0000-\u001f\u007f-\u009f\u2028\u2029]+", " ", text)
    return unicodedata.normalize("NFC", text)


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _word(char):
    return char == "_" or unicodedata.category(char)[0] in "LN"


def hashtags_in_text(text):
    r"""\B#\w*[letter]+\w*, for posts that come without entities."""
    found, at = [], 0
    while (at := text.find("#", at)) >= 0:
        end = at + 1
        while end < len(text) and _word(text[end]):
            end += 1
        inside_word = at > 0 and _word(text[at - 1])
        if not inside_word and any(unicodedata.category(c)[0] == "L" for c in text[at + 1:end]):
            found.append(text[at:end])
        at = end
    return found


def hashtags_of(post):
    entities = post.get("entities")
    if isinstance(entities, dict):
        return ["#" + item["tag"] for item in listed(entities.get("hashtags"))
                if isinstance(item, dict) and isinstance(item.get("tag"), str)]
    text = post.get("text")
    return hashtags_in_text(text) if isinstance(text, str) else []


def either(value, *names):
    """The first of the members that is there: the two vocabularies."""
    for name in names:
        if isinstance(value, dict) and name in value:
            return value[name]
    return None


# --- a page's wire lines -----------------------------------------------------------------------

def usable_key(value):
    """Whether something can be found by it: text, not empty, without a lone surrogate."""
    return isinstance(value, str) and value != "" and not re.search("[\ud800-\udfff]", value)


def ascii_lower(text):
    return re.sub("[A-Z]", lambda match: match[0].lower(), text)


class Includes:
    """The included objects of a page by their ids; of a repeated one the first."""

    def __init__(self, page):
        includes = page.get("includes")
        self.users = self._index(includes, "id", "users")
        self.media = self._index(includes, "media_key", "media")
        self.places = self._index(includes, "id", "places")
        self.polls = self._index(includes, "id", "polls")
        self.posts = self._index(includes, "id", "tweets", "posts")
        self.usernames = {}
        for user in self.users.values():
            if usable_key(user.get("username")):
                self.usernames.setdefault(ascii_lower(user["username"]), user)

    @staticmethod
    def _index(includes, key, *names):
        index = {}
        for name, items in sent_members(includes):
            for item in listed(items) if name in names else []:
                if isinstance(item, dict) and usable_key(item.get(key)):
                    index.setdefault(item[key], item)
        return index

    @staticmethod
    def pick(index, ids):
        """The objects of those ids that are there, in the ids' order, each once."""
        unique = dict.fromkeys(one for one in ids if isinstance(one, str))
        return [index[one] for one in unique if one in index]


def both(value, *names):
    """The items of both spellings' lists."""
    return [item for name in names for item in listed(member(value, name))]


def referenced_ids(post):
    ids = [member(item, "id") for item in both(post, "referenced_tweets", "referenced_posts")]
    for name in ("media_source_tweet_id", "media_source_post_id"):
        source = member(post, "attachments", name)
        ids += source if isinstance(source, list) else [source]
    history = both(post, "edit_history_tweet_ids", "edit_history_post_ids")
    return ids + [one for one in history if one != post.get("id")]


def named_user_ids(post, includes):
    """Ids of the included users a post names, but for its author."""
    ids = [post.get("in_reply_to_user_id")]
    for mention in (listed(member(post, "entities", "mentions")) +
                    listed(member(post, "note_tweet", "entities", "mentions")) +
                    listed(member(post, "note_post", "entities", "mentions"))):
        if isinstance(mention, dict) and "id" in mention:
            ids.append(mention["id"])
        elif isinstance(member(mention, "username"), str):
            ids.append(member(includes.usernames.get(ascii_lower(mention["username"])), "id"))
    return ids


def wire_line(page, includes, post, batch_id):
    """The post as X sent it plus our members (but for `page`)."""
    attachments = post.get("attachments")
    referenced = includes.pick(includes.posts, referenced_ids(post))
    users = named_user_ids(post, includes)
    for other in referenced:
        users += [other.get("author_id")] + named_user_ids(other, includes)
    author = post.get("author_id")
    media = includes.pick(includes.media, listed(member(attachments, "media_keys")))
    ours = {
        "batch_id": batch_id,
        "hashtags": hashtags_of(post),
        "user": includes.users.get(author) if isinstance(author, str) else None,
        "place": (includes.pick(includes.places, [member(post, "geo", "place_id")]) or [None])[0],
        "media": media[0] if media else None,
        "media_all": media or None,
        "polls": includes.pick(includes.polls, listed(member(attachments, "poll_ids"))) or None,
        "referenced": referenced or None,
        "users_all": includes.pick(includes.users, [u for u in users if u != author]) or None,
        "rules": [],
        "fetched_at": member(page, "__twarc", "retrieved_at"),
        "fetched_via": "replay",
    }
    if not isinstance(ours["fetched_at"], str):
        ours["fetched_at"] = None
    line = copied(post)
    aside = Object()
    if "_aviary" in line:
        aside["_aviary"] = line.pop("_aviary")
        aside.repeats = [(name, value) for name, value in line.repeats if name == "_aviary"]
        line.repeats = [(name, value) for name, value in line.repeats if name != "_aviary"]
    for name, value in {**ours, "page": None}.items():
        if name in post:
            aside[name] = value
        elif value is not None:
            line[name] = value
    if aside:
        line["_aviary"] = aside
    return line


# --- a line's row ------------------------------------------------------------------------------

def our_member(line, name):
    """A member of ours, under _aviary where X sent one by that name. Missing: KeyError."""
    aside = line.get("_aviary")
    if isinstance(aside, dict) and name in aside:
        return aside[name]
    return line[name]


def look_up(line, path):
    """(value, the names that were on the wire) of a column's member, or None. Of two spellings the
    one that was sent first."""
    if len(path) == 1 and path[0][0] not in OURS and len(path[0]) == 1:
        return (line[path[0][0]], path[0]) if path[0][0] in line else None
    found = []  # (places of the names, value, names)

    def walk(node, depth, places, as_sent):
        if depth == len(path):
            found.append((places, node, as_sent))
            return
        for name in path[depth]:
            if not isinstance(node, dict):
                return
            try:
                child = our_member(node, name) if depth == 0 and name in OURS else node[name]
            except KeyError:
                continue
            place = list(node).index(name) if len(path[depth]) > 1 else 0
            walk(child, depth + 1, [*places, place], [*as_sent, name])

    walk(line, 0, [], [])
    return min(found, key=lambda one: one[0])[1:] if found else None


ALIASED = [column for column in COLUMNS if any(len(names) > 1 for names in column.path or [])]


def vocabulary_of(line):
    """('tweet' | 'post' | 'mixed', the pointers that had the new spelling)."""
    old, new = False, []
    for column in ALIASED:
        sent = look_up(line, column.path)
        if sent is None:
            continue
        if sent[1] == [names[0] for names in column.path]:
            old = True
        else:
            aside = line.get("_aviary")
            top = ["_aviary"] if isinstance(aside, dict) and sent[1][0] in OURS and \
                sent[1][0] in aside else []
            new.append("/" + "/".join(top + sent[1]))
    if old and new:
        return "mixed", new
    return ("post" if new else "tweet"), new


def long_text(post):
    """What stands in the place of a post's `text`: of two long texts the first sent; or None."""
    sent = look_up(post, [["note_tweet", "note_post"], ["text"]]) if isinstance(post, dict) else None
    return sent[0] if sent and isinstance(sent[0], str) else None


def of_id(index, one):
    return index.get(one) if isinstance(one, str) else None


def referenced_column(line):
    try:
        posts = our_member(line, "referenced")
    except KeyError:
        return None
    if not isinstance(posts, list):
        return None
    kinds, users = {}, {}
    for item in listed(either(line, "referenced_tweets", "referenced_posts")):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            kinds.setdefault(item["id"], column_value(item.get("type"), ("text",)))
    for name in ("user", "users_all"):
        try:
            value = our_member(line, name)
        except KeyError:
            continue
        for user in [value] if name == "user" else listed(value):
            if isinstance(member(user, "id"), str):
                users.setdefault(user["id"], user)
    text = ("text",)
    result = []
    for post in posts:
        if not isinstance(post, dict):
            result.append(None)
            continue
        long = long_text(post)
        author = member(post, "author_id")
        result.append({
            "id": column_value(member(post, "id"), text),
            "type": of_id(kinds, member(post, "id")),
            "author_id": column_value(author, text),
            "author_username": column_value(member(of_id(users, author), "username"), text),
            "created_at": time_us(member(post, "created_at")),
            "text": column_value(member(post, "text") if long is None else long, text),
            "json": post,
        })
    return result


def users_column(line):
    try:
        users = our_member(line, "users_all")
    except KeyError:
        return None
    if not isinstance(users, list):
        return None
    return [{
        "id": column_value(member(user, "id"), ("text",)),
        "username": column_value(member(user, "username"), ("text",)),
        "name": column_value(member(user, "name"), ("text",)),
        "followers_count": column_value(member(user, "public_metrics", "followers_count"),
                                        ("int",)),
        "verified": column_value(member(user, "verified"), ("bool",)),
        "json": user,
    } if isinstance(user, dict) else None for user in users]


def line_row(line, stream_id=None, stream_offset=None):
    """The row of a wire line, all columns but `extra`. Raises Quarantine."""
    post_id = line.get("id")
    if not usable_id(post_id):
        raise Quarantine("no id")
    row = {}
    for column in COLUMNS:
        sent = look_up(line, column.path) if column.path else None
        row[column.name] = column_value(sent[0], column.type) if sent else None
    if not plausible(row["created_at"]):
        row["created_at"] = snowflake_us(post_id)
        if row["created_at"] is None:
            raise Quarantine("no created_at")
    try:
        our_member(line, "hashtags")
    except KeyError:
        row["hashtags"] = [column_text(tag) for tag in hashtags_of(line) if "\0" not in tag]
    long = row["note_tweet_text"]
    row.update(
        stream_id=stream_id, stream_offset=stream_offset,
        text_clean=clean(row["text"] if long is None else long),
        user_description_clean=clean(row["user_description"]),
        hashtags_folded=None if row["hashtags"] is None else
        [None if tag is None else fold(tag) for tag in row["hashtags"]],
        referenced_posts=referenced_column(line), users_all=users_column(line),
        vocabulary=vocabulary_of(line)[0])
    return row


# --- an import ---------------------------------------------------------------------------------

class Page:
    """A page with posts. `observations` has one for each post of data, in order."""

    def __init__(self, file, number, document, batch_id):
        self.file, self.number, self.document, self.batch_id = file, number, document, batch_id
        self.observations = []

    def kept(self):
        return [one for one in self.observations if one.state == "kept"]


class Observation:
    """A post as one page (or wire line: page is None) has it. state: 'kept', 'dropped' (a
    re-delivery of `same_as`) or 'quarantined'."""

    def __init__(self, file, page, position, post, line):
        self.file, self.page, self.position, self.post, self.line = file, page, position, post, line
        self.state, self.row, self.same_as = "kept", None, None

    def where(self):
        number = f" page {self.page.number}" if self.page else ""
        return f"{self.file}{number} post {self.position}"


def contents(line):
    """What makes two observations the same: all but when, and in which poll and page, it came. None
    where X has a member by such a name: then nothing is held to be the same."""
    names = ("batch_id", "fetched_at", "page")
    aside = line.get("_aviary")
    if isinstance(aside, dict) and any(name in aside for name in names):
        return None
    rest = {name: value for name, value in line.items() if name not in names}
    return json.dumps([rest, repeats_in(line)])


class Import:
    """What importing the files into a new lake must land.

    observations: the kept ones in the order of the stream. pages: all with posts. reported: (file,
    number) of documents that are no page; broken: of what is no JSON. quarantined: observations. rowless:
    the texts of pages that gave no row."""

    def __init__(self, files):
        self.observations, self.pages, self.reported, self.quarantined = [], [], [], []
        self.rowless, self.broken, self._fruitful = [], [], set()
        self._window = collections.OrderedDict()
        for path in files:
            for number, (document, text) in enumerate(read_documents(path)):
                self._document(pathlib.Path(path).name, number, document, text)

    def exit_code(self):
        """1 when a document is no page, a file gave nothing but what is broken, or all was refused."""
        barren = any(file not in self._fruitful for file, _ in self.broken)
        return int(bool(self.reported) or barren or bool(self.quarantined and not self.observations))

    def _document(self, file, number, document, text):
        kind = document_kind(document)
        if document is not None:
            self._fruitful.add(file)
        if kind == "empty":
            self.rowless.append(text)
        elif kind == "other":
            (self.broken if document is None else self.reported).append((file, number))
        elif kind == "line":
            self._observe(Observation(file, None, 0, None, document))
        elif kind == "page":
            page = Page(file, number, document, len(self.pages) + 1)
            self.pages.append(page)
            includes = Includes(document)
            for position, post in enumerate(document["data"]):
                line = wire_line(document, includes, post, page.batch_id)
                one = Observation(file, page, position, post, line)
                page.observations.append(one)
                self._observe(one)
            if all(one.state == "dropped" for one in page.observations):
                self.rowless.append(text)

    def _observe(self, one):
        key = contents(one.line) if one.page else None  # a line of the wire passes as it is
        if key is not None:
            if key in self._window:
                one.state, one.same_as = "dropped", self._window[key]
                return
            self._window[key] = one
            if len(self._window) > WINDOW:
                self._window.popitem(last=False)
        try:
            one.row = line_row(one.line)
            self.observations.append(one)
        except Quarantine:
            one.state = "quarantined"
            self.quarantined.append(one)
