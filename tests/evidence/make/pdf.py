"""PDF files, written object by object."""

import zlib

from .common import MARK, in_folder, run, sample, truncated
from .exif import exif, xmp
from .images import picture, segment

TIME = "D:19970817101112+08'00'"


def make():
    """Writes every PDF."""
    plain, rich = document(False), document(True)
    traces = ["author", "software", "time"]
    sample("pdf-plain.pdf", plain, "cleaned", "render", [])
    sample("pdf-rich.pdf", rich, "cleaned", "render", ["author", "identifier", "location", "software", "time"])
    sample("pdf-incremental.pdf", _updated(rich), "cleaned", "render", [*traces, "history"])
    sample("pdf-object-streams.pdf", _qpdf(rich, "--object-streams=generate"), "cleaned", "render", traces)
    sample("pdf-linearized.pdf", _qpdf(rich, "--linearize"), "cleaned", "render", traces)
    sample("pdf-annotations.pdf", document(True, annotations=True), "cleaned", "render", traces)
    sample("pdf-form.pdf", document(True, form=True), "cleaned", "render", traces, or_refused=True)
    sample("pdf-attachment.pdf", document(True, attachment=True), "cleaned", "render", [*traces, "other"], or_refused=True)
    sample("pdf-comment-bytes.pdf", plain.replace(b"endobj\n", b"endobj\n% RAHASIA-between-objects\n", 2), "cleaned", "render",
           or_refused=True)
    sample("pdf-trailing.pdf", rich + b"RAHASIA-trailer" * 10, "cleaned", "render", traces)
    sample("pdf-javascript.pdf", document(True, script=True), "cleaned", "render", [*traces, "other"], or_refused=True)
    sample("pdf-encrypted.pdf", _qpdf(rich, "--encrypt", "geheim", "geheim", "256", "--"), "refused", reason="encrypted")
    sample("pdf-encrypted-open.pdf", _qpdf(rich, "--encrypt", "", "geheim", "128", "--use-aes=y", "--"), "refused",
           reason="encrypted")
    sample("pdf-truncated.pdf", truncated(rich, 0.5), "refused", reason="damaged")
    sample("pdf-head-only.pdf", rich[:30], "refused", reason="damaged")


class _Objects:
    """Numbers objects and writes the file."""

    def __init__(self):
        self.bodies = []

    def add(self, body):
        self.bodies.append(body if isinstance(body, bytes) else body.encode())
        return len(self.bodies)

    def stream(self, head, data, flate=False):
        if flate:
            data, head = zlib.compress(data), head + " /Filter /FlateDecode"
        return self.add(f"<< {head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")

    def write(self, trailer):
        out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
        for number, body in enumerate(self.bodies, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        return out + f"trailer\n<< /Size {len(places) + 1} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()


def document(rich, annotations=False, form=False, attachment=False, script=False):
    """Returns two pages with words, a photo and a drawing; `rich` plants traces in every known place."""
    objects = _Objects()
    font = objects.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    photo = picture("jpg", "-quality", "80")
    if rich:
        photo = photo[:2] + segment(0xE1, b"Exif\0\0" + exif(orientation=1)) + photo[2:]
    private = f"/PieceInfo << /{MARK} << /LastModified ({TIME}) /Private ({MARK}-private) >> >> /LastModified ({TIME})"
    packet = objects.stream("/Type /Metadata /Subtype /XML", xmp()) if rich else 0
    image = objects.stream("/Type /XObject /Subtype /Image /Width 64 /Height 48 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
                           "/Filter /DCTDecode" + (f" /Metadata {packet} 0 R /Name /{MARK}" if rich else ""), photo)
    drawing = objects.stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << >>"
                             + (f" {private} /Metadata {packet} 0 R" if rich else ""), b"1 0 0 RG 4 w 5 5 90 90 re S", True)
    thumb = objects.stream("/Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8", b"RAHA")
    words = b"BT /F1 18 Tf 40 150 Td (Bukti kwitansi halaman %d) Tj ET q 64 0 0 48 40 60 cm /Im1 Do Q /Fm1 Do"
    pages_at = len(objects.bodies) + 5 + (2 if annotations else 0)
    notes = ""
    if annotations:
        notes = _annotations(objects)
    kids = []
    for number in (1, 2):
        content = objects.stream("", words % number, True)
        kids.append(objects.add(
            f"<< /Type /Page /Parent {pages_at} 0 R /MediaBox [0 0 300 200] /Contents {content} 0 R "
            f"/Resources << /Font << /F1 {font} 0 R >> /XObject << /Im1 {image} 0 R /Fm1 {drawing} 0 R >> >> "
            + (f"/Thumb {thumb} 0 R {private} {notes}" if rich else "") + ">>"))
    pages = objects.add(f"<< /Type /Pages /Kids [{kids[0]} 0 R {kids[1]} 0 R] /Count 2 >>")
    assert pages == pages_at
    root = f"/Type /Catalog /Pages {pages} 0 R"
    trailer = ""
    if rich:
        objects.stream("", b"BT (RAHASIA-orphan) Tj ET", True)
        layer = objects.add(f"<< /Type /OCG /Name ({MARK}-layer) >>")
        root += f" /OCProperties << /OCGs [{layer} 0 R] /D << /ON [{layer} 0 R] >> >>"
        root += f" /Metadata {packet} 0 R {private} /Lang (id)"
        info = objects.add(f"<< /Author ({MARK}-author) /Creator ({MARK}-word) /Producer ({MARK}-producer) /Title ({MARK}-title) "
                           f"/CreationDate ({TIME}) /ModDate ({TIME}) /Custom <FEFF005200410048004100530049> >>")
        identity = f"{MARK}-document-".encode().hex()
        trailer = f"/Info {info} 0 R /ID [<{identity}> <{identity}>]"
    if form:
        root += _form(objects, kids[0])
    if attachment:
        file = objects.stream("/Type /EmbeddedFile", b"RAHASIA-attached", True)
        spec = objects.add(f"<< /Type /Filespec /F ({MARK}.txt) /EF << /F {file} 0 R >> >>")
        root += f" /Names << /EmbeddedFiles << /Names [({MARK}.txt) {spec} 0 R] >> >> /AF [{spec} 0 R]"
    if script:
        root += " /OpenAction << /S /JavaScript /JS (app.alert\\('RAHASIA'\\)) >>"
    return objects.write(f"/Root {objects.add('<< ' + root + ' >>')} 0 R {trailer}")


