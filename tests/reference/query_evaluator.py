"""X's query language for recent search, a second time: from its documented rules, for the simulator's
own evaluator to agree with. It looks at a post as the API shows it (classic vocabulary, all fields) and
at the page's includes.

    parse(text)  ->  a tree, or Refused
    matches(tree, Post(post, includes))
"""
import re
import unicodedata

LENGTH_MAX = 512
BARE = re.compile(r'[^ \t\r\n()"]+')
OPERATOR = re.compile(r"([A-Za-z][A-Za-z_]*):")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
                      "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]")
TYPES = {"reply": "replied_to", "quote": "quoted", "retweet": "retweeted"}
HAS = {"hashtags", "cashtags", "links", "mentions", "media", "images", "videos", "video_link", "geo"}
IS = {"reply", "quote", "retweet", "verified", "nullcast"}


class Refused(Exception):
    """X answers 400."""


# --- words ----------------------------------------------------------------------------------------


def fold(text):
    """Neither case nor accents count; X escapes three characters, once."""
    text = re.sub("&(amp|lt|gt);", lambda found: {"amp": "&", "lt": "<", "gt": ">"}[found[1]], text)
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    return re.sub("[\u0300-\u036f\ufe00-\ufe0f]", "", text)


def kind_of(character):
    category = unicodedata.category(character)
    if character.isascii():
        return "run" if character.isalnum() or character == "_" else "gap"
    if category == "So" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return "one"
    if category[0] in "LN":
        return "one" if UNSPACED.match(character) else "run"
    return "mark" if category[0] == "M" else "gap"


def words(text):
    """A list of words: text splits on punctuation, symbols and spaces."""
    found, open_run, open_word = [], False, False
    for character in fold(text):
        kind = kind_of(character)
        if kind == "gap":
            open_run = open_word = False
        elif kind == "mark" and open_word or kind == "run" and open_run:
            found[-1] += character
        else:
            found.append(character)
            open_run, open_word = kind != "one", True
    return found


def in_a_row(wanted, text):
    return any(text[i:i + len(wanted)] == wanted for i in range(len(text) - len(wanted) + 1))


# --- parsing --------------------------------------------------------------------------------------


def lex(text):
    """Pairs: '(' ')' 'OR' '-' or a term ('word', …), and whether it follows without a space."""
    at = 0
    while at < len(text):
        character = text[at]
        if character in " \t\r\n":
            at += 1
        elif character in "()":
            yield character, None
            at += 1
        elif character == "-":
            if at + 1 == len(text) or text[at + 1] in " \t\r\n)-":
                raise Refused("- stands before what it negates")
            yield "-", None
            at += 1
        elif character == '"':
            phrase, at = quoted(text, at)
            yield "term", phrase_term(phrase)
        elif (name := OPERATOR.match(text, at)) is not None:
            at = name.end()
            if text[at:at + 1] == '"':
                value, at = quoted(text, at)
            else:
                found = BARE.match(text, at)
                value = found[0] if found else ""
                at += len(value)
            yield "term", operator_term(name[1], value)
        else:
            bare = BARE.match(text, at)[0]
            at += len(bare)
            yield ("OR", None) if bare == "OR" else ("term", bare_term(bare))


def quoted(text, at):
    end = text.find('"', at + 1)
    if end < 0:
        raise Refused("a quote stays open")
    return text[at + 1:end], end + 1


def phrase_term(text):
    if not words(text):
        raise Refused("no words in it")
    return "words", words(text)


def bare_term(text):
    signs = {"#": "hashtag", "＃": "hashtag", "$": "cashtag", "@": "mention"}
    kind, name = (signs[text[0]], text[1:]) if text[0] in signs else ("words", text)
    allowed = "." if kind == "cashtag" and not name.startswith(".") else ""
    if any(c.isascii() and kind_of(c) == "gap" and c not in allowed for c in name):
        raise Refused("to be quoted")
    if kind == "words":
        if fold(name) in ("and", "or"):
            raise Refused("ambiguous")
        return phrase_term(name)
    if not name:
        raise Refused("a sign alone")
    return kind, fold(name)


def operator_term(name, value):
    if name in ("has", "is"):
        if value not in (HAS if name == "has" else IS):
            raise Refused(f"unknown {name}:{value}")
        return name, value
    if name == "url":
        if not words(value):
            raise Refused("no words in it")
        return "url", words(value)
    forms = {"from": r"[A-Za-z0-9_]{1,19}", "to": r"[A-Za-z0-9_]{1,19}", "lang": r"[A-Za-z0-9_]{1,8}",
             "conversation_id": r"[0-9]{1,19}"}
    if name not in forms:
        raise Refused(f"unknown operator {name}")
    if not re.fullmatch(forms[name], value):
        raise Refused(f"{name}:{value}")
    return name, value.lower()


