"""EXIF, XMP, IPTC and ICC blocks full of planted strings."""

import struct

from .common import EXIF_TIME, LATITUDE, LONGITUDE, MARK


def exif(orientation=1, order=">", thumbnail=b"", rich=True):
    """Returns a TIFF structure: IFD0, Exif IFD with a maker note, GPS IFD and a thumbnail IFD."""
    writer = _Tiff(order)
    base = [(0x0112, 3, [orientation])]
    if not rich:
        return writer.build([base])
    main = base + [
        (0x010E, 2, f"{MARK}-description"),
        (0x010F, 2, f"{MARK}-make"),
        (0x0110, 2, f"{MARK}-model"),
        (0x0131, 2, f"{MARK}-software"),
        (0x0132, 2, EXIF_TIME),
        (0x013B, 2, f"{MARK}-artist"),
        (0x8298, 2, f"{MARK}-copyright"),
    ]
    detail = [
        (0x9003, 2, EXIF_TIME),
        (0x9291, 2, "123"),
        (0x927C, 7, f"{MARK}-makernote".encode() + bytes(range(64))),
        (0x9286, 7, b"ASCII\0\0\0" + f"{MARK}-usercomment".encode()),
        (0xA420, 2, f"{MARK}-uniqueid"),
        (0xA431, 2, f"{MARK}-serial"),
        (0xA430, 2, f"{MARK}-owner"),
    ]
    gps = [
        (0x0001, 2, "S"),
        (0x0002, 5, LATITUDE),
        (0x0003, 2, "E"),
        (0x0004, 5, LONGITUDE),
        (0x001D, 2, EXIF_TIME[:10]),
    ]
    second = [(0x0103, 3, [6]), (0x0201, 4, ["thumbnail"]), (0x0202, 4, [len(thumbnail)])] if thumbnail else None
    return writer.build([main, second], detail, gps, thumbnail)


class _Tiff:
    """Lays out IFDs one after the other, values behind each."""

    def __init__(self, order):
        self.order = order

    def build(self, chain, detail=None, gps=None, thumbnail=b""):
        chain = [ifd for ifd in chain if ifd]
        ifds = list(chain)
        if detail:
            ifds[0] = ifds[0] + [(0x8769, 4, ["detail"])]
            ifds += [detail]
        if gps:
            ifds[0] = ifds[0] + [(0x8825, 4, ["gps"])]
            ifds += [gps]
        starts, at = [], 8
        for ifd in ifds:
            starts.append(at)
            at += len(self._ifd(ifd, at, {}, 0))
        names = {"thumbnail": at}
        if detail:
            names["detail"] = starts[len(chain)]
        if gps:
            names["gps"] = starts[-1]
        out = (b"MM" if self.order == ">" else b"II") + struct.pack(self.order + "HI", 42, 8)
        for place, ifd in enumerate(ifds):
            following = starts[place + 1] if place + 1 < len(chain) else 0
            out += self._ifd(ifd, starts[place], names, following)
        return out + thumbnail

    def _ifd(self, entries, start, names, following):
        entries = sorted(entries)
        head = struct.pack(self.order + "H", len(entries))
        values, at = b"", start + 2 + 12 * len(entries) + 4
        for tag, kind, value in entries:
            data, count = self._value(kind, value, names)
            if len(data) <= 4:
                cell = data.ljust(4, b"\0")
            else:
                cell = struct.pack(self.order + "I", at + len(values))
                values += data + b"\0" * (len(data) % 2)
            head += struct.pack(self.order + "HHI", tag, kind, count) + cell
        return head + struct.pack(self.order + "I", following) + values

    def _value(self, kind, value, names):
        if kind == 2:
            data = value.encode() + b"\0"
            return data, len(data)
        if kind == 7:
            return value, len(value)
        if kind == 5:
            return b"".join(struct.pack(self.order + "II", *pair) for pair in value), len(value)
        numbers = [names.get(number, 0) if isinstance(number, str) else number for number in value]
        return b"".join(struct.pack(self.order + ("H" if kind == 3 else "I"), n) for n in numbers), len(numbers)


def xmp(extra=""):
    """Returns an XMP packet with author, place, device, history and ids."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
        f'xmp:CreatorTool="{MARK}-tool" xmp:CreateDate="1997-08-17T10:11:12" xmpMM:DocumentID="{MARK}-docid" '
        f'exif:GPSLatitude="10,10.97S" exif:GPSLongitude="123,36.42E" {extra}>'
        f"<dc:creator><rdf:Seq><rdf:li>{MARK}-creator</rdf:li></rdf:Seq></dc:creator>"
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{MARK}-caption</rdf:li></rdf:Alt></dc:description>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>" + " " * 200 + '<?xpacket end="w"?>'
    ).encode()


def iptc():
    """Returns a Photoshop resource block with IPTC by-line, caption and city."""
    records = b""
    for dataset, text in ((80, "byline"), (120, "caption"), (90, "city"), (116, "copyright")):
        data = f"{MARK}-iptc-{text}".encode()
        records += b"\x1c\x02" + bytes([dataset]) + struct.pack(">H", len(data)) + data
    pad = b"\0" * (len(records) % 2)
    return b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records + pad


def icc():
    """Returns a small RGB profile (sRGB primaries) whose description and copyright name a person."""
    def text(kind, words):
        data = words.encode()
        if kind == "desc":
            return b"desc\0\0\0\0" + struct.pack(">I", len(data) + 1) + data + b"\0" + bytes(78)
        return b"text\0\0\0\0" + data + b"\0"

    def xyz(*numbers):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0233)
    tags = [
        (b"desc", text("desc", f"{MARK}-monitor")),
        (b"cprt", text("text", f"{MARK}-profile-owner")),
        (b"wtpt", xyz(0.9642, 1, 0.8249)),
        (b"rXYZ", xyz(0.4361, 0.2225, 0.0139)),
        (b"gXYZ", xyz(0.3851, 0.7169, 0.0971)),
        (b"bXYZ", xyz(0.1431, 0.0606, 0.7141)),
        (b"rTRC", gamma),
        (b"gTRC", gamma),
        (b"bTRC", gamma),
    ]
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s6H4s4sI4s4sQI3i4s44x", 128 + len(table) + len(body), b"test", 0x02100000, b"mntr",
                       b"RGB ", b"XYZ ", 1997, 8, 17, 10, 11, 12, b"acsp", b"APPL", 0, b"RHSA", b"MODL", 0, 0,
                       round(0.9642 * 65536), 65536, round(0.8249 * 65536), b"RHSA")
    return head + table + body
