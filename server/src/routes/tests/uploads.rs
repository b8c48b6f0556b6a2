//! Resumable uploads over HTTP.

use axum::body::Body;
use axum::response::Response;
use bisik_formats::ids::ReportId;
use bisik_formats::problem::ProblemCode;
use bisik_formats::routes::Routes;
use bisik_formats::upload::MAX_PIECE;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};

use super::line;
use crate::testing::support::{header_digest, today};
use crate::testing::{Server, bytes, refused};

/// Returns a request that begins an upload.
pub(super) fn creation(sealed: &[u8]) -> Request<Body> {
    Request::post("/contoh/uploads")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", sealed.len())
        .header(header::CONTENT_LENGTH, 0)
        .header("Bisik-Pow", "0000000000000000")
        .header("Bisik-Header-Sha256", header_digest(sealed, 2))
        .body(Body::empty())
        .unwrap()
}

/// Returns a request that carries a piece.
fn piece(address: &str, offset: usize, bytes: &[u8]) -> Request<Body> {
    Request::patch(address)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset)
        .header(header::CONTENT_TYPE, "application/offset+octet-stream")
        .header(header::CONTENT_LENGTH, bytes.len())
        .body(Bytes::copy_from_slice(bytes).into())
        .unwrap()
}

fn number(headers: &HeaderMap, name: &str) -> usize {
    headers[name].to_str().unwrap().parse().unwrap()
}

impl Server {
    pub(super) async fn begin(&self, sealed: &[u8]) -> String {
        let response = self.send(&self.public, creation(sealed)).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let expires = response.headers()["upload-expires"].to_str().unwrap();
        assert!(expires.ends_with(" 2026 00:00:00 GMT"), "{expires}");
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    pub(super) async fn piece(&self, address: &str, offset: usize, bytes: &[u8]) -> Response {
        self.send(&self.public, piece(address, offset, bytes)).await
    }

    pub(super) async fn ask(&self, method: Method, address: &str) -> Response {
        let request = Request::builder().method(method).uri(address).header("Tus-Resumable", "1.0.0");
        self.send(&self.public, request.body(Body::empty()).unwrap()).await
    }

    /// Sends the rest of an upload from an offset in pieces of full length.
    pub(super) async fn upload(&self, address: &str, sealed: &[u8], from: usize) {
        let mut offset = from;
        for part in sealed[from..].chunks(1 << 20) {
            let response = self.piece(address, offset, part).await;
            assert_eq!(response.status(), StatusCode::NO_CONTENT);
            offset += part.len();
            assert_eq!(number(response.headers(), "upload-offset"), offset);
        }
    }

    /// Returns offset and length that the server tells.
    pub(super) async fn offset(&self, address: &str) -> (usize, usize) {
        let response = self.ask(Method::HEAD, address).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(response.headers().contains_key("upload-expires"));
        (number(response.headers(), "upload-offset"), number(response.headers(), "upload-length"))
    }
}

#[tokio::test]
async fn an_upload_in_pieces_is_a_report_like_any_other() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 3 << 20);
    let address = server.begin(&sealed).await;
    assert!(Routes::upload_of(&address).is_some() && address.starts_with("/contoh/uploads/"), "{address}");
    assert_eq!(server.offset(&address).await, (0, sealed.len()));
    server.upload(&address, &sealed[..2 << 20], 0).await;
    assert_eq!(server.offset(&address).await, (2 << 20, sealed.len()));
    assert_eq!(server.list().await, "");
    server.upload(&address, &sealed, 2 << 20).await;
    assert_eq!(server.list().await, line(&sealed));
    let fetched = server.courier_get(&format!("/contoh/reports/{}", ReportId::of(&sealed))).await;
    assert_eq!(bytes(fetched).await, sealed);
    // What was stored stays told until its time is over.
    assert_eq!(server.offset(&address).await, (sealed.len(), sealed.len()));
    assert_eq!(server.piece(&address, sealed.len(), b"").await.status(), StatusCode::NO_CONTENT);
    refused(server.piece(&address, sealed.len(), b"x").await, ProblemCode::BadRequest).await;
    refused(server.piece(&address, 0, b"x").await, ProblemCode::UploadOffset).await;
    refused(server.ask(Method::DELETE, &address).await, ProblemCode::NotFound).await;
    server.wait(7 * 86_400);
    refused(server.piece(&address, sealed.len(), b"").await, ProblemCode::NotFound).await;
    // Sent once more, in pieces or whole, it is the same report.
    let again = server.begin(&sealed).await;
    assert_ne!(again, address);
    server.upload(&again, &sealed, 0).await;
    assert_eq!(server.post(sealed.clone()).await.status(), StatusCode::CREATED);
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn every_answer_speaks_the_one_version() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 1 << 20);
    let address = server.begin(&sealed).await;
    for path in ["/contoh/uploads", &address] {
        let request = Request::options(path).body(Body::empty()).unwrap();
        let response = server.send(&server.public, request).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(response.headers()["tus-version"], "1.0.0");
        assert_eq!(response.headers()["tus-extension"], "creation,expiration,termination");
        // 50 MiB of evidence and what is around it.
        assert_eq!(number(response.headers(), "tus-max-size"), server.world.sealed(2, 64 << 20).len());
    }
    let unknown = "/contoh/uploads/00000000000000000000000000000000";
    for response in [
        server.ask(Method::OPTIONS, "/contoh/uploads").await,
        server.ask(Method::HEAD, &address).await,
        server.ask(Method::HEAD, unknown).await,
        server.piece(&address, 1, b"x").await,
        server.send(&server.public, creation(&sealed)).await,
    ] {
        assert_eq!(response.headers()["tus-resumable"], "1.0.0");
    }
    for version in [None, Some("0.2.2"), Some("1.0.0, 0.2.2")] {
        for mut request in [creation(&sealed), piece(&address, 0, &sealed[..100])] {
            request.headers_mut().remove("tus-resumable");
            if let Some(version) = version {
                request.headers_mut().insert("tus-resumable", version.parse().unwrap());
            }
            let response = server.send(&server.public, request).await;
            assert_eq!(response.headers()["tus-version"], "1.0.0");
            refused(response, ProblemCode::TusVersion).await;
        }
    }
    assert_eq!(server.offset(&address).await.0, 0);
    refused(server.ask(Method::GET, &address).await, ProblemCode::MethodNotAllowed).await;
    refused(server.ask(Method::PUT, "/contoh/uploads").await, ProblemCode::MethodNotAllowed).await;
}

