//! What lies on the disk of a seized machine: no order of arrival, nothing of what was deleted.
//!
//! The data folder is on an ext4 of its own in a file, so that the whole disk can be searched. Needs root.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[path = "support/image.rs"]
mod image;
#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use bisik_formats::ids::ReportId;
use image::{Disk, run};
use process::{Courier, Http, Process, Upload, configure, number, world};
use rustix::process::Signal;

/// Uploads of each kind: with so many, a random order is above the bound once in 50,000 times.
const EACH: usize = 300;

/// Spearman's rho that tells an order.
const BOUND: f64 = 0.25;

/// Bytes of a report by which it is found: the filling of each is its own block of 64 bytes, repeated.
const BLOCK: usize = 64;

/// As many zeros stand in nothing that is searched for.
const EMPTY: [u8; 512] = [0; 512];

/// Where each of some wanted byte strings is found in a file, by the number of the string.
fn find(path: &Path, wanted: &[Vec<u8>]) -> Vec<Vec<u64>> {
    const WINDOW: usize = 8;
    let mut first = vec![false; 1 << 16];
    let mut by_start: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (number, bytes) in wanted.iter().enumerate() {
        first[usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]))] = true;
        by_start.entry(&bytes[..WINDOW]).or_default().push(number);
    }
    let mut whole = Vec::new();
    File::open(path).unwrap().read_to_end(&mut whole).unwrap();
    let mut found = vec![Vec::new(); wanted.len()];
    let mut at = 0;
    while let Some(pair) = whole.get(at..at + 2) {
        // Most of a disk is empty, and nothing wanted has so many zeros.
        if whole.get(at..at + EMPTY.len()).is_some_and(|some| some == EMPTY) {
            at += EMPTY.len() - 1;
            continue;
        }
        at += 1;
        if !first[usize::from(u16::from_ne_bytes([pair[0], pair[1]]))] {
            continue;
        }
        let rest = &whole[at - 1..];
        for number in rest.get(..WINDOW).and_then(|start| by_start.get(start)).into_iter().flatten() {
            if rest.starts_with(&wanted[*number]) {
                found[*number].push(at as u64 - 1);
            }
        }
    }
    found
}

/// Returns the ranks of values, equal ones sharing theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|at| values[**at] == values[order[start]]).count();
        for at in &order[start..start + same] {
            ranks[*at] = start as f64 + (same as f64 - 1.0) / 2.0;
        }
        start += same;
    }
    ranks
}

/// Spearman's rho between the order of arrival and something seen; 0 when it is the same for all.
fn rho(seen: &[f64]) -> f64 {
    let (ranks, count) = (ranks(seen), seen.len() as f64);
    let middle = (count - 1.0) / 2.0;
    let (mut both, mut square, mut arrival) = (0.0, 0.0, 0.0);
    for (order, rank) in ranks.iter().enumerate() {
        both += (rank - middle) * (order as f64 - middle);
        square += (rank - middle).powi(2);
        arrival += (order as f64 - middle).powi(2);
    }
    if square == 0.0 { 0.0 } else { both / (square * arrival).sqrt() }
}

#[test]
fn the_search_and_the_measure_find_what_is_planted() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("image");
    fs::write(&path, [vec![0; 5000], b"a planted marker".to_vec(), vec![7; 100]].concat()).unwrap();
    let found = find(&path, &[b"a planted marker".to_vec(), b"another one here".to_vec()]);
    assert_eq!(found, [vec![5000], vec![]]);
    let rising: Vec<f64> = (0..300).map(f64::from).collect();
    let falling: Vec<f64> = rising.iter().map(|value| -value).collect();
    assert!(rho(&rising) > 0.999 && rho(&falling) < -0.999);
    assert_eq!(rho(&[1.0; 300]), 0.0);
    let days: Vec<f64> = rising.iter().map(|value| (value / 100.0).floor()).collect();
    assert!(rho(&days) > 0.9);
}

/// The reports of a test, in the order in which they arrived.
struct Arrived {
    text: bool,
    id: ReportId,
    sealed: Vec<u8>,
}

impl Arrived {
    fn block(&self) -> Vec<u8> {
        self.sealed[self.sealed.len() - BLOCK..].to_vec()
    }
}

/// Returns the regular files below a folder, as the folders list them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn maintain(config: &Path) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_bisik-server"));
    let done = server.arg("maintain").arg("--config").arg(config).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn stop(server: Process) {
    server.signal(Signal::TERM);
    assert!(server.end().0.success());
}

