//! Sticks from hell: one bad file never stops the rest, and none says what is for others.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use bisik_desk::cases::{self, CaseWarning};
use bisik_desk::guard::GuardError;
use bisik_desk::import::{ImportError, Refusal, Summary};
use bisik_formats::ids::Digest;
use bisik_formats::padding::{TEXT_SIZE, padded_size};
use bisik_sealing::report::{ReportContent, seal_decoy};
use bisik_sealing::schedule::LetterKey;
use bisik_sealing::writer::AgeWriter;
use zeroize::Zeroizing;

use crate::agency::{Agency, day};
use crate::reporter::Reporter;

/// Imports with one good report on the stick, which must always arrive, and returns what else was said.
fn import_beside_a_good_one(agency: &mut Agency) -> Summary {
    let good = Reporter::new(agency, 999).report(agency, &["pusat"], "Yang baik.");
    agency.put(&good);
    let mut summary = agency.import();
    assert_eq!(summary.new_cases.len(), 1, "the good report arrives");
    assert_eq!(cases::all(&agency.pusat).unwrap().len(), 1);
    summary.new_cases.clear();
    summary
}

fn refused(refusal: Refusal, count: u32) -> BTreeMap<Refusal, u32> {
    BTreeMap::from([(refusal, count)])
}

/// Seals any archive as a report of the right outer shape.
fn seal_archive(agency: &mut Agency, mut archive: Vec<u8>) -> Vec<u8> {
    let padded = padded_size(archive.len() as u64).unwrap();
    archive.resize(usize::try_from(padded).unwrap(), 0);
    let recipients = [agency.recipient("pusat"), agency.recipient("daerah")];
    let mut writer = AgeWriter::new(&recipients, Vec::new(), &mut agency.rng).unwrap();
    writer.write_all(&archive).unwrap();
    writer.finish().unwrap()
}

/// An archive as the reporter's program writes it, with the JSON given, signed by the thread.
fn archive(reporter: &Reporter, json: &[u8], entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut files: Vec<(&str, &[u8])> = vec![("report.json", json)];
    files.extend_from_slice(entries);
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes))).collect();
    let signed = [b"bisik/report/1\n", sums.as_bytes()].concat();
    let signature = reporter.keys.signing.sign(&signed).unwrap();
    files.push(("SHA256SUMS", sums.as_bytes()));
    files.push(("SHA256SUMS.sig", signature.as_bytes()));
    let mut tar = Vec::new();
    for (name, bytes) in files {
        tar.extend_from_slice(&header(name, bytes.len()));
        tar.extend_from_slice(bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// A ustar header in the canonical form, for any name.
fn header(name: &str, size: usize) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\x000000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn json(content: &ReportContent) -> Vec<u8> {
    bisik_formats::json::to_json(content).unwrap()
}

#[test]
fn the_archive_of_these_tests_is_itself_accepted() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let content = reporter.content(&agency, &["daerah", "pusat"], "Satu.");
    let sealed = seal_archive(&mut agency, archive(&reporter, &json(&content), &[]));
    agency.put(&sealed);
    assert_eq!(agency.import().new_cases, [1]);
}

#[test]
fn a_wrong_shape_is_not_opened() {
    let mut agency = Agency::new();
    agency.put(b"bukan laporan");
    agency.put(&[0; 40_000]);
    agency.put(b"");
    let summary = import_beside_a_good_one(&mut agency);
    assert_eq!(summary.refused, refused(Refusal::Shape, 3));
}

#[test]
fn an_unlisted_length_is_not_opened() {
    let mut agency = Agency::new();
    let mut sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    sealed.push(0);
    agency.put(&sealed);
    sealed.truncate(sealed.len() - 2);
    agency.put(&sealed);
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Shape, 2));
}

#[test]
fn a_huge_hostile_header_is_refused_at_once() {
    let mut agency = Agency::new();
    for name in ["X25519", "scrypt", "mlkem768x25519"] {
        let stanza = format!("-> {name} {}\n{}\n", "A".repeat(43), "A".repeat(43));
        let mut bytes = b"age-encryption.org/v1\n".to_vec();
        while bytes.len() < 100_000 {
            bytes.extend_from_slice(stanza.as_bytes());
        }
        bytes.resize(usize::try_from(bisik_formats::padding::sealed_len(2, 196_608)).unwrap(), b'A');
        agency.put(&bytes);
    }
    let before = cpu_time();
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Shape, 3));
    // The header parser of the age crate would take more than a minute for one of them.
    assert!(cpu_time() - before < Duration::from_secs(20));
}

