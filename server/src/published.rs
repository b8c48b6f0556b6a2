//! What an agency shows to everybody at one moment: its card, headers and editions.

use std::io::Read;

use bisik_formats::bundle::write_frames;
use bisik_formats::card::VerifiedCard;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::ids::{AgencyId, DeskId, Digest};
use bisik_formats::padding::{MAX_SIZE, TEXT_SIZE, padded_size, padded_size_of, sealed_len};
use bisik_formats::problem::ProblemCode;
use bisik_formats::shape::Shape;
use bisik_store::{AgencyKey, Sealed, Store, StoreError, StoredCard, StoredEdition};
use bytes::Bytes;

/// A view of an agency that never changes: a new card or edition makes a new view.
#[derive(Default)]
pub struct Published {
    card: Option<Current>,
    headers: Bytes,
    editions: Vec<Edition>,
}

/// The current card.
struct Current {
    card: VerifiedCard,
    bundle: Bytes,
    known: Vec<(u64, Digest)>,
    old_shapes: Vec<(usize, Day)>,
}

/// An edition that is served.
pub struct Edition {
    /// Whose edition.
    pub desk: DeskId,
    /// Its number.
    pub number: EditionNumber,
    /// False for the one before the current one.
    pub current: bool,
    /// The last day for which it is meant, if the header fits the current card.
    pub until: Option<Day>,
    /// Where its body is.
    pub body: EditionBody,
}

/// Where the body of an edition is.
pub enum EditionBody {
    /// In memory.
    Memory(Bytes),
    /// On the disk.
    Disk,
}

impl Published {
    /// Reads what the store holds, keeping bodies of up to `memory` bytes at hand.
    ///
    /// # Errors
    /// When the disk fails or holds a card that is not of this agency.
    pub fn load(
        store: &dyn Store,
        agency: AgencyKey,
        id: &AgencyId,
        memory: u64,
    ) -> Result<Self, StoreError> {
        let card = store.card(agency)?.map(|stored| Current::read(stored, id)).transpose()?;
        let stored = store.editions(agency)?;
        let mut left = memory;
        let mut editions = Vec::with_capacity(stored.len());
        // Current ones first: they are the ones that every visit fetches.
        let (current, former): (Vec<_>, Vec<_>) = stored.into_iter().partition(|edition| edition.current);
        let mut notes: Vec<&[u8]> = Vec::new();
        if let Some(held) = &card {
            // One that does not hold under a new card, with a new key or another size, would make every reader
            // refuse the whole visit. Without it only this desk counts as not open until it publishes again.
            let holds =
                |edition: &&StoredEdition| VerifiedHeader::verify(&edition.header, &held.card).is_ok();
            for desk in &held.card.card().desks {
                let own = current.iter().filter(|edition| edition.desk == desk.id);
                notes.extend(own.filter(holds).map(|edition| edition.header.as_slice()));
            }
        }
        let headers = write_frames(&notes).map_err(|_| StoreError::Damaged("edition"))?.into();
        for edition in current.iter().chain(&former) {
            editions.push(Edition::read(store, agency, edition, card.as_ref(), &mut left)?);
        }
        Ok(Self { card, headers, editions })
    }

    /// Returns the card.
    ///
    /// # Errors
    /// When none has been brought yet.
    pub fn card(&self) -> Result<&VerifiedCard, ProblemCode> {
        Ok(&self.card.as_ref().ok_or(ProblemCode::NoCard)?.card)
    }

    /// Returns the bytes of the card bundle.
    ///
    /// # Errors
    /// When none has been brought yet.
    pub fn bundle(&self) -> Result<Bytes, ProblemCode> {
        Ok(self.card.as_ref().ok_or(ProblemCode::NoCard)?.bundle.clone())
    }

    /// Returns the framed header notes in card order.
    pub fn headers(&self) -> Bytes {
        self.headers.clone()
    }

    /// Returns the editions.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// Tells whether a card of this serial and hash was ever current here.
    pub fn knows_card(&self, serial: u64, hash: Digest) -> bool {
        self.card.as_ref().is_some_and(|current| current.known.contains(&(serial, hash)))
    }

