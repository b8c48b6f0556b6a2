//! A message on its way: what it says, to whom, and the sealing of it in a visit.

mod file;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use bisik_formats::answers::{self, Answer};
use bisik_formats::card::Card;
use bisik_formats::form::{FieldKind, Form};
use bisik_formats::ids::{DeskId, MessageId};
use bisik_sealing::report::{
    EvidenceSource, Kind, Language, ReportContent, ReportFormat, ReportNonce, SealedReport, Slot,
    ThreadPublic, seal_report, sealed_report_len,
};
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::files::{NewFile, write_private};
use bisik_term::{CommandError, ErrorKind};
use zeroize::Zeroize;

pub use self::file::{AnswersFile, read_answers};
use crate::cli::DeskArgs;
use crate::desks::Desks;
use crate::env::{Env, Random};
use crate::error::seal_error;
use crate::evidence::{self, EvidenceFile, EvidenceReader};
use crate::mailbox::Mailbox;
use crate::visit::{Errand, KeptFile, Outgoing, Verified};

/// What a message says. Its texts are wiped on drop.
pub struct Draft {
    /// First report, later message, or end of the thread.
    pub kind: Kind,
    /// The answers, in the order of the form.
    pub answers: Vec<Answer>,
    /// Free text.
    pub message: String,
    /// Files.
    pub evidence: Vec<EvidenceFile>,
}

impl Drop for Draft {
    fn drop(&mut self) {
        wipe(&mut self.answers, &mut self.message);
    }
}

/// Wipes everything written in own words.
fn wipe(answers: &mut [Answer], message: &mut String) {
    message.zeroize();
    for answer in answers {
        if let answers::Value::Text(text) = &mut answer.value {
            text.zeroize();
        }
    }
}

impl Draft {
    /// Iterates over everything that was written in own words.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let words = self.answers.iter().filter_map(|answer| match &answer.value {
            answers::Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        words.chain([self.message.as_str()])
    }

    /// Checks the answers, in the order of the form, and the files against the form and limits of a card.
    ///
    /// # Errors
    /// Names what does not fit, or the first question without which nothing can be sent.
    fn check(&self, answers: &[Answer], card: &Card) -> Result<(), CommandError> {
        let refused = |id| CommandError::new(ErrorKind::Refused, id);
        answers::check(&card.form, answers).map_err(|error| answers_error(error, answers))?;
        evidence::check(&self.evidence, &card.form, &card.limits)?;
        if self.kind == Kind::Report {
            let gaps = answers::gaps(&card.form, answers, !self.evidence.is_empty());
            if let Some(field) = gaps.required.first() {
                return Err(refused("err-answer-missing").with("field", field.clone()));
            }
        }
        self.check_message()
    }

    /// Checks that a later message says something.
    ///
    /// # Errors
    /// Fails if it does not.
    pub fn check_message(&self) -> Result<(), CommandError> {
        if self.kind == Kind::FollowUp && self.message.trim().is_empty() && self.evidence.is_empty() {
            return Err(CommandError::new(ErrorKind::Refused, "err-message-empty"));
        }
        Ok(())
    }
}

