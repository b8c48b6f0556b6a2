//! Reports that a hostile reporter, courier or desk could make: each is refused by the rule that it breaks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{self, Read};

use bisik_formats::ids::{AgencyId, Digest};
use bisik_formats::json::{JsonError, to_json};
use bisik_formats::padding::{TEXT_SIZE, padded_size};
use proptest::prelude::*;

use super::*;
use crate::hybrid::{HybridKeyError, Identity, KeyTextError};
use crate::reader::{OpenError, open};
use crate::receipt::Receipt;
use crate::tar::{END_LEN, Entry, TarError};
use crate::testing::{Story, agency, desk, rng, seal_bytes};

fn open_sealed(story: &Story, sealed: &[u8]) -> Result<OpenedReport, ReportError> {
    story.expected(|expected| open_report(sealed, sealed.len() as u64, expected, &mut NoEvidence))
}

/// Seals any plaintext as this story's report would be sealed, and opens it as its desk would.
fn open_plain(story: &Story, plain: &[u8]) -> Result<OpenedReport, ReportError> {
    let recipients = story.identities.each_ref().map(Identity::recipient);
    open_sealed(story, &seal_bytes(&recipients, plain))
}

/// Header and content.
type RawEntry = (Vec<u8>, Vec<u8>);

/// An archive put together by hand, so that it can be wrong.
struct Archive {
    entries: Vec<RawEntry>,
    tail: u8,
}

impl Archive {
    /// The archive of this story's report with these pieces of evidence, right in every respect.
    fn right(story: &Story, evidence: &[&[u8]]) -> Self {
        let json = to_json(&story.content).unwrap();
        let mut sums = Sums::default();
        sums.add(EntryName::Report, &Digest::of(&json));
        let mut entries = vec![(EntryName::Report, json)];
        for (note, content) in story.content.evidence.iter().zip(evidence) {
            sums.add(note.entry.name(), &Digest::of(content));
            entries.push((note.entry.name(), content.to_vec()));
        }
        let signature = story.keys.signing.sign(&sums.signed_bytes()).unwrap();
        entries.push((EntryName::Sums, sums.as_bytes().to_vec()));
        entries.push((EntryName::Signature, signature.as_bytes().to_vec()));
        let entries = entries.into_iter().map(|(name, content)| (header(name, &content), content)).collect();
        Self { entries, tail: 0 }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (header, content) in &self.entries {
            bytes.extend_from_slice(header);
            bytes.extend_from_slice(content);
            bytes.resize(bytes.len().next_multiple_of(512), 0);
        }
        let padded = padded_size(bytes.len() as u64 + END_LEN).unwrap();
        bytes.resize(usize::try_from(padded).unwrap(), 0);
        *bytes.last_mut().unwrap() = self.tail;
        bytes
    }
}

fn header(name: EntryName, content: &[u8]) -> Vec<u8> {
    Entry { name, size: content.len() as u64 }.header().unwrap().to_vec()
}

fn story_with_evidence() -> Story {
    let mut story = Story::new();
    story.add_evidence("jpg");
    story.add_evidence("pdf");
    story
}

const EVIDENCE: [&[u8]; 2] = [b"first", b"second"];

#[test]
fn an_archive_made_by_hand_is_what_we_seal() {
    let story = story_with_evidence();
    let (sealed, _) = story.seal(&EVIDENCE);
    let mut plain = Vec::new();
    open(sealed.as_slice(), &[&story.identities[0]]).unwrap().read_to_end(&mut plain).unwrap();
    assert!(plain == Archive::right(&story, &EVIDENCE).bytes());
    assert!(open_plain(&story, &plain).is_ok());
}

