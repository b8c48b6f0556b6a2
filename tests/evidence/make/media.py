"""MP4, MOV, M4A and MP3."""

import struct

from .common import EXIF_TIME, MARK, in_folder, run, sample, truncated
from .exif import xmp

# 1997-08-17 10:11:12 in seconds since 1904, as MP4 counts.
MP4_TIME = 2954657472
CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts", b"dinf", b"moof", b"traf", b"mvex")


def make():
    """Writes every recording."""
    _mp4()
    _mp3()


def box(kind, data):
    """Returns a box."""
    return struct.pack(">I", len(data) + 8) + kind + data


def boxes(data):
    """Returns the boxes of a container as (kind, data)."""
    found, at = [], 0
    while at < len(data):
        length = struct.unpack_from(">I", data, at)[0]
        assert length >= 8, "the tools of this generator write short boxes only"
        found.append((data[at + 4:at + 8], data[at + 8:at + length]))
        at += length
    return found


def rewrite(data, change):
    """Applies `change(path, data)` to every box, inner ones first; None removes the box."""
    def walk(body, path):
        out = b""
        for kind, inner in boxes(body):
            here = path + (kind,)
            if kind in CONTAINERS:
                inner = walk(inner, here)
            inner = change(here, inner)
            if inner is not None:
                out += box(kind, inner)
        return out

    return walk(data, ())


def _dated(path, data):
    """Sets the planted time in the headers of movie, tracks and media, and names the handlers."""
    if path[-1] in (b"mvhd", b"tkhd", b"mdhd"):
        return data[:4] + struct.pack(">II", MP4_TIME, MP4_TIME) + data[12:]
    if path[-1] == b"hdlr" and path[-2] == b"mdia":
        name = f"{MARK}-handler\0".encode()
        return data[:24] + (bytes([len(name)]) + name if data[4:8] == b"mhlr" else name)
    return data


def _recording(suffix, *options):
    """Returns a second of picture and tone, with tags as ffmpeg writes them."""
    def draw(folder):
        target = folder / f"out.{suffix}"
        picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10"] if suffix != "m4a" else []
        tags = []
        for key in ("title", "artist", "comment", "location", "com.apple.quicktime.location.ISO6709", "make", "model",
                    "com.android.version", "album", "copyright", "description", "encoder"):
            tags += ["-metadata", f"{key}={MARK}-{key.split('.')[-1].lower()}"]
        run("ffmpeg", "-v", "error", *picture, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050", "-t", "1",
            "-pix_fmt", "yuv420p", "-bitexact", *tags, *options, target)
        return target.read_bytes()

    return in_folder(draw)


def _udta():
    """Returns user data as phones write it: place, maker, model and one box nobody knows."""
    def words(kind, text):
        data = text.encode()
        return box(kind, struct.pack(">HH", len(data), 0x15C7) + data)

    loci = b"\0\0\0\0\x15\xc7RAHASIA-loci\0\0" + struct.pack(">iii", 123 << 16, -10 << 16, 0) + b"earth\0\0"
    inner = words(b"\xa9xyz", "-10.1830+123.6070/RAHASIA") + words(b"\xa9mak", "RAHASIA-make") + box(b"loci", loci)
    inner += words(b"\xa9mod", "RAHASIA-model") + box(b"SDLN", b"RAHASIA-samsung") + box(b"smta", box(b"saut", b"RAHASIA"))
    return box(b"udta", inner)


def _keys():
    """Returns a QuickTime `meta` box with keys, as iPhones write."""
    keys, values = b"", b""
    for number, (key, value) in enumerate((("location.ISO6709", "-10.18+123.60/RAHASIA"), ("make", "RAHASIA-make"),
                                           ("creationdate", "1997-08-17T10:11:12+0800"), ("content.identifier", "RAHASIA-uuid")), 1):
        name = f"com.apple.quicktime.{key}".encode()
        keys += struct.pack(">I4s", len(name) + 8, b"mdta") + name
        values += box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + value.encode()))
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(12) + b"\0")
    return box(b"meta", handler + box(b"keys", struct.pack(">II", 0, 4) + keys) + box(b"ilst", values))


UUID_XMP = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")


def _rich(path, data):
    """Adds user data, keys and a free box with old content to the movie; user data to each track."""
    if path == (b"moov",):
        return data + _udta() + _keys() + box(b"free", b"RAHASIA-old-moov" * 2) + box(b"uuid", UUID_XMP + xmp())
    if path == (b"moov", b"trak"):
        return data + box(b"udta", box(b"name", b"RAHASIA-track"))
    return _dated(path, data)


