//! `GET /{path}/files`: what the saved page needs, as links to save. Plain HTML, in both languages for everybody.

use std::fmt::Write;

use axum::response::{IntoResponse, Response};
use bisik_formats::ids::Digest;
use http::{HeaderValue, header};

use super::AgencyPath;
use crate::language::Language;
use crate::published::Published;
use crate::refusal::Refusal;

/// Lists the page itself with its hash, the card, the headers and the current editions.
///
/// # Errors
/// When no card has been brought yet.
#[utoipa::path(
    get, path = "/{path}/files", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses(
        (status = 200, description = "Links to what the saved page needs", content_type = "text/html", body = String),
        (status = 503, description = "No card has been brought yet", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(AgencyPath(agency): AgencyPath) -> Result<Response, Refusal> {
    let published = agency.published();
    published.card()?;
    let html = list(&published, agency.page.digest());
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, html_type)], html).into_response())
}

/// Writes the list. Nothing foreign stands in it: desk ids and numbers are letters, digits and hyphens.
fn list(published: &Published, page: Digest) -> String {
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"id\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n",
    );
    let titles = Language::ALL.map(|language| language.text("files-title", &[]));
    let [first, _] = &titles;
    push(&mut html, &format!("<title>{first}</title>"));
    for (language, title) in Language::ALL.into_iter().zip(&titles) {
        let text = |id: &str| language.text(id, &[]);
        push(&mut html, &format!("<section lang=\"{}\">\n<h1>{title}</h1>", language.code()));
        push(&mut html, &format!("<p>{}</p>\n<ul>", text("files-what")));
        link(&mut html, "./", "layanan.html", &text("files-page"));
        link(&mut html, "card", "data-1.bin", &text("files-card"));
        link(&mut html, "headers", "data-2.bin", &text("files-headers"));
        let current = published.editions().iter().filter(|edition| edition.current);
        for (place, edition) in current.enumerate() {
            let (desk, number) = (edition.desk.as_str(), edition.number);
            let words = language.text("files-edition", &[("desk", desk.into())]);
            link(&mut html, &format!("editions/{desk}/{number}"), &format!("data-{}.bin", place + 3), &words);
        }
        push(&mut html, &format!("</ul>\n<p>{}<br><code>{page}</code></p>\n</section>", text("files-hash")));
    }
    html
}

fn link(html: &mut String, address: &str, name: &str, words: &str) {
    push(html, &format!("<li><a href=\"{address}\" download=\"{name}\">{words}</a></li>"));
}

fn push(html: &mut String, line: &str) {
    // Writing into a String never fails.
    let _written = writeln!(html, "{line}");
}
