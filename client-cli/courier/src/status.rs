//! `status`: shows the server's counts.

use bisik_term::{CommandError, Ui, escape};
use serde_json::Value;

use crate::server::Server;

/// Shows the counts: as lines of name and value, or with `--json` as the server wrote them.
///
/// # Errors
/// Fails with the kinds of [`crate::server::ServerError`].
pub fn run(server: &Server, ui: &Ui) -> Result<(), CommandError> {
    let status = server.status()?;
    if ui.wants_json() {
        return ui.json(&status);
    }
    for (name, value) in lines(&status) {
        ui.data(&format!("{name}: {}", escape::foreign(&value)))?;
    }
    Ok(())
}

/// Lists the values of a document with their places in it, e.g. `reports.waiting`.
fn lines(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", document, &mut found);
    found
}

fn collect(place: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        let name = escape::foreign(name);
        if place.is_empty() { name } else { format!("{place}.{name}") }
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(&below(name), member, found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| collect(&below(&(n + 1).to_string()), item, found));
        }
        Value::String(text) => found.push((place.to_owned(), text.clone())),
        other => found.push((place.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_value_by_its_place() {
        let document = serde_json::json!({"reports": {"waiting": 3}, "desks": [{"id": "spi"}], "card": null});
        let text: Vec<String> =
            lines(&document).iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(text, ["card=null", "desks.1.id=spi", "reports.waiting=3"]);
    }

    #[test]
    fn foreign_names_are_escaped() {
        let document = serde_json::json!({"a\u{1b}[2J\nb": 1});
        assert_eq!(lines(&document)[0].0, "a\\u{1b}[2J\\u{a}b");
    }
}
