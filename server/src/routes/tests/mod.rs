//! Each route, and each bad input that a route refuses.

mod courier;
mod floods;
mod form;
mod page;
mod public;
mod reports;
mod uploads;

use bisik_formats::ids::ReportId;

/// Returns the line of a report in the courier's list.
pub(super) fn line(sealed: &[u8]) -> String {
    format!("{} {}\n", ReportId::of(sealed), sealed.len())
}
