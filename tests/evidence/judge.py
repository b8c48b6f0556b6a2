#!/usr/bin/env python3
"""Judges cleaned evidence with Debian's tools (see README.md).

judge.py results FOLDER   FOLDER/results.json says what a cleaner made of every sample; cleaned files lie beside it
judge.py tags FOLDER      every file in FOLDER holds only tags of allowed-tags.txt and no planted marker
"""

import json
import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from judging import content, tags  # noqa: E402

HERE = Path(__file__).resolve().parent


def main(mode, folder):
    """Prints every complaint; returns the exit code."""
    complaints = judge_results(folder) if mode == "results" else judge_tags(sorted(folder.iterdir()))
    for line in complaints:
        print(line)
    return 1 if complaints else 0


def judge_tags(files):
    """Complains about tags and markers left in files or in what is packed inside them."""
    complaints = []
    with tempfile.TemporaryDirectory() as scratch:
        inner = []
        for file in files:
            complaints += tags.markers(file)
            unpacked = content.unpacked(file, Path(scratch) / f"{len(inner)}-{file.name}")
            for part in unpacked:
                complaints += [f"{file.name} > {line}" for line in tags.markers(part)]
            inner += unpacked
        complaints += tags.foreign([*files, *(part for part in inner if tags.worth_reading(part))])
    return complaints


def judge_results(folder):
    """Compares what a cleaner said and made with the manifest."""
    manifest = json.loads((HERE / "samples.json").read_text())
    results = {result["file"]: result for result in json.loads((folder / "results.json").read_text())}
    complaints, cleaned = [], []
    for entry in manifest:
        result = results.pop(entry["file"], None)
        if result is None:
            complaints.append(f"{entry['file']}: no result")
            continue
        complaints += [f"{entry['file']}: {line}" for line in _said(entry, result)]
        if result["outcome"] == "refused":
            continue
        output = folder / result["output"]
        sample = HERE / "samples" / entry["file"]
        if result["outcome"] == "untouched" and output.read_bytes() != sample.read_bytes():
            complaints.append(f"{entry['file']}: untouched, but not the same bytes")
        cleaned.append(output)
        complaints += [f"{entry['file']}: {line}" for line in content.differences(entry, sample, output)]
    complaints += [f"{name}: a result for no sample" for name in results]
    return complaints + judge_tags(cleaned)


def _said(entry, result):
    """Complains about outcome, reason, extension and traces."""
    if result["outcome"] == "refused" and entry.get("or_refused") and entry["outcome"] != "refused":
        return
    if result["outcome"] != entry["outcome"]:
        yield f"{result['outcome']} {result.get('reason', '')}, not {entry['outcome']}"
        return
    if entry["outcome"] == "refused":
        reasons = [entry["reason"], *entry.get("or_reasons", [])]
        if result["reason"] not in reasons:
            yield f"refused as {result['reason']}, not {' or '.join(reasons)}"
    missing = set(entry["traces"]) - set(result["traces"])
    if missing and entry["outcome"] == "cleaned":
        yield f"traces not told: {', '.join(sorted(missing))}"
    suffix = re.sub(r".*\.", "", entry["file"])
    extensions = [entry.get("extension", suffix), *entry.get("or_extensions", [])]
    if result["extension"] not in extensions and entry.get("reason") != "damaged":
        yield f"extension {result['extension']}, not {' or '.join(extensions)}"


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("results", "tags"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