def _annotations(objects):
    """Adds a highlight with author and date and a web link; returns the page's entry."""
    look = objects.stream("/Type /XObject /Subtype /Form /BBox [40 145 200 170] /Resources << >>", b"1 1 0 rg 40 145 60 4 re f")
    mark = objects.add(f"<< /Type /Annot /Subtype /Highlight /Rect [40 145 200 170] /QuadPoints [40 170 200 170 40 145 200 145] "
                       f"/C [1 1 0] /F 4 /T ({MARK}-annotator) /M ({TIME}) /CreationDate ({TIME}) /NM ({MARK}-id) "
                       f"/Contents (angka ini salah) /AP << /N {look} 0 R >> >>")
    link = ("<< /Type /Annot /Subtype /Link /Rect [0 0 20 20] /Border [0 0 0] "
            f"/A << /S /URI /URI (https://example.org/) >> /NM ({MARK}-link) /M ({TIME}) >>")
    local = ("<< /Type /Annot /Subtype /Link /Rect [30 0 50 20] /Border [0 0 0] "
             f"/A << /S /URI /URI (file:///C:/Users/{MARK}/bukti.pdf) >> >>")
    return f"/Annots [{mark} 0 R {link} {local}]"


def _form(objects, page):
    """Adds a text field with a value and its look to the first page."""
    look = objects.stream("/Type /XObject /Subtype /Form /BBox [0 0 80 16] /Resources << >>", b"0 0 1 rg 0 0 80 16 re f")
    field = objects.add(f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (nama) /V (isi) /Rect [200 20 280 36] /F 4 /P {page} 0 R "
                        f"/M ({TIME}) /NM ({MARK}-widget) /AP << /N {look} 0 R >> >>")
    body = objects.bodies[page - 1]
    objects.bodies[page - 1] = body[:-2] + f" /Annots [{field} 0 R] >>".encode()
    return f" /AcroForm << /Fields [{field} 0 R] /DA (/Helv 0 Tf) >>"


def _updated(old):
    """Returns a file whose last author changed the first page behind the old end."""
    start = old.rindex(b"startxref")
    previous = int(old[start:].split()[1])
    size = int(old[old.index(b"/Size ") + 6:].split()[0])
    root = old[old.index(b"/Root "):].split(b">>")[0].split(b"/ID")[0]
    info = f"{size} 0 obj\n<< /Author ({MARK}-second-author) /ModDate ({TIME}) >>\nendobj\n".encode()
    at = len(old)
    body = old + info
    table = f"xref\n{size} 1\n{at:010} 00000 n \n".encode()
    root = root.split(b"/Info")[0]
    trailer = b"trailer\n<< /Size %d %s /Info %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        size + 1, root, size, previous, len(body))
    return body + table + trailer


def _qpdf(data, *options):
    def convert(folder):
        (folder / "in.pdf").write_bytes(data)
        run("qpdf", "--static-id", "--static-aes-iv", *options, folder / "in.pdf", folder / "out.pdf")
        return (folder / "out.pdf").read_bytes()

    return in_folder(convert)
