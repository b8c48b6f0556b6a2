"""JPEG, PNG, WebP, GIF and the pictures no cleaner knows."""

import struct
import zlib

from .common import MARK, in_folder, run, sample, truncated
from .exif import exif, icc, iptc, xmp

PHONE = ["author", "caption", "device", "identifier", "location", "software", "thumbnail", "time"]


def make():
    """Writes every picture."""
    _jpeg()
    _png()
    _webp()
    _gif()
    _others()


def picture(suffix, *options, size="64x48"):
    """Returns a picture without metadata, drawn by ffmpeg and stored by ImageMagick."""
    def draw(folder):
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=size={size}:rate=1", "-frames:v", "1",
            "-bitexact", folder / "in.png")
        run("convert", folder / "in.png", "-strip", "-define", "png:exclude-chunks=date,tIME,gAMA,cHRM,bKGD",
            *options, folder / f"out.{suffix}")
        return (folder / f"out.{suffix}").read_bytes()

    return in_folder(draw)


def segment(code, data):
    """Returns a JPEG segment."""
    return b"\xff" + bytes([code]) + struct.pack(">H", len(data) + 2) + data


def _exif_segment(**options):
    return segment(0xE1, b"Exif\0\0" + exif(**options))


def _after_start(jpeg, *segments):
    """Inserts segments behind SOI, before JFIF, as cameras do."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def _mpf(first_length, second_length):
    """Returns an MPF index that names a second picture behind the first."""
    entries = struct.pack(">IIIHH", 0x030000, first_length, 0, 0, 0) + struct.pack(">IIIHH", 0, second_length, 99, 0, 0)
    head = b"MM\0\x2a" + struct.pack(">I", 8) + struct.pack(">H", 3)
    head += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    head += struct.pack(">HHII", 0xB002, 7, len(entries), 8 + 2 + 36 + 4) + struct.pack(">I", 0)
    return segment(0xE2, b"MPF\0" + head + entries)


def _jpeg():
    base = picture("jpg", "-quality", "80")
    small = picture("jpg", "-quality", "30", size="32x24")
    thumb = picture("jpg", "-quality", "30", size="16x12")
    progressive = picture("jpg", "-interlace", "JPEG", "-quality", "80")
    phone = _after_start(base, _exif_segment(orientation=6, thumbnail=thumb))
    sample("jpeg-plain.jpg", base, "untouched", "pixels")
    sample("jpeg-phone.jpg", phone, "cleaned", "pixels", PHONE, orientation=6)
    sample("jpeg-little-endian.jpg", _after_start(base, _exif_segment(orientation=8, order="<", thumbnail=thumb)),
           "cleaned", "pixels", PHONE, orientation=8)
    everything = (
        _exif_segment(orientation=3), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp()),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 20, 0) + b"RAHASIA-extended-xmp"),
        segment(0xED, iptc()), segment(0xE2, b"ICC_PROFILE\0\1\1" + icc()), segment(0xFE, f"{MARK}-comment".encode()),
        segment(0xEB, b"JP" + struct.pack(">HI", 1, 1) + f"{MARK}-c2pa".encode()), segment(0xE4, b"RAHASIA-app4"),
        segment(0xEF, b"RAHASIA-app15"))
    sample("jpeg-editor.jpg", _after_start(base, *everything), "cleaned", "pixels",
           ["author", "caption", "device", "location", "software", "time"], orientation=3)
    sample("jpeg-progressive.jpg", _after_start(progressive, *everything), "cleaned", "pixels", ["author"], orientation=3)
    between = progressive.rfind(b"\xff\xda")
    sample("jpeg-between-scans.jpg", progressive[:between] + segment(0xFE, b"RAHASIA-between") + progressive[between:],
           "cleaned", "pixels", ["caption"])
    sample("jpeg-trailing.jpg", base + b"\0\0RAHASIA-trailer" * 20, "cleaned", "pixels", ["other"])
    sample("jpeg-mpf.jpg", _mpf_pair(base, _after_start(small, _exif_segment(orientation=1))), "cleaned", "pixels", ["other"])
    motion = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp('GCamera:MotionPhoto="1"'))
    video = struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0) + struct.pack(">I4s", 40, b"mdat") + b"RAHASIA-motion-photo-of-sound..."
    sample("jpeg-motion.jpg", _after_start(base, motion) + video, "cleaned", "pixels", ["location", "other"])
    sample("jpeg-fill-bytes.jpg", base[:2] + b"\xff\xff" + segment(0xFE, b"RAHASIA-fill") + b"\xff" + base[2:],
           "cleaned", "pixels", ["caption"])
    jfxx = segment(0xE0, b"JFXX\0\x10" + thumb + b"RAHASIA-jfxx")
    jfif = base.index(b"\xff\xe0")
    sample("jpeg-jfxx.jpg", base[: jfif + 18] + jfxx + base[jfif + 18:], "cleaned", "pixels", ["thumbnail"])
    cmyk = picture("jpg", "-colorspace", "CMYK", "-quality", "80")
    sample("jpeg-cmyk.jpg", _after_start(cmyk, _exif_segment(orientation=6)), "cleaned", "pixels", [trace for trace in PHONE if trace != "thumbnail"], orientation=6)
    sample("jpeg-grey-restart.jpg", _after_start(picture("jpg", "-colorspace", "Gray", "-define", "jpeg:restart-interval=4"),
           _exif_segment(orientation=2)), "cleaned", "pixels", ["author"], orientation=2)
    sample("jpeg-truncated.jpg", truncated(phone), "refused", reason="damaged")
    sample("jpeg-broken-length.jpg", phone[:4] + b"\xff\xf0" + phone[6:], "refused", reason="damaged")
    sample("jpeg-head-only.jpg", phone[:40], "refused", reason="damaged")


def _mpf_pair(first, second):
    length = len(first) + len(_mpf(0, 0))
    return _after_start(first, _mpf(length, len(second))) + second


def chunk(kind, data):
    """Returns a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png():
    base = picture("png", "-define", "png:color-type=2")
    start = 33
    text = chunk(b"tEXt", b"Author\0RAHASIA-text") + chunk(b"zTXt", b"Software\0\0" + zlib.compress(b"RAHASIA-ztxt"))
    text += chunk(b"iTXt", b"Description\0\0\0id\0Keterangan\0RAHASIA-itxt")
    rich = text + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp()) + chunk(b"eXIf", exif(orientation=6))
    rich += chunk(b"tIME", struct.pack(">H5B", 1997, 8, 17, 10, 11, 12)) + chunk(b"iCCP", b"p\0\0" + zlib.compress(icc()))
    rich += chunk(b"pHYs", struct.pack(">IIB", 3779, 3779, 1))
    sample("png-plain.png", base, "untouched", "pixels")
    sample("png-rich.png", base[:start] + rich + base[start:], "cleaned", "pixels",
           ["author", "caption", "device", "location", "software", "time"], orientation=6)
    unknown = chunk(b"prVt", b"RAHASIA-private") + chunk(b"caBX", b"RAHASIA-c2pa") + chunk(b"sPLT", b"RAHASIA-palette\0\x08")
    sample("png-unknown-chunks.png", base[:start] + unknown + base[start:], "cleaned", "pixels", ["other"])
    sample("png-critical-unknown.png", base[:start] + chunk(b"RahA", b"RAHASIA-critical") + base[start:], "refused",
           reason="unsupported")
    sample("png-trailing.png", base + b"RAHASIA-trailer" * 10, "cleaned", "pixels", ["other"])
    late = base[:-12] + text + base[-12:]
    sample("png-late-text.png", late, "cleaned", "pixels", ["author", "caption", "software"])
    palette = picture("png", "-colors", "16", "-define", "png:color-type=3")
    sample("png-palette.png", palette[:start] + text + palette[start:], "cleaned", "pixels", ["author"])
    animated = _animation("apng", "-plays", "0")
    sample("png-animated.png", animated[:start] + text + animated[start:], "cleaned", "frames", ["author"])
    sample("png-truncated.png", truncated(base[:start] + rich + base[start:], 0.8), "refused", reason="damaged")
    broken = bytearray(base)
    broken[len(base) // 2] ^= 0x55
    sample("png-bad-crc.png", bytes(broken), "refused", reason="damaged")
    sample("png-no-end.png", base[:-12], "refused", reason="damaged")


def _animation(form, *options):
    def draw(folder):
        target = folder / f"out.{form}"
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=32x24:rate=4", "-frames:v", "4", "-bitexact",
            *options, "-f", form, target)
        return target.read_bytes()

    return in_folder(draw)


