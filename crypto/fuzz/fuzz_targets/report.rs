//! The plaintext of a sealed report: tar, JSON, checksums, signature, padding.
#![no_main]

use bisik_formats::padding::padded_size;
use bisik_fuzz::{AGENCY, DESK, seal};
use bisik_sealing::report::{Expected, NoEvidence, open_report};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Trailing zeros are padding, so seeds are stored without them.
    let Some(padded) = padded_size(bytes.len() as u64).and_then(|len| usize::try_from(len).ok()) else {
        return;
    };
    let mut plain = bytes.to_vec();
    plain.resize(padded, 0);
    let sealed = seal(&plain);
    let desk = "inspektorat".parse().unwrap();
    let expected = Expected { identities: &[&*DESK], agency: &AGENCY, desk: &desk, desk_counts: &[1] };
    let _ = open_report(sealed.as_slice(), sealed.len() as u64, &expected, &mut NoEvidence).is_ok();
});
