//! Judging one file: cheap checks first, the age code last, and no trace of what is for others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bisik_formats::card::VerifiedCard;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, Digest, Hasher, ReportId};
use bisik_formats::padding::MAX_DESKS;
use bisik_formats::shape::{MAX_HEADER_LEN, Shape};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::reader::OpenError;
use bisik_sealing::report::{EvidenceSink, Expected, OpenedReport, ReportError, open_report};
use serde::{Deserialize, Serialize};

use super::accept::{self, Outcome};
use super::{ImportError, Refusal};
use crate::cases::{self, Message};
use crate::desk::Desk;
use crate::vault::{EvidenceRoom, EvidenceStage, Records, Table, VaultError};
use crate::{guard, identities};

/// Up to here a file is read into memory whole, so that it is read only once.
const WHOLE: u64 = 1024 * 1024;
/// Larger files that open but break a rule are not worth the room.
const MAX_QUARANTINED: u64 = 64 * 1024 * 1024;
/// Cards travel by hand: a report may be sealed for the desks of an older or newer card than ours.
const DESK_COUNTS: [usize; MAX_DESKS] = [1, 2, 3, 4, 5, 6, 7, 8];

/// What every file is judged by.
pub(super) struct Context {
    pub(super) agency: AgencyId,
    pub(super) desk: DeskId,
    pub(super) today: Day,
    pub(super) card: VerifiedCard,
    pub(super) editions: BTreeMap<EditionNumber, Digest>,
    /// How many threads have each letter key, by its digest.
    pub(super) letter_keys: BTreeMap<Digest, usize>,
    identities: Vec<Identity>,
    room: EvidenceRoom,
}

