#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::hybrid::Recipient;
use crate::stream::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::testing::{AgeRecipient, rng, seal_bytes};
use crate::writer::{AgeWriter, VERSION_LINE, WriteError, seal_on_two_threads};

fn identity(seed: u64) -> Identity {
    Identity::generate(&mut rng(seed))
}

fn plain(len: usize) -> Vec<u8> {
    (0..=248).cycle().take(len).collect()
}

fn read_to_end(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.read_to_end(&mut out)?;
    Ok(out)
}

fn open_bytes(sealed: &[u8], identity: &Identity) -> Result<Vec<u8>, OpenError> {
    Ok(read_to_end(open(sealed, &[identity])?)?)
}

/// Opens with the pipeline that large reports take.
fn open_pipelined(sealed: &[u8], identity: &Identity) -> Result<Vec<u8>, OpenError> {
    let mut input = sealed;
    let key = SealedHeader::read(&mut input)?.payload_key(&mut input, &[identity])?;
    let (out, _) = open_on_threads(input, key, |reader| Ok::<_, OpenError>(read_to_end(reader)?))?;
    Ok(out)
}

fn seal_pipelined(recipient: &Recipient, plain: &[u8]) -> Vec<u8> {
    let recipients = std::slice::from_ref(recipient);
    let ((), sealed) = seal_on_two_threads(recipients, Vec::new(), &mut rng(4), |writer| {
        Ok::<_, WriteError>(writer.write_all(plain)?)
    })
    .unwrap();
    sealed
}

/// Lengths around every border: chunk, block of the pipeline, all blocks of the pipeline.
fn awkward_lengths() -> Vec<usize> {
    let borders =
        [0, CHUNK_LEN, 2 * CHUNK_LEN, 16 * CHUNK_LEN, 17 * CHUNK_LEN, 64 * CHUNK_LEN, 80 * CHUNK_LEN];
    borders.iter().flat_map(|&border| [border.saturating_sub(1), border, border + 1]).collect()
}

#[test]
fn one_and_two_threads_write_and_read_the_same() {
    let identity = identity(1);
    for len in awkward_lengths() {
        let plain = plain(len);
        let sealed = seal_bytes(&[identity.recipient()], &plain);
        assert!(seal_pipelined(&identity.recipient(), &plain) == sealed, "{len}");
        assert!(open_bytes(&sealed, &identity).unwrap() == plain, "{len}");
        assert!(open_pipelined(&sealed, &identity).unwrap() == plain, "{len}");
    }
}

#[test]
fn the_age_crate_opens_what_we_write() {
    let identities = [identity(1), identity(2), identity(3)];
    let recipients: Vec<Recipient> = identities.iter().map(Identity::recipient).collect();
    for len in awkward_lengths() {
        let plain = plain(len);
        let sealed = seal_bytes(&recipients, &plain);
        for identity in &identities {
            let decryptor = age::Decryptor::new_buffered(sealed.as_slice()).unwrap();
            let reader = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).unwrap();
            assert!(read_to_end(reader).unwrap() == plain, "{len}");
        }
    }
}

/// The crate's own files carry a random stanza, so the fixed shape refuses them.
#[test]
fn we_open_what_the_age_crate_writes() {
    let identity = identity(1);
    let recipient = AgeRecipient(identity.recipient());
    for len in awkward_lengths() {
        let plain = plain(len);
        let encryptor =
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
        let mut writer = encryptor.wrap_output(Vec::new()).unwrap();
        writer.write_all(&plain).unwrap();
        let sealed = writer.finish().unwrap();
        assert!(matches!(open(sealed.as_slice(), &[&identity]), Err(OpenError::Shape(_))));
        assert!(read_to_end(open_any(sealed.as_slice(), &[&identity]).unwrap()).unwrap() == plain, "{len}");
    }
}

#[test]
fn a_changed_header_does_not_open() {
    let identity = identity(1);
    let sealed = seal_bytes(&[identity.recipient(), self::identity(2).recipient()], b"text");
    let payload = sealed.len() - 4 - TAG_LEN;
    for place in 0..payload {
        let mut changed = sealed.clone();
        // Another base64 symbol where one stands, so that the shape alone cannot find it.
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        assert!(open_bytes(&changed, &identity).is_err(), "{place}");
    }
}

#[test]
fn other_identities_find_no_match() {
    let sealed = seal_bytes(&[identity(1).recipient()], b"text");
    assert!(matches!(open_bytes(&sealed, &identity(2)), Err(OpenError::NoMatch)));
    let found = open(sealed.as_slice(), &[&identity(2), &identity(1)]).map(read_to_end);
    assert_eq!(found.unwrap().unwrap(), b"text");
}

