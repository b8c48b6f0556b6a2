//! Everybody at once: senders of text and of evidence, and the courier who brings what desks have made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use bisik_formats::ids::ReportId;
use bisik_formats::routes::Routes;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::agency::{Agency, DESKS, PATH, promise, sealed, text};
use super::http::{Answer, Client};
use super::judge::{Found, report};
use super::ledger::{Finished, Ledger, Upload};
use super::server::Addresses;
use super::stage::Stage;
use super::{below, pause};
use crate::shell::{Outcome, failure};

/// Senders of text reports.
const SENDERS: u64 = 4;

/// Senders of uploads in pieces.
const UPLOADERS: u64 = 2;

/// Padded lengths of what is sent in pieces.
const LENGTHS: [u64; 4] = [1 << 18, 3 << 19, 1 << 20, 3 << 20];

/// The longest piece.
const PIECE: u64 = 1 << 20;

/// How often each status was answered.
pub(super) type Statuses = BTreeMap<(&'static str, u16), u64>;

/// Lets everybody work until `blow` has been struck; returns what they were answered.
pub(super) fn under_load(
    stage: &mut Stage<'_>,
    at: Addresses,
    blow: impl FnOnce(&mut StdRng, &Ledger) -> Outcome,
) -> Outcome<Statuses> {
    let crowd = Crowd {
        agency: &stage.agency,
        ledger: &stage.ledger,
        folder: stage.folder.join("sending"),
        public: at.public,
        courier: at.courier,
        stop: AtomicBool::new(false),
        papers: AtomicU64::new(stage.round.wrapping_mul(8)),
        claimed: Mutex::default(),
        statuses: Mutex::default(),
        wrong: Mutex::default(),
    };
    fs::create_dir_all(&crowd.folder)?;
    let seed = below(u64::MAX, &mut stage.rng);
    let rng = &mut stage.rng;
    thread::scope(|scope| {
        let crowd = &crowd;
        let mut threads = Vec::new();
        for number in 0..SENDERS + UPLOADERS + 1 {
            let mut rng = StdRng::seed_from_u64(seed.wrapping_add(number));
            threads.push(scope.spawn(move || match number {
                0 => crowd.courier(&mut rng),
                number if number <= UPLOADERS => crowd.uploader(&mut rng),
                _ => crowd.sender(&mut rng),
            }));
        }
        let struck = blow(rng, crowd.ledger);
        crowd.stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().map_err(|_| failure("a client panicked"))??;
        }
        struck
    })?;
    let statuses = crowd.statuses.into_inner().unwrap_or_else(PoisonError::into_inner);
    let corrupted = crowd.wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    report(stage, &Found { lost: Vec::new(), corrupted })?;
    Ok(statuses)
}

/// All clients, and what they share.
struct Crowd<'a> {
    agency: &'a Agency,
    ledger: &'a Ledger,
    folder: PathBuf,
    public: SocketAddr,
    courier: SocketAddr,
    stop: AtomicBool,
    /// Numbers of cards and editions; those of earlier rounds are refused, which is an answer as well.
    papers: AtomicU64,
    /// Uploads that somebody has begun or taken over in this round.
    claimed: Mutex<BTreeSet<String>>,
    statuses: Mutex<Statuses>,
    /// Answers that are never right.
    wrong: Mutex<Vec<String>>,
}

