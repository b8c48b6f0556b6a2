//! The canonical tar inside a sealed report: plain ustar entries of one kind, with nothing in a header that could
//! differ between two writers.

use std::fmt;
use std::str::FromStr;

/// Bytes of a header, and the unit that contents are padded to.
pub const BLOCK_LEN: usize = 512;
/// The largest entry, in bytes: below 4 GiB.
pub const MAX_ENTRY_LEN: u64 = u32::MAX as u64;
/// The most evidence entries: their numbers have four digits.
pub const MAX_EVIDENCE: usize = 9999;
/// Bytes of zeros that end the archive.
pub(crate) const END_LEN: u64 = 2 * BLOCK_LEN as u64;

/// Why a header is not one that we would write.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum TarError {
    /// The name is none of the four kinds that a report has.
    #[error("the archive has an entry with a foreign name")]
    Name,
    /// The size is not an octal number below 4 GiB.
    #[error("the archive has an entry of invalid size")]
    Size,
    /// Some byte differs from the header that we write for this name and size.
    #[error("the archive has a header that is not canonical")]
    NotCanonical,
}

/// A file name extension: `[a-z0-9]{1,5}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Extension {
    bytes: [u8; 5],
    len: usize,
}

impl Extension {
    /// Returns the text, without the dot.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl FromStr for Extension {
    type Err = TarError;

    fn from_str(text: &str) -> Result<Self, TarError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut bytes = [0; 5];
        match bytes.get_mut(..text.len()) {
            Some(place) if !text.is_empty() && text.bytes().all(allowed) => {
                place.copy_from_slice(text.as_bytes());
            }
            _ => return Err(TarError::Name),
        }
        Ok(Self { bytes, len: text.len() })
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of an entry; there are no others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntryName {
    /// `report.json`.
    Report,
    /// `evidence/0001.ext`.
    Evidence {
        /// From 1 to [`MAX_EVIDENCE`].
        number: u16,
        /// What follows the dot.
        extension: Extension,
    },
    /// `SHA256SUMS`.
    Sums,
    /// `SHA256SUMS.sig`.
    Signature,
}

const REPORT: &str = "report.json";
const SUMS: &str = "SHA256SUMS";
const SIGNATURE: &str = "SHA256SUMS.sig";

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report => f.write_str(REPORT),
            Self::Evidence { number, extension } => write!(f, "evidence/{number:04}.{extension}"),
            Self::Sums => f.write_str(SUMS),
            Self::Signature => f.write_str(SIGNATURE),
        }
    }
}

impl FromStr for EntryName {
    type Err = TarError;

    fn from_str(text: &str) -> Result<Self, TarError> {
        match text {
            REPORT => return Ok(Self::Report),
            SUMS => return Ok(Self::Sums),
            SIGNATURE => return Ok(Self::Signature),
            _ => {}
        }
        let rest = text.strip_prefix("evidence/").ok_or(TarError::Name)?;
        let (digits, extension) = rest.split_once('.').ok_or(TarError::Name)?;
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TarError::Name);
        }
        match digits.parse() {
            Ok(number) if number > 0 => Ok(Self::Evidence { number, extension: extension.parse()? }),
            _ => Err(TarError::Name),
        }
    }
}

/// The name and size of an entry: all that a canonical header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name.
    pub name: EntryName,
    /// Bytes of content.
    pub size: u64,
}

impl Entry {
    /// Returns the header.
    ///
    /// # Errors
    ///
    /// [`TarError::Size`] from 4 GiB on.
    pub fn header(&self) -> Result<[u8; BLOCK_LEN], TarError> {
        if self.size > MAX_ENTRY_LEN {
            return Err(TarError::Size);
        }
        let mut header = [0; BLOCK_LEN];
        put(&mut header, 0, self.name.to_string().as_bytes());
        put(&mut header, 100, b"0000644\0");
        put(&mut header, 108, b"0000000\x000000000\0");
        put(&mut header, 124, format!("{:011o}\0", self.size).as_bytes());
        put(&mut header, 136, b"00000000000\0");
        put(&mut header, 156, b"0");
        put(&mut header, 257, b"ustar\x0000");
        put(&mut header, 329, b"0000000\x000000000\0");
        // The checksum is made with spaces in its own place.
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum::<u32>() + 8 * u32::from(b' ');
        put(&mut header, 148, format!("{sum:06o}\0 ").as_bytes());
        Ok(header)
    }

