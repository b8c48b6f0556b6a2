#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io;

use bisik_formats::ids::{Digest, MessageId, ReportId};
use bisik_formats::padding::{TEXT_SIZE, sealed_len};

use super::*;

use crate::testing::Story;

/// Keeps evidence in memory.
#[derive(Default)]
struct Kept(Vec<(u16, String, Vec<u8>, Option<Digest>)>);

impl EvidenceSink for Kept {
    fn begin(&mut self, number: u16, extension: Extension, size: u64) -> io::Result<()> {
        self.0.push((
            number,
            extension.to_string(),
            Vec::with_capacity(usize::try_from(size).unwrap()),
            None,
        ));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.last_mut().unwrap().2.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, hash: &Digest) -> io::Result<()> {
        self.0.last_mut().unwrap().3 = Some(*hash);
        Ok(())
    }
}

fn open(story: &Story, sealed: &[u8]) -> Result<(OpenedReport, Kept), ReportError> {
    let mut kept = Kept::default();
    let len = sealed.len() as u64;
    let opened = story.expected(|expected| open_report(sealed, len, expected, &mut kept))?;
    Ok((opened, kept))
}

#[test]
fn a_text_report_comes_back_as_it_was() {
    let story = Story::new();
    let (sealed, done) = story.seal(&[]);
    assert_eq!(sealed.len() as u64, sealed_len(2, TEXT_SIZE));
    assert_eq!(done.len, sealed.len() as u64);
    let (opened, kept) = open(&story, &sealed).unwrap();
    assert!(opened.content == story.content && kept.0.is_empty());
    assert_eq!(opened.id, ReportId::of(&sealed));
    assert_eq!(opened.message(), done.message);
    assert_eq!(opened.message(), MessageId::of_sums(&opened.proof.sums));
    assert_eq!(opened.recipient.to_string(), story.keys.identity.recipient().to_string());
}

#[test]
fn evidence_of_every_awkward_size_comes_back() {
    let sizes = [0, 1, 511, 512, 513, 65_535, 65_536, 65_537, 1_100_000];
    let mut story = Story::new();
    let pieces: Vec<Vec<u8>> =
        sizes.iter().map(|&size| (0..size).map(|i: u32| (i % 251) as u8).collect()).collect();
    pieces.iter().for_each(|_| story.add_evidence("jpg"));
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let (sealed, done) = story.seal(&pieces);
    assert_eq!(done.len, sealed.len() as u64);
    let (opened, kept) = open(&story, &sealed).unwrap();
    assert_eq!(opened.id, ReportId::of(&sealed));
    for (index, piece) in pieces.iter().enumerate() {
        let hash = Digest::of(piece);
        let expected = (u16::try_from(index + 1).unwrap(), "jpg".to_owned(), piece.to_vec(), Some(hash));
        assert!(kept.0[index] == expected, "{index}");
        assert_eq!(opened.evidence[index], OpenedEvidence { size: piece.len() as u64, hash });
    }
}
