#!/usr/bin/env python3
"""1,000 random queries of `aviary simulate`, against an evaluator of the tests' own.

The time stands still, and a window of 8 minutes is searched. Its posts are gathered by asking for
every author there is; a query must then find exactly those that the evaluator lets pass, and be
refused exactly when the evaluator refuses it."""
import os
import random
import sys

sys.dont_write_bytecode = True
import checks  # noqa: E402
from query_evaluator import Post, Refused, matches, parse, words  # noqa: E402
from simulated_x import SimulatedX, wide  # noqa: E402

CLOCK_US = 1795521600_000000  # 2026-11-24T12:00:00Z
WINDOW = {"start_time": "2026-11-24T11:30:00Z", "end_time": "2026-11-24T11:38:00Z", "max_results": 100}
# What queries look at.
SHOWN = {
    "tweet.fields": "attachments,author_id,conversation_id,entities,geo,in_reply_to_user_id,lang,note_tweet,"
                    "referenced_tweets",
    "user.fields": "verified",
    "expansions": "attachments.media_keys,author_id,in_reply_to_user_id",
}
QUERIES = int(os.environ.get("AVIARY_TEST_QUERIES", "1000"))


class Posts:
    """All posts of the window, as far as they were ever seen."""

    def __init__(self, x):
        self.x, self.json, self.seen, self.names = x, {}, {}, set()

    def find(self, query):
        """The ids a query finds, newest first; None when it is refused."""
        status, _, page = self.x.ask(query=query, **WINDOW, **wide(SHOWN))
        if status == 400:
            return None
        ids = []
        while True:
            for post in page.get("data", []):
                ids.append(post["id"])
                if post["id"] not in self.seen:
                    self.json[post["id"]] = post
                    self.seen[post["id"]] = Post(post, page["includes"])
            self.names |= {user["username"] for user in page.get("includes", {}).get("users", [])}
            if "next_token" not in page["meta"]:
                return ids
            status, _, page = self.x.ask(query=query, next_token=page["meta"]["next_token"], **WINDOW,
                                         **wide(SHOWN))
            if status != 200:
                raise checks.Failed(f"{query}: {status} {page}")

    def gather(self):
        """By the words of those that are known, and by everybody named, until nobody new comes."""
        self.find("t OR the OR a OR de OR https OR です OR 의 OR и")
        asked = set()
        while True:
            said = {word for post in self.seen.values() for word in post.texts[0] if word.isalpha()}
            terms = sorted(({f'"{word}"' for word in said} | {f"from:{name}" for name in self.names}) - asked)
            if not terms:
                return
            while terms:
                query = terms.pop()
                asked.add(query)
                while terms and len(query) + len(terms[-1]) < 500:
                    asked.add(terms[-1])
                    query += " OR " + terms.pop()
                self.find(query)


# --- random queries -------------------------------------------------------------------------------


class Vocabulary:
    def __init__(self, posts, dice):
        self.dice = dice
        self.posts = list(posts.seen.values())
        self.json = list(posts.json.values())
        self.names = sorted(posts.names)

    def word(self):
        word = self.dice.choice(self.dice.choice(self.dice.choice(self.posts).texts) or ["leer"])
        return self.dice.choice([word, word, word.upper(), word.title()])

    def term(self):
        dice, post = self.dice, self.dice.choice(self.posts)
        text = dice.choice(self.json)["text"]
        at = dice.randrange(len(text))
        makers = {
            self.word: 30,
            lambda: f'"{text[at:at + dice.randrange(1, 30)]}"'.replace("\n", " "): 12,
            lambda: f'"{" ".join(dice.choice(post.texts)[:dice.randrange(1, 5)])}"': 6,
            lambda: dice.choice("##＃") + dice.choice([*sorted(post.hashtags), "Birds", "rain"]): 10,
            lambda: "$" + dice.choice([*sorted(post.cashtags), "OWL", "kite.b"]): 3,
            lambda: "@" + dice.choice([*sorted(post.mentions), *self.names[:3]]): 4,
            lambda: dice.choice(["from:", "to:"]) + dice.choice(sorted(filter(None, post.author | post.answered))): 6,
            lambda: f"lang:{dice.choice([post.lang, 'en', 'ja', 'EN', 'xx'])}": 6,
            lambda: "has:" + dice.choice("hashtags links mentions media images videos geo cashtags video_link".split()): 9,
            lambda: "is:" + dice.choice("reply retweet quote verified nullcast".split()): 6,
            lambda: "url:" + dice.choice(["t.co", "birdnotes.example", '"photo/1"', "status", "https://x.com", "feed"]): 8,
            lambda: f"conversation_id:{post.conversation}": 2,
            lambda: dice.choice(["and", "Or", "coca-cola", "don't", "bio:x", "#", "has:cats", '"', "🐦", "is:", "#a.b",
                                 '"!!!"', "$.x", "MÚSICA", "café", "&amp;", "x:y", "url:!"]): 2,
        }
        return dice.choices(list(makers), list(makers.values()))[0]()

    def part(self, depth):
        sign = "-" if self.dice.random() < 0.15 else ""
        if depth > 0 and self.dice.random() < 0.35:
            return f"{sign}({self.query(depth - 1)})"
        return sign + self.term()

    def query(self, depth):
        parts = [self.part(depth) for _ in range(self.dice.choice([1, 1, 2, 2, 3]))]
        text = self.word() + " " + parts[0] if self.dice.random() < 0.2 else parts[0]
        for part in parts[1:]:
            text += self.dice.choice([" ", " ", " OR ", "  ", " OR "]) + part
        return text


