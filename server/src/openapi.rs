//! The OpenAPI description, generated from the routes.

use serde::Serialize;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::routes;

/// Returns the description as JSON.
///
/// # Errors
/// Never in fact: the description is data of the program.
pub fn json() -> Result<String, serde_json::Error> {
    Description::openapi().to_pretty_json().map(|text| text + "\n")
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bisik server",
        description = "Public side: card, editions, sealed reports, also in pieces (tus 1.0.0). Courier side, on its own listener: sealed reports out, \
                       editions, acknowledgements and cards in. Refusals are problem documents (RFC 9457)."
    ),
    servers((url = "/")),
    paths(
        routes::page::get,
        routes::files::get,
        routes::card::get,
        routes::headers::get,
        routes::editions::get,
        routes::challenge::get,
        routes::reports::post,
        routes::uploads::options,
        routes::uploads::post,
        routes::offset::head,
        routes::piece::patch,
        routes::terminate::delete,
        routes::list::get,
        routes::read::get,
        routes::publish::post,
        routes::acknowledgements::post,
        routes::put_card::put,
        routes::status::get,
        routes::health::get,
    ),
    modifiers(&Token, &Bytes, &Unknown),
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("64 hex digits").build();
        openapi.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// Bodies of bytes: described as such, not as lists of numbers.
struct Bytes;

impl Modify for Bytes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for item in openapi.paths.paths.values_mut() {
            let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch];
            for operation in methods.into_iter().flatten() {
                if let Some(RefOr::T(body)) = &mut operation.request_body {
                    let bodies = body.content.iter_mut();
                    bodies.for_each(|(media_type, content)| describe_bytes(media_type, content));
                }
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        let bodies = response.content.iter_mut();
                        bodies.for_each(|(media_type, content)| describe_bytes(media_type, content));
                    }
                }
            }
        }
    }
}

fn describe_bytes(media_type: &str, content: &mut RefOr<Content>) {
    if let (RefOr::T(content), true) = (content, media_type.ends_with("octet-stream")) {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build();
        content.schema = Some(RefOr::T(bytes.into()));
    }
}

/// Whatever is asked, the path may name nothing.
struct Unknown;

impl Modify for Unknown {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let problem = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(problem)).build();
        let unknown = ResponseBuilder::new()
            .description("No such agency, desk or document")
            .content("application/problem+json", content)
            .build();
        for (_, item) in openapi.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/{path}")) {
            let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.options];
            for operation in methods.into_iter().flatten() {
                let responses = &mut operation.responses.responses;
                responses.entry("404".to_owned()).or_insert_with(|| unknown.clone().into());
            }
        }
    }
}

/// A refusal (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:bisik:problem:` and a stable code.
    pub r#type: String,
    /// What is wrong, in the reader's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do now.
    pub detail: String,
}

/// The proof-of-work challenge.
#[derive(Serialize, ToSchema)]
#[schema(as = Challenge)]
pub struct ChallengeDocument {
    /// 32 hex digits, the same for everybody for ten minutes.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub challenge: String,
    /// Leading zero bits asked for.
    #[schema(minimum = 0, maximum = 18)]
    pub bits: u8,
}

/// The plain HTML form.
#[derive(Serialize, ToSchema)]
pub struct ReportForm {
    /// The sealed file.
    #[schema(value_type = String, format = Binary)]
    pub report: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_is_the_one_of_the_code() {
        let committed = include_str!("../../docs/openapi.json");
        assert_eq!(
            committed,
            json().unwrap(),
            "run: cargo run -p bisik-server -- openapi > docs/openapi.json"
        );
    }
}
