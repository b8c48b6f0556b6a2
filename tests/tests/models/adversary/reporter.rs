//! Against the reporter: what a malicious server must serve so that a letter is shown or a report sealed.

use std::collections::BTreeSet;
use std::time::Duration;

use bisik::env::Env;
use bisik::mailbox::Mailbox;
use bisik::network::Network;
use bisik::visit::{Errand, Outgoing, Verified, visit};
use bisik_formats::day::EditionNumber;
use bisik_formats::ids::{DeskId, Digest, RecipientText};
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use bisik_sealing::letter::Letter;
use bisik_sealing::report::Slot;
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::testing::Screen;
use bisik_term::{CommandError, ErrorKind, Language, Messages};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::hoard::{Change, Hoard, LAST, Pick, Tally, What, hoard, runner, serial_on, unframed};
use crate::documents::{DESKS, STANDS, day, seal};
use crate::sized;
use crate::wire::{Peer, Reply, Request, Wire};

/// What the server serves in one visit.
#[derive(Clone, Debug)]
struct Served {
    /// The day up to which the adversary has everything.
    now: i32,
    /// How far the reporter's clock is off.
    clock: i32,
    card: Pick,
    headers: Headers,
    bodies: [Pick; 2],
    challenge: Challenge,
    /// Who visits, and to which desks a report is to go.
    thread: usize,
    to: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
enum Headers {
    Right,
    These(Vec<(usize, Pick)>),
    Changed(Change),
}

#[derive(Clone, Debug)]
enum Challenge {
    Right,
    Bits(u32),
    Junk(Vec<u8>),
}

fn served() -> impl Strategy<Value = Served> {
    let headers = prop_oneof![
        8 => Just(Headers::Right),
        5 => prop::collection::vec((0usize..2, Pick::strategy()), 0..4).prop_map(Headers::These),
        1 => Change::strategy().prop_map(Headers::Changed),
    ];
    let challenge = prop_oneof![
        12 => Just(Challenge::Right),
        1 => prop::sample::select(vec![0, 3, 19, 64, 65_536]).prop_map(Challenge::Bits),
        1 => prop::collection::vec(any::<u8>(), 0..100).prop_map(Challenge::Junk),
    ];
    let clock = prop_oneof![8 => Just(0), 1 => -4i32..5, 1 => -40i32..60];
    let to = prop::sample::subsequence(vec![0usize, 1], 1..3).prop_map(BTreeSet::from_iter);
    let bodies = [Pick::strategy(), Pick::strategy()];
    let what = (0i32..40, clock, Pick::strategy(), headers, bodies, challenge, 0usize..2, to);
    what.prop_map(|(now, clock, card, headers, bodies, challenge, thread, to)| Served {
        now,
        clock,
        card,
        headers,
        bodies,
        challenge,
        thread,
        to,
    })
}

/// Returns what an honest server serves of a desk on a day.
fn right_header(desk: usize, now: i32) -> What {
    What::Header { agency: 0, desk, date: (now / 3 * 3).min(LAST) }
}

impl Served {
    fn card(&self) -> Vec<u8> {
        self.card.bytes(self.now, What::Card { agency: 0, serial: serial_on(self.now), fork: false })
    }

    fn headers(&self) -> Vec<u8> {
        let right = |desk: usize| hoard().bytes(right_header(desk, self.now)).unwrap().to_vec();
        let notes = match &self.headers {
            Headers::These(picks) => {
                picks.iter().map(|(desk, pick)| pick.bytes(self.now, right_header(*desk, self.now))).collect()
            }
            _ => vec![right(0), right(1)],
        };
        let frames: Vec<u8> = notes
            .iter()
            .flat_map(|note| [&u32::try_from(note.len()).unwrap().to_be_bytes()[..], note].concat())
            .collect();
        match &self.headers {
            Headers::Changed(change) => change.apply(frames, self.now),
            _ => frames,
        }
    }

    /// Returns what is served as the body of a desk's edition, if there is anything.
    fn body(&self, desk: usize, number: EditionNumber) -> Option<Vec<u8>> {
        let date = number.day().days_since(day(0));
        let right = What::Body { agency: 0, desk, date };
        match &self.bodies[desk] {
            Pick::Right => hoard().bytes(right).map(<[u8]>::to_vec),
            other => Some(other.bytes(self.now, right)),
        }
    }

