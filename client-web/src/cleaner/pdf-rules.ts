/**
 * What may be in a PDF, by kind of object. Everything else is left out when a file is rewritten.
 *
 * A rule is a list of keys: `Key` has a plain value (numbers, names, truth values and lists of them), `Key:text` a string, `Key:any`
 * a plain value or a string, `Key:Kind` an object of that kind or a plain value, `Key:[Kind]` a list, `Key:{Kind}` a dictionary with free names.
 */

const STREAM = "Filter DecodeParms:[Parms]";

const SOURCE: Readonly<Record<string, string>> = {
  Catalog: "Type PageLayout OCProperties:Layers AcroForm:Form",
  Page: "Type MediaBox CropBox BleedBox TrimBox ArtBox Rotate UserUnit Resources:Resources Contents:[Content] Group:Group Annots:[Annot]",
  Resources:
    "ProcSet Font:{Font} XObject:{XObject} ColorSpace:{Colour} Pattern:{Pattern} Shading:{Shading} ExtGState:{State} Properties:{Layer}",
  Content: STREAM,
  Raw: STREAM,
  Parms:
    "Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine EncodedByteAlign Rows EndOfBlock BlackIs1 DamagedRowsBeforeError ColorTransform JBIG2Globals:Raw",
  Group: "Type S CS:Colour I K",
  Image: `Type Subtype Width Height ColorSpace:Colour BitsPerComponent Intent ImageMask Mask:Image Decode Interpolate SMask:Image SMaskInData Matte OC:Layer ${STREAM}`,
  Drawing: `Type Subtype FormType BBox Matrix Resources:Resources Group:Group OC:Layer ${STREAM}`,
  Calibrated: "WhitePoint BlackPoint Gamma Matrix Range",
  Function: `FunctionType Domain Range Size BitsPerSample Order Encode Decode C0 C1 N Functions:[Function] Bounds ${STREAM}`,
  Pattern: `Type PatternType PaintType TilingType BBox XStep YStep Matrix Resources:Resources Shading:Shading ExtGState:State ${STREAM}`,
  Shading: `ShadingType ColorSpace:Colour Background BBox AntiAlias Function:[Function] Coords Domain Extend Matrix BitsPerCoordinate BitsPerComponent BitsPerFlag Decode VerticesPerRow ${STREAM}`,
  State: "Type LW LC LJ ML D RI OP op OPM FL SM SA BM CA ca AIS TK Font:[Font] SMask:Mask",
  Mask: "Type S G:Drawing BC TR:Function",
  Font: "Type Subtype Name BaseFont FirstChar LastChar Widths FontBBox FontMatrix DW W DW2 W2 FontDescriptor:Descriptor Encoding:Encoding ToUnicode:Raw DescendantFonts:[Font] CIDSystemInfo:Ordering CIDToGIDMap:Raw CharProcs:{Content} Resources:Resources",
  Encoding: `Type BaseEncoding Differences CMapName WMode UseCMap:Encoding CIDSystemInfo:Ordering ${STREAM}`,
  Ordering: "Registry:text Ordering:text Supplement",
  Descriptor:
    "Type FontName FontStretch FontWeight Flags FontBBox ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth MissingWidth CIDSet:Raw FontFile:Program FontFile2:Program FontFile3:Program",
  Program: `Subtype Length1 Length2 Length3 ${STREAM}`,
  Layers: "OCGs:[Layer] D:Defaults",
  Layer: "Type Intent Name OCGs:[Layer] P",
  Defaults: "BaseState ON:[Layer] OFF:[Layer] Intent",
  Form: "Fields:[Annot] NeedAppearances Q DA:text DR:Resources",
  Annot:
    "Type Subtype Rect F AS Border C CA ca IC QuadPoints L LE Vertices InkList RD H Q FT Ff MaxLen Contents:text DA:text T:text TU:text V:any DV:any Opt:any BS:Border BE:Border MK:Look AP:Looks A:Action Kids:[Annot] Parent:Annot",
  Border: "Type W S D I",
  Look: "R BC BG CA:text",
  Looks: "N:Appearance R:Appearance D:Appearance",
  Action: "Type S URI:text",
};

/** How the value of a key is read. */
export interface Rule {
  readonly kind: string;
  readonly shape: "one" | "list" | "names";
}

/** The allowed keys of every kind. */
export const RULES: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map(
  Object.entries(SOURCE).map(([kind, keys]) => [kind, new Map(keys.split(" ").map(rule))]),
);

function rule(word: string): [string, Rule] {
  const [key = "", value = "plain"] = word.split(":");
  if (value.startsWith("[")) return [key, { kind: value.slice(1, -1), shape: "list" }];
  if (value.startsWith("{")) return [key, { kind: value.slice(1, -1), shape: "names" }];
  return [key, { kind: value, shape: "one" }];
}

/** Annotations that are part of what a reader sees; the others carry files, sounds or programs. */
export const SEEN: ReadonlySet<string> = new Set(
  "Link Widget Text FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Stamp Caret Ink Redact".split(
    " ",
  ),
);

/** Keys that must be nowhere in a rewritten file. */
export const FORBIDDEN: ReadonlySet<string> = new Set(
  "Info ID Encrypt Metadata PieceInfo LastModified Author Creator Producer CreationDate ModDate EmbeddedFiles EF JS JavaScript XFA Thumb NM OpenAction RichMedia StructTreeRoot Names Perms".split(
    " ",
  ),
);
