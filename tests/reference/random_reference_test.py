#!/usr/bin/env python3
"""Hundreds of difficult pages and lines from a seed (random_pages.py) through the whole program,
against the reference. AVIARY_RANDOM_SEED=N takes other ones, AVIARY_RANDOM_KEEP=DIR keeps the files.
$AVIARY_BIN stands in for build/aviary."""
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import checks  # noqa: E402
import random_pages  # noqa: E402

PAGES, LINES, A_FILE = 400, 200, 50


def main():
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    seed = int(os.environ.get("AVIARY_RANDOM_SEED", "1"))
    with tempfile.TemporaryDirectory(prefix="aviary-random-") as directory:
        where = pathlib.Path(os.environ.get("AVIARY_RANDOM_KEEP", directory))
        documents = random_pages.pages(seed, PAGES) + random_pages.lines(seed, LINES)
        files = []
        for start in range(0, len(documents), A_FILE):
            files.append(where / f"random-{start // A_FILE}.jsonl")
            files[-1].write_text("\n".join(documents[start:start + A_FILE]) + "\n", encoding="utf-8")
        checks.check_all(report, checks.Lake(pathlib.Path(directory) / "lake", files))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
