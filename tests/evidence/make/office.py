"""DOCX, XLSX, PPTX, ODT and ODS packages, written part by part."""

import io
import struct
import zipfile

from .common import MARK, sample, truncated
from .exif import exif
from .images import picture, segment

TIME = "1997-08-17T10:11:12Z"
CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties '
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    f"<dc:title>{MARK}-title</dc:title><dc:creator>{MARK}-creator</dc:creator>"
    f"<cp:lastModifiedBy>{MARK}-modifier</cp:lastModifiedBy><cp:revision>7</cp:revision>"
    f'<dcterms:created xsi:type="dcterms:W3CDTF">{TIME}</dcterms:created>'
    f'<dcterms:modified xsi:type="dcterms:W3CDTF">{TIME}</dcterms:modified></cp:coreProperties>')
APP = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties '
    'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>RAHASIA Office</Application>'
    f"<Template>{MARK}.dotx</Template><Manager>{MARK}-manager</Manager><Company>{MARK}-company</Company>"
    "<TotalTime>99</TotalTime></Properties>")
CUSTOM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties '
    'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{MARK}"><vt:lpwstr>{MARK}-custom</vt:lpwstr>'
    "</property></Properties>")
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SLIDE_TYPE = "application/vnd.openxmlformats-officedocument.presentationml."


def make():
    """Writes every package."""
    traces = ["author", "device", "history", "identifier", "location", "software", "thumbnail", "time"]
    word = docx()
    sample("word.docx", package(word), "cleaned", "text", traces)
    sample("word-plain.docx", package(docx(rich=False)), "cleaned", "text")
    sample("word-stored.docx", package(word, zipfile.ZIP_STORED, comment=True), "cleaned", "text", traces)
    sample("sheet.xlsx", package(xlsx()), "cleaned", "text", ["author", "identifier", "software", "time"])
    sample("slides.pptx", package(pptx()), "cleaned", "text", ["author", "software", "time"])
    sample("text.odt", package(odf("text")), "cleaned", "text", ["author", "history", "location", "software", "thumbnail", "time"])
    sample("table.ods", package(odf("spreadsheet")), "cleaned", "text", ["author", "software", "time"])
    macros = {**word, "word/vbaProject.bin": b"RAHASIA-macro"}
    types = word["[Content_Types].xml"]
    macros["[Content_Types].xml"] = types.replace(
        "</Types>", '<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')
    sample("word-macros.docx", package(macros), "refused", reason="unsupported")
    embedded = {**word, "word/embeddings/oleObject1.bin": b"RAHASIA-ole"}
    sample("word-embedded.docx", package(embedded), "refused", reason="unsupported")
    sample("word-entity.docx", package({**word, "word/document.xml": '<!DOCTYPE x [<!ENTITY a "RAHASIA">]><x>&a;</x>'}),
           "refused", reason="unsupported", or_reasons=["damaged"])
    sample("word-broken-xml.docx", package({**word, "word/document.xml": word["word/document.xml"][:-30]}), "refused",
           reason="damaged")
    sample("word-truncated.docx", truncated(package(word)), "refused", reason="damaged")
    sample("word-prepended.docx", b"RAHASIA-prefix" + package(word), "refused", reason="unknown-format",
           or_reasons=["damaged", "unsupported"], extension="bin", or_extensions=["zip", "docx"])
    sample("text-macros.odt", package({**odf("text"), "Basic/Standard/Module1.xml": "<x>RAHASIA</x>"}), "refused",
           reason="unsupported")
    sample("text-encrypted.odt", package(odf("text", encrypted=True)), "refused", reason="encrypted")
    sample("encrypted-office.docx", _compound("EncryptedPackage", "EncryptionInfo"), "refused", reason="encrypted",
           extension="doc", or_extensions=["docx", "ole"])
    sample("old.doc", _compound("WordDocument", "1Table"), "refused", reason="unsupported", extension="doc",
           or_extensions=["ole"])
    sample("archive.zip", package({"RAHASIA.txt": "RAHASIA"}), "refused", reason="unsupported", extension="zip")
    sample("encrypted.zip", _encrypted(package({"RAHASIA.txt": "RAHASIA"})), "refused", reason="encrypted", extension="zip",
           or_reasons=["unsupported"])
    sample("notes.txt", "Catatan rapat: uang diterima di meja nomor 4.\n".encode(), "untouched", "text", or_refused=True)
    sample("notes-colon.txt", "Catatan: uang diterima di meja nomor 4.\n".encode(), "untouched", "text", or_refused=True)
    sample("message.eml", b"Received: from RAHASIA by example.org\nSubject: a\n\nb\n", "refused", reason="unknown-format",
           extension="bin", or_extensions=["txt", "eml"])
    sample("page.html", b'<html><meta name="author" content="RAHASIA"></html>\n', "refused", reason="unknown-format",
           extension="bin", or_extensions=["html", "txt"])
    sample("unknown.bin", b"\x01\x02RAHASIA\xff" * 9, "refused", reason="unknown-format")
    sample("empty.bin", b"", "refused", reason="unknown-format", or_reasons=["damaged"])


