//! `status`: shows the server's counts.

use bisik_term::{CommandError, Ui};
use serde::Deserialize;

use crate::server::{Server, ServerError};

/// What the server counts. Members that this program does not know are passed over.
#[derive(Debug, Deserialize)]
struct Status {
    card_serial: Option<u64>,
    card_expires: Option<String>,
    reports: u64,
    bytes: u64,
    oldest: Option<String>,
    desks: Vec<DeskStatus>,
}

/// What the server knows about a desk.
#[derive(Debug, Deserialize)]
struct DeskStatus {
    desk: String,
    edition: Option<String>,
    until: Option<String>,
    acknowledged: Option<String>,
}

/// Shows the counts: as lines, or with `--json` as the server wrote them.
///
/// # Errors
/// Fails with the kinds of [`ServerError`].
pub fn run(server: &Server, ui: &Ui) -> Result<(), CommandError> {
    let document = server.status()?;
    if ui.wants_json() {
        return ui.json(&document);
    }
    let status: Status = serde_json::from_value(document).map_err(|_| ServerError::Malformed)?;
    ui.data(&lines(&status, ui).join("\n"))
}

fn lines(status: &Status, ui: &Ui) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match (status.card_serial, &status.card_expires) {
        (Some(serial), Some(expires)) => {
            ui.text("status-card", &[("serial", serial.into()), ("expires", expires.as_str().into())])
        }
        _ => ui.text("status-no-card", &[]),
    });
    lines.push(match &status.oldest {
        Some(oldest) => {
            let (reports, bytes) = (status.reports.into(), status.bytes.into());
            let oldest = oldest.as_str().into();
            ui.text("status-reports", &[("reports", reports), ("bytes", bytes), ("oldest", oldest)])
        }
        None => ui.text("status-no-reports", &[]),
    });
    for desk in &status.desks {
        let name = desk.desk.as_str();
        lines.push(match (desk.edition.as_deref(), desk.until.as_deref()) {
            (Some(edition), Some(until)) => ui.text(
                "status-desk",
                &[("desk", name.into()), ("edition", edition.into()), ("until", until.into())],
            ),
            _ => ui.text("status-desk-silent", &[("desk", name.into())]),
        });
        if let Some(day) = desk.acknowledged.as_deref() {
            lines.push(ui.text("status-acknowledged", &[("desk", name.into()), ("day", day.into())]));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use bisik_term::testing::Screen;
    use bisik_term::{Language, Messages};

    use super::*;
    use crate::LOADER;

    fn shown(document: serde_json::Value) -> Vec<String> {
        let screen = Screen::new(Messages::new(Language::English, &LOADER), "");
        lines(&serde_json::from_value(document).unwrap(), screen.ui())
    }

    #[test]
    fn shows_a_working_box() {
        let document = serde_json::json!({
            "card_serial": 3, "card_expires": "2027-11-01", "reports": 2, "bytes": 72000, "oldest": "2026-11-20",
            "desks": [
                {"desk": "spi", "edition": "202611220", "until": "2026-12-01", "acknowledged": "2026-11-21"},
                {"desk": "wali", "edition": null, "until": null, "acknowledged": null},
            ],
            "of_a_later_version": 1,
        });
        assert_eq!(
            shown(document),
            [
                "Card: number 3, valid until 2027-11-01.",
                "Reports: 2 (72000 bytes), the oldest of 2026-11-20.",
                "Desk spi: edition 202611220, until 2026-12-01.",
                "Desk spi: last acknowledgement on 2026-11-21.",
                "Desk wali: no edition that is valid.",
            ]
        );
    }

    #[test]
    fn shows_an_empty_box_and_escapes_what_the_server_says() {
        let document = serde_json::json!({
            "card_serial": null, "card_expires": null, "reports": 0, "bytes": 0, "oldest": null,
            "desks": [{"desk": "\u{1b}[2Jx\n", "edition": null, "until": null, "acknowledged": null}],
        });
        let lines = shown(document);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].contains("\\u{1b}[2Jx\\u{a}"));
    }
}