#[test]
fn entries_out_of_place_are_refused() {
    let story = story_with_evidence();
    let refused = |change: fn(&mut Vec<RawEntry>)| {
        let mut archive = Archive::right(&story, &EVIDENCE);
        change(&mut archive.entries);
        open_plain(&story, &archive.bytes()).err().unwrap()
    };
    let duplicate = refused(|entries| entries.insert(1, entries[1].clone()));
    assert!(matches!(duplicate, ReportError::Order));
    let swapped = refused(|entries| entries.swap(1, 2));
    assert!(matches!(swapped, ReportError::Order));
    let missing = refused(|entries| drop(entries.remove(2)));
    assert!(matches!(missing, ReportError::Order));
    let unlisted = refused(|entries| {
        let extra = EntryName::Evidence { number: 3, extension: "exe".parse().unwrap() };
        entries.insert(3, (header(extra, b"x"), b"x".to_vec()));
    });
    assert!(matches!(unlisted, ReportError::Order));
    let second_report = refused(|entries| entries.push(entries[0].clone()));
    assert!(matches!(second_report, ReportError::Padding));
    let unsigned = refused(|entries| drop(entries.pop()));
    assert!(matches!(unsigned, ReportError::Order));
    let other_extension = refused(|entries| {
        let other = EntryName::Evidence { number: 1, extension: "png".parse().unwrap() };
        entries[1].0 = header(other, b"first");
    });
    assert!(matches!(other_extension, ReportError::Order));
    let nothing = refused(Vec::clear);
    assert!(matches!(nothing, ReportError::Order));
}

#[test]
fn foreign_names_and_headers_are_refused() {
    let story = story_with_evidence();
    let refused = |change: &dyn Fn(&mut [u8])| {
        let mut archive = Archive::right(&story, &EVIDENCE);
        change(&mut archive.entries[1].0);
        open_plain(&story, &archive.bytes()).err().unwrap()
    };
    for name in ["../../etc/passwd", "/etc/passwd", "evidence/../a.jpg", "evidence/0001.jpg/x", "evil\x1b[2J"]
    {
        let error = refused(&|header| {
            header[..100].fill(0);
            header[..name.len()].copy_from_slice(name.as_bytes());
        });
        assert!(matches!(error, ReportError::Tar(TarError::Name)), "{name}");
    }
    // Type: a symbolic link; mode: executable; time: one second; a checksum that fits neither.
    for (place, byte) in [(156, b'2'), (105, b'7'), (146, b'1'), (265, b'r'), (345, b'x')] {
        let error = refused(&|header| header[place] = byte);
        assert!(matches!(error, ReportError::Tar(TarError::NotCanonical)), "{place}");
    }
    let huge = refused(&|header| header[124..135].copy_from_slice(b"77777777777"));
    assert!(matches!(huge, ReportError::Tar(TarError::Size)));
    let longer = Entry { name: story.content.evidence[0].entry.name(), size: TEXT_SIZE * 2 };
    let longer = refused(&|header| header.copy_from_slice(&longer.header().unwrap()));
    assert!(matches!(longer, ReportError::Tar(TarError::Size)));
}

#[test]
fn padding_must_be_zero_and_of_the_one_size() {
    let story = Story::new();
    let mut archive = Archive::right(&story, &[]);
    archive.tail = 1;
    assert!(matches!(open_plain(&story, &archive.bytes()), Err(ReportError::Padding)));
    archive.tail = 0;
    let mut larger = archive.bytes();
    larger.resize(48 * 1024, 0);
    assert!(matches!(open_plain(&story, &larger), Err(ReportError::Padding)));
    let mut inside = archive.bytes();
    let content_end = 512 + archive.entries[0].1.len();
    assert!(!content_end.is_multiple_of(512));
    inside[content_end] = 1;
    assert!(matches!(open_plain(&story, &inside), Err(ReportError::Padding)));
}

#[test]
fn sums_and_signature_must_fit() {
    let story = story_with_evidence();
    let mut evidence_changed = Archive::right(&story, &EVIDENCE);
    evidence_changed.entries[1].1[0] ^= 1;
    assert!(matches!(open_plain(&story, &evidence_changed.bytes()), Err(ReportError::Sums)));
    let mut sums_changed = Archive::right(&story, &EVIDENCE);
    sums_changed.entries[3].1[0] ^= 1;
    assert!(matches!(open_plain(&story, &sums_changed.bytes()), Err(ReportError::Sums)));
    for place in [0, 31, 32, 63] {
        let mut signature_changed = Archive::right(&story, &EVIDENCE);
        signature_changed.entries[4].1[place] ^= 1;
        assert!(matches!(open_plain(&story, &signature_changed.bytes()), Err(ReportError::Signature)));
    }
}

