//! Looks for planted markers in all their spellings: in files, names, whole disks and the memory of processes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The fewest bytes of a marker: shorter ones are found by chance.
const LEAST: usize = 8;

/// Bytes looked at together.
const PART: usize = 4 << 20;

/// What must not be found.
#[derive(Default)]
pub struct Markers {
    names: Vec<String>,
    bytes: Vec<Vec<u8>>,
    by_start: BTreeMap<[u8; LEAST], Vec<usize>>,
    starts: Vec<bool>,
}

impl Markers {
    /// Adds a text: as it is, in both cases, as UTF-16, hexadecimal and Base64.
    pub fn text(&mut self, name: &str, text: &str) {
        self.add(name, "in lower case", text.to_lowercase().into_bytes());
        self.add(name, "in upper case", text.to_uppercase().into_bytes());
        self.add(name, "as UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        self.bytes(name, text.as_bytes());
    }

    /// Adds bytes: as they are, hexadecimal in both cases, and Base64 wherever they begin.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, "as it is", bytes.to_vec());
        let hex = base16ct::lower::encode_string(bytes);
        self.add(name, "in upper-case hex", hex.to_uppercase().into_bytes());
        self.add(name, "in hex", hex.into_bytes());
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            for before in 0..3 {
                let text = engine.encode([&vec![0; before], bytes].concat());
                // The first and the last symbol hold bits of what stands beside.
                let start = (before * 8).div_ceil(6);
                self.add(name, "in Base64", text.as_bytes()[start..text.len() - 1].to_vec());
            }
        }
    }

    /// Adds one spelling; shorter ones than can be told from chance are left out.
    pub fn add(&mut self, name: &str, spelling: &str, bytes: Vec<u8>) {
        let Some(start) = bytes.first_chunk::<LEAST>() else { return };
        if self.bytes.contains(&bytes) {
            return;
        }
        self.starts.resize(1 << 16, false);
        self.starts[usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))] = true;
        self.by_start.entry(*start).or_default().push(self.bytes.len());
        self.names.push(format!("{name} {spelling}"));
        self.bytes.push(bytes);
    }

    /// Adds all markers of another set.
    pub fn absorb(&mut self, other: Self) {
        for (name, bytes) in other.names.iter().zip(other.bytes) {
            self.add(name, "", bytes);
        }
    }

    /// Tells how many spellings there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Tells whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns where bytes hold a marker, and its name.
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= LEAST) {
            // Most of a disk and of a memory is empty, and no marker has so many zeros.
            if rest.starts_with(&[0; 256]) {
                at += 255;
                continue;
            }
            let start = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
            if self.starts.get(start).is_some_and(|starts| *starts) {
                let numbers = rest.first_chunk::<LEAST>().and_then(|start| self.by_start.get(start));
                let numbers =
                    numbers.into_iter().flatten().filter(|number| rest.starts_with(&self.bytes[**number]));
                found.extend(numbers.map(|number| (at, self.names[*number].as_str())));
            }
            at += 1;
        }
        found
    }

    /// Returns the places in a file, or in a range of it, that hold a marker.
    pub fn in_file(&self, path: &Path, start: u64, end: u64) -> Vec<String> {
        let file = File::open(path).unwrap();
        let longest = self.bytes.iter().map(Vec::len).max().unwrap_or_default();
        let mut found = Vec::new();
        let mut part = vec![0; PART + longest];
        let mut at = start;
        while at < end {
            let most = usize::try_from(end - at).map_or(part.len(), |left| left.min(part.len()));
            // A page of memory that cannot be read is the kernel's own.
            let count = file.read_at(&mut part[..most], at).unwrap_or(0);
            let hits = self.in_bytes(&part[..count]).into_iter().filter(|(offset, _)| *offset < PART);
            found.extend(hits.map(|(offset, name)| format!("{name} at {:#x}", at + offset as u64)));
            at += match count {
                0 => 4096,
                count => count.min(PART) as u64,
            };
        }
        found
    }

    /// Returns what holds a marker below a folder: content, names and extended attributes of files.
    pub fn in_folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let shown = path.display();
            let name = path.file_name().unwrap().as_encoded_bytes();
            found.extend(self.in_bytes(name).iter().map(|(_, name)| format!("the name {shown}: {name}")));
            found.extend(self.in_attributes(&path));
            if path.is_dir() {
                found.extend(self.in_folder(&path));
            } else if path.is_file() {
                let places = self.in_file(&path, 0, fs::metadata(&path).unwrap().len());
                found.extend(places.iter().map(|place| format!("{shown}: {place}")));
            }
        }
        found
    }

    fn in_attributes(&self, path: &Path) -> Vec<String> {
        let (mut names, mut value) = ([0; 4096], [0; 4096]);
        let count = rustix::fs::llistxattr(path, &mut names[..]).unwrap_or(0);
        let mut found = Vec::new();
        for name in names[..count].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let count = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap_or(0);
            let all = [name, b"=", &value[..count]].concat();
            found.extend(
                self.in_bytes(&all)
                    .iter()
                    .map(|(_, name)| format!("an attribute of {}: {name}", path.display())),
            );
        }
        found
    }

    /// Returns the places in the memory of a process that hold a marker, with command line and environment.
    ///
    /// The process goes on meanwhile: what moves may be missed, so ask again. Needs root for other users' processes and
    /// for those that forbid it.
    pub fn in_memory(&self, pid: u32) -> Vec<String> {
        let process = Path::new("/proc").join(pid.to_string());
        let mut found = Vec::new();
        for name in ["cmdline", "environ"] {
            let bytes = fs::read(process.join(name)).unwrap();
            found.extend(self.in_bytes(&bytes).iter().map(|(_, marker)| format!("{name}: {marker}")));
        }
        for line in fs::read_to_string(process.join("maps")).unwrap().lines() {
            let (range, rest) = line.split_once(' ').unwrap();
            let (start, end) = range.split_once('-').unwrap();
            let address = |text: &str| u64::from_str_radix(text, 16).unwrap();
            // What cannot be written holds what the program file holds.
            if rest.starts_with("rw") {
                let name = rest.split_whitespace().nth(4).unwrap_or("unnamed memory");
                let places = self.in_file(&process.join("mem"), address(start), address(end));
                found.extend(places.iter().map(|place| format!("{name} {range}: {place}")));
            }
        }
        found
    }
}
