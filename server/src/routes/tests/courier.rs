//! The courier's side: lists, editions, cards, acknowledgements.

use bisik_formats::bundle::{read_frames, write_frames};
use bisik_formats::card::write_bundle;
use bisik_formats::ids::ReportId;
use bisik_formats::keys::SigningKey;
use bisik_formats::note::{Note, NoteType};
use bisik_formats::padding::TEXT_SIZE;
use bisik_formats::problem::ProblemCode;
use http::{Method, Request, StatusCode, header};

use super::line;
use crate::testing::support::{World, today};
use crate::testing::{Server, bytes, refused, report, text};

#[tokio::test]
async fn editions_replace_each_other_and_never_roll_back() {
    let mut server = Server::open().await;
    let old = server.world.framed(0, "202611210", 1);
    let (next, after) = (server.world.framed(0, "202611221", 1), server.world.framed(0, "202611222", 1));
    let fork = server.world.framed(0, "202611221", 1);
    assert_eq!(server.publish(0, next.clone()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.publish(0, next.clone()).await.status(), StatusCode::NO_CONTENT);
    refused(server.publish(0, fork).await, ProblemCode::EditionOld).await;
    refused(server.publish(0, old).await, ProblemCode::EditionOld).await;
    assert_eq!(server.get("/contoh/editions/pengawas/202611220").await.status(), StatusCode::OK);
    assert_eq!(server.publish(0, after).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get("/contoh/editions/pengawas/202611221").await.status(), StatusCode::OK);
    refused(server.get("/contoh/editions/pengawas/202611220").await, ProblemCode::NotFound).await;
    refused(server.publish(0, next).await, ProblemCode::EditionOld).await;
}

#[tokio::test]
async fn bad_editions_are_refused() {
    let mut server = Server::open().await;
    let (header, body) = server.world.edition(0, "202611223", 1);
    let frame = |header: &[u8], body: &[u8]| write_frames(&[header, body]).unwrap();
    let mut flipped = body.clone();
    flipped[20] ^= 1;
    let wrong_type = String::from_utf8(header.clone()).unwrap().replacen("bisik/edition/1", "bisik/ack/1", 1);
    let signature = String::from_utf8(header.clone()).unwrap();
    let two_signatures = format!("{signature}{}\n", signature.lines().last().unwrap());
    let future = server.world.framed(0, "202612220", 1);
    let stale = server.world.framed(0, "202611010", 1);
    let newer_card = server.world.framed(0, "202611223", 2);
    let bad = [
        frame(&header, &flipped),
        frame(&header, &body[..body.len() - 1]),
        frame(wrong_type.as_bytes(), &body),
        frame(two_signatures.as_bytes(), &body),
        future,
        stale,
        newer_card,
    ];
    for framed in bad {
        refused(server.publish(0, framed).await, ProblemCode::EditionInvalid).await;
    }
    // Another desk's edition, an edition of a desk that is not on the card, and one of another agency.
    refused(server.publish(1, frame(&header, &body)).await, ProblemCode::EditionInvalid).await;
    let foreign = World::new(9).framed(0, "202611223", 1);
    refused(server.publish(0, foreign).await, ProblemCode::EditionInvalid).await;
    refused(server.publish(0, body.clone()).await, ProblemCode::BadRequest).await;
    refused(server.publish(0, vec![0; 100_000]).await, ProblemCode::ReportTooLarge).await;
    assert_eq!(server.publish(0, frame(&header, &body)).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn cards_rise_and_must_be_of_this_agency_today() {
    let server = Server::open().await;
    assert_eq!(server.put_card(server.world.bundle(3)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.put_card(server.world.bundle(3)).await.status(), StatusCode::NO_CONTENT);
    refused(server.put_card(server.world.bundle(2)).await, ProblemCode::CardOld).await;
    refused(server.put_card(server.world.bundle(1)).await, ProblemCode::CardOld).await;
    let mut other = World::new(1);
    other.letters = 4;
    refused(server.put_card(other.bundle(3)).await, ProblemCode::CardOld).await;
    refused(server.put_card(World::new(7).bundle(4)).await, ProblemCode::CardInvalid).await;
    other.expires = today().plus(-1);
    refused(server.put_card(other.bundle(4)).await, ProblemCode::CardInvalid).await;
    let card = server.world.card(4).sign(&[&server.world.root]).unwrap();
    let mut two = card.clone();
    two.extend_from_slice(card.rsplit(|byte| *byte == b'\n').nth(1).unwrap());
    two.push(b'\n');
    refused(server.put_card(write_bundle(&[], &two).unwrap()).await, ProblemCode::CardInvalid).await;
    refused(server.put_card(card).await, ProblemCode::CardInvalid).await;
    refused(server.put_card(vec![0; 300_000]).await, ProblemCode::ReportTooLarge).await;
    assert_eq!(bytes(server.get("/contoh/card").await).await, server.world.bundle(3));
    let cards: Vec<_> = server
        .lines
        .lock()
        .unwrap()
        .lines()
        .filter(|line| line.contains(" card: "))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        cards,
        [
            "2026-11-22 card: Card 1 is current for contoh now.",
            "2026-11-22 card: Card 3 is current for contoh now."
        ]
    );
}

#[tokio::test]
async fn a_desk_that_has_not_published_under_a_new_card_closes_no_other() {
    for larger in [true, false] {
        let mut server = Server::open().await;
        match larger {
            true => server.world.letters = 4,
            false => server.world.desks[0].1 = SigningKey::generate(&mut server.world.rng).unwrap(),
        }
        assert_eq!(server.put_card(server.world.bundle(2)).await.status(), StatusCode::NO_CONTENT);
        // What a reader could only refuse is not served; with a new key only the one desk is concerned.
        let count = |headers: &[u8]| read_frames(headers, 8, 4096).unwrap().len();
        let before = bytes(server.get("/contoh/headers").await).await;
        assert_eq!(count(&before), if larger { 0 } else { 1 });
        let (header, body) = server.world.edition(0, "202611221", 2);
        let framed = write_frames(&[&header, &body]).unwrap();
        assert_eq!(server.publish(0, framed).await.status(), StatusCode::NO_CONTENT);
        let after = bytes(server.get("/contoh/headers").await).await;
        assert_eq!(count(&after), if larger { 1 } else { 2 });
        assert_eq!(read_frames(&after, 8, 4096).unwrap()[0], header);
    }
}

#[tokio::test]
async fn a_new_number_of_desks_takes_old_reports_for_seven_days_more() {
    let mut server = Server::open().await;
    let early: Vec<_> = (0..3).map(|_| server.world.text()).collect();
    let gone = server.world.desks.pop().unwrap();
    assert_eq!(server.put_card(server.world.bundle(2)).await.status(), StatusCode::NO_CONTENT);
    let old = format!("/contoh/editions/{}/202611220", gone.0);
    refused(server.get(&old).await, ProblemCode::NotFound).await;
    let send_old = |sealed: &Vec<u8>| {
        let request = report(sealed, 2).body(sealed.clone().into()).unwrap();
        server.send(&server.public, request)
    };
    assert_eq!(send_old(&early[0]).await.status(), StatusCode::CREATED);
    let fresh = server.world.sealed(1, TEXT_SIZE);
    let request = report(&fresh, 1).body(fresh.clone().into()).unwrap();
    assert_eq!(server.send(&server.public, request).await.status(), StatusCode::CREATED);
    server.wait(7 * 86_400);
    let send_old = |sealed: &Vec<u8>| {
        let request = report(sealed, 2).body(sealed.clone().into()).unwrap();
        server.send(&server.public, request)
    };
    assert_eq!(send_old(&early[1]).await.status(), StatusCode::CREATED);
    server.wait(86_400);
    let late = report(&early[2], 2).body(early[2].clone().into()).unwrap();
    refused(server.send(&server.public, late).await, ProblemCode::ReportLength).await;
    assert_eq!(server.list().await.lines().count(), 3);
}

#[tokio::test]
async fn reports_go_when_every_desk_has_them() {
    let mut server = Server::open().await;
    let (one, other) = (server.world.text(), server.world.text());
    let large = server.world.sealed(2, 1 << 20);
    let ids: Vec<ReportId> = [&one, &other, &large].map(|sealed| ReportId::of(sealed)).into();
    for sealed in [&one, &other, &large] {
        assert_eq!(server.post(sealed.clone()).await.status(), StatusCode::CREATED);
    }
    let all = server.world.acknowledgement(0, &ids);
    assert_eq!(server.acknowledge(all.clone()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.acknowledge(all).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.list().await.lines().count(), 3);
    let unknown = ReportId::of(b"unknown");
    let two = server.world.acknowledgement(1, &[ids[0], ids[2], unknown]);
    assert_eq!(server.acknowledge(two).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.list().await, line(&other));
    let status: serde_json::Value =
        serde_json::from_str(&text(server.courier_get("/contoh/status").await).await).unwrap();
    assert_eq!(status["reports"], 1);
    assert_eq!(status["bytes"], other.len());
    assert_eq!(status["desks"][0]["acknowledged"], "2026-11-22");
    assert_eq!(status["desks"][1]["edition"], "202611220");
    let foreign = World::new(5).acknowledgement(0, &ids);
    refused(server.acknowledge(foreign).await, ProblemCode::AcknowledgementInvalid).await;
    let (desk, _) = &server.world.desks[0];
    let lines: String = ids[1].to_string();
    let key = &server.world.desks[1].1;
    let wrong_key =
        Note::sign(NoteType::Acknowledgement, &server.world.id, Some(desk), &lines, &[key]).unwrap();
    refused(server.acknowledge(wrong_key).await, ProblemCode::AcknowledgementInvalid).await;
    assert_eq!(server.list().await, line(&other));
}

#[tokio::test]
async fn the_courier_gets_finished_days_only() {
    let mut server = Server::with("day", "");
    server.open_box().await;
    let sealed = server.world.text();
    assert_eq!(server.post(sealed.clone()).await.status(), StatusCode::CREATED);
    let one = format!("/contoh/reports/{}", ReportId::of(&sealed));
    let reports = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["reports"].clone();
    assert_eq!(server.list().await, "");
    refused(server.courier_get(&one).await, ProblemCode::NotFound).await;
    assert_eq!(reports(&text(server.courier_get("/contoh/status").await).await), 0);
    server.wait(12 * 3600 - 1);
    assert_eq!(server.list().await, "");
    server.wait(1);
    assert_eq!(server.list().await, line(&sealed));
    assert_eq!(bytes(server.courier_get(&one).await).await, sealed);
    assert_eq!(reports(&text(server.courier_get("/contoh/status").await).await), 1);
}

#[tokio::test]
async fn couriers_need_the_token_of_their_agency() {
    let server = Server::open().await;
    let routes = [
        (Method::GET, "/contoh/reports".to_owned()),
        (Method::GET, format!("/contoh/reports/{}", ReportId::of(b""))),
        (Method::GET, "/contoh/status".to_owned()),
        (Method::GET, "/lain/status".to_owned()),
        (Method::POST, "/contoh/editions/pengawas".to_owned()),
        (Method::POST, "/contoh/acknowledgements".to_owned()),
        (Method::PUT, "/contoh/card".to_owned()),
    ];
    let other = World::new(4).token.expose_text();
    for (method, path) in routes {
        for value in [
            None,
            Some("Bearer x".to_owned()),
            Some(format!("Bearer {}", *other)),
            Some("Basic eA==".to_owned()),
        ] {
            let mut request =
                Request::builder().method(method.clone()).uri(&path).header(header::CONTENT_LENGTH, 1);
            if let Some(value) = value {
                request = request.header(header::AUTHORIZATION, value);
            }
            let response = server.send(&server.courier, request.body("x".into()).unwrap()).await;
            refused(response, ProblemCode::Unauthorized).await;
        }
    }
    refused(server.courier_get("/lain/status").await, ProblemCode::Unauthorized).await;
}
