#!/usr/bin/env python3
"""Generated posts (build/make-sample) through the whole program, against the reference.

$AVIARY_BIN and $AVIARY_MAKE_SAMPLE stand in for build/aviary and build/make-sample."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import checks  # noqa: E402
from reference import ROOT  # noqa: E402

MAKE_SAMPLE = os.environ.get("AVIARY_MAKE_SAMPLE", str(ROOT / "build/make-sample"))


def make_sample(directory):
    done = subprocess.run(
        [MAKE_SAMPLE, "--start", "2026-11-21T00:00:00Z", "--seed", "1", "--posts", "2400",
         "--hours", "48", "--out", str(directory)],
        capture_output=True, text=True, check=False)
    files = sorted(path for path in pathlib.Path(directory).rglob("*") if path.is_file())
    if done.returncode != 0 or not files:
        raise checks.Failed(f"exit code {done.returncode}, {len(files)} files: {done.stderr}")
    return files


def sample_is_worth_it(expected):
    """A sample that is empty or of one hour would prove nothing."""
    hours = {row["created_at"] // 3_600_000_000
             for row in (one.row for one in expected.observations)}
    if len(expected.observations) < 2000 or len(hours) < 40:
        raise checks.Failed(f"{len(expected.observations)} observations in {len(hours)} hours")


def main():
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    with tempfile.TemporaryDirectory(prefix="aviary-sample-") as directory:
        directory, files = pathlib.Path(directory), []
        (directory / "posts").mkdir()
        report.check("make_sample", lambda: files.extend(make_sample(directory / "posts")))
        if not files:
            return report.finish()
        lake = checks.Lake(directory / "lake", files)
        report.check("sample_is_worth_it", lambda: sample_is_worth_it(lake.expected))
        checks.check_all(report, lake)
        cairo = checks.Lake(directory / "cairo", files, lake.expected, time_zone="Africa/Cairo")
        report.check("cairo_import_ends", lambda: checks.import_ends(cairo))
        report.check("cairo_equals", lambda: checks.equal_lakes(lake, cairo))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
