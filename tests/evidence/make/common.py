"""What the generators of the corpus share: the marker, the manifest and a way to run a tool."""

import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SAMPLES = HERE / "samples"

# Every planted string starts with this word; none of it may be left in a cleaned file, in any encoding.
MARK = "RAHASIA"
# Planted numbers: a place in Kupang as EXIF rationals and a day in 1997, searched as text and as bytes.
LATITUDE = ((10, 1), (10, 1), (5831, 100))
LONGITUDE = ((123, 1), (36, 1), (2517, 100))
EXIF_TIME = "1997:08:17 10:11:12"

_entries = []


def run(*command, data=None):
    """Runs a tool and returns its standard output; a failure ends the generator."""
    done = subprocess.run([str(word) for word in command], input=data, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


def in_folder(work):
    """Calls `work` with a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder))


def sample(name, data, outcome, content="none", traces=(), **more):
    """Writes a sample and its line of the manifest.

    outcome: cleaned, untouched or refused (`reason` then); `or_refused` allows a cleaner to refuse what is hard;
    content: what must be equal afterwards: pixels, frames, streams, render, text or none.
    """
    SAMPLES.mkdir(exist_ok=True)
    (SAMPLES / name).write_bytes(data)
    _entries.append({"file": name, "outcome": outcome, "content": content, "traces": sorted(traces), **more})


def write_manifest():
    """Writes samples.json and removes samples nobody made."""
    names = {entry["file"] for entry in _entries}
    for path in SAMPLES.iterdir():
        if path.name not in names:
            path.unlink()
    lines = ",\n".join("  " + json.dumps(entry) for entry in _entries)
    (HERE / "samples.json").write_text("[\n" + lines + "\n]\n")


def truncated(data, part=0.6):
    """Returns the first part of a file."""
    return data[: int(len(data) * part)]
