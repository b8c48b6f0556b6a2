//! `pull`: fetches sealed reports onto the stick.

use std::io::Read;

use bisik_formats::ids::ReportId;
use bisik_formats::problem::ProblemCode;
use bisik_term::{CommandError, ErrorKind, Progress, Ui};
use serde::Serialize;

use crate::server::{Listed, Server, ServerError};
use crate::stick::{Incoming, Present, Reports, Stick, StickError};

/// Bytes taken from the network at a time.
const BUFFER: usize = 64 * 1024;

/// What a run did, as it is shown with `--json`.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    /// Reports fetched in this run.
    pub fetched: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Reports that were on the stick already.
    pub present: u64,
    /// Reports that the server deleted in the meantime.
    pub gone: u64,
    /// Reports whose bytes do not have the id they are listed under, or whose place on the stick is blocked.
    pub refused: Vec<ReportId>,
}

/// Fetches every report that is not on the stick yet. What is already there is kept, so a run that was
/// interrupted goes on where it stopped.
///
/// # Errors
/// Fails with [`ErrorKind::Verification`] after everything else is fetched, if a report was refused; with
/// [`ErrorKind::Network`], [`ErrorKind::Io`] and [`ErrorKind::Secret`] at once.
pub fn run(server: &Server, stick: &Stick, ui: &Ui) -> Result<(), CommandError> {
    let reports = stick.reports()?;
    let mut tally = Tally::default();
    let pulled = pull(server, &reports, ui, &mut tally);
    if ui.wants_json() {
        ui.json(&tally)?;
    } else {
        let shown = [("fetched", tally.fetched.into()), ("present", tally.present.into())];
        ui.data(&ui.text("pull-done", &shown))?;
    }
    pulled?;
    if tally.refused.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(ErrorKind::Verification, "err-refused").with("count", tally.refused.len()))
}

fn pull(server: &Server, reports: &Reports, ui: &Ui, tally: &mut Tally) -> Result<(), CommandError> {
    let mut after = None;
    loop {
        let page = server.page(after)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        let total = page.iter().map(|listed| listed.len).sum();
        let mut progress = ui.progress("pull-progress", &[("count", page.len().into())], Some(total));
        for listed in page {
            take(server, reports, listed, &mut progress, ui, tally)?;
        }
    }
}

