//! Sealed reports in, and what is refused before anything is stored.

use axum::body::Body;
use bisik_formats::ids::ReportId;
use bisik_formats::padding::TEXT_SIZE;
use bisik_formats::problem::ProblemCode;
use bytes::Bytes;
use http::{StatusCode, header};

use super::line;
use crate::testing::support::today;
use crate::testing::{Server, bytes, refused, report, text};

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
    server.app.store.finish_removals();
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

#[tokio::test(start_paused = true)]
async fn too_much_text_at_once_is_put_off() {
    let mut server = Server::with("off", "[limits]\ntext_memory_mib = 1");
    server.open_box().await;
    let mut held = Vec::new();
    for _ in 0..21 {
        held.push(server.app.gates.text().await.unwrap());
    }
    let sealed = server.world.text();
    refused(server.post(sealed.clone()).await, ProblemCode::Busy).await;
    drop(held);
    assert_eq!(server.post(sealed).await.status(), StatusCode::CREATED);
}

#[tokio::test(start_paused = true)]
async fn too_many_large_uploads_at_once_are_put_off() {
    let mut server = Server::with("off", "[limits]\nlarge_uploads = 1");
    server.open_box().await;
    let place = server.app.gates.large().await.unwrap();
    let (large, text) = (server.world.sealed(2, 1 << 20), server.world.text());
    refused(server.post(large.clone()).await, ProblemCode::Busy).await;
    assert_eq!(server.post(text).await.status(), StatusCode::CREATED);
    drop(place);
    assert_eq!(server.post(large).await.status(), StatusCode::CREATED);
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
