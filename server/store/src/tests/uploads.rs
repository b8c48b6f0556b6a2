//! Resumable uploads: pieces, breaks, crashes in between, expiry.

use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, channel, sync_channel};

use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::upload::UploadId;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::Connection;

use crate::{
    Accepted, Class, LocalStore, NewUpload, Period, Reconciled, Resumed, Settings, Store, StoreError,
    UploadState,
};

use super::*;

const PIECE: usize = 40_000;

fn expires() -> Day {
    today().plus(7)
}

impl Fixture {
    fn begin(&self, sealed: &[u8]) -> Result<UploadId, StoreError> {
        let (length, header) = (sealed.len() as u64, Digest::of(&sealed[..100]));
        self.store.create_upload(&NewUpload { agency: self.agency, length, header, expires: expires() })
    }

    fn state(&self, id: &UploadId) -> Option<UploadState> {
        self.store.upload(self.agency, id, today()).unwrap()
    }

    fn offset(&self, id: &UploadId) -> usize {
        usize::try_from(self.state(id).unwrap().offset).unwrap()
    }

    fn resume(&self, id: &UploadId) -> Option<Box<dyn Resumed>> {
        self.store.resume_upload(self.agency, id, today()).unwrap()
    }

    /// Takes hold of an upload and writes the bytes up to `end` to it.
    fn written(&self, id: &UploadId, sealed: &[u8], end: usize) -> Box<dyn Resumed> {
        let mut resumed = self.resume(id).unwrap();
        let from = usize::try_from(resumed.offset()).unwrap();
        for piece in sealed[from..end].chunks(PIECE / 3) {
            resumed.write(piece).unwrap();
        }
        resumed
    }

    fn keep(&self, id: &UploadId, sealed: &[u8], end: usize) {
        assert_eq!(self.written(id, sealed, end).keep().unwrap(), end as u64);
    }

    fn finish(&self, id: &UploadId, sealed: &[u8]) -> Result<Accepted, StoreError> {
        finish(self.written(id, sealed, sealed.len())).recv().unwrap()
    }
}

fn finish(resumed: Box<dyn Resumed>) -> Receiver<Result<Accepted, StoreError>> {
    let (tell, told) = channel();
    resumed.finish(today(), Period::AT_ONCE, Box::new(move |result| tell.send(result).unwrap()));
    told
}

#[test]
fn pieces_become_a_report_and_the_end_is_remembered() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(200_000);
    let id = fixture.begin(&sealed).unwrap();
    let expected = UploadState { length: 200_000, offset: 0, expires: expires() };
    assert_eq!(fixture.state(&id), Some(expected));
    for end in (PIECE..200_000).step_by(PIECE) {
        fixture.keep(&id, &sealed, end);
        assert_eq!(fixture.offset(&id), end);
        assert_eq!(fixture.ids(), []);
    }
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    for _ in 0..2 {
        assert_eq!(fixture.state(&id), Some(UploadState { offset: 200_000, ..expected }));
        assert!(fixture.resume(&id).is_none());
        assert_eq!(fixture.read(&ReportId::of(&sealed)).unwrap(), sealed);
        assert_eq!(fixture.stored_files("uploads").len(), 0);
        assert_eq!(fixture.store.usage(fixture.agency, today().plus(1)).unwrap().bytes, 200_000);
        fixture = fixture.reopen();
    }
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
    assert_eq!(fixture.store.upload(fixture.agency, &id, expires()).unwrap(), None);
    // Once its time is over nothing is known about it, and the report stays.
    let mut plan = fixture.plan(today(), &[desk("a")]);
    plan.today = expires();
    assert_eq!(fixture.store.maintain(&plan).unwrap().uploads, 0);
    assert_eq!(fixture.state(&id), None);
    assert_eq!(fixture.ids(), [ReportId::of(&sealed)]);
}

