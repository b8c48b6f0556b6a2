//! The samples that this cleaner and the page's share: same outcome, nothing planted left, pictures as they were.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "each test file uses its part")]
mod samples;

use std::io::{Cursor, Read};

use bisik_cleaner::{CleanError, Cleaned, clean, examine, verify};
use samples::{MARK, Sample, all};

fn run(bytes: &[u8]) -> (Result<Cleaned, CleanError>, Vec<u8>) {
    let mut output = Vec::new();
    let cleaned = clean(&mut Cursor::new(bytes), &mut output);
    (cleaned, output)
}

fn words(traces: &bisik_cleaner::Traces) -> Vec<&'static str> {
    traces.iter().map(|trace| trace.as_str()).collect()
}

/// Says what is wrong with the outcome of a sample, if anything.
fn fault(sample: &Sample) -> Option<String> {
    let bytes = sample.bytes();
    let (result, output) = run(&bytes);
    let (outcome, reason, extension, traces) = match &result {
        Ok(cleaned) if cleaned.changed => ("cleaned", None, cleaned.extension, &cleaned.traces),
        Ok(cleaned) => ("untouched", None, cleaned.extension, &cleaned.traces),
        Err(CleanError::Refused(refusal)) => {
            ("refused", Some(refusal.reason.as_str()), refusal.extension, &refusal.traces)
        }
        Err(error) => return Some(error.to_string()),
    };
    let traces = words(traces);
    let missing: Vec<&String> = sample.traces.iter().filter(|t| !traces.contains(&t.as_str())).collect();
    if !sample.allows(outcome, reason) {
        return Some(format!("{outcome} {reason:?}"));
    }
    if !sample.may_be(extension) {
        return Some(format!("is {extension}"));
    }
    if (outcome != "refused" && !missing.is_empty()) || (outcome == "untouched" && !traces.is_empty()) {
        return Some(format!("{missing:?} not among {traces:?}"));
    }
    if outcome == "refused" {
        return (!output.is_empty()).then(|| "something was written".to_owned());
    }
    if output.windows(MARK.len()).any(|window| window == MARK) {
        return Some("a planted word is left".to_owned());
    }
    None
}

#[test]
fn every_sample_has_the_outcome_of_the_manifest() {
    let faults: Vec<String> = all()
        .iter()
        .filter_map(|sample| fault(sample).map(|fault| format!("{}: {fault}", sample.file)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_clean_is_clean_again() {
    for sample in all().iter().filter(|sample| sample.is_cleanable()) {
        let (first, output) = run(&sample.bytes());
        assert_eq!(first.unwrap().len, output.len() as u64, "{}", sample.file);
        assert!(verify(&mut Cursor::new(&output)).is_ok(), "{}", sample.file);
        let (second, again) = run(&output);
        let second = second.unwrap();
        assert!(!second.changed && second.traces.is_empty() && again == output, "{}", sample.file);
    }
}

#[test]
fn what_is_dirty_is_not_taken_for_clean() {
    for sample in all().iter().filter(|sample| sample.outcome == "cleaned") {
        assert!(verify(&mut Cursor::new(&sample.bytes())).is_err(), "{}", sample.file);
    }
}

#[test]
fn a_plan_reads_the_same_each_time_and_in_any_pieces() {
    for sample in all().iter().filter(|sample| sample.is_cleanable()) {
        let bytes = sample.bytes();
        let (_, output) = run(&bytes);
        let mut source = Cursor::new(&bytes);
        let plan = examine(&mut source).unwrap();
        for size in [1, 7, 4096] {
            let mut read = Vec::new();
            let mut reader = plan.reader(&mut source);
            let mut buffer = vec![0; size];
            while let count @ 1.. = reader.read(&mut buffer).unwrap() {
                read.extend_from_slice(&buffer[..count]);
            }
            assert!(read == output, "{}", sample.file);
        }
    }
}

#[test]
fn messages_of_an_encoder_between_pictures_are_overwritten() {
    let film = all().into_iter().find(|sample| sample.file == "video-h264.mp4").unwrap().bytes();
    let signs = |bytes: &[u8]| bytes.windows(11).any(|window| window == b"x264 - core");
    let (cleaned, output) = run(&film);
    assert!(cleaned.is_ok() && output.len() == film.len());
    assert!(signs(&film) && !signs(&output));
}