    /// Reads a header: takes name and size from it, writes the header for them, and compares all bytes.
    ///
    /// # Errors
    ///
    /// [`TarError`] if it is not exactly what [`Entry::header`] writes.
    pub fn parse(header: &[u8; BLOCK_LEN]) -> Result<Self, TarError> {
        let name = header.get(..100).and_then(|field| field.split(|&byte| byte == 0).next());
        let name = name.and_then(|name| std::str::from_utf8(name).ok()).ok_or(TarError::Name)?.parse()?;
        let size = header.get(124..135).and_then(|field| std::str::from_utf8(field).ok());
        let size = size.and_then(|size| u64::from_str_radix(size, 8).ok()).ok_or(TarError::Size)?;
        let entry = Self { name, size };
        if &entry.header()? == header { Ok(entry) } else { Err(TarError::NotCanonical) }
    }

    /// Returns how many zeros follow the content.
    pub fn padding(&self) -> u64 {
        let unit = BLOCK_LEN as u64;
        self.size.next_multiple_of(unit) - self.size
    }

    /// Returns how many bytes header, content and padding take.
    pub fn total_len(&self) -> u64 {
        BLOCK_LEN as u64 + self.size + self.padding()
    }
}

/// Writes `bytes` at `offset`; every caller passes a field that lies within the header.
fn put(header: &mut [u8; BLOCK_LEN], offset: usize, bytes: &[u8]) {
    if let Some(place) = header.get_mut(offset..offset + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn entry_name() -> impl Strategy<Value = EntryName> {
        let evidence = (1..=9999u16, "[a-z0-9]{1,5}")
            .prop_map(|(number, ext)| EntryName::Evidence { number, extension: ext.parse().unwrap() });
        prop_oneof![Just(EntryName::Report), Just(EntryName::Sums), Just(EntryName::Signature), evidence]
    }

    #[test]
    fn foreign_names_are_refused() {
        for name in [
            "",
            "report.jsoN",
            "evidence/0000.jpg",
            "evidence/1.jpg",
            "evidence/00001.jpg",
            "evidence/0001.JPG",
            "evidence/0001.",
            "evidence/0001",
            "evidence/0001.abcdef",
            "evidence/0001.a/b",
            "evidence/../1.jpg",
            "../report.json",
            "/SHA256SUMS",
            "evidence/+001.jpg",
        ] {
            assert_eq!(name.parse::<EntryName>(), Err(TarError::Name), "{name}");
        }
    }

    #[test]
    fn entries_from_4_gib_on_are_refused() {
        let entry = |size| Entry { name: EntryName::Report, size };
        assert!(entry(MAX_ENTRY_LEN).header().is_ok());
        assert_eq!(entry(MAX_ENTRY_LEN + 1).header(), Err(TarError::Size));
    }

    proptest! {
        #[test]
        fn parse_reads_what_header_writes(name in entry_name(), size in 0..=MAX_ENTRY_LEN) {
            let entry = Entry { name, size };
            prop_assert_eq!(Entry::parse(&entry.header().unwrap()), Ok(entry));
            prop_assert_eq!(name.to_string().parse::<EntryName>(), Ok(name));
        }

        #[test]
        fn any_changed_byte_is_refused(name in entry_name(), size in 0..1000u64, at in 0..BLOCK_LEN, flip in 1..=255u8) {
            let mut header = Entry { name, size }.header().unwrap();
            header[at] ^= flip;
            prop_assert!(Entry::parse(&header).is_err());
        }

        #[test]
        fn a_stock_reader_understands_the_header(name in entry_name(), content in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let entry = Entry { name, size: content.len() as u64 };
            let mut archive = entry.header().unwrap().to_vec();
            archive.extend_from_slice(&content);
            archive.resize(usize::try_from(entry.total_len() + END_LEN).unwrap(), 0);
            let mut archive = tar::Archive::new(archive.as_slice());
            let mut entries = archive.entries().unwrap();
            let mut found = entries.next().unwrap().unwrap();
            prop_assert_eq!(found.path_bytes().into_owned(), name.to_string().into_bytes());
            prop_assert!(found.header().entry_type().is_file());
            prop_assert_eq!(found.header().mode().unwrap(), 0o644);
            prop_assert_eq!(found.header().mtime().unwrap(), 0);
            let mut read = Vec::new();
            found.read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, content);
            prop_assert!(entries.next().is_none());
        }
    }
}
