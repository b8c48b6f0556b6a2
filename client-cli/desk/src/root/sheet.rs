//! The fingerprint sheet: what posters, letterheads and the gazette carry, as text and as a code to scan.

use bisik_formats::ids::AgencyId;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::{ECL, QRBuilder, QRCode};

/// The code could not be drawn, which no fingerprint can cause.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("the code could not be drawn")]
pub struct SheetError;

/// A fingerprint, ready to be printed.
pub struct FingerprintSheet {
    fingerprint: String,
    code: QRCode,
}

impl FingerprintSheet {
    /// Draws the fingerprint of an agency.
    ///
    /// # Errors
    ///
    /// [`SheetError`].
    pub fn new(agency: &AgencyId) -> Result<Self, SheetError> {
        let fingerprint = agency.fingerprint();
        // Upper-case letters, digits and dashes: the dense mode of the code.
        let code = QRBuilder::new(fingerprint.as_str()).ecl(ECL::Q).build().map_err(|_| SheetError)?;
        Ok(Self { fingerprint, code })
    }

    /// Returns the code for a terminal.
    pub fn terminal(&self) -> String {
        self.code.to_str()
    }

    /// Returns the code as SVG.
    pub fn svg(&self) -> String {
        SvgBuilder::default().to_str(&self.code)
    }

    /// Returns a page to print; `title` and `advice` are words of ours without markup.
    pub fn html(&self, language: &str, title: &str, advice: &str) -> String {
        let (fingerprint, svg) = (&self.fingerprint, self.svg());
        format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>\
             body{{font-family:sans-serif;text-align:center;margin:3rem}}svg{{width:9cm;height:9cm}}\
             p.f{{font:bold 1.6rem monospace;letter-spacing:.05em}}</style></head>\n\
             <body><h1>{title}</h1>\n{svg}\n<p class=\"f\">{fingerprint}</p>\n<p>{advice}</p></body></html>\n"
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bisik_formats::keys::SigningKey;
    use zeroize::Zeroizing;

    #[test]
    fn the_sheet_shows_the_fingerprint_in_every_form() {
        let key = SigningKey::from_seed(Zeroizing::new([1; 32])).unwrap();
        let agency = AgencyId::from_first_root(&key.verify_key());
        let sheet = FingerprintSheet::new(&agency).unwrap();
        let html = sheet.html("id", "Sidik", "Cocokkan.");
        assert!(html.contains(&agency.fingerprint()) && html.contains("<svg"), "{html}");
        assert!(sheet.terminal().lines().count() > 10);
    }
}
