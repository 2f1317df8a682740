#!/usr/bin/env python3
"""Runs the commands that the documents show, in order, as a reader would type them."""
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ["AVIARY_ROOT"])
HERE = Path(os.environ["TEST_DIR"])
failed = 0


def blocks(document):
    """(language, text) of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def claim(words, process):
    global failed
    ok = process.returncode == 0
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} - {words}")
    if not ok:
        print("\n".join("# " + line for line in (process.stdout + process.stderr).splitlines()[-20:]))


def prepare():
    """What `./dev demo` leaves behind, and the archive the README speaks of."""
    (HERE / "build" / "demo").mkdir(parents=True)
    for name in ("aviary", "make-sample"):
        (HERE / "build" / name).symlink_to(ROOT / "build" / name)
    (HERE / "etc").symlink_to(ROOT / "etc")
    subprocess.run(["build/make-sample", "--start", "2026-11-20T00:00:00Z", "--posts", "300", "--hours", "6", "--seed", "3",
                    "--out", "build/demo/posts"], cwd=HERE, check=True)
    pages = b"".join(path.read_bytes() for path in sorted((HERE / "build/demo/posts").glob("*.jsonl")))
    (HERE / "archive.jsonl.gz").write_bytes(gzip.compress(pages))


def run(argv, **more):
    return subprocess.run(argv, cwd=HERE, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


def main():
    prepare()
    for language, text in blocks(ROOT / "README.md"):
        if language == "python":
            claim("README.md: the Python lines", run([sys.executable, "-c", text]))
        for line in text.splitlines() if not language else []:
            if not line.startswith("./dev "):
                claim(f"README.md: {line}", run(["bash", "-o", "pipefail", "-c", line]))
            else:
                word = line.split()[1]
                claim(f"README.md: {line} is a command of ./dev",
                      run(["bash", "-c", f"'{ROOT}/dev' help | grep -q '^  {word} '"]))
    sys.exit(failed > 0)


main()
