#!/usr/bin/env python3
"""What `aviary simulate` answers and what aviary asks, against X's official OpenAPI documents.

2.166 is the classic vocabulary, 2.167 the new one. They are not part of the repository
(../shared/xapi beside the checkout, or $AVIARY_XAPI); where they are absent the test is skipped."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/reference"))
import checks  # noqa: E402
import jsonschema  # noqa: E402
from simulated_x import BINARY, EVERYTHING, EVERYTHING_NEW, Overheard, SimulatedX, wide  # noqa: E402

XAPI = pathlib.Path(os.environ.get("AVIARY_XAPI", ROOT.parent / "shared/xapi"))
CLOCK_US = 1795521600_000000  # 2026-11-24T12:00:00Z
PAGE = {"query": "t OR the OR a OR de OR です", "start_time": "2026-11-24T11:46:00Z", "max_results": 100}
REQUESTS = 40
FORMATS = jsonschema.FormatChecker(formats=())
ASKED_FORMATS = jsonschema.FormatChecker(formats=())
EXPANSIONS = ("author", "place", "media", "polls", "article", "referenced", "referenced_authors", "referenced_media",
              "media_source", "edits", "replied_to", "mentions")
ASKING = {  # each command and the paths it asks
    "try": (["try", "--yes", "the lang:en"], {"/2/tweets/counts/recent", "/2/tweets/search/recent"}),
    "search": (["search", "--yes", "--limit", "120", "the"], {"/2/tweets/search/recent"}),
    "check_online": (["check", "--online", "--keyword", "the"], {"/2/tweets/search/recent", "/2/usage/tweets"}),
    "listen": (["listen", "--once", "--keyword", "the"], {"/2/tweets/search/recent"}),
    "listen_again": (["listen", "--once", "--keyword", "the"], {"/2/tweets/search/recent"}),
}


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value):
    if isinstance(value, str):
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    return True


@ASKED_FORMATS.checks("date-time", raises=ValueError)
def is_asked_time(value):
    if isinstance(value, str):
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    return True


class Spec:
    def __init__(self, version):
        self.document = json.loads((XAPI / f"openapi-{version}.json").read_text())
        self.answer = self.answer_of("/2/tweets/search/recent")
        responses = self.document["paths"]["/2/tweets/search/recent"]["get"]["responses"]
        self.problem = responses["default"]["content"]["application/problem+json"]["schema"]
        for schema in self.document["components"]["schemas"].values():
            # A problem's `type` says which of them it is; without that several fit.
            if "discriminator" in schema and "oneOf" in schema:
                schema["anyOf"] = schema.pop("oneOf")
            # 2.166 lists mentionedUsers, with a pattern of 12 letters beside it.
            if "enum" in schema:
                schema.pop("pattern", None)

    def answer_of(self, path):
        return self.document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    def parameters_of(self, path):
        """The schema of each parameter, by its name."""
        shared = self.document["components"]["parameters"]
        listed = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                  for one in self.document["paths"][path]["get"].get("parameters", [])]
        return {one["name"]: one for one in listed if one["in"] == "query"}

    def request_problems(self, path, asked):
        """What is wrong with [(name, value)] as the query of a request."""
        if path not in self.document["paths"]:
            yield f"{path} is no path"
            return
        known, names = self.parameters_of(path), [name for name, _ in asked]
        yield from (f"{path}: no {name}" for name, one in known.items() if one.get("required") and name not in names)
        yield from (f"{path}: {name} comes twice" for name in set(names) if names.count(name) > 1)
        for name, text in asked:
            if name not in known:
                yield f"{path}: {name} is no parameter"
                continue
            schema = known[name]["schema"]
            kind = schema.get("type")
            value = text.split(",") if kind == "array" else text
            if kind == "integer" and re.fullmatch("[0-9]+", text):
                value = int(text)
            yield from (f"{path}: {name}{problem}" for problem in self.problems(schema, value, ASKED_FORMATS))

    def problems(self, schema, value, formats=FORMATS):
        document = {"components": self.document["components"], "allOf": [schema]}
        validator = jsonschema.Draft4Validator(document, format_checker=formats)
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in validator.iter_errors(value)]

    def members(self, name):
        """What an object may have: the schema's members, and the fields that can be asked for."""
        fields = self.document["components"]["parameters"][f"{name}FieldsParameter"]["schema"]["items"]["enum"]
        return {*self.document["components"]["schemas"][name]["properties"], *fields}