#[tokio::test]
async fn uploads_that_cannot_become_a_report_do_not_begin() {
    let mut server = Server::empty();
    let sealed = server.world.sealed(2, 1 << 20);
    refused(server.send(&server.public, creation(&sealed)).await, ProblemCode::NoCard).await;
    let options = Request::options("/contoh/uploads").body(Body::empty()).unwrap();
    refused(server.send(&server.public, options).await, ProblemCode::NoCard).await;
    server.open_box().await;
    let text = server.world.text().len();
    let with = |name: &'static str, value: &str| {
        let mut request = creation(&sealed);
        request.headers_mut().insert(name, value.parse().unwrap());
        server.send(&server.public, request)
    };
    refused(with("upload-length", &text.to_string()).await, ProblemCode::ReportLength).await;
    refused(with("upload-length", "1000000").await, ProblemCode::ReportLength).await;
    refused(with("upload-length", "0").await, ProblemCode::ReportLength).await;
    refused(with("upload-length", "999999999999999").await, ProblemCode::ReportTooLarge).await;
    refused(with("upload-length", "1e6").await, ProblemCode::BadRequest).await;
    refused(with("upload-defer-length", "1").await, ProblemCode::BadRequest).await;
    refused(with("upload-metadata", "filename cmFoYXNpYS5wZGY=").await, ProblemCode::BadRequest).await;
    refused(with("content-length", "5").await, ProblemCode::BadRequest).await;
    refused(with("bisik-pow", "x").await, ProblemCode::ProofOfWork).await;
    refused(with("bisik-header-sha256", "x").await, ProblemCode::ProofOfWork).await;
    let mut without = creation(&sealed);
    without.headers_mut().remove("upload-length");
    refused(server.send(&server.public, without).await, ProblemCode::BadRequest).await;
    let elsewhere = Request::post("/lain/uploads").header("Tus-Resumable", "1.0.0");
    let elsewhere = elsewhere.body(Body::empty()).unwrap();
    refused(server.send(&server.public, elsewhere).await, ProblemCode::NotFound).await;
    assert_eq!(files(&server), 0);
    // An empty header says nothing, and so does a missing length of no body.
    assert_eq!(with("upload-metadata", "").await.status(), StatusCode::CREATED);
    let mut bare = creation(&sealed);
    bare.headers_mut().remove("content-length");
    assert_eq!(server.send(&server.public, bare).await.status(), StatusCode::CREATED);
    assert_eq!(files(&server), 2);
}

