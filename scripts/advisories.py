#!/usr/bin/env python3
"""The table of advisories that `cargo test` holds Cargo.lock to without a network, from RustSec's database.

  git clone https://github.com/rustsec/advisory-db
  scripts/advisories.py advisory-db        writes tests/reference/advisories.tsv

Needs Python 3.11 or later and git.
"""

import pathlib
import subprocess
import sys
import tomllib

database = sys.argv[1]


def git(*arguments):
    return subprocess.run(["git", "-C", database, *arguments], check=True, capture_output=True, encoding="utf-8").stdout


date = git("log", "-1", "--date=format:%Y-%m-%d", "--format=%cd").strip()
rows = []
for name in git("ls-tree", "-r", "--name-only", "HEAD", "crates/").split():
    entry = tomllib.loads(git("show", f"HEAD:{name}").split("```toml")[1].split("```")[0])
    advisory, versions = entry["advisory"], entry.get("versions", {})
    if "withdrawn" in advisory:
        continue
    safe = versions.get("patched", []) + versions.get("unaffected", [])
    rows.append((advisory["package"], advisory["id"], advisory.get("informational", "vulnerability"), "; ".join(safe)))
target = pathlib.Path(__file__).parent.parent / "tests" / "reference" / "advisories.tsv"
with target.open("w", encoding="utf-8", newline="\n") as file:
    print(f"# {len(rows)} advisories of RustSec's database as of {date}, by scripts/advisories.py.", file=file)
    print("package\tadvisory\tkind\tversions that are safe", file=file)
    for row in sorted(rows):
        print(*row, sep="\t", file=file)
print(f"{target}: {len(rows)} advisories as of {date}")
