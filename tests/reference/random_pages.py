"""Pages and lines of the wire that X could send but never does, by the hundred, from a seed.

Made from the paths and types of columns.def, so that most values are nearly right: the two spellings
mixed, members repeated, of another type, empty, by names of ours, spelled with escapes. JSON is
written here as text, since no writer of JSON repeats members: an object is a list of (name, value),
a list a tuple, anything else text already.
"""
import json
import random

from rows import COLUMNS, OURS

NUMBERS = ["0", "-0", "1", "-7", "1.0", "-0.0", "1e3", "1E+2", "0.1", "-2.5e-3", "9007199254740993",
           "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e400", "12345"]
STRINGS = ["", "a", "#Tag x#no #\u00e9t\u00e9", "&amp;lt;&gt;", "e\u0301 \u212b", "\U0001f600", "/", "~1", "\\", "\"",
           "\u2028\n\t", "\x00", "\x7f\u0085", "2026-11-23T07:00:00.123Z", "2026-11-23T07:00:00+05:30",
           "12", "null"]
ESCAPED = [r'"\ud800"', r'"a\udc00b"', r'"\udc00\ud800"', r'"\u0041\/\ud83d\ude00"', r'"\u0000\b\f"']
TIMES = ["2026-11-23T07:00:00.123Z", "2026-11-23T08:00:00Z", "2026-11-23T09:30:00+02:00", "no time",
         "2026-11-23T07:59:59.999999Z", "1999-01-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z"]
NAMES = [*OURS, "_aviary", "extra", "moved", "derived", "vocabulary", "a/b~", "", "~0", "odd", "0", "json",
         "note_post", "repost_count", "entities", "type", "text", "url"]
ESCAPED_NAMES = [r'"\u0075ser"', r'"od\u0064"', r'"\ud800"', r'"\udfff/~"', r'"\/\u007e"']


def text_of(value):
    if isinstance(value, list):
        return "{" + ",".join(f"{name}:{text_of(one)}" for name, one in value) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(map(text_of, value)) + "]"
    return value