def _shift(data, by):
    """Moves the chunk offsets of a movie whose media data moved."""
    def change(path, inner):
        if path[-1] != b"stco":
            return inner
        count = struct.unpack_from(">I", inner, 4)[0]
        moved = [offset + by for offset in struct.unpack_from(f">{count}I", inner, 8)]
        return inner[:8] + struct.pack(f">{count}I", *moved)

    return rewrite(data, change)


def _moov_first(data, change):
    """Rewrites a movie whose index comes first, and corrects its offsets."""
    rich = rewrite(data, change)
    return _shift(rich, rich.index(b"mdat") - data.index(b"mdat"))


def _with_places(data):
    """Adds a track of timed metadata (a place every tenth of a second) behind a movie whose index is last."""
    places = [f"RAHASIA-place-{number:02}".encode() for number in range(10)]
    start = len(data) + 8

    def change(path, inner):
        if path != (b"moov",):
            return inner
        first = dict(boxes(inner))[b"trak"]
        media = dict(boxes(dict(boxes(first))[b"mdia"]))
        table = box(b"stsd", struct.pack(">II", 0, 1) + box(b"mett", bytes(6) + b"\0\1" + b"\0application/RAHASIA\0"))
        table += box(b"stts", struct.pack(">IIII", 0, 1, 10, 1024)) + box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 10, 1))
        table += box(b"stsz", struct.pack(">III", 0, len(places[0]), 10)) + box(b"stco", struct.pack(">III", 0, 1, start))
        info = dict(boxes(media[b"minf"]))
        minf = box(b"nmhd", bytes(4)) + box(b"dinf", info[b"dinf"]) + box(b"stbl", table)
        handler = box(b"hdlr", bytes(8) + b"meta" + bytes(12) + b"RAHASIA-gps\0")
        mdia = box(b"mdhd", media[b"mdhd"]) + handler + box(b"minf", minf)
        head = bytearray(dict(boxes(first))[b"tkhd"])
        head[12:16] = struct.pack(">I", 9)
        return inner + box(b"trak", box(b"tkhd", bytes(head)) + box(b"mdia", mdia))

    assert data.index(b"mdat") < data.index(b"moov")
    moov = data.index(b"moov") - 4
    media = box(b"mdat", b"".join(places))
    # The places lie between the old media data and the index.
    start = moov + 8
    return data[:moov] + media + rewrite(data[moov:], change)


