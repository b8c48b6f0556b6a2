//! Courier and desks: killed in the middle of everything, with sticks that are pulled and a power that goes.
//!
//! What a server deletes all desks hold; what a desk says that it holds is in its vault, also after a power cut.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};

use bisik_formats::ids::ReportId;
use bisik_tests::craft::Craft;
use bisik_tests::run::{finish, spawn};
use bisik_tests::world::{PASSPHRASE, World};
use rand::rngs::StdRng;

use super::agency::{DESKS, promise};
use super::disk::Disk;
use super::http;
use super::{Torture, below, other, pause, scene_folder};
use crate::shell::{Failure, Outcome, command, failure, run};

/// Rounds of one agency: a desk makes at most ten editions a day.
const ROUNDS: u64 = 3;

/// The longest that a desk works before the blow, in milliseconds: most of it goes into opening the vault.
const DESK_WORKS: u64 = 1_500;

/// The longest that a courier works before the blow, in milliseconds.
const COURIER_WORKS: u64 = 60;

/// Lets an office work through all of it.
pub(super) fn play(torture: &Torture) -> Outcome {
    let mut rng = torture.chance("office");
    for number in 0..torture.rounds(1, 3) {
        let mut office = Office::open(number)?;
        for round in 0..ROUNDS {
            {
                let mut score = torture.score.borrow_mut();
                score.rounds = score.rounds.saturating_add(1);
            }
            let worked = office.round(&mut rng, round + 1 == ROUNDS);
            let mut score = torture.score.borrow_mut();
            score.acknowledged = score.acknowledged.saturating_add(std::mem::take(&mut office.acknowledged));
            score.lost = score.lost.saturating_add(office.lost.len());
            for id in &office.lost {
                println!("torture office, seed {}: lost: report {id}", torture.seed);
            }
            worked?;
        }
    }
    Ok(())
}

/// An agency with its server, desks on disks of their own, and a stick.
struct Office {
    stick: Disk,
    vaults: Vec<Disk>,
    world: World,
    /// Every report that was acknowledged, with its words.
    sent: BTreeMap<String, String>,
    acknowledged: u64,
    lost: Vec<String>,
}

impl Office {
    fn open(number: u64) -> Outcome<Self> {
        let images = scene_folder("office.disk")?;
        let world = World::open(&DESKS);
        let mut vaults = Vec::new();
        for desk in DESKS {
            let vault = world.home.path(&format!("vault-{desk}"));
            let before = vault.with_extension("before");
            fs::rename(&vault, &before)?;
            vaults.push(Disk::over(&vault, &images.join(format!("{number}-{desk}")), &["mkfs.ext4"], 64)?);
            run(command("cp", ["-a"]).arg(before.join(".")).arg(&vault))?;
            run(&mut command("sync", ["-f"].iter().map(PathBuf::from).chain([vault])))?;
        }
        let stick = world.home.path("stick");
        let before = world.home.path("stick.before");
        fs::rename(&stick, &before)?;
        let stick = Disk::over(&stick, &images.join(format!("{number}-stick")), &["mkfs.ext4"], 64)?;
        run(command("cp", ["-a"]).arg(before.join("outbox")).arg(stick.path()))?;
        run(&mut command("sync", ["-f"].iter().map(PathBuf::from).chain([stick.path().to_owned()])))?;
        Ok(Self { stick, vaults, world, sent: BTreeMap::new(), acknowledged: 0, lost: Vec::new() })
    }

    /// From the sender to the answer, with everything going wrong once.
    fn round(&mut self, rng: &mut StdRng, is_last: bool) -> Outcome {
        self.send(2, rng)?;
        self.pull(rng)?;
        for desk in 0..DESKS.len() {
            self.import(desk, rng)?;
        }
        // What comes now is on no stick yet: nobody may delete it.
        self.send(1, rng)?;
        let late = self.sent.keys().filter(|id| !self.is_on_stick(id)).cloned().collect::<Vec<_>>();
        for desk in 0..DESKS.len() {
            self.publish(desk, rng)?;
        }
        self.push(rng)?;
        self.agree(&late, is_last)
    }

