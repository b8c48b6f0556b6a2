//! Cases: one for each thread that has reached the desk, and what officers do with them.

use std::collections::BTreeSet;

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, Digest, MessageId, RecipientText, ReportId};
use bisik_formats::json::Count;
use bisik_formats::keys::{Signature, VerifyKey};
use bisik_sealing::letter::{
    Letter, LetterError, LetterFormat, LetterMessage, MAX_QUESTIONS, MAX_RECEIVED, Received,
};
use bisik_sealing::report::{EvidenceEntry, Kind, Language, ReportContent};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, DeskError};
use crate::lint;
use crate::secret::Secret;
use crate::vault::{Action, Records, Table, Vault, VaultError};

/// The longest message to a reporter, in bytes: less than a letter holds beside its other fields.
pub const MAX_MESSAGE: usize = 4000;
/// The longest question, in bytes.
pub const MAX_QUESTION: usize = 300;
/// Days that letters go on after a status that ends the case.
pub const CLOSING_DAYS: i32 = 60;
/// More threads than this with one letter key make each of them suspicious.
pub(crate) const MAX_SHARED_LETTER_KEY: usize = 32;

/// Why something could not be done with a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// There is no case of this number.
    #[error("there is no such case")]
    Unknown {
        /// The number that was asked for.
        number: u32,
    },
    /// The case has no message or evidence of this number.
    #[error("the case has no such part")]
    UnknownPart,
    /// The form has no such status.
    #[error("the form has no such status")]
    Status,
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text does not fit into a letter.
    #[error("the text is too long for a letter")]
    TooLong {
        /// Bytes to save, at least.
        over: usize,
    },
    /// There are too many questions.
    #[error("there are too many questions")]
    Questions {
        /// Questions to drop.
        over: usize,
    },
    /// The text asks who the reporter is, or would lead him out of the box.
    #[error("the text contains a word that endangers reporters")]
    Dangerous {
        /// The word.
        word: &'static str,
    },
    /// The letter cannot be made.
    #[error("the letter cannot be made")]
    Letter(#[source] LetterError),
    /// The case gets no letters any more.
    #[error("the case has ended")]
    Ended,
    /// The closing day is not after today.
    #[error("the closing day is not after today")]
    Closes,
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What an officer should know about a case before anything else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseWarning {
    /// A later message named another recipient for letters; it was set aside.
    OtherRecipient,
    /// A later message named another letter key; it was set aside.
    OtherLetterKey,
    /// More than 32 threads have this letter key: no honest program does that.
    SharedLetterKey,
}

/// What an officer should know about one message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageWarning {
    /// The reporter saw an edition of this desk that it has never made.
    SeenUnknown,
    /// The reporter saw another edition under a number that this desk has used.
    SeenForked,
    /// The reporter used a newer card than the desk holds.
    NewerCard,
    /// The answers are not to the form that the desk holds.
    OtherForm,
    /// The answers do not fit the form.
    Answers,
}

/// A case.
#[derive(Serialize, Deserialize)]
pub struct Case {
    /// The number by which officers name it.
    pub number: u32,
    /// The thread's verify key.
    pub thread: VerifyKey,
    pub(crate) recipient: RecipientText,
    pub(crate) letter_key: Secret,
    /// The language the reporter reads.
    pub language: Language,
    /// The day of the first import.
    pub opened: Day,
    /// The id of the status in the form.
    pub status: String,
    /// The status that letters show: the last one that may be shown.
    pub shown_status: String,
    /// The day of the status.
    pub status_since: Day,
    /// The desks that all messages of the thread went to.
    pub to: Vec<DeskId>,
    /// The messages of the reporter, oldest first.
    pub received: Vec<ReceivedMessage>,
    /// What the desk wrote, newest first.
    pub written: Vec<LetterMessage>,
    /// What the desk still asks.
    pub questions: Vec<String>,
    /// The last day on which the thread gets letters.
    pub closes: Option<Day>,
    /// Whether the reporter has closed the thread.
    pub reporter_closed: bool,
    /// Whether an officer has marked it as junk: it gets a letter only while there is room.
    pub junk: bool,
    /// Whether an officer has worked on it: it gets a letter before others.
    pub confirmed: bool,
    /// Whether a message came after an officer last looked.
    pub unread: bool,
    /// What to know before anything else.
    pub warnings: BTreeSet<CaseWarning>,
}

/// A message of a case, by its digest.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct ReceivedMessage {
    /// The day of import.
    pub day: Day,
    /// SHA-256 of its `SHA256SUMS`.
    pub sums: Digest,
}

