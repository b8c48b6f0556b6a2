"""What may not be left: planted markers in any encoding, and tags that are not on the list."""

import re
import subprocess
from pathlib import Path

ALLOWED = Path(__file__).resolve().parent.parent / "allowed-tags.txt"
# Planted words, days and numbers (make/common.py, make/media.py), as bytes.
MARKERS = {
    "word": b"RAHASIA",
    "word in UTF-16 LE": "RAHASIA".encode("utf-16-le"),
    "word in UTF-16 BE": "RAHASIA".encode("utf-16-be"),
    "word in hex": b"RAHASIA".hex().encode(),
    "EXIF day": b"1997:08:17",
    "ISO day": b"1997-08-17",
    "PDF day": b"19970817",
    "MP4 time": (2954657472).to_bytes(4, "big"),
    "place": (5831).to_bytes(4, "big") + (100).to_bytes(4, "big"),
    "place LE": (5831).to_bytes(4, "little") + (100).to_bytes(4, "little"),
}
READ = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf"}


def markers(file):
    """Returns a complaint for every planted marker in a file."""
    data = file.read_bytes()
    return [f"{file.name}: {name} is left" for name, marker in MARKERS.items()
            if marker in data or marker in data.upper()]


def worth_reading(part):
    """Tells if exiftool can say something about an unpacked part."""
    return part.suffix.lower() in READ


def foreign(files):
    """Returns a complaint for every tag exiftool finds that is not on the list."""
    allowed, fixed = _allowed()
    complaints = []
    for start in range(0, len(files), 200):
        for file, tag, value in _read(files[start:start + 200]):
            if tag not in allowed and fixed.get(tag) != value:
                complaints.append(f"{file}: tag {tag} = {value}")
    return complaints


def _allowed():
    allowed, fixed = set(), {}
    for line in ALLOWED.read_text().splitlines():
        line = line.split("#")[0].strip() if not re.match(r"Track#", line) else line.strip()
        if " = " in line:
            tag, value = line.split(" = ", 1)
            fixed[tag] = value
        elif line:
            allowed.add(line)
    return allowed, fixed


def _read(files):
    if not files:
        return
    done = subprocess.run(["exiftool", "-G1", "-a", "-s", "-ee", "-charset", "filename=utf8", "--System:all",
                           "--ExifTool:ExifToolVersion", *map(str, files)], capture_output=True, check=False)
    current = str(files[0])
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith("======== "):
            current = line[9:]
        elif match := re.match(r"\[([^\]]*)\] +(\S+) *: ?(.*)", line):
            group = re.sub(r"^Track\d+$", "Track#", match[1])
            yield Path(current).name, f"{group}:{match[2]}", match[3].strip()
