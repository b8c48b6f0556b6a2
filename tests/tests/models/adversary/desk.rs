//! Against the desk: what must lie on a stick so that it becomes a message.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bisik_desk::cases;
use bisik_desk::desk::{Desk, DeskInfo};
use bisik_desk::import::{self, ImportError, Summary};
use bisik_desk::publish::{self, Choices, OutboxError};
use bisik_desk::vault::{OfficerName, Passphrase, WorkFactor};
use bisik_formats::card::{Card, Desk as CardDesk, KeyWindow, VerifiedCard, write_bundle};
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId, MessageId, ReportId};
use bisik_formats::keys::SigningKey;
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{Expected, NoEvidence, ThreadPublic, open_report};
use bisik_sealing::schedule::ThreadKeys;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::hoard::{Change, Tally, runner};
use crate::documents::{Agency, day, seal};
use crate::letterbox::{copy, folder};
use crate::sized;

/// What is on the stick under one name.
#[derive(Clone, Debug)]
struct Laid {
    /// Which file of the hoard.
    file: usize,
    change: Option<Change>,
    name: Name,
}

#[derive(Clone, Debug)]
enum Name {
    /// The id of its bytes.
    Own,
    /// The id of another file.
    Of(usize),
    /// No id at all.
    Junk(String),
}

/// What lies in the outbox of the desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outbox {
    /// What the desk has left there.
    Own,
    /// An older edition of its own.
    Older,
    /// Nothing.
    Nothing,
    /// An edition of the desk that its vault does not know.
    Newer,
    /// An edition of the other desk.
    Foreign,
}

/// A desk before every case, and what an adversary may lay on a stick.
struct Stage {
    _folder: TempDir,
    vault: std::path::PathBuf,
    outboxes: BTreeMap<&'static str, std::path::PathBuf>,
    /// Sealed bytes and, if they may become a message of this desk, which.
    files: Vec<(Vec<u8>, Option<MessageId>)>,
}

fn officer() -> OfficerName {
    "sari".parse().unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new("kuda lari di bukit".to_owned()))
}

fn found(folder: &Path, name: &str, agency: AgencyId, rng: &mut StdRng) -> Desk {
    let names = Text { id: name.to_owned(), en: name.to_owned() };
    let info = DeskInfo { agency, desk: name.parse().unwrap(), names, retention: 30, made: day(0) };
    Desk::create(&folder.join(name), info, &officer(), &passphrase(), WorkFactor::for_tests(), rng).unwrap()
}

impl Stage {
    fn new() -> Self {
        let folder = folder();
        let mut rng = StdRng::seed_from_u64(20);
        let root = SigningKey::generate(&mut rng).unwrap();
        let agency = AgencyId::from_first_root(&root.verify_key());
        let mut desks = ["pengawas", "daerah"].map(|name| found(folder.path(), name, agency, &mut rng));
        let card = card(agency, &root, &desks);
        for desk in &mut desks {
            desk.take_card(&card, day(0)).unwrap();
        }
        let card = VerifiedCard::verify(&card, &agency).unwrap();
        let mut outboxes = BTreeMap::new();
        for (name, desk) in [("older", 0), ("own", 0), ("foreign", 1)] {
            let desk = &mut desks[desk];
            let stick = folder.path().join(format!("stick-{name}"));
            fs::create_dir(&stick).unwrap();
            publish::publish(desk, &stick, Choices::default(), day(0), &mut rng).unwrap();
            outboxes.insert(name, stick.join("outbox"));
        }
        let recipient = |name: &str, desk: &str| {
            let note = fs::read(outboxes[name].join(desk).join("header.note")).unwrap();
            let header = VerifiedHeader::verify(&note, &card).unwrap();
            Recipient::parse(&header.header().recipient).unwrap()
        };
        let recipients = [recipient("own", "pengawas"), recipient("foreign", "daerah")];
        let files = files(agency, &recipients, &mut rng);
        // The vault is kept as it is now; then the desk publishes once more, of which that vault knows nothing.
        let vault = folder.path().join("kept");
        copy(&folder.path().join("pengawas"), &vault);
        let stick = folder.path().join("stick-newer");
        fs::create_dir(&stick).unwrap();
        publish::publish(&mut desks[0], &stick, Choices::default(), day(1), &mut rng).unwrap();
        outboxes.insert("newer", stick.join("outbox"));
        Self { _folder: folder, vault, outboxes, files }
    }
}

