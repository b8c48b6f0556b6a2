//! The reporter's page: one built file for everybody, in which the agency's id is filled in and nothing else changes.

use std::io::Write;

use bisik_formats::ids::{AgencyId, Digest};
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use http::HeaderValue;

/// The page as it was built.
const BUILT: &str = include_str!("../../client-web/dist/page.html");
/// Where the agency's id belongs; as long as the id.
const PLACE: &str = "<data id=\"agency\" value=\"--------------------------------\"></data>";
/// What stands before the page's own policy, which names script and style by their hashes.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"";

/// The built page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The place of the agency's id is not there exactly once.
    #[error("the page has no place for the agency's id, or several")]
    Place,
    /// The page names no policy that can be sent.
    #[error("the page has no policy")]
    Policy,
    /// The page could not be compressed.
    #[error("the page cannot be compressed")]
    Compress(#[from] std::io::Error),
}

/// The page of one agency.
#[derive(Debug, Clone)]
pub struct Page {
    html: Bytes,
    gzip: Bytes,
    policy: HeaderValue,
    digest: Digest,
}

impl Page {
    /// Fills in the agency's id.
    ///
    /// # Errors
    /// When the built page is not of the expected form.
    pub fn new(agency: &AgencyId) -> Result<Self, PageError> {
        Self::fill(BUILT, agency)
    }

    fn fill(built: &str, agency: &AgencyId) -> Result<Self, PageError> {
        if built.matches(PLACE).count() != 1 || built.matches("id=\"agency\"").count() != 1 {
            return Err(PageError::Place);
        }
        let html = built.replace(PLACE, &format!("<data id=\"agency\" value=\"{agency}\"></data>"));
        let policy = policy(&html).ok_or(PageError::Policy)?;
        // No time and no name of a file in it: everybody gets the same bytes, whenever the server was started.
        let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        packer.write_all(html.as_bytes())?;
        let gzip = packer.finish()?.into();
        Ok(Self { gzip, policy, digest: Digest::of(html.as_bytes()), html: html.into() })
    }

    /// Returns the file, byte for byte as its hash is printed.
    pub fn html(&self) -> Bytes {
        self.html.clone()
    }

    /// Returns the same compressed by gzip.
    pub fn gzip(&self) -> Bytes {
        self.gzip.clone()
    }

    /// Returns the policy that is sent with the page: its own, and that nobody may frame it.
    pub fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }

    /// Returns the SHA-256 of the file, for the gazette.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Reads the policy out of the page and adds what cannot stand in a page.
fn policy(html: &str) -> Option<HeaderValue> {
    let mut parts = html.split(POLICY).skip(1);
    let (rules, _) = parts.next()?.split_once('"')?;
    let strict = parts.next().is_none() && rules.starts_with("default-src 'none'; script-src 'sha256-");
    let policy = format!("{rules}; frame-ancestors 'none'");
    if strict { HeaderValue::from_str(&policy).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn agency() -> AgencyId {
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ".parse().unwrap()
    }

    #[test]
    fn only_the_id_of_the_agency_is_filled_in() {
        let page = Page::new(&agency()).unwrap();
        let html = String::from_utf8(page.html().to_vec()).unwrap();
        let filled = PLACE.replace(&"-".repeat(32), &agency().to_string());
        assert_eq!(html.len(), BUILT.len());
        assert!(html.replace(&filled, PLACE) == BUILT && html != BUILT);
        assert_eq!(page.digest(), Digest::of(html.as_bytes()));
        let mut unpacked = String::new();
        GzDecoder::new(page.gzip().as_ref()).read_to_string(&mut unpacked).unwrap();
        assert!(unpacked == html);
    }

    #[test]
    fn the_policy_is_that_of_the_page() {
        let policy = Page::new(&agency()).unwrap().policy();
        let policy = policy.to_str().unwrap();
        let (own, frames) = policy.rsplit_once("; ").unwrap();
        assert!(BUILT.contains(&format!("{POLICY}{own}\">")));
        assert_eq!(frames, "frame-ancestors 'none'");
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn a_page_of_another_form_is_not_served() {
        let built = |place: &str, policy: &str| format!("{POLICY}{policy}\">{place}");
        let rules = "default-src 'none'; script-src 'sha256-x'";
        assert!(Page::fill(&built(PLACE, rules), &agency()).is_ok());
        let twice = format!("{PLACE}{PLACE}");
        for (place, policy) in [("", rules), (twice.as_str(), rules)] {
            assert!(matches!(Page::fill(&built(place, policy), &agency()), Err(PageError::Place)));
        }
        for policy in ["", "default-src 'self'", "default-src 'none'; script-src 'unsafe-inline'"] {
            assert!(matches!(Page::fill(&built(PLACE, policy), &agency()), Err(PageError::Policy)));
        }
    }
}
