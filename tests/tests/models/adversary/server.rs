//! Against the server: what a malicious courier must bring so that anything changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use bisik_formats::bundle::write_frames;
use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::padding::header_len;
use proptest::prelude::*;

use super::hoard::{Change, LAST, Pick, Tally, What, hoard, runner, serial_on};
use crate::documents::{DESKS, STANDS};
use crate::letterbox::{Letterbox, Side};
use crate::sized;
use crate::wire;

/// One thing that happens to a server.
#[derive(Clone, Debug)]
enum Step {
    /// A reporter hands something in: a genuine report, or a change of one.
    Post(usize, Option<Change>),
    Card(Pick),
    /// A header and a body at the address of a desk; how they are framed may be changed too.
    Edition {
        address: usize,
        desk: usize,
        header: Pick,
        body: Pick,
        frames: Option<Change>,
    },
    Acknowledge(Pick),
    /// The server dies and comes back.
    Crash,
    /// Days pass by the server's clock.
    Wait(i32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = || prop::option::weighted(0.2, Change::strategy());
    let edition = (
        0usize..2,
        0usize..2,
        Pick::strategy(),
        Pick::strategy(),
        prop::option::weighted(0.1, Change::strategy()),
    );
    let step = prop_oneof![
        3 => (0usize..6, change()).prop_map(|(report, change)| Step::Post(report, change)),
        3 => Pick::strategy().prop_map(Step::Card),
        6 => edition.prop_map(|(address, desk, header, body, frames)| Step::Edition {
            // Mostly the right address.
            address: if address == 0 { desk } else { 1 - desk },
            desk,
            header,
            body,
            frames,
        }),
        4 => Pick::strategy().prop_map(Step::Acknowledge),
        1 => (1i32..6).prop_map(Step::Wait),
        2 => (8i32..13).prop_map(Step::Wait),
        2 => Just(Step::Wait(-8)),
    ];
    let crash = prop_oneof![30 => step, 1 => Just(Step::Crash)];
    (Pick::strategy(), prop::collection::vec(crash, 10..50)).prop_map(|(card, mut steps)| {
        steps.insert(0, Step::Card(card));
        steps
    })
}

/// What the server must hold, by heart.
#[derive(Default)]
struct Model {
    today: i32,
    card: Option<(u32, bool)>,
    cards: BTreeSet<(u32, bool)>,
    editions: BTreeMap<usize, i32>,
    reports: BTreeMap<ReportId, BTreeSet<usize>>,
}

/// The ids of the genuine reports, as the hoard acknowledges them.
fn genuine_ids() -> Vec<ReportId> {
    let report = |number| hoard().bytes(What::Report { agency: 0, number }).unwrap();
    (0..6).map(|number| ReportId::of(report(number))).collect()
}

impl Model {
    /// Returns whether a card is taken.
    fn card(&mut self, bytes: &[u8]) -> Result<(), u16> {
        let Some(What::Card { agency: 0, serial, fork }) = hoard().judge(bytes) else { return Err(422) };
        let (issued, expires) = if serial == 2 { (10, 60) } else { (0, 25) };
        if self.today + 1 < issued || self.today > expires {
            return Err(422);
        }
        match self.card {
            Some(current) if current == (serial, fork) => Ok(()),
            Some((current, _)) if serial <= current => Err(409),
            _ => {
                self.card = Some((serial, fork));
                self.cards.insert((serial, fork));
                Ok(())
            }
        }
    }

    /// Returns whether an edition is taken.
    fn edition(&mut self, address: usize, header: &[u8], body: &[u8]) -> Result<(), u16> {
        let Some((serial, fork)) = self.card else { return Err(503) };
        let Some(What::Header { agency: 0, desk, date }) = hoard().judge(header) else { return Err(422) };
        let own = hoard().judge(body) == Some(What::Body { agency: 0, desk, date });
        let foreign_key = date > 11 && serial == 1;
        let ahead = serial_on(date) > serial || (serial_on(date) == serial && fork);
        let unknown = !self.cards.contains(&(serial_on(date), false));
        let dated = date <= self.today + 1 && self.today <= date + STANDS + 1;
        if desk != address || !own || foreign_key || ahead || unknown || !dated {
            return Err(422);
        }
        match self.editions.get(&desk) {
            Some(current) if date < *current => Err(409),
            _ => {
                self.editions.insert(desk, date);
                Ok(())
            }
        }
    }