#[test]
fn a_follow_up_signed_by_another_thread_is_refused() {
    let story = Story::new();
    let mut forged = Story::new();
    forged.keys = Receipt::generate(&agency(), &mut rng(70)).keys().unwrap();
    let archive = Archive::right(&forged, &[]);
    assert!(matches!(open_plain(&story, &archive.bytes()), Err(ReportError::Signature)));
}

#[test]
fn report_json_must_be_strict_and_short() {
    let story = Story::new();
    let json = String::from_utf8(to_json(&story.content).unwrap()).unwrap();
    let refused = |json: String| {
        let mut archive = Archive::right(&story, &[]);
        archive.entries[0] = (header(EntryName::Report, json.as_bytes()), json.into_bytes());
        open_plain(&story, &archive.bytes()).err().unwrap()
    };
    for changed in [
        json.replace("\"language\"", "\"extra\":1,\"language\""),
        json.replace("\"kind\":\"report\"", "\"kind\":\"order\""),
        json.replace("\"card\":3", "\"card\":3.0"),
        json.replace("\"card\":3", "\"card\":9007199254740992"),
        json.replace("report/1", "report/2"),
        json.replace("Mohon", "\\ud800"),
    ] {
        assert!(matches!(refused(changed), ReportError::Json(JsonError::Schema)));
    }
    for changed in
        [json.replace("\"card\":3", "\"card\": 3"), json.replace("Mohon", "\\u004dohon"), format!("{json}\n")]
    {
        assert!(matches!(refused(changed), ReportError::Json(JsonError::NotCanonical)));
    }
    let long = json.replace("Mohon", &"a".repeat(MAX_REPORT_JSON));
    assert!(matches!(refused(long), ReportError::Tar(TarError::Size)));
}

#[test]
fn content_that_contradicts_itself_is_refused_on_both_sides() {
    type Change = fn(&mut ReportContent);
    let changes: [(ContentError, Change); 6] = [
        (ContentError::Desks, |content| content.to.clear()),
        (ContentError::Desks, |content| content.to = vec![desk("walikota"), desk("inspektorat")]),
        (ContentError::Desks, |content| content.to = vec![desk("inspektorat"), desk("inspektorat")]),
        (ContentError::EvidenceOrder, |content| content.evidence[1].entry.number = 3),
        (ContentError::Code, |content| content.evidence[0].kind = "../x".into()),
        (ContentError::Name, |content| content.evidence[0].name = Some("n".repeat(MAX_NAME + 1))),
    ];
    for (expected, change) in changes {
        let mut story = story_with_evidence();
        change(&mut story.content);
        let archive = Archive::right(&story, &EVIDENCE);
        match open_plain(&story, &archive.bytes()) {
            Err(ReportError::Content(found)) => assert_eq!(found, expected),
            _ => panic!("{expected}"),
        }
        let sealed =
            seal_report(&story.content, &mut [], &story.keys, &story.slots(), io::sink(), &mut rng(2));
        assert!(matches!(sealed, Err(SealError::Content(found)) if found == expected));
    }
}

#[test]
fn a_report_for_others_is_refused() {
    let mut other_agency = Story::new();
    other_agency.content.agency = "00000000000000000000000000000000".parse::<AgencyId>().unwrap();
    let archive = Archive::right(&other_agency, &[]);
    assert!(matches!(open_plain(&other_agency, &archive.bytes()), Err(ReportError::OtherAgency)));
    // One desk seals what it received for the desk that was left out.
    let story = Story::new();
    let (sealed, _) = story.seal(&[]);
    let mut plain = Vec::new();
    open(sealed.as_slice(), &[&story.identities[0]]).unwrap().read_to_end(&mut plain).unwrap();
    let resealed = seal_bytes(&story.identities.each_ref().map(Identity::recipient), &plain);
    let expected = Expected {
        identities: &[&story.identities[1]],
        agency: &agency(),
        desk: &desk("walikota"),
        desk_counts: &[2],
    };
    let opened = open_report(resealed.as_slice(), resealed.len() as u64, &expected, &mut NoEvidence);
    assert!(matches!(opened, Err(ReportError::OtherDesk)));
    let left_out = open_report(sealed.as_slice(), sealed.len() as u64, &expected, &mut NoEvidence);
    assert!(matches!(left_out, Err(ReportError::Open(OpenError::NoMatch))));
}

