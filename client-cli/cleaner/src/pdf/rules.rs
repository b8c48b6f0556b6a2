//! What may stay in a PDF: for each kind of object, the names that its dictionary may have, and the kind of what
//! stands there. Names that are not listed go, with everything below them.

/// What an object is, told by the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Numbers, names and texts; no dictionaries.
    Plain,
    /// Bytes that a page needs: drawing, a font, a table.
    Data,
    Catalog,
    Page,
    Resources,
    GraphicsStates,
    GraphicsState,
    SoftMask,
    ColorSpaces,
    ColorSpace,
    Colorants,
    Patterns,
    Pattern,
    Shadings,
    Shading,
    Function,
    XObjects,
    XObject,
    Group,
    Fonts,
    Font,
    Descriptor,
    Encoding,
    Collection,
    Procedures,
    Layers,
    Layer,
    LayerSetup,
    LayerConfig,
    Annotation,
    Border,
    Appearances,
    Appearance,
    Look,
    Action,
    Form,
    Outline,
    Destinations,
    Destination,
    Names,
    Labels,
    Label,
    Parameters,
}

/// Returns the kind of what stands under a name; `None` if it goes.
pub(super) fn below(kind: Kind, name: &[u8]) -> Option<Kind> {
    use Kind as K;
    Some(match (kind, name) {
        // Names in these are anybody's.
        (K::GraphicsStates, _) => K::GraphicsState,
        (K::ColorSpaces, _) => K::ColorSpace,
        (K::Colorants, _) => K::ColorSpace,
        (K::Patterns, _) => K::Pattern,
        (K::Shadings, _) => K::Shading,
        (K::XObjects, _) => K::XObject,
        (K::Fonts, _) => K::Font,
        (K::Procedures, _) => K::Data,
        (K::Layers, _) => K::Layer,
        (K::Destinations, _) => K::Destination,
        (K::Appearance, _) => K::Look,
        (K::Look, _) => object(name)?,
        (K::Plain, _) => return None,
        (K::Catalog, _) => catalog(name)?,
        (K::Page, _) => page(name)?,
        (K::Resources, _) => resources(name)?,
        (K::GraphicsState | K::SoftMask, _) => graphics(name)?,
        (K::ColorSpace | K::Function | K::Shading | K::Pattern, _) => colour(name)?,
        (K::XObject | K::Group, _) => object(name)?,
        (K::Font | K::Descriptor | K::Encoding | K::Collection, _) => font(name)?,
        (K::Layer | K::LayerSetup | K::LayerConfig, _) => layer(kind, name)?,
        (K::Annotation | K::Border | K::Appearances | K::Action | K::Form, _) => interactive(kind, name)?,
        (K::Outline | K::Destination | K::Names | K::Labels | K::Label, _) => navigation(kind, name)?,
        (K::Data, b"Length1" | b"Length2" | b"Length3" | b"Subtype" | b"WMode") => K::Plain,
        (K::Data, b"CIDSystemInfo") => K::Collection,
        (K::Data, b"UseCMap") => K::Encoding,
        (K::Parameters, b"JBIG2Globals") => K::Data,
        (
            K::Parameters,
            b"Predictor"
            | b"Colors"
            | b"BitsPerComponent"
            | b"Columns"
            | b"EarlyChange"
            | b"K"
            | b"EndOfLine"
            | b"EncodedByteAlign"
            | b"Rows"
            | b"EndOfBlock"
            | b"BlackIs1"
            | b"DamagedRowsBeforeError"
            | b"ColorTransform",
        ) => K::Plain,
        (K::Data | K::Parameters, _) => return None,
    })
}

fn catalog(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"Version" | b"PageLayout" | b"PageMode" => Kind::Plain,
        b"Pages" => Kind::Page,
        b"PageLabels" => Kind::Labels,
        b"Outlines" => Kind::Outline,
        b"Dests" => Kind::Destinations,
        b"Names" => Kind::Names,
        b"OCProperties" => Kind::LayerSetup,
        b"AcroForm" => Kind::Form,
        _ => return None,
    })
}

