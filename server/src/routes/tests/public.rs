//! What everybody sees, and what the operator sees.

use axum::body::Body;
use bisik_formats::bundle::read_frames;
use bisik_formats::problem::ProblemCode;
use http::{Request, StatusCode, header};

use crate::testing::{Server, bytes, refused, text};

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