def riff(*chunks):
    """Returns a WebP container of chunks (name, data)."""
    body = b"WEBP"
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def unriff(data):
    """Returns the chunks of a WebP container."""
    chunks, at = [], 12
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 4)[0]
        chunks.append((data[at:at + 4], data[at + 8:at + 8 + length]))
        at += 8 + length + length % 2
    return chunks


def _extended(flags, width=64, height=48):
    return b"VP8X", struct.pack("<B3x", flags) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]


def _webp():
    def encode(*options):
        def draw(folder):
            (folder / "in.png").write_bytes(picture("png", "-define", "png:color-type=6", "-alpha", "set", "-channel", "A",
                                                    "-evaluate", "set", "50%"))
            run("cwebp", "-quiet", "-metadata", "none", *options, folder / "in.png", "-o", folder / "out.webp")
            return (folder / "out.webp").read_bytes()

        return in_folder(draw)

    lossy, lossless, alpha = encode("-noalpha"), encode("-lossless", "-noalpha"), encode("-q", "70")
    tags = [(b"EXIF", exif(orientation=6)), (b"XMP ", xmp())]
    sample("webp-plain.webp", lossy, "untouched", "pixels")
    sample("webp-lossy.webp", riff(_extended(0x2C), (b"ICCP", icc()), *unriff(lossy), *tags), "cleaned", "pixels",
           ["author", "caption", "device", "location", "software", "time"], orientation=6)
    sample("webp-lossless.webp", riff(_extended(0x0C), *unriff(lossless), (b"EXIF", b"Exif\0\0" + exif(orientation=3, order="<")),
           (b"XMP ", xmp())), "cleaned", "pixels", ["author"], orientation=3)
    sample("webp-alpha.webp", riff(_extended(0x1C), *unriff(alpha)[1:], *tags), "cleaned", "pixels", ["author"], orientation=6)
    sample("webp-unknown-chunk.webp", riff(_extended(0), *unriff(lossy), (b"RHSA", b"RAHASIA-unknown")), "cleaned", "pixels",
           ["other"])
    sample("webp-trailing.webp", lossy + b"RAHASIA-trailer", "cleaned", "pixels", ["other"])
    animated = unriff(_animated_webp())
    inner = [(name, data + b"RHSA" + struct.pack("<I", 14) + b"RAHASIA-frame." if name == b"ANMF" else data)
             for name, data in animated]
    sample("webp-animated.webp", riff(_extended(0x0E, 32, 24), *inner[1:], *tags), "cleaned", "frames", ["author", "other"],
           orientation=6)
    sample("webp-truncated.webp", truncated(riff(_extended(0x0C), *unriff(lossy), *tags), 0.5), "refused", reason="damaged")