class Parser:
    def __init__(self, text):
        self.tokens = [*lex(text), ("end", None)]
        self.at = 0

    def next(self):
        return self.tokens[self.at][0]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def either(self):
        branches = [self.all()]
        while self.next() == "OR":
            self.take()
            branches.append(self.all())
        return ("or", branches)

    def all(self):
        parts = []
        while self.next() in ("(", "-", "term"):
            parts.append(self.part())
        if not parts:
            raise Refused(f"{self.next()} where something to look for should be")
        return ("and", parts)

    def part(self):
        kind, term = self.take()
        if kind == "-":
            return ("not", [self.part()])
        if kind == "term":
            return term
        inside = self.either()
        if self.take()[0] != ")":
            raise Refused("a parenthesis stays open")
        return inside


def anchored(tree):
    """Whether every way to match asks for something that may stand alone."""
    kind, rest = tree
    if kind == "and":
        return any(map(anchored, rest))
    if kind == "or":
        return all(map(anchored, rest))
    return kind not in ("not", "lang", "has", "is")


def parse(text):
    if not text.strip() or len(text) > LENGTH_MAX:
        raise Refused("length")
    parser = Parser(text)
    tree = parser.either()
    if parser.next() != "end":
        raise Refused("too many parentheses")
    if not anchored(tree):
        raise Refused("nothing positive")
    return tree


# --- matching -------------------------------------------------------------------------------------


class Post:
    """What the operators look at."""

    def __init__(self, post, includes):
        note = post.get("note_tweet", {})
        users = {user["id"]: user for user in includes.get("users", [])}
        media = {medium["media_key"]: medium["type"] for medium in includes.get("media", [])}
        author = users.get(post.get("author_id"), {})
        answered = users.get(post.get("in_reply_to_user_id"), {})

        def entities(kind):
            return [*post.get("entities", {}).get(kind, []), *note.get("entities", {}).get(kind, [])]

        addresses = [words(url[name]) for url in entities("urls") for name in
                     ("url", "expanded_url", "unwound_url") if name in url]
        types = [media.get(key) for key in post.get("attachments", {}).get("media_keys", [])]
        self.texts = [words(note.get("text", post["text"])), *addresses]
        self.addresses = addresses
        self.hashtags = {fold(entity["tag"]) for entity in entities("hashtags")}
        self.cashtags = {fold(entity["tag"]) for entity in entities("cashtags")}
        self.mentions = {fold(entity["username"]) for entity in entities("mentions")}
        self.author = {post.get("author_id"), author.get("username", "").lower()}
        self.answered = {post.get("in_reply_to_user_id"), answered.get("username", "").lower()}
        self.lang = post.get("lang")
        self.conversation = post.get("conversation_id")
        self.has = {
            "hashtags": bool(self.hashtags), "cashtags": bool(self.cashtags), "mentions": bool(self.mentions),
            "links": bool(entities("urls")), "media": bool(types), "images": "photo" in types,
            "videos": "video" in types, "video_link": "video" in types,
            "geo": not {"place_id", "coordinates"}.isdisjoint(post.get("geo", {})),
        }
        references = {reference["type"] for reference in post.get("referenced_tweets", [])}
        self.is_ = {name: kind in references for name, kind in TYPES.items()}
        self.is_ |= {"verified": author.get("verified", False), "nullcast": False}


def matches(tree, post):
    kind, value = tree
    if kind == "and":
        return all(matches(part, post) for part in value)
    if kind == "or":
        return any(matches(part, post) for part in value)
    if kind == "not":
        return not matches(value[0], post)
    if kind == "words":
        return any(in_a_row(value, text) for text in post.texts)
    if kind == "url":
        return any(in_a_row(value, text) for text in post.addresses)
    if kind in ("has", "is"):
        return (post.has if kind == "has" else post.is_)[value]
    if kind in ("hashtag", "cashtag", "mention"):
        return value in {"hashtag": post.hashtags, "cashtag": post.cashtags, "mention": post.mentions}[kind]
    return value in {"from": post.author, "to": post.answered, "lang": {post.lang},
                     "conversation_id": {post.conversation}}[kind]