class Maker(random.Random):
    def chance(self, percent):
        return self.random() * 100 < percent

    def some(self, most):
        return range(self.randrange(most + 1))

    # --- any value ---

    def string(self):
        return self.choice(ESCAPED) if self.chance(15) else json.dumps(
            self.choice(STRINGS), ensure_ascii=self.chance(50))

    def name(self):
        return self.choice(ESCAPED_NAMES) if self.chance(10) else json.dumps(self.choice(NAMES))

    def any(self, depth=3):
        kind = self.randrange(9 if depth else 6)
        if kind < 6:
            return (self.string(), self.string(), self.choice(NUMBERS), "null", "[]" if self.chance(50)
                    else "{}", self.choice(("true", "false")))[kind]
        if kind == 6:
            return tuple(self.any(depth - 1) for _ in self.some(3))
        return self.shaken([(self.name(), self.any(depth - 1)) for _ in self.some(3)], 5)

    # --- nearly the right one ---

    def of_type(self, kind):
        if self.chance(7):
            return self.any(2)
        name = kind[0]
        if name == "list":
            return tuple(self.of_type(kind[1]) for _ in self.some(3))
        if name == "struct":
            return self.shaken([(json.dumps(one), self.of_type(of)) for one, of in kind[1]
                                if self.chance(60)], 4)
        return {"text": self.string, "bool": lambda: self.choice(("true", "false")),
                "int": lambda: self.choice(NUMBERS[:4]), "double": lambda: self.choice(NUMBERS[:10]),
                "time": lambda: json.dumps(self.choice(TIMES)), "json": self.any}[name]()

    def shaken(self, members, percent):
        """In another order; some repeated with another value, some more of any name."""
        members = list(members)
        while self.chance(percent) and members:
            members.append((self.choice(members)[0], self.any(1)))
        while self.chance(percent):
            members.append((self.name(), self.any(2)))
        self.shuffle(members)
        return members

    def members_at(self, top, percent):
        """The object below `top` (None: a post's own members) with some of its columns' members."""
        tree = {}
        for column in COLUMNS:
            path = column.path
            if not path or (path[0][0] != top if top else path[0][0] in OURS) or \
                    not self.chance(percent):
                continue
            node = tree
            *way, last = [self.choice(names) for names in (path[1:] if top else path)]
            for name in way:
                node = node.setdefault(name, {})
                if not isinstance(node, dict):
                    break
            else:
                node[last] = self.of_type(column.type)
        return self._shaken_tree(tree)

    def _shaken_tree(self, tree):
        return self.shaken([(json.dumps(name), self._shaken_tree(value) if isinstance(value, dict)
                             else value) for name, value in tree.items()], 6)

    # --- pages ---

    def ids(self, prefix):
        return json.dumps(f"{prefix}{self.randrange(6)}")

    def put(self, members, **values):
        """Members in the place of those by the same names, here and there."""
        spelled = {json.dumps(name) for name in values}
        members = [one for one in members if one[0] not in spelled]
        for name, value in values.items():
            members.insert(self.randrange(len(members) + 1), (json.dumps(name), value))
        return members

    def post(self, post_id, percent=25):
        members = self.members_at(None, percent)
        values = {"id": post_id, "text": self.string() if self.chance(95) else self.any()}
        if self.chance(70):
            values["created_at"] = json.dumps(self.choice(TIMES))
        if self.chance(70):
            values["author_id"] = self.ids("1")
        if self.chance(30):
            values["in_reply_to_user_id"] = self.ids("1")
        if self.chance(40):
            values["attachments"] = self.shaken([
                ('"media_keys"', tuple(self.ids("3_") for _ in self.some(3))),
                ('"poll_ids"', tuple(self.ids("5") for _ in self.some(2)))], 10)
        if self.chance(30):
            values["geo"] = self.shaken([('"place_id"', self.ids("p"))], 10)
        if self.chance(40):
            values[self.choice(("referenced_tweets", "referenced_posts"))] = tuple(
                [('"type"', '"quoted"'), ('"id"', self.ids("210000000000000010"))]
                for _ in self.some(2))
        if self.chance(6):
            values["_aviary"] = self.any()
        members = self.put(members, **values)
        if self.chance(10):
            members.insert(0, ('"id"', self.any(1)))  # outdone
        return members

    def included(self):
        def each(make, prefix, key="id"):
            return tuple(self.put(make(), **{key: self.ids(prefix)}) if self.chance(92)
                         else self.any(2) for _ in self.some(5))

        media = next(column.type[1] for column in COLUMNS if column.name == "media_all")
        polls = next(column.type[1] for column in COLUMNS if column.name == "polls")

        def struct(kind):
            made = self.of_type(kind)
            return made if isinstance(made, list) else []

        def post():
            return self.members_at(None, 10)

        lists = {"users": lambda: each(lambda: self.members_at("user", 25), "1"),
                 "tweets": lambda: each(post, "210000000000000010"),
                 "posts": lambda: each(post, "210000000000000010"),
                 "media": lambda: each(lambda: struct(media), "3_", "media_key"),
                 "places": lambda: each(lambda: self.members_at("place", 40), "p"),
                 "polls": lambda: each(lambda: struct(polls), "5")}
        members = [(json.dumps(name), make() if self.chance(95) else self.any())
                   for name, make in lists.items() if self.chance(75)]
        if self.chance(10):
            name = self.choice(list(lists))
            members.append((json.dumps(name), lists[name]()))
        return self.shaken(members, 8)

    def page(self):
        data = tuple(self.post(f'"2100000000000{self.randrange(100000, 100900)}"') for _ in range(
            self.randrange(1, 5)))
        if self.chance(15):
            data += (data[0],)
        members = [('"data"', data)]
        if self.chance(90):
            members.append(('"includes"', self.included() if self.chance(95) else self.any()))
        if self.chance(50):
            members.append(('"meta"', self.any()))
        if self.chance(40):
            members.append(('"__twarc"', [('"retrieved_at"', json.dumps(self.choice(TIMES)))]))
        for name in ("dropped", "_aviary", "page", "errors", "batch_id", "stream_id"):
            if self.chance(10):
                members.append((json.dumps(name), self.any()))
        self.shuffle(members)
        for name in ("data", "includes", "meta", "errors"):
            if self.chance(5):
                members.insert(0, (json.dumps(name), self.any()))  # outdone
        return members

    def line(self, number):
        members = self.post(f'"2200000000000{100000 + number}"')
        values = {"batch_id": str(number)}
        for name in OURS:
            if self.chance(25) and name != "batch_id":
                values[name] = self.any()
        if self.chance(30):
            values["user"] = self.members_at("user", 25)
        if self.chance(30):
            values["media_all"] = ([('"media_key"', self.ids("3_"))],)
            values["media"] = self.choice((values["media_all"][0], [], "null", self.any()))
        if self.chance(40):
            values["_aviary"] = self.shaken([(json.dumps(name), self.any()) for name in OURS
                                             if self.chance(15)], 20)
        return self.put(members, **values)

    def spelled(self, members):
        """As text, with white space where there may be some or without any."""
        text = text_of(members)
        return text if self.chance(70) else " " + text.replace('{"', '{ "').replace('],"', '] ,\t"')


def pages(seed, count):
    maker = Maker(seed)
    return [maker.spelled(maker.page()) for _ in range(count)]


def lines(seed, count):
    maker = Maker(seed)
    return [maker.spelled(maker.line(number)) for number in range(count)]
