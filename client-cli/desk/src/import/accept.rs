//! Accepting an opened report: the rules of threads, and the records that make it a message of a case.

use std::collections::BTreeSet;

use bisik_formats::answers;
use bisik_formats::day::Day;
use bisik_formats::ids::{Digest, ReportId};
use bisik_sealing::report::{Kind, OpenedReport, ReportContent};

use super::Refusal;
use super::judge::{Context, ImportedFile, Stop};
use crate::cases::{
    Case, CaseWarning, MAX_SHARED_LETTER_KEY, Message, MessageWarning, ReceivedMessage, StoredEvidence,
    StoredProof,
};
use crate::desk::{Counters, counters, put_counters};
use crate::secret::Secret;
use crate::vault::{EvidenceStage, Records, Table, VaultError};

/// Days that letters go on after the reporter has closed the thread: long enough to see it confirmed.
const LAST_LETTERS: i32 = 14;

/// What became of a file.
pub(super) enum Outcome {
    /// Nothing that an officer may know of.
    Silent,
    /// A message that the desk has already.
    Repeated,
    /// Not taken.
    Refused(Refusal),
    /// A message of a case.
    Accepted(Accepted),
}

/// A message that was taken.
pub(super) struct Accepted {
    pub(super) case: u32,
    pub(super) new: bool,
    pub(super) reopened: bool,
    pub(super) warned: bool,
}

/// Takes a report that has passed every check.
pub(super) fn accept(
    report: OpenedReport,
    stage: EvidenceStage,
    records: &mut Records,
    context: &mut Context,
) -> Result<Outcome, Stop> {
    let sums = report.sums();
    note_imported(records, report.id, context.today)?;
    if records.has(Table::Replays, sums.as_bytes())? {
        return Ok(Outcome::Repeated);
    }
    let thread = &report.content.thread;
    let received = ReceivedMessage { day: context.today, sums };
    let known: Option<Case> = records.get_json(Table::Threads, thread.verify_key.as_bytes())?;
    let new = known.is_none();
    let mut case = match known {
        Some(case) => case,
        None => new_case(&report.content, records, context)?,
    };
    let warnings = case.warnings.len();
    compare_thread(&mut case, &report.content);
    let reopened = add(&mut case, received, &report.content, context.today);
    let message_warnings = warnings_of(&report.content, context);
    let warned = case.warnings.len() > warnings || !message_warnings.is_empty();
    case.store(records)?;
    let accepted = Accepted { case: case.number, new, reopened, warned: warned || (new && warnings > 0) };
    store_message(report, message_warnings, stage, records, context.today)?;
    Ok(Outcome::Accepted(accepted))
}

/// Notes that a sealed file is durably dealt with once the transaction is.
pub(super) fn note_imported(records: &mut Records, id: ReportId, day: Day) -> Result<(), VaultError> {
    records.put_json(Table::Imported, id.as_bytes(), &ImportedFile { id, day })
}

fn new_case(
    content: &ReportContent,
    records: &mut Records,
    context: &mut Context,
) -> Result<Case, VaultError> {
    let counters = counters(records)?;
    let number = counters.cases.saturating_add(1);
    put_counters(records, &Counters { cases: number, ..counters })?;
    let thread = &content.thread;
    let shared = context.letter_keys.entry(Digest::of(thread.letter_key.expose_bytes())).or_default();
    *shared += 1;
    let mut warnings = BTreeSet::new();
    if *shared > MAX_SHARED_LETTER_KEY {
        warnings.insert(CaseWarning::SharedLetterKey);
    }
    // A form is never without a status.
    let status =
        context.card.card().form.statuses.first().map(|status| status.id.clone()).unwrap_or_default();
    Ok(Case {
        number,
        thread: thread.verify_key,
        recipient: thread.recipient.clone(),
        letter_key: Secret::new(*thread.letter_key.expose_bytes()),
        language: content.language,
        opened: context.today,
        status: status.clone(),
        shown_status: status,
        status_since: context.today,
        to: content.to.clone(),
        received: Vec::new(),
        written: Vec::new(),
        questions: Vec::new(),
        closes: None,
        reporter_closed: false,
        junk: false,
        confirmed: false,
        unread: true,
        warnings,
    })
}

/// The first recipient and letter key of a verify key stay; others are set aside with a warning.
fn compare_thread(case: &mut Case, content: &ReportContent) {
    if content.thread.recipient != case.recipient {
        case.warnings.insert(CaseWarning::OtherRecipient);
    }
    if content.thread.letter_key.expose_bytes() != case.letter_key.expose() {
        case.warnings.insert(CaseWarning::OtherLetterKey);
    }
}

/// Adds a message to its case; returns whether the case had ended and is open again.
fn add(case: &mut Case, received: ReceivedMessage, content: &ReportContent, today: Day) -> bool {
    case.received.push(received);
    case.unread = true;
    case.language = content.language;
    // Never widened: only desks that got every message stay. This desk is always one of them.
    case.to.retain(|desk| content.to.contains(desk));
    let ended = !case.is_open(today);
    if content.kind == Kind::Close {
        case.reporter_closed = true;
        case.closes = Some(today.plus(LAST_LETTERS));
        return false;
    }
    if ended || case.reporter_closed {
        case.closes = None;
    }
    std::mem::take(&mut case.reporter_closed) || ended
}

fn warnings_of(content: &ReportContent, context: &Context) -> BTreeSet<MessageWarning> {
    let mut warnings = BTreeSet::new();
    if let Some((edition, hash)) = content.seen.get(&context.desk) {
        match context.editions.get(edition) {
            None => warnings.insert(MessageWarning::SeenUnknown),
            Some(own) if own != hash => warnings.insert(MessageWarning::SeenForked),
            Some(_) => false,
        };
    }
    let card = context.card.card();
    if content.card > card.serial {
        warnings.insert(MessageWarning::NewerCard);
    }
    if content.form != card.form.id {
        warnings.insert(MessageWarning::OtherForm);
    } else if answers::check(&card.form, &content.answers).is_err() {
        warnings.insert(MessageWarning::Answers);
    }
    warnings
}

fn store_message(
    report: OpenedReport,
    warnings: BTreeSet<MessageWarning>,
    stage: EvidenceStage,
    records: &mut Records,
    today: Day,
) -> Result<(), VaultError> {
    let sums = report.sums();
    let stored = stage.keep();
    let notes = report.content.evidence.iter().zip(&report.evidence).zip(stored);
    let evidence = notes
        .map(|((note, opened), kept)| StoredEvidence {
            entry: note.entry,
            size: opened.size,
            hash: kept.hash,
            file: kept.file,
        })
        .collect();
    let message =
        Message { sums, report: report.id, day: today, kind: report.content.kind, warnings, evidence };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| VaultError::Encoding);
    let proof = StoredProof {
        report_json: text(&report.proof.report_json)?,
        sums: text(&report.proof.sums)?,
        signature: report.proof.signature,
    };
    records.put_json(Table::Messages, sums.as_bytes(), &message)?;
    records.put_json(Table::Proofs, sums.as_bytes(), &proof)?;
    records.put_json(Table::Replays, sums.as_bytes(), &today)
}