/// Time that this thread has spent on a processor: what other programs do does not count.
fn cpu_time() -> Duration {
    let times = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn foreign_names_links_and_folders_are_not_touched() {
    let mut agency = Agency::new();
    let reports = agency.stick().join("reports");
    let outside = agency.folder.path().join("rahasia");
    fs::write(&outside, b"x").unwrap();
    fs::write(reports.join("laporan.age"), b"x").unwrap();
    fs::write(reports.join("autorun.inf"), b"x").unwrap();
    fs::write(reports.join(format!("{}.age", "A".repeat(64))), b"x").unwrap();
    fs::write(reports.join("\u{202e}ega.exe"), b"x").unwrap();
    fs::create_dir(reports.join(format!("{}.age", "a".repeat(64)))).unwrap();
    symlink(&outside, reports.join(format!("{}.age", "b".repeat(64)))).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        reports.join(format!("{}.age", "c".repeat(64))),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Name, 7));
}

#[test]
fn a_linked_reports_folder_is_refused() {
    let mut agency = Agency::new();
    let reports = agency.stick().join("reports");
    fs::rename(&reports, agency.folder.path().join("elsewhere")).unwrap();
    symlink(agency.folder.path().join("elsewhere"), &reports).unwrap();
    assert!(matches!(agency.try_import(), Err(ImportError::NoReports)));
}

#[test]
fn junk_swapped_for_a_report_is_told_and_never_acknowledged() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    let id = agency.put(&sealed);
    let mut swapped = Vec::new();
    seal_decoy(2, &mut swapped, &mut agency.rng).unwrap();
    agency.put_as(&id, &swapped);
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Changed, 1));
    assert_eq!(agency.publish().acknowledged, 1);
    // The true one, fetched again, is imported.
    agency.put_as(&id, &sealed);
    assert_eq!(agency.import().new_cases.len(), 1);
}

#[test]
fn a_report_under_the_name_of_another_is_not_taken() {
    let mut agency = Agency::new();
    let one = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    let two = Reporter::new(&agency, 2).report(&agency, &["pusat"], "Dua.");
    let id = agency.put(&one);
    agency.put_as(&id, &two);
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Changed, 1));
}

#[test]
fn decoys_and_reports_for_others_leave_no_word() {
    let mut agency = Agency::new();
    let mut decoy = Vec::new();
    seal_decoy(2, &mut decoy, &mut agency.rng).unwrap();
    agency.put(&decoy);
    let other = Reporter::new(&agency, 1).report(&agency, &["daerah"], "Tentang pusat.");
    agency.put(&other);
    let summary = import_beside_a_good_one(&mut agency);
    assert_eq!(format!("{summary:?}"), format!("{:?}", Summary::default()));
    // All three are acknowledged, so that the server can delete them.
    assert_eq!(agency.publish().acknowledged, 3);
    assert_eq!(agency.import_daerah().new_cases.len(), 1);
}

#[test]
fn a_report_sealed_again_to_a_desk_that_was_left_out_stays_unknown_to_it() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let content = reporter.content(&agency, &["daerah"], "Tentang pusat.");
    let sealed = seal_archive(&mut agency, archive(&reporter, &json(&content), &[]));
    agency.put(&sealed);
    let summary = import_beside_a_good_one(&mut agency);
    assert_eq!(format!("{summary:?}"), format!("{:?}", Summary::default()));
    let kept = fs::read_dir(agency.vault().join("evidence")).unwrap().count();
    assert_eq!(kept, 0, "no copy is kept");
}

#[test]
fn a_repeated_report_counts_once_however_it_is_sealed() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let content = reporter.content(&agency, &["daerah", "pusat"], "Satu.");
    for _ in 0..3 {
        let sealed = reporter.seal(&agency, &content);
        agency.put(&sealed);
    }
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.messages.len(), summary.repeated), (1, 0, 2));
}

#[test]
fn archives_with_other_entries_are_quarantined() {
    let mut agency = Agency::new();
    let reporter = Reporter::new(&agency, 1);
    let content = json(&Reporter::new(&agency, 1).content(&agency, &["daerah", "pusat"], "Satu."));
    let hostile: [&[(&str, &[u8])]; 6] = [
        &[("report.json", b"{}")],
        &[("evidence/0001.jpg", b"not listed")],
        &[("../../../etc/cron.d/x", b"* * * * * root true")],
        &[("/etc/passwd", b"root::0:0::/:/bin/sh")],
        &[("evidence/../../x", b"x")],
        &[("\x1b[2Jevidence/0001.jpg", b"x")],
    ];
    for entries in hostile {
        let sealed = seal_archive(&mut agency, archive(&reporter, &content, entries));
        agency.put(&sealed);
    }
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Malformed, 6));
    assert_eq!(agency.publish().acknowledged, 7);
}

