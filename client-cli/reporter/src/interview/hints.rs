//! Words that may show who the reporter is. Found on this device, told to nobody but the reporter.

/// What a text seems to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// The sixteen digits of an identity card.
    IdentityNumber,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// Words about the writer's own name or position.
    Oneself,
}

impl Hint {
    /// Returns the message that tells of it.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::IdentityNumber => "warn-hint-identity-number",
            Self::Phone => "warn-hint-phone",
            Self::Email => "warn-hint-email",
            Self::Oneself => "warn-hint-oneself",
        }
    }
}

/// Phrases by which people speak of themselves, in lower case with single spaces.
const ONESELF: [&str; 13] = [
    "saya selaku",
    "saya sebagai",
    "saya adalah",
    "jabatan saya",
    "nama saya",
    "nomor saya",
    "atasan saya",
    "bawahan saya",
    "saya menjabat",
    "my name is",
    "my position",
    "my boss",
    "in my capacity",
];

/// Returns what a text seems to hold, each once, in order.
#[must_use]
pub fn hints(text: &str) -> Vec<Hint> {
    let mut found = Vec::new();
    for digits in digit_runs(text) {
        if digits.len() == 16 {
            found.push(Hint::IdentityNumber);
        } else if is_phone(&digits) {
            found.push(Hint::Phone);
        }
    }
    if text.split_whitespace().any(is_email) {
        found.push(Hint::Email);
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if ONESELF.iter().any(|phrase| words.contains(phrase)) {
        found.push(Hint::Oneself);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns the runs of digits, with the spaces, dots and dashes that people put between them taken out. A plus
/// before the first digit stays.
fn digit_runs(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    let mut gap = 0;
    for c in text.chars() {
        if c.is_ascii_digit() || (c == '+' && run.is_empty()) {
            run.push(c);
            gap = 0;
        } else if matches!(c, ' ' | '.' | '-') && !run.is_empty() && gap == 0 {
            gap = 1;
        } else {
            runs.push(std::mem::take(&mut run));
            gap = 0;
        }
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

/// Indonesian numbers: 08…, 628…, +628…, of ten to fourteen digits.
fn is_phone(digits: &str) -> bool {
    let number = digits.strip_prefix('+').unwrap_or(digits);
    (10..=14).contains(&number.len()) && (number.starts_with("08") || number.starts_with("628"))
}

fn is_email(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let Some((name, host)) = word.split_once('@') else { return false };
    !name.is_empty() && host.split_once('.').is_some_and(|(first, rest)| !first.is_empty() && rest.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_addresses_and_own_words_are_found() {
        assert_eq!(hints("NIK 3174 0123 4567 8901."), [Hint::IdentityNumber]);
        assert_eq!(hints("hubungi 0812-3456-7890"), [Hint::Phone]);
        assert_eq!(hints("+62 812 3456 7890"), [Hint::Phone]);
        assert_eq!(hints("surel: <budi.s@contoh.go.id>,"), [Hint::Email]);
        assert_eq!(hints("Saya  selaku\nbendahara"), [Hint::Oneself]);
        assert_eq!(hints("nama saya Budi, 081234567890"), [Hint::Phone, Hint::Oneself]);
    }

    #[test]
    fn ordinary_words_are_left_alone() {
        for text in
            ["", "Rp 1.250.000.000 pada 12-05-2026", "Pasal 11 UU 19/2019", "bertemu @ lobi", "PO 08/2026"]
        {
            assert_eq!(hints(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in ".{0,300}") {
            let found = hints(&text);
            prop_assert!(found.is_sorted());
        }

        #[test]
        fn every_identity_number_is_found(before in "[a-z ]{0,20}", digits in "[1-9][0-9]{15}") {
            let text = format!("{before}: {digits}.");
            prop_assert!(hints(&text).contains(&Hint::IdentityNumber));
        }
    }
}