#[test]
fn what_was_kept_is_there_after_a_break_and_after_a_start() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(150_000);
    let id = fixture.begin(&sealed).unwrap();
    fixture.keep(&id, &sealed, 50_000);
    // Let go without a word: as before.
    drop(fixture.written(&id, &sealed, 90_000));
    assert_eq!(fixture.offset(&id), 50_000);
    fixture.keep(&id, &sealed, 70_000);
    fixture = fixture.reopen();
    assert_eq!(fixture.offset(&id), 70_000);
    assert_eq!(fixture.resume(&id).unwrap().first(100).unwrap(), &sealed[..100]);
    // The hash of what came before the start is made from the file.
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    assert_eq!(fixture.ids(), [ReportId::of(&sealed)]);
    // The same report once more, as another upload and in one piece.
    let again = fixture.begin(&sealed).unwrap();
    assert_eq!(fixture.finish(&again, &sealed).unwrap(), Accepted::AlreadyStored);
    assert_eq!(fixture.large(&sealed).unwrap(), Accepted::AlreadyStored);
    assert_eq!(fixture.offset(&again), 150_000);
    assert_eq!(fixture.stored_files("reports").len(), 1);
    assert_eq!(fixture.read(&ReportId::of(&sealed)).unwrap(), sealed);
}

#[test]
fn one_writes_at_a_time_and_only_what_fits() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(3 << 20);
    let id = fixture.begin(&sealed).unwrap();
    let mut first = fixture.resume(&id).unwrap();
    let second = fixture.store.resume_upload(fixture.agency, &id, today());
    assert!(matches!(second, Err(StoreError::Locked)));
    first.write(&sealed[..1 << 20]).unwrap();
    assert!(matches!(first.write(&[0]), Err(StoreError::Length)));
    assert_eq!(first.keep().unwrap(), 1 << 20);
    fixture.keep(&id, &sealed, 2 << 20);
    let mut last = fixture.written(&id, &sealed, 3 << 20);
    assert!(matches!(last.write(&[0]), Err(StoreError::Length)));
    // The piece that completes an upload is stored with it or not at all.
    assert_eq!(last.keep().unwrap(), 2 << 20);
    assert_eq!(fixture.offset(&id), 2 << 20);
    let unfinished = fixture.written(&id, &sealed, (3 << 20) - 1);
    assert!(matches!(finish(unfinished).recv().unwrap(), Err(StoreError::Length)));
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    let other = fixture.store.register(&agency_id('4'), QUOTA).unwrap();
    assert_eq!(fixture.store.upload(other, &id, today()).unwrap(), None);
}

#[test]
fn an_ended_upload_leaves_nothing() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(9_000_000);
    let id = fixture.begin(&sealed).unwrap();
    assert!(matches!(fixture.begin(&sealed), Err(StoreError::QuotaFull)));
    // Text has its room also while large uploads are open.
    assert!(fixture.store.admit(fixture.agency, 900_000, Class::Text).is_ok());
    fixture.keep(&id, &sealed, PIECE);
    fixture.resume(&id).unwrap().end().unwrap();
    assert_eq!(fixture.state(&id), None);
    assert!(fixture.resume(&id).is_none());
    let id = fixture.begin(&sealed).unwrap();
    let writing = fixture.resume(&id);
    let ended = || fixture.store.end_upload(fixture.agency, &id, today());
    assert!(matches!(ended(), Err(StoreError::Locked)));
    drop(writing);
    assert!(ended().unwrap() && !ended().unwrap());
    assert_eq!(fixture.stored_files("uploads").len(), 0);
    let id = fixture.begin(&sealed).unwrap();
    let fixture = fixture.reopen();
    // The room is set aside again after a start.
    assert!(matches!(fixture.begin(&sealed), Err(StoreError::QuotaFull)));
    let hold = fixture.resume(&id).unwrap();
    assert_eq!(fixture.store.expire_uploads(expires()).unwrap(), 0);
    drop(hold);
    assert_eq!(fixture.store.expire_uploads(expires().plus(-1)).unwrap(), 0);
    assert_eq!(fixture.store.expire_uploads(expires()).unwrap(), 1);
    assert_eq!(fixture.stored_files("uploads").len(), 0);
    assert!(fixture.begin(&sealed).is_ok());
}

