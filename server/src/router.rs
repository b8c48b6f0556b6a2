//! Routers from the state: nothing here opens a socket or a file.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{get, head, post, put};
use bisik_formats::problem::ProblemCode;
use bisik_formats::routes::{
    ACKNOWLEDGEMENTS, AGENCY, CARD, CHALLENGE, EDITION, EDITIONS, FILES, HEADERS, HEALTH, PAGE, REPORT,
    REPORTS, ROOT, STATUS, UPLOAD, UPLOADS,
};
use http::{HeaderValue, header};

use crate::app::App;
use crate::refusal::{Refusal, finish};
use crate::routes;
use crate::routes::even;
use crate::routes::tus::speak;

/// Returns the routes for reporters.
pub fn public(app: Arc<App>) -> Router {
    let router = Router::new()
        .route(ROOT, get(routes::page::lead_from_root))
        .route(AGENCY, get(routes::page::lead))
        .route(PAGE, get(routes::page::get))
        .route(FILES, get(routes::files::get))
        .route(CARD, get(routes::card::get))
        .route(HEADERS, get(routes::headers::get))
        .route(EDITION, get(routes::editions::get))
        .route(CHALLENGE, get(routes::challenge::get))
        .route(REPORTS, post(routes::reports::post))
        .route(
            UPLOADS,
            post(routes::uploads::post).options(routes::uploads::options).route_layer(from_fn(speak)),
        )
        .route(
            UPLOAD,
            head(routes::offset::head)
                .patch(routes::piece::patch)
                .delete(routes::terminate::delete)
                .options(routes::uploads::options)
                .route_layer(from_fn(speak))
                .route_layer(from_fn(even::mark)),
        );
    // Around everything: also the text of a refusal is put together before the wait.
    complete(router, app).layer(from_fn(even::hold))
}

/// Returns the routes for reporters who come over the open network: the same, and browsers stay with TLS.
pub fn open(app: Arc<App>) -> Router {
    public(app).layer(map_response(|mut response: Response| async {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
        response
    }))
}

/// For this host only: the agency's other hosts are not this server's business.
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Returns the routes for couriers and the operator.
pub fn courier(app: Arc<App>) -> Router {
    let router = Router::new()
        .route(REPORTS, get(routes::list::get))
        .route(REPORT, get(routes::read::get))
        .route(EDITIONS, post(routes::publish::post))
        .route(ACKNOWLEDGEMENTS, post(routes::acknowledgements::post))
        .route(CARD, put(routes::put_card::put))
        .route(STATUS, get(routes::status::get))
        .route(HEALTH, get(routes::health::get));
    complete(router, app)
}

fn complete(router: Router<Arc<App>>, app: Arc<App>) -> Router {
    router
        .fallback(|| async { Refusal::new(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::new(ProblemCode::MethodNotAllowed) })
        .with_state(app)
        .layer(from_fn(finish))
}
