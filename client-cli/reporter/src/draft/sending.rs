//! The sealing of a message in a visit.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use bisik_formats::card::Card;
use bisik_formats::ids::{DeskId, MessageId};
use bisik_sealing::report::{
    EvidenceSource, Language, ReportContent, ReportFormat, ReportNonce, SealedReport, Slot, ThreadPublic,
    seal_report, sealed_report_len,
};
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::files::{NewFile, write_private};
use bisik_term::{CommandError, ErrorKind};

use super::{Addressees, Draft, in_order, wipe};
use crate::desks::Desks;
use crate::env::{Env, Random};
use crate::error::seal_error;
use crate::evidence::{EvidenceFile, EvidenceReader};
use crate::mailbox::Mailbox;
use crate::visit::{Errand, KeptFile, Outgoing, Verified, remove_kept};

/// A file for what is sealed.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The file; it must not exist.
    pub path: PathBuf,
    /// Whether it stays only until the server has the message, and another run of the program can go on with it.
    pub until_sent: bool,
}

/// The errand of handing in a message.
pub struct Sending<'a> {
    draft: &'a Draft,
    keys: &'a ThreadKeys,
    addressees: Addressees,
    nonce: ReportNonce,
    language: Language,
    keep: Option<(Keep, NewFile)>,
    made: Option<Made>,
    message: Option<MessageId>,
    card: Option<Box<Card>>,
    asks_desks: bool,
    in_file: Option<Keep>,
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
    /// Takes a message. `keep` names a file for what is sealed.
    ///
    /// # Errors
    /// Fails if that file exists or cannot be written.
    pub fn new<R: Random>(
        draft: &'a Draft,
        keys: &'a ThreadKeys,
        addressees: Addressees,
        keep: Option<Keep>,
        env: &mut Env<'_, R>,
    ) -> Result<Self, CommandError> {
        let keep = keep.map(|keep| NewFile::create(&keep.path).map(|file| (keep, file))).transpose()?;
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
            in_file: None,
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
            self.in_file = Some(Keep { path: path.to_owned(), until_sent: false });
        }
        Ok(())
    }

    /// Returns the file of the reporter's choice in which the sealed message lies.
    #[must_use]
    pub fn in_file(&self) -> Option<&Keep> {
        self.in_file.as_ref()
    }

    /// Removes a file that is needed no longer, if it was to stay only until now.
    ///
    /// # Errors
    /// Fails if it stays.
    pub fn remove_kept(&mut self) -> Result<(), CommandError> {
        match self.in_file.take_if(|keep| keep.until_sent) {
            Some(keep) => remove_kept(&keep.path),
            None => Ok(()),
        }
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

    /// Returns to whom the message goes; once it was composed, that stays.
    fn resolve(&mut self, desks: &Desks, visit: Option<&Verified>) -> Result<BTreeSet<DeskId>, CommandError> {
        if let Some(made) = &self.made {
            return Ok(made.content.to.iter().cloned().collect());
        }
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
            Some((keep, mut file)) => {
                let report = seal(self.draft, &made.content, self.keys, slots, &mut file, env.rng)?;
                file.commit()?;
                let kept = KeptFile::open(&keep.path)?;
                let kept = if keep.until_sent { kept.until_sent() } else { kept };
                self.in_file = Some(keep);
                (report, Kept::InFile(kept))
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