    fn challenge(&self) -> Vec<u8> {
        let document =
            |bits: u32| format!(r#"{{"challenge":"{}","bits":{bits}}}"#, "5a".repeat(16)).into_bytes();
        match &self.challenge {
            Challenge::Right => document(0),
            Challenge::Bits(bits) => document(*bits),
            Challenge::Junk(bytes) => bytes.clone(),
        }
    }
}

/// The server.
struct Malicious {
    served: Served,
    gets: Vec<String>,
    posts: Vec<Vec<u8>>,
}

impl Peer for Malicious {
    fn answer(&mut self, request: Request) -> Option<Reply> {
        let route = request.target.strip_prefix("/contoh/")?.to_owned();
        if request.method == "POST" {
            let header = &request.body[..usize::try_from(header_len(2)).unwrap()];
            let said = ("bisik-header-sha256".to_owned(), Digest::of(header).to_string());
            assert!(request.headers.contains(&said));
            self.posts.push(request.body);
            return Some(Reply::empty(201));
        }
        self.gets.push(route.clone());
        let parts: Vec<&str> = route.split('/').collect();
        let body = match parts.as_slice() {
            ["card"] => self.served.card(),
            ["headers"] => self.served.headers(),
            ["challenge"] => self.served.challenge(),
            ["editions", desk, number] => {
                let desk = DESKS.iter().position(|id| id == desk).unwrap();
                match self.served.body(desk, number.parse().unwrap()) {
                    Some(body) => body,
                    None => return Some(Reply::problem(404, "not-found")),
                }
            }
            _ => panic!("{route}"),
        };
        Some(Reply::document(body))
    }
}

/// What a visit came to.
#[derive(PartialEq, Eq, Debug)]
enum Outcome {
    /// Nothing is shown and nothing sealed.
    Refused,
    /// The documents hold.
    Read {
        /// The letters: desk and day.
        letters: Vec<(usize, i32)>,
        /// The desk recipients to which the report is sealed, or none if one of them does not read.
        sealed: Option<Vec<(usize, String)>>,
        /// Whether the one upload reached the server.
        posted: bool,
    },
}

/// Says what must come of a visit: by heart, without verifying anything.
fn oracle(served: &Served, hoard: &Hoard) -> Outcome {
    let today = served.now + served.clock;
    let Some(What::Card { agency: 0, serial, fork }) = hoard.judge(&served.card()) else {
        return Outcome::Refused;
    };
    let frames = served.headers();
    let Some(notes) = unframed(&frames) else { return Outcome::Refused };
    let mut headers: Vec<(usize, i32)> = Vec::new();
    for note in notes {
        let Some(What::Header { agency: 0, desk, date }) = hoard.judge(note) else { return Outcome::Refused };
        // The second key of a desk is not on the first card.
        let foreign_key = date > 11 && serial == 1;
        let other_card = serial_on(date) > serial || (serial_on(date) == serial && fork);
        if foreign_key || other_card || headers.last().is_some_and(|(before, _)| *before >= desk) {
            return Outcome::Refused;
        }
        headers.push((desk, date));
    }
    let (issued, expires) = if serial == 2 { (10, 60) } else { (0, 25) };
    let newest = headers.iter().map(|(_, date)| *date).max().unwrap_or(i32::MIN);
    let dated = (issued..=expires).contains(&today) && today >= newest;
    let whole = headers.iter().all(|(desk, date)| {
        let right = hoard.bytes(What::Body { agency: 0, desk: *desk, date: *date });
        let number = EditionNumber::new(day(*date), 0).unwrap();
        served.body(*desk, number).as_deref() == right
    });
    if !dated || !whole {
        return Outcome::Refused;
    }
    let reads = |desk: &usize| headers.iter().find(|(id, date)| id == desk && today <= date + STANDS + 1);
    let recipient = |desk: &usize| {
        let (_, date) = reads(desk)?;
        let text = hoard.agencies[0].identity(*desk, date / 7).recipient().to_text().unwrap();
        Some((*desk, text.to_string()))
    };
    let sealed = served.to.iter().map(recipient).collect();
    let posted = match &served.challenge {
        Challenge::Right => true,
        Challenge::Bits(bits) => *bits <= 18,
        Challenge::Junk(_) => false,
    };
    Outcome::Read { letters: headers, sealed, posted }
}

/// A visit that reads and then writes.
struct ReadAndWrite<'a> {
    keys: &'a ThreadKeys,
    to: BTreeSet<DeskId>,
    sealed: Vec<u8>,
    seen: Option<Seen>,
}

/// The letters that were found, and the recipients of the report if it was sealed.
type Seen = (Vec<(usize, Letter)>, Option<Vec<(usize, String)>>);

fn number_of(desk: &DeskId) -> usize {
    DESKS.iter().position(|id| *id == desk.as_str()).unwrap()
}

impl Errand<StdRng> for ReadAndWrite<'_> {
    fn prepare(
        &mut self,
        visit: &Verified,
        env: &mut Env<'_, StdRng>,
    ) -> Result<Outgoing<'_, StdRng>, CommandError> {
        let mailbox = Mailbox::open(visit, self.keys);
        assert!(mailbox.broken.is_empty(), "a letter that does not hold passed as one of a genuine edition");
        let letters = mailbox.letters.into_iter().map(|(desk, letter)| (number_of(&desk), letter)).collect();
        self.seen = Some((letters, None));
        let slots = visit.desks().slots(&self.to, env.today)?;
        let mut recipients = Vec::new();
        for (desk, slot) in slots.iter().enumerate() {
            if let Slot::For(recipient) = slot {
                let text: RecipientText = recipient.to_text().unwrap();
                recipients.push((desk, text.to_string()));
            }
        }
        let agency = &hoard().agencies[0];
        let to: Vec<usize> = recipients.iter().map(|(desk, _)| *desk).collect();
        let content = agency.content(self.keys, &to, "Isi.", env.rng);
        let recipients_of = slots.each_ref_two();
        self.sealed = seal(&content, self.keys, recipients_of, env.rng);
        self.seen.as_mut().unwrap().1 = Some(recipients);
        Ok(Outgoing::Bytes(&self.sealed))
    }
}

