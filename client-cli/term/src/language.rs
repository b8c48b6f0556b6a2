//! The two languages of every text.

use std::ffi::OsStr;

use clap::ValueEnum;
use fluent_templates::{LanguageIdentifier, langid};

/// A language of the programs. Indonesian unless English is asked for by `--lang` or `BISIK_LANG`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Language {
    /// Indonesian, `id`.
    #[default]
    #[value(name = "id")]
    Indonesian,
    /// English, `en`.
    #[value(name = "en")]
    English,
}

impl Language {
    /// The two-letter code, `id` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// Picks the text of this language out of a pair, such as the names in a card.
    #[must_use]
    pub fn pick<T>(self, indonesian: T, english: T) -> T {
        match self {
            Self::Indonesian => indonesian,
            Self::English => english,
        }
    }

    /// Returns the language asked for, before the command line is parsed: help and usage errors need it too.
    ///
    /// `args` are the arguments after the program's name, `variable` is the value of `BISIK_LANG`. A value that
    /// is no language is left to the parser of the command line, which refuses it.
    pub(crate) fn asked<'a>(args: impl IntoIterator<Item = &'a OsStr>, variable: Option<&OsStr>) -> Self {
        let mut asked = variable.and_then(Self::from_code);
        let mut args = args.into_iter().take_while(|arg| *arg != "--");
        while let Some(arg) = args.next() {
            let value = match arg.to_str() {
                Some("--lang") => args.next(),
                Some(text) => text.strip_prefix("--lang=").map(OsStr::new),
                None => None,
            };
            asked = value.and_then(Self::from_code).or(asked);
        }
        asked.unwrap_or_default()
    }

    pub(crate) fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Indonesian => langid!("id"),
            Self::English => langid!("en"),
        }
    }

    fn from_code(code: &OsStr) -> Option<Self> {
        Self::value_variants().iter().copied().find(|language| code == language.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(args: &[&str], variable: Option<&str>) -> Language {
        Language::asked(args.iter().map(|arg| OsStr::new(*arg)), variable.map(OsStr::new))
    }

    #[test]
    fn is_indonesian_unless_english_is_asked_for() {
        assert_eq!(asked(&[], None), Language::Indonesian);
        assert_eq!(asked(&["--lang", "en"], None), Language::English);
        assert_eq!(asked(&["send", "--lang=en"], None), Language::English);
        assert_eq!(asked(&[], Some("en")), Language::English);
    }

    #[test]
    fn the_command_line_wins_over_the_variable() {
        assert_eq!(asked(&["--lang", "id"], Some("en")), Language::Indonesian);
    }

    #[test]
    fn ignores_what_is_no_language_and_what_follows_two_dashes() {
        assert_eq!(asked(&["--lang", "fr"], None), Language::Indonesian);
        assert_eq!(asked(&["--", "--lang=en"], None), Language::Indonesian);
        assert_eq!(asked(&["--lang"], Some("xx")), Language::Indonesian);
    }
}