def unknown_members(spec, page, names):
    """Specs allow any further member; X sends none, and neither may we."""
    lists = {"data": page.get("data", []), **page.get("includes", {})}
    for kind, schema in names.items():
        allowed = spec.members(schema)
        for one in lists.get(kind, []):
            for name in set(one) - allowed:
                yield f"{kind}: {name} is no member of {schema}"


def pages_are_valid(spec, x, parameters, names, seen):
    wrong = []
    for page in x.pages(**PAGE, **wide(parameters)):
        wrong += spec.problems(spec.answer, page)
        wrong += unknown_members(spec, page, names)
        for kind, items in {"data": page["data"], "errors": page.get("errors", []), **page["includes"]}.items():
            for one in items:
                seen.setdefault(kind, set()).update(one)
    checks.fail_with(sorted({re.sub("/[0-9]+/", "/N/", problem) for problem in wrong}))


def everything_was_there(seen, parameters, vocabulary, lost):
    """Of what was asked for, all but what only few posts in a million have."""
    lists = {f"{vocabulary}.fields": "data", "user.fields": "users", "media.fields": "media",
             "place.fields": "places", "poll.fields": "polls"}
    rare = {"withheld", "scopes"}
    checks.fail_with([f"{parameter}: no {name}" for parameter, kind in lists.items()
                      for name in parameters[parameter].split(",") if name not in seen[kind] | rare | lost])


def counts_are_valid(spec, x, name):
    """Every granularity, in the vocabulary that is asked for."""
    for parameters in ({}, {"granularity": "day"}, {"granularity": "minute", "start_time": PAGE["start_time"]}):
        status, _, body = x.ask("/2/tweets/counts/recent", query="birds",
                                **wide({"search_count.fields": f"start,end,{name}", **parameters}))
        if status != 200:
            raise checks.Failed(str(body))
        checks.fail_with(spec.problems(spec.answer_of("/2/tweets/counts/recent"), body)
                         + [f"no {name}" for bucket in body["data"] if set(bucket) != {"start", "end", name}]
                         + [f"{member} of meta" for member in body["meta"] if member != f"total_{name}"])


def usage_is_valid(spec, x):
    """2.166 has integers, where X's own examples and 2.167 have texts."""
    fields = "cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"
    for parameters in ({}, {"days": 90, "usage.fields": fields}):
        status, _, body = x.ask("/2/usage/tweets", **wide(parameters))
        if status != 200:
            raise checks.Failed(str(body))
        checks.fail_with(spec.problems(spec.answer_of("/2/usage/tweets"), body))
    checks.fail_with([f"no {name}" for name in fields.split(",") if name not in body["data"]])


def record(x, path):
    """Pages of one simulator, for another to repeat."""
    path.write_text("".join(json.dumps(page) + "\n" for page in x.pages(**PAGE, **wide(EVERYTHING))))


def refusals_are_problems(spec, x):
    wrong = []
    for status, token, path, parameters in [
            (400, "a", "/2/tweets/search/recent", {"query": "-", "max_results": 5, "since_id": "1"}),
            (400, "a", "/2/tweets/search/recent", {"query": "a", "tweet.fields": "nope"}),
            (401, None, "/2/tweets/search/recent", {"query": "a"}),
            (400, "a", "/2/tweets/counts/recent", {"query": "a", "granularity": "week", "max_results": 10}),
            (400, "a", "/2/usage/tweets", {"days": 91}),
            (404, "a", "/2/tweets", {"ids": "1"}),
            (429, "busy", "/2/tweets/search/recent", {"query": "a"})]:
        for _ in range(REQUESTS + 1 if status == 429 else 1):
            got, headers, body = x.ask(path, token=token, **wide(parameters))
        if got != status or headers["Content-Type"] != "application/problem+json":
            wrong.append(f"{path} {parameters}: {got} {headers['Content-Type']}")
        wrong += spec.problems(spec.problem, body)
        if body.get("status", status) != status:
            wrong.append(f"{status}: {body}")
    checks.fail_with(wrong)


def a_wrong_answer_is_seen(spec, x):
    """A validator that finds nothing wrong with nonsense proves nothing."""
    page = next(x.pages(**PAGE))
    for spoil in (lambda: page["data"][0].update(id=7), lambda: page["meta"].update(result_count="10"),
                  lambda: page["data"][1].update(created_at="2026-11-24 11:00"),
                  lambda: page.update(includes={"users": [{"id": 7}]})):
        before = len(spec.problems(spec.answer, page))
        spoil()
        if len(spec.problems(spec.answer, page)) <= before:
            raise checks.Failed(str(page)[:300])


