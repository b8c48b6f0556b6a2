//! What a file is, by its first bytes.

use crate::source::{Source, Stop};
use crate::{mp3, text};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpeg,
    Png,
    Webp,
    Gif,
    /// MP4, MOV, M4A and their like.
    Film(&'static str),
    Mp3,
    /// Plain text, in which nothing is hidden.
    Text,
    /// ZIP.
    Package,
    Pdf,
    /// What older office programs write, and newer ones around locked documents.
    Compound,
    /// Known by its extension, and that nothing here cleans it.
    Foreign(&'static str),
    Unknown,
}

impl Kind {
    /// Tells a file by its content.
    pub(crate) fn of(source: &mut Source<'_>) -> Result<Self, Stop> {
        let head = source.at_most(0, 16)?;
        let begins = |magic: &[u8]| head.starts_with(magic);
        let inner = head.get(8..12).unwrap_or_default();
        Ok(if begins(b"\xff\xd8\xff") {
            Self::Jpeg
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if begins(b"RIFF") && inner == b"WEBP" {
            Self::Webp
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Self::Gif
        } else if let Some(kind) = boxed(&head) {
            kind
        } else if begins(b"ID3") || begins(b"APETAGEX") || mp3::begins(source)? {
            Self::Mp3
        } else if begins(b"%PDF-") {
            Self::Pdf
        } else if begins(b"PK\x03\x04") {
            Self::Package
        } else if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            Self::Compound
        } else if text::is_plain(source)? {
            Self::Text
        } else {
            foreign(&head)
        })
    }

    /// Says whether it is a picture, a film or a sound that can be cleaned.
    pub(crate) fn is_medium(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Gif | Self::Film(_) | Self::Mp3)
    }

    /// Returns the usual extension; `bin` if nothing is known.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Mp3 => "mp3",
            Self::Text => "txt",
            Self::Package => "zip",
            Self::Pdf => "pdf",
            Self::Compound => "doc",
            Self::Film(extension) | Self::Foreign(extension) => extension,
            Self::Unknown => "bin",
        }
    }
}

/// Tells files that are made of boxes.
fn boxed(head: &[u8]) -> Option<Kind> {
    match (head.get(4..8)?, head.get(8..12)?) {
        (b"ftyp", b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
            Some(Kind::Foreign("heic"))
        }
        (b"ftyp", b"avif" | b"avis") => Some(Kind::Foreign("avif")),
        (b"ftyp", b"crx ") => Some(Kind::Foreign("cr3")),
        (b"ftyp", b"M4A " | b"M4B ") => Some(Kind::Film("m4a")),
        (b"ftyp", b"qt  ") | (b"moov" | b"mdat" | b"wide" | b"pnot", _) => Some(Kind::Film("mov")),
        (b"ftyp", [b'3', b'g', ..]) => Some(Kind::Film("3gp")),
        (b"ftyp", _) => Some(Kind::Film("mp4")),
        _ => None,
    }
}

/// Names formats that nothing here cleans, so that the reporter is told more than "unknown".
fn foreign(head: &[u8]) -> Kind {
    const KNOWN: [(&[u8], &str); 12] = [
        (b"II*\0", "tif"),
        (b"MM\0*", "tif"),
        (b"BM", "bmp"),
        (b"OggS", "ogg"),
        (b"fLaC", "flac"),
        (b"#!AMR", "amr"),
        (b"\x1a\x45\xdf\xa3", "mkv"),
        (b"{\\rtf", "rtf"),
        (b"Rar!\x1a\x07", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x1f\x8b\x08", "gz"),
        (b"8BPS", "psd"),
    ];
    let found = KNOWN.iter().find(|(magic, _)| head.starts_with(magic));
    match (found, head.get(..4), head.get(8..12)) {
        (Some((_, extension)), _, _) => Kind::Foreign(extension),
        (None, Some(b"RIFF"), Some(b"WAVE")) => Kind::Foreign("wav"),
        (None, Some(b"RIFF"), Some(b"AVI ")) => Kind::Foreign("avi"),
        _ => Kind::Unknown,
    }
}