#[test]
fn few_uploads_are_open_at_once() {
    let folder = TempDir::new().unwrap();
    let settings = Settings { uploads: 4, ..Settings::new(folder.path()) };
    let store = LocalStore::open(settings, StdRng::seed_from_u64(7)).unwrap();
    let agency = store.register(&agency_id('3'), QUOTA).unwrap();
    let fixture = Fixture { store: Arc::new(store), agency, rng: StdRng::seed_from_u64(1), folder };
    let sealed: Vec<_> = (0..9).map(|number| vec![number; 1000]).collect();
    let known = |ids: &[UploadId]| ids.iter().map(|id| fixture.state(id).is_some()).collect::<Vec<_>>();
    let mut ids: Vec<_> = sealed[..4].iter().map(|sealed| fixture.begin(sealed).unwrap()).collect();
    fixture.keep(&ids[0], &sealed[0], 500);
    fixture.keep(&ids[1], &sealed[1], 400);
    fixture.keep(&ids[2], &sealed[2], 100);
    // Of the older half the one of which least has come: who has just begun and sent nothing is spared.
    ids.push(fixture.begin(&sealed[4]).unwrap());
    assert_eq!(known(&ids), [true, false, true, true, true]);
    ids.push(fixture.begin(&sealed[5]).unwrap());
    assert_eq!(known(&ids), [true, false, false, true, true, true]);
    // Nobody gives way while somebody is writing to it, not even the least.
    let writing = fixture.resume(&ids[3]).unwrap();
    ids.push(fixture.begin(&sealed[6]).unwrap());
    assert_eq!(known(&ids), [false, false, false, true, true, true, true]);
    let all: Vec<_> = ids[4..].iter().map(|id| fixture.resume(id).unwrap()).collect();
    let refused = fixture.begin(&sealed[7]);
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?} {:?}", known(&ids));
    drop((writing, all));
    assert_eq!(fixture.finish(&ids[4], &sealed[4]).unwrap(), Accepted::New);
    assert!(fixture.begin(&sealed[8]).is_ok());
    assert_eq!(known(&ids[3..]), [true, true, true, true]);
}

#[test]
fn who_sends_nothing_takes_no_room_from_others() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(4_600_000);
    // Three that would more than fill the quota, if it were given away for nothing.
    let ids: Vec<_> = (0..3).map(|_| fixture.begin(&sealed).unwrap()).collect();
    fixture.keep(&ids[0], &sealed, 700_000);
    drop(fixture.resume(&ids[0]).unwrap());
    let next = fixture.store.resume_upload(fixture.agency, &ids[1], today());
    assert!(next.is_ok());
    assert!(matches!(fixture.begin(&sealed), Err(StoreError::QuotaFull)));
    assert_eq!(fixture.store.drop_silent_uploads().unwrap(), 0);
    drop(next);
    assert_eq!(fixture.store.drop_silent_uploads().unwrap(), 2);
    assert_eq!(ids.iter().filter(|id| fixture.state(id).is_some()).count(), 1);
    for end in [1_700_000, 2_700_000, 3_700_000] {
        fixture.keep(&ids[0], &sealed, end);
    }
    // What was promised is kept, also when others come in between.
    assert!(matches!(fixture.begin(&sealed), Err(StoreError::QuotaFull)));
    assert_eq!(fixture.finish(&ids[0], &sealed).unwrap(), Accepted::New);
}

#[test]
fn an_upload_without_room_waits_where_it_is() {
    let mut fixture = Fixture::new();
    let (sealed, other) = (fixture.bytes(8_000_000), fixture.bytes(4_000_000));
    let id = fixture.begin(&sealed).unwrap();
    fixture.keep(&id, &sealed, 100_000);
    let stored = fixture.large(&other);
    assert_eq!(stored.unwrap(), Accepted::New);
    let mut reached = 100_000;
    let refused = loop {
        match fixture.store.resume_upload(fixture.agency, &id, today()) {
            Ok(resumed) => drop(resumed),
            Err(error) => break error,
        }
        reached += 1_000_000;
        fixture.keep(&id, &sealed, reached);
    };
    assert!(matches!(refused, StoreError::QuotaFull));
    assert_eq!(fixture.offset(&id), reached);
    // Once there is room it goes on.
    let ids = [ReportId::of(&other)];
    let desks = [desk("a")];
    assert_eq!(fixture.store.acknowledge(fixture.agency, &desks[0], &ids, &desks, today()).unwrap(), 1);
    while reached + 1_000_000 < sealed.len() {
        reached += 1_000_000;
        fixture.keep(&id, &sealed, reached);
    }
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
}

/// Returns the file of the only upload, and the place that the report will have.
fn places(fixture: &Fixture) -> (std::path::PathBuf, std::path::PathBuf) {
    let upload = fixture.stored_files("uploads").pop().unwrap();
    let name = upload.file_name().unwrap().to_str().unwrap().to_owned();
    let report =
        fixture.folder.path().join("reports").join(format!("0{}", name.get(15..).unwrap())).join(name);
    (upload, report)
}