def requests_are_valid(spec, x, directory, vocabulary, command):
    (name, *more), paths = ASKING[command]
    storage = {"search": ["--lake", "lake"], "listen": ["--journal", "journal", "--port", "0"]}
    wanted = ["--api-dialect", vocabulary, *(f"--expansions={one}" for one in EXPANSIONS)]
    env = {key: value for key, value in os.environ.items() if not key.startswith("AVIARY_")}
    with Overheard(x) as overheard:
        argv = [BINARY, name, "--base-url", overheard.url, *wanted, *storage.get(name, []), *more]
        done = subprocess.run(argv, cwd=directory, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60)
    if done.returncode != 0:
        raise checks.Failed(done.stdout + done.stderr)
    if {path for path, _ in overheard.requests} != paths:
        raise checks.Failed(f"{overheard.requests}")
    wide_ones = [dict(asked) for path, asked in overheard.requests if path.endswith("/search/recent")]
    if not any(f"{vocabulary}.fields" in asked for asked in wide_ones):
        raise checks.Failed(f"none asks for {vocabulary}.fields")
    if name == "search" and "next_token" not in wide_ones[-1]:
        raise checks.Failed("it asks for one page only")
    checks.fail_with([problem for request in overheard.requests for problem in spec.request_problems(*request)])


def a_wrong_request_is_seen(spec):
    path = "/2/tweets/search/recent"
    for asked in ([], [("query", "")], [("query", "a"), ("max_results", "9")], [("query", "a"), ("max_results", "ten")],
                  [("query", "a"), ("tweet.fields", "id,nope")], [("query", "a"), ("post.fields", "id")],
                  [("query", "a"), ("since_id", "-1")], [("query", "a"), ("start_time", "2026-11-24")],
                  [("query", "a"), ("query", "b")]):
        if not list(spec.request_problems(path, asked)):
            raise checks.Failed(str(asked))
    checks.fail_with(list(spec.request_problems(path, [("query", "a"), ("start_time", PAGE["start_time"])])))


def check_requests(report):
    report.check("a_wrong_request_is_seen", lambda: a_wrong_request_is_seen(Spec("2.166")))
    with SimulatedX() as x:
        for version, vocabulary in (("2.166", "tweet"), ("2.167", "post")):
            spec = Spec(version)
            with tempfile.TemporaryDirectory(prefix="aviary-openapi-") as directory:
                for command in ASKING:
                    report.check(f"requests_of_{command}_are_valid_in_{version}",
                                 lambda: requests_are_valid(spec, x, directory, vocabulary, command))


def check_answers(report, x, what):
    names = {"users": "User", "media": "Media", "places": "Place", "polls": "Poll"}
    for version, vocabulary, post, posts, parameters in [("2.166", "tweet", "Tweet", "tweets", EVERYTHING),
                                                         ("2.167", "post", "Post", "posts", EVERYTHING_NEW)]:
        spec, seen = Spec(version), {}
        report.check(f"{what}_pages_are_valid_in_{version}", lambda: pages_are_valid(
            spec, x, parameters, {"data": post, posts: post, **names}, seen))
        # What has another type, or cannot be made from what the other vocabulary says.
        lost = {"article_title", "matched_media_notes", "note_request_suggestions", "suggested_source_links",
                "suggested_source_links_with_counts"} if (what, version) == ("recorded", "2.167") else set()
        report.check(f"{what}_pages_have_everything_of_{version}",
                     lambda: everything_was_there(seen, parameters, vocabulary, lost))


def main():
    if not XAPI.is_dir():
        print(f"skipped: no OpenAPI documents at {XAPI}")
        return 77
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    with tempfile.TemporaryDirectory(prefix="aviary-openapi-") as directory:
        recorded = pathlib.Path(directory) / "pages.jsonl"
        with SimulatedX("--requests-per-window", str(REQUESTS), clock_us=CLOCK_US) as x:
            check_answers(report, x, "invented")
            for version, name in (("2.166", "tweet_count"), ("2.167", "post_count")):
                report.check(f"counts_are_valid_in_{version}",
                             lambda: counts_are_valid(Spec(version), x, name))
            report.check("usage_is_valid_in_2.167", lambda: usage_is_valid(Spec("2.167"), x))
            report.check("a_wrong_answer_is_seen", lambda: a_wrong_answer_is_seen(Spec("2.166"), x))
            report.check("refusals_are_problems", lambda: refusals_are_problems(Spec("2.166"), x))
            record(x, recorded)
        with SimulatedX(str(recorded), clock_us=CLOCK_US) as x:
            check_answers(report, x, "recorded")
    check_requests(report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