fn page(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"Count" | b"MediaBox" | b"CropBox" | b"BleedBox" | b"TrimBox" | b"ArtBox" | b"Rotate"
        | b"UserUnit" => Kind::Plain,
        b"Parent" | b"Kids" => Kind::Page,
        b"Resources" => Kind::Resources,
        b"Contents" => Kind::Data,
        b"Group" => Kind::Group,
        b"Annots" => Kind::Annotation,
        _ => return None,
    })
}

fn resources(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"ProcSet" => Kind::Plain,
        b"ExtGState" => Kind::GraphicsStates,
        b"ColorSpace" => Kind::ColorSpaces,
        b"Pattern" => Kind::Patterns,
        b"Shading" => Kind::Shadings,
        b"XObject" => Kind::XObjects,
        b"Font" => Kind::Fonts,
        b"Properties" => Kind::Layers,
        _ => return None,
    })
}

fn graphics(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"LW" | b"LC" | b"LJ" | b"ML" | b"D" | b"RI" | b"OP" | b"op" | b"OPM" | b"FL" | b"SM"
        | b"SA" | b"BM" | b"CA" | b"ca" | b"AIS" | b"TK" | b"S" | b"BC" | b"UseBlackPtComp" => Kind::Plain,
        b"Font" => Kind::Font,
        b"BG" | b"BG2" | b"UCR" | b"UCR2" | b"TR" | b"TR2" => Kind::Function,
        b"SMask" => Kind::SoftMask,
        b"G" => Kind::XObject,
        _ => return None,
    })
}

fn colour(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"Range" | b"WhitePoint" | b"BlackPoint" | b"Gamma" | b"Matrix" | b"Subtype"
        | b"Components" => Kind::Plain,
        b"FunctionType" | b"Domain" | b"Size" | b"BitsPerSample" | b"Order" | b"Encode" | b"Decode"
        | b"C0" | b"C1" | b"N" | b"Bounds" => Kind::Plain,
        b"ShadingType" | b"Background" | b"BBox" | b"AntiAlias" | b"Coords" | b"Extend"
        | b"BitsPerCoordinate" | b"BitsPerComponent" | b"BitsPerFlag" | b"VerticesPerRow" => Kind::Plain,
        b"PatternType" | b"PaintType" | b"TilingType" | b"XStep" | b"YStep" => Kind::Plain,
        b"Function" | b"Functions" => Kind::Function,
        b"ColorSpace" | b"Process" => Kind::ColorSpace,
        b"Colorants" => Kind::Colorants,
        b"Resources" => Kind::Resources,
        b"Shading" => Kind::Shading,
        b"ExtGState" => Kind::GraphicsState,
        _ => return None,
    })
}

fn object(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"Subtype" | b"Width" | b"Height" | b"BitsPerComponent" | b"Intent" | b"ImageMask"
        | b"Decode" | b"Interpolate" | b"SMaskInData" | b"Matte" | b"FormType" | b"BBox" | b"Matrix"
        | b"S" | b"I" | b"K" => Kind::Plain,
        b"ColorSpace" | b"CS" => Kind::ColorSpace,
        b"Mask" | b"SMask" => Kind::XObject,
        b"Resources" => Kind::Resources,
        b"Group" => Kind::Group,
        b"OC" => Kind::Layer,
        _ => return None,
    })
}

fn font(name: &[u8]) -> Option<Kind> {
    Some(match name {
        b"Type" | b"Subtype" | b"BaseFont" | b"FirstChar" | b"LastChar" | b"Widths" | b"DW" | b"W"
        | b"DW2" | b"W2" | b"FontBBox" | b"FontMatrix" | b"BaseEncoding" | b"Differences" | b"WMode" => {
            Kind::Plain
        }
        b"FontName" | b"FontFamily" | b"FontStretch" | b"FontWeight" | b"Flags" | b"ItalicAngle"
        | b"Ascent" | b"Descent" | b"Leading" | b"CapHeight" | b"XHeight" | b"StemV" | b"StemH"
        | b"AvgWidth" | b"MaxWidth" | b"MissingWidth" | b"CharSet" | b"Registry" | b"Ordering"
        | b"Supplement" | b"CMapName" => Kind::Plain,
        b"FontDescriptor" => Kind::Descriptor,
        b"FontFile" | b"FontFile2" | b"FontFile3" | b"ToUnicode" | b"CIDToGIDMap" | b"CIDSet" => Kind::Data,
        b"Encoding" | b"UseCMap" => Kind::Encoding,
        b"CIDSystemInfo" => Kind::Collection,
        b"DescendantFonts" => Kind::Font,
        b"CharProcs" => Kind::Procedures,
        b"Resources" => Kind::Resources,
        _ => return None,
    })
}

