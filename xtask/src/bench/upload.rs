//! Evidence by resumable upload in pieces of 1 MiB, beside durable copies of the same bytes on the same disk.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use bisik_formats::ids::{Hasher, ReportId};
use bisik_formats::padding::{padded_size, sealed_len};
use bisik_formats::upload::MAX_PIECE;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::agency::{Agency, DESKS, PATH, Reports};
use super::http::Connection;
use super::measure::{Scratch, median, megabytes_a_second, time};
use super::process::Server;
use super::server::{listed, today};
use super::{Amount, Line};
use crate::shell::{Outcome, command, failure, run, target};

/// Figures of one large upload, and of several at the same time.
pub(super) const NAMES: [&str; 4] =
    ["upload_1gib", "upload_1gib_rss", "uploads_8x100mb", "uploads_8x100mb_rss"];

/// Uploads at the same time.
const TOGETHER: u64 = 8;

/// Room that one round takes on the disk: the evidence, its copy, and the upload.
const ROOM: u64 = 4 << 30;

/// Measures both.
pub(super) fn measure(amount: Amount) -> Outcome<Vec<Line>> {
    let scratch = Scratch::make(&target(), ROOM)?;
    let (one, each) = if amount.quick { (128 << 20, 16 << 20) } else { (1 << 30, 100_000_000) };
    let alone = rounds(&scratch, amount, 1, one)?;
    let together = rounds(&scratch, amount, TOGETHER, each)?;
    Ok(vec![
        Line::new("upload_1gib", alone.uploads, "MB/s", "durable copy (cp, sync)", alone.copies),
        Line::new("upload_1gib_rss", alone.memory, "MiB", "limit", 40.0),
        Line::new("uploads_8x100mb", together.uploads, "MB/s", "8 durable copies at once", together.copies),
        Line::new("uploads_8x100mb_rss", together.memory, "MiB", "limit", 40.0),
    ])
}

/// Medians of all rounds.
struct Figures {
    uploads: f64,
    copies: f64,
    memory: f64,
}

/// Uploads and copies in turn, with a new server each time, so that the disk never holds more than one round.
fn rounds(scratch: &Scratch, amount: Amount, count: u64, length: u64) -> Outcome<Figures> {
    let agency = Agency::new(today()?)?;
    let [mut uploads, mut copies, mut memories] = [const { Vec::new() }; 3];
    for round in 0..amount.rounds() as u64 {
        let folder = scratch.file("round");
        let files = (0..count)
            .map(|number| {
                Evidence::make(&agency, &folder.join(number.to_string()), length, round * count + number)
            })
            .collect::<Outcome<Vec<_>>>()?;
        let bytes = files.iter().map(|file| file.length).sum();
        copies.push(megabytes_a_second(bytes, time(|| together(&files, Evidence::copy))?.1));
        let server = Server::start(&folder.join("server"), &agency)?;
        server.publish(&agency)?;
        let took = time(|| together(&files, |file| file.upload(&server)))?.1;
        uploads.push(megabytes_a_second(bytes, took));
        memories.push(server.memory("VmHWM")?);
        let stored = listed(&server, &agency)?;
        if files.iter().any(|file| !stored.contains(&file.id)) {
            return Err(failure("the server does not have what was uploaded"));
        }
        drop(server);
        fs::remove_dir_all(&folder)?;
    }
    Ok(Figures { uploads: median(uploads), copies: median(copies), memory: median(memories) })
}

/// Does something with every file at the same time.
fn together(files: &[Evidence], work: impl Fn(&Evidence) -> Outcome + Sync) -> Outcome {
    let work = &work;
    thread::scope(|scope| {
        let all: Vec<_> = files.iter().map(|file| scope.spawn(move || work(file))).collect();
        all.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| Err(failure("a client panicked"))))
    })
}

/// A file that the server takes for a sealed report with evidence: only its header can be judged without a key.
struct Evidence {
    path: PathBuf,
    length: u64,
    header: Vec<u8>,
    id: ReportId,
}

impl Evidence {
    /// Writes a file with a header that was never used and random bytes behind it.
    fn make(agency: &Agency, path: &Path, length: u64, seed: u64) -> Outcome<Self> {
        let padded = padded_size(length).ok_or_else(|| failure("no such length is taken"))?;
        let length = sealed_len(DESKS.len(), padded);
        let mut reports = agency.reports(seed);
        let header = Reports::header(reports.next())?.to_vec();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let (mut file, mut hasher, mut rng) =
            (File::create(path)?, Hasher::new(), StdRng::seed_from_u64(seed));
        let mut block = vec![0; usize::try_from(MAX_PIECE).map_err(|error| failure(error.to_string()))?];
        let mut left = length;
        while left > 0 {
            rng.fill_bytes(&mut block);
            if left == length {
                block.iter_mut().zip(&header).for_each(|(to, from)| *to = *from);
            }
            let count = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
            let piece = block.get(..count).unwrap_or_default();
            file.write_all(piece)?;
            hasher.update(piece);
            left -= count as u64;
        }
        file.sync_all()?;
        Ok(Self { path: path.to_owned(), length, header, id: hasher.finish().into() })
    }

    /// Copies the file durably with what every system has.
    fn copy(&self) -> Outcome {
        let copy = self.path.with_extension("copy");
        run(command("cp", [&self.path, &copy]).stdout(std::process::Stdio::null()))?;
        run(&mut command("sync", [&copy]))
    }

    /// Uploads the file as every client does: piece after piece, each once the one before is durable.
    fn upload(&self, server: &Server) -> Outcome {
        let mut connection = Connection::open(server.public)?;
        let head = format!(
            "POST /{PATH}/uploads HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Length: {}\r\n{}",
            self.length,
            Reports::proof(&self.header)
        );
        let answer = connection.get(&head)?;
        let address = match (answer.status, answer.header("location")) {
            (201, Some(address)) => address.to_owned(),
            (status, _) => return Err(failure(format!("an upload was refused: {status}"))),
        };
        let (mut file, mut offset) = (File::open(&self.path)?, 0);
        let mut piece = Vec::new();
        while offset < self.length {
            piece.clear();
            let count = (&mut file).take(MAX_PIECE).read_to_end(&mut piece)?;
            let head = format!(
                "PATCH {address} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n\
                 Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n"
            );
            let status = connection.send(&head, &piece)?.status;
            if status != 204 || count == 0 {
                return Err(failure(format!("a piece was refused: {status}")));
            }
            offset += count as u64;
        }
        Ok(())
    }
}
