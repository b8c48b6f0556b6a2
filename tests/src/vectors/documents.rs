//! Signed documents: cards and successions, editions, acknowledgements.

use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::card::{Card, write_bundle};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::ids::{AgencyId, Digest, ReportId};
use bisik_formats::keys::SigningKey;
use bisik_formats::succession::Succession;
use bisik_sealing::letter::{decoy_letter, seal_letter};
use serde_json::{Value, json};

use super::random::Recorded;
use super::world::{World, day, signing_key};
use super::{hex, sealed};

fn text(note: &[u8]) -> &str {
    std::str::from_utf8(note).unwrap()
}

/// Replaces the first occurrence, which must exist.
fn changed(note: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert!(text(note).contains(from), "{from}");
    text(note).replacen(from, to, 1).into_bytes()
}

pub(super) fn card(world: &World) -> Value {
    let (succession, signed) = (world.succession(), world.card(3).sign(&[&world.roots[0]]).unwrap());
    let by_second = world.card(4).sign(&[&world.roots[1]]).unwrap();
    let by_both = world.card(5).sign(&[&world.roots[0], &world.roots[1]]).unwrap();
    let accepted = |successions: &[&[u8]], card: &[u8]| {
        let notes: Vec<&str> = successions.iter().chain([&card]).map(|note| text(note)).collect();
        let bundle =
            write_bundle(&successions.iter().map(|note| note.to_vec()).collect::<Vec<_>>(), card).unwrap();
        let verified = bisik_formats::card::VerifiedCard::verify(&bundle, &world.agency).unwrap();
        json!({
            "notes": notes,
            "bundle_sha256": Digest::of(&bundle),
            "serial": verified.card().serial,
            "hash": verified.hash(),
            "roots": verified.roots().current(),
        })
    };
    let mut refused = refused_cards(world, &succession, &signed);
    refused.extend(refused_chains(world, &succession, &signed));
    json!({
        "agency": world.agency,
        "root_seeds": world.roots.each_ref().map(|root| hex(root.expose_seed())),
        "bundle": hex(&world.bundle()),
        "accepted": [
            accepted(&[&succession], &signed),
            accepted(&[&succession], &by_second),
            accepted(&[&succession], &by_both),
        ],
        "days": [
            { "day": "2025-12-31", "error": "not_yet" },
            { "day": "2026-01-01", "error": null },
            { "day": "2026-12-31", "error": null },
            { "day": "2027-01-01", "error": "expired" },
        ],
        "refused": refused,
        "refused_frames": [
            { "bundle": "", "error": "bundle.cut" },
            { "bundle": "000000", "error": "bundle.cut" },
            { "bundle": "0000000561", "error": "bundle.cut" },
            { "bundle": "ffffffff", "error": "bundle.too_long" },
        ],
    })
}

fn refused_card(name: &str, notes: &[&[u8]], agency: &AgencyId, error: &str) -> Value {
    let notes: Vec<&str> = notes.iter().map(|note| text(note)).collect();
    json!({ "name": name, "agency": agency, "notes": notes, "error": error })
}

/// Cards behind a good chain of root keys that are refused for themselves.
fn refused_cards(world: &World, succession: &[u8], card: &[u8]) -> Vec<Value> {
    let refused =
        |name: &str, card: &[u8], error: &str| refused_card(name, &[succession, card], &world.agency, error);
    let sign = |change: fn(&mut Card), signer: &SigningKey| {
        let mut card = world.card(3);
        change(&mut card);
        card.sign(&[signer]).unwrap()
    };
    let last_line = text(card).trim_end().rsplit('\n').next().unwrap();
    let twice = [card, last_line.as_bytes(), b"\n"].concat();
    let unsigned = text(card).split("\n\n").next().unwrap().as_bytes();
    let other_roots = sign(|card| card.roots.truncate(1), &world.roots[0]);
    let replaced = |from, to| changed(card, from, to);
    vec![
        refused("signed by a stranger", &sign(|_| {}, &signing_key(9)), "note.signature"),
        refused("changed content", &replaced("\"serial\":3", "\"serial\":4"), "note.signature"),
        refused("changed signature", &replaced("/root ", "/root A"), "note.malformed"),
        refused("signed twice by one key", &twice, "note.signature"),
        refused("another type", &replaced("card/1", "card/2"), "note.wrong_type"),
        refused("type of a succession", &replaced("card/1", "succession/1"), "note.wrong_type"),
        refused("desk on a card", &replaced("\n-\n", "\ninspektorat\n"), "note.wrong_desk"),
        refused("carriage returns", &replaced("\n-\n", "\n-\r\n"), "note.malformed"),
        refused("no signature", unsigned, "note.malformed"),
        refused("roots of another succession", &other_roots, "roots"),
    ]
}

/// A good card behind a chain of root keys that does not hold.
fn refused_chains(world: &World, succession: &[u8], card: &[u8]) -> Vec<Value> {
    let own = &world.agency;
    let stranger = signing_key(9);
    let other = AgencyId::from_first_root(&stranger.verify_key());
    let content = |number: u32, roots| Succession { number: number.into(), issued: day("2026-01-01"), roots };
    let (first, strange) = (world.roots[0].verify_key(), stranger.verify_key());
    let forged = content(1, vec![first, strange]).sign(own, &stranger, &world.roots[1]).unwrap();
    let gap = content(2, vec![first, strange]).sign(own, &world.roots[0], &stranger).unwrap();
    let unpinned = content(1, vec![strange]).sign(own, &world.roots[0], &stranger).unwrap();
    vec![
        refused_card("second root without succession", &[card], own, "roots"),
        refused_card("another agency pinned", &[succession, card], &other, "note.wrong_agency"),
        refused_card("succession by a stranger", &[&forged, card], own, "succession.note.signature"),
        refused_card("succession with a gap", &[&gap, card], own, "succession.gap"),
        refused_card("succession without the pinned key", &[&unpinned, card], own, "succession.pinned"),
        refused_card("succession twice", &[succession, succession, card], own, "succession.gap"),
    ]
}