    /// Sends reports that all desks can open.
    fn send(&mut self, count: usize, rng: &mut StdRng) -> Outcome {
        for _ in 0..count {
            let words = format!("Laporan ke-{}.", self.sent.len());
            let mut craft = Craft::new(&self.world, below(u64::MAX, rng));
            let keys = craft.thread();
            let [desk, _] = DESKS;
            let mut content = craft.content(&keys, desk);
            content.to = DESKS.iter().map(|desk| desk.parse()).collect::<Result<_, _>>().map_err(other)?;
            content.message = words.clone();
            let sealed = craft.seal(&content, &keys, &[]);
            let (address, path) = self.public()?;
            let headers = format!("content-type: application/octet-stream\r\n{}", promise(&sealed)?);
            let status = http::ask(address, "POST", &format!("{path}/reports"), &headers, &sealed)?.status;
            if status != 201 {
                return Err(failure(format!("a report was refused: {status}")));
            }
            self.acknowledged = self.acknowledged.saturating_add(1);
            self.sent.insert(ReportId::of(&sealed).to_string(), words);
        }
        Ok(())
    }

    /// The courier is killed, or the stick pulled; whatever has a report's name afterwards is that report.
    fn pull(&mut self, rng: &mut StdRng) -> Outcome {
        let mut courier = self.courier(&["pull", "--to", "stick"]);
        pause(below(COURIER_WORKS, rng));
        let struck =
            if below(2, rng) == 0 { courier.kill().map_err(Failure::from) } else { self.stick.cut() };
        courier.wait()?;
        struck?;
        self.stick.again()?;
        self.only_whole_reports()?;
        if below(2, rng) == 0 {
            self.world.server.kill();
            self.world.server.up();
        }
        let pulled = self.courier(&["pull", "--to", "stick"]);
        let _pulled = finish(pulled, "bisik-courier pull".to_owned()).success();
        // The stick goes to the desk: what the courier said is on it survives that it is pulled.
        self.stick.cut()?;
        self.stick.again()?;
        self.only_whole_reports()?;
        let listed = self.listed()?.into_iter();
        self.lost = listed.filter(|id| !self.is_on_stick(id)).collect();
        self.in_order()
    }

    /// The desk is killed, or its machine loses its power.
    fn import(&mut self, desk: usize, rng: &mut StdRng) -> Outcome {
        self.struck(desk, &["import", "stick"], rng, false)?;
        let _imported = self.world.desk(name(desk), &["import", "stick"], "").success();
        Ok(())
    }

    /// As above, or the stick is pulled. What a desk has said that it holds is in its vault after a power cut.
    fn publish(&mut self, desk: usize, rng: &mut StdRng) -> Outcome {
        self.struck(desk, &["publish", "stick"], rng, true)?;
        let _published = self.world.desk(name(desk), &["publish", "stick"], "").success();
        self.acknowledged = self.acknowledged.saturating_add(1);
        self.vault(desk)?.cut()?;
        self.vault(desk)?.again()?;
        self.stick.cut()?;
        self.stick.again()
    }

    fn struck(&mut self, desk: usize, args: &[&str], rng: &mut StdRng, pulls: bool) -> Outcome {
        let mut command = self.world.home.command("bisik-desk");
        command
            .args(["--vault", &format!("vault-{}", name(desk)), "--passphrase-stdin", "--json"])
            .args(args);
        let mut child = spawn(command, &format!("{PASSPHRASE}\n"));
        pause(below(DESK_WORKS, rng));
        let struck = match below(if pulls { 3 } else { 2 }, rng) {
            0 => child.kill().map_err(Failure::from),
            1 => self.vault(desk).and_then(|vault| vault.cut()),
            _ => self.stick.cut(),
        };
        child.wait()?;
        struck?;
        self.vault(desk)?.again()?;
        self.stick.again()
    }

    /// The courier or the server is killed; then everything is taken.
    fn push(&mut self, rng: &mut StdRng) -> Outcome {
        let before = self.listed()?;
        let mut courier = self.courier(&["push", "--from", "stick"]);
        pause(below(COURIER_WORKS, rng));
        if below(2, rng) == 0 {
            courier.kill().ok();
        } else {
            self.world.server.kill();
            self.world.server.up();
        }
        courier.wait()?;
        let after = self.listed()?;
        let strange = after.difference(&before).count();
        if strange > 0 {
            return Err(failure(format!("{strange} reports came back")));
        }
        let pushed = self.courier(&["push", "--from", "stick"]);
        let _pushed = finish(pushed, "bisik-courier push".to_owned()).success();
        self.acknowledged = self.acknowledged.saturating_add(2);
        Ok(())
    }

