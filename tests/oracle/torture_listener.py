#!/usr/bin/env python3
"""Random X's, each with its own faults and kills, and an oracle that knows what a listener must make of them.

usage: torture_listener.py [--seeds N] [--from SEED] [--jobs N] [--keep DIRECTORY]

For each seed an X of its own publishes posts in six phases. Between them a listener polls it, once a phase and
oftener: the X fails by the seed's dice, and the listener is killed (-9) at random moments. In the end it is polled in
peace, and a collector lands the journal. Nothing here knows the C code; what is claimed:

- every post that could be found has landed, once a rule and content, but for those in a gap that was told;
- nothing has landed that was not served, and nothing twice;
- what was served in a page that is journalled has landed with that very content;
- without an overlap, no post of a journalled page is ever given out again: nothing is paid twice.

A page is journalled when the listener asked for another one after it, or ended by itself.
"""
import argparse
import csv
import gzip
import http.server
import io
import json
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

ROOT = pathlib.Path(__file__).resolve().parents[2]
AVIARY = os.environ.get("AVIARY_BIN", str(ROOT / "build/aviary"))
EPOCH_MS = 1288834974657
PHASES, PHASE_S, POSTS_A_PHASE = 6, 30, 24
RULES = ("alpha", "beta")
# Faults after which the page is as good as without them, such as are no page, and such as end a poll.
PAGES = ("empty", "repeat", "again", "lying", "poison", "future", "skew")
TROUBLES = ("500", "502", "503", "504", "204", "html", "cut", "gzip", "reset", "deep")
REFUSALS = ("400", "401", "402", "403", "404", "cap", "limit", "errors", "no-meta")


def id_of(time_s, number):
    return ((int(time_s * 1000) - EPOCH_MS) << 22) + number


def time_of(ident):
    return ((ident >> 22) + EPOCH_MS) / 1000


