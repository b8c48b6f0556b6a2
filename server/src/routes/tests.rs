//! Each route, and each bad input that a route refuses.

use axum::body::Body;
use bisik_formats::bundle::read_frames;
use bisik_formats::card::write_bundle;
use bisik_formats::ids::ReportId;
use bisik_formats::note::{Note, NoteType};
use bisik_formats::padding::TEXT_SIZE;
use bisik_formats::problem::ProblemCode;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};

use crate::testing::support::{World, today};
use crate::testing::{Server, bytes, refused, report, text};

fn line(sealed: &[u8]) -> String {
    format!("{} {}\n", ReportId::of(sealed), sealed.len())
}

#[tokio::test]
async fn a_report_goes_from_the_reporter_to_the_courier() {
    let mut server = Server::open().await;
    let (one, other) = (server.world.text(), server.world.text());
    for sealed in [&one, &other, &one] {
        let response = server.post(sealed.clone()).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(bytes(response).await, "");
    }
    let mut lines = [line(&one), line(&other)];
    lines.sort();
    assert_eq!(server.list().await, lines.concat());
    let fetched = server.courier_get(&format!("/contoh/reports/{}", ReportId::of(&other))).await;
    assert_eq!(bytes(fetched).await, other);
    let after = format!("/contoh/reports?after={}", lines[0].split(' ').next().unwrap());
    assert_eq!(text(server.courier_get(&after).await).await, lines[1]);
    refused(server.courier_get("/contoh/reports?after=x").await, ProblemCode::BadRequest).await;
    let unknown = format!("/contoh/reports/{}", ReportId::of(b""));
    refused(server.courier_get(&unknown).await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn large_reports_are_streamed_both_ways() {
    let mut server = Server::open().await;
    let large = server.world.sealed(2, 3 << 20);
    assert_eq!(server.post(large.clone()).await.status(), StatusCode::CREATED);
    assert_eq!(server.post(large.clone()).await.status(), StatusCode::CREATED);
    assert_eq!(server.list().await, line(&large));
    let fetched = server.courier_get(&format!("/contoh/reports/{}", ReportId::of(&large))).await;
    assert_eq!(fetched.headers()[header::CONTENT_LENGTH], large.len().to_string());
    assert_eq!(bytes(fetched).await, large);
}

#[tokio::test]
async fn wrong_shapes_and_lengths_are_refused_and_nothing_is_stored() {
    let mut server = Server::open().await;
    let mut hostile = b"age-encryption.org/v1\n".to_vec();
    hostile.resize(100_000, b'-');
    let text = server.world.text();
    let unlisted = [text.clone(), vec![0]].concat();
    let other_desks = server.world.sealed(3, TEXT_SIZE);
    let too_large = server.world.sealed(2, 72 << 20);
    let mut no_stanzas = text.clone();
    no_stanzas[30] = b'*';
    refused(server.post(hostile).await, ProblemCode::ReportLength).await;
    refused(server.post(unlisted).await, ProblemCode::ReportLength).await;
    refused(server.post(Vec::new()).await, ProblemCode::ReportLength).await;
    refused(server.post(other_desks).await, ProblemCode::ReportLength).await;
    refused(server.post(too_large).await, ProblemCode::ReportTooLarge).await;
    refused(server.post(no_stanzas).await, ProblemCode::ReportShape).await;
    let mut long_header = b"age-encryption.org/v1\n-> mlkem768x25519 ".to_vec();
    long_header.resize(text.len(), b'A');
    refused(server.post(long_header).await, ProblemCode::ReportShape).await;
    // A listed length whose header is that of one desk more.
    let mut longer = server.world.sealed(3, TEXT_SIZE);
    longer.truncate(text.len());
    refused(server.post(longer).await, ProblemCode::ReportDesks).await;
    assert_eq!(server.list().await, "");
}

#[tokio::test]
async fn a_cut_upload_leaves_nothing() {
    let mut server = Server::open().await;
    for sealed in [server.world.text(), server.world.sealed(2, 1 << 20)] {
        for keep in [0, 100, 5000, sealed.len() - 1] {
            let body = Body::from(sealed[..keep].to_vec());
            let request = report(&sealed, 2).body(body).unwrap();
            refused(server.send(&server.public, request).await, ProblemCode::Truncated).await;
        }
    }
    assert_eq!(server.list().await, "");
    let staging = server.folder.join("reports/staging");
    assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
    let usage = server.app.store.usage(server.app.agency("contoh").unwrap().key, today().plus(1)).unwrap();
    assert_eq!((usage.reports, usage.bytes), (0, 0));
}

#[tokio::test]
async fn requests_must_be_complete() {
    let mut server = Server::open().await;
    let sealed = server.world.text();
    let without = |name: &str| {
        let mut request = report(&sealed, 2).body(Body::from(sealed.clone())).unwrap();
        request.headers_mut().remove(name);
        server.send(&server.public, request)
    };
    refused(without("content-length").await, ProblemCode::LengthRequired).await;
    refused(without("content-type").await, ProblemCode::MediaType).await;
    refused(without("bisik-pow").await, ProblemCode::ProofOfWork).await;
    refused(without("bisik-header-sha256").await, ProblemCode::ProofOfWork).await;
    let with = |name: &'static str, value: &'static str| {
        let mut request = report(&sealed, 2).body(Body::from(sealed.clone())).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        server.send(&server.public, request)
    };
    refused(with("content-length", "x").await, ProblemCode::BadRequest).await;
    refused(with("content-type", "text/plain").await, ProblemCode::MediaType).await;
    refused(with("content-encoding", "gzip").await, ProblemCode::MediaType).await;
    refused(with("bisik-pow", "00").await, ProblemCode::ProofOfWork).await;
    let other = "ab".repeat(32).leak();
    refused(with("bisik-header-sha256", other).await, ProblemCode::ProofOfWork).await;
    refused(with("transfer-encoding", "chunked").await, ProblemCode::LengthRequired).await;
    assert_eq!(server.list().await, "");
    assert_eq!(with("content-type", "Application/Octet-Stream; x=y").await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn full_quota_keeps_a_reserve_for_text() {
    let mut server = Server::open().await;
    for _ in 0..2 {
        let large = server.world.sealed(2, 32 << 20);
        assert_eq!(server.post(large).await.status(), StatusCode::CREATED);
    }
    // 100 MiB in all, 10 of them for text: a third does not fit, text does.
    let large = server.world.sealed(2, 32 << 20);
    refused(server.post(large).await, ProblemCode::Full).await;
    let text = server.world.text();
    assert_eq!(server.post(text).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn full_disk_is_507_and_reading_goes_on() {
    let more = "[disk]\nreserve_mib = 1000000000\nfloor_mib = 1000000000";
    let mut server = Server::with("off", more);
    server.open_box().await;
    let (text, large) = (server.world.text(), server.world.sealed(2, 1 << 20));
    refused(server.post(large).await, ProblemCode::Full).await;
    refused(server.post(text).await, ProblemCode::Full).await;
    assert_eq!(server.get("/contoh/card").await.status(), StatusCode::OK);
    let alarms: serde_json::Value =
        serde_json::from_str(&self::text(server.courier_get("/healthz").await).await).unwrap();
    assert_eq!(alarms["alarms"][0]["code"], "disk-low");
}

#[tokio::test]
async fn everybody_sees_the_same_card_headers_and_editions() {
    let mut server = Server::empty();
    refused(server.get("/contoh/card").await, ProblemCode::NoCard).await;
    refused(server.get("/contoh/headers").await, ProblemCode::NoCard).await;
    let text = server.world.text();
    refused(server.post(text).await, ProblemCode::NoCard).await;
    let bundle = server.world.bundle(1);
    assert_eq!(server.put_card(bundle.clone()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bytes(server.get("/contoh/card").await).await, bundle);
    assert_eq!(bytes(server.get("/contoh/headers").await).await, "");
    let (second, body) = server.world.edition(1, "202611220", 1);
    let framed = bisik_formats::bundle::write_frames(&[&second, &body]).unwrap();
    assert_eq!(server.publish(1, framed).await.status(), StatusCode::NO_CONTENT);
    let (first, _) = {
        let (header, body) = server.world.edition(0, "202611221", 1);
        let framed = bisik_formats::bundle::write_frames(&[&header, &body]).unwrap();
        assert_eq!(server.publish(0, framed).await.status(), StatusCode::NO_CONTENT);
        (header, body)
    };
    let headers = bytes(server.get("/contoh/headers").await).await;
    assert_eq!(read_frames(&headers, 8, 4096).unwrap(), [&first, &second]);
    assert_eq!(bytes(server.get("/contoh/editions/inspektorat/202611220").await).await, body);
    for path in ["pengawas/202611220", "lain/202611220", "inspektorat/x", "inspektorat/202611229"] {
        refused(server.get(&format!("/contoh/editions/{path}")).await, ProblemCode::NotFound).await;
    }
    refused(server.get("/lain/card").await, ProblemCode::NotFound).await;
    refused(server.get("/").await, ProblemCode::NotFound).await;
}

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
    let frame = |header: &[u8], body: &[u8]| bisik_formats::bundle::write_frames(&[header, body]).unwrap();
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

#[tokio::test]
async fn couriers_and_reporters_do_not_share_routes() {
    let server = Server::open().await;
    refused(server.get("/contoh/status").await, ProblemCode::NotFound).await;
    refused(server.get("/healthz").await, ProblemCode::NotFound).await;
    refused(server.get("/contoh/reports").await, ProblemCode::MethodNotAllowed).await;
    let put = Request::put("/contoh/card").body(Body::empty()).unwrap();
    refused(server.send(&server.public, put).await, ProblemCode::MethodNotAllowed).await;
    refused(server.courier_get("/contoh/challenge").await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn the_challenge_is_the_same_for_everybody_for_ten_minutes() {
    let server = Server::open().await;
    let first = text(server.get("/contoh/challenge").await).await;
    let parsed: bisik_formats::pow::Challenge = serde_json::from_str(&first).unwrap();
    assert_eq!(parsed.bits, 0);
    assert_eq!(text(server.get("/contoh/challenge").await).await, first);
    server.wait(600);
    assert_ne!(text(server.get("/contoh/challenge").await).await, first);
}

fn form(parts: &[(&str, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"r.age\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    Request::post("/contoh/reports")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .header(header::CONTENT_LENGTH, body.len())
        .header(header::ACCEPT_LANGUAGE, "en")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn the_plain_form_takes_sealed_files_of_every_size() {
    let mut server = Server::open().await;
    let (text, large) = (server.world.text(), server.world.sealed(2, 1 << 20));
    for sealed in [&text, &large] {
        let response = server.send(&server.public, form(&[("report", sealed)])).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let page = self::text(response).await;
        assert!(page.contains("The report is stored") && page.starts_with("<!doctype html>"), "{page}");
    }
    let mut lines = [line(&text), line(&large)];
    lines.sort();
    assert_eq!(server.list().await, lines.concat());
}

#[tokio::test]
async fn bad_forms_are_refused_with_a_page() {
    let mut server = Server::open().await;
    let sealed = server.world.text();
    let mut broken = sealed.clone();
    broken[3] = 0;
    let cases: [(Request<Body>, StatusCode); 6] = [
        (form(&[("laporan", &sealed)]), StatusCode::BAD_REQUEST),
        (form(&[("report", &sealed), ("x", b"y")]), StatusCode::BAD_REQUEST),
        (form(&[("report", &broken)]), StatusCode::UNPROCESSABLE_ENTITY),
        (form(&[("report", &sealed[..sealed.len() - 1])]), StatusCode::BAD_REQUEST),
        (form(&[("report", b"plain words")]), StatusCode::UNPROCESSABLE_ENTITY),
        (form(&[]), StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (number, (request, status)) in cases.into_iter().enumerate() {
        let response = server.send(&server.public, request).await;
        assert_eq!(response.status(), status, "{number}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(text(response).await.contains("<h1>"));
    }
    assert_eq!(server.list().await, "");
}

#[tokio::test]
async fn the_form_has_a_small_share_of_its_own() {
    let mut server = Server::with("off", "[limits]\nform_reports = 2");
    server.open_box().await;
    for expected in [StatusCode::CREATED, StatusCode::CREATED, StatusCode::TOO_MANY_REQUESTS] {
        let sealed = server.world.text();
        assert_eq!(server.send(&server.public, form(&[("report", &sealed)])).await.status(), expected);
    }
    let sealed = server.world.text();
    assert_eq!(server.post(sealed.clone()).await.status(), StatusCode::CREATED);
    server.wait(600);
    assert_eq!(server.send(&server.public, form(&[("report", &sealed)])).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn answers_carry_the_same_headers_and_nothing_that_tells_visitors_apart() {
    let mut server = Server::open().await;
    let sealed = server.world.text();
    let responses = [
        server.get("/contoh/card").await,
        server.get("/contoh/headers").await,
        server.get("/contoh/challenge").await,
        server.get("/contoh/editions/pengawas/202611220").await,
        server.get("/none").await,
        server.post(sealed).await,
        server.post(vec![0; 10]).await,
    ];
    for response in responses {
        let headers = response.headers();
        for name in ["cache-control", "content-security-policy", "referrer-policy", "x-content-type-options"]
        {
            assert!(headers.contains_key(name), "{name}");
        }
        for name in
            ["set-cookie", "etag", "last-modified", "server", "content-encoding", "vary", "date", "location"]
        {
            assert!(!headers.contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn problems_speak_the_readers_language() {
    let server = Server::open().await;
    let ask = |language: &'static str| {
        let request =
            Request::get("/x/card").header(header::ACCEPT_LANGUAGE, language).body(Body::empty()).unwrap();
        server.send(&server.public, request)
    };
    let english = text(ask("en-GB,en;q=0.9").await).await;
    assert!(english.contains("There is no such address"), "{english}");
    let indonesian = text(ask("fr").await).await;
    assert!(indonesian.contains("Alamat ini tidak ada"), "{indonesian}");
}

#[tokio::test]
async fn too_much_text_at_once_is_put_off() {
    let mut server = Server::with("off", "[limits]\ntext_memory_mib = 1");
    server.open_box().await;
    let mut held = server.app.memory.share();
    assert_eq!(held.grow((1 << 20) - 20_000), Ok(()));
    let sealed = server.world.text();
    refused(server.post(sealed.clone()).await, ProblemCode::Busy).await;
    drop(held);
    assert_eq!(server.post(sealed).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn too_many_large_uploads_at_once_are_put_off() {
    let mut server = Server::with("off", "[limits]\nlarge_uploads = 1");
    server.open_box().await;
    let place = std::sync::Arc::clone(&server.app.large).try_acquire_owned().unwrap();
    let (large, text) = (server.world.sealed(2, 1 << 20), server.world.text());
    refused(server.post(large.clone()).await, ProblemCode::Busy).await;
    assert_eq!(server.post(text).await.status(), StatusCode::CREATED);
    drop(place);
    assert_eq!(server.post(large).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn alarms_tell_what_the_operator_has_to_see_to() {
    let mut server = Server::empty();
    let codes = |text: String| {
        let health: serde_json::Value = serde_json::from_str(&text).unwrap();
        let alarms = health["alarms"].as_array().unwrap().clone();
        alarms.iter().map(|alarm| alarm["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let health = async |server: &Server| {
        let request = Request::get("/healthz").body(Body::empty()).unwrap();
        let response = server.send(&server.courier, request).await;
        let status = response.status();
        let codes = codes(text(response).await);
        assert_eq!(status == StatusCode::OK, codes.is_empty());
        codes
    };
    assert_eq!(health(&server).await, ["no-card"]);
    server.open_box().await;
    assert_eq!(health(&server).await, Vec::<String>::new());
    let sealed = server.world.text();
    assert_eq!(server.post(sealed).await.status(), StatusCode::CREATED);
    server.wait(10 * 86_400);
    assert_eq!(health(&server).await, ["desk-silent", "desk-silent"]);
    server.wait(36 * 86_400);
    assert_eq!(health(&server).await, ["desk-silent", "desk-silent", "reports-unacknowledged"]);
    crate::upkeep::maintain(&server.app).unwrap();
    assert_eq!(server.list().await.lines().count(), 1);
    server.wait(45 * 86_400);
    let done = crate::upkeep::maintain(&server.app).unwrap();
    assert_eq!((done.expired, done.rewritten, done.log_empty), (1, true, true));
    assert_eq!(server.list().await, "");
    server.wait(185 * 86_400);
    assert_eq!(health(&server).await, ["card-ends-soon", "desk-silent", "desk-silent"]);
    server.wait(30 * 86_400);
    assert_eq!(health(&server).await, ["card-ended", "desk-silent", "desk-silent"]);
}

#[tokio::test]
async fn a_body_beyond_its_length_is_refused() {
    let mut server = Server::open().await;
    let sealed = server.world.text();
    let body = Body::from(Bytes::from([sealed.clone(), vec![0]].concat()));
    let request = report(&sealed, 2).body(body).unwrap();
    refused(server.send(&server.public, request).await, ProblemCode::Truncated).await;
    assert_eq!(server.list().await, "");
}
