//! Against the courier's stick: what a malicious server can put there, and what a hostile stick sends anywhere.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use bisik_courier::config::Config as CourierConfig;
use bisik_courier::server::Server;
use bisik_courier::stick::Stick;
use bisik_courier::{pull, push};
use bisik_formats::access::AccessToken;
use bisik_formats::bundle::write_frames;
use bisik_formats::ids::ReportId;
use bisik_formats::routes::Routes;
use bisik_term::testing::Screen;
use bisik_term::{CommandError, ErrorKind, Language, Messages};
use proptest::prelude::*;

use super::hoard::{Change, Tally, What, hoard, runner};
use crate::letterbox::folder;
use crate::sized;
use crate::wire::{Peer, Reply, Request, Wire};

const TOKEN: &str = "5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5";

/// A server that lists and gives what it likes, and keeps what it is sent.
struct Hostile {
    page: Vec<u8>,
    gives: BTreeMap<ReportId, Option<Vec<u8>>>,
    got: Vec<Request>,
}

impl Peer for Hostile {
    fn answer(&mut self, request: Request) -> Option<Reply> {
        let route = request.target.strip_prefix("/contoh/")?.to_owned();
        if request.method != "GET" {
            self.got.push(request);
            return Some(Reply::empty(204));
        }
        match route.strip_prefix("reports/") {
            None if route.contains("after=") => Some(Reply::document(Vec::new())),
            None => Some(Reply::document(self.page.clone())),
            Some(id) => match self.gives.get(&id.parse().unwrap())? {
                Some(bytes) => Some(Reply::document(bytes.clone())),
                None => Some(Reply::problem(404, "not-found")),
            },
        }
    }
}

/// Runs an errand of the courier.
fn courier(
    hostile: Hostile,
    stick: &Path,
    errand: impl FnOnce(&Server, &Stick, &Screen) -> Result<(), CommandError>,
) -> (Result<(), CommandError>, Vec<Request>) {
    let wire = Wire::new(hostile);
    let config =
        CourierConfig::new(Routes::new("http://127.0.0.1:1/contoh"), AccessToken::parse(TOKEN).unwrap());
    let server = Server::over(config, Language::English, wire.agent()).unwrap();
    let messages = Messages::new(Language::English, bisik_courier::messages());
    let screen = Screen::with_options(messages, "", true, true);
    let result = errand(&server, &Stick::open(stick).unwrap(), &screen);
    (result, wire.with(|hostile| std::mem::take(&mut hostile.got)))
}

/// How a report is given.
#[derive(Clone, Debug)]
enum Gift {
    Right,
    Other(usize),
    Changed(Change),
    Gone,
    Broken,
}

fn report(number: usize) -> &'static [u8] {
    hoard().bytes(What::Report { agency: number / 6, number: number % 6 }).unwrap()
}

fn gift() -> impl Strategy<Value = Gift> {
    prop_oneof![
        6 => Just(Gift::Right),
        2 => (0usize..12).prop_map(Gift::Other),
        2 => Change::strategy().prop_map(Gift::Changed),
        1 => Just(Gift::Gone),
        1 => Just(Gift::Broken),
    ]
}

#[test]
fn a_malicious_server_puts_nothing_on_the_stick_but_what_its_name_says() {
    let cases = sized(300, 15_000);
    let mut runner = runner(cases);
    let tally = std::cell::RefCell::new(Tally::default());
    let listed = prop::collection::btree_map(0usize..12, gift(), 0..8);
    let before = prop::collection::btree_map(0usize..12, prop::option::of(Change::strategy()), 0..4);
    let what = (listed, before, prop::option::weighted(0.2, Change::strategy()));
    let outcome = runner.run(&what, |(listed, before, page_change)| {
        let home = folder();
        fs::create_dir(home.path().join("reports")).unwrap();
        let path = |id: ReportId| home.path().join("reports").join(format!("{id}.age"));
        for (number, change) in &before {
            let genuine = report(*number);
            let bytes = change.as_ref().map_or(genuine.to_vec(), |change| change.apply(genuine.to_vec(), 0));
            fs::write(path(ReportId::of(genuine)), bytes).unwrap();
        }
        let hostile = hostile(&listed, page_change.as_ref());
        let (result, _) =
            courier(hostile, home.path(), |server, stick, screen| pull::run(server, stick, screen.ui()));
        if let Err(error) = &result {
            prop_assert!(error.kind() != ErrorKind::Internal);
        }
        let broken = listed.values().any(|gift| matches!(gift, Gift::Broken));
        for entry in fs::read_dir(home.path().join("reports")).unwrap() {
            let (name, bytes) = {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
            };
            let genuine = name == format!("{}.age", ReportId::of(&bytes));
            // What lay there damaged may stay so if the server has nothing better.
            let untouched =
                before.keys().any(|number| name == format!("{}.age", ReportId::of(report(*number))));
            prop_assert!(genuine || untouched, "{}", name);
            tally.borrow_mut().note(if genuine { "whole" } else { "damaged before" });
        }
        for (number, gift) in &listed {
            let right = matches!(gift, Gift::Right);
            if right && !broken && page_change.is_none() {
                let there = fs::read(path(ReportId::of(report(*number)))).unwrap_or_default();
                prop_assert!(
                    there == report(*number),
                    "a genuine report is missing: {:?}",
                    result.as_ref().err().map(CommandError::id)
                );
            }
        }
        tally.borrow_mut().note(result.err().map_or("pulled", |error| error.id()));
        Ok(())
    });
    let tally = tally.into_inner();
    tally.print("pull", cases);
    outcome.unwrap();
    for seen in ["whole", "damaged before", "pulled", "err-refused", "err-unreachable", "err-answer"] {
        assert!(tally.count(seen) > 0, "{seen} never happened");
    }
}