#[test]
fn a_crash_on_the_way_to_the_report_loses_nothing() {
    let length = (1 << 20) + 300_000;
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(length);
    let id = fixture.begin(&sealed).unwrap();
    fixture.keep(&id, &sealed, 1 << 20);
    // The whole file has lost its slots, and stands still or already in the other folder.
    for moved in [false, true] {
        let (upload, report) = places(&fixture);
        fs::write(&upload, &sealed).unwrap();
        if moved {
            fs::create_dir_all(report.parent().unwrap()).unwrap();
            fs::rename(&upload, &report).unwrap();
        }
        fixture = fixture.reopen();
        assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
        assert_eq!(fixture.offset(&id), length - 1);
        assert!(upload.is_file() && !report.is_file());
    }
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    assert_eq!(fixture.read(&ReportId::of(&sealed)).unwrap(), sealed);
}

#[test]
fn files_without_rows_and_rows_without_files_are_found() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(100_000);
    let id = fixture.begin(&sealed).unwrap();
    let (upload, _) = places(&fixture);
    let foreign = fixture.folder.path().join("uploads/0b/00000000000000ab");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, b"its row was never written").unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 1, missing: 0 });
    fixture.store.wiper.wait();
    assert!(!foreign.exists() && fixture.state(&id).is_some());
    fs::remove_file(&upload).unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 0, missing: 1 });
    assert_eq!(fixture.state(&id), None);
    assert_eq!(fixture.store.expire_uploads(expires()).unwrap(), 1);
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
}

#[test]
fn a_report_that_cannot_be_stored_now_can_be_finished_later() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(100_000);
    let id = fixture.begin(&sealed).unwrap();
    fixture.keep(&id, &sealed, 60_000);
    let (_, report) = places(&fixture);
    // In the way of the folder: the file cannot be moved.
    fs::remove_dir(report.parent().unwrap()).unwrap();
    fs::write(report.parent().unwrap(), b"").unwrap();
    assert!(matches!(fixture.finish(&id, &sealed), Err(StoreError::File(_))));
    assert_eq!(fixture.offset(&id), 60_000);
    fs::remove_file(report.parent().unwrap()).unwrap();
    fs::create_dir(report.parent().unwrap()).unwrap();
    // The queue is full: the file has been moved and comes back.
    let ((go, wait), (begin, begun)) = (sync_channel::<()>(0), channel());
    let jobs = fixture.store.jobs().unwrap();
    let job = crate::writer::Job::Run(Box::new(move |_| {
        begin.send(()).unwrap();
        wait.recv().unwrap();
    }));
    jobs.send(job).unwrap_or_else(|_| panic!());
    begun.recv().unwrap();
    let texts: Vec<_> =
        (0..1025u32).map(|number| fixture.queue(&number.to_be_bytes(), today(), Period::AT_ONCE)).collect();
    let full = fixture.written(&id, &sealed, 100_000);
    assert!(matches!(finish(full).recv().unwrap(), Err(StoreError::Busy)));
    go.send(()).unwrap();
    assert!(texts.iter().filter(|told| told.recv().unwrap().is_ok()).count() >= 1000);
    drop(jobs);
    for _ in 0..2 {
        assert_eq!(fixture.offset(&id), 60_000);
        assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
        fixture = fixture.reopen();
    }
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    assert_eq!(fixture.read(&ReportId::of(&sealed)).unwrap(), sealed);
}

#[test]
fn the_end_of_an_upload_does_not_read_all_of_it_again() {
    let mut fixture = Fixture::new();
    let (sealed, other) = (fixture.bytes(150_000), fixture.bytes(50_000));
    let id = fixture.begin(&sealed).unwrap();
    fixture.keep(&id, &sealed, 40_000);
    fixture.keep(&id, &sealed, 90_000);
    let [path] = fixture.stored_files("uploads").try_into().unwrap();
    // Pieces are hashed one after the other: what came before the end of another upload has been.
    let second = fixture.begin(&other).unwrap();
    assert_eq!(fixture.finish(&second, &other).unwrap(), Accepted::New);
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(b"changed where nobody looks any more", 60_000).unwrap();
    assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
    assert!(fixture.ids().contains(&ReportId::of(&sealed)));
}

