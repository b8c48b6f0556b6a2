//! Foreign text made safe for a terminal.
//!
//! A report, a file name or an answer of a server may hold escape sequences that repaint the screen, bidi marks
//! that reorder it, and characters nobody sees. All of these become visible escapes such as `\u{202e}`;
//! letters of every script stay.

use std::fmt::Write;

/// Returns `text` on one line, with every dangerous character, tabs and line breaks too, as a visible escape.
#[must_use]
pub fn foreign(text: &str) -> String {
    escape(text, is_dangerous)
}

/// Returns `text` with its line feeds kept and every other dangerous character as a visible escape.
#[must_use]
pub fn foreign_multiline(text: &str) -> String {
    escape(text, |c| c != '\n' && is_dangerous(c))
}

/// Says whether a character may repaint, reorder or hide something on a terminal.
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    c.is_control() || is_noncharacter(c) || is_invisible(c)
}

/// Returns JSON with dangerous characters as `\uXXXX`: the same value for a program, harmless on a terminal.
///
/// JSON holds no such character outside of strings, so every one found stands in a string.
pub(crate) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_dangerous(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

fn escape(text: &str, dangerous: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if dangerous(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The 66 code points that Unicode reserves for no character at all.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters without a shape of their own: bidi marks, zero widths, separators, fillers, tags.
///
/// The two variation selectors that choose between text and picture (FE0E, FE0F) stay: they follow common
/// emoji and change no other character.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}'                       // soft hyphen
        | '\u{34f}'                    // combining grapheme joiner
        | '\u{61c}'                    // Arabic letter mark
        | '\u{115f}'..='\u{1160}'      // Hangul fillers
        | '\u{17b4}'..='\u{17b5}'      // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}'      // Mongolian selectors and vowel separator
        | '\u{200b}'..='\u{200f}'      // zero widths, left-to-right and right-to-left marks
        | '\u{2028}'..='\u{202e}'      // line and paragraph separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206f}'      // word joiner, invisible operators, bidi isolates
        | '\u{3164}'                   // Hangul filler
        | '\u{fe00}'..='\u{fe0d}'      // variation selectors 1 to 14
        | '\u{feff}'                   // byte order mark
        | '\u{ffa0}'                   // half-width Hangul filler
        | '\u{fff0}'..='\u{fffb}'      // unassigned specials and interlinear annotation
        | '\u{1bca0}'..='\u{1bca3}'    // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}'    // musical format controls
        | '\u{e0000}'..='\u{e0fff}'    // tags and further variation selectors
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_letters_of_every_script() {
        let text = "Laporan: Rp1.000.000 — “dana desa” é ñ ꦲꦏ꧀ꦱꦫ العربية 漢字 ❤️";
        assert_eq!(foreign(text), text);
    }

    #[test]
    fn shows_what_would_repaint_or_reorder() {
        assert_eq!(foreign("\x1b[2J"), "\\u{1b}[2J");
        assert_eq!(foreign("a\u{202e}fdp.exe"), "a\\u{202e}fdp.exe");
        assert_eq!(foreign("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
        assert_eq!(foreign("baris\r\nbaru\t"), "baris\\u{d}\\u{a}baru\\u{9}");
        assert_eq!(foreign("\u{e0041}\u{200b}\u{fdd0}\u{10ffff}"), "\\u{e0041}\\u{200b}\\u{fdd0}\\u{10ffff}");
    }

    #[test]
    fn keeps_line_feeds_only_where_asked() {
        assert_eq!(foreign_multiline("satu\ndua\r\n"), "satu\ndua\\u{d}\n");
    }

    /// The ranges named by the threat model, written down a second time and independently of the table above.
    fn is_forbidden(c: char) -> bool {
        let code = u32::from(c);
        code < 0x20
            || (0x7f..=0x9f).contains(&code)
            || [0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff].contains(&code)
            || (0x202a..=0x202e).contains(&code)
            || (0x2066..=0x2069).contains(&code)
            || (0xe0001..=0xe007f).contains(&code)
            || (0xfdd0..=0xfdef).contains(&code)
            || code & 0xffff >= 0xfffe
    }

    #[test]
    fn no_forbidden_character_passes() {
        for c in '\0'..=char::MAX {
            assert!(!foreign(&c.to_string()).chars().any(is_forbidden), "{:x}", u32::from(c));
            assert!(!json(&c.to_string()).chars().any(is_forbidden), "{:x}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn output_is_free_of_forbidden_characters_and_stable(text in any::<String>()) {
            let once = foreign(&text);
            prop_assert!(!once.chars().any(is_forbidden));
            prop_assert_eq!(foreign(&once), once.clone());
            prop_assert_eq!(foreign_multiline(&text).replace('\n', "\\u{a}"), once);
        }

        #[test]
        fn json_keeps_its_value(text in any::<String>()) {
            let written = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!written.chars().any(is_forbidden));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