/// Names what tells the order of arrival, with rho.
fn telling(disk: &Disk, arrived: &[Arrived]) -> Vec<(String, f64)> {
    let data = disk.path().join("data");
    run("sync", &[]);
    let mut all = Vec::new();
    for text in [true, false] {
        let kind = if text { "text" } else { "evidence" };
        let some: Vec<&Arrived> = arrived.iter().filter(|arrived| arrived.text == text).collect();
        let blocks: Vec<Vec<u8>> = some.iter().map(|arrived| arrived.block()).collect();
        let ids: Vec<Vec<u8>> = some.iter().map(|arrived| arrived.id.as_bytes().to_vec()).collect();
        // What is in the write-ahead log only has no place in the database yet.
        let place = |at: Option<&u64>| at.map_or(0.0, |at| *at as f64);
        let first = |found: Vec<Vec<u64>>| found.iter().map(|at| place(at.first())).collect::<Vec<_>>();
        let last = |found: Vec<Vec<u64>>| found.iter().map(|at| place(at.last())).collect::<Vec<_>>();
        let mut add = |what: &str, seen: Vec<f64>| all.push((format!("{what} of {kind}"), rho(&seen)));
        add("byte offset on the disk", first(find(&disk.image(), &blocks)));
        add("byte offset of the row", first(find(&data.join("bisik.sqlite"), &ids)));
        add("byte offset of the index", last(find(&data.join("bisik.sqlite"), &ids)));
        if text {
            add("byte offset in the database", first(find(&data.join("bisik.sqlite"), &blocks)));
            continue;
        }
        let listed = files(&data.join("reports"));
        let by_id: HashMap<ReportId, usize> = listed
            .iter()
            .enumerate()
            .map(|(at, path)| (ReportId::of(&fs::read(path).unwrap()), at))
            .collect();
        let places: Vec<usize> = some.iter().map(|arrived| by_id[&arrived.id]).collect();
        let mut about = |what: &str, value: &dyn Fn(&Path) -> f64| {
            add(what, places.iter().map(|at| value(&listed[*at])).collect());
        };
        let metadata = |path: &Path| fs::metadata(path).unwrap();
        let since = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        about("name", &|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            u64::from_str_radix(name, 16).unwrap() as f64
        });
        about("inode", &|path| metadata(path).ino() as f64);
        about("birth time", &|path| since(metadata(path).created().unwrap()));
        about("change time", &|path| {
            metadata(path).ctime() as f64 + metadata(path).ctime_nsec() as f64 / 1e9
        });
        about("modification time", &|path| since(metadata(path).modified().unwrap()));
        about("modification time of the folder", &|path| {
            since(metadata(path.parent().unwrap()).modified().unwrap())
        });
        about("inode of the folder", &|path| metadata(path.parent().unwrap()).ino() as f64);
        add("directory order", places.iter().map(|at| *at as f64).collect());
    }
    all
}

fn beyond(all: &[(String, f64)]) -> Vec<String> {
    let beyond = all.iter().filter(|(_, rho)| rho.abs() >= BOUND);
    beyond.map(|(what, rho)| format!("{what} ({rho:.2})")).collect()
}

#[test]
fn after_the_maintenance_nothing_tells_the_order_and_nothing_deleted_is_left() {
    let Some(mut disk) = Disk::new("mkfs.ext4", 160) else {
        eprintln!(
            "SKIPPED after_the_maintenance_nothing_tells_the_order_and_nothing_deleted_is_left: needs root"
        );
        return;
    };
    let mut world = world(7);
    let config =
        configure(&disk.path(), &world, "off", "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 4");
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let mut arrived = Vec::new();
    let mut http = Http::connect(server.public);
    for number in 0..2 * EACH {
        let text = number % 2 == 0;
        let sealed = if text { world.text() } else { world.sealed(2, 48 << 10) };
        assert_eq!(http.post(&sealed), Some(201));
        arrived.push(Arrived { text, id: ReportId::of(&sealed), sealed });
    }
    // One upload is given up on the way.
    let given_up = world.sealed(2, 3 << 20);
    let upload = Upload::begin(server.public, &given_up).unwrap();
    assert_eq!(upload.piece(&mut http, 0, 1 << 20), Some(204));
    let end = format!("DELETE {} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\r\n", upload.address);
    http.write(end.as_bytes());
    assert_eq!(http.read().unwrap().status, 204);
    drop(http);

    // Without the maintenance the order is plain to see: the measure measures something.
    let before = telling(&disk, &arrived);
    assert!(beyond(&before).len() >= 4, "{before:?}");
    stop(server);
    maintain(&config);
    let after = telling(&disk, &arrived);
    eprintln!(
        "order at rest, |rho| at most: {:.3}",
        after.iter().map(|(_, rho)| rho.abs()).fold(0.0, f64::max)
    );
    assert_eq!(beyond(&after), Vec::<String>::new());

    // The last of each kind stays: what is there is found.
    let server = Process::start(&config);
    let courier = Courier::connect(&server, &world);
    let (deleted, kept) = arrived.split_at(2 * EACH - 2);
    let ids: Vec<ReportId> = deleted.iter().map(|arrived| arrived.id).collect();
    for desk in 0..world.desks.len() {
        assert_eq!(courier.send("POST", "/contoh/acknowledgements", &world.acknowledgement(desk, &ids)), 204);
    }
    assert_eq!(courier.list().len(), kept.len());
    stop(server);
    maintain(&config);
    disk.unmount();
    let mut canaries: Vec<Vec<u8>> = deleted.iter().map(Arrived::block).collect();
    canaries.push(given_up[(1 << 20) - BLOCK..1 << 20].to_vec());
    canaries.extend(ids.iter().map(|id| id.as_bytes().to_vec()));
    let left = find(&disk.image(), &canaries);
    let traces: Vec<(usize, &Vec<u64>)> = left.iter().enumerate().filter(|(_, at)| !at.is_empty()).collect();
    eprintln!("{} deleted canaries, {} with traces on the disk", canaries.len(), traces.len());
    let some: Vec<_> = traces.iter().take(5).map(|(number, at)| (*number, at.len(), at.first())).collect();
    assert!(traces.is_empty(), "{} of {}: {some:?}", traces.len(), canaries.len());
    let there = find(&disk.image(), &kept.iter().map(Arrived::block).collect::<Vec<_>>());
    assert!(there.iter().all(|at| !at.is_empty()));
}
