//! The few sizes that sealed reports have, so that a size tells as little as possible.
//!
//! A report is padded to 32 KiB (every text report), then to 2^k or 1.5 * 2^k up to 64 MiB, then to eighths of
//! 2^k. Sealing adds a header of `70 + 1557 D` bytes for `D` desks, a nonce of 16, and 16 for each 64 KiB chunk.

/// The padded size of every text report, in bytes.
pub const TEXT_SIZE: u64 = 32 * 1024;

/// The largest padded size: 64 GiB.
pub const MAX_SIZE: u64 = 1 << 36;

/// The most desks on a card, and stanzas in a report's header.
pub const MAX_DESKS: usize = 8;

/// Bytes of one `mlkem768x25519` stanza in the header.
pub const STANZA_LEN: u64 = 1557;

/// Bytes of a header beside its stanzas: version line and MAC line.
const HEADER_BASE: u64 = 70;

/// From here on sizes step by eighths of a power of two instead of by halves.
const FINE_FROM: u64 = 64 * 1024 * 1024;

/// Bytes of plaintext in one age STREAM chunk.
pub const CHUNK: u64 = 64 * 1024;

/// Bytes of the authentication tag on each chunk.
const TAG: u64 = 16;

/// Bytes of the payload nonce.
const NONCE: u64 = 16;

/// Returns the smallest padded size that holds `len` bytes, or `None` above [`MAX_SIZE`].
pub fn padded_size(len: u64) -> Option<u64> {
    if len <= TEXT_SIZE {
        return Some(TEXT_SIZE);
    }
    if len > MAX_SIZE {
        return None;
    }
    // The greatest power of two that is below `len`: the next sizes lie between it and its double.
    let power = 1u64 << (63 - (len - 1).leading_zeros());
    let step = if power >= FINE_FROM { power / 8 } else { power / 2 };
    Some(len.div_ceil(step) * step)
}

/// Tells whether `size` is one of the padded sizes.
pub fn is_padded_size(size: u64) -> bool {
    padded_size(size) == Some(size)
}

/// Returns the length of the age header of a report with `desks` stanzas.
pub const fn header_len(desks: usize) -> u64 {
    HEADER_BASE + STANZA_LEN * desks as u64
}

/// Returns the length of a sealed report with `desks` stanzas and a padded size of `padded` bytes.
pub const fn sealed_len(desks: usize, padded: u64) -> u64 {
    header_len(desks) + NONCE + padded + TAG * padded.div_ceil(CHUNK)
}

/// Returns the padded size inside a sealed report of `len` bytes with `desks` stanzas, or `None` if no padded
/// size has that length.
pub fn padded_size_of(len: u64, desks: usize) -> Option<u64> {
    let payload = len.checked_sub(header_len(desks) + NONCE)?;
    let padded = payload.checked_sub(TAG * payload.div_ceil(CHUNK + TAG))?;
    (is_padded_size(padded) && sealed_len(desks, padded) == len).then_some(padded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes_up_to(max: u64) -> Vec<u64> {
        let mut sizes = vec![TEXT_SIZE];
        while *sizes.last().unwrap() < max {
            sizes.push(padded_size(sizes.last().unwrap() + 1).unwrap());
        }
        sizes
    }

    #[test]
    fn sizes_are_the_listed_ones() {
        let kib = 1024;
        let mib = 1024 * kib;
        let start = [32 * kib, 48 * kib, 64 * kib, 96 * kib, 128 * kib, 192 * kib];
        assert_eq!(sizes_up_to(192 * kib), start);
        assert_eq!(padded_size(64 * mib), Some(64 * mib));
        assert_eq!(padded_size(64 * mib + 1), Some(72 * mib));
        assert_eq!(padded_size(48 * mib + 1), Some(64 * mib));
        assert_eq!(padded_size(MAX_SIZE), Some(MAX_SIZE));
        assert_eq!(padded_size(MAX_SIZE + 1), None);
        assert_eq!(padded_size(0), Some(TEXT_SIZE));
        assert_eq!(sizes_up_to(4 * 1024 * mib).len(), 71);
    }

    #[test]
    fn a_text_report_for_two_desks_has_one_length() {
        assert_eq!(sealed_len(2, TEXT_SIZE), 70 + 2 * 1557 + 16 + 32 * 1024 + 16);
    }

    #[test]
    fn every_sealed_length_names_its_padded_size() {
        for desks in 0..=MAX_DESKS {
            for size in sizes_up_to(1 << 34) {
                let len = sealed_len(desks, size);
                assert_eq!(padded_size_of(len, desks), Some(size));
                assert_eq!(padded_size_of(len + 1, desks), None);
                assert_eq!(padded_size_of(len - 1, desks), None);
            }
        }
        assert_eq!(padded_size_of(0, 2), None);
    }

    proptest! {
        #[test]
        fn padding_covers_and_wastes_at_most_half(len in 0..=MAX_SIZE) {
            let size = padded_size(len).unwrap();
            prop_assert!(size >= len && is_padded_size(size));
            prop_assert!(len <= TEXT_SIZE || size - len < len / 2 + 1);
            if len > FINE_FROM {
                prop_assert!(size - len <= len / 8);
            }
        }

        #[test]
        fn no_other_length_is_listed(len in 0..10_000_000u64, desks in 0..=MAX_DESKS) {
            if let Some(size) = padded_size_of(len, desks) {
                prop_assert_eq!(sealed_len(desks, size), len);
            }
        }
    }
}
