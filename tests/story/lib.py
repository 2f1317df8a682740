"""What stories know about recorded files and lakes without asking aviary."""
import datetime
import json
import pathlib

EPOCH_MS = 1288834974657


def documents(path):
    """The JSON documents of a file, whatever is between them."""
    text = pathlib.Path(path).read_text()
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield value


def time_of(post):
    """When a post was made: as it says, else as its id says."""
    when = post.get("created_at")
    if when:
        return datetime.datetime.fromisoformat(when.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    seconds = ((int(post["id"]) >> 22) + EPOCH_MS) / 1000
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def written(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def hour_of(post):
    """Year, month, day and hour of a post, as numbers."""
    time = time_of(post)
    return time.year, time.month, time.day, time.hour


def page(number, count=1, **members):
    """A small search page; `number` tells its ids from others'."""
    posts = [{"id": str(2124291802902036480 + number * 1000 + n), "text": f"post {number}.{n}", "lang": "en",
              "created_at": f"2026-11-22T{number % 24:02}:00:00.000Z", "author_id": "7", **members}
             for n in range(count)]
    return {"data": posts, "includes": {"users": [{"id": "7", "name": "Seven", "username": "seven"}]},
            "meta": {"result_count": count}}


def line(value):
    return json.dumps(value).encode() + b"\n"