def spoilt(text, dice):
    """Now and then a character too many or too few."""
    if dice.random() > 0.06:
        return text
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(["", "(", ")", "-", " OR ", '"', ":"]) + text[at + dice.randrange(2):]


def compare(posts, query):
    """What is wrong with the simulator's answer, and what the answer was: refused, none, some, all."""
    found = posts.find(query)
    try:
        tree = parse(query)
    except Refused as refusal:
        return (None if found is None else f"{query!r} is taken ({refusal})"), "refused"
    if found is None:
        return f"{query!r} is refused", "refused"
    expected = sorted((one for one, post in posts.seen.items() if matches(tree, post)), key=int, reverse=True)
    if found != expected:
        odd = sorted(set(found) ^ set(expected))
        text = posts.json[odd[0]]["text"] if odd else "the order"
        return f"{query!r}: {len(found)} found, {len(expected)} expected; {odd[:3]} {text!r}", "some"
    return None, "none" if not found else "some"


def random_queries_agree(posts, dice, counts):
    vocabulary, wrong = Vocabulary(posts, dice), []
    for _ in range(QUERIES):
        problem, outcome = compare(posts, spoilt(vocabulary.query(2), dice))
        counts[outcome] = counts.get(outcome, 0) + 1
        if problem:
            wrong.append(problem)
    checks.fail_with(wrong[:20])


def all_posts_are_there(posts, before):
    """2 a second for 8 minutes are 960, reposts included; queries met none that was not gathered."""
    if len(posts.seen) != before:
        raise checks.Failed(f"{len(posts.seen) - before} posts were unknown")
    if not 600 < before < 860:
        raise checks.Failed(f"{before} posts")


def queries_are_worth_it(counts):
    if counts.get("some", 0) < QUERIES * 0.35 or counts.get("refused", 0) < QUERIES * 0.1 or \
            counts.get("none", 0) < QUERIES * 0.1:
        raise checks.Failed(str(counts))


def words_are_as_documented():
    for text, wanted in [("I like coca-cola", ["i", "like", "coca", "cola"]), ("Músic &amp; rain", ["music", "rain"]),
                         ("天気🐦ok", ["天", "気", "🐦", "ok"])]:
        if words(text) != wanted:
            raise checks.Failed(f"{text}: {words(text)}")


def main():
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    report.check("words_are_as_documented", words_are_as_documented)
    counts = {}
    with SimulatedX("--requests-per-window", "1000000", "--seed", "5", clock_us=CLOCK_US) as x:
        posts = Posts(x)
        report.check("posts_are_gathered", posts.gather)
        before = len(posts.seen)
        report.check("random_queries_agree", lambda: random_queries_agree(posts, random.Random(7), counts))
        report.check("all_posts_are_there", lambda: all_posts_are_there(posts, before))
    report.check("queries_are_worth_it", lambda: queries_are_worth_it(counts))
    print(f"# {before} posts, {counts}", file=sys.stderr)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
