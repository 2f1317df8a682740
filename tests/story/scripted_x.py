#!/usr/bin/env python3
"""An X that does as it is told: recent search over posts 1..N, newest first, with scripted faults.

usage: scripted_x.py DIRECTORY

It has no sense of time: start_time is ignored. The directory is its memory: `posts` holds N (read at every request), `faults` one fault a line, the first of which
answers the next request and is removed; `delay` seconds before each answer; `dialect` (tweet or post) the only one it
understands: what is asked for in the other is silently left out. `usage` holds what X counted, a date and a number of posts a line. It writes `port`, `requests` (one JSON
object a request: path, arguments, authorization, fault, ids given out) and serves until it is killed.
Faults: 429:SECONDS cap daily 503 html cut hang 401 402 403 400 since empty repeat ok; poison (a post without text), lie
(one with an id of the year 2080 before the others), errors (in the place of posts), words (a refusal in 600 bytes), names (it does not
know tweet.fields),
deaf (to until_id), deaf-repeat (both)
"""
import http.server
import json
import pathlib
import sys
import time
import urllib.parse

EPOCH_MS = 1288834974657
home = pathlib.Path(sys.argv[1])
born_ms = int(time.time() * 1000)


def read(name, default):
    try:
        return (home / name).read_text().strip() or default
    except FileNotFoundError:
        return default


def id_of(number):
    """Posts are 20 ms apart; number 1000 was written half a minute before this X began."""
    return (born_ms - 30000 - (1000 - number) * 20 - EPOCH_MS) << 22


def post(number):
    ident = id_of(number)
    ms = (ident >> 22) + EPOCH_MS
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z"
    return {"id": str(ident), "text": f"bird number {number} #birds", "created_at": at, "author_id": "7", "lang": "en",
            "edit_history_tweet_ids": [str(ident)], "conversation_id": str(ident),
            "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0}}


def in_dialect(page, arguments):
    """As X does: the request's dialect selects the vocabulary, and what it does not know it leaves out."""
    known = read("dialect", "")
    for one in page.get("data", []):
        if known and f"{known}.fields" not in arguments:
            for name in set(one) - {"id", "text", "edit_history_tweet_ids"}:
                del one[name]
        if known == "post" or "post.fields" in arguments:
            one.pop("edit_history_tweet_ids", None)


def take_fault():
    lines = read("faults", "").splitlines()
    if not lines:
        return "ok"
    (home / "faults.new").write_text("".join(line + "\n" for line in lines[1:]))
    (home / "faults.new").rename(home / "faults")
    return lines[0]


def problem(status, title, detail, **more):
    return {"title": title, "detail": detail, "type": "about:blank", "status": status, **more}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=(), content_type="application/json", length=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def page(self, arguments, fault):
        numbers = range(int(read("posts", "0")), 0, -1)
        since, until = int(arguments.get("since_id", 0)), int(arguments.get("until_id", 1 << 63))
        if fault.startswith("deaf"):
            until = 1 << 63
        ids = [number for number in numbers if since < id_of(number) < until]
        token = arguments.get("next_token")
        if token:
            ids = [number for number in ids if number <= int(token.strip("t"))]
        if fault == "empty":
            meta = {"result_count": 0}
            if ids:
                meta["next_token"] = f"t{token}" if token else f"t{ids[0]}"
            return {"meta": meta}, []
        given = ids[:int(arguments.get("max_results", 10))]
        if not given:
            return {"meta": {"result_count": 0}}, []
        meta = {"newest_id": str(id_of(given[0])), "oldest_id": str(id_of(given[-1])), "result_count": len(given)}
        if len(ids) > len(given):
            meta["next_token"] = token if fault.endswith("repeat") and token else f"t{ids[len(given)]}"
        page = {"data": [post(number) for number in given], "meta": meta,
                "includes": {"users": [{"id": "7", "name": "A bird", "username": "bird"}]}}
        return page, given

    @staticmethod
    def spoil(page, kind):
        if kind == "poison" and "data" in page:
            del page["data"][len(page["data"]) // 2]["text"]
        elif kind == "lie" and "data" in page:
            page["data"].insert(0, dict(page["data"][0], id=str((1 << 63) - 1)))
        elif kind == "errors":
            page.clear()
            page.update(meta={"result_count": 0}, errors=[{"title": "Internal Error", "detail": "try again"}])

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        arguments = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/2/usage/tweets":
            days = [line.split() for line in read("usage", "").splitlines()]
            usage = [{"date": date + "T00:00:00.000Z", "usage": count} for date, count in days]
            self.answer(200, {"data": {"daily_project_usage": {"project_id": "1", "usage": usage}}})
            return
        fault = take_fault()
        body, given = self.page(arguments, fault)
        kind, _, limit = fault.partition(":")
        if kind not in ("ok", "empty", "repeat", "poison", "lie", "deaf", "deaf-repeat"):
            given = []
        in_dialect(body, arguments)
        self.spoil(body, kind)
        with open(home / "requests", "a") as log:
            log.write(json.dumps({"time": time.monotonic(), "path": url.path, "arguments": arguments, "fault": fault, "given": given,
                                  "authorization": self.headers.get("authorization"),
                                  "agent": self.headers.get("user-agent")}) + "\n")
        time.sleep(float(read("delay", "0")))
        reset = ("x-rate-limit-reset", str(int(time.time()) + int(limit or 0)))
        if kind == "429":
            self.answer(429, problem(429, "Too Many Requests", "Too Many Requests"), [reset])
        elif kind == "cap":
            self.answer(429, problem(429, "UsageCapExceeded", "Usage cap exceeded", period="Monthly"), [reset])
        elif kind == "503":
            self.answer(503, problem(503, "Service Unavailable", "Over capacity"))
        elif kind == "html":
            self.answer(200, b"<html>gateway</html>", content_type="text/html")
        elif kind == "cut":
            data = json.dumps(body).encode()
            self.answer(200, data[:len(data) // 2], length=len(data))
            self.close_connection = True
        elif kind == "hang":
            time.sleep(60)
        elif kind == "401":
            self.answer(401, problem(401, "Unauthorized", "Unauthorized"))
        elif kind == "402":
            self.answer(402, problem(402, "CreditsDepleted", "Your enrolled account does not have any credits"))
        elif kind == "403":
            self.answer(403, problem(403, "Client Forbidden", "client-not-enrolled"))
        elif kind == "400":
            self.answer(400, {"errors": [{"message": "no such operator"}], "title": "Invalid Request", "status": 400})
        elif kind == "names":
            self.answer(400, {"errors": [{"message": "The query parameter [tweet.fields] is not one of [post.fields]"}],
                              "title": "Invalid Request", "status": 400})
        elif kind == "words":
            self.answer(400, {"errors": [{"message": "x" + "鳥" * 200}], "title": "Invalid Request", "status": 400})
        elif kind == "since":
            message = "'since_id' must be a tweet id created after 2026-07-31T11:45Z."
            self.answer(400, {"errors": [{"message": message}], "title": "Invalid Request", "status": 400})
        else:
            self.answer(200, body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
(home / "port.new").write_text(str(server.server_port))
(home / "port.new").rename(home / "port")
server.serve_forever()
