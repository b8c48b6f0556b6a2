//! Writes the test vectors anew.

use std::collections::BTreeSet;
use std::fs;

use crate::shell::{Outcome, root};

/// Writes every vector file, and removes those that no longer are. A test compares the files with what would be
/// written: this chore is for changes that are meant.
pub(crate) fn chore() -> Outcome {
    let folder = root().join("tests/vectors");
    fs::create_dir_all(&folder)?;
    let files = bisik_tests::vectors::all();
    let names: BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") && !names.contains(name.as_ref()) {
            fs::remove_file(&path)?;
            println!("removed {name}");
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text)?;
        println!("wrote {name}");
    }
    Ok(())
}
