//! The page and the page of files.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::response::Response;
use bisik_formats::ids::Digest;
use bisik_formats::problem::ProblemCode;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, StatusCode, header};

use crate::testing::{Server, bytes, refused, text};

async fn asked(server: &Server, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::get("/contoh/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(&server.public, request.body(Body::empty()).unwrap()).await
}

fn named(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn everybody_gets_the_same_page() {
    let server = Server::empty();
    let mut seen = BTreeSet::new();
    for agent in ["Mozilla/5.0 (Windows NT 10.0; rv:140.0)", "curl/8", "Opera Mini", ""] {
        for language in ["id", "en-US,en;q=0.5", "de"] {
            for cookie in ["", "a=b"] {
                let headers = [("user-agent", agent), ("accept-language", language), ("cookie", cookie)];
                let answer = asked(&server, &headers).await;
                assert_eq!(answer.status(), StatusCode::OK);
                let shown = format!("{:?}", answer.headers());
                seen.insert((shown, Digest::of(&bytes(answer).await).to_string()));
            }
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    let page = &server.app.agency("contoh").unwrap().page;
    assert_eq!(seen.first().unwrap().1, page.digest().to_string());
    for never in ["set-cookie", "etag", "server", "date", "last-modified"] {
        assert!(!seen.first().unwrap().0.contains(&format!("\"{never}\"")), "{never}");
    }
}

#[tokio::test]
async fn gzip_is_sent_where_it_is_taken() {
    let server = Server::empty();
    let plain = bytes(asked(&server, &[]).await).await;
    for (accepted, packed) in [
        ("gzip, deflate, br", true),
        ("deflate, GZIP;q=0.5", true),
        ("identity", false),
        ("gzip;q=0", false),
        ("gzip; q=0.0, br", false),
        ("xgzip", false),
    ] {
        let answer = asked(&server, &[("accept-encoding", accepted)]).await;
        let encoding = named(answer.headers(), "content-encoding");
        assert_eq!(encoding == "gzip", packed, "{accepted}");
        let body = bytes(answer).await;
        if packed {
            let mut unpacked = Vec::new();
            std::io::Read::read_to_end(&mut GzDecoder::new(body.as_ref()), &mut unpacked).unwrap();
            assert!(unpacked == plain, "{accepted}");
            assert!(body.len() * 2 < plain.len(), "{}", body.len());
        } else {
            assert!(body == plain, "{accepted}");
        }
    }
}

#[tokio::test]
async fn the_policy_of_the_page_is_sent_with_it() {
    let server = Server::empty();
    let answer = asked(&server, &[]).await;
    let headers = answer.headers().clone();
    let html = text(answer).await;
    let policy = named(&headers, "content-security-policy");
    let (own, frames) = policy.rsplit_once("; ").unwrap();
    assert!(html.contains(&format!("content=\"{own}\"")));
    assert_eq!(frames, "frame-ancestors 'none'");
    assert!(own.starts_with("default-src 'none'; script-src 'sha256-"), "{own}");
    assert!(!own.contains("unsafe") && !own.contains("blob:") && !own.contains('*'), "{own}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(named(&headers, name), value, "{name}");
    }
    assert!(named(&headers, "permissions-policy").contains("camera=()"));
    // Nothing else may run or frame anything.
    let files = server.get("/contoh/card").await;
    assert!(
        named(files.headers(), "content-security-policy").starts_with("default-src 'none'; base-uri 'none'")
    );
}

#[tokio::test]
async fn addresses_without_a_stroke_lead_to_the_page() {
    let server = Server::empty();
    for path in ["/", "/contoh"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(named(answer.headers(), header::LOCATION.as_str()), "/contoh/");
    }
    for path in ["/lain", "/lain/", "/lain/files", "//", "/contoh//"] {
        refused(server.get(path).await, ProblemCode::NotFound).await;
    }
}

#[tokio::test]
async fn with_several_agencies_the_root_leads_nowhere() {
    let other = "\n[[agency]]\npath = \"lain\"\nid = \"0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ\"\n";
    let server = Server::with("off", other);
    refused(server.get("/").await, ProblemCode::NotFound).await;
    let (one, another) = (text(server.get("/contoh/").await).await, text(server.get("/lain/").await).await);
    assert_ne!(one, another);
    assert!(another.contains("<data id=\"agency\" value=\"0123456789ABCDEFGHJKMNPQRSTVWXYZ\"></data>"));
}

#[tokio::test]
async fn all_that_the_saved_page_needs_can_be_saved() {
    refused(Server::empty().get("/contoh/files").await, ProblemCode::NoCard).await;
    let server = Server::open().await;
    let answer = server.get("/contoh/files").await;
    assert!(named(answer.headers(), "content-security-policy").starts_with("default-src 'none'"));
    let html = text(answer).await;
    let links: BTreeSet<&str> =
        html.split("<a href=\"").skip(1).map(|link| link.split('"').next().unwrap()).collect();
    let desks = server.world.desks.len();
    assert_eq!(links.len(), 3 + desks, "{links:?}");
    for link in links {
        let answer = server.get(&format!("/contoh/{}", link.trim_start_matches("./"))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{link}");
    }
    assert!(html.contains(&server.app.agency("contoh").unwrap().page.digest().to_string()));
    assert!(!html.contains("<script"));
}
