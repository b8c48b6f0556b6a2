//! Plain text: nothing is hidden in it, and what it says is its sender's to judge. Text that is a document of some
//! format (markup, mail, contact cards) is not plain.

use crate::source::{Source, Stop};

/// The longest plain text, in bytes: it is looked at as a whole.
const MAX_TEXT: u64 = 1 << 20;

/// How a saved message begins, beside `Content-` and `X-`.
const MAIL: [&str; 12] = [
    "from",
    "to",
    "cc",
    "date",
    "subject",
    "received",
    "return-path",
    "delivered-to",
    "reply-to",
    "sender",
    "message-id",
    "mime-version",
];

/// Says whether a file is plain text.
pub(crate) fn is_plain(source: &mut Source<'_>) -> Result<bool, Stop> {
    if source.len() == 0 || source.len() > MAX_TEXT {
        return Ok(false);
    }
    let bytes = source.at_most(0, usize::try_from(MAX_TEXT).unwrap_or_default())?;
    Ok(std::str::from_utf8(&bytes).is_ok_and(says_nothing_of_itself))
}

fn says_nothing_of_itself(text: &str) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    let body = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let first = body.lines().next().and_then(|line| line.split_once(": "));
    let is_mail = first.is_some_and(|(word, _)| {
        let word = word.to_ascii_lowercase();
        MAIL.contains(&word.as_str()) || word.starts_with("content-") || word.starts_with("x-")
    });
    !body.is_empty()
        && !text.contains(control)
        && !body.starts_with(['<', '{', '%'])
        && !body.contains("BEGIN:V")
        && !is_mail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_in_text_are_not_plain() {
        for text in
            ["Uang di meja 4.\n", "a;b;c\r\n1;2;3", "\u{feff}Nota", "Pukul 10: rapat", "Catatan: uang"]
        {
            assert!(says_nothing_of_itself(text), "{text}");
        }
        for text in [
            "",
            " \n",
            "<html>",
            "{\"a\": 1}",
            "%!PS",
            "BEGIN:VCARD",
            "From: budi",
            "X-Mailer: a",
            "a\0b",
            "\u{1b}[2J",
        ] {
            assert!(!says_nothing_of_itself(text), "{text}");
        }
    }
}