/// Names the answer that does not fit.
fn answers_error(error: answers::AnswersError, given: &[Answer]) -> CommandError {
    use answers::AnswersError as E;
    let (id, index) = match error {
        E::Question(index) => ("err-answer-question", index),
        E::Order(index) | E::Entry(index) => ("err-answer-order", index),
        E::Kind(index) => ("err-answer-kind", index),
        E::Length(index) => ("err-answer-length", index),
        E::Option(index) => ("err-answer-option", index),
        E::When(index) => ("err-answer-when", index),
    };
    let field = given.get(index).map(|answer| answer.field.clone()).unwrap_or_default();
    CommandError::new(ErrorKind::Refused, id).with("number", index.saturating_add(1)).with("field", field)
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressees {
    /// To these desks.
    Only(BTreeSet<DeskId>),
    /// To all desks but these.
    AllBut(BTreeSet<DeskId>),
    /// To whom the letters of the thread say.
    AsLetters,
    /// Not said yet: a person decides, unless there is only one desk.
    Ask,
}

impl Addressees {
    /// Takes what the command line says; `None` if it says nothing.
    #[must_use]
    pub fn from_args(args: &DeskArgs) -> Option<Self> {
        if !args.to.is_empty() {
            Some(Self::Only(args.to.iter().cloned().collect()))
        } else if !args.leave_out.is_empty() {
            Some(Self::AllBut(args.leave_out.iter().cloned().collect()))
        } else {
            None
        }
    }

    /// Returns the desks as far as a card tells; `None` if letters or a person must say.
    #[must_use]
    pub fn on(&self, card: &Card) -> Option<BTreeSet<DeskId>> {
        let all = || card.desks.iter().map(|desk| desk.id.clone());
        match self {
            Self::Only(to) => Some(to.clone()),
            Self::AllBut(out) => Some(all().filter(|id| !out.contains(id)).collect()),
            Self::Ask if card.desks.len() == 1 => Some(all().collect()),
            Self::AsLetters | Self::Ask => None,
        }
    }

    /// Returns a desk that is named and is not on the card: a mistyped name must not widen or narrow anything.
    fn unknown(&self, card: &Card) -> Option<&DeskId> {
        match self {
            Self::Only(desks) | Self::AllBut(desks) => desks.iter().find(|id| card.desk(id).is_none()),
            Self::AsLetters | Self::Ask => None,
        }
    }
}

/// The errand of handing in a message.
pub struct Sending<'a> {
    draft: &'a Draft,
    keys: &'a ThreadKeys,
    addressees: Addressees,
    nonce: ReportNonce,
    language: Language,
    keep: Option<(PathBuf, NewFile)>,
    made: Option<Made>,
    message: Option<MessageId>,
    card: Option<Box<Card>>,
    asks_desks: bool,
    is_in_file: bool,
}

/// What was made in the first attempt, for the next ones.
struct Made {
    content: ReportContent,
    sealed: Option<Kept>,
}

impl Drop for Made {
    fn drop(&mut self) {
        wipe(&mut self.content.answers, &mut self.content.message);
    }
}

/// A sealed message that stays.
enum Kept {
    InMemory(Vec<u8>),
    InFile(KeptFile),
}

impl<'a> Sending<'a> {
    /// Takes a message. `keep` names a file for a copy of what is sealed; it must not exist.
    ///
    /// # Errors
    /// Fails if that file exists or cannot be written.
    pub fn new<R: Random>(
        draft: &'a Draft,
        keys: &'a ThreadKeys,
        addressees: Addressees,
        keep: Option<PathBuf>,
        env: &mut Env<'_, R>,
    ) -> Result<Self, CommandError> {
        let keep = keep.map(|path| NewFile::create(&path).map(|file| (path, file))).transpose()?;
        let language = env.ui.messages().language().pick(Language::Id, Language::En);
        let nonce = ReportNonce::generate(env.rng);
        let (made, message) = (None, None);
        Ok(Self {
            draft,
            keys,
            addressees,
            nonce,
            language,
            keep,
            made,
            message,
            card: None,
            asks_desks: false,
            is_in_file: false,
        })
    }

