//! The world of a history, what happens in it on a day, and what must hold after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bisik_formats::card::{Card, Desk, KeyWindow, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::EditionNumber;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId, ReportId};
use bisik_formats::json::Count;
use bisik_formats::keys::SigningKey;
use bisik_sealing::report::Kind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use crate::documents::day;
use crate::letterbox::{Letterbox, RETENTION, Side, folder};
use crate::wire;

use super::courier;
use super::desk::{Office, Sealed, files};
use super::reporter::{Reporter, Visited};
use super::weather::{Shared, Way, Weather, with};

/// How large a history is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) reporters: usize,
    pub(super) days: i32,
    pub(super) letters: u32,
}

/// Everything there is.
pub(super) struct World {
    pub(super) size: Size,
    pub(super) rng: StdRng,
    pub(super) steps: Steps,
    pub(super) folder: TempDir,
    pub(super) server: Shared,
    pub(super) agency: AgencyId,
    pub(super) root: SigningKey,
    pub(super) offices: [Office; 2],
    pub(super) reporters: Vec<Reporter>,
    pub(super) weather: Weather,
    pub(super) kept: Arc<Mutex<Vec<(Side, wire::Request)>>>,
    pub(super) today: i32,
    pub(super) serial: u32,
    /// Every report that was ever sealed.
    pub(super) sealed: BTreeMap<ReportId, Sealed>,
    /// What reached the server last on which day of its clock, as far as it is still to be accounted for.
    pub(super) arrived: BTreeMap<ReportId, i32>,
    pub(super) expired: BTreeSet<ReportId>,
    /// The newest edition that anybody has seen of each desk.
    pub(super) newest: BTreeMap<DeskId, EditionNumber>,
}

/// The log; it is printed if the history fails.
pub(super) struct Steps {
    seed: u64,
    pub(super) lines: Vec<String>,
}

impl Drop for Steps {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "BISIK_SEED={} fails after {} steps:\n{}",
                self.seed,
                self.lines.len(),
                self.lines.join("\n")
            );
        }
    }
}

