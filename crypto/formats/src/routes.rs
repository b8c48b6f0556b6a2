//! HTTP routes, shared by the server and its clients. `{path}` is the agency's path on this server.

use crate::day::EditionNumber;
use crate::ids::{DeskId, ReportId, is_slug};
use crate::upload::UploadId;

/// Public: the reporter's page of an agency.
pub const PAGE: &str = "/{path}/";
/// Public: leads to the page.
pub const AGENCY: &str = "/{path}";
/// Public: leads to the page of the only agency.
pub const ROOT: &str = "/";
/// Public: what the saved page needs, as links to save.
pub const FILES: &str = "/{path}/files";
/// Public: the card bundle.
pub const CARD: &str = "/{path}/card";
/// Public: the header notes of all desks, as frames in card order.
pub const HEADERS: &str = "/{path}/headers";
/// Public: the body of an edition; courier: header note and body as two frames.
pub const EDITION: &str = "/{path}/editions/{desk}/{number}";
/// Public: the proof-of-work challenge.
pub const CHALLENGE: &str = "/{path}/challenge";
/// Public: takes a sealed report; courier: lists sealed reports.
pub const REPORTS: &str = "/{path}/reports";
/// Public: begins a resumable upload of a sealed report.
pub const UPLOADS: &str = "/{path}/uploads";
/// Public: one resumable upload.
pub const UPLOAD: &str = "/{path}/uploads/{id}";
/// Courier: one sealed report.
pub const REPORT: &str = "/{path}/reports/{id}";
/// Courier: takes a new edition of a desk.
pub const EDITIONS: &str = "/{path}/editions/{desk}";
/// Courier: takes an acknowledgement.
pub const ACKNOWLEDGEMENTS: &str = "/{path}/acknowledgements";
/// Courier: counts of one agency.
pub const STATUS: &str = "/{path}/status";
/// Courier side, without a token: alarms for the operator.
pub const HEALTH: &str = "/healthz";

/// Tells whether `path` may be an agency's path: `[a-z0-9][a-z0-9-]{0,31}`.
pub fn is_agency_path(path: &str) -> bool {
    is_slug(path)
}

/// Addresses of one agency on one server, for clients.
#[derive(Debug, Clone)]
pub struct Routes {
    base: String,
}

impl Routes {
    /// Takes the address of the agency on the server, e.g. `http://abc.onion/kpk`, with or without a last slash.
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// Returns the address of the card bundle.
    pub fn card(&self) -> String {
        format!("{}/card", self.base)
    }

    /// Returns the address of the desks' header notes.
    pub fn headers(&self) -> String {
        format!("{}/headers", self.base)
    }

    /// Returns the address of an edition's body.
    pub fn edition(&self, desk: &DeskId, number: EditionNumber) -> String {
        format!("{}/editions/{desk}/{number}", self.base)
    }

    /// Returns the address of the challenge.
    pub fn challenge(&self) -> String {
        format!("{}/challenge", self.base)
    }

    /// Returns the address that takes and lists reports.
    pub fn reports(&self) -> String {
        format!("{}/reports", self.base)
    }

    /// Returns the address that begins resumable uploads.
    pub fn uploads(&self) -> String {
        format!("{}/uploads", self.base)
    }

    /// Returns the address of one resumable upload.
    pub fn upload(&self, id: UploadId) -> String {
        format!("{}/{id}", self.uploads())
    }

    /// Returns the id of an upload from the `Location` of its creation; the host and the way before it do not count.
    pub fn upload_of(location: &str) -> Option<UploadId> {
        location.rsplit_once("/uploads/")?.1.parse().ok()
    }

    /// Returns the courier's address of a page of the list of reports that begins after `after`.
    pub fn reports_after(&self, after: Option<ReportId>) -> String {
        after.map_or_else(|| self.reports(), |id| format!("{}?after={id}", self.reports()))
    }

    /// Returns the courier's address of one sealed report.
    pub fn report(&self, id: ReportId) -> String {
        format!("{}/{id}", self.reports())
    }

    /// Returns the courier's address that takes a desk's new edition.
    pub fn editions(&self, desk: &DeskId) -> String {
        format!("{}/editions/{desk}", self.base)
    }

    /// Returns the courier's address that takes acknowledgements.
    pub fn acknowledgements(&self) -> String {
        format!("{}/acknowledgements", self.base)
    }

    /// Returns the courier's address of the agency's counts.
    pub fn status(&self) -> String {
        format!("{}/status", self.base)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_match_the_route_patterns() {
        let routes = Routes::new("http://127.0.0.1:1/kpk/");
        let desk: DeskId = "pusat".parse().unwrap();
        let number: EditionNumber = "202611220".parse().unwrap();
        let fill = |pattern: &str| {
            let filled =
                pattern.replace("{path}", "kpk").replace("{desk}", "pusat").replace("{number}", "202611220");
            format!("http://127.0.0.1:1{filled}")
        };
        assert_eq!(routes.card(), fill(CARD));
        assert_eq!(routes.headers(), fill(HEADERS));
        assert_eq!(routes.edition(&desk, number), fill(EDITION));
        assert_eq!(routes.editions(&desk), fill(EDITIONS));
        assert_eq!(routes.challenge(), fill(CHALLENGE));
        assert_eq!(routes.reports(), fill(REPORTS));
        assert_eq!(routes.uploads(), fill(UPLOADS));
        let id = UploadId::from_bytes([0xa5; 16]);
        let upload = fill(UPLOAD).replace("{id}", &"a5".repeat(16));
        assert_eq!(routes.upload(id), upload);
        assert_eq!(Routes::upload_of(&upload), Some(id));
        assert_eq!(Routes::upload_of(&format!("{upload}/x")), None);
        assert_eq!(routes.acknowledgements(), fill(ACKNOWLEDGEMENTS));
        assert_eq!(routes.status(), fill(STATUS));
        assert!(is_agency_path("kpk") && !is_agency_path("../kpk"));
    }
}