#[test]
fn swapped_repeated_and_missing_chunks_do_not_open() {
    let identity = identity(1);
    let sealed = seal_bytes(&[identity.recipient()], &plain(3 * CHUNK_LEN));
    let (start, chunks) = sealed.split_at(sealed.len() - 3 * SEALED_CHUNK_LEN);
    let chunk = |number: usize| &chunks[number * SEALED_CHUNK_LEN..][..SEALED_CHUNK_LEN];
    for order in [&[1, 0, 2][..], &[0, 0, 1, 2], &[0, 1], &[0, 2], &[0, 1, 2, 2], &[]] {
        let mut changed = start.to_vec();
        order.iter().for_each(|&number| changed.extend_from_slice(chunk(number)));
        assert!(matches!(open_bytes(&changed, &identity), Err(OpenError::Payload)), "{order:?}");
        assert!(matches!(open_pipelined(&changed, &identity), Err(OpenError::Payload)), "{order:?}");
        // Whoever goes on after the error does not come to an end that looks right.
        let mut reader = open(changed.as_slice(), &[&identity]).unwrap();
        assert!((0..2).all(|_| io::copy(&mut reader, &mut io::sink()).is_err()), "{order:?}");
    }
}

#[test]
fn every_cut_is_found() {
    let identity = identity(1);
    let sealed = seal_bytes(&[identity.recipient()], &plain(CHUNK_LEN + 100));
    for len in (0..sealed.len()).step_by(97).chain(sealed.len() - 130..sealed.len()) {
        assert!(open_bytes(&sealed[..len], &identity).is_err(), "{len}");
    }
    let mut longer = sealed;
    longer.push(0);
    assert!(matches!(open_bytes(&longer, &identity), Err(OpenError::Payload)));
}

#[test]
fn headers_are_refused_before_more_of_them_is_read() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            out.fill(b'A');
            self.0 += out.len();
            Ok(out.len())
        }
    }
    let mut endless = Endless(0);
    let start = [VERSION_LINE.as_bytes(), b"-> mlkem768x25519 "].concat();
    let refused = open((&start[..]).chain(&mut endless), &[]);
    assert!(matches!(refused, Err(OpenError::Shape(ShapeError::Header))));
    assert!(endless.0 < 20_000, "{}", endless.0);
}

#[test]
fn errors_of_the_input_are_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::NotConnected.into())
        }
    }
    let identity = identity(1);
    let sealed = seal_bytes(&[identity.recipient()], &plain(3 * CHUNK_LEN));
    let input = (&sealed[..sealed.len() / 2]).chain(Broken);
    let error = read_to_end(open(input, &[&identity]).unwrap()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
    assert!(matches!(OpenError::from(error), OpenError::Io(_)));
}

#[test]
fn a_full_output_stops_both_ways_of_writing() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recipients = [identity(1).recipient()];
    let content = plain(100 * CHUNK_LEN);
    for room in [0, 3 * CHUNK_LEN, 90 * CHUNK_LEN] {
        let one = AgeWriter::new(&recipients, Full(room), &mut rng(4)).and_then(|mut writer| {
            writer.write_all(&content)?;
            writer.finish()?;
            Ok(())
        });
        let two = seal_on_two_threads(&recipients, Full(room), &mut rng(4), |writer| {
            Ok::<_, WriteError>(writer.write_all(&content)?)
        });
        for result in [one, two.map(drop)] {
            match result {
                Err(WriteError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
                _ => panic!("{room}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_in_pieces_comes_back(pieces in proptest::collection::vec(0..70_000usize, 0..6)) {
        let identity = identity(1);
        let mut writer = AgeWriter::new(&[identity.recipient()], Vec::new(), &mut rng(4)).unwrap();
        let mut expected = Vec::new();
        for piece in pieces {
            writer.write_all(&plain(piece)).unwrap();
            expected.extend(plain(piece));
        }
        prop_assert!(open_bytes(&writer.finish().unwrap(), &identity).unwrap() == expected);
    }

    #[test]
    fn a_flipped_bit_is_always_found(place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let identity = identity(1);
        let mut sealed = seal_bytes(&[identity.recipient()], &plain(1000));
        let place = place.index(sealed.len());
        sealed[place] ^= 1 << bit;
        prop_assert!(open_bytes(&sealed, &identity).is_err());
    }
}