def package(parts, method=zipfile.ZIP_DEFLATED, comment=False):
    """Returns a ZIP of the parts, dated 1997."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (1997, 8, 17, 10, 11, 12))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            if name.endswith("document.xml") and comment:
                info.extra, info.comment = struct.pack("<HH", 0x7875, 11) + b"RAHASIA-uid", b"RAHASIA-entry"
            archive.writestr(info, data)
        if comment:
            archive.comment = b"RAHASIA-archive"
    return out.getvalue()


def photo():
    """Returns a JPEG whose EXIF names place and author."""
    base = picture("jpg", "-quality", "70", size="32x24")
    return base[:2] + segment(0xE1, b"Exif\0\0" + exif(orientation=6)) + base[2:]


def _types(parts, more):
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in more.items() if name in parts)
    return (f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/>' + overrides + "</Types>")


def _links(*links):
    """Returns a relationships part; a link is (kind, target) and may be external."""
    lines = ""
    for number, (kind, target, *mode) in enumerate(links, 1):
        base = f"{PACKAGE}/relationships/" if kind.startswith("metadata/") else OFFICE + "/"
        outside = ' TargetMode="External"' if mode else ""
        lines += f'<Relationship Id="rId{number}" Type="{base}{kind}" Target="{target}"{outside}/>'
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


def _properties(main):
    return {
        "_rels/.rels": _links(("officeDocument", main), ("metadata/core-properties", "docProps/core.xml"),
                              ("extended-properties", "docProps/app.xml"), ("custom-properties", "docProps/custom.xml"),
                              ("metadata/thumbnail", "docProps/thumbnail.jpeg")),
        "docProps/core.xml": CORE,
        "docProps/app.xml": APP,
        "docProps/custom.xml": CUSTOM,
        "docProps/thumbnail.jpeg": picture("jpg", size="16x12") + b"RAHASIA-thumbnail",
    }


PROPERTY_TYPES = {
    "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "docProps/custom.xml": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
}


def docx(rich=True):
    """Returns a letter with a photo, a comment, tracked changes, save ids, custom XML and a template path."""
    drawing = (
        f'<w:drawing><wp:inline xmlns:wp="{DRAWING}/wordprocessingDrawing"><wp:extent cx="320000" cy="240000"/>'
        f'<wp:docPr id="1" name="{MARK}-shape" descr="C:\\Users\\{MARK}\\foto.jpg" title="{MARK}"/>'
        f'<a:graphic xmlns:a="{DRAWING}/main"><a:graphicData uri="{DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{DRAWING}/picture"><pic:nvPicPr><pic:cNvPr id="0" name="{MARK}.jpg" descr="{MARK}"/><pic:cNvPicPr/>'
        '</pic:nvPicPr><pic:blipFill><a:blip r:embed="rId2"/></pic:blipFill><pic:spPr><a:prstGeom prst="rect"/></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>")
    who = f'w:author="{MARK}-reviewer" w:date="{TIME}"'
    rich_body = (
        f'<w:p w:rsidR="00AB12CD" w:rsidRDefault="00AB12CD" w14:paraId="1A2B3C4D" w14:textId="77777777">'
        f'<w:commentRangeStart w:id="0"/><w:r w:rsidRPr="00AB12CE"><w:t>Uang diterima</w:t></w:r><w:commentRangeEnd w:id="0"/>'
        f'<w:r><w:commentReference w:id="0"/></w:r><w:ins w:id="1" {who}><w:r><w:t xml:space="preserve"> di kantor</w:t></w:r></w:ins>'
        f'<w:del w:id="2" {who}><w:r><w:delText> di rumah</w:delText></w:r></w:del></w:p>'
        f'<w:p><w:pPr><w:rPr><w:ins w:id="3" {who}/></w:rPr><w:pPrChange w:id="4" {who}><w:pPr/></w:pPrChange></w:pPr>'
        f'<w:bookmarkStart w:id="5" w:name="_Toc1"/><w:bookmarkEnd w:id="5"/><!-- {MARK}-xml-comment -->'
        f"<?{MARK} instruction?><w:r>{drawing}</w:r></w:p>")
    body = rich_body if rich else "<w:p><w:r><w:t>Uang diterima &amp; dibagi &lt;dua&gt;</w:t></w:r></w:p>"
    document = (
        f'{XML}<w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}" '
        'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="w14">'
        f'<w:body>{body}<w:sectPr/></w:body></w:document>')
    parts = {"[Content_Types].xml": "", "word/document.xml": document}
    if rich:
        parts |= _properties("word/document.xml") | _word_parts(who)
    else:
        parts["_rels/.rels"] = _links(("officeDocument", "word/document.xml"))
    parts["[Content_Types].xml"] = _types(parts, PROPERTY_TYPES | {
        "word/document.xml": WORD_TYPE + "document.main+xml", "word/comments.xml": WORD_TYPE + "comments+xml",
        "word/settings.xml": WORD_TYPE + "settings+xml", "word/people.xml": WORD_TYPE + "people+xml",
        "customXml/itemProps1.xml": "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"})
    return parts


def _word_parts(who):
    return {
        "word/_rels/document.xml.rels": _links(
            ("comments", "comments.xml"), ("image", "media/image1.jpeg"), ("settings", "settings.xml"),
            ("people", "people.xml"), ("customXml", "../customXml/item1.xml"), ("hyperlink", "https://example.org/", True)),
        "word/media/image1.jpeg": photo(),
        "word/comments.xml": f'{XML}<w:comments xmlns:w="{WORD}"><w:comment w:id="0" {who} w:initials="{MARK}">'
                             "<w:p><w:r><w:t>Tolong diperiksa</w:t></w:r></w:p></w:comment></w:comments>",
        "word/settings.xml": f'{XML}<w:settings xmlns:w="{WORD}" xmlns:r="{OFFICE}"><w:attachedTemplate r:id="rId1"/>'
                             '<w:trackRevisions/><w:rsids><w:rsidRoot w:val="00AB12CD"/><w:rsid w:val="00AB12CE"/></w:rsids>'
                             f'<w:docVars><w:docVar w:name="{MARK}" w:val="{MARK}"/></w:docVars></w:settings>',
        "word/_rels/settings.xml.rels": _links(("attachedTemplate", f"file:///C:/Users/{MARK}/Normal.dotm", True)),
        "word/people.xml": f'{XML}<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
                           f'<w15:person w15:author="{MARK}-reviewer"><w15:presenceInfo w15:providerId="AD" '
                           f'w15:userId="{MARK}@example.org"/></w15:person></w15:people>',
        "customXml/item1.xml": f"<x>{MARK}-custom-xml</x>",
        "customXml/itemProps1.xml": f'<ds:datastoreItem xmlns:ds="{OFFICE}" ds:itemID="{{{MARK}}}"/>',
        "customXml/_rels/item1.xml.rels": _links(("customXmlProps", "itemProps1.xml")),
    }


def xlsx():
    """Returns a workbook with comments, an absolute path, revision ids, printer settings and a shared string."""
    book = (
        f'{XML}<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x15 xr" '
        'xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" '
        'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision">'
        f'<fileSharing userName="{MARK}-owner"/><mc:AlternateContent><mc:Choice Requires="x15">'
        f'<x15ac:absPath url="C:\\Users\\{MARK}\\" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/>'
        f'</mc:Choice></mc:AlternateContent><xr:revisionPtr documentId="{MARK}" revIDLastSave="0"/>'
        '<sheets><sheet name="Belanja" sheetId="1" r:id="rId1"/></sheets></workbook>')
    sheet = (
        f'{XML}<worksheet xmlns="{SHEET}" xmlns:r="{OFFICE}" '
        'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" xr:uid="{RAHASIA-0001}">'
        '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>SUM(1,2)</f><v>3</v></c></row></sheetData>'
        '<pageSetup r:id="rId2"/><legacyDrawing r:id="rId3"/></worksheet>')
    shape = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" type="#_x0000_t202">'
        '<x:ClientData ObjectType="Note"><x:Row>0</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>')
    parts = {
        "[Content_Types].xml": "",
        **_properties("xl/workbook.xml"),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": _links(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/_rels/sheet1.xml.rels": _links(
            ("comments", "../comments1.xml"), ("printerSettings", "../printerSettings/printerSettings1.bin"),
            ("vmlDrawing", "../drawings/vmlDrawing1.vml")),
        "xl/drawings/vmlDrawing1.vml": shape,
        "xl/printerSettings/printerSettings1.bin": "RAHASIA-printer".encode("utf-16-le"),
        "xl/comments1.xml": f'{XML}<comments xmlns="{SHEET}"><authors><author>{MARK}-author</author></authors><commentList>'
                            '<comment ref="A1" authorId="0"><text><r><t>Harga dua kali pasar</t></r></text></comment>'
                            "</commentList></comments>",
        "xl/sharedStrings.xml": f'{XML}<sst xmlns="{SHEET}" count="1" uniqueCount="1"><si><t>Kertas HVS</t></si></sst>',
    }
    parts["[Content_Types].xml"] = _types(parts, PROPERTY_TYPES | {
        "xl/workbook.xml": SHEET_TYPE + "sheet.main+xml", "xl/worksheets/sheet1.xml": SHEET_TYPE + "worksheet+xml",
        "xl/comments1.xml": SHEET_TYPE + "comments+xml", "xl/sharedStrings.xml": SHEET_TYPE + "sharedStrings+xml",
        "xl/printerSettings/printerSettings1.bin": SHEET_TYPE + "printerSettings",
        "xl/drawings/vmlDrawing1.vml": "application/vnd.openxmlformats-officedocument.vmlDrawing"})
    return parts


def pptx():
    """Returns one slide with a comment, its author, a creation id and notes."""
    space = f'xmlns:p="{SLIDE}" xmlns:a="{DRAWING}/main" xmlns:r="{OFFICE}"'
    shape = (f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="{MARK}-box" descr="{MARK}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
             "<p:txBody><a:bodyPr/><a:p><a:r><a:t>Rapat anggaran</a:t></a:r></a:p></p:txBody></p:sp>")
    parts = {
        "[Content_Types].xml": "",
        **_properties("ppt/presentation.xml"),
        "ppt/presentation.xml": f'{XML}<p:presentation {space}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
                                '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": _links(("slide", "slides/slide1.xml"), ("commentAuthors", "commentAuthors.xml")),
        "ppt/slides/slide1.xml": f"{XML}<p:sld {space}><p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shape}</p:spTree><p:extLst>"
                                 '<p:ext uri="{BB962C8B-B14F-4D97-AF65-F5344CB8AC3E}"><p14:creationId '
                                 'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main" val="1997081719"/></p:ext>'
                                 "</p:extLst></p:cSld></p:sld>",
        "ppt/slides/_rels/slide1.xml.rels": _links(("comments", "../comments/comment1.xml")),
        "ppt/commentAuthors.xml": f'{XML}<p:cmAuthorLst {space}><p:cmAuthor id="0" name="{MARK}-author" initials="{MARK}" '
                                  'lastIdx="1" clrIdx="0"/></p:cmAuthorLst>',
        "ppt/comments/comment1.xml": f'{XML}<p:cmLst {space}><p:cm authorId="0" dt="{TIME}" idx="1"><p:pos x="0" y="0"/>'
                                     "<p:text>Siapa yang setuju?</p:text></p:cm></p:cmLst>",
    }
    parts["[Content_Types].xml"] = _types(parts, PROPERTY_TYPES | {
        "ppt/presentation.xml": SLIDE_TYPE + "presentation.main+xml", "ppt/slides/slide1.xml": SLIDE_TYPE + "slide+xml",
        "ppt/commentAuthors.xml": SLIDE_TYPE + "commentAuthors+xml", "ppt/comments/comment1.xml": SLIDE_TYPE + "comments+xml"})
    return parts


def odf(kind, encrypted=False):
    """Returns a text or a table with an annotation, tracked changes, a photo, printer settings and metadata."""
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"' for name, path in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("meta", "meta"), ("config", "config"),
        ("style", "style"), ("svg", "svg-compatible")))
    spaces += (' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" '
               'xmlns:officeooo="http://openoffice.org/2009/office" office:version="1.3"')
    note = (f"<office:annotation office:name=\"1\"><dc:creator>{MARK}-annotator</dc:creator><dc:date>{TIME}</dc:date>"
            f"<meta:creator-initials>{MARK}</meta:creator-initials><text:p>Periksa lagi</text:p></office:annotation>")
    change = (f"<office:change-info><dc:creator>{MARK}-editor</dc:creator><dc:date>{TIME}</dc:date></office:change-info>")
    body = (
        '<office:text><text:tracked-changes><text:changed-region text:id="ct1"><text:insertion>' + change +
        "</text:insertion></text:changed-region></text:tracked-changes>"
        f'<text:p>Nota dinas {note}<text:change-start text:change-id="ct1"/>asli<text:change-end text:change-id="ct1"/></text:p>'
        f'<text:p><draw:frame draw:name="{MARK}.jpg"><draw:image xlink:href="Pictures/image1.jpg"/>'
        f"<svg:title>{MARK}</svg:title><svg:desc>{MARK}</svg:desc></draw:frame></text:p></office:text>")
    if kind == "spreadsheet":
        body = ('<office:spreadsheet><table:table table:name="Belanja"><table:table-row><table:table-cell '
                f'office:value-type="string">{note}<text:p>Kertas HVS</text:p></table:table-cell></table:table-row></table:table>'
                "</office:spreadsheet>")
    style = ('<office:automatic-styles><style:style style:name="P1" style:family="paragraph"><style:text-properties '
             'officeooo:rsid="001997ab" officeooo:paragraph-rsid="001997ab"/></style:style></office:automatic-styles>')
    meta = (f"<office:meta><meta:generator>{MARK}Office</meta:generator><meta:initial-creator>{MARK}-first</meta:initial-creator>"
            f"<dc:creator>{MARK}-last</dc:creator><meta:creation-date>{TIME}</meta:creation-date><dc:date>{TIME}</dc:date>"
            f'<meta:editing-cycles>9</meta:editing-cycles><meta:user-defined meta:name="{MARK}">{MARK}</meta:user-defined>'
            "</office:meta>")
    settings = (f'<office:settings><config:config-item-set config:name="ooo:configuration-settings"><config:config-item '
                f'config:name="PrinterName" config:type="string">{MARK}-printer</config:config-item></config:config-item-set>'
                "</office:settings>")
    secret = ('<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="x"/>' if encrypted else "")
    names = ["content.xml", "styles.xml", "meta.xml", "settings.xml", "Pictures/image1.jpg", "Thumbnails/thumbnail.png"]
    entries = "".join(f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{_media(name)}">{secret}'
                      "</manifest:file-entry>" for name in names)
    media = f"application/vnd.oasis.opendocument.{kind}"
    return {
        "mimetype": media,
        "content.xml": f"{XML}<office:document-content {spaces}>{style}<office:body>{body}</office:body></office:document-content>",
        "styles.xml": f"{XML}<office:document-styles {spaces}><office:styles/></office:document-styles>",
        "meta.xml": f"{XML}<office:document-meta {spaces}>{meta}</office:document-meta>",
        "settings.xml": f"{XML}<office:document-settings {spaces}>{settings}</office:document-settings>",
        "Pictures/image1.jpg": photo(),
        "Thumbnails/thumbnail.png": picture("png", size="16x12") + b"RAHASIA",
        "META-INF/manifest.xml": f'{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
                                 f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{media}"/>'
                                 f"{entries}</manifest:manifest>",
    }


def _media(name):
    return {"xml": "text/xml", "jpg": "image/jpeg", "png": "image/png"}[name.rsplit(".", 1)[1]]


def _encrypted(archive):
    """Sets the encryption bit of the first entry, in both headers."""
    data = bytearray(archive)
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def _compound(*streams):
    """Returns an OLE compound file whose directory names the streams."""
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
                                                                      0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    head = head.ljust(512, b"\xff")
    table = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
    directory = b""
    for place, name in enumerate(("Root Entry", *streams)):
        words = name.encode("utf-16-le")
        directory += words.ljust(64, b"\0") + struct.pack("<HBBIII", len(words) + 2, 5 if place == 0 else 2, 1, 0xFFFFFFFF,
                                                          0xFFFFFFFF, 1 if place == 0 else 0xFFFFFFFF).ljust(64, b"\0")
    return head + table + directory.ljust(512, b"\0")