    /// Returns whether an acknowledgement is taken, and deletes what all desks have.
    fn acknowledge(&mut self, bytes: &[u8]) -> Result<(), u16> {
        let Some((serial, _)) = self.card else { return Err(503) };
        let Some(What::Acknowledgement { agency: 0, desk, second, ids }) = hoard().judge(bytes) else {
            return Err(422);
        };
        // The first key ends on day 12, the second is on the second card and begins on day 11.
        let valid = if second { serial == 2 && self.today >= 11 } else { self.today <= 12 + 30 };
        if !valid {
            return Err(422);
        }
        for (place, id) in genuine_ids().into_iter().enumerate() {
            if ids >> place & 1 == 1
                && let Some(desks) = self.reports.get_mut(&id)
            {
                desks.insert(desk);
            }
        }
        self.reports.retain(|_, desks| desks.len() < DESKS.len());
        Ok(())
    }
}

fn post(server: &Letterbox, sealed: &[u8], header: &[u8]) -> u16 {
    let headers = vec![
        ("content-type".to_owned(), "application/octet-stream".to_owned()),
        ("content-length".to_owned(), sealed.len().to_string()),
        ("bisik-pow".to_owned(), "0000000000000000".to_owned()),
        ("bisik-header-sha256".to_owned(), Digest::of(header).to_string()),
    ];
    let (method, target, body) = ("POST".to_owned(), "/contoh/reports".to_owned(), sealed.to_vec());
    server.answer(Side::Public, &wire::Request { method, target, headers, body }).status
}

/// Does one step to both; returns what it was and the status.
fn step(server: &mut Letterbox, model: &mut Model, step: &Step) -> (&'static str, u16, Result<(), u16>) {
    let now = model.today.clamp(0, LAST);
    match step {
        Step::Post(number, change) => {
            let genuine = hoard().bytes(What::Report { agency: 0, number: *number }).unwrap();
            let bytes = match change {
                Some(change) => change.apply(genuine.to_vec(), now),
                None => genuine.to_vec(),
            };
            let len = usize::try_from(header_len(2)).unwrap();
            let status = post(server, &bytes, &genuine[..len]);
            // Nobody but a desk can tell whether a payload is genuine; the header must be the promised one.
            let shaped = bytes.len() == genuine.len() && bytes[..len] == genuine[..len];
            let expected = match (model.card, shaped) {
                (None, _) => Err(503),
                (_, false) => Err(422),
                _ => {
                    model.reports.entry(ReportId::of(&bytes)).or_default();
                    Ok(())
                }
            };
            ("report", status, expected)
        }
        Step::Card(pick) => {
            let right = What::Card { agency: 0, serial: serial_on(now), fork: false };
            let bytes = pick.bytes(now, right);
            ("card", server.bring("PUT", "card", &bytes), model.card(&bytes))
        }
        Step::Edition { address, desk, header, body, frames } => {
            let date = now / 3 * 3;
            let header = header.bytes(now, What::Header { agency: 0, desk: *desk, date });
            let body = body.bytes(now, What::Body { agency: 0, desk: *desk, date });
            let mut framed = write_frames(&[&header, &body]).unwrap();
            if let Some(change) = frames {
                framed = change.apply(framed, now);
            }
            let status = server.bring("POST", &format!("editions/{}", DESKS[*address]), &framed);
            let expected = match super::hoard::unframed(&framed).as_deref() {
                Some([header, body]) => model.edition(*address, header, body),
                _ => model.card.map_or(Err(503), |_| Err(422)),
            };
            ("edition", status, expected)
        }
        Step::Acknowledge(pick) => {
            let second = now >= 12;
            let ids = if second { 63 } else { 1 };
            let bytes = pick.bytes(now, What::Acknowledgement { agency: 0, desk: 0, second, ids });
            let bytes = if bytes.is_empty() { b"x".to_vec() } else { bytes };
            ("acknowledgement", server.bring("POST", "acknowledgements", &bytes), model.acknowledge(&bytes))
        }
        Step::Crash => {
            server.crash();
            ("crash", 204, Ok(()))
        }
        Step::Wait(days) => {
            model.today = (model.today + days).max(0);
            server.today.store(model.today, Ordering::Relaxed);
            ("wait", 204, Ok(()))
        }
    }
}

/// Compares what the server serves and holds with the model.
fn compare(server: &Letterbox, model: &Model) {
    let card = server.get("card");
    match model.card {
        None => assert_eq!(card.status, 503),
        Some((serial, fork)) => {
            assert!(card.body == hoard().bytes(What::Card { agency: 0, serial, fork }).unwrap());
            let header = |(desk, date): (&usize, &i32)| {
                hoard().bytes(What::Header { agency: 0, desk: *desk, date: *date }).unwrap()
            };
            let headers: Vec<&[u8]> = model.editions.iter().map(header).collect();
            assert!(server.get("headers").body == write_frames(&headers).unwrap());
        }
    }
    assert_eq!(server.holds(), model.reports.keys().copied().collect::<Vec<_>>());
}

#[test]
fn a_malicious_courier_changes_nothing_at_the_server_that_it_may_not() {
    let cases = sized(50, 3_000);
    let mut runner = runner(cases);
    let tally = std::cell::RefCell::new(Tally::default());
    let outcome = runner.run(&steps(), |steps| {
        let mut server = Letterbox::open(hoard().agencies[0].id, "off");
        let mut model = Model::default();
        for done in &steps {
            let (what, status, expected) = step(&mut server, &mut model, done);
            let taken = (200..300).contains(&status);
            prop_assert_eq!(taken, expected.is_ok(), "{:?} on day {}: {}", done, model.today, status);
            // A refusal is a typed one, and a conflict is said as such.
            prop_assert!(taken || (400..500).contains(&status) || status == 503);
            prop_assert_eq!(status == 409, expected == Err(409), "{:?}: {}", done, status);
            compare(&server, &model);
            tally.borrow_mut().note(format!("{what} {status}"));
        }
        Ok(())
    });
    let tally = tally.into_inner();
    tally.print("server", cases);
    outcome.unwrap();
    for seen in ["card 204", "card 422", "card 409", "edition 204", "edition 422", "edition 409"] {
        assert!(tally.count(seen) > 0, "{seen} never happened");
    }
    for seen in ["acknowledgement 204", "acknowledgement 422", "report 201", "report 422"] {
        assert!(tally.count(seen) > 0, "{seen} never happened");
    }
}