#[test]
fn a_reply_key_that_cannot_be_used_is_refused() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut story = Story::new();
        let text = story.content.thread.recipient.to_string();
        let mut bytes = age_core::primitives::bech32_decode(
            &text,
            |_| (),
            |_| Ok(()),
            |_, bytes| Ok(bytes.collect::<Vec<u8>>()),
        )
        .unwrap();
        change(&mut bytes);
        let prefix = bech32::Hrp::parse_unchecked("age1pq");
        story.content.thread.recipient = age_core::primitives::bech32_encode(prefix, &bytes).parse().unwrap();
        open_plain(&story, &Archive::right(&story, &[]).bytes()).err().unwrap()
    };
    let low = refused(&|bytes| bytes[1184..].fill(0));
    assert!(matches!(low, ReportError::Recipient(KeyTextError::Key(HybridKeyError::LowOrder))));
    let unreduced = refused(&|bytes| bytes[..3].fill(0xff));
    assert!(matches!(unreduced, ReportError::Recipient(KeyTextError::Key(HybridKeyError::Coefficient))));
}

#[test]
fn another_length_or_number_of_desks_is_refused() {
    let story = Story::new();
    let (sealed, _) = story.seal(&[]);
    let len = sealed.len() as u64;
    let open = |len: u64, counts: &[usize]| {
        story.expected(|expected| {
            let expected = Expected { desk_counts: counts, ..*expected };
            open_report(sealed.as_slice(), len, &expected, &mut NoEvidence).err().unwrap()
        })
    };
    assert!(matches!(open(len, &[1, 3]), ReportError::Desks));
    assert!(matches!(open(len - 1, &[2]), ReportError::Length));
    // The length of another padded size, while the file has this one.
    let larger = bisik_formats::padding::sealed_len(2, 48 * 1024);
    assert!(matches!(open(larger, &[2]), ReportError::Padding));
    for cut in [0, 10, 3000, sealed.len() - 1] {
        assert!(open_sealed(&story, &sealed[..cut]).is_err());
        let short = story.expected(|expected| open_report(&sealed[..cut], len, expected, &mut NoEvidence));
        assert!(matches!(short, Err(ReportError::Open(OpenError::Shape(_) | OpenError::Payload))), "{cut}");
    }
    let decoy = {
        let mut decoy = Vec::new();
        seal_decoy(2, &mut decoy, &mut rng(6)).unwrap();
        decoy
    };
    assert_eq!(decoy.len() as u64, len);
    assert!(matches!(open_sealed(&story, &decoy), Err(ReportError::Open(OpenError::NoMatch))));
}

#[test]
fn evidence_that_changes_while_it_is_read_is_an_error() {
    let mut story = Story::new();
    story.add_evidence("bin");
    let content = vec![5; 2_000_000];
    for listed in [0, 1, 1_999_999, 2_000_001, 3_000_000] {
        let mut reader = content.as_slice();
        let mut sources =
            [EvidenceSource { extension: "bin".parse().unwrap(), len: listed, reader: &mut reader }];
        let result =
            seal_report(&story.content, &mut sources, &story.keys, &story.slots(), io::sink(), &mut rng(2));
        assert!(matches!(result, Err(SealError::EvidenceChanged { number: 1 })), "{listed}");
    }
}