class Post:
    def __init__(self, dice, ident, phase, late):
        self.ident, self.phase = ident, phase
        self.found_in = phase + (dice.choice((1, 2)) if late else 0)
        self.changes_in = dice.randrange(PHASES * 2)  # its likes do, in half of the cases never

    def likes(self, phase):
        return int(phase >= self.changes_in)

    def shown(self, phase):
        return {"id": str(self.ident), "text": f"bird {self.ident} #birds", "author_id": "7", "lang": "en",
                "created_at": datetime.utcfromtimestamp(time_of(self.ident)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                "edit_history_tweet_ids": [str(self.ident)], "public_metrics": {"like_count": self.likes(phase)}}


class Served:
    """What a request was given: (id, likes) pairs, and the fault it met."""

    def __init__(self, run, rule, fault):
        self.run, self.rule, self.fault, self.posts = run, rule, fault, []


class RandomX:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.overlap = seed % 2 == 0
        self.start = time.time() - 250
        self.posts = [self.make(phase) for phase in range(PHASES) for _ in range(POSTS_A_PHASE)]
        self.posts.sort(key=lambda post: -post.ident)
        self.phase, self.run, self.peace, self.was_trouble = 0, 0, False, False
        self.served, self.lock = [], threading.Lock()
        self.wrong = []

    def make(self, phase):
        number = self.dice.randrange(1 << 22)
        ident = id_of(self.start + phase * PHASE_S + self.dice.random() * PHASE_S, number)
        return Post(self.dice, ident, phase, self.overlap and self.dice.random() < 0.1)

    def visible(self):
        return [post for post in self.posts if post.found_in <= self.phase]

    def fault(self):
        """Troubles are waited out with growing patience, so they do not come in a row."""
        if self.peace or self.dice.random() < 0.55:
            self.was_trouble = False
            return "ok"
        kinds = PAGES if self.was_trouble else self.dice.choice((PAGES, TROUBLES, REFUSALS))
        self.was_trouble = kinds is TROUBLES
        fault = self.dice.choice(kinds)
        # Two wrong clocks in a row are believed.
        return "ok" if fault == "skew" and self.served and self.served[-1].fault == "skew" else fault

    def page(self, arguments, served):
        """As X would answer, then spoiled."""
        fault, most = served.fault, int(arguments["max_results"])
        since, until = int(arguments.get("since_id", 0)), int(arguments.get("until_id", 1 << 63))
        if "since_id" in arguments and "start_time" in arguments:
            self.wrong.append("since_id and start_time")
        if "start_time" in arguments:
            start = datetime.strptime(arguments["start_time"] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z").timestamp()
            since = max(since, id_of(start, 0) - 1)
        token = int(arguments["next_token"][1:].split("-")[0]) if "next_token" in arguments else 1 << 63
        posts = [post for post in self.visible() if since < post.ident < min(until, token)]
        meta = {"result_count": 0}
        if fault == "empty" and posts:
            meta["next_token"] = f"t{posts[0].ident + 1}-{self.dice.random()}"
            return {"meta": meta}
        given = posts[:most]
        rest = posts[most:]
        if fault == "again" and "next_token" in arguments:
            above = [post for post in self.visible() if since < post.ident < until and post.ident >= token]
            given = above[-3:] + given
        if not given:
            return {"meta": meta}
        served.posts = [(post.ident, post.likes(self.phase)) for post in given]
        meta = {"newest_id": str(given[0].ident), "oldest_id": str(given[-1].ident), "result_count": len(given)}
        if rest:
            meta["next_token"] = arguments["next_token"] if fault == "repeat" and "next_token" in arguments \
                else f"t{rest[0].ident + 1}-{self.dice.random()}"
        data = [post.shown(self.phase) for post in given]
        if fault == "lying":
            meta.update(result_count=9999, newest_id="1", oldest_id=str((1 << 63) - 1))
        elif fault == "poison":
            data.insert(len(data) // 2, self.dice.choice(({"text": "no id"}, 3, None, "x", [], {})))
        elif fault == "future":
            data.insert(0, dict(data[0], id=str((1 << 63) - 1 - self.dice.randrange(1 << 22))))
        return {"data": data, "meta": meta, "includes": {"users": [{"id": "7", "name": "A", "username": "a"}]}}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # the listener was killed


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    x = None

    def log_message(self, *_):
        pass

    def send(self, status, body, headers=(), cut=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response_only(status)
        skew = 7200 if ("skew", "") in headers else 0
        self.send_header("date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - skew)))
        self.send_header("content-length", str(len(data)))
        for name, value in headers:
            if name != "skew":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[:cut])
        if cut is not None:
            self.close_connection = True

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        arguments = dict(urllib.parse.parse_qsl(url.query))
        with self.x.lock:
            served = Served(self.x.run, arguments["query"], self.x.fault())
            page = self.x.page(arguments, served)
            if served.fault not in ("ok", *PAGES):
                served.posts = []
            self.x.served.append(served)
        try:
            self.answer(served.fault, page)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the listener was killed

    def answer(self, fault, page):
        body = json.dumps(page).encode()
        if fault in ("500", "502", "503", "504", "204", "400", "401", "402", "403", "404"):
            self.send(int(fault), b"" if fault == "204" else {"title": "No", "detail": "no", "status": int(fault)})
        elif fault == "limit":
            self.send(429, {"title": "Too Many Requests"}, [("x-rate-limit-reset", str(int(time.time())))])
        elif fault == "cap":
            self.send(429, {"title": "UsageCapExceeded", "period": "Monthly"})
        elif fault == "html":
            self.send(200, b"<html><body>{gateway}</body></html>")
        elif fault == "cut":
            self.send(200, body, cut=len(body) // 2)
        elif fault == "gzip":
            packed = bytearray(gzip.compress(body))
            packed[len(packed) // 2:] = bytes(len(packed) - len(packed) // 2)
            self.send(200, bytes(packed), [("content-encoding", "gzip")])
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault == "deep":
            self.send(200, b'{"data":' + b"[" * 3000 + b"]" * 3000 + b"}")
        elif fault == "errors":
            self.send(200, {"errors": [{"title": "Internal Error"}], "meta": {"result_count": 0}})
        elif fault == "no-meta":
            self.send(200, {"errors": [{"title": "Internal Error"}]})
        else:
            self.send(200, body, [("skew", "")] if fault == "skew" else [])


class Trial:
    def __init__(self, seed, directory):
        self.seed, self.home = seed, pathlib.Path(directory)
        self.x, self.dice = RandomX(seed), random.Random(seed + 1_000_000)
        self.handled = set()  # runs that ended by themselves
        self.log = ""

    def poll(self, kill):
        self.x.run += 1
        command = [AVIARY, "listen", "--once", "--journal", str(self.home / "j"), "--base-url", self.url,
                   "--page-posts", str(self.dice.choice((10, 13))), "--interval", "5m",
                   "--overlap", "4m" if self.x.overlap else "0s"]
        for rule in RULES:
            command += ["--query", rule]
        env = {name: value for name, value in os.environ.items() if not name.startswith("AVIARY_")}
        before = len(self.x.served)
        with open(self.home / "log", "ab") as log:
            child = subprocess.Popen(command, stdout=log, stderr=log, env=env)
            if kill:
                deadline = time.monotonic() + 5
                while len(self.x.served) == before and child.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.001)
                time.sleep(self.dice.random() * 0.08)
                child.kill()
            try:
                code = child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise AssertionError("a poll did not end within a minute") from None
        if code >= 0:
            self.handled.add(self.x.run)
        if not kill and code not in (0, 1):
            raise AssertionError(f"a poll ended with {code}")
        return code

    def play(self):
        server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"x": self.x}))
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            for self.x.phase in range(PHASES):
                for _ in range(self.dice.choice((1, 1, 2))):
                    self.poll(self.dice.random() < 0.3)
            self.x.phase, self.x.peace = PHASES + 2, True
            codes = [self.poll(False) for _ in range(4)]
            if codes[-1] != 0:
                raise AssertionError(f"polls in peace end with {codes}")
        finally:
            server.shutdown()
            server.server_close()

    def landed(self):
        lake = str(self.home / "lake")
        env = {name: value for name, value in os.environ.items() if not name.startswith("AVIARY_")}
        subprocess.run([AVIARY, "collect", "--lake", lake, "--journal", str(self.home / "j"), "--once", "--from",
                        "127.0.0.1:1"], check=True, env=env, capture_output=True, timeout=60)
        asked = "SELECT rules[1], id, public_metrics_like_count FROM landing"
        out = subprocess.run([AVIARY, "query", "--lake", lake, "--format", "csv", asked], check=True, env=env,
                             capture_output=True, text=True, timeout=60).stdout
        rows = list(csv.reader(io.StringIO(out)))[1:]
        return [(rule, int(ident), int(likes)) for rule, ident, likes in rows]

    def gaps(self):
        """What the log tells of: {rule: [(from, to)]} in seconds, a little wider since ids have milliseconds."""
        told = {rule: [] for rule in RULES}
        text = (self.home / "log").read_text(errors="replace")
        for rule, begin, end in re.findall(r'event=gap rule="(\w+)" from=(\S+) to=(\S+)', text):
            begin, end = (datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() for at in (begin, end))
            told[rule].append((begin - 0.002, end + 0.002))
        return told

    def judge(self):
        rows = [row for row in self.landed() if row[1] < id_of(time.time() + 86400, 0)]  # the lies from the future
        landed, gaps = set(rows), self.gaps()
        wrong = list(self.x.wrong)
        if len(rows) != len(landed):
            wrong.append(f"{len(rows) - len(landed)} observations landed twice")
        may, must, again = set(), set(), 0
        seen = {rule: set() for rule in RULES}  # ids of journalled pages
        for index, served in enumerate(self.x.served):
            observed = {(served.rule, ident, likes) for ident, likes in served.posts}
            may |= observed
            later = self.x.served[index + 1:index + 2]
            journalled = served.run in self.handled or (later and later[0].run == served.run)
            if served.fault != "again":
                again += len(seen[served.rule] & {ident for ident, _ in served.posts})
            if journalled:
                must |= observed
                seen[served.rule] |= {ident for ident, _ in served.posts}
        if not self.x.overlap and again:
            wrong.append(f"{again} posts of journalled pages were paid for again")
        if landed - may:
            wrong.append(f"{len(landed - may)} landed that were never served so")
        if must - landed:
            wrong.append(f"{len(must - landed)} of journalled pages have not landed: {sorted(must - landed)[:3]}")
        for rule in RULES:
            ids = {ident for name, ident, _ in landed if name == rule}
            missing = [post.ident for post in self.x.posts if post.ident not in ids]
            untold = [ident for ident in missing
                      if not any(begin <= time_of(ident) < end for begin, end in gaps[rule])]
            if untold:
                wrong.append(f"{rule}: {len(untold)} of {len(self.x.posts)} posts are missing: {sorted(untold)[:3]}")
        return wrong


def attempt(seed, keep):
    home = pathlib.Path(keep) / str(seed) if keep else pathlib.Path(tempfile.mkdtemp(prefix="aviary-torture-"))
    home.mkdir(parents=True, exist_ok=True)
    trial = Trial(seed, home)
    try:
        trial.play()
        wrong = trial.judge()
    except (AssertionError, subprocess.SubprocessError) as failure:
        wrong = [str(failure)]
    if not keep:
        shutil.rmtree(home, ignore_errors=True)
    faults = sum(served.fault != "ok" for served in trial.x.served)
    return seed, wrong, len(trial.x.served), faults, trial.x.run - len(trial.handled)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--keep", help="leave what each seed did in this directory")
    options = parser.parse_args()
    failed = requests = faults = kills = 0
    began = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        seeds = range(options.first, options.first + options.seeds)
        for seed, wrong, asked, met, killed in pool.map(lambda seed: attempt(seed, options.keep), seeds):
            requests, faults, kills = requests + asked, faults + met, kills + killed
            failed += bool(wrong)
            for words in wrong:
                print(f"seed {seed}: {words}", flush=True)
    print(f"{options.seeds} seeds, {requests} requests, {faults} faults, {kills} kills in "
          f"{time.monotonic() - began:.0f} s: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
