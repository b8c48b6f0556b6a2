//! The outbox on the stick: what desks and root send to the server, in files of fixed names.

use std::fs;
use std::path::{Path, PathBuf};

use bisik_formats::acknowledgement::MAX_ACKNOWLEDGEMENT;
use bisik_formats::card::{MAX_BUNDLE, MAX_LETTERS};
use bisik_formats::edition::{MAX_HEADER, PLACE_LEN};
use bisik_formats::ids::DeskId;
use bisik_term::files::{FileError, read_foreign};

use crate::stick::{StickError, failed};

/// The most entries of the outbox that are looked at.
const MAX_ENTRIES: usize = 1000;

/// The most desks whose folders are taken: far above any card, which has eight.
const MAX_OUTBOX_DESKS: usize = 64;

/// The longest body of an edition, in bytes.
const MAX_BODY: u64 = MAX_LETTERS as u64 * PLACE_LEN as u64;

/// Names in the outbox.
const CARD: &str = "card.bundle";
const HEADER: &str = "header.note";
const BODY: &str = "body.bin";
const ACKNOWLEDGEMENT: &str = "ack.note";

/// The two files of an edition.
#[derive(Debug, PartialEq, Eq)]
pub struct Edition {
    /// The header note.
    pub header: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

/// What goes to the server. Only files of fixed names are read.
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Takes the folder, which has been found to be one.
    pub(crate) const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the desks that have a folder here, and how many other entries there are, which stay untouched.
    ///
    /// # Errors
    /// Fails with [`StickError::File`] if the outbox cannot be read.
    pub fn desks(&self) -> Result<(Vec<DeskId>, usize), StickError> {
        let (mut desks, mut foreign) = (Vec::new(), 0usize);
        let entries = fs::read_dir(&self.folder).map_err(|error| failed(&self.folder, error))?;
        for entry in entries.take(MAX_ENTRIES) {
            let entry = entry.map_err(|error| failed(&self.folder, error))?;
            let name = entry.file_name();
            // The type of the entry itself: a link to a folder is no folder.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match name.to_str().and_then(|name| name.parse::<DeskId>().ok()) {
                Some(desk) if is_folder && desks.len() < MAX_OUTBOX_DESKS => desks.push(desk),
                _ if name == CARD => {}
                _ => foreign += 1,
            }
        }
        desks.sort_unstable();
        Ok((desks, foreign))
    }

    /// Returns the card bundle, if there is one.
    ///
    /// # Errors
    /// See [`StickError`]. So it is with the other files.
    pub fn card(&self) -> Result<Option<Vec<u8>>, StickError> {
        read(&self.folder.join(CARD), MAX_BUNDLE as u64)
    }

    /// Returns header note and body of a desk's edition, if there is one.
    pub fn edition(&self, desk: &DeskId) -> Result<Option<Edition>, StickError> {
        let folder = self.folder.join(desk.as_str());
        let header = read(&folder.join(HEADER), MAX_HEADER as u64)?;
        let body = read(&folder.join(BODY), MAX_BODY)?;
        match (header, body) {
            (Some(header), Some(body)) => Ok(Some(Edition { header, body })),
            (None, None) => Ok(None),
            _ => Err(StickError::HalfEdition(folder)),
        }
    }

    /// Returns a desk's acknowledgement, if there is one.
    pub fn acknowledgement(&self, desk: &DeskId) -> Result<Option<Vec<u8>>, StickError> {
        read(&self.folder.join(desk.as_str()).join(ACKNOWLEDGEMENT), MAX_ACKNOWLEDGEMENT as u64)
    }
}

fn read(path: &Path, max: u64) -> Result<Option<Vec<u8>>, StickError> {
    match read_foreign(path, max) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FileError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;
    use crate::stick::Stick;

    fn stick() -> (TempDir, Stick) {
        let folder = TempDir::new().unwrap();
        let stick = Stick::open(folder.path()).ok().unwrap();
        (folder, stick)
    }

    #[test]
    fn the_outbox_reads_named_files_only() {
        let (folder, stick) = stick();
        let outbox = folder.path().join("outbox");
        let secret = folder.path().join("secret");
        fs::write(&secret, b"not for the server").unwrap();
        for desk in ["inspektorat", "spi", "Huruf Besar", "-x"] {
            fs::create_dir_all(outbox.join(desk)).unwrap();
        }
        fs::write(outbox.join("inspektorat").join(HEADER), b"h").unwrap();
        fs::write(outbox.join("inspektorat").join(BODY), b"b").unwrap();
        fs::write(outbox.join("inspektorat").join("catatan.txt"), b"private").unwrap();
        fs::write(outbox.join("spi").join(HEADER), b"h").unwrap();
        symlink(&secret, outbox.join("spi").join(ACKNOWLEDGEMENT)).unwrap();
        symlink(folder.path(), outbox.join("tautan")).unwrap();
        fs::write(outbox.join("bekas"), b"").unwrap();
        fs::write(outbox.join(CARD), b"card").unwrap();

        let outbox = stick.outbox().ok().unwrap();
        let (desks, foreign) = outbox.desks().ok().unwrap();
        assert_eq!(desks.iter().map(DeskId::as_str).collect::<Vec<_>>(), ["inspektorat", "spi"]);
        assert_eq!(foreign, 4);
        assert_eq!(outbox.card().ok().unwrap().as_deref(), Some(&b"card"[..]));
        assert_eq!(
            outbox.edition(&desks[0]).ok().unwrap(),
            Some(Edition { header: b"h".to_vec(), body: b"b".to_vec() })
        );
        assert_eq!(outbox.acknowledgement(&desks[0]).ok().unwrap(), None);
        assert!(matches!(outbox.edition(&desks[1]), Err(StickError::HalfEdition(_))));
        assert!(matches!(
            outbox.acknowledgement(&desks[1]),
            Err(StickError::File(FileError::NotRegular { .. }))
        ));
    }

    #[test]
    fn files_that_are_too_long_are_refused() {
        let (folder, stick) = stick();
        fs::create_dir_all(folder.path().join("outbox")).unwrap();
        fs::write(folder.path().join("outbox").join(CARD), vec![0; MAX_BUNDLE + 1]).unwrap();
        let outbox = stick.outbox().ok().unwrap();
        assert!(matches!(outbox.card(), Err(StickError::File(FileError::TooLarge { .. }))));
    }
}