fn card(agency: AgencyId, root: &SigningKey, desks: &[Desk; 2]) -> Vec<u8> {
    let like = Agency::new(0).verified(1);
    let desk = |desk: &Desk| CardDesk {
        id: desk.info().desk.clone(),
        names: desk.info().names.clone(),
        keys: vec![KeyWindow { key: desk.signing().verify_key(), from: day(0), to: day(90) }],
    };
    let roots = vec![root.verify_key()];
    let card = Card { agency, roots, desks: desks.iter().map(desk).collect(), ..like.card().clone() };
    write_bundle(&[], &card.sign(&[root]).unwrap()).unwrap()
}

/// Makes what may lie on a stick: reports to this desk, to the other, to another agency, with a wrong signature, the
/// same one sealed twice, and one that the other desk has sealed again to this one, which was left out of it.
fn files(
    agency: AgencyId,
    recipients: &[Recipient; 2],
    rng: &mut StdRng,
) -> Vec<(Vec<u8>, Option<MessageId>)> {
    let like = Agency::new(0);
    let threads: Vec<ThreadKeys> = (0..3).map(|_| Receipt::generate(&agency, rng).keys().unwrap()).collect();
    let content = |thread: &ThreadKeys, to: &[usize], words: &str, rng: &mut StdRng| {
        let mut content = like.content(thread, to, words, rng);
        content.agency = agency;
        content.form = "kecil_1".to_owned();
        content
    };
    let [own, other] = recipients;
    let mut files = Vec::new();
    let mut add = |sealed: Vec<u8>, message: Option<MessageId>| files.push((sealed, message));
    for thread in &threads {
        for words in ["Satu.", "Dua."] {
            let both = content(thread, &[0, 1], words, rng);
            let sealed = seal(&both, thread, [Some(own), Some(other)], rng);
            let again = seal(&both, thread, [Some(own), Some(other)], rng);
            let message = message_of(&agency, &both, thread, rng);
            add(sealed, Some(message));
            add(again, Some(message));
        }
        let foreign = content(thread, &[1], "Tidak untuk meja ini.", rng);
        add(seal(&foreign, thread, [None, Some(other)], rng), None);
        // `to` names the other desk, and the one open place is ours.
        add(seal(&foreign, thread, [Some(own), None], rng), None);
        let mut elsewhere = content(thread, &[0], "Lembaga lain.", rng);
        elsewhere.agency = like.id;
        add(seal(&elsewhere, thread, [Some(own), None], rng), None);
    }
    files
}

/// Returns the message id of a report: by opening a copy of it that is sealed to a key at hand.
fn message_of(
    agency: &AgencyId,
    content: &bisik_sealing::report::ReportContent,
    thread: &ThreadKeys,
    rng: &mut StdRng,
) -> MessageId {
    let identity = bisik_sealing::hybrid::Identity::generate(rng);
    let recipient = identity.recipient();
    let sealed = seal(content, thread, [Some(&recipient), Some(&recipient)], rng);
    let desk: DeskId = "pengawas".parse().unwrap();
    let expected = Expected { identities: &[&identity], agency, desk: &desk, desk_counts: &[2] };
    let opened = open_report(sealed.as_slice(), sealed.len() as u64, &expected, &mut NoEvidence).unwrap();
    assert!(opened.content.thread == ThreadPublic::of(thread).unwrap());
    opened.message()
}

fn laid(files: usize) -> impl Strategy<Value = Vec<Laid>> {
    let name = prop_oneof![
        8 => Just(Name::Own),
        2 => (0..files).prop_map(Name::Of),
        1 => "[a-zA-Z0-9. _-]{1,20}".prop_map(Name::Junk),
    ];
    let one = (0..files, prop::option::weighted(0.3, Change::strategy()), name);
    prop::collection::vec(one.prop_map(|(file, change, name)| Laid { file, change, name }), 0..25)
}

/// Lays files on a stick; returns what lies there then, by name.
fn lay(stage: &Stage, stick: &Path, laid: &[Laid]) -> BTreeMap<String, Vec<u8>> {
    let mut lies = BTreeMap::new();
    for one in laid {
        let (genuine, _) = &stage.files[one.file];
        let bytes = match &one.change {
            Some(change) => change.apply(genuine.clone(), 0),
            None => genuine.clone(),
        };
        let name = match &one.name {
            Name::Own => format!("{}.age", ReportId::of(&bytes)),
            Name::Of(file) => format!("{}.age", ReportId::of(&stage.files[*file].0)),
            Name::Junk(name) => format!("x{name}"),
        };
        lies.insert(name, bytes);
    }
    fs::create_dir_all(stick.join("reports")).unwrap();
    for (name, bytes) in &lies {
        fs::write(stick.join("reports").join(name), bytes).unwrap();
    }
    lies
}

