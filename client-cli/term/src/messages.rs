//! Messages in the language of the user, from the message files of a program and of this crate.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_templates::StaticLoader;
use fluent_templates::fluent_bundle::FluentValue;

use crate::escape;
use crate::language::Language;

crate::messages!(SHARED);

/// A value inside a message: made from text and numbers by `into()`.
pub type Value<'a> = FluentValue<'a>;

/// The message files of a program, as declared by [`messages!`](crate::messages!).
pub type Loader = &'static LazyLock<StaticLoader>;

/// The messages of a program and of this crate, in one language.
#[derive(Clone, Copy)]
pub struct Messages {
    language: Language,
    program: Loader,
}

impl Messages {
    /// Creates the messages of a program in a language.
    #[must_use]
    pub fn new(language: Language, program: Loader) -> Self {
        Self { language, program }
    }

    /// Creates the messages of this crate alone.
    #[must_use]
    pub fn shared(language: Language) -> Self {
        Self::new(language, &SHARED)
    }

    /// Returns the language of the messages.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns a message; `id.attribute` names an attribute of it.
    ///
    /// Text among the values may be foreign: it is escaped, line breaks included, so that no value can
    /// imitate a line of the program. An id that is missing gives the id itself; a gate of the test suite
    /// makes sure that none is.
    #[must_use]
    pub fn text(&self, id: &str, args: &[(&str, Value<'_>)]) -> String {
        self.find(id, args).unwrap_or_else(|| id.to_owned())
    }

    /// Returns a message if there is one, in this language or in Indonesian.
    #[must_use]
    pub fn find(&self, id: &str, args: &[(&str, Value<'_>)]) -> Option<String> {
        let args: HashMap<&str, FluentValue<'_>> =
            args.iter().map(|(name, value)| (*name, escaped(value))).collect();
        self.lookup(self.language, id, &args).or_else(|| self.lookup(Language::default(), id, &args))
    }

    /// Says whether a message stands in the files of just this language.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.lookup(self.language, id, &HashMap::new()).is_some()
    }

    fn lookup(&self, language: Language, id: &str, args: &HashMap<&str, FluentValue<'_>>) -> Option<String> {
        let identifier = language.identifier();
        let find = |loader: Loader| loader.lookup_single_language(&identifier, id, Some(args)).ok();
        find(self.program).or_else(|| find(&SHARED))
    }
}

#[cfg(test)]
pub(crate) fn shared_loader() -> Loader {
    &SHARED
}

/// Escapes text; numbers stay as they are.
fn escaped<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        FluentValue::String(text) => FluentValue::from(escape::foreign(text)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_both_languages() {
        let indonesian = Messages::shared(Language::Indonesian);
        let english = Messages::shared(Language::English);
        assert_eq!(
            indonesian.text("err-no-terminal", &[]),
            "Perintah ini perlu bertanya, tetapi tidak ada terminal."
        );
        assert_eq!(
            english.text("err-no-terminal", &[]),
            "This command has to ask, but there is no terminal."
        );
    }

    #[test]
    fn reaches_attributes() {
        let messages = Messages::shared(Language::English);
        assert!(messages.text("err-no-terminal.advice", &[]).starts_with("Run it"));
    }

    #[test]
    fn puts_no_marks_around_values_and_escapes_them() {
        let messages = Messages::shared(Language::English);
        let text = messages.text("ask-choose", &[("last", "a\u{202e}\nb".into())]);
        assert_eq!(text, "Number (1-a\\u{202e}\\u{a}b): ");
    }

    #[test]
    fn a_missing_message_is_its_id() {
        let missing = "missing".repeat(2);
        let messages = Messages::shared(Language::Indonesian);
        assert_eq!(messages.text(&missing, &[]), missing);
        assert!(!messages.has(&missing));
    }
}