    /// Returns the shapes that a sealed report of this length may have today.
    ///
    /// # Errors
    /// When the length is not listed, or above what the agency takes.
    pub fn shapes(&self, length: u64, today: Day) -> Result<Vec<Shape>, ProblemCode> {
        let desks = self.desk_counts(today)?;
        if length > self.longest(today)? {
            return Err(ProblemCode::ReportTooLarge);
        }
        let shapes: Vec<_> = desks.iter().filter_map(|desks| Shape::of_len(length, *desks).ok()).collect();
        if shapes.is_empty() { Err(ProblemCode::ReportLength) } else { Ok(shapes) }
    }

    /// Returns the length of the longest sealed report that the agency takes today.
    ///
    /// # Errors
    /// When no card has been brought yet.
    pub fn longest(&self, today: Day) -> Result<u64, ProblemCode> {
        let limit = self.limit()?;
        let lengths = self.desk_counts(today)?.into_iter().map(|desks| sealed_len(desks, limit));
        Ok(lengths.max().unwrap_or_default())
    }

    /// Returns the sealed lengths within `lowest..=highest` that a report may have today.
    ///
    /// # Errors
    /// When no card has been brought yet.
    pub fn lengths_within(&self, lowest: u64, highest: u64, today: Day) -> Result<Vec<u64>, ProblemCode> {
        let desks = self.desk_counts(today)?;
        let limit = self.limit()?;
        let listed = |length: &u64| {
            desks.iter().any(|desks| padded_size_of(*length, *desks).is_some_and(|padded| padded <= limit))
        };
        Ok((lowest..=highest).filter(listed).collect())
    }

    /// Returns the numbers of desks for which reports are taken today: those of the card, then former ones.
    fn desk_counts(&self, today: Day) -> Result<Vec<usize>, ProblemCode> {
        let current = self.card.as_ref().ok_or(ProblemCode::NoCard)?;
        let old = current.old_shapes.iter().filter(|(_, last)| today <= *last).map(|(desks, _)| *desks);
        Ok(std::iter::once(current.card.card().desks.len()).chain(old).collect())
    }

    /// Returns the largest padded size that the agency takes.
    fn limit(&self) -> Result<u64, ProblemCode> {
        let evidence = self.card()?.card().limits.report_bytes.get();
        // The card limits the evidence; around it come the archive's headers and the report itself.
        let whole = if evidence == 0 { TEXT_SIZE } else { evidence.saturating_add(AROUND_EVIDENCE) };
        Ok(padded_size(whole).unwrap_or(MAX_SIZE))
    }
}

/// Bytes that an archive adds around its evidence, at most.
const AROUND_EVIDENCE: u64 = 1 << 20;

impl Current {
    fn read(stored: StoredCard, id: &AgencyId) -> Result<Self, StoreError> {
        let card = VerifiedCard::verify(&stored.bundle, id).map_err(|_| StoreError::Damaged("card"))?;
        Ok(Self { card, bundle: stored.bundle.into(), known: stored.known, old_shapes: stored.old_shapes })
    }
}

impl Edition {
    fn read(
        store: &dyn Store,
        agency: AgencyKey,
        stored: &StoredEdition,
        card: Option<&Current>,
        left: &mut u64,
    ) -> Result<Self, StoreError> {
        let header = card.and_then(|current| VerifiedHeader::verify(&stored.header, &current.card).ok());
        let mut body = EditionBody::Disk;
        if stored.current && stored.body_length <= *left {
            *left -= stored.body_length;
            body = EditionBody::Memory(read_body(store, agency, stored)?);
        }
        Ok(Self {
            desk: stored.desk.clone(),
            number: stored.number,
            current: stored.current,
            until: header.map(|header| header.header().until),
            body,
        })
    }
}

fn read_body(store: &dyn Store, agency: AgencyKey, stored: &StoredEdition) -> Result<Bytes, StoreError> {
    match store.edition_body(agency, &stored.desk, stored.number)? {
        Some(Sealed::Bytes(bytes)) => Ok(bytes.into()),
        Some(Sealed::File { mut file, length }) => {
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            file.read_to_end(&mut bytes)?;
            Ok(bytes.into())
        }
        None => Err(StoreError::Damaged("edition")),
    }
}
