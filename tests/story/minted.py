"""Compares the ids that were collected with those a simulated X has for the same query.

usage: minted.py BASE-URL QUERY < IDS
The ids come one a line. Between the first and the last of them, the simulated X must have exactly these. Prints what is wrong,
nothing when all is well, and exits with 1 or 0.
"""
import json
import sys
import urllib.parse
import urllib.request

base, query = sys.argv[1:]
ids = [int(line) for line in sys.stdin]


def search(**parameters):
    """Every id, all pages."""
    while True:
        address = f"{base}/2/tweets/search/recent?" + urllib.parse.urlencode(parameters)
        request = urllib.request.Request(address, headers={"Authorization": "Bearer story"})
        page = json.load(urllib.request.urlopen(request, timeout=30))
        yield from (int(post["id"]) for post in page.get("data", []))
        if "next_token" not in page["meta"]:
            return
        parameters["next_token"] = page["meta"]["next_token"]


if not ids:
    sys.exit("nothing was collected")
minted = set(search(query=query, since_id=min(ids) - 1, until_id=max(ids) + 1, max_results=100))
lost, foreign, twice = minted - set(ids), set(ids) - minted, len(ids) - len(set(ids))
if lost or foreign or twice:
    sys.exit(f"of {len(minted)}: {len(lost)} lost, {twice} twice, {len(foreign)} that were never minted: "
             f"{sorted(lost)[:3]} {sorted(foreign)[:3]}")