/// Counts the files of unfinished uploads.
fn files(server: &Server) -> usize {
    server.app.store.finish_removals();
    let folders = std::fs::read_dir(server.folder.join("uploads")).unwrap();
    folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn pieces_that_do_not_fit_change_nothing() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 2 << 20);
    let address = server.begin(&sealed).await;
    server.upload(&address, &sealed[..500_000], 0).await;
    for offset in [0, 499_999, 500_001, sealed.len()] {
        refused(server.piece(&address, offset, &sealed[..100]).await, ProblemCode::UploadOffset).await;
    }
    let large = vec![0; usize::try_from(MAX_PIECE).unwrap() + 1];
    refused(server.piece(&address, 500_000, &large).await, ProblemCode::ReportTooLarge).await;
    server.upload(&address, &sealed[..2 << 20], 500_000).await;
    let beyond = [&sealed[2 << 20..], &[0]].concat();
    refused(server.piece(&address, 2 << 20, &beyond).await, ProblemCode::BadRequest).await;
    let with = |name: &'static str, value: &'static str| {
        let mut request = piece(&address, 2 << 20, &sealed[2 << 20..]);
        request.headers_mut().remove(name);
        if !value.is_empty() {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        server.send(&server.public, request)
    };
    refused(with("content-type", "").await, ProblemCode::MediaType).await;
    refused(with("content-type", "application/octet-stream").await, ProblemCode::MediaType).await;
    refused(with("content-encoding", "gzip").await, ProblemCode::MediaType).await;
    refused(with("content-length", "").await, ProblemCode::LengthRequired).await;
    refused(with("transfer-encoding", "chunked").await, ProblemCode::LengthRequired).await;
    refused(with("upload-offset", "").await, ProblemCode::BadRequest).await;
    refused(with("upload-offset", "-1").await, ProblemCode::BadRequest).await;
    for unknown in ["00000000000000000000000000000000", "x", "0000000000000000000000000000000A"] {
        let unknown = format!("/contoh/uploads/{unknown}");
        refused(server.piece(&unknown, 0, b"x").await, ProblemCode::NotFound).await;
    }
    assert_eq!(server.offset(&address).await.0, 2 << 20);
    server.upload(&address, &sealed, 2 << 20).await;
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn of_a_cut_piece_what_arrived_is_kept() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 1 << 20);
    let address = server.begin(&sealed).await;
    let mut offset = 0;
    // Cut inside the header, at its end, within a block, and one byte before the end of the upload.
    for end in [1000, 3184, 300_000, sealed.len() - 1] {
        let mut request = piece(&address, offset, &sealed[offset..end]);
        let declared = (1 << 20).min(sealed.len() - offset);
        request.headers_mut().insert(header::CONTENT_LENGTH, declared.into());
        refused(server.send(&server.public, request).await, ProblemCode::Truncated).await;
        assert_eq!(server.offset(&address).await.0, end);
        offset = end;
    }
    server.upload(&address, &sealed, offset).await;
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn a_bad_header_ends_an_upload_as_soon_as_it_is_there() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 2 << 20);
    let mut broken = sealed.clone();
    broken[1700] = b'*';
    let mut other = sealed.clone();
    other[100] = if other[100] == b'A' { b'B' } else { b'A' };
    let mut desks = server.world.sealed(3, 2 << 20);
    desks.truncate(sealed.len());
    let cases = [
        (broken, ProblemCode::ReportShape),
        (other, ProblemCode::ProofOfWork),
        (desks, ProblemCode::ReportShape),
    ];
    for (bad, code) in cases {
        let address = server.begin(&sealed).await;
        // Not before the header is complete, however small the pieces are, and not a byte later.
        for (offset, end) in [(0, 1600), (1600, 3183)] {
            assert_eq!(server.piece(&address, offset, &bad[offset..end]).await.status(), 204);
        }
        refused(server.piece(&address, 3183, &bad[3183..3184]).await, code).await;
        refused(server.piece(&address, 3184, b"x").await, ProblemCode::NotFound).await;
        assert_eq!(files(&server), 0);
    }
    let address = server.begin(&sealed).await;
    server.upload(&address, &sealed, 0).await;
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn unfinished_uploads_end_with_their_day_or_when_the_sender_says_so() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 1 << 20);
    let (dropped, ended) = (server.begin(&sealed).await, server.begin(&sealed).await);
    server.upload(&dropped, &sealed[..100_000], 0).await;
    server.upload(&ended, &sealed[..100_000], 0).await;
    assert_eq!(server.ask(Method::DELETE, &ended).await.status(), StatusCode::NO_CONTENT);
    refused(server.ask(Method::DELETE, &ended).await, ProblemCode::NotFound).await;
    assert_eq!(files(&server), 1);
    server.wait(6 * 86_400);
    crate::upkeep::maintain(&server.app).unwrap();
    assert_eq!(server.offset(&dropped).await.0, 100_000);
    server.wait(86_400);
    refused(server.piece(&dropped, 100_000, b"x").await, ProblemCode::NotFound).await;
    assert_eq!(server.ask(Method::HEAD, &dropped).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(crate::upkeep::maintain(&server.app).unwrap().uploads, 1);
    assert_eq!(files(&server), 0);
    let late = server.send(&server.public, creation(&sealed)).await;
    assert_eq!(late.status(), StatusCode::CREATED);
    server.wait(7 * 86_400);
    crate::upkeep::reconcile(&server.app).unwrap();
    assert_eq!(files(&server), 0);
}

