//! docs/performance.md: the document has the words, the measurement the figures.

use std::fs;
use std::path::PathBuf;

use super::Line;
use crate::shell::{Outcome, failure, root};

/// Puts measured figures into the rows of the document that name them.
///
/// A row of the first table is `| name | what | value | yardstick | its value | ratio | wanted |`, the name in backquotes;
/// elsewhere "123 (`name`)" is the value of a figure.
pub(super) fn write(lines: &[Line]) -> Outcome {
    let path = path();
    let mut text = fs::read_to_string(&path)?;
    for line in lines {
        text = with(&text, line)
            .ok_or_else(|| failure(format!("docs/performance.md has no row for {}", line.name)))?;
    }
    fs::write(path, text)?;
    Ok(())
}

fn path() -> PathBuf {
    root().join("docs/performance.md")
}

/// Returns the document with one figure; `None` when it has no row for it.
fn with(text: &str, line: &Line) -> Option<String> {
    let (name, mention) = (format!("| `{}` |", line.name), format!(" (`{}`)", line.name));
    let mut found = false;
    let rows: Vec<String> = text
        .lines()
        .map(|row| match row.strip_prefix(&name).and_then(|cells| fresh_row(cells, line)) {
            Some(cells) => {
                found = true;
                format!("{name}{cells}")
            }
            None => mentioned(row, &mention, &number(line.value)),
        })
        .collect();
    found.then(|| rows.join("\n") + "\n")
}

/// Returns the cells behind the name with new figures: what, value, yardstick, its value, ratio, wanted.
fn fresh_row(cells: &str, line: &Line) -> Option<String> {
    let old: Vec<&str> = cells.split('|').collect();
    let [what, _value, _yardstick, _its_value, _ratio, wanted, end] = old.as_slice() else { return None };
    let value = format!(" {} {} ", number(line.value), line.unit);
    let yardstick = format!(" {} ", line.yardstick);
    let its_value = format!(" {} ", number(line.yardstick_value));
    let ratio = format!(" {:.2} ", line.ratio);
    Some([what, &*value, &*yardstick, &*its_value, &*ratio, wanted, end].join("|"))
}

/// Returns a row with the word before each `mention` replaced.
fn mentioned(row: &str, mention: &str, value: &str) -> String {
    let mut parts = row.split(mention).peekable();
    let mut fresh = String::new();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            fresh.push_str(part);
        } else {
            let kept = part.rsplit_once(' ').map_or("", |(kept, _)| kept);
            fresh.extend([kept, " ", value, mention]);
        }
    }
    fresh
}

/// Returns three digits at least, thousands apart.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 100.0 {
        apart(&format!("{value:.0}"))
    } else {
        format!("{value:.2}")
    }
}

fn apart(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::TOPICS;

    #[test]
    fn figures_go_into_their_places_and_words_stay() {
        let text = "| `rate` | reports | old | old | old | old | >= 0.5 |\nOurs: 1 (`rate`), theirs: 15.0\n";
        let line = Line::new("rate", 2911.6, "1/s", "bare", 3746.0);
        let fresh = with(text, &line).unwrap();
        assert_eq!(
            fresh,
            "| `rate` | reports | 2,912 1/s | bare | 3,746 | 0.78 | >= 0.5 |\nOurs: 2,912 (`rate`), theirs: 15.0\n"
        );
        assert!(with(text, &Line::new("other", 1.0, "s", "limit", 1.0)).is_none());
        assert_eq!([number(0.266), number(0.0), number(1_234_567.0)], ["0.27", "0", "1,234,567"]);
    }

    #[test]
    fn every_figure_has_its_row() {
        let text = fs::read_to_string(path()).unwrap();
        for name in TOPICS.iter().flat_map(|topic| topic.names) {
            let rows = text.lines().filter(|row| row.starts_with(&format!("| `{name}` |"))).count();
            assert_eq!(rows, 1, "{name}");
        }
    }
}