fn hostile(listed: &BTreeMap<usize, Gift>, page_change: Option<&Change>) -> Hostile {
    let mut lines: Vec<(ReportId, usize)> =
        listed.keys().map(|number| (ReportId::of(report(*number)), report(*number).len())).collect();
    lines.sort_unstable();
    let page: String = lines.iter().map(|(id, len)| format!("{id} {len}\n")).collect();
    let page = match page_change {
        Some(change) => change.apply(page.into_bytes(), 0),
        None => page.into_bytes(),
    };
    let give = |(number, gift): (&usize, &Gift)| {
        let genuine = report(*number);
        let given = match gift {
            Gift::Right => Some(genuine.to_vec()),
            Gift::Other(other) => Some(report(*other).to_vec()),
            Gift::Changed(change) => Some(change.apply(genuine.to_vec(), 0)),
            Gift::Gone => None,
            Gift::Broken => return None,
        };
        Some((ReportId::of(genuine), given))
    };
    Hostile { page, gives: listed.iter().filter_map(give).collect(), got: Vec::new() }
}

/// What lies at a place of the outbox.
#[derive(Clone, Debug)]
enum Lies {
    Nothing,
    File(Vec<u8>),
    /// A link to a secret.
    Link,
}

const PLACES: [&str; 9] = [
    "card.bundle",
    "daerah/header.note",
    "daerah/body.bin",
    "daerah/ack.note",
    "pengawas/header.note",
    "pengawas/body.bin",
    "pengawas/ack.note",
    "catatan.txt",
    "daerah/rahasia.txt",
];

#[test]
fn a_hostile_stick_sends_nothing_but_the_named_files_in_their_order() {
    let cases = sized(300, 15_000);
    let mut runner = runner(cases);
    let tally = std::cell::RefCell::new(Tally::default());
    let lies = prop_oneof![
        2 => Just(Lies::Nothing),
        6 => prop::collection::vec(any::<u8>(), 1..60).prop_map(Lies::File),
        1 => Just(Lies::Link),
    ];
    let outcome = runner.run(&prop::collection::vec(lies, PLACES.len()), |lies| {
        let home = folder();
        let outbox = home.path().join("outbox");
        fs::create_dir_all(&outbox).unwrap();
        let secret = home.path().join("rahasia");
        fs::write(&secret, b"RAHASIA").unwrap();
        for (place, lies) in PLACES.iter().zip(&lies) {
            let path = outbox.join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match lies {
                Lies::Nothing => {}
                Lies::File(bytes) => fs::write(path, bytes).unwrap(),
                Lies::Link => symlink(&secret, path).unwrap(),
            }
        }
        let hostile = Hostile { page: Vec::new(), gives: BTreeMap::new(), got: Vec::new() };
        let (result, got) =
            courier(hostile, home.path(), |server, stick, screen| push::run(server, stick, screen.ui()));
        let got: Vec<(String, Vec<u8>)> = got
            .into_iter()
            .map(|request| (format!("{} {}", request.method, request.target), request.body))
            .collect();
        prop_assert_eq!(got, expected(&lies));
        tally.borrow_mut().note(result.err().map_or("pushed", |error| error.id()));
        Ok(())
    });
    let tally = tally.into_inner();
    tally.print("push", cases);
    outcome.unwrap();
    assert!(tally.count("pushed") > 0 && tally.count("err-push") > 0);
}

/// Says what must be sent: what lies at the named places as a file, an edition only whole.
fn expected(lies: &[Lies]) -> Vec<(String, Vec<u8>)> {
    let file = |place: usize| match &lies[place] {
        Lies::File(bytes) => Some(bytes.clone()),
        _ => None,
    };
    let mut sent = Vec::new();
    sent.extend(file(0).map(|card| ("PUT /contoh/card".to_owned(), card)));
    for (desk, place) in [("daerah", 1), ("pengawas", 4)] {
        if let (Some(header), Some(body)) = (file(place), file(place + 1)) {
            let frames = write_frames(&[&header, &body]).unwrap();
            sent.push((format!("POST /contoh/editions/{desk}"), frames));
        }
    }
    for place in [3, 6] {
        sent.extend(file(place).map(|note| ("POST /contoh/acknowledgements".to_owned(), note)));
    }
    sent
}
