//! A desk: the real vault, and beside it what the model expects of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bisik_desk::cases::{self, Reply};
use bisik_desk::desk::{Desk, DeskInfo};
use bisik_desk::guard::GuardError;
use bisik_desk::import::{self, ImportError};
use bisik_desk::publish::{self, Choices, PublishError};
use bisik_desk::vault::{OfficerName, Passphrase, WorkFactor};
use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId, MessageId, ReportId};
use bisik_formats::keys::VerifyKey;
use bisik_sealing::letter::Letter;
use bisik_sealing::report::Kind;
use rand::RngExt;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

use crate::documents::day;
use crate::letterbox::RETENTION;

/// What the model knows of every report that was ever sealed.
pub(super) struct Sealed {
    pub(super) thread: VerifyKey,
    pub(super) message: MessageId,
    pub(super) to: BTreeSet<DeskId>,
    pub(super) kind: Kind,
    pub(super) len: usize,
}

/// A thread as a desk must know it.
#[derive(Clone, Default)]
pub(super) struct Thread {
    pub(super) case: u32,
    /// Messages, oldest first.
    pub(super) received: Vec<MessageId>,
    /// Answers, newest first.
    pub(super) written: Vec<String>,
    answered: usize,
    closes: Option<Day>,
    to: BTreeSet<DeskId>,
}

/// A desk with its model.
pub(super) struct Office {
    pub(super) id: DeskId,
    pub(super) desk: Option<Desk>,
    vault: PathBuf,
    /// How far its clock is off.
    pub(super) clock: i32,
    pub(super) threads: BTreeMap<VerifyKey, Thread>,
    /// Files that were dealt with, as an acknowledgement may say.
    pub(super) imported: BTreeMap<ReportId, Day>,
    /// What an acknowledgement has said.
    pub(super) acknowledged: BTreeSet<ReportId>,
    seen: BTreeSet<MessageId>,
    /// The letters of every edition.
    pub(super) editions: BTreeMap<EditionNumber, BTreeMap<VerifyKey, Thread>>,
    last: Option<(EditionNumber, Day)>,
}

fn officer() -> OfficerName {
    "sari".parse().unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new("kuda lari di bukit".to_owned()))
}

impl Office {
    pub(super) fn found(folder: &Path, name: &str, agency: AgencyId, rng: &mut StdRng) -> Self {
        let id: DeskId = name.parse().unwrap();
        let names = Text { id: name.to_owned(), en: name.to_owned() };
        let retention = RETENTION.unsigned_abs();
        let info = DeskInfo { agency, desk: id.clone(), names, retention, made: day(0) };
        let vault = folder.join(format!("vault-{name}"));
        let desk =
            Desk::create(&vault, info, &officer(), &passphrase(), WorkFactor::for_tests(), rng).unwrap();
        Self {
            id,
            desk: Some(desk),
            vault,
            clock: 0,
            threads: BTreeMap::new(),
            imported: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            seen: BTreeSet::new(),
            editions: BTreeMap::new(),
            last: None,
        }
    }

    pub(super) fn desk(&mut self) -> &mut Desk {
        self.desk.as_mut().unwrap()
    }

    /// Dies with what is durable, and opens from that.
    pub(super) fn crash(&mut self, rng: &mut StdRng) {
        let after = self.vault.with_extension("after");
        crate::letterbox::copy(&self.vault, &after);
        drop(self.desk.take());
        fs::remove_dir_all(&self.vault).unwrap();
        fs::rename(after, &self.vault).unwrap();
        self.desk = Some(Desk::open(&self.vault, &officer(), &passphrase(), rng).unwrap());
        self.check_cases();
    }

    /// Says whether the guard lets the desk work on a day.
    fn believes(&self, today: Day) -> bool {
        match self.last {
            None => today >= day(0),
            Some((_, date)) => (0..=45).contains(&today.days_since(date)),
        }
    }

    /// Imports a stick; `sealed` is what the model knows of every genuine file.
    pub(super) fn import(
        &mut self,
        stick: &Path,
        today: Day,
        sealed: &BTreeMap<ReportId, Sealed>,
        rng: &mut StdRng,
    ) -> String {
        let believes = self.believes(today);
        let files = files(stick);
        let result = import::import(self.desk(), stick, today, false, rng, &mut |_| ());
        let summary = match result {
            Ok(summary) => summary,
            Err(ImportError::Guard(GuardError::Past { .. } | GuardError::Future { .. })) => {
                assert!(!believes, "the guard refuses {today}");
                return "guarded".to_owned();
            }
            Err(ImportError::NoReports) => return "no reports".to_owned(),
            Err(error) => panic!("{error:?}"),
        };
        assert!(believes, "the guard lets {today} pass");
        let (mut new, mut repeated, mut refused) = (0, 0, 0);
        for (id, whole) in files {
            if self.imported.contains_key(&id) {
                continue;
            }
            if !whole {
                refused += 1;
                continue;
            }
            self.imported.insert(id, today);
            // A decoy, or a report for the other desk: not a word.
            let Some(report) = sealed.get(&id).filter(|report| report.to.contains(&self.id)) else {
                continue;
            };
            if !self.seen.insert(report.message) {
                repeated += 1;
                continue;
            }
            new += 1;
            let case = u32::try_from(self.threads.len() + 1).unwrap();
            let thread = self.threads.entry(report.thread).or_insert_with(|| Thread {
                case,
                to: report.to.clone(),
                ..Thread::default()
            });
            thread.received.push(report.message);
            thread.to = &thread.to & &report.to;
            thread.closes = (report.kind == Kind::Close).then(|| today.plus(14));
        }
        assert_eq!(summary.new_cases.len() + summary.messages.len(), new, "{summary:?}");
        assert_eq!(summary.repeated, repeated, "{summary:?}");
        assert_eq!(summary.refused.values().sum::<u32>(), refused, "{summary:?}");
        self.check_cases();
        format!("{new} new, {repeated} repeated, {refused} refused")
    }

