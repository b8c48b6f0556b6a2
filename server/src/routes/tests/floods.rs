//! Work that is asked for, proofs that are used once, and what all senders share.

use axum::body::Body;
use axum::response::Response;
use bisik_formats::ids::ReportId;
use bisik_formats::pow::Challenge;
use bisik_formats::problem::ProblemCode;
use http::{HeaderValue, Method, Request, StatusCode, header};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::Instant;

use super::line;
use super::uploads::creation;
use crate::testing::support::header_digest;
use crate::testing::{Server, refused, report, text};

impl Server {
    async fn challenge(&self) -> Challenge {
        let document = text(self.get("/contoh/challenge").await).await;
        serde_json::from_str(&document).unwrap()
    }

    /// Puts a solution of a challenge into a request for this report.
    fn solve(challenge: Challenge, sealed: &[u8], mut request: Request<Body>) -> Request<Body> {
        let header = header_digest(sealed, 2).parse().unwrap();
        let nonce = challenge.solve(&header, &mut StdRng::seed_from_u64(1)).unwrap();
        let nonce = HeaderValue::from_str(&nonce.to_string()).unwrap();
        request.headers_mut().insert("bisik-pow", nonce);
        request
    }

    async fn post_solved(&self, challenge: Challenge, sealed: &[u8]) -> Response {
        let request = report(sealed, 2).body(sealed.to_vec().into()).unwrap();
        self.send(&self.public, Self::solve(challenge, sealed, request)).await
    }

    async fn begin_solved(&self, challenge: Challenge, sealed: &[u8]) -> Response {
        self.send(&self.public, Self::solve(challenge, sealed, creation(sealed))).await
    }
}

/// Returns other bytes under the same header.
fn other_body(sealed: &[u8]) -> Vec<u8> {
    let mut other = sealed.to_vec();
    *other.last_mut().unwrap() ^= 1;
    other
}

fn place(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::CREATED);
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_proof_is_taken_for_one_report_only() {
    let mut server = Server::with("off", "[limits]\nproof_bits = 12");
    server.open_box().await;
    let challenge = server.challenge().await;
    assert_eq!(challenge.bits, 12);
    for sealed in [server.world.text(), server.world.sealed(2, 48 << 10)] {
        let before = server.list().await;
        refused(server.post(sealed.clone()).await, ProblemCode::ProofOfWork).await;
        assert_eq!(server.list().await, before);
        for _ in 0..2 {
            assert_eq!(server.post_solved(challenge, &sealed).await.status(), StatusCode::CREATED);
        }
        let other = other_body(&sealed);
        assert_ne!(ReportId::of(&other), ReportId::of(&sealed));
        refused(server.post_solved(challenge, &other).await, ProblemCode::ProofOfWork).await;
        assert_eq!(server.list().await.lines().count(), before.lines().count() + 1);
    }
}

#[tokio::test]
async fn a_proof_begins_one_upload_which_is_found_again() {
    let mut server = Server::with("off", "[limits]\nproof_bits = 8");
    server.open_box().await;
    let challenge = server.challenge().await;
    let sealed = server.world.sealed(2, 1 << 20);
    refused(server.send(&server.public, creation(&sealed)).await, ProblemCode::ProofOfWork).await;
    let first = place(&server.begin_solved(challenge, &sealed).await);
    // The answer was lost: whoever asks again gets the same upload, not a second one.
    assert_eq!(place(&server.begin_solved(challenge, &sealed).await), first);
    server.upload(&first, &sealed[..1 << 20], 0).await;
    assert_eq!(place(&server.begin_solved(challenge, &sealed).await), first);
    // What has ended takes the use with it.
    assert_eq!(server.ask(Method::DELETE, &first).await.status(), StatusCode::NO_CONTENT);
    let second = place(&server.begin_solved(challenge, &sealed).await);
    assert_ne!(second, first);
    server.upload(&second, &sealed, 0).await;
    assert_eq!(server.list().await, line(&sealed));
    assert_eq!(place(&server.begin_solved(challenge, &sealed).await), second);
    assert_eq!(server.offset(&second).await, (sealed.len(), sealed.len()));
    refused(server.post_solved(challenge, &other_body(&sealed)).await, ProblemCode::ProofOfWork).await;
    assert_eq!(server.list().await, line(&sealed));
}

#[tokio::test]
async fn work_grows_with_what_comes_and_ends_with_it() {
    let mut server = Server::with("off", "[limits]\ncalm_reports = 1");
    server.open_box().await;
    let idle = server.challenge().await;
    assert_eq!(idle.bits, 0);
    for _ in 0..4 {
        let sealed = server.world.text();
        assert_eq!(server.post(sealed).await.status(), StatusCode::CREATED);
    }
    assert_eq!(server.challenge().await, idle);
    server.wait(600);
    let busy = server.challenge().await;
    assert_eq!(busy.bits, 3);
    // The challenge of the slot before holds, with the bits of then.
    let (one, other, third) = (server.world.text(), server.world.text(), server.world.text());
    assert_eq!(server.post_solved(idle, &one).await.status(), StatusCode::CREATED);
    server.wait(600);
    let later = server.challenge().await;
    assert_eq!(server.post_solved(busy, &other).await.status(), StatusCode::CREATED);
    assert_eq!(server.post_solved(later, &third).await.status(), StatusCode::CREATED);
    for _ in 0..4 {
        server.wait(600);
        server.challenge().await;
    }
    assert_eq!(server.challenge().await.bits, 0);
}

#[tokio::test(start_paused = true)]
async fn tiny_pieces_have_a_pace() {
    let mut server = Server::with("off", "[limits]\nsmall_pieces = 100");
    server.open_box().await;
    let sealed = server.world.sealed(2, 1 << 20);
    let address = server.begin(&sealed).await;
    let begun = Instant::now();
    for offset in 0..25 {
        let answer = server.piece(&address, offset, &sealed[offset..=offset]).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    let burst = begun.elapsed().as_secs();
    for offset in 25..29 {
        while server.piece(&address, offset, &sealed[offset..=offset]).await.status()
            != StatusCode::NO_CONTENT
        {}
    }
    // One every eight seconds after the burst; the clock here jumps over what nobody works in.
    assert!(begun.elapsed().as_secs() >= burst + 4 * 8 - 8, "{:?}", begun.elapsed());
    // Whole pieces and the last one are not concerned.
    server.upload(&address, &sealed, 29).await;
    assert_eq!(server.list().await, line(&sealed));
}