/// Says which messages the desk must have then: those of genuine files under their own names, each once.
fn oracle(stage: &Stage, lies: &BTreeMap<String, Vec<u8>>) -> BTreeSet<MessageId> {
    let genuine = |(name, bytes): (&String, &Vec<u8>)| {
        let (_, message) = stage.files.iter().find(|(genuine, _)| genuine == bytes)?;
        (*name == format!("{}.age", ReportId::of(bytes))).then_some(*message)?
    };
    lies.iter().filter_map(genuine).collect()
}

fn messages(desk: &Desk) -> Vec<MessageId> {
    let cases = cases::all(desk).unwrap();
    cases.iter().flat_map(|case| case.received.iter().map(|message| message.sums.into())).collect()
}

#[test]
fn a_malicious_stick_gets_only_genuine_messages_into_the_desk_and_each_once() {
    let cases = sized(60, 4_000);
    let stage = Stage::new();
    let mut runner = runner(cases);
    let tally = std::cell::RefCell::new(Tally::default());
    let outbox = prop::sample::select(vec![
        Outbox::Own,
        Outbox::Own,
        Outbox::Older,
        Outbox::Nothing,
        Outbox::Newer,
        Outbox::Foreign,
    ]);
    let sticks = prop::collection::vec((laid(stage.files.len()), outbox), 1..4);
    let outcome = runner.run(&sticks, |sticks| {
        let home = folder();
        let vault = home.path().join("vault");
        copy(&stage.vault, &vault);
        let mut rng = StdRng::seed_from_u64(30);
        let mut desk = Desk::open(&vault, &officer(), &passphrase(), &mut rng).unwrap();
        let mut wanted = BTreeSet::new();
        for (number, (laid, outbox)) in sticks.iter().enumerate() {
            let stick = home.path().join(format!("stick{number}"));
            let lies = lay(&stage, &stick, laid);
            lay_outbox(&stage, &stick, *outbox);
            let result = import::import(&mut desk, &stick, day(1), false, &mut rng, &mut |_| ());
            let mut tally = tally.borrow_mut();
            match result {
                Ok(summary) => {
                    prop_assert!(*outbox != Outbox::Newer, "an unknown own edition was passed over");
                    let before = wanted.len();
                    wanted.extend(oracle(&stage, &lies));
                    prop_assert_eq!(taken(&summary), wanted.len() - before, "{:?}", summary);
                    note(&mut tally, &summary, lies.len());
                }
                Err(ImportError::Outbox(OutboxError::Newer { .. })) => {
                    prop_assert_eq!(*outbox, Outbox::Newer);
                    tally.note("newer outbox");
                }
                Err(error) => panic!("{error:?}"),
            }
            let held = messages(&desk);
            prop_assert_eq!(held.len(), wanted.len());
            prop_assert_eq!(held.into_iter().collect::<BTreeSet<_>>(), wanted.clone());
        }
        Ok(())
    });
    let tally = tally.into_inner();
    tally.print("desk", cases);
    outcome.unwrap();
    for seen in [
        "accepted",
        "repeated",
        "silent",
        "newer outbox",
        "refused Changed",
        "refused Malformed",
        "refused Name",
    ] {
        assert!(tally.count(seen) > 0, "{seen} never happened");
    }
}

/// Returns how many messages an import has taken.
fn taken(summary: &Summary) -> usize {
    summary.new_cases.len() + summary.messages.len()
}

/// Counts what became of the files of a stick.
fn note(tally: &mut Tally, summary: &Summary, files: usize) {
    let new = taken(summary);
    (0..new).for_each(|_| tally.note("accepted"));
    (0..summary.repeated).for_each(|_| tally.note("repeated"));
    for (refusal, count) in &summary.refused {
        (0..*count).for_each(|_| tally.note(format!("refused {refusal:?}")));
    }
    let judged = summary.repeated + summary.refused.values().sum::<u32>();
    (0..files - new - judged as usize).for_each(|_| tally.note("silent"));
}

fn lay_outbox(stage: &Stage, stick: &Path, outbox: Outbox) {
    let name = match outbox {
        Outbox::Own => "own",
        Outbox::Older => "older",
        Outbox::Newer => "newer",
        Outbox::Foreign => "foreign",
        Outbox::Nothing => return,
    };
    copy(&stage.outboxes[name], &stick.join("outbox"));
    if outbox == Outbox::Foreign {
        // The other desk's edition in the place of this one's.
        fs::rename(stick.join("outbox/daerah"), stick.join("outbox/pengawas")).unwrap();
    }
}