/// A message as it lies in the vault, without its text.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// SHA-256 of its `SHA256SUMS`.
    pub sums: Digest,
    /// SHA-256 of the sealed bytes.
    pub report: ReportId,
    /// The day of import.
    pub day: Day,
    /// First report, later message or end.
    pub kind: Kind,
    /// What to know about it.
    pub warnings: BTreeSet<MessageWarning>,
    /// Its evidence, in order.
    pub evidence: Vec<StoredEvidence>,
}

impl Message {
    /// Returns the id that the reporter was shown.
    pub fn id(&self) -> MessageId {
        self.sums.into()
    }
}

/// A piece of evidence in the vault.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredEvidence {
    /// Its name in the report.
    pub entry: EvidenceEntry,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub hash: Digest,
    /// The file in the vault.
    pub(crate) file: String,
}

/// What proves a message genuine: with the evidence, the whole report.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredProof {
    pub(crate) report_json: String,
    pub(crate) sums: String,
    pub(crate) signature: Signature,
}

impl Case {
    /// Tells whether editions of that day have a letter for it.
    pub fn is_open(&self, today: Day) -> bool {
        self.closes.is_none_or(|closes| today <= closes)
    }

    /// Returns the letter of an edition.
    pub(crate) fn letter(&self, agency: AgencyId, desk: DeskId, edition: EditionNumber) -> Letter {
        let confirm = |message: &ReceivedMessage| Received { date: message.day, id: message.sums.into() };
        Letter {
            format: LetterFormat::V1,
            agency,
            desk,
            edition,
            thread: self.thread,
            to: self.to.clone(),
            received: self.received.iter().map(confirm).collect(),
            earlier_received: Count::from(0),
            status: self.shown_status.clone(),
            messages: self.written.clone(),
            earlier: Count::from(0),
            questions: self.questions.clone(),
            closes: self.closes,
        }
    }

    pub(crate) fn store(&self, records: &mut Records) -> Result<(), VaultError> {
        records.put_json(Table::Threads, self.thread.as_bytes(), self)
    }
}

/// Returns all cases, by number.
///
/// # Errors
///
/// [`VaultError`].
pub fn all(desk: &Desk) -> Result<Vec<Case>, VaultError> {
    let mut cases: Vec<Case> = desk.records().all_json(Table::Threads)?;
    cases.sort_by_key(|case| case.number);
    Ok(cases)
}

/// Returns the case of a number.
///
/// # Errors
///
/// [`CaseError::Unknown`] and others.
pub fn find(desk: &Desk, number: u32) -> Result<Case, CaseError> {
    all(desk)?.into_iter().find(|case| case.number == number).ok_or(CaseError::Unknown { number })
}

/// Returns the messages of a case, oldest first.
///
/// # Errors
///
/// [`VaultError`].
pub fn messages(desk: &Desk, case: &Case) -> Result<Vec<Message>, VaultError> {
    let missing = VaultError::Damaged(crate::vault::Place::Record);
    let get = |received: &ReceivedMessage| {
        desk.records().get_json(Table::Messages, received.sums.as_bytes()).transpose()
    };
    let found: Result<Vec<Message>, VaultError> = case.received.iter().filter_map(get).collect();
    let found = found?;
    if found.len() == case.received.len() { Ok(found) } else { Err(missing) }
}

/// Returns what a message says.
///
/// # Errors
///
/// [`VaultError`].
pub fn content(desk: &Desk, message: &Message) -> Result<ReportContent, VaultError> {
    let damaged = || VaultError::Damaged(crate::vault::Place::Record);
    let proof = proof(desk.records(), message)?;
    serde_json::from_str(&proof.report_json).map_err(|_| damaged())
}

pub(crate) fn proof(records: &Records, message: &Message) -> Result<StoredProof, VaultError> {
    let found = records.get_json(Table::Proofs, message.sums.as_bytes())?;
    found.ok_or(VaultError::Damaged(crate::vault::Place::Record))
}

/// Notes that the officer looks at a case.
///
/// # Errors
///
/// [`CaseError`]; then nothing may be shown.
pub fn note_shown(desk: &mut Desk, number: u32, today: Day) -> Result<(), CaseError> {
    let mut case = find(desk, number)?;
    case.unread = false;
    change(desk, &case, today, Action::Shown)
}

/// What an officer writes to a reporter.
#[derive(Default)]
pub struct Reply {
    /// A message, possibly none.
    pub message: Option<String>,
    /// Questions in place of those that are open.
    pub questions: Option<Vec<String>>,
    /// Whether words that endanger reporters have been looked at and stay.
    pub words_confirmed: bool,
}