impl Crowd<'_> {
    /// Repeats a piece of work until the end, with a new connection after each that breaks.
    fn repeat(
        &self,
        address: SocketAddr,
        mut work: impl FnMut(&mut Client) -> Outcome<io::Result<()>>,
    ) -> Outcome {
        let mut client = None;
        while !self.stop.load(Ordering::Relaxed) {
            let Some(open) = &mut client else {
                client = Client::open(address).ok();
                if client.is_none() {
                    pause(3);
                }
                continue;
            };
            if let Err(error) = work(open)? {
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
                    self.wrong("no answer for a long time".to_owned());
                }
                client = None;
                pause(3);
            }
        }
        Ok(())
    }

    fn wrong(&self, words: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }

    fn note(&self, what: &'static str, answer: &Answer) {
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        let count = statuses.entry((what, answer.status)).or_default();
        *count = count.saturating_add(1);
    }

    /// Sends text reports, and short files now and then.
    fn sender(&self, rng: &mut StdRng) -> Outcome {
        self.repeat(self.public, |client| {
            let is_text = below(5, rng) > 0;
            let sealed = if is_text { text(rng)? } else { sealed(48 << 10, rng)? };
            let headers = format!("content-type: application/octet-stream\r\n{}", promise(&sealed)?);
            let id = ReportId::of(&sealed);
            self.ledger.book().send(id, sealed.clone());
            Ok(client.ask("POST", &format!("/{PATH}/reports"), &headers, &sealed).map(|answer| {
                self.note(if is_text { "text" } else { "file" }, &answer);
                if answer.status == 201 {
                    self.ledger.book().hold(&id.to_string());
                } else {
                    pause(5);
                }
            }))
        })
    }

    /// Goes on with what was begun, or begins something new, piece by piece.
    fn uploader(&self, rng: &mut StdRng) -> Outcome {
        let mut mine: Option<String> = None;
        self.repeat(self.public, |client| {
            if let Some(id) = &mine {
                let sent = self.piece(client, id, rng);
                let done = self.ledger.book().uploads.get(id).is_none_or(|u| u.finished != Finished::No);
                if done || sent.is_err() {
                    mine = None;
                }
                return Ok(sent);
            }
            if let Some(id) = self.take_over() {
                return Ok(self.resume(client, &id).map(|()| mine = Some(id)));
            }
            let begun = self.begin(client, rng)?;
            Ok(begun.map(|begun| mine = begun))
        })
    }

    /// Claims an upload that was broken off in an earlier round.
    fn take_over(&self) -> Option<String> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let book = self.ledger.book();
        let open = book.uploads.iter().filter(|(_, upload)| upload.finished == Finished::No);
        let id = open.map(|(id, _)| id).find(|id| !claimed.contains(*id))?.clone();
        claimed.insert(id.clone());
        Some(id)
    }

    /// Asks where an upload stands.
    fn resume(&self, client: &mut Client, id: &str) -> io::Result<()> {
        let answer = client.ask("HEAD", &format!("/{PATH}/uploads/{id}"), "tus-resumable: 1.0.0\r\n", &[])?;
        self.note("offset", &answer);
        let mut book = self.ledger.book();
        let Some(upload) = book.uploads.get(id) else { return Ok(()) };
        match answer.number("upload-offset") {
            Some(offset) if (upload.offset..=upload.sent).contains(&offset) => book.keep_piece(id, offset),
            Some(offset) => self.wrong(format!("upload {id} stands at {offset}")),
            None => return Err(io::ErrorKind::Other.into()),
        }
        Ok(())
    }

    fn begin(&self, client: &mut Client, rng: &mut StdRng) -> Outcome<io::Result<Option<String>>> {
        let padded = LENGTHS.get(usize::try_from(below(4, rng)).unwrap_or(0)).copied().unwrap_or(1 << 20);
        let sealed = sealed(padded, rng)?;
        let (length, report) = (sealed.len() as u64, ReportId::of(&sealed).to_string());
        let file = self.folder.join(&report);
        fs::write(&file, &sealed)?;
        let headers = format!("tus-resumable: 1.0.0\r\nupload-length: {length}\r\n{}", promise(&sealed)?);
        self.ledger.book().ask_upload();
        let answer = match client.ask("POST", &format!("/{PATH}/uploads"), &headers, &[]) {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        self.note("begin", &answer);
        let id = answer.value("location").and_then(Routes::upload_of);
        let (201, Some(id)) = (answer.status, id) else {
            // After 5xx nobody knows whether it was begun.
            if answer.status < 500 {
                self.ledger.book().refuse_upload();
            }
            pause(5);
            return Ok(Ok(None));
        };
        let upload = Upload { length, offset: 0, sent: 0, file, finished: Finished::No, report };
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_string());
        self.ledger.book().begin_upload(id, upload);
        Ok(Ok(Some(id.to_string())))
    }

    fn piece(&self, client: &mut Client, id: &str, rng: &mut StdRng) -> io::Result<()> {
        let Some(upload) = self.ledger.book().uploads.get(id).cloned() else { return Ok(()) };
        let end = upload.length.min(upload.offset.saturating_add(1 + below(PIECE, rng)));
        let whole = fs::read(&upload.file)?;
        let [from, to] = [upload.offset, end].map(|place| usize::try_from(place).unwrap_or(usize::MAX));
        let headers = format!(
            "tus-resumable: 1.0.0\r\nupload-offset: {from}\r\ncontent-type: application/offset+octet-stream\r\n"
        );
        self.ledger.book().send_piece(id, end);
        let path = format!("/{PATH}/uploads/{id}");
        let answer = client.ask("PATCH", &path, &headers, whole.get(from..to).unwrap_or_default())?;
        self.note("piece", &answer);
        match (answer.status, answer.number("upload-offset")) {
            (204, Some(offset)) if offset == end => self.ledger.book().keep_piece(id, offset),
            (204, offset) => self.wrong(format!("a piece up to {end} is taken up to {offset:?}")),
            // Where it stands is asked after the round.
            _ => return Err(io::ErrorKind::Other.into()),
        }
        Ok(())
    }

    /// Fetches what is new, has the desks acknowledge some of it, and brings papers.
    fn courier(&self, rng: &mut StdRng) -> Outcome {
        let mut seen = BTreeSet::new();
        self.repeat(self.courier, |client| {
            let ids = match self.pull(client, &mut seen, rng) {
                Ok(ids) => ids,
                Err(error) => return Ok(Err(error)),
            };
            for desk in 0..DESKS.len() {
                let some: Vec<ReportId> = ids.iter().filter(|_| below(4, rng) > 0).copied().collect();
                if some.is_empty() {
                    continue;
                }
                let note = self.agency.acknowledgement(desk, &some)?;
                self.ledger.book().acknowledge(desk, &some, false);
                let path = format!("/{PATH}/acknowledgements");
                match self.bring(client, "POST", &path, &note) {
                    Ok(204) => self.ledger.book().acknowledge(desk, &some, true),
                    Ok(_) => {}
                    Err(error) => return Ok(Err(error)),
                }
            }
            let brought = self.papers(client, rng)?;
            pause(5 + below(20, rng));
            Ok(brought)
        })
    }

    /// Fetches what is listed; returns ids whose bytes are right.
    fn pull(
        &self,
        client: &mut Client,
        seen: &mut BTreeSet<ReportId>,
        rng: &mut StdRng,
    ) -> io::Result<Vec<ReportId>> {
        let authorization = self.agency.authorization();
        let list = client.ask("GET", &format!("/{PATH}/reports"), &authorization, &[])?;
        self.note("list", &list);
        let text = String::from_utf8_lossy(&list.body).into_owned();
        let ids = text.lines().filter_map(|line| line.split(' ').next()?.parse::<ReportId>().ok());
        let mut pulled = Vec::new();
        for id in ids.take(64) {
            if seen.insert(id) {
                let report = client.ask("GET", &format!("/{PATH}/reports/{id}"), &authorization, &[])?;
                self.note("report", &report);
                if report.status == 200 && ReportId::of(&report.body) != id {
                    self.wrong(format!("report {id} has other bytes"));
                }
            }
            // Some wait for another time.
            if below(3, rng) > 0 {
                pulled.push(id);
            }
        }
        Ok(pulled)
    }

    fn papers(&self, client: &mut Client, rng: &mut StdRng) -> Outcome<io::Result<()>> {
        let number = u32::try_from(self.papers.fetch_add(1, Ordering::Relaxed)).unwrap_or(u32::MAX);
        if below(4, rng) == 0 {
            let bundle = self.agency.bundle(number.saturating_add(2))?;
            self.ledger.book().card(&bundle, None);
            let status = match self.bring(client, "PUT", &format!("/{PATH}/card"), &bundle) {
                Ok(status) => status,
                Err(error) => return Ok(Err(error)),
            };
            self.ledger.book().card(&bundle, Some(status));
            return Ok(Ok(()));
        }
        let desk = usize::try_from(below(2, rng)).unwrap_or_default();
        // Under the first card, which every server has seen.
        let Some(edition) = self.agency.edition(desk, number.saturating_add(1), 1)? else {
            return Ok(Ok(()));
        };
        self.ledger.book().edition(desk, &edition, None);
        let path = format!("/{PATH}/editions/{}", DESKS.get(desk).copied().unwrap_or_default());
        Ok(self.bring(client, "POST", &path, &edition.framed).map(|status| {
            self.ledger.book().edition(desk, &edition, Some(status));
        }))
    }

    fn bring(&self, client: &mut Client, method: &str, path: &str, body: &[u8]) -> io::Result<u16> {
        let authorization = self.agency.authorization();
        let headers = format!("{authorization}content-type: application/octet-stream\r\n");
        let answer = client.ask(method, path, &headers, body)?;
        self.note("courier", &answer);
        Ok(answer.status)
    }
}
