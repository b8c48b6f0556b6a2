//! A receipt as typed.
#![no_main]

use bisik_fuzz::AGENCY;
use bisik_sealing::receipt::Receipt;

libfuzzer_sys::fuzz_target!(|typed: &str| {
    if let Ok(receipt) = Receipt::parse(typed, &AGENCY) {
        let again = Receipt::parse(&receipt.expose_text(), &AGENCY).unwrap();
        assert!(again.expose_text() == receipt.expose_text());
    }
});