/// Layers that can be shown or hidden.
fn layer(kind: Kind, name: &[u8]) -> Option<Kind> {
    Some(match (kind, name) {
        (Kind::Layer, b"Type" | b"Name" | b"P" | b"VE") => Kind::Plain,
        (Kind::Layer, b"OCGs") | (Kind::LayerSetup, b"OCGs") => Kind::Layer,
        (Kind::LayerSetup, b"D") => Kind::LayerConfig,
        (Kind::LayerConfig, b"BaseState" | b"ListMode") => Kind::Plain,
        (Kind::LayerConfig, b"ON" | b"OFF" | b"Order" | b"RBGroups" | b"Locked") => Kind::Layer,
        _ => return None,
    })
}

/// Notes and fields. Of their words stays what is shown; names and dates of authors go.
fn interactive(kind: Kind, name: &[u8]) -> Option<Kind> {
    Some(match (kind, name) {
        (
            Kind::Annotation,
            b"Type" | b"Subtype" | b"Rect" | b"C" | b"F" | b"AS" | b"Border" | b"QuadPoints" | b"InkList"
            | b"L" | b"Vertices" | b"LE" | b"IC" | b"CA" | b"Contents" | b"Open" | b"IT" | b"RD" | b"DA"
            | b"Q" | b"Name" | b"H" | b"CL",
        ) => Kind::Plain,
        (
            Kind::Annotation,
            b"FT" | b"Ff" | b"V" | b"DV" | b"T" | b"TU" | b"MaxLen" | b"Opt" | b"TI" | b"I",
        ) => Kind::Plain,
        (Kind::Annotation, b"MK") => Kind::Border,
        (Kind::Annotation, b"BS" | b"BE") => Kind::Border,
        (Kind::Border, b"Type" | b"W" | b"S" | b"D" | b"I" | b"R" | b"BC" | b"BG" | b"CA" | b"TP") => {
            Kind::Plain
        }
        (Kind::Annotation, b"AP") => Kind::Appearances,
        (Kind::Appearances, b"N" | b"R" | b"D") => Kind::Appearance,
        (Kind::Annotation, b"A") => Kind::Action,
        (Kind::Annotation, b"Dest") | (Kind::Action, b"D") => Kind::Destination,
        (Kind::Annotation, b"OC") => Kind::Layer,
        (Kind::Annotation, b"Parent" | b"Kids") | (Kind::Form, b"Fields") => Kind::Annotation,
        (Kind::Action, b"S" | b"URI" | b"Type") => Kind::Plain,
        (Kind::Form, b"NeedAppearances" | b"DA" | b"Q") => Kind::Plain,
        (Kind::Form, b"DR") => Kind::Resources,
        _ => return None,
    })
}

fn navigation(kind: Kind, name: &[u8]) -> Option<Kind> {
    Some(match (kind, name) {
        (Kind::Outline, b"Type" | b"Title" | b"Count" | b"C" | b"F") => Kind::Plain,
        (Kind::Outline, b"First" | b"Last" | b"Next" | b"Prev" | b"Parent") => Kind::Outline,
        (Kind::Outline, b"Dest") | (Kind::Destination, b"D") => Kind::Destination,
        (Kind::Outline, b"A") => Kind::Action,
        // A tree of names: at its root the tree itself stands under `Dests`.
        (Kind::Names, b"Dests" | b"Kids") => Kind::Names,
        (Kind::Names, b"Limits") => Kind::Plain,
        (Kind::Names, b"Names") => Kind::Destination,
        (Kind::Labels, b"Kids") => Kind::Labels,
        (Kind::Labels, b"Limits") => Kind::Plain,
        (Kind::Labels, b"Nums") => Kind::Label,
        (Kind::Label, b"Type" | b"S" | b"P" | b"St") => Kind::Plain,
        _ => return None,
    })
}