impl World {
    pub(super) fn new(seed: u64, size: Size) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let folder = folder();
        let root = SigningKey::generate(&mut rng).unwrap();
        let agency = AgencyId::from_first_root(&root.verify_key());
        let offices = ["daerah", "pusat"].map(|name| Office::found(folder.path(), name, agency, &mut rng));
        let desks: Vec<DeskId> = offices.iter().map(|office| office.id.clone()).collect();
        let reporters = (0..size.reporters).map(|_| Reporter::new(&agency, &desks, &mut rng)).collect();
        let server = Arc::new(Mutex::new(Letterbox::open(agency, "day")));
        let steps = Steps { seed, lines: Vec::new() };
        let mut world = Self {
            size,
            rng,
            steps,
            folder,
            server,
            agency,
            root,
            offices,
            reporters,
            weather: Weather::default(),
            kept: Arc::default(),
            today: 0,
            serial: 0,
            sealed: BTreeMap::new(),
            arrived: BTreeMap::new(),
            expired: BTreeSet::new(),
            newest: BTreeMap::new(),
        };
        world.new_stick();
        world.sign_card();
        for desk in 0..2 {
            world.take_card(desk);
            world.publish(desk);
        }
        world.courier(true);
        world
    }

    pub(super) fn stick(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    pub(super) fn note(&mut self, step: String) {
        self.steps.lines.push(format!("day {}: {step}", self.today));
        self.check();
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn new_stick(&mut self) {
        fs::remove_dir_all(self.stick()).ok();
        fs::create_dir(self.stick()).unwrap();
    }

    fn sign_card(&mut self) {
        self.serial += 1;
        let text = |words: &str| Text { id: words.to_owned(), en: words.to_owned() };
        let desk = |office: &Office| Desk {
            id: office.id.clone(),
            names: text(office.id.as_str()),
            keys: vec![KeyWindow {
                key: office.desk.as_ref().unwrap().signing().verify_key(),
                from: day(-30),
                to: day(350),
            }],
        };
        let card = Card {
            agency: self.agency,
            names: text(&format!("Lembaga {}", self.serial)),
            roots: vec![self.root.verify_key()],
            serial: self.serial.into(),
            issued: day(-10),
            expires: day(380),
            desks: self.offices.iter().map(desk).collect(),
            // Every second card has larger editions, so that those of before do not hold under it.
            letters: self.size.letters * (2 - self.serial % 2),
            letter_size: 8192,
            interval: 3,
            form: toml::from_str(include_str!("../../../src/vectors/form.toml")).unwrap(),
            limits: Limits { report_bytes: Count::from(1 << 20), file_bytes: Count::from(1 << 20) },
            contacts: Vec::new(),
        };
        let bundle = write_bundle(&[], &card.sign(&[&self.root]).unwrap()).unwrap();
        VerifiedCard::verify(&bundle, &self.agency).unwrap();
        fs::write(self.folder.path().join("card.bundle"), bundle).unwrap();
        self.steps.lines.push(format!("card {}", self.serial));
    }

    fn take_card(&mut self, desk: usize) {
        let bundle = fs::read(self.folder.path().join("card.bundle")).unwrap();
        let today = day(self.today);
        self.offices[desk].desk().take_card(&bundle, today).unwrap();
        self.note(format!("{} takes the card", self.offices[desk].id));
    }

    /// Lets a day pass.
    pub(super) fn day(&mut self) {
        self.today += 1;
        self.change_weather();
        let mut actors: Vec<usize> = (0..self.reporters.len()).collect();
        for _ in 0..self.reporters.len() {
            let chosen = actors.swap_remove(self.rng.random_range(0..actors.len()));
            if self.chance(35) {
                self.reporter(chosen);
            }
            if self.chance(3) {
                self.crash_server();
            }
        }
        if self.chance(6) {
            self.sign_card();
        }
        if self.chance(70) {
            self.courier(false);
        }
        for desk in 0..2 {
            self.office(desk);
        }
        if self.chance(70) {
            self.courier(true);
        }
        self.replay();
        if self.chance(5) {
            self.new_stick();
            self.note("the stick is lost".to_owned());
        }
        self.maintain();
    }

    fn change_weather(&mut self) {
        self.weather = match self.rng.random_range(0..10) {
            0 => Weather { apart: true, ..Weather::default() },
            1..5 => Weather::default(),
            _ => Weather { apart: false, lost: 4, unanswered: 6, twice: 5 },
        };
        let clock = match self.rng.random_range(0..12) {
            0 => -2,
            1 => 1,
            2 => 4,
            _ => 0,
        };
        let day = self.today + clock;
        with(&self.server, |server| server.today.store(day, Ordering::Relaxed));
        let weather = self.weather;
        self.note(format!("server's day {day}, {weather:?}"));
    }

    fn way(&mut self, side: Side) -> Way {
        let seed = self.rng.random();
        Way::new(&self.server, side, self.weather, seed, &self.kept)
    }

    fn reporter(&mut self, number: usize) {
        let reporter = &self.reporters[number];
        let write = match reporter.written {
            0 => Some(Kind::Report),
            1..4 => match self.rng.random_range(0..10) {
                0 => Some(Kind::Close),
                1..4 => Some(Kind::FollowUp),
                _ => None,
            },
            _ => None,
        };
        let clock = match self.rng.random_range(0..30) {
            0 => -2,
            1 => 1,
            _ => 0,
        };
        let visited = self.visit(number, write, clock);
        let letters: usize =
            visited.looks.last().map_or(0, |look| look.iter().filter(|desk| desk.2.is_some()).count());
        let (sent, error) = (visited.sent, visited.error);
        self.note(format!("reporter {number} writes {write:?}: sent {sent:?}, {letters} letters, {error:?}"));
    }

    pub(super) fn visit(&mut self, number: usize, write: Option<Kind>, clock: i32) -> Visited {
        let (way, seed) = (self.way(Side::Public), self.rng.random());
        let arrivals = way.arrivals();
        let today = day(self.today + clock);
        let visited = self.reporters[number].visit(write, way, &self.agency, today, seed);
        let server_day = with(&self.server, |server| server.today.load(Ordering::Relaxed));
        for made in &visited.made {
            let thread = self.reporters[number].keys.signing.verify_key();
            let (message, to, kind, len) = (made.message, made.to.clone(), made.kind, made.len);
            self.sealed.insert(made.id, Sealed { thread, message, to, kind, len });
        }
        for id in arrivals.lock().unwrap().drain(..) {
            self.arrived.entry(id).or_insert(server_day);
        }
        if let Some(sent) = visited.sent {
            assert!(
                self.arrived.contains_key(&sent),
                "a report counts as sent that never reached the server"
            );
        }
        for look in &visited.looks {
            self.check_look(number, look);
        }
        visited
    }

    fn office(&mut self, desk: usize) {
        let clock = match self.rng.random_range(0..25) {
            0 => -3,
            1 => 2,
            _ => 0,
        };
        self.offices[desk].clock = clock;
        if self.chance(5) {
            self.offices[desk].crash(&mut self.rng);
            self.note(format!("desk {desk} dies and comes back"));
        }
        if self.chance(20) {
            self.take_card(desk);
        }
        if self.chance(12) {
            let damaged = courier::damage(&self.stick(), &mut self.rng);
            self.note(damaged);
        }
        if self.chance(60) {
            self.import(desk);
            let today = day(self.today + clock);
            let answered = self.offices[desk].answer(today, 60, &mut self.rng);
            self.note(format!("desk {desk}: {answered}"));
        }
        if self.chance(40) {
            self.publish(desk);
            if self.chance(10) {
                let damaged = courier::damage(&self.stick(), &mut self.rng);
                self.note(damaged);
            }
        }
    }

    fn import(&mut self, desk: usize) {
        let (stick, today) = (self.stick(), day(self.today + self.offices[desk].clock));
        let imported = self.offices[desk].import(&stick, today, &self.sealed, &mut self.rng);
        self.note(format!("desk {desk} imports on {today}: {imported}"));
    }

    fn publish(&mut self, desk: usize) {
        let (stick, today) = (self.stick(), day(self.today + self.offices[desk].clock));
        let published = self.offices[desk].publish(&stick, today, &mut self.rng);
        self.note(format!("desk {desk} publishes on {today}: {published}"));
    }

    fn courier(&mut self, bring: bool) {
        let (way, stick) = (self.way(Side::Courier), self.stick());
        let token = with(&self.server, |server| server.token());
        let said = courier::go(&stick, way, token, bring);
        for (id, whole) in files(&stick) {
            let known = self.sealed.get(&id).is_none_or(|sealed| sealed.len > 0);
            assert!(known || whole);
        }
        self.note(format!("the courier {}: {said}", if bring { "pushes" } else { "pulls" }));
    }

    /// Somebody on the way sends again what was sent once.
    fn replay(&mut self) {
        let kept = self.kept.lock().unwrap().len();
        if kept == 0 || !self.chance(50) {
            return;
        }
        let chosen = self.rng.random_range(0..kept);
        let (side, request) = self.kept.lock().unwrap()[chosen].clone();
        let reply = with(&self.server, |server| server.answer(side, &request));
        if side == Side::Public && reply.status == 201 {
            let server_day = with(&self.server, |server| server.today.load(Ordering::Relaxed));
            let id = ReportId::of(&request.body);
            self.arrived.entry(id).or_insert(server_day);
            self.expired.remove(&id);
        }
        self.note(format!("{} {} comes again: {}", request.method, request.target, reply.status));
    }

    fn crash_server(&mut self) {
        let before = self.served();
        with(&self.server, Letterbox::crash);
        assert!(before == self.served(), "a restart has changed what is served");
        self.note("the server dies and comes back".to_owned());
    }

    /// Returns everything that can be fetched.
    fn served(&self) -> Vec<(u16, Vec<u8>)> {
        with(&self.server, |server| {
            let mut served: Vec<(u16, Vec<u8>)> = ["card", "headers"]
                .into_iter()
                .map(|route| server.get(route))
                .map(|reply| (reply.status, reply.body))
                .collect();
            for office in &self.offices {
                for number in office.editions.keys() {
                    let reply = server.get(&format!("editions/{}/{number}", office.id));
                    served.push((reply.status, reply.body));
                }
            }
            served.push((0, server.holds().iter().flat_map(|id| *id.as_bytes()).collect()));
            served
        })
    }

    fn maintain(&mut self) {
        let server_day = with(&self.server, |server| {
            server.maintain();
            server.today.load(Ordering::Relaxed)
        });
        let holds: BTreeSet<ReportId> = with(&self.server, |server| server.holds()).into_iter().collect();
        for (id, arrived) in &self.arrived {
            let over = server_day - arrived > RETENTION;
            assert!(!(over && holds.contains(id)), "{id} has outlived its retention");
            if over {
                self.expired.insert(*id);
            }
        }
        self.note(format!("upkeep, {} reports", holds.len()));
    }

    /// Clears the sky, and lets everybody finish.
    pub(super) fn heal(&mut self) {
        self.weather = Weather::default();
        self.kept.lock().unwrap().clear();
        self.new_stick();
        // As many days as a clock that ran ahead has to wait for.
        for _ in 0..5 {
            self.today += 1;
            with(&self.server, |server| server.today.store(self.today, Ordering::Relaxed));
            self.courier(false);
            for desk in 0..2 {
                self.offices[desk].clock = 0;
                self.take_card(desk);
                self.import(desk);
                let answered = self.offices[desk].answer(day(self.today), 100, &mut self.rng);
                self.note(format!("desk {desk}: {answered}"));
                self.publish(desk);
            }
            self.courier(true);
            for number in 0..self.reporters.len() {
                self.visit(number, None, 0);
            }
        }
    }
}
