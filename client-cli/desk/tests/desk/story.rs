//! The story of a report at the desk.

use std::fs;
use std::process::Command;

use bisik_desk::cases::{self, MessageWarning, Reply};
use bisik_desk::export;
use bisik_desk::publish::Choices;
use bisik_desk::selftest;
use bisik_sealing::report::Kind;

use crate::agency::{Agency, day};
use crate::reporter::Reporter;

#[test]
fn a_report_is_imported_answered_and_read() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let sealed = reporter.report(&agency, &["daerah", "pusat"], "Uang diminta di loket.");
    agency.put(&sealed);
    assert_eq!(agency.import().new_cases, [1]);
    let case = cases::find(&agency.pusat, 1).unwrap();
    let message = &cases::messages(&agency.pusat, &case).unwrap()[0];
    assert_eq!(cases::content(&agency.pusat, message).unwrap().message, "Uang diminta di loket.");
    let reply = Reply {
        message: Some("Terima kasih.".to_owned()),
        questions: Some(vec!["Kapan terjadi?".to_owned()]),
        words_confirmed: false,
    };
    cases::reply(&mut agency.pusat, 1, reply, agency.today).unwrap();
    cases::set_status(&mut agency.pusat, 1, "perlu_lengkap", None, agency.today).unwrap();
    let published = agency.publish();
    assert_eq!((published.letters, published.places, published.acknowledged), (1, 4, 1));
    let letter = reporter.letter(&agency, "pusat").unwrap();
    assert_eq!(letter.messages[0].text, "Terima kasih.");
    assert_eq!(letter.questions, ["Kapan terjadi?"]);
    assert_eq!(letter.status, "perlu_lengkap");
    assert_eq!(letter.received[0].id, message.id());
    assert_eq!(letter.to.len(), 2);
    let ack = fs::read(agency.stick().join("outbox/pusat/ack.note")).unwrap();
    let ack = bisik_formats::acknowledgement::Acknowledgement::verify(&ack, agency.card.card(), agency.today);
    assert_eq!(ack.unwrap().ids(), [message.report]);
}

#[test]
fn a_follow_up_joins_its_case_and_never_widens_it() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let first = reporter.report(&agency, &["daerah", "pusat"], "Satu.");
    agency.put(&first);
    agency.import();
    let mut content = reporter.content(&agency, &["pusat"], "Dua.");
    content.kind = Kind::FollowUp;
    let second = reporter.seal(&agency, &content);
    agency.put(&second);
    let third = reporter.report(&agency, &["daerah", "pusat"], "Tiga.");
    agency.put(&third);
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.messages.as_slice()), (0, [1, 1].as_slice()));
    agency.publish();
    let letter = reporter.letter(&agency, "pusat").unwrap();
    assert_eq!(letter.to.iter().map(ToString::to_string).collect::<Vec<_>>(), ["pusat"]);
    assert_eq!(letter.received.len(), 3);
}

#[test]
fn importing_twice_changes_nothing() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.import();
    let again = agency.import();
    assert!(again.new_cases.is_empty() && again.messages.is_empty() && again.repeated == 0);
    assert_eq!(agency.publish().acknowledged, 1);
}

#[test]
fn a_closed_thread_gets_last_letters_and_then_none() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let mut content = reporter.content(&agency, &["pusat"], "");
    content.kind = Kind::Close;
    let sealed = reporter.seal(&agency, &content);
    agency.put(&sealed);
    agency.import();
    agency.publish();
    let closes = reporter.letter(&agency, "pusat").unwrap().closes.unwrap();
    agency.today = closes.plus(1);
    agency.publish();
    assert!(reporter.letter(&agency, "pusat").is_none());
    let later = reporter.report(&agency, &["pusat"], "Masih ada.");
    agency.put(&later);
    assert_eq!(agency.import().reopened, [1]);
    agency.publish();
    assert!(reporter.letter(&agency, "pusat").is_some());
}

