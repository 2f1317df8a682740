"""Recorded files as parsed JSON of which nothing is lost, and what kind of document each is."""
import json
import pathlib
import re


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


class Object(dict):
    """A JSON object. As a dict it has of repeated members the last one, in its place; `repeats` has
    the others, [(name, value), ...], those of one name in order; `sent` all of them as they were sent
    (None: nothing is repeated)."""
    repeats, sent = (), None

    def again(self, name, value):
        """Notes one more value that a later member by that name replaces."""
        self.repeats, self.sent = [*self.repeats, (name, value)], None


def _object(pairs):
    members = Object(pairs)
    if len(members) != len(pairs):
        members = Object()
        members.sent = pairs
        members.repeats = []
        for name, value in pairs:
            if name in members:
                members.repeats.append((name, members.pop(name)))
            members[name] = value
    return members


def copied(members):
    """The object once more, without what is below it."""
    copy = Object(members)
    if isinstance(members, Object):
        copy.repeats, copy.sent = members.repeats, members.sent
    return copy


def sent_members(value):
    """Every (name, value) of an object, repeats included; of anything else none."""
    if not isinstance(value, dict):
        return []
    return getattr(value, "sent", None) or [*getattr(value, "repeats", ()), *value.items()]


def parse_json(text):
    """JSON as the RFC has it: no NaN, UTF-8 only. Of repeated members the last one counts, the others
    are its Object's repeats."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    whole = _whole if re.search("[-]0(?![0-9.])", text) else None  # costs time, and hardly ever is
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object, parse_int=whole)


def _whole(digits):
    return -0.0 if digits == "-0" else int(digits)


def repeats_in(value, pointer=""):
    """[[pointer, value], ...] of the members that a later one of the same name replaces."""
    found = []
    if isinstance(value, dict):
        found += [[pointer + "/" + escaped(name), one] for name, one in getattr(value, "repeats", ())]
        for name, one in value.items():
            found += repeats_in(one, pointer + "/" + escaped(name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            found += repeats_in(item, f"{pointer}/{at}")
    return found


def escaped(name):
    return name.replace("~", "~0").replace("/", "~1")


def read_documents(path):
    """[(document, text), ...] of a file: the whole, or one a line. No JSON: document is None."""
    data = pathlib.Path(path).read_bytes()
    try:
        return [(parse_json(data), data)]
    except ValueError:
        pass
    documents = []
    for line in data.split(b"\n"):
        if line.strip():
            try:
                documents.append((parse_json(line), line))
            except ValueError:
                documents.append((None, line))
    return documents


def document_kind(document):
    """'page', 'empty' (a page without posts), 'line' (of the wire) or 'other' (lands nothing)."""
    if not isinstance(document, dict):
        return "other"
    data = document.get("data")
    if isinstance(data, list) and data:
        posts = all(isinstance(member(post, name), str) for post in data for name in ("id", "text"))
        return "page" if posts else "other"
    if "data" not in document or data == []:
        meta = document.get("meta")
        if isinstance(meta, dict) and meta.get("result_count") == 0:
            return "empty"
        if "data" not in document and {"id", "text", "batch_id"} <= document.keys():
            return "line"
    return "other"


def listed(value):
    return value if isinstance(value, list) else []


def member(value, *names):
    """value[names[0]] ..., None where an object or member is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