def _animated_webp():
    def draw(folder):
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=32x24:rate=4", "-frames:v", "3", folder / "f%d.png")
        frames = []
        for number in (1, 2, 3):
            run("cwebp", "-quiet", "-lossless", folder / f"f{number}.png", "-o", folder / f"f{number}.webp")
            frames += ["-frame", folder / f"f{number}.webp", "+100"]
        run("webpmux", *frames, "-loop", "0", "-o", folder / "out.webp")
        return (folder / "out.webp").read_bytes()

    return in_folder(draw)


def _gif():
    base = picture("gif", "-colors", "16")
    animated = _animation("gif")
    comment = b"\x21\xfe" + bytes([15]) + b"RAHASIA-comment" + b"\0"
    application = b"\x21\xff\x0bRAHASIA-app\x08RAHASIA!\0"
    packet = b"\x21\xff\x0bXMP DataXMP" + xmp() + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    start = 13 + 3 * (2 << (base[10] & 7))
    sample("gif-plain.gif", base, "untouched", "pixels")
    sample("gif-comment.gif", base[:start] + comment + application + packet + base[start:], "cleaned", "pixels",
           ["author", "caption", "location", "other", "time"])
    at = 13 + 3 * (2 << (animated[10] & 7))
    sample("gif-animated.gif", animated[:at] + comment + animated[at:-1] + comment + animated[-1:], "cleaned", "frames",
           ["caption"])
    sample("gif-trailing.gif", base + b"RAHASIA-trailer" * 10, "cleaned", "pixels", ["other"])
    sample("gif-truncated.gif", truncated(base), "refused", reason="damaged")


def _others():
    def convert(suffix):
        def draw(folder):
            (folder / "in.png").write_bytes(picture("png"))
            run("convert", folder / "in.png", "-compress", "zip" if suffix == "tif" else "none", folder / f"out.{suffix}")
            return (folder / f"out.{suffix}").read_bytes()

        return in_folder(draw)

    def heic(folder):
        (folder / "in.jpg").write_bytes(_after_start(picture("jpg"), _exif_segment(orientation=6)))
        run("heif-enc", "-q", "40", folder / "in.jpg", "-o", folder / "out.heic")
        return (folder / "out.heic").read_bytes()

    sample("photo.heic", in_folder(heic), "refused", reason="unsupported", extension="heic")
    sample("scan.tif", convert("tif"), "refused", reason="unsupported", extension="tif")
    sample("scan.bmp", convert("bmp"), "refused", reason="unsupported", extension="bmp")
    # A name says nothing: this one is a PNG.
    png = picture("png")
    sample("named-wrongly.jpg", png[:33] + chunk(b"tEXt", b"Author\0RAHASIA-text") + png[33:], "cleaned", "pixels", ["author"],
           extension="png")