fn take(
    server: &Server,
    reports: &Reports,
    listed: Listed,
    progress: &mut Progress,
    ui: &Ui,
    tally: &mut Tally,
) -> Result<(), CommandError> {
    match reports.present(listed.id, listed.len)? {
        Present::Whole => {
            tally.present += 1;
            progress.advance(listed.len);
            return Ok(());
        }
        Present::Blocked => {
            ui.warn("pull-blocked", &[("id", listed.id.to_string().into())]);
            tally.refused.push(listed.id);
            return Ok(());
        }
        Present::Replaceable => {}
    }
    let source = match server.report(listed) {
        Ok(source) => source,
        Err(ServerError::Refused(ProblemCode::NotFound)) => {
            tally.gone += 1;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let mut incoming = reports.begin(listed.id)?;
    if copy(source, &mut incoming, listed.len, progress)? && incoming.finish()? {
        tally.fetched += 1;
        tally.bytes += listed.len;
    } else {
        ui.warn("pull-mismatch", &[("id", listed.id.to_string().into())]);
        tally.refused.push(listed.id);
    }
    Ok(())
}

/// Copies a report; `false` if it is longer or shorter than it was listed.
fn copy(
    mut source: impl Read,
    incoming: &mut Incoming,
    len: u64,
    progress: &mut Progress,
) -> Result<bool, CommandError> {
    let mut buffer = vec![0; BUFFER];
    let mut copied = 0u64;
    loop {
        let count = source.read(&mut buffer).map_err(|_| ServerError::Cut)?;
        if count == 0 {
            break;
        }
        copied += count as u64;
        if copied > len {
            return Ok(false);
        }
        incoming.add(buffer.get(..count).unwrap_or_default()).map_err(from_stick)?;
        progress.advance(count as u64);
    }
    // A connection that breaks is an error above: this is a whole answer that is not what was listed.
    Ok(copied == len)
}

fn from_stick(error: StickError) -> CommandError {
    error.into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use bisik_term::testing::Screen;
    use bisik_term::{Language, Messages};
    use tempfile::TempDir;

    use super::*;
    use crate::LOADER;
    use crate::fake::{Answer, FakeServer};

    struct Story {
        folder: TempDir,
        fake: FakeServer,
        screen: Screen,
    }

    impl Story {
        fn new(reports: &[&[u8]]) -> Self {
            let messages = Messages::new(Language::English, &LOADER);
            let fake = FakeServer::start();
            for report in reports {
                fake.add_report(ReportId::of(report), report);
            }
            let screen = Screen::with_options(messages, "", false, true);
            Self { folder: TempDir::new().unwrap(), fake, screen }
        }

        fn pull(&self) -> Result<(), CommandError> {
            run(&self.fake.server(), &Stick::open(self.folder.path()).ok().unwrap(), self.screen.ui())
        }

        fn path(&self, report: &[u8]) -> PathBuf {
            self.folder.path().join("reports").join(format!("{}.age", ReportId::of(report)))
        }

        fn tally(&self) -> serde_json::Value {
            serde_json::from_str(self.screen.out().lines().last().unwrap()).unwrap()
        }
    }

    #[test]
    fn fetches_all_pages_and_a_second_run_fetches_nothing() {
        let reports: Vec<Vec<u8>> = (0u32..7).map(|n| n.to_be_bytes().repeat(20_000)).collect();
        let reports: Vec<&[u8]> = reports.iter().map(Vec::as_slice).collect();
        let story = Story::new(&reports);
        story.fake.page_of(3);
        story.pull().unwrap();
        for report in &reports {
            assert_eq!(&fs::read(story.path(report)).unwrap(), report);
        }
        assert_eq!(story.tally()["fetched"], 7);
        story.pull().unwrap();
        assert_eq!(
            (story.tally()["fetched"].as_u64(), story.tally()["present"].as_u64()),
            (Some(0), Some(7))
        );
        assert_eq!(story.fake.requests("GET", "/kpk/reports/"), 7);
    }

    #[test]
    fn a_report_that_does_not_match_its_id_is_named_and_the_rest_goes_on() {
        let story = Story::new(&[b"one", b"two"]);
        let wrong = ReportId::of(b"three");
        story.fake.add_report(wrong, b"thref");
        let error = story.pull().unwrap_err();
        assert_eq!((error.id(), error.kind()), ("err-refused", ErrorKind::Verification));
        assert!(story.screen.err().contains(&wrong.to_string()));
        assert!(story.path(b"one").exists() && story.path(b"two").exists());
        assert_eq!(fs::read_dir(story.folder.path().join("reports")).unwrap().count(), 2);
        assert_eq!(story.tally()["refused"][0], wrong.to_string());
    }

    #[test]
    fn a_connection_that_breaks_leaves_nothing_half_and_the_next_run_goes_on() {
        let story = Story::new(&[b"one", b"two"]);
        story.fake.next_report(Answer::Cut);
        assert_eq!(story.pull().unwrap_err().kind(), ErrorKind::Network);
        assert_eq!(fs::read_dir(story.folder.path().join("reports")).unwrap().count(), 0);
        story.pull().unwrap();
        assert!(story.path(b"one").exists() && story.path(b"two").exists());
    }

    #[test]
    fn a_report_deleted_in_the_meantime_is_no_failure() {
        let story = Story::new(&[b"one"]);
        story.fake.next_report(Answer::Problem(ProblemCode::NotFound));
        story.pull().unwrap();
        assert_eq!(story.tally()["gone"], 1);
    }

    #[test]
    fn a_longer_report_than_listed_is_refused() {
        let story = Story::new(&[]);
        story.fake.add_listed(ReportId::of(b"long report"), 4, b"long report");
        assert_eq!(story.pull().unwrap_err().id(), "err-refused");
        assert!(!story.path(b"long report").exists());
    }

    #[test]
    fn a_shorter_report_than_listed_does_not_stop_the_others() {
        let story = Story::new(&[b"one", b"two"]);
        story.fake.add_listed(ReportId::from_bytes([0; 32]), 1000, b"short");
        assert_eq!(story.pull().unwrap_err().id(), "err-refused");
        assert!(story.path(b"one").exists() && story.path(b"two").exists());
    }

    #[test]
    fn a_wrong_token_is_said_so() {
        let story = Story::new(&[b"one"]);
        story.fake.next(Answer::Problem(ProblemCode::Unauthorized));
        let error = story.pull().unwrap_err();
        assert_eq!((error.id(), error.kind()), ("err-token", ErrorKind::Secret));
    }

    #[test]
    fn a_folder_in_the_place_of_a_report_is_named() {
        let story = Story::new(&[b"one", b"two"]);
        fs::create_dir_all(story.path(b"one")).unwrap();
        assert_eq!(story.pull().unwrap_err().id(), "err-refused");
        assert!(story.path(b"two").is_file());
    }

    #[test]
    fn the_token_goes_into_the_header_and_nowhere_else() {
        let story = Story::new(&[b"one"]);
        story.pull().unwrap();
        assert!(story.fake.all_authorized());
        assert!(!story.screen.out().contains(FakeServer::TOKEN));
        assert!(!story.screen.err().contains(FakeServer::TOKEN));
    }
}
