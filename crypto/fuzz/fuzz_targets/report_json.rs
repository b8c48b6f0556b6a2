//! `report.json`.
#![no_main]

use bisik_formats::json::{from_json, to_json};
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::report::{MAX_REPORT_JSON, ReportContent};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(content) = from_json::<ReportContent>(bytes, MAX_REPORT_JSON) {
        let _ = (content.check().is_ok(), Recipient::parse(&content.thread.recipient).is_ok());
        assert!(to_json(&content).unwrap() == bytes);
    }
});