#[tokio::test]
async fn room_is_set_aside_as_an_upload_comes() {
    let mut server = Server::with("off", "[limits]\nopen_uploads = 3\nlarge_uploads = 1");
    server.open_box().await;
    let large = server.world.sealed(2, 40 << 20);
    let unlisted = creation(&large);
    refused(server.send(&server.public, unlisted).await, ProblemCode::ReportLength).await;
    let large = server.world.sealed(2, 48 << 20);
    let one = server.begin(&large).await;
    let other = server.begin(&large).await;
    server.upload(&one, &large[..7 << 20], 0).await;
    assert_eq!(server.offset(&one).await.0, 7 << 20);
    server.upload(&one, &large[..8 << 20], 7 << 20).await;
    // 100 MiB in all, 10 of them for text: no third begins, and what has begun without a byte gives no claim.
    refused(server.send(&server.public, creation(&large)).await, ProblemCode::Full).await;
    refused(server.post(large.clone()).await, ProblemCode::Full).await;
    let text = server.world.text();
    assert_eq!(server.post(text).await.status(), StatusCode::CREATED);
    assert_eq!(server.ask(Method::DELETE, &one).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.post(large.clone()).await.status(), StatusCode::CREATED);
    server.upload(&other, &large[..1 << 20], 0).await;
    let small = server.world.sealed(2, 48 << 10);
    for _ in 0..2 {
        let address = server.begin(&small).await;
        server.upload(&address, &small[..100], 0).await;
    }
    let usage = server.app.store.usage(server.app.agency("contoh").unwrap().key, today().plus(1)).unwrap();
    assert_eq!(usage.reports, 2);
}

#[tokio::test(start_paused = true)]
async fn few_pieces_arrive_at_the_same_time() {
    let mut server = Server::with("off", "[limits]\nlarge_uploads = 1");
    server.open_box().await;
    let sealed = server.world.sealed(2, 48 << 10);
    let address = server.begin(&sealed).await;
    let place = server.app.gates.large().await.unwrap();
    refused(server.piece(&address, 0, &sealed).await, ProblemCode::Busy).await;
    assert_eq!(server.offset(&address).await.0, 0);
    drop(place);
    server.upload(&address, &sealed, 0).await;
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn a_second_writer_waits_and_a_question_ends_the_first() {
    let mut server = Server::open().await;
    let sealed = server.world.sealed(2, 1 << 20);
    let address = server.begin(&sealed).await;
    // The first sender sends half a piece and is then heard of no more.
    let (heard, half) = tokio::sync::oneshot::channel();
    let start = Bytes::copy_from_slice(&sealed[..400_000]);
    let body = futures_util::stream::unfold(Some((start, heard)), |state| async move {
        let Some((start, heard)) = state else { return std::future::pending().await };
        heard.send(()).unwrap();
        Some((Ok::<_, std::io::Error>(start), None))
    });
    let mut request = piece(&address, 0, &sealed[..1 << 20]);
    *request.body_mut() = Body::from_stream(body);
    let (public, second) = (server.public.clone(), server.public.clone());
    let first = tokio::spawn(async move { tower::ServiceExt::oneshot(public, request).await.unwrap() });
    half.await.unwrap();
    let answer = tower::ServiceExt::oneshot(second, piece(&address, 0, &sealed[..100])).await.unwrap();
    assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
    refused(answer, ProblemCode::UploadLocked).await;
    assert_eq!(server.offset(&address).await.0, 400_000);
    refused(first.await.unwrap(), ProblemCode::Timeout).await;
    server.upload(&address, &sealed, 400_000).await;
    assert_eq!(server.list().await, line(&sealed));
}
