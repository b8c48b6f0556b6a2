//! Errors of commands: a kind with a fixed exit code, a cause and an advice.

use serde::Serialize;

use crate::messages::{Messages, Value};

/// Who or what is to blame for a failure. Each kind has its own exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A fault inside the program: 255.
    Internal,
    /// Reading or writing on this device failed: 5.
    Io,
    /// The server, Tor or the way to it failed: 4.
    Network,
    /// What the user asked for cannot be done: 1.
    Refused,
    /// A wrong passphrase, receipt or key: 6.
    Secret,
    /// Not now; the same command may succeed later: 75.
    TryLater,
    /// The command line is wrong, or a question needs a terminal: 2.
    Usage,
    /// A signature, binding or hash does not hold: 3.
    Verification,
}

impl ErrorKind {
    /// Returns the exit code of the kind.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Verification => 3,
            Self::Network => 4,
            Self::Io => 5,
            Self::Secret => 6,
            Self::TryLater => 75,
            Self::Internal => 255,
        }
    }
}

/// A failed command: the message `id` of the cause, whose attribute `.advice` says what to do.
///
/// The values may hold foreign text, which is escaped when shown; they never hold a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandError {
    kind: ErrorKind,
    id: &'static str,
    args: Vec<(&'static str, Value<'static>)>,
}

impl CommandError {
    /// Creates an error of a kind. `id` is a message with an attribute `.advice`, by habit `err-...`.
    #[must_use]
    pub fn new(kind: ErrorKind, id: &'static str) -> Self {
        Self { kind, id, args: Vec::new() }
    }

    /// Adds a value that the cause or the advice names.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value<'static>>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// Creates the error of a fault inside the program; `detail` is for the developers and holds no user text.
    #[must_use]
    pub fn internal(detail: impl ToString) -> Self {
        Self::new(ErrorKind::Internal, "err-internal").with("detail", detail.to_string())
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the id of the message, stable for programs.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the sentence that says what failed.
    #[must_use]
    pub fn cause(&self, messages: &Messages) -> String {
        messages.text(self.id, &self.args)
    }

    /// Returns the sentence that says what to do.
    #[must_use]
    pub fn advice(&self, messages: &Messages) -> String {
        messages.text(&format!("{}.advice", self.id), &self.args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn every_kind_has_its_own_exit_code() {
        use ErrorKind::*;
        let mut codes: Vec<u8> = [Internal, Io, Network, Refused, Secret, TryLater, Usage, Verification]
            .into_iter()
            .map(ErrorKind::exit_code)
            .collect();
        codes.sort_unstable();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 75, 255]);
    }

    #[test]
    fn has_a_cause_and_an_advice_in_both_languages() {
        let error = CommandError::internal("poisoned");
        for language in [Language::Indonesian, Language::English] {
            let messages = Messages::shared(language);
            assert!(error.cause(&messages).contains("poisoned"));
            assert_ne!(error.advice(&messages), "err-internal.advice");
        }
    }
}