#[test]
fn a_hidden_status_leaves_the_last_shown_one_in_the_letter() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let sealed = reporter.report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.import();
    cases::set_status(&mut agency.pusat, 1, "telaah", None, agency.today).unwrap();
    cases::set_status(&mut agency.pusat, 1, "tahan_ungkap", None, agency.today).unwrap();
    agency.publish();
    assert_eq!(reporter.letter(&agency, "pusat").unwrap().status, "telaah");
    cases::set_status(&mut agency.pusat, 1, "tak_terbukti", None, agency.today).unwrap();
    assert!(cases::find(&agency.pusat, 1).unwrap().closes.is_some());
}

#[test]
fn evidence_survives_the_destruction_of_the_identity() {
    let mut agency = Agency::new();
    let bytes: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let sealed = Reporter::new(&agency, 1).report_with_evidence(&agency, "foto.jpg", "jpg", &bytes);
    agency.put(&sealed);
    agency.import();
    // Weekly editions: the first identity is superseded, and destroyed after retention and 30 days.
    let mut destroyed = 0;
    for _ in 0..20 {
        agency.today = agency.today.plus(7);
        destroyed += agency.publish().destroyed;
    }
    assert!(destroyed > 0, "{destroyed}");
    let old = Reporter::new(&agency, 2);
    drop(old);
    assert_eq!(selftest::check_all(&agency.pusat, &mut agency.rng).unwrap().evidence, 1);
    let target = agency.folder.path().join("out");
    let path = export::evidence(&mut agency.pusat, 1, 1, 1, &target, agency.today).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(path.file_name().unwrap(), "kasus-0001-pesan-01-bukti-0001.bin");
}

#[test]
fn what_is_sealed_to_a_destroyed_identity_stays_closed_without_a_word() {
    let mut agency = Agency::new();
    let late = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Terlambat.");
    for _ in 0..20 {
        agency.today = agency.today.plus(7);
        agency.publish();
    }
    agency.put(&late);
    let summary = agency.import();
    assert!(summary.new_cases.is_empty() && summary.refused.is_empty());
}

#[test]
fn an_exported_report_is_checked_by_coreutils() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report_with_evidence(&agency, "x", "pdf", b"isi");
    agency.put(&sealed);
    agency.import();
    let target = agency.folder.path().join("court");
    let folders = export::report(&mut agency.pusat, 1, None, &target, agency.today).unwrap();
    let check =
        Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(&folders[0]).output().unwrap();
    assert!(check.status.success(), "{check:?}");
    assert_eq!(String::from_utf8_lossy(&check.stdout).lines().count(), 2);
}

#[test]
fn the_exported_identity_opens_a_sealed_report() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    let path = agency.folder.path().join("key.txt");
    export::identities(&mut agency.pusat, &path, agency.today).unwrap();
    let text = fs::read_to_string(path).unwrap();
    let identity = bisik_sealing::hybrid::Identity::parse(text.lines().next().unwrap()).unwrap();
    assert!(bisik_sealing::reader::open(sealed.as_slice(), &[&identity]).is_ok());
}

#[test]
fn the_seen_edition_is_compared_with_what_the_desk_has_made() {
    let mut agency = Agency::new();
    let header = agency.header("pusat");
    let (number, hash) = (header.header().number, header.hash());
    let other = bisik_formats::ids::Digest::of(b"forked");
    let unknown = "202601010".parse().unwrap();
    let cases_seen = [
        ((number, hash), None),
        ((number, other), Some(MessageWarning::SeenForked)),
        ((unknown, hash), Some(MessageWarning::SeenUnknown)),
    ];
    for (seed, (seen, warning)) in (10..).zip(cases_seen) {
        let mut reporter = Reporter::new(&agency, seed);
        let mut content = reporter.content(&agency, &["pusat"], "Satu.");
        content.seen.insert("pusat".parse().unwrap(), seen);
        let sealed = reporter.seal(&agency, &content);
        agency.put(&sealed);
        let summary = agency.import();
        let case = reporter.case_in(agency.cases());
        let message = cases::messages(&agency.pusat, &case).unwrap().remove(0);
        assert_eq!(message.warnings.iter().copied().next(), warning);
        assert_eq!(summary.warned.is_empty(), warning.is_none());
    }
}

