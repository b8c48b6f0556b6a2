//! One server with its agency, its data folder and its ledger, through all rounds of a scene.

use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;

use super::agency::{Agency, DESKS, PATH};
use super::ledger::Ledger;
use super::server::Server;
use super::{Torture, http, judge, scene_folder, today};
use crate::shell::{Outcome, failure};

/// Everything that a scene works on.
pub(super) struct Stage<'a> {
    pub(super) torture: &'a Torture,
    pub(super) name: &'static str,
    pub(super) agency: Agency,
    pub(super) ledger: Ledger,
    pub(super) rng: StdRng,
    pub(super) round: u64,
    /// Where configuration, log and what is being sent are.
    pub(super) folder: PathBuf,
    data: PathBuf,
    /// Programs around the server.
    pub(super) around: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Sets a stage with an empty data folder at `data`, or beside everything else.
    pub(super) fn set(
        torture: &'a Torture,
        name: &'static str,
        data: Option<&Path>,
        more: &str,
    ) -> Outcome<Self> {
        let folder = scene_folder(&format!("{name}.stage"))?;
        let data = data.map_or_else(|| folder.join("data"), |data| data.join("data"));
        let mut rng = torture.chance(name);
        let agency = Agency::new(super::below(u64::MAX, &mut rng), today()?)?;
        agency.configure(&folder.join("server.toml"), &data, more)?;
        let ledger = Ledger::new(&agency);
        Ok(Self { torture, name, agency, ledger, rng, round: 0, folder, data, around: Vec::new() })
    }

    /// Starts the server.
    pub(super) fn up(&self) -> Outcome<Server> {
        let server = Server::start(&self.folder, &self.config(), &self.around)?;
        server.ok_or_else(|| failure(format!("the server does not start; see {}/log", self.folder.display())))
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("server.toml")
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Brings the first card and editions.
    pub(super) fn open_box(&self, server: &Server) -> Outcome {
        let (authorization, octets) =
            (self.agency.authorization(), "content-type: application/octet-stream\r\n");
        let headers = format!("{authorization}{octets}");
        let bundle = self.agency.bundle(1)?;
        self.ledger.book().card(&bundle, None);
        let status = http::ask(server.at.courier, "PUT", &format!("/{PATH}/card"), &headers, &bundle)?.status;
        self.ledger.book().card(&bundle, Some(status));
        for (desk, name) in DESKS.iter().enumerate() {
            let edition = self.agency.edition(desk, 0, 1)?.ok_or_else(|| failure("no first edition"))?;
            self.ledger.book().edition(desk, &edition, None);
            let path = format!("/{PATH}/editions/{name}");
            let status = http::ask(server.at.courier, "POST", &path, &headers, &edition.framed)?.status;
            self.ledger.book().edition(desk, &edition, Some(status));
            if status != 204 {
                return Err(failure(format!("the box does not open: {status}")));
            }
        }
        Ok(())
    }

    /// Has the reader look at the data folder as it is, without a server.
    pub(super) fn look(&self) -> Outcome {
        judge::report(self, &judge::read(self, false)?)
    }

    /// Starts the server again and judges what it answers and what it leaves in the data folder.
    pub(super) fn recover(&mut self) -> Outcome<Server> {
        let server = self.up()?;
        self.judge(&server)?;
        Ok(server)
    }

    /// Judges a server that runs and has nothing to do.
    pub(super) fn judge(&mut self, server: &Server) -> Outcome {
        let found = judge::answers(self, server)?;
        judge::report(self, &found)?;
        judge::report(self, &judge::settled(self)?)
    }

    /// Counts a round.
    pub(super) fn count(&mut self) {
        self.round = self.round.saturating_add(1);
        let mut score = self.torture.score.borrow_mut();
        score.rounds = score.rounds.saturating_add(1);
    }

    /// Ends the scene: everything was found in order.
    pub(super) fn end(self) -> Outcome {
        Ok(fs::remove_dir_all(&self.folder)?)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let mut score = self.torture.score.borrow_mut();
        score.acknowledged = score.acknowledged.saturating_add(self.ledger.book().acknowledged());
    }
}