#[test]
fn broken_signatures_padding_and_json_are_quarantined() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let stranger = Reporter::new(&agency, 2);
    let content = json(&reporter.content(&agency, &["daerah", "pusat"], "Satu."));
    let mut noisy = archive(&reporter, &content, &[]);
    noisy.resize(usize::try_from(TEXT_SIZE).unwrap(), 0);
    *noisy.last_mut().unwrap() = 1;
    let archives = [
        archive(&stranger, &content, &[]),
        noisy,
        archive(&reporter, b"{}", &[]),
        archive(&reporter, &[content.as_slice(), b" "].concat(), &[]),
        Vec::new(),
    ];
    for archive in archives {
        let sealed = seal_archive(&mut agency, archive);
        agency.put(&sealed);
    }
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Malformed, 5));
}

/// Replaces the recipient in a report by another text.
fn with_recipient(agency: &mut Agency, recipient: &str) -> Vec<u8> {
    let mut reporter = Reporter::new(agency, 1);
    let content = reporter.content(agency, &["daerah", "pusat"], "Satu.");
    let mut value: serde_json::Value = serde_json::from_slice(&json(&content)).unwrap();
    let old = value["thread"]["recipient"].as_str().unwrap().to_owned();
    value["thread"]["recipient"] = recipient.into();
    let text = String::from_utf8(json(&content)).unwrap().replace(&old, recipient);
    let sealed = archive(&reporter, text.as_bytes(), &[]);
    seal_archive(agency, sealed)
}

#[test]
fn a_low_order_or_broken_reply_key_is_refused() {
    let mut agency = Agency::new();
    // A right text whose X25519 half is the point of order one, and one whose ML-KEM half is out of range.
    let good = agency.recipient("daerah").to_string();
    let bytes = bech32_bytes(&good);
    let mut low_order = bytes.clone();
    low_order[1184..].fill(0);
    let mut out_of_range = bytes;
    out_of_range[..3].fill(0xff);
    for key in [low_order, out_of_range] {
        let sealed = with_recipient(&mut agency, &bech32_text(&key));
        agency.put(&sealed);
    }
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Malformed, 2));
}

#[test]
fn a_classical_recipient_is_refused() {
    let mut agency = Agency::new();
    let classical = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let sealed = with_recipient(&mut agency, classical);
    agency.put(&sealed);
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Malformed, 1));
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn bech32_bytes(text: &str) -> Vec<u8> {
    let symbols = text.strip_prefix("age1pq1").unwrap().as_bytes();
    let symbols = &symbols[..symbols.len() - 6];
    let mut bits = 0u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for symbol in symbols {
        let value = BECH32.iter().position(|known| known == symbol).unwrap();
        bits = (bits << 5) | u32::try_from(value).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

fn bech32_text(bytes: &[u8]) -> String {
    age_core::primitives::bech32_encode(bech32::Hrp::parse_unchecked("age1pq"), bytes)
}

#[test]
fn thirty_three_threads_with_one_letter_key_are_thirty_three_cases_and_a_warning() {
    let mut agency = Agency::new();
    let shared = [7; 32];
    for seed in 0..33 {
        let mut reporter = Reporter::new(&agency, 100 + seed);
        reporter.keys.letter_key = LetterKey::from_bytes(Zeroizing::new(shared));
        let sealed = reporter.report(&agency, &["pusat"], "Satu.");
        agency.put(&sealed);
    }
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.warned.len()), (33, 1));
    let warned = |case: &&cases::Case| case.warnings.contains(&CaseWarning::SharedLetterKey);
    assert_eq!(agency.cases().iter().filter(warned).count(), 1);
    assert_eq!(agency.publish().letters, 4);
}

#[test]
fn two_threads_with_one_letter_key_get_two_letters() {
    let mut agency = Agency::new();
    let mut reporters = [Reporter::new(&agency, 1), Reporter::new(&agency, 2)];
    for reporter in &mut reporters {
        reporter.keys.letter_key = LetterKey::from_bytes(Zeroizing::new([7; 32]));
        let sealed = reporter.report(&agency, &["pusat"], "Satu.");
        agency.put(&sealed);
    }
    agency.import();
    agency.publish();
    assert!(reporters.iter().all(|reporter| reporter.letter(&agency, "pusat").is_some()));
}

#[test]
fn a_later_recipient_or_letter_key_is_set_aside() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let first = reporter.report(&agency, &["pusat"], "Satu.");
    agency.put(&first);
    agency.import();
    let mut thief = Reporter::new(&agency, 1);
    thief.keys.identity = thief.other_identity();
    thief.keys.letter_key = LetterKey::from_bytes(Zeroizing::new([9; 32]));
    let second = thief.report(&agency, &["pusat"], "Dua.");
    agency.put(&second);
    let summary = agency.import();
    assert_eq!((summary.messages.as_slice(), summary.warned.as_slice()), ([1].as_slice(), [1].as_slice()));
    let case = reporter.case_in(agency.cases());
    assert!(case.warnings.contains(&CaseWarning::OtherRecipient));
    assert!(case.warnings.contains(&CaseWarning::OtherLetterKey));
    agency.publish();
    assert!(reporter.letter(&agency, "pusat").is_some());
    assert!(thief.letter(&agency, "pusat").is_none());
}