/// Writes to a reporter: the next edition carries it.
///
/// # Errors
///
/// [`CaseError`]; then nothing has changed.
pub fn reply(desk: &mut Desk, number: u32, reply: Reply, today: Day) -> Result<(), CaseError> {
    let mut case = find(desk, number)?;
    if !case.is_open(today) {
        return Err(CaseError::Ended);
    }
    check_reply(&reply)?;
    if let Some(text) = reply.message {
        case.written.insert(0, LetterMessage { date: today, text: text.trim().to_owned() });
    }
    if let Some(questions) = reply.questions {
        case.questions = questions.iter().map(|question| question.trim().to_owned()).collect();
    }
    check_letter(desk, &case, today)?;
    case.confirmed = true;
    case.unread = false;
    change(desk, &case, today, Action::Replied)
}

/// Checks each text on its own.
fn check_reply(reply: &Reply) -> Result<(), CaseError> {
    if reply.message.is_none() && reply.questions.is_none() {
        return Err(CaseError::Empty);
    }
    let count = reply.questions.as_ref().map_or(0, Vec::len);
    if let Some(over) = count.checked_sub(MAX_QUESTIONS).filter(|over| *over > 0) {
        return Err(CaseError::Questions { over });
    }
    let texts = reply.message.iter().map(|text| (text, MAX_MESSAGE));
    let texts = texts.chain(reply.questions.iter().flatten().map(|text| (text, MAX_QUESTION)));
    for (text, max) in texts {
        if text.trim().is_empty() {
            return Err(CaseError::Empty);
        }
        if let Some(over) = text.len().checked_sub(max).filter(|over| *over > 0) {
            return Err(CaseError::TooLong { over });
        }
        if let Some(word) = lint::dangerous_word(text).filter(|_| !reply.words_confirmed) {
            return Err(CaseError::Dangerous { word });
        }
    }
    Ok(())
}

/// Sets the status of a case. A status that ends the case sets the day of its last letter, `closes` or 60 days on.
///
/// # Errors
///
/// [`CaseError`]; then nothing has changed.
pub fn set_status(
    desk: &mut Desk,
    number: u32,
    status: &str,
    closes: Option<Day>,
    today: Day,
) -> Result<(), CaseError> {
    let mut case = find(desk, number)?;
    let known = desk.card()?.card().form.status(status).ok_or(CaseError::Status)?;
    if closes.is_some_and(|closes| closes <= today) {
        return Err(CaseError::Closes);
    }
    let (shown, ends) = (known.shown, known.ends);
    case.status = status.to_owned();
    case.status_since = today;
    if shown {
        case.shown_status = status.to_owned();
    }
    case.closes = closes.or_else(|| ends.then(|| today.plus(CLOSING_DAYS)));
    case.confirmed = true;
    check_letter(desk, &case, today)?;
    change(desk, &case, today, Action::StatusSet)
}

/// Marks a case as junk, or takes the mark away.
///
/// # Errors
///
/// [`CaseError`]; then nothing has changed.
pub fn set_junk(desk: &mut Desk, number: u32, junk: bool, today: Day) -> Result<(), CaseError> {
    let mut case = find(desk, number)?;
    case.junk = junk;
    case.confirmed = !junk;
    change(desk, &case, today, if junk { Action::JunkMarked } else { Action::JunkUnmarked })
}

/// Makes sure that the letter fits before an officer believes to have answered, also when it will have to confirm
/// more messages and to name another status.
fn check_letter(desk: &Desk, case: &Case, today: Day) -> Result<(), CaseError> {
    let info = desk.info();
    let mut letter = case.letter(info.agency, info.desk.clone(), EditionNumber::next(None, today));
    let unknown = Digest::from_bytes([0; 32]).into();
    letter.received = vec![Received { date: today, id: unknown }; MAX_RECEIVED];
    letter.earlier_received = Count::from(u32::MAX);
    letter.closes = Some(today);
    let statuses = desk.card()?.card().form.statuses.iter().map(|status| &status.id);
    letter.status = statuses.max_by_key(|id| id.len()).cloned().unwrap_or_default();
    match letter.fit() {
        Ok(_) => Ok(()),
        Err(LetterError::TooLong { over }) => Err(CaseError::TooLong { over }),
        Err(error) => Err(CaseError::Letter(error)),
    }
}

fn change(desk: &mut Desk, case: &Case, today: Day, action: Action) -> Result<(), CaseError> {
    let officer = desk.vault().officer().clone();
    let done: Result<(), VaultError> = desk.vault_mut().records_mut().transaction(|records| {
        case.store(records)?;
        Vault::note_in(records, &officer, today, action, &case.number.to_string())
    });
    Ok(done?)
}
