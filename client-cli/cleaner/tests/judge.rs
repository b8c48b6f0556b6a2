//! The judge of the corpus: Debian's exiftool, ffmpeg, ImageMagick and poppler look at what came out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "each test file uses its part")]
mod samples;

use std::fs;
use std::io::Cursor;
use std::process::Command;

use bisik_cleaner::{CleanError, clean};
use samples::{all, folder};
use serde_json::{Value, json};

#[test]
fn stock_tools_find_only_what_may_stay() {
    let scratch = tempfile::tempdir().unwrap();
    let results: Vec<Value> = all()
        .iter()
        .enumerate()
        .map(|(number, sample)| {
            let mut output = Vec::new();
            match clean(&mut Cursor::new(sample.bytes()), &mut output) {
                Ok(cleaned) => {
                    let name = format!("{number:03}.{}", cleaned.extension);
                    fs::write(scratch.path().join(&name), output).unwrap();
                    let outcome = if cleaned.changed { "cleaned" } else { "untouched" };
                    let traces: Vec<&str> = cleaned.traces.iter().map(|trace| trace.as_str()).collect();
                    json!({"file": sample.file, "outcome": outcome, "extension": cleaned.extension, "traces": traces,
                           "output": name})
                }
                Err(CleanError::Refused(refusal)) => {
                    json!({"file": sample.file, "outcome": "refused", "reason": refusal.reason.as_str(),
                           "extension": refusal.extension, "traces": []})
                }
                Err(error) => panic!("{}: {error}", sample.file),
            }
        })
        .collect();
    fs::write(scratch.path().join("results.json"), serde_json::to_vec(&results).unwrap()).unwrap();
    let judge = folder().join("judge.py");
    let output =
        Command::new("python3").arg("-B").arg(judge).arg("results").arg(scratch.path()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
