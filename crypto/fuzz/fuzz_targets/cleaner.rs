#![no_main]

use std::io::Cursor;

use bisik_cleaner::{CleanError, clean, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut output = Vec::new();
    match clean(&mut Cursor::new(data), &mut output) {
        Ok(cleaned) => {
            assert_eq!(cleaned.len, output.len() as u64);
            assert_eq!(cleaned.changed, output != data);
            // What says that it is clean passes the second pass, and has nothing left to clean.
            verify(&mut Cursor::new(&output)).expect("clean");
            let mut again = Vec::new();
            let second = clean(&mut Cursor::new(&output), &mut again).expect("clean again");
            assert_eq!(second.extension, cleaned.extension);
            assert!(!second.changed && second.traces.is_empty() && again == output);
        }
        Err(CleanError::Refused(_)) => assert!(output.is_empty()),
        Err(error) => panic!("{error}"),
    }
});