pub(super) fn edition(world: &World) -> Value {
    let card = world.verified_card();
    let desk = &world.desks[0];
    let recipient = world.keys.identity.recipient();
    let letter =
        seal_letter(&sealed::letter_content(world), &recipient, &mut Recorded::new("letter")).unwrap();
    let thread = world.keys.signing.verify_key();
    let address =
        world.keys.letter_key.address(&world.agency, &desk.id, world.edition(), &world.salt(), &thread);
    let free = bisik_formats::ids::Address::from_bytes([0x80; 16]);
    let decoy = decoy_letter(&mut Recorded::new("decoy letter")).unwrap();
    let letter_hash = Digest::of(&letter);
    let places = vec![(free, decoy), (address, letter)];
    let body = write_body(places).unwrap();
    let header = EditionHeader {
        number: world.edition(),
        date: day("2026-03-04"),
        until: day("2026-03-13"),
        card_serial: card.card().serial,
        card_hash: card.hash(),
        recipient: desk.identity.recipient().to_text().unwrap(),
        letters: 2,
        letter_size: 8192,
        salt: world.salt(),
        body_hash: Digest::of(&body),
    };
    let note = header.sign(&world.agency, &desk.id, &desk.signing).unwrap();
    json!({
        "bundle": hex(&world.bundle()),
        "signing_seed": hex(desk.signing.expose_seed()),
        "note": text(&note),
        "hash": bisik_formats::edition::VerifiedHeader::verify(&note, &card).unwrap().hash(),
        "body": hex(&body),
        "receipt": *world.receipt.expose_text(),
        "address": address,
        "letter_sha256": letter_hash,
        "missing_address": "00000000000000000000000000000001",
        "days": [
            { "day": "2026-03-03", "error": "future" },
            { "day": "2026-03-04", "error": null },
            { "day": "2026-03-14", "error": null },
            { "day": "2026-03-15", "error": "stale" },
        ],
        "refused": refused_editions(world, &header, &note),
        "refused_bodies": [
            { "name": "another body", "flip_at": 20, "error": "body_hash" },
        ],
    })
}

fn refused_editions(world: &World, header: &EditionHeader, note: &[u8]) -> Vec<Value> {
    let [own, other] = &world.desks;
    let refused =
        |name: &str, note: Vec<u8>, error: &str| json!({ "name": name, "note": text(&note), "error": error });
    let sign = |change: fn(&mut EditionHeader)| {
        let mut header = header.clone();
        change(&mut header);
        header.sign(&world.agency, &own.id, &own.signing).unwrap()
    };
    let stranger = "asing".parse().unwrap();
    vec![
        refused("changed", changed(note, "\"letters\":2", "\"letters\":4"), "note.signature"),
        refused(
            "key of another desk",
            header.sign(&world.agency, &own.id, &other.signing).unwrap(),
            "note.signature",
        ),
        refused("name of another desk", changed(note, "\ninspektorat\n", "\nwalikota\n"), "note.signature"),
        refused("desk not on the card", header.sign(&world.agency, &stranger, &own.signing).unwrap(), "desk"),
        refused("no desk", changed(note, "\ninspektorat\n", "\n-\n"), "note.wrong_desk"),
        refused("another number of letters", sign(|header| header.letters = 4), "size"),
        refused("a later card", sign(|header| header.card_serial = 4.into()), "card_rolled_back"),
        refused("a forked card", sign(|header| header.card_hash = Digest::of(b"")), "card_rolled_back"),
        refused(
            "outside the period of the key",
            sign(|header| (header.date, header.until) = (day("2027-01-01"), day("2027-01-02"))),
            "note.signature",
        ),
    ]
}

pub(super) fn acknowledgement(world: &World) -> Value {
    let desk = &world.desks[0];
    let ids: Vec<ReportId> = [[1; 32], [0xff; 32], [0; 32]].map(ReportId::from_bytes).into();
    let note = Acknowledgement::new(desk.id.clone(), ids.clone()).unwrap();
    let note = note.sign(&world.agency, &desk.signing).unwrap();
    let [first, second, third] =
        [[0; 32], [1; 32], [0xff; 32]].map(|id| ReportId::from_bytes(id).to_string());
    let by = |content: String, signer: &SigningKey| {
        use bisik_formats::note::{Note, NoteType};
        Note::sign(NoteType::Acknowledgement, &world.agency, Some(&desk.id), &content, &[signer]).unwrap()
    };
    let refused = |name: &str, note: Vec<u8>, error: &str| json!({ "name": name, "note": text(&note), "day": "2026-03-04", "error": error });
    let own = &desk.signing;
    json!({
        "bundle": hex(&world.bundle()),
        "note": text(&note),
        "desk": desk.id,
        "ids": [first, second, third],
        "days": [
            { "day": "2025-12-31", "error": "note.signature" },
            { "day": "2026-01-01", "error": null },
            { "day": "2027-01-30", "error": null },
            { "day": "2027-01-31", "error": "note.signature" },
        ],
        "refused": [
            refused("not sorted", by(format!("{second}\n{first}"), own), "ids"),
            refused("repeated", by(format!("{first}\n{first}"), own), "ids"),
            refused("upper case", by(third.to_uppercase(), own), "ids"),
            refused("space", by(format!("{first} "), own), "ids"),
            refused("another desk's key", by(first.clone(), &world.desks[1].signing), "note.signature"),
            refused("changed", changed(&note, &first, &"02".repeat(32)), "note.signature"),
        ],
    })
}