#[test]
fn a_stick_that_goes_half_way_loses_nothing() {
    let mut agency = Agency::new();
    let mut reports = Vec::new();
    for seed in 0..5 {
        let sealed = Reporter::new(&agency, seed).report(&agency, &["pusat"], "Satu.");
        reports.push((agency.put(&sealed), sealed));
    }
    let bytes = vec![7; 3_000_000];
    let large = Reporter::new(&agency, 50).report_with_evidence(&agency, "a.bin", "bin", &bytes);
    let large_id = agency.put(&large);
    // Cut: one file half, the large one in its middle, one gone.
    agency.put_as(&reports[0].0, &reports[0].1[..10_000]);
    agency.put_as(&large_id, &large[..2_000_000]);
    fs::remove_file(agency.stick().join("reports").join(format!("{}.age", reports[1].0))).unwrap();
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.refused), (3, refused(Refusal::Shape, 2)));
    assert_eq!(agency.publish().acknowledged, 3, "only what is durable is acknowledged");
    assert_eq!(fs::read_dir(agency.vault().join("evidence")).unwrap().count(), 0);
    for (id, sealed) in &reports {
        agency.put_as(id, sealed);
    }
    agency.put_as(&large_id, &large);
    assert_eq!(agency.import().new_cases.len(), 3);
    assert_eq!(agency.publish().acknowledged, 6);
}

#[test]
fn evidence_of_a_report_that_fails_late_is_not_kept() {
    let mut agency = Agency::new();
    let bytes = vec![7; 3_000_000];
    let mut large = Reporter::new(&agency, 50).report_with_evidence(&agency, "a.bin", "bin", &bytes);
    let place = large.len() - 100_000;
    large[place] ^= 1;
    agency.put(&large);
    assert_eq!(import_beside_a_good_one(&mut agency).refused, refused(Refusal::Malformed, 1));
    let kept = fs::read_dir(agency.vault().join("evidence")).unwrap().count();
    assert_eq!(kept, 1, "the sealed copy in quarantine, not the evidence");
}

#[test]
fn a_clock_in_the_past_or_far_ahead_stops_import_and_publishing() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.today = day("2026-11-21");
    assert!(matches!(agency.try_import(), Err(ImportError::Guard(GuardError::Past { .. }))));
    assert!(agency.try_publish(Default::default()).is_err());
    agency.today = day("2027-01-07");
    assert!(matches!(agency.try_import(), Err(ImportError::Guard(GuardError::Future { .. }))));
    agency.today = day("2027-01-06");
    assert_eq!(agency.import().new_cases.len(), 1);
}

#[test]
fn one_bad_among_many_hinders_none() {
    let mut agency = Agency::new();
    for seed in 0..200 {
        let sealed = Reporter::new(&agency, 1000 + seed).report(&agency, &["pusat"], "Satu.");
        agency.put(&sealed);
    }
    let mut bad = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Rusak.");
    bad[20_000] ^= 1;
    agency.put(&bad);
    let summary = agency.import();
    assert_eq!((summary.new_cases.len(), summary.refused), (200, refused(Refusal::Malformed, 1)));
}

/// Puts a file on the stick that has a length and no content.
fn sparse(agency: &Agency, name: String, len: u64) {
    let path = agency.stick().join("reports").join(format!("{name}.age"));
    fs::File::create(path).unwrap().set_len(len).unwrap();
}

#[test]
fn a_stick_larger_than_the_room_on_the_disk_is_refused_before_anything_is_read() {
    let mut agency = Agency::new();
    // A length that no report has is not counted, since such a file is never opened.
    sparse(&agency, "f".repeat(64), 1 << 43);
    let good = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
    agency.put(&good);
    assert_eq!(agency.import().refused, refused(Refusal::Shape, 1));
    for number in 0..1000 {
        sparse(&agency, format!("{number:064}"), bisik_formats::padding::sealed_len(2, 1 << 36));
    }
    assert!(matches!(agency.try_import(), Err(ImportError::Room { .. })));
}

#[test]
fn what_an_interrupted_import_has_left_is_swept_away() {
    let mut agency = Agency::new();
    let left = agency.vault().join("evidence").join("00112233445566778899aabbccddeeff.age");
    fs::write(&left, b"half").unwrap();
    let sealed = Reporter::new(&agency, 1).report_with_evidence(&agency, "a", "jpg", b"bukti");
    agency.put(&sealed);
    agency.import();
    assert!(!left.exists());
    agency.import();
    assert_eq!(fs::read_dir(agency.vault().join("evidence")).unwrap().count(), 1, "evidence stays");
}