/// Why the whole import stops: the vault, not a file, has failed.
pub(super) enum Stop {
    Vault(VaultError),
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// A file in quarantine.
#[derive(Serialize, Deserialize)]
pub(super) struct Quarantined {
    pub(super) id: ReportId,
    pub(super) day: Day,
    pub(super) refusal: Refusal,
    /// The copy among the evidence, if it was kept.
    pub(super) file: Option<String>,
}

/// That a sealed file has been dealt with, so that it is acknowledged.
#[derive(Serialize, Deserialize)]
pub(crate) struct ImportedFile {
    pub(crate) id: ReportId,
    pub(crate) day: Day,
}

impl Context {
    pub(super) fn new(desk: &mut Desk, today: Day) -> Result<Self, ImportError> {
        let records = desk.records();
        let identities = identities::all(records)?.iter().map(|kept| kept.identity()).collect();
        let editions = guard::editions(records)?.into_iter().map(|own| (own.number, own.hash)).collect();
        let mut letter_keys = BTreeMap::new();
        for case in cases::all(desk)? {
            *letter_keys.entry(Digest::of(case.letter_key.expose())).or_default() += 1;
        }
        sweep(desk)?;
        let card = desk.card()?.clone();
        let info = desk.info().clone();
        let room = desk.vault_mut().evidence_room()?;
        Ok(Self {
            agency: info.agency,
            desk: info.desk,
            today,
            card,
            editions,
            letter_keys,
            identities,
            room,
        })
    }
}

/// Removes evidence that an interrupted import has left without a record.
fn sweep(desk: &Desk) -> Result<(), VaultError> {
    let known = evidence_files(desk.records())?;
    desk.vault().sweep_evidence(&|name| known.contains(name))
}

/// Returns the names of all evidence files that a record names.
pub(crate) fn evidence_files(records: &Records) -> Result<BTreeSet<String>, VaultError> {
    let messages: Vec<Message> = records.all_json(Table::Messages)?;
    let quarantined: Vec<Quarantined> = records.all_json(Table::Quarantine)?;
    let evidence = messages.into_iter().flat_map(|message| message.evidence).map(|evidence| evidence.file);
    Ok(evidence.chain(quarantined.into_iter().filter_map(|file| file.file)).collect())
}

/// Imports one file. Never fails for what is in the file.
pub(super) fn import_file(
    file: &super::SealedFile,
    records: &mut Records,
    context: &mut Context,
) -> Result<Outcome, Stop> {
    // What has been dealt with before is passed over without a word: a count would tell of files for others.
    if records.has(Table::Imported, file.id.as_bytes())? {
        return Ok(Outcome::Silent);
    }
    let refused = |refusal| Ok(Outcome::Refused(refusal));
    let Ok((mut source, len)) = file.open() else { return refused(Refusal::Unreadable) };
    let Ok(first) = read_start(&mut source) else { return refused(Refusal::Unreadable) };
    // Shape and length before any age code runs: its header parser takes quadratic time.
    if Shape::judge(&first, len).is_err() {
        return refused(Refusal::Shape);
    }
    let mut sealed = match Sealed::read(source, len) {
        Ok(sealed) => sealed,
        Err(_) => return refused(Refusal::Unreadable),
    };
    let mut stage = context.room.stage();
    match open(&mut sealed, len, context, &mut stage) {
        Err(ReportError::Sink(error)) => Err(Stop::Vault(VaultError::Io(error))),
        Err(ReportError::Open(OpenError::Io(_))) => refused(Refusal::Unreadable),
        Ok(report) if report.id == file.id => accept::accept(report, stage, records, context),
        Ok(_) => refused(Refusal::Changed),
        Err(error) => {
            drop(stage);
            match sealed.id() {
                Ok(id) if id == file.id => not_accepted(&error, id, &mut sealed, records, context),
                Ok(_) => refused(Refusal::Changed),
                Err(_) => refused(Refusal::Unreadable),
            }
        }
    }
}

fn open(
    sealed: &mut Sealed,
    len: u64,
    context: &Context,
    stage: &mut EvidenceStage,
) -> Result<OpenedReport, ReportError> {
    let identities: Vec<&Identity> = context.identities.iter().collect();
    let expected = Expected {
        identities: &identities,
        agency: &context.agency,
        desk: &context.desk,
        desk_counts: &DESK_COUNTS,
    };
    match sealed {
        Sealed::Whole(bytes) => open_report(bytes.as_slice(), len, &expected, stage),
        Sealed::File(file) => {
            let mut input = io::BufReader::with_capacity(128 * 1024, &*file);
            open_report(&mut input, len, &expected, stage)
        }
    }
}

/// Records a genuine file that is not a message for this desk. It is acknowledged all the same.
fn not_accepted(
    error: &ReportError,
    id: ReportId,
    sealed: &mut Sealed,
    records: &mut Records,
    context: &mut Context,
) -> Result<Outcome, Stop> {
    accept::note_imported(records, id, context.today)?;
    // For others, a decoy, or a report that somebody has sealed again to a desk that was left out: nothing is kept
    // and nothing is said, or the desk would learn of it.
    if matches!(error, ReportError::Open(OpenError::NoMatch) | ReportError::OtherDesk) {
        return Ok(Outcome::Silent);
    }
    let file = match sealed.len() <= MAX_QUARANTINED {
        true => Some(quarantine(sealed, &mut context.room)?),
        false => None,
    };
    let refusal = Refusal::Malformed;
    let record = Quarantined { id, day: context.today, refusal, file };
    records.put_json(Table::Quarantine, id.as_bytes(), &record)?;
    Ok(Outcome::Refused(refusal))
}

/// Keeps a copy of the sealed bytes, sealed once more.
fn quarantine(sealed: &mut Sealed, room: &mut EvidenceRoom) -> Result<String, VaultError> {
    let mut stage = room.stage();
    let extension = "age".parse().map_err(|_| VaultError::Crypto)?;
    stage.begin(1, extension, sealed.len())?;
    let hash = sealed.each(|bytes| stage.write(bytes))?;
    stage.end(&hash)?;
    stage.keep().pop().map(|kept| kept.file).ok_or(VaultError::Crypto)
}

/// Reads enough of a file to judge its shape, and goes back to its start.
fn read_start(file: &mut File) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(MAX_HEADER_LEN);
    (&mut *file).take(MAX_HEADER_LEN as u64).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(first)
}

/// The bytes of a sealed file: in memory if they are few.
enum Sealed {
    Whole(Vec<u8>),
    File(File),
}

impl Sealed {
    fn read(file: File, len: u64) -> io::Result<Self> {
        if len > WHOLE {
            return Ok(Self::File(file));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        // One byte more than there should be, so that a file that has grown does not fit any more.
        file.take(len + 1).read_to_end(&mut bytes)?;
        Ok(Self::Whole(bytes))
    }

    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::File(file) => file.metadata().map_or(u64::MAX, |metadata| metadata.len()),
        }
    }

    /// Returns SHA-256 of all bytes, whoever can open them.
    fn id(&mut self) -> io::Result<ReportId> {
        self.each(|_| Ok(())).map(ReportId::from)
    }

    /// Passes all bytes on in pieces and returns their digest.
    fn each(&mut self, mut piece: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Digest> {
        let mut hasher = Hasher::new();
        match self {
            Self::Whole(bytes) => {
                hasher.update(bytes);
                piece(bytes)?;
            }
            Self::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                let mut buffer = vec![0; 128 * 1024];
                loop {
                    let count = file.read(&mut buffer)?;
                    let read = buffer.get(..count).unwrap_or_default();
                    if read.is_empty() {
                        break;
                    }
                    hasher.update(read);
                    piece(read)?;
                }
            }
        }
        Ok(hasher.finish())
    }
}
