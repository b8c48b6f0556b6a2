//! Words in an answer that endanger reporters: questions for who they are, and ways out of the box.

/// Looked for in lower case, in both languages.
const WORDS: &[&str] = &[
    "nama anda",
    "nama lengkap",
    "siapa anda",
    "identitas anda",
    "nomor hp",
    "no hp",
    "nomor telepon anda",
    "whatsapp",
    "ktp",
    "nik anda",
    "alamat anda",
    "email anda",
    "bertemu",
    "datang ke kantor",
    "your name",
    "who you are",
    "phone number",
    "your address",
    "your email",
    "identity card",
    "meet us",
    "meet you",
    "come to our office",
    "http://",
    "https://",
    "www.",
];

/// Returns the first such word in a text.
pub fn dangerous_word(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    WORDS.iter().copied().find(|word| contains_word(&text, word))
}

/// Tells whether `word` stands in `text` with no letter right before or after it.
fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start + found.len()..).and_then(|text| text.chars().next());
        let joined = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphabetic);
        let ends_open = word.ends_with(['/', '.']);
        !joined(before) && (ends_open || !joined(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_for_the_person_are_found() {
        for text in
            ["Siapa nama  Anda?", "Kirim foto KTP.", "Mari bertemu besok", "see https://x.id", "Nomor HP?"]
        {
            assert!(dangerous_word(text).is_some(), "{text}");
        }
    }

    #[test]
    fn ordinary_questions_pass() {
        for text in
            ["Pada tanggal berapa uang diminta?", "Siapa nama pejabat itu?", "Apa nama andalan program itu?"]
        {
            assert_eq!(dangerous_word(text), None, "{text}");
        }
    }
}
