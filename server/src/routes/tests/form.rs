//! The plain HTML form.

use axum::body::Body;
use http::{Request, StatusCode, header};

use super::line;
use crate::testing::{Server, text};

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

#[tokio::test(start_paused = true)]
async fn the_form_has_a_small_share_of_its_own() {
    let mut server = Server::with("off", "[limits]\nform_reports = 8");
    server.open_box().await;
    // What is no report takes nothing from the share.
    for _ in 0..8 {
        let junk = server.send(&server.public, form(&[("report", &[0; 40_000])])).await;
        assert_eq!(junk.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    for expected in [StatusCode::CREATED, StatusCode::CREATED, StatusCode::TOO_MANY_REQUESTS] {
        let sealed = server.world.text();
        assert_eq!(server.send(&server.public, form(&[("report", &sealed)])).await.status(), expected);
    }
    let sealed = server.world.text();
    assert_eq!(server.post(sealed.clone()).await.status(), StatusCode::CREATED);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert_eq!(server.send(&server.public, form(&[("report", &sealed)])).await.status(), StatusCode::CREATED);
}