    /// Compares every case of the vault with the model: each message once, in order, with its answers.
    fn check_cases(&self) {
        let cases = cases::all(self.desk.as_ref().unwrap()).unwrap();
        assert_eq!(cases.len(), self.threads.len());
        for case in cases {
            let thread = &self.threads[&case.thread];
            let received: Vec<MessageId> = case.received.iter().map(|message| message.sums.into()).collect();
            let written: Vec<&String> = case.written.iter().map(|message| &message.text).collect();
            assert_eq!((case.number, received), (thread.case, thread.received.clone()));
            assert!(written.into_iter().eq(&thread.written));
        }
    }

    /// Answers what was not answered yet, or some of it.
    pub(super) fn answer(&mut self, today: Day, share: u32, rng: &mut StdRng) -> String {
        let mut answered = 0;
        if !self.believes(today) {
            return "0 answered".to_owned();
        }
        let name = self.id.to_string();
        let desk = self.desk.as_mut().unwrap();
        for thread in self.threads.values_mut() {
            let open = thread.closes.is_none_or(|closes| today <= closes);
            if thread.answered == thread.received.len() || !open || rng.random_range(0..100) >= share {
                continue;
            }
            let text =
                format!("Jawaban {} dari {name} untuk kasus {}.", thread.written.len() + 1, thread.case);
            let reply = Reply { message: Some(text.clone()), ..Reply::default() };
            cases::reply(desk, thread.case, reply, today).unwrap();
            thread.written.insert(0, text);
            thread.answered = thread.received.len();
            answered += 1;
        }
        format!("{answered} answered")
    }

    /// Publishes to a stick.
    pub(super) fn publish(&mut self, stick: &Path, today: Day, rng: &mut StdRng) -> String {
        let believes = self.believes(today);
        let published = match publish::publish(self.desk(), stick, Choices::default(), today, rng) {
            Ok(published) => published,
            Err(PublishError::Guard(GuardError::Past { .. } | GuardError::Future { .. })) => {
                assert!(!believes, "the guard refuses {today}");
                return "guarded".to_owned();
            }
            Err(error) => panic!("{error:?}"),
        };
        assert!(believes, "the guard lets {today} pass");
        assert!(self.last.is_none_or(|(last, _)| last < published.number), "a number was used twice");
        let open = |thread: &&Thread| thread.closes.is_none_or(|closes| today <= closes);
        let letters: BTreeMap<VerifyKey, Thread> = self
            .threads
            .iter()
            .filter(|(_, thread)| open(thread))
            .map(|(key, thread)| (*key, thread.clone()))
            .collect();
        assert_eq!(
            (published.letters, published.failed.len(), published.without_room.len()),
            (letters.len(), 0, 0)
        );
        self.editions.insert(published.number, letters);
        self.last = Some((published.number, today));
        // As the desk forgets what the server cannot hold any more.
        self.imported.retain(|_, day| today.days_since(*day) <= RETENTION + 30);
        self.note_acknowledged(stick, today);
        format!("{} with {} letters", published.number, published.letters)
    }

    fn note_acknowledged(&mut self, stick: &Path, today: Day) {
        let Ok(note) = fs::read(stick.join("outbox").join(self.id.as_str()).join("ack.note")) else {
            assert!(self.imported.is_empty());
            return;
        };
        let card = self.desk().card().unwrap().card().clone();
        let said = Acknowledgement::verify(&note, &card, today).unwrap();
        for id in said.ids() {
            assert!(self.imported.contains_key(id), "{id} is acknowledged and was never imported");
        }
        self.acknowledged.extend(said.ids());
    }

    /// Demands that a letter of an edition says exactly what it must.
    pub(super) fn check_letter(&self, edition: EditionNumber, thread: &VerifyKey, letter: Option<&Letter>) {
        let letters = self.editions.get(&edition).expect("an edition that the desk has never made");
        match (letters.get(thread), letter) {
            (None, None) => {}
            (Some(thread), Some(letter)) => {
                let received: Vec<MessageId> = letter.received.iter().map(|received| received.id).collect();
                let messages: Vec<&String> = letter.messages.iter().map(|message| &message.text).collect();
                assert_eq!(received, thread.received, "the list of received messages lies");
                assert!(messages.into_iter().eq(&thread.written), "other answers than were written");
                assert!(letter.to.iter().eq(&thread.to) && letter.closes == thread.closes);
            }
            (wanted, got) => panic!("letter wanted: {}, found: {}", wanted.is_some(), got.is_some()),
        }
    }
}

/// Returns the sealed files on a stick by id, and whether each is whole.
pub(super) fn files(stick: &Path) -> BTreeMap<ReportId, bool> {
    let Ok(entries) = fs::read_dir(stick.join("reports")) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let id: ReportId = path.file_name()?.to_str()?.strip_suffix(".age")?.parse().ok()?;
            Some((id, ReportId::of(&fs::read(path).unwrap()) == id))
        })
        .collect()
}
