"""What must not change: pixels, samples, pages and words."""

import hashlib
import re
import subprocess
import zipfile
import zlib
from xml.etree import ElementTree

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# Elements whose words are the content of a document, by local name.
WORDS = {"t", "delText", "text", "v", "f", "p", "h", "span"}
NO_WORDS = {"creator", "date", "creator-initials", "title", "desc"}


def differences(entry, sample, output):
    """Complains about content that differs between a sample and what was made of it."""
    reader = {"pixels": _pixels, "frames": _frames, "streams": _streams, "render": _render, "text": _text,
              "none": lambda _: None}[entry["content"]]
    try:
        before, after = reader(sample), reader(output)
    except _Unreadable as error:
        yield f"content cannot be read: {error}"
        return
    if before != after:
        yield f"{entry['content']} differ"
    if entry["content"] in ("pixels", "frames"):
        turned = _tool("exiftool", "-n", "-s3", "-Orientation", output).decode().strip()
        if (turned or "1") != str(entry.get("orientation", 1)):
            yield f"orientation {turned or 'lost'}, not {entry.get('orientation', 1)}"
    if output.read_bytes()[:2] == b"PK":
        yield from _package(output)


def unpacked(file, scratch):
    """Returns what is packed inside a file as files: ZIP parts, PDF streams."""
    data = file.read_bytes()
    parts = []
    if data[:4] == b"PK\3\4":
        with zipfile.ZipFile(file) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
    elif data[:5] == b"%PDF-":
        parts = [("qdf.pdf.txt", _tool("qpdf", "--qdf", "--object-streams=disable", file, "-"))]
        parts += [(f"{number}.jpg", found) for number, found in enumerate(_pdf_streams(data)) if found[:2] == b"\xff\xd8"]
    files = []
    for number, (name, part) in enumerate(parts):
        scratch.mkdir(exist_ok=True)
        files.append(scratch / f"{number}-{re.sub('[^A-Za-z0-9.]', '_', name)}")
        files[-1].write_bytes(part)
    return files


class _Unreadable(Exception):
    """A tool could not read a file."""


def _tool(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    # qpdf ends with 3 for warnings.
    if done.returncode != 0 and not (command[0] == "qpdf" and done.returncode == 3):
        raise _Unreadable(f"{command[0]}: {done.stderr.decode(errors='replace')[:300]}")
    return done.stdout


def _pixels(file):
    if file.read_bytes()[8:12] == b"WEBP":
        return _frames(file)
    return _decoded("-noautorotate", "-i", file)


def _frames(file):
    if file.read_bytes()[8:12] == b"WEBP":
        shape = _tool("identify", "-format", "%w %h %T %D %p;", file)
        return shape, hashlib.sha256(_tool("convert", file, "+profile", "*", "-coalesce", "rgba:-")).hexdigest()
    return _decoded(*(["-f", "apng"] if file.read_bytes()[:4] == b"\x89PNG" else []), "-i", file)


def _streams(file):
    return _decoded("-i", file, "-map", "0:V?", "-map", "0:a")


def _decoded(*options):
    """Returns a hash of every frame; the shape of dots is a note of the file, not of its pixels."""
    lines = _tool("ffmpeg", "-v", "error", *options, "-f", "framemd5", "-").splitlines()
    return [line for line in lines if not line.startswith(b"#sar")]


def _render(file):
    pages = re.findall(rb"(?m)^Pages: +(\d+)", _tool("pdfinfo", file))
    return (pages, hashlib.sha256(_tool("pdftoppm", "-r", "72", file)).hexdigest(), _tool("pdftotext", file, "-"))


def _pdf_streams(data):
    for match in re.finditer(rb"stream\r?\n", data):
        end = data.find(b"endstream", match.end())
        raw = data[match.end():end]
        try:
            yield zlib.decompressobj().decompress(raw)
        except zlib.error:
            yield raw


def _text(file):
    if file.read_bytes()[:4] != b"PK\3\4":
        return file.read_bytes()
    words = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if re.match(r"(word|xl|ppt)/.*\.xml$|content\.xml$|styles\.xml$", name):
                found = "".join(_words(ElementTree.fromstring(archive.read(name))))
                if found:
                    words[name] = found
    return words


def _words(element, inside=False):
    name = element.tag.rsplit("}", 1)[-1]
    if name in NO_WORDS:
        return
    inside = inside or name in WORDS
    if inside and element.text:
        yield element.text
    for child in element:
        yield from _words(child, inside)
        if inside and child.tail:
            yield child.tail


def _package(file):
    """Complains about what a ZIP tells outside its parts, and about parts that do not fit together."""
    with zipfile.ZipFile(file) as archive:
        broken = archive.testzip()
        if broken or archive.comment:
            yield f"package: broken part {broken} or a comment"
        for info in archive.infolist():
            if info.date_time != ZIP_TIME or info.extra or info.comment:
                yield f"package: {info.filename} has a time, an extra field or a comment"
            if info.filename.endswith((".xml", ".rels", ".vml")):
                ElementTree.fromstring(archive.read(info))
        names = set(archive.namelist())
        for name in names:
            if name.endswith(".rels"):
                yield from _dangling(name, archive.read(name), names)
        if "[Content_Types].xml" in names:
            for part in ElementTree.fromstring(archive.read("[Content_Types].xml")):
                listed = part.get("PartName", "").lstrip("/")
                if listed and listed not in names:
                    yield f"package: {listed} is listed but absent"
        if "META-INF/manifest.xml" in names:
            for part in ElementTree.fromstring(archive.read("META-INF/manifest.xml")):
                path = next(value for key, value in part.attrib.items() if key.endswith("full-path"))
                if not path.endswith("/") and path not in names:
                    yield f"package: {path} is listed but absent"


def _dangling(name, data, names):
    folder = name.split("_rels/")[0]
    for link in ElementTree.fromstring(data):
        if link.get("TargetMode") == "External":
            continue
        parts = [] if link.get("Target").startswith("/") else folder.strip("/").split("/") if folder else []
        for step in link.get("Target").strip("/").split("/"):
            parts = parts[:-1] if step == ".." else [*parts, step]
        if "/".join(part for part in parts if part) not in names:
            yield f"package: {name} points to {link.get('Target')}, which is absent"