/// The recipients of the two slots.
trait TwoSlots {
    fn each_ref_two(&self) -> [Option<&bisik_sealing::hybrid::Recipient>; 2];
}

impl TwoSlots for Vec<Slot> {
    fn each_ref_two(&self) -> [Option<&bisik_sealing::hybrid::Recipient>; 2] {
        [0, 1].map(|desk| match &self[desk] {
            Slot::For(recipient) => Some(&**recipient),
            Slot::LeftOut => None,
        })
    }
}

/// Makes the visit with the reporter's own code; returns what came of it and the error shown.
fn attack(served: &Served) -> (Outcome, Option<&'static str>) {
    let agency = &hoard().agencies[0];
    let keys = &agency.threads[served.thread];
    let wire = Wire::new(Malicious { served: served.clone(), gets: Vec::new(), posts: Vec::new() });
    let network = Network::over(&"http://127.0.0.1:1/contoh".parse().unwrap(), wire.agent());
    let screen = Screen::with_options(Messages::new(Language::English, bisik::messages()), "", true, true);
    let mut rng = StdRng::seed_from_u64(5);
    let pause = |_: Duration| {};
    let today = day(served.now + served.clock);
    let mut env = Env { ui: screen.ui(), today, rng: &mut rng, pause: &pause };
    let to = served.to.iter().map(|desk| DESKS[*desk].parse().unwrap()).collect();
    let mut errand = ReadAndWrite { keys, to, sealed: Vec::new(), seen: None };
    let done = visit(&network, &agency.id, &mut errand, &mut env);
    let error = done.as_ref().err().map(CommandError::id);
    if let Err(error) = &done {
        assert!(error.kind() != ErrorKind::Internal, "{}", error.id());
    }
    let (gets, posts) = wire.with(|server| (server.gets.clone(), std::mem::take(&mut server.posts)));
    let Some((letters, sealed)) = errand.seen else {
        assert!(done.is_err() && posts.is_empty(), "something was sent in a visit that was refused");
        assert!(!gets.iter().any(|route| route == "challenge"), "a refused visit went on");
        return (Outcome::Refused, error);
    };
    for (desk, letter) in &letters {
        let date = letter.edition.day().days_since(day(0));
        assert!(*letter == agency.letter(*desk, date, keys), "another letter than the desk wrote");
    }
    let letters =
        letters.iter().map(|(desk, letter)| (*desk, letter.edition.day().days_since(day(0)))).collect();
    let posted = !posts.is_empty();
    assert!(posts.len() <= 1 && posts.iter().all(|post| post.len() as u64 == sealed_len(2, TEXT_SIZE)));
    if let (Some(_), Some(post)) = (&sealed, posts.first()) {
        assert!(*post == errand.sealed, "another report was sent than was sealed");
    }
    assert_eq!(done.is_ok(), sealed.is_some() && posted);
    (Outcome::Read { letters, sealed, posted }, error)
}

#[test]
fn a_malicious_server_gets_only_genuine_current_documents_past_the_reporter() {
    let cases = sized(1_500, 60_000);
    let mut runner = runner(cases);
    let tally = std::cell::RefCell::new(Tally::default());
    let outcome = runner.run(&served(), |served| {
        let expected = oracle(&served, hoard());
        let (found, error) = attack(&served);
        prop_assert_eq!(&found, &expected, "error {:?}", error);
        let mut tally = tally.borrow_mut();
        match &found {
            Outcome::Refused => tally.note(format!("refused {}", error.unwrap_or_default())),
            Outcome::Read { sealed: Some(_), .. } => tally.note("sealed"),
            Outcome::Read { .. } => tally.note(format!("read {}", error.unwrap_or_default())),
        }
        Ok(())
    });
    let tally = tally.into_inner();
    tally.print("reporter", cases);
    outcome.unwrap();
    assert!(tally.count("sealed") > u64::from(cases) / 50, "the model never accepts");
    for refusal in ["err-card", "err-edition", "err-edition-body", "err-headers", "err-card-rolled-back"] {
        assert!(tally.count(&format!("refused {refusal}")) > 0, "{refusal} never happened");
    }
}