def _mp4():
    video = ("-c:v", "mpeg4", "-q:v", "12", "-c:a", "aac", "-b:a", "24k")
    last = _recording("mp4", *video)
    first = _recording("mp4", *video, "-movflags", "+faststart")
    traces = ["author", "caption", "device", "location", "software", "time"]
    sample("video-moov-last.mp4", rewrite(last, _rich), "cleaned", "streams", traces)
    sample("video-moov-first.mp4", _moov_first(first, _rich), "cleaned", "streams", traces)
    sample("video-keys.mov", rewrite(_recording("mov", *video, "-movflags", "+use_metadata_tags"), _rich), "cleaned", "streams",
           ["device", "identifier", "location", "time"])
    sample("video-h264.mp4", rewrite(_recording("mp4", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "40", "-c:a", "aac"), _rich),
           "cleaned", "streams", traces)
    sample("audio.m4a", rewrite(_recording("m4a", "-c:a", "aac", "-b:a", "24k"), _rich), "cleaned", "streams", traces)
    wide = box(b"free", b"RAHASIA-free" * 4) + box(b"skip", b"RAHASIA-skip" * 4) + box(b"uuid", UUID_XMP + xmp())
    dated = rewrite(last, _dated)
    sample("video-free-boxes.mp4", dated + wide + box(b"RHSA", b"RAHASIA-unknown"), "cleaned", "streams", ["other", "time"])
    sample("video-trailing.mp4", dated + box(b"mdat", b"RAHASIA-media-nobody-refers-to"), "cleaned", "streams", ["other"])
    sample("video-places.mp4", _with_places(dated), "cleaned", "streams", ["location", "time"])
    sample("video-fragmented.mp4",
           rewrite(_recording("mp4", *video, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"), _rich),
           "cleaned", "streams", ["author", "location", "time"], or_refused=True)
    sample("video-truncated.mp4", truncated(rewrite(last, _rich)), "refused", reason="damaged")
    broken = rewrite(last, _rich)
    at = broken.index(b"trak") - 4
    sample("video-broken-size.mp4", broken[:at] + struct.pack(">I", 0x7FFFFFFF) + broken[at + 4:], "refused", reason="damaged")


def _frame(kind, text, version):
    data = b"\3" + text.encode() if version == 4 else b"\1\xff\xfe" + text.encode("utf-16-le")
    if kind in (b"COMM", b"USLT"):
        data = data[:1] + b"ind" + (b"\0" if version == 4 else b"\xff\xfe\0\0") + data[1:]
    return kind + _length(len(data), version) + b"\0\0" + data


def _length(number, version):
    if version == 4:
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
    return struct.pack(">I", number)


def id3v2(version):
    """Returns an ID3v2 tag with author, time, software, owner and a picture."""
    body = b"".join(_frame(kind, text, version) for kind, text in (
        (b"TPE1", "RAHASIA-artist"), (b"TIT2", "RAHASIA-title"), (b"TSSE", "RAHASIA-encoder"), (b"COMM", "RAHASIA-comment"),
        (b"TDRC" if version == 4 else b"TYER", EXIF_TIME[:10]), (b"TOWN", "RAHASIA-owner")))
    picture = b"\0image/jpeg\0\3\0RAHASIA-picture"
    body += b"APIC" + _length(len(picture), version) + b"\0\0" + picture
    private = b"RAHASIA-owner\0" + bytes(32)
    body += b"PRIV" + _length(len(private), version) + b"\0\0" + private + bytes(100)
    return b"ID3" + bytes([version, 0, 0]) + _length(len(body), 4) + body


def id3v1():
    """Returns an ID3v1 tag."""
    return b"TAG" + b"RAHASIA-title".ljust(30) + b"RAHASIA-artist".ljust(30) + b"RAHASIA".ljust(30) + b"1997" + bytes(30) + b"\x0c"


def ape(header=True):
    """Returns an APEv2 tag."""
    items = b""
    for key, value in ((b"Artist", b"RAHASIA-ape"), (b"Comment", b"RAHASIA-comment")):
        items += struct.pack("<II", len(value), 0) + key + b"\0" + value

    def edge(flags):
        return b"APETAGEX" + struct.pack("<IIII8x", 2000, len(items) + 32, 2, flags)

    return (edge(0xA0000000) if header else b"") + items + edge(0x80000000 if header else 0)


def lyrics():
    """Returns a Lyrics3v2 tag."""
    body = b"LYRICSBEGININD0000200" + b"AUT00015RAHASIA-lyrics!"
    return body + b"%06dLYRICS200" % len(body)


def _mp3():
    def encode(*options):
        def draw(folder):
            target = folder / "out.mp3"
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050", "-t", "1", *options,
                "-id3v2_version", "0", "-write_id3v1", "0", target)
            return target.read_bytes()

        return in_folder(draw)

    plain = encode("-c:a", "libmp3lame", "-b:a", "24k", "-write_xing", "0")
    xing = encode("-c:a", "libmp3lame", "-q:a", "6")
    traces = ["author", "caption", "software", "thumbnail", "time"]
    sample("audio-plain.mp3", plain, "untouched", "streams")
    sample("audio-id3v23.mp3", id3v2(3) + xing, "cleaned", "streams", traces)
    sample("audio-id3v24.mp3", id3v2(4) + plain, "cleaned", "streams", traces)
    sample("audio-all.mp3", id3v2(4) + plain + ape() + lyrics() + id3v1(), "cleaned", "streams", traces)
    sample("audio-two-tags.mp3", id3v2(4) + id3v2(3) + plain + id3v1(), "cleaned", "streams", traces)
    sample("audio-id3v1.mp3", plain + id3v1(), "cleaned", "streams", ["author", "caption"])
    sample("audio-ape.mp3", plain + ape(False), "cleaned", "streams", ["other"])
    sample("audio-trailing.mp3", plain + b"RAHASIA-trailer" * 10, "cleaned", "streams", ["other"], or_refused=True)
    sample("audio-truncated-tag.mp3", id3v2(4)[:60], "refused", reason="damaged")
    sample("audio.wav", _wav(), "refused", reason="unsupported", extension="wav")


def _wav():
    info = b"INFOIART" + struct.pack("<I", 16) + b"RAHASIA-artist.\0"
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", len(info)) + info
    body += b"data" + struct.pack("<I", 64) + bytes(64)
    return b"RIFF" + struct.pack("<I", len(body)) + body
