"""A running `aviary simulate`, for tests in Python."""
import http.server
import json
import os
import re
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

from reference import ROOT

BINARY = os.environ.get("AVIARY_BIN", str(ROOT / "build/aviary"))
# Everything that X would show of a post, in the classic vocabulary.
EVERYTHING = {
    "tweet.fields": "article,attachments,author_id,card_uri,community_id,context_annotations,conversation_id,"
                    "created_at,display_text_range,edit_controls,edit_history_tweet_ids,entities,geo,id,"
                    "in_reply_to_user_id,lang,matched_media_notes,media_metadata,note_request_suggestions,"
                    "note_tweet,paid_partnership,possibly_sensitive,public_metrics,referenced_tweets,"
                    "reply_settings,scopes,source,suggested_source_links,suggested_source_links_with_counts,"
                    "text,withheld",
    "user.fields": "affiliation,created_at,description,entities,id,is_identity_verified,location,"
                   "most_recent_tweet_id,name,parody,pinned_tweet_id,profile_banner_url,profile_image_url,"
                   "protected,public_metrics,subscription_type,url,username,verified,"
                   "verified_followers_count,verified_type,withheld",
    "media.fields": "alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width",
    "place.fields": "contained_within,country,country_code,full_name,geo,id,name,place_type",
    "poll.fields": "duration_minutes,end_datetime,id,options,voting_status",
    "expansions": "attachments.media_keys,attachments.poll_ids,author_id,edit_history_tweet_ids,"
                  "entities.mentions.username,geo.place_id,in_reply_to_user_id,entities.note.mentions.username,"
                  "referenced_tweets.id,referenced_tweets.id.attachments.media_keys,"
                  "referenced_tweets.id.author_id",
}
# The same in the new one.
EVERYTHING_NEW = {
    "post.fields": "article,article_title,attachments,card_uri,community_id,context_annotations,conversation_id,"
                   "created_at,display_text_range,edit_controls,entities,geo,id,lang,matched_media_notes,"
                   "media_metadata,note_post,note_request_suggestions,paid_partnership,possibly_sensitive,"
                   "public_metrics,reply_settings,scopes,source,suggested_source_links,"
                   "suggested_source_links_with_counts,text,withheld",
    "user.fields": "created_at,description,entities,id,is_identity_verified,location,name,parody,"
                   "profile_banner_url,profile_image_url,protected,public_metrics,subscription_type,url,"
                   "username,verified,verified_followers_count,verified_type,withheld",
    "media.fields": EVERYTHING["media.fields"],
    "place.fields": EVERYTHING["place.fields"],
    "poll.fields": EVERYTHING["poll.fields"],
    "expansions": "attachments.media_keys,attachments.poll_ids,author_id,edit_history_post_ids,"
                  "entities.mentions.username,geo.place_id,in_reply_to_user_id,referenced_posts,username",
}


class SimulatedX:
    """With AVIARY_TEST_CLOCK_US in `clock_us`, the time stands still."""

    def __init__(self, *arguments, clock_us=None):
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("AVIARY_")}
        if clock_us is not None:
            self.env["AVIARY_TEST_CLOCK_US"] = str(clock_us)
        self.arguments = arguments

    def __enter__(self):
        self.process = subprocess.Popen([BINARY, "simulate", "--simulate-port", "0", *self.arguments],
                                        env=self.env, stdout=subprocess.PIPE, text=True)
        self.said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        if not found:
            self.__exit__()
            raise RuntimeError(f"simulate said {self.said!r} and ended")
        self.url = found[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def ask(self, path="/2/tweets/search/recent", token="a", **parameters):
        """(status, headers, document); in names of parameters __ stands for a dot."""
        names = {name.replace("__", "."): value for name, value in parameters.items()}
        request = urllib.request.Request(f"{self.url}{path}?{urllib.parse.urlencode(names)}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers, json.load(refusal)

    def pages(self, **parameters):
        """The documents of all pages of a search."""
        token = {}
        while True:
            status, _, page = self.ask(**parameters, **token)
            if status != 200:
                raise RuntimeError(f"{parameters}: {status} {page}")
            yield page
            if "next_token" not in page["meta"]:
                return
            token = {"next_token": page["meta"]["next_token"]}


def wide(parameters):
    """Parameters as keywords for ask() and pages()."""
    return {name.replace(".", "__"): value for name, value in parameters.items()}


class Overheard:
    """Stands before a simulated X and keeps what it is asked, in order: (path, [(name, value)])."""

    def __init__(self, x):
        self.requests = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urllib.parse.urlsplit(self.path)
                requests.append((asked.path, urllib.parse.parse_qsl(asked.query, keep_blank_values=True)))
                request = urllib.request.Request(x.url + self.path, headers={
                    "Authorization": self.headers.get("Authorization", "Bearer a")})
                try:
                    answer = urllib.request.urlopen(request, timeout=60)
                except urllib.error.HTTPError as refusal:
                    answer = refusal
                with answer:
                    body = answer.read()
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        if name.lower().startswith("x-") or name == "Content-Type":
                            self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
