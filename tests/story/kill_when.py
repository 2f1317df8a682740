"""Runs a command and kills it (SIGKILL) the moment a condition holds in a lake.

usage: kill_when.py LAKE CONDITION COMMAND…
CONDITION is journal:BYTES, staging:FILES, refining:FILES (of refine, in staging), intent, landed:FILES, record:N,
claimed:FINISHED-CLAIMS or tables:HOURS. Exits with 0 when it was killed, with 1 when it ended before that.
"""
import os
import pathlib
import subprocess
import sys

lake, condition, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
what, _, limit = condition.partition(":")
limit = int(limit or 1)


def names(path):
    try:
        return os.listdir(lake / path)
    except FileNotFoundError:
        return []


def below(path, what):
    return sum(name.startswith(what) for _, dirs, files in os.walk(lake / path) for name in dirs + files)


def size(path):
    try:
        return os.stat(lake / path).st_size
    except FileNotFoundError:
        return 0


def finished(name):
    try:
        return '"finished":true' in (lake / "_aviary/imports" / name).read_text()
    except FileNotFoundError:
        return False


MEASURES = {
    "journal": lambda: sum(size(f"_aviary/import/{name}") for name in names("_aviary/import")),
    "staging": lambda: len(names("_aviary/staging")),
    "refining": lambda: sum(name.startswith("refine-") for name in names("_aviary/staging")),
    "intent": lambda: len(names("_aviary/intent")),
    "landed": lambda: sum(len(files) for _, _, files in os.walk(lake / "twitter-landing-data")),
    "record": lambda: sum(name.isdigit() for name in names("_aviary/log")),
    "claimed": lambda: sum(finished(name) for name in names("_aviary/imports")),
    "tables": lambda: below("twitter_raw_data", "hour=") + below("twitter-processed-data", "hour="),
}
measure = MEASURES[what]
before = measure() if what in ("record", "journal") else 0
if what == "record":
    limit += before
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
while measure() < limit:
    if child.poll() is not None:
        break
child.kill()
said = child.communicate()[1].decode()
if child.returncode not in (0, -9):
    print(f"{condition}: exit {child.returncode}: {said}")
    sys.exit(2)
sys.exit(0 if child.returncode == -9 else 1)
