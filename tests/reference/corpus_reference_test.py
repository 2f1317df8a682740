#!/usr/bin/env python3
"""Recorded pages of other people through the whole program, against the reference.

The corpus (../shared/corpus beside the checkout, or $AVIARY_CORPUS) is not part of the repository;
where it is absent the test is skipped. It is imported in another time zone than UTC."""
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import checks  # noqa: E402
from reference import ROOT  # noqa: E402

CORPUS = pathlib.Path(os.environ.get("AVIARY_CORPUS", ROOT.parent / "shared/corpus"))


def index_agrees(expected):
    """The pages we recognise are the ones the index of the corpus lists as `page`."""
    kinds = {}
    for line in (CORPUS / "INDEX.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 5 and cells[3].isdigit():
            kinds[cells[1]] = (cells[2], int(cells[3]))
    posts = {}
    for page in expected.pages:
        posts[page.file] = posts.get(page.file, 0) + len(page.observations)
    want = {file: count for file, (kind, count) in kinds.items()
            if kind.startswith("page") and count}
    checks.fail_with([f"{file}: index {want.get(file)}, we {posts.get(file)} posts"
                      for file in sorted(want.keys() | posts.keys())
                      if want.get(file) != posts.get(file)])


def main():
    if not CORPUS.is_dir():
        print(f"skipped: no corpus at {CORPUS}")
        return 77
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    files = sorted(path for path in CORPUS.iterdir() if path.is_file() and path.name != "INDEX.md")
    with tempfile.TemporaryDirectory(prefix="aviary-corpus-") as directory:
        lake = checks.Lake(pathlib.Path(directory) / "lake", files, time_zone="Africa/Cairo")
        report.check("index_agrees", lambda: index_agrees(lake.expected))
        checks.check_all(report, lake)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