    /// The server has what no desk holds yet, and nothing else; every desk has everything else, at last word for word.
    fn agree(&mut self, late: &[String], word_for_word: bool) -> Outcome {
        let listed = self.listed()?;
        self.lost.extend(late.iter().filter(|id| !listed.contains(*id)).cloned());
        if listed.len() > late.len() {
            return Err(failure(format!("{} reports are listed, {} are new", listed.len(), late.len())));
        }
        for desk in DESKS {
            let list = self.world.desk(desk, &["list", "--all"], "").success().json();
            let cases = list.as_array().map_or(0, Vec::len);
            if cases != self.sent.len().saturating_sub(late.len()) {
                return Err(failure(format!(
                    "desk {desk} holds {cases} cases of {} reports",
                    self.sent.len()
                )));
            }
            if !word_for_word {
                continue;
            }
            let mut held = BTreeMap::new();
            for case in 1..=cases {
                let shown = self.world.desk(desk, &["show", &case.to_string()], "").success().json();
                let text =
                    |field: &str| shown.pointer(field).and_then(|text| text.as_str()).map(str::to_owned);
                held.extend(text("/messages/0/report").zip(text("/messages/0/message")));
            }
            let should = self.sent.iter().filter(|(id, _)| !late.contains(id));
            self.lost
                .extend(should.filter(|(id, words)| held.get(*id) != Some(words)).map(|(id, _)| id.clone()));
        }
        self.in_order()
    }

    fn in_order(&self) -> Outcome {
        if self.lost.is_empty() {
            Ok(())
        } else {
            Err(failure(format!("{} reports are lost", self.lost.len())))
        }
    }

    /// Starts the courier's program.
    fn courier(&self, args: &[&str]) -> Child {
        let mut command: Command = self.world.home.command("bisik-courier");
        command.args(args).args(["--server", self.world.server.courier(), "--token-file", "token", "--json"]);
        spawn(command, "")
    }

    fn vault(&mut self, desk: usize) -> Outcome<&mut Disk> {
        self.vaults.get_mut(desk).ok_or_else(|| failure("no such desk"))
    }

    /// Where and under which path reporters reach the server.
    fn public(&self) -> Outcome<(SocketAddr, String)> {
        let split = self.world.server.public().strip_prefix("http://").and_then(|url| url.split_once('/'));
        let (address, path) = split.ok_or_else(|| failure("a server without an address"))?;
        Ok((address.parse().map_err(other)?, format!("/{path}")))
    }

    /// What the courier is shown.
    fn listed(&self) -> Outcome<BTreeSet<String>> {
        let token = fs::read_to_string(self.world.home.path("token"))?;
        let url = self.world.server.courier().strip_prefix("http://").and_then(|url| url.split_once('/'));
        let (address, path) = url.ok_or_else(|| failure("a server without an address"))?;
        let headers = format!("authorization: Bearer {}\r\n", token.trim());
        let address = address.parse().map_err(other)?;
        let page = http::ask(address, "GET", &format!("/{path}/reports"), &headers, &[])?;
        let text = String::from_utf8_lossy(&page.body).into_owned();
        Ok(text.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect())
    }

    fn is_on_stick(&self, id: &str) -> bool {
        self.stick.path().join("reports").join(format!("{id}.age")).is_file()
    }

    fn only_whole_reports(&self) -> Outcome {
        let folder = self.stick.path().join("reports");
        for file in fs::read_dir(folder).into_iter().flatten() {
            let path = file?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(id) = name.strip_suffix(".age") else { continue };
            if ReportId::of(&fs::read(&path)?).to_string() != id {
                return Err(failure(format!("{name} on the stick is not whole")));
            }
        }
        Ok(())
    }
}

fn name(desk: usize) -> &'static str {
    DESKS.get(desk).copied().unwrap_or_default()
}