#[test]
fn nothing_at_rest_links_an_upload_with_its_report() {
    let mut fixture = Fixture::new();
    let sealed = fixture.bytes(0x0123_4567 & 0x7_ffff);
    let id = fixture.begin(&sealed).unwrap();
    let (upload, report) = places(&fixture);
    fixture.keep(&id, &sealed, PIECE);
    for path in [&upload, &report] {
        if path == &report {
            assert_eq!(fixture.finish(&id, &sealed).unwrap(), Accepted::New);
        }
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified, std::time::SystemTime::UNIX_EPOCH);
    }
    fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    fixture.store.close();
    let conn = Connection::open(fixture.folder.path().join("bisik.sqlite")).unwrap();
    let finished: i64 = conn.query_row("SELECT count(*) FROM upload_done", [], |row| row.get(0)).unwrap();
    let coming: i64 = conn.query_row("SELECT count(*) FROM upload", [], |row| row.get(0)).unwrap();
    assert_eq!((finished, coming), (1, 0));
    drop(conn);
    let database = fs::read(fixture.folder.path().join("bisik.sqlite")).unwrap();
    let found = |wanted: &[u8]| database.windows(wanted.len()).any(|window| window == wanted);
    assert!(found(ReportId::of(&sealed).as_bytes()));
    assert!(!found(id.as_bytes()) && !found(id.to_string().as_bytes()));
    assert!(!found(&(sealed.len() as u64).to_be_bytes()));
    assert!(!found(Digest::of(&sealed[..100]).as_bytes()));
}

#[test]
fn a_database_of_the_first_version_learns_uploads() {
    let mut fixture = Fixture::new();
    let text = fixture.bytes(1000);
    fixture.text(&text).unwrap();
    fixture.store.close();
    let Fixture { store, rng, folder, .. } = fixture;
    drop(store);
    let conn = Connection::open(folder.path().join("bisik.sqlite")).unwrap();
    conn.execute_batch("DROP TABLE upload; DROP TABLE upload_done; ALTER TABLE report DROP COLUMN mixed; PRAGMA user_version = 1").unwrap();
    drop(conn);
    let (store, agency) = open(folder.path());
    let fixture = Fixture { store, agency, rng, folder };
    assert_eq!(fixture.ids(), [ReportId::of(&text)]);
    assert!(fixture.begin(&[1; 1000]).is_ok());
}

#[derive(Debug, Clone)]
enum Step {
    Begin,
    Keep(usize, usize),
    Drop(usize, usize),
    End(usize),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Begin),
        6 => (0..4usize, 0..=PIECE).prop_map(|(upload, more)| Step::Keep(upload, more)),
        2 => (0..4usize, 0..=PIECE).prop_map(|(upload, more)| Step::Drop(upload, more)),
        1 => (0..4usize).prop_map(Step::End),
        2 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, an upload is where a simple model says, and whole ones are reports.
    #[test]
    fn uploads_agree_with_a_model(steps in steps()) {
        let mut fixture = Fixture::new();
        let mut model: Vec<(UploadId, Vec<u8>, usize)> = Vec::new();
        let mut reports: Vec<ReportId> = Vec::new();
        for step in steps {
            match step {
                Step::Begin if model.len() < 4 => {
                    let sealed = fixture.bytes(90_000 + model.len());
                    model.push((fixture.begin(&sealed).unwrap(), sealed, 0));
                }
                Step::Begin => {}
                Step::Keep(upload, more) => {
                    let Some((id, sealed, offset)) = model.get_mut(upload) else { continue };
                    let end = sealed.len().min(*offset + more);
                    if *offset == sealed.len() {
                        prop_assert!(fixture.resume(id).is_none());
                    } else if end == sealed.len() {
                        fixture.finish(id, sealed).unwrap();
                        reports.push(ReportId::of(sealed));
                    } else {
                        fixture.keep(id, sealed, end);
                    }
                    *offset = end;
                }
                Step::Drop(upload, more) => {
                    let Some((id, sealed, offset)) = model.get(upload) else { continue };
                    if *offset < sealed.len() {
                        drop(fixture.written(id, sealed, sealed.len().min(*offset + more)));
                    }
                }
                Step::End(upload) => {
                    let Some((id, sealed, offset)) = model.get(upload) else { continue };
                    if *offset < sealed.len() {
                        fixture.resume(id).unwrap().end().unwrap();
                        prop_assert_eq!(fixture.state(id), None);
                        model.remove(upload);
                    }
                }
                Step::Reopen => fixture = fixture.reopen(),
            }
            for (id, _, offset) in &model {
                prop_assert_eq!(fixture.offset(id), *offset);
            }
            reports.sort();
            prop_assert_eq!(fixture.ids(), &reports[..]);
        }
        prop_assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
    }
}
