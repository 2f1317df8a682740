#!/usr/bin/env python3
"""Clients that are not ours search the simulated X: tweepy and twarc read it as they read X.

Both know only https://api.twitter.com; an adapter of `requests` sends what is for there to us."""
import datetime
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/reference"))
import checks  # noqa: E402
import requests  # noqa: E402
import tweepy  # noqa: E402
import twarc  # noqa: E402
import twarc.client2  # noqa: E402
from simulated_x import SimulatedX  # noqa: E402

CLOCK_US = 1795521600_000000  # 2026-11-24T12:00:00Z
QUERY = "(the OR rain OR #birds) -is:reply"
FIRST, LAST = "2026-11-24T11:00:00Z", "2026-11-24T11:30:00Z"


class Redirected(requests.adapters.HTTPAdapter):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def send(self, request, **options):
        request.url = request.url.replace("https://api.twitter.com", self.base)
        return super().send(request, **options)


def tweepy_client(x, **options):
    client = tweepy.Client(bearer_token="AAAA%2Fbbb", **options)
    client.session.mount("https://api.twitter.com", Redirected(x.url))
    return client


def twarc_client(x):
    client = twarc.Twarc2(bearer_token="AAAA%2Fbbb")
    client.connect()
    client.client.mount("https://api.twitter.com", Redirected(x.url))
    return client


def same(got, wanted):
    if got != wanted:
        raise checks.Failed(f"{len(got)} instead of {len(wanted)}, first {got[:2]} and {wanted[:2]}")


def plain_ids(x):
    return [post["id"] for page in x.pages(query=QUERY, start_time=FIRST, end_time=LAST, max_results=10)
            for post in page.get("data", [])]


def tweepy_pages_through(x, ids):
    pages = tweepy.Paginator(tweepy_client(x).search_recent_tweets, QUERY, start_time=FIRST, end_time=LAST,
                             max_results=50, tweet_fields=["created_at", "public_metrics"],
                             expansions=["author_id"], user_fields=["verified"])
    got = []
    for page in pages:
        users = {user.id for user in page.includes["users"]}
        for post in page.data:
            got.append(str(post.id))
            if post.author_id not in users or post.created_at.minute >= 30 or post.public_metrics["like_count"] < 0:
                raise checks.Failed(f"{post.id}: {post.data}")
    same(got, ids)


def tweepy_flattens(x, ids):
    posts = tweepy.Paginator(tweepy_client(x).search_recent_tweets, QUERY, start_time=FIRST, end_time=LAST,
                             max_results=100).flatten(limit=120)
    same([str(post.id) for post in posts], ids[:120])


def tweepy_polls_with_since_id(x, ids):
    client = tweepy_client(x)
    same([str(post.id) for post in client.search_recent_tweets(QUERY, since_id=ids[9], until_id=ids[0]).data], ids[1:9])
    nothing = client.search_recent_tweets(QUERY, since_id=ids[1], until_id=ids[0])
    if nothing.data is not None or nothing.meta != {"result_count": 0}:
        raise checks.Failed(str(nothing))


def tweepy_understands_refusals(x):
    client = tweepy_client(x)
    for error, words, call in [
            (tweepy.BadRequest, "is not between 10 and 100", lambda: client.search_recent_tweets("a", max_results=5)),
            (tweepy.BadRequest, "must be a tweet id created after", lambda: client.search_recent_tweets("a", since_id=1)),
            (tweepy.NotFound, "Not Found", lambda: client.get_tweet(1))]:
        try:
            call()
        except error as refusal:
            if words in str(refusal):
                continue
            raise
        raise checks.Failed(f"{words}: no refusal")


def tweepy_meets_the_limit(x):
    client = tweepy_client(x)
    try:
        for _ in range(100):
            client.search_recent_tweets("rain")
    except tweepy.TooManyRequests as refusal:
        if refusal.response.headers["x-rate-limit-remaining"] != "0":
            raise checks.Failed(str(refusal.response.headers)) from refusal
        return
    raise checks.Failed("it never came")


def twarc_pages_through(x, ids):
    first, last = (datetime.datetime.fromisoformat(time) for time in (FIRST, LAST))
    got = [post["id"] for page in twarc_client(x).search_recent(QUERY, start_time=first, end_time=last)
           for post in page["data"]]
    same(got, ids)


def twarc_takes_all_by_since_id(x, ids):
    """All fields and expansions of twarc, whose pages it joins by itself."""
    pages = list(twarc_client(x).search_recent(QUERY, since_id=ids[-1], until_id=ids[0], max_results=100))
    flat = [post for page in pages for post in twarc.expansions.flatten(page)]
    same([post["id"] for post in flat], ids[1:-1])
    if not all(post["author"]["username"] for post in flat):
        raise checks.Failed("an author is missing")


def main():
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    ids = []
    with SimulatedX(clock_us=CLOCK_US) as x:
        report.check("plain_urllib_pages_through", lambda: ids.extend(plain_ids(x)))
        if len(ids) < 150:
            print(f"not ok enough_posts: {len(ids)}\n0 passed, 1 failed")
            return 1
        report.check("tweepy_pages_through", lambda: tweepy_pages_through(x, ids))
        report.check("tweepy_flattens", lambda: tweepy_flattens(x, ids))
        report.check("tweepy_polls_with_since_id", lambda: tweepy_polls_with_since_id(x, ids))
        report.check("tweepy_understands_refusals", lambda: tweepy_understands_refusals(x))
        report.check("twarc_pages_through", lambda: twarc_pages_through(x, ids))
        report.check("twarc_takes_all_by_since_id", lambda: twarc_takes_all_by_since_id(x, ids))
    with SimulatedX("--requests-per-window", "20", clock_us=CLOCK_US) as x:
        report.check("tweepy_meets_the_limit", lambda: tweepy_meets_the_limit(x))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