#[test]
fn a_full_edition_serves_officers_work_first_and_junk_last() {
    let mut agency = Agency::new();
    let mut reporters: Vec<Reporter> = (0..6).map(|seed| Reporter::new(&agency, seed)).collect();
    for reporter in &mut reporters {
        let sealed = reporter.report(&agency, &["pusat"], "Satu.");
        agency.put(&sealed);
    }
    agency.import();
    let number = |reporter: &Reporter, agency: &Agency| reporter.case_in(agency.cases()).number;
    let (worked, junk) = (number(&reporters[0], &agency), number(&reporters[1], &agency));
    cases::set_status(&mut agency.pusat, worked, "verifikasi", None, agency.today).unwrap();
    cases::set_junk(&mut agency.pusat, junk, true, agency.today).unwrap();
    let published = agency.try_publish(Choices::default()).unwrap();
    assert_eq!((published.letters, published.without_room.len(), published.nearly_full), (4, 1, true));
    assert!(reporters[0].letter(&agency, "pusat").is_some());
    assert!(reporters[1].letter(&agency, "pusat").is_none());
}

#[test]
fn an_edition_number_rises_strictly_also_ten_times_a_day() {
    let mut agency = Agency::new();
    let mut last = agency.header("pusat").header().number;
    for _ in 0..12 {
        let number = agency.publish().number;
        assert!(number > last);
        last = number;
    }
    assert_eq!(agency.header("pusat").header().date, day(crate::agency::TODAY));
}

#[test]
fn a_long_answer_still_fits_when_many_messages_must_be_confirmed() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let send = |agency: &mut Agency, reporter: &mut Reporter| {
        let sealed = reporter.report(agency, &["pusat"], "Lagi.");
        agency.put(&sealed);
    };
    send(&mut agency, &mut reporter);
    agency.import();
    let message = |len: usize| Reply { message: Some("p".repeat(len)), ..Reply::default() };
    // The longest that is taken.
    let longest = (3000..=4000)
        .rev()
        .find(|len| cases::reply(&mut agency.pusat, 1, message(*len), agency.today).is_ok())
        .unwrap();
    assert!(longest > 3500, "{longest}");
    for _ in 0..40 {
        send(&mut agency, &mut reporter);
    }
    agency.import();
    cases::set_status(&mut agency.pusat, 1, "perlu_lengkap", None, agency.today).unwrap();
    let published = agency.publish();
    assert!(published.failed.is_empty());
    let letter = reporter.letter(&agency, "pusat").unwrap();
    assert_eq!((letter.messages[0].text.len(), letter.received.len()), (longest, 32));
    assert_eq!(letter.earlier_received.get(), 9);
}

#[test]
fn an_ended_case_takes_no_reply() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.import();
    let tomorrow = agency.today.plus(1);
    cases::set_status(&mut agency.pusat, 1, "ditutup", Some(tomorrow), agency.today).unwrap();
    let reply = || Reply { message: Some("Selesai.".to_owned()), ..Reply::default() };
    cases::reply(&mut agency.pusat, 1, reply(), agency.today).unwrap();
    let late = cases::reply(&mut agency.pusat, 1, reply(), tomorrow.plus(1));
    assert!(matches!(late, Err(cases::CaseError::Ended)));
}

#[test]
fn what_the_server_cannot_hold_any_more_is_not_acknowledged_for_ever() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.import();
    let mut acknowledged = Vec::new();
    for _ in 0..5 {
        agency.today = agency.today.plus(40);
        acknowledged.push(agency.publish().acknowledged);
    }
    assert_eq!(acknowledged, [1, 1, 1, 0, 0]);
    // The stick of long ago comes back: its message is still known.
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.messages.len()), (0, 0));
}