    /// Returns the id of the message once it was sealed.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        self.message
    }

    /// Returns the card of the last visit.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.card.as_deref()
    }

    /// Says whether the message was not sent because a person has to say to whom.
    #[must_use]
    pub fn asks_desks(&self) -> bool {
        self.asks_desks
    }

    /// Says to whom, after [`Sending::asks_desks`].
    pub fn address(&mut self, desks: BTreeSet<DeskId>) {
        self.addressees = Addressees::Only(desks);
        self.asks_desks = false;
    }

    /// Writes what was sealed to a new file, if it is a text that was sealed in memory.
    ///
    /// # Errors
    /// Fails if the file exists or cannot be written.
    pub fn keep_in(&mut self, path: &Path) -> Result<(), CommandError> {
        if let Some(bytes) = self.in_memory() {
            write_private(path, bytes)?;
            self.is_in_file = true;
        }
        Ok(())
    }

    /// Says whether a sealed copy lies in a file of the reporter's choice.
    #[must_use]
    pub fn is_in_file(&self) -> bool {
        self.is_in_file
    }

    /// Returns the sealed text, if it was sealed in memory.
    #[must_use]
    pub fn in_memory(&self) -> Option<&[u8]> {
        match self.made.as_ref().and_then(|made| made.sealed.as_ref()) {
            Some(Kept::InMemory(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Seals the message into the file named for it, without a visit.
    ///
    /// # Errors
    /// See [`Errand::prepare`].
    pub fn seal_to_file<R: Random>(
        &mut self,
        desks: &Desks,
        env: &mut Env<'_, R>,
    ) -> Result<(), CommandError> {
        let to = self.resolve(desks, None)?;
        let slots = self.compose(desks, to, env)?;
        self.keep_sealed(&slots, env)
    }

    /// Returns to whom the message goes.
    fn resolve(&mut self, desks: &Desks, visit: Option<&Verified>) -> Result<BTreeSet<DeskId>, CommandError> {
        let card = desks.card();
        if let Some(unknown) = self.addressees.unknown(card) {
            return Err(
                CommandError::new(ErrorKind::Refused, "err-desk-unknown").with("desk", unknown.to_string())
            );
        }
        let by_letters = || {
            let to = Mailbox::open(visit?, self.keys).recipients()?;
            to.iter().all(|id| card.desk(id).is_some()).then_some(to)
        };
        let to = match self.addressees {
            Addressees::AsLetters => by_letters(),
            _ => self.addressees.on(card),
        };
        to.ok_or_else(|| {
            self.asks_desks = true;
            CommandError::new(ErrorKind::Refused, "err-desks-open").with("desks", names(card))
        })
    }

    /// Checks everything and builds the content, once; returns the places of the desks.
    fn compose<R: Random>(
        &mut self,
        desks: &Desks,
        to: BTreeSet<DeskId>,
        env: &Env<'_, R>,
    ) -> Result<Vec<Slot>, CommandError> {
        let mut answers = self.draft.answers.clone();
        in_order(&desks.card().form, &mut answers);
        self.draft.check(&answers, desks.card())?;
        if to.is_empty() {
            return Err(CommandError::new(ErrorKind::Refused, "err-desks-none"));
        }
        let slots = desks.slots(&to, env.today)?;
        if self.made.is_none() {
            let content = ReportContent {
                format: ReportFormat::V1,
                agency: desks.card().agency,
                card: desks.card().serial,
                to: to.into_iter().collect(),
                kind: self.draft.kind,
                nonce: self.nonce,
                seen: desks.seen(),
                language: self.language,
                form: desks.card().form.id.clone(),
                answers,
                message: self.draft.message.clone(),
                evidence: (1..)
                    .zip(&self.draft.evidence)
                    .map(|(number, file)| file.note(number, &desks.card().form))
                    .collect(),
                thread: ThreadPublic::of(self.keys).map_err(CommandError::internal)?,
            };
            self.made = Some(Made { content, sealed: None });
        }
        Ok(slots)
    }

    /// Seals into the file to keep, or into memory for a text.
    fn keep_sealed<R: Random>(&mut self, slots: &[Slot], env: &mut Env<'_, R>) -> Result<(), CommandError> {
        let made = self.made.as_mut().ok_or_else(|| CommandError::internal("nothing to seal"))?;
        let (report, kept) = match self.keep.take() {
            Some((path, mut file)) => {
                let report = seal(self.draft, &made.content, self.keys, slots, &mut file, env.rng)?;
                file.commit()?;
                self.is_in_file = true;
                let reopened = File::open(&path).map_err(|error| {
                    CommandError::new(ErrorKind::Io, "err-file-io")
                        .with("path", path.to_string_lossy().into_owned())
                        .with("detail", error.to_string())
                })?;
                (report, Kept::InFile(KeptFile { file: reopened, len: report.len, desks: slots.len() }))
            }
            None => {
                let mut bytes = Vec::new();
                let report = seal(self.draft, &made.content, self.keys, slots, &mut bytes, env.rng)?;
                (report, Kept::InMemory(bytes))
            }
        };
        made.sealed = Some(kept);
        self.message = Some(report.message);
        Ok(())
    }

    /// Seals while it is sent: a large report is kept nowhere on this device.
    fn seal_on_the_way<R: Random>(&mut self, slots: Vec<Slot>) -> Result<Outgoing<'_, R>, CommandError> {
        let made = self.made.as_ref().ok_or_else(|| CommandError::internal("nothing to seal"))?;
        let mut readers = readers(self.draft)?;
        let len = sealed_report_len(&made.content, &sources(&mut readers), &slots).map_err(seal_error)?;
        let (draft, content, keys, message) = (self.draft, &made.content, self.keys, &mut self.message);
        let seal = Box::new(move |out, rng: &mut R| {
            let report = seal(draft, content, keys, &slots, out, rng)?;
            *message = Some(report.message);
            Ok(())
        });
        Ok(Outgoing::Seal { len, seal })
    }
}

impl<R: Random> Errand<R> for Sending<'_> {
    fn prepare(&mut self, visit: &Verified, env: &mut Env<'_, R>) -> Result<Outgoing<'_, R>, CommandError> {
        let desks = visit.desks();
        self.card = Some(Box::new(desks.card().clone()));
        let to = self.resolve(desks, Some(visit))?;
        let slots = self.compose(desks, to, env)?;
        if self.draft.evidence.is_empty() || self.keep.is_some() || self.is_kept() {
            if !self.is_kept() {
                self.keep_sealed(&slots, env)?;
            }
            return match self.made.as_ref().and_then(|made| made.sealed.as_ref()) {
                Some(Kept::InMemory(bytes)) => Ok(Outgoing::Bytes(bytes)),
                Some(Kept::InFile(file)) => Ok(Outgoing::File(file)),
                None => Err(CommandError::internal("nothing was sealed")),
            };
        }
        self.seal_on_the_way(slots)
    }
}

impl Sending<'_> {
    fn is_kept(&self) -> bool {
        self.made.as_ref().is_some_and(|made| made.sealed.is_some())
    }
}

/// Returns the names of all desks as they are given on the command line.
fn names(card: &Card) -> String {
    card.desks.iter().map(|desk| desk.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn seal<R: Random>(
    draft: &Draft,
    content: &ReportContent,
    keys: &ThreadKeys,
    slots: &[Slot],
    out: impl Write + Send,
    rng: &mut R,
) -> Result<SealedReport, CommandError> {
    let mut readers = readers(draft)?;
    seal_report(content, &mut sources(&mut readers), keys, slots, out, rng).map_err(seal_error)
}

fn readers(draft: &Draft) -> Result<Vec<EvidenceReader<'_>>, CommandError> {
    draft.evidence.iter().map(EvidenceFile::reader).collect()
}

fn sources<'a>(readers: &'a mut [EvidenceReader<'_>]) -> Vec<EvidenceSource<'a>> {
    readers.iter_mut().map(EvidenceReader::as_source).collect()
}

/// Puts answers into the order of the form, as a hand-written file may not have it; what the form does not ask
/// goes to the end, where the check names it.
pub fn in_order(form: &Form, answers: &mut [Answer]) {
    let place = |answer: &Answer| {
        let field = form.fields().position(|field| field.id == answer.field).unwrap_or(usize::MAX);
        let part = answer.part.as_ref().and_then(|part| match &form.field(&answer.field)?.kind {
            FieldKind::Group { fields, .. } => fields.iter().position(|field| field.id == *part),
            _ => None,
        });
        (field, answer.entry, part)
    };
    answers.sort_by_key(place);
}