#[test]
fn sealing_refuses_what_does_not_go_together() {
    let story = story_with_evidence();
    let seal = |content: &ReportContent, sources: &mut [EvidenceSource<'_>], slots: &[Slot]| {
        seal_report(content, sources, &story.keys, slots, io::sink(), &mut rng(2)).err().unwrap()
    };
    assert!(matches!(seal(&story.content, &mut [], &story.slots()), SealError::EvidenceList));
    let mut empty = [io::empty(), io::empty()];
    let [first, second] = &mut empty;
    let mut sources = [
        EvidenceSource { extension: "jpg".parse().unwrap(), len: 0, reader: first },
        EvidenceSource { extension: "png".parse().unwrap(), len: 0, reader: second },
    ];
    assert!(matches!(seal(&story.content, &mut sources, &story.slots()), SealError::EvidenceList));
    sources[1].extension = "pdf".parse().unwrap();
    sources[0].len = 1 << 32;
    assert!(matches!(seal(&story.content, &mut sources, &story.slots()), SealError::TooLarge));
    sources[0].len = 0;
    assert!(matches!(seal(&story.content, &mut sources, &[]), SealError::Slots));
    assert!(matches!(seal(&story.content, &mut sources, &[Slot::LeftOut, Slot::LeftOut]), SealError::Slots));
    let nine = [story.slots(), vec![Slot::LeftOut; 7]].concat();
    assert!(matches!(seal(&story.content, &mut sources, &nine), SealError::Slots));
    let mut long = Story::new();
    long.content.message = "a".repeat(MAX_REPORT_JSON);
    assert!(
        matches!(seal(&long.content, &mut [], &story.slots()), SealError::TooLong { over } if over > 1000)
    );
    let other = Story { keys: Receipt::generate(&agency(), &mut rng(70)).keys().unwrap(), ..Story::new() };
    let result = seal_report(&other.content, &mut [], &other.keys, &other.slots(), io::sink(), &mut rng(2));
    assert!(matches!(result, Err(SealError::Thread)));
    for desks in [0, 9] {
        assert!(matches!(seal_decoy(desks, io::sink(), &mut rng(2)), Err(SealError::Slots)));
    }
}

/// The longest `report.json` fills 32 KiB to the byte, and one byte more is too much.
#[test]
fn the_longest_text_report_still_has_the_one_size() {
    let mut story = Story::new();
    let room = MAX_REPORT_JSON - to_json(&story.content).unwrap().len();
    story.content.message.push_str(&"a".repeat(room));
    let (sealed, done) = story.seal(&[]);
    assert_eq!(done.len, bisik_formats::padding::sealed_len(2, TEXT_SIZE));
    assert!(open_sealed(&story, &sealed).is_ok());
    story.content.message.push('a');
    let longer = seal_report(&story.content, &mut [], &story.keys, &story.slots(), io::sink(), &mut rng(2));
    assert!(matches!(longer, Err(SealError::TooLong { over: 1 })));
}

#[test]
fn a_sink_that_fails_stops_the_opening() {
    struct Full(&'static str);
    impl EvidenceSink for Full {
        fn begin(&mut self, _: u16, _: Extension, _: u64) -> io::Result<()> {
            if self.0 == "begin" { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            if self.0 == "write" { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
        fn end(&mut self, _: &Digest) -> io::Result<()> {
            if self.0 == "end" { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }
    let story = story_with_evidence();
    for large in [b"x".as_slice(), &vec![0; 3_000_000]] {
        let (sealed, _) = story.seal(&[large, large]);
        for place in ["begin", "write", "end"] {
            let len = sealed.len() as u64;
            let opened =
                story.expected(|expected| open_report(sealed.as_slice(), len, expected, &mut Full(place)));
            match opened {
                Err(ReportError::Sink(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
                _ => panic!("{place}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_byte_inside_is_always_found(place in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let story = story_with_evidence();
        let mut plain = Archive::right(&story, &EVIDENCE).bytes();
        let place = place.index(plain.len());
        plain[place] ^= flip;
        prop_assert!(open_plain(&story, &plain).is_err());
    }

    #[test]
    fn a_changed_byte_outside_is_always_found(place in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let story = Story::new();
        let (mut sealed, _) = story.seal(&[]);
        let place = place.index(sealed.len());
        sealed[place] ^= flip;
        prop_assert!(open_sealed(&story, &sealed).is_err());
    }

    #[test]
    fn any_text_comes_back(message in "\\PC{0,3000}", name in "\\PC{1,60}", note in "\\PC{0,100}") {
        let mut story = story_with_evidence();
        story.content.message = message;
        story.content.evidence[0].name = Some(name);
        story.content.evidence[1].note = note;
        let (sealed, done) = story.seal(&EVIDENCE);
        let opened = open_sealed(&story, &sealed).unwrap();
        prop_assert!(opened.content == story.content);
        prop_assert_eq!(opened.message(), done.message);
    }
}
