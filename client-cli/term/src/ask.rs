//! Questions on a plain terminal.

use std::io::{self, Read};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::error::{CommandError, ErrorKind};
use crate::ui::{Asking, Ui, lock};

/// The longest line taken as an answer, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// The longest line a terminal hands over whole, in bytes: what is typed beyond is lost without a sign.
const MAX_TERMINAL_LINE: usize = 4095;

/// Whether a secret may come from standard input when that is not a terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piped {
    /// One line of standard input is the secret.
    Allowed,
    /// Only a person at a terminal may give it.
    Refused,
}

/// Why a question has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The input ended before the answer.
    #[error("input ended before the answer")]
    Ended,
    /// The input could not be read.
    #[error("input could not be read")]
    Io(#[from] io::Error),
    /// There is no terminal to ask on.
    #[error("no terminal to ask on")]
    NoTerminal,
    /// The answer is no UTF-8 text.
    #[error("answer is not UTF-8")]
    NotText,
    /// The answer is longer than allowed.
    #[error("answer is longer than {max} bytes")]
    TooLong {
        /// The most bytes allowed.
        max: usize,
    },
}

impl From<AskError> for CommandError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Ended => Self::new(ErrorKind::Refused, "err-input-ended"),
            AskError::Io(error) => Self::new(ErrorKind::Io, "err-input").with("detail", error.to_string()),
            AskError::NoTerminal => Self::new(ErrorKind::Usage, "err-no-terminal"),
            AskError::NotText => Self::new(ErrorKind::Refused, "err-input-not-text"),
            AskError::TooLong { max } => Self::new(ErrorKind::Refused, "err-input-too-long").with("max", max),
        }
    }
}

impl Ui {
    /// Asks for one line and returns it without the white space around it; it may be empty.
    ///
    /// # Errors
    /// See [`AskError`]. So it is with every question here.
    pub fn ask_line(&self, question: &str) -> Result<String, AskError> {
        self.need_terminal()?;
        self.write_err(&format!("{question} "));
        let line = self.read_line()?.ok_or(AskError::Ended)?;
        Ok(line.trim().to_owned())
    }

    /// Asks for a secret without echo, or takes one line of standard input where that is allowed.
    pub fn ask_secret(&self, question: &str, piped: Piped) -> Result<Zeroizing<String>, AskError> {
        match self.asking() {
            Asking::Terminal => {
                let prompt = crate::escape::foreign(&format!("{question} "));
                rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => AskError::Ended,
                    _ => AskError::Io(error),
                })
            }
            Asking::Stream => {
                self.write_err(&format!("{question} \n"));
                self.read_line()?.ok_or(AskError::Ended)
            }
            Asking::Nobody if piped == Piped::Allowed => self.read_line()?.ok_or(AskError::Ended),
            Asking::Nobody => Err(AskError::NoTerminal),
        }
    }

    /// Asks a question that has only two answers. An empty answer means `default`, if there is one.
    pub fn ask_yes_no(&self, question: &str, default: Option<bool>) -> Result<bool, AskError> {
        let choices = match default {
            None => self.text("ask-yes-no", &[]),
            Some(true) => self.text("ask-yes-no.yes", &[]),
            Some(false) => self.text("ask-yes-no.no", &[]),
        };
        loop {
            let answer = self.ask_line(&format!("{question} {choices}"))?;
            match (answer.to_lowercase().as_str(), default) {
                ("y" | "ya" | "yes", _) => return Ok(true),
                ("t" | "tidak" | "n" | "no", _) => return Ok(false),
                ("", Some(default)) => return Ok(default),
                _ => self.write_err(&format!("{}\n", self.text("ask-again-yes-no", &[]))),
            }
        }
    }

    /// Asks to choose one of the options and returns its index; `None` if `optional` and the answer is empty.
    pub fn ask_one(
        &self,
        question: &str,
        options: &[String],
        optional: bool,
    ) -> Result<Option<usize>, AskError> {
        self.show_options(question, options)?;
        let prompt = self.text("ask-choose", &[("last", options.len().into())]);
        loop {
            let answer = self.ask_line(prompt.trim_end())?;
            if answer.is_empty() && optional {
                return Ok(None);
            }
            if let Some(index) = parse_choice(&answer, options.len()) {
                return Ok(Some(index));
            }
            self.again(options.len());
        }
    }

    /// Asks to choose any number of the options and returns their indices in order, each once.
    pub fn ask_many(
        &self,
        question: &str,
        options: &[String],
        at_least: usize,
    ) -> Result<Vec<usize>, AskError> {
        self.show_options(question, options)?;
        let prompt = self.text("ask-choose-many", &[("last", options.len().into())]);
        loop {
            let answer = self.ask_line(prompt.trim_end())?;
            if let Some(chosen) =
                parse_choices(&answer, options.len()).filter(|chosen| chosen.len() >= at_least)
            {
                return Ok(chosen);
            }
            self.again(options.len());
        }
    }

    /// Asks for a text of several lines, ended by a line that holds only a dot. `max` is in bytes.
    ///
    /// The end of the input ends a text that has begun.
    pub fn ask_text(&self, question: &str, max: usize) -> Result<String, AskError> {
        self.need_terminal()?;
        self.write_err(&format!("{question}\n{}\n", self.text("ask-text-end", &[])));
        let mut text = String::new();
        loop {
            match self.read_line()? {
                None if text.is_empty() => return Err(AskError::Ended),
                None => break,
                Some(line) if line.as_str() == "." => break,
                Some(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            if text.trim_end().len() > max {
                return Err(AskError::TooLong { max });
            }
        }
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    fn need_terminal(&self) -> Result<(), AskError> {
        if self.asking() == Asking::Nobody { Err(AskError::NoTerminal) } else { Ok(()) }
    }

    fn show_options(&self, question: &str, options: &[String]) -> Result<(), AskError> {
        self.need_terminal()?;
        self.write_err(&format!("{question}\n"));
        for (index, option) in options.iter().enumerate() {
            self.write_err(&format!("{:3}. {}\n", index.saturating_add(1), crate::escape::foreign(option)));
        }
        Ok(())
    }

    fn again(&self, last: usize) {
        self.write_err(&format!("{}\n", self.text("ask-again-number", &[("last", last.into())])));
    }

    /// Reads one line without its end, byte by byte: what follows it stays for the next question.
    fn read_line(&self) -> Result<Option<Zeroizing<String>>, AskError> {
        let mut input = lock(&self.input);
        // Reserved at once: a buffer that grows leaves copies of a secret behind.
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
        let mut byte = Zeroizing::new([0]);
        loop {
            match input.read(byte.as_mut_slice()) {
                Ok(0) if line.is_empty() => return Ok(None),
                Ok(0) => break,
                Ok(_) if *byte == [b'\n'] => break,
                Ok(_) if line.len() == MAX_LINE => return Err(AskError::TooLong { max: MAX_LINE }),
                Ok(_) => line.extend_from_slice(byte.as_slice()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.asking() == Asking::Terminal && line.len() >= MAX_TERMINAL_LINE {
            return Err(AskError::TooLong { max: MAX_TERMINAL_LINE });
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = std::str::from_utf8(&line).map_err(|_| AskError::NotText)?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }
}

/// Parses a number from 1 to `count` into an index.
fn parse_choice(answer: &str, count: usize) -> Option<usize> {
    let number: usize = answer.trim().parse().ok()?;
    if number > count { None } else { number.checked_sub(1) }
}

/// Parses numbers parted by commas or spaces into sorted indices.
fn parse_choices(answer: &str, count: usize) -> Option<Vec<usize>> {
    let numbers = answer.split([',', ' ']).filter(|number| !number.is_empty());
    let mut chosen: Vec<usize> = numbers.map(|number| parse_choice(number, count)).collect::<Option<_>>()?;
    chosen.sort_unstable();
    chosen.dedup();
    Some(chosen)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::messages::Messages;
    use crate::testing::Screen;

    fn typed(text: &str) -> Screen {
        Screen::new(Messages::shared(Language::English), text)
    }

    fn options() -> Vec<String> {
        ["Suap", "Gratifikasi", "Lain\x1b[1m"].map(str::to_owned).to_vec()
    }

    #[test]
    fn refuses_questions_without_a_terminal() {
        let screen = Screen::piped(Messages::shared(Language::English), "ya\n");
        assert!(matches!(screen.ui().ask_line("?"), Err(AskError::NoTerminal)));
        assert!(matches!(screen.ui().ask_one("?", &options(), true), Err(AskError::NoTerminal)));
        assert!(matches!(screen.ui().ask_text("?", 10), Err(AskError::NoTerminal)));
        assert!(matches!(screen.ui().ask_secret("?", Piped::Refused), Err(AskError::NoTerminal)));
        assert_eq!(screen.err(), "");
    }

    #[test]
    fn a_piped_secret_is_one_line_and_leaves_the_rest() {
        let screen = Screen::piped(Messages::shared(Language::English), "rahasia satu\r\ndua");
        assert_eq!(*screen.ui().ask_secret("?", Piped::Allowed).unwrap(), "rahasia satu");
        assert_eq!(*screen.ui().ask_secret("?", Piped::Allowed).unwrap(), "dua");
        assert!(matches!(screen.ui().ask_secret("?", Piped::Allowed), Err(AskError::Ended)));
        assert_eq!(screen.err(), "");
    }

    #[test]
    fn yes_and_no_in_both_languages() {
        let screen = typed("mungkin\nya\nt\n\n");
        assert!(screen.ui().ask_yes_no("Lanjut?", None).unwrap());
        assert!(!screen.ui().ask_yes_no("Lanjut?", None).unwrap());
        assert!(screen.ui().ask_yes_no("Lanjut?", Some(true)).unwrap());
        assert!(screen.err().contains("Please answer y or n."));
        assert!(screen.err().contains("Lanjut? [Y/n]"));
    }

    #[test]
    fn chooses_one() {
        let screen = typed("0\n4\n2\n\n");
        assert_eq!(screen.ui().ask_one("Jenis?", &options(), false).unwrap(), Some(1));
        assert_eq!(screen.ui().ask_one("Jenis?", &options(), true).unwrap(), None);
        assert!(screen.err().contains("  3. Lain\\u{1b}[1m\n"));
    }

    #[test]
    fn chooses_many_each_once() {
        let screen = typed("9\n\n3, 1 3\n\n");
        assert_eq!(screen.ui().ask_many("Jenis?", &options(), 1).unwrap(), [0, 2]);
        assert_eq!(screen.ui().ask_many("Jenis?", &options(), 0).unwrap(), Vec::<usize>::new());
    }

    #[test]
    fn a_text_ends_with_a_dot_alone() {
        let screen = typed("Satu.\n..\n\n.\nberikut\n");
        assert_eq!(screen.ui().ask_text("Uraian?", 100).unwrap(), "Satu.\n..");
        assert_eq!(screen.ui().ask_line("?").unwrap(), "berikut");
    }

    #[test]
    fn a_text_is_bounded_and_may_end_with_the_input() {
        assert!(matches!(typed("12345\n678\n.\n").ui().ask_text("?", 8), Err(AskError::TooLong { max: 8 })));
        assert_eq!(typed("1234\n678").ui().ask_text("?", 8).unwrap(), "1234\n678");
        assert!(matches!(typed("").ui().ask_text("?", 8), Err(AskError::Ended)));
    }

    #[test]
    fn a_line_is_bounded_text() {
        let longest = "x".repeat(MAX_LINE);
        assert_eq!(typed(&longest).ui().ask_line("?").unwrap(), longest);
        let longer = longest + "x";
        assert!(matches!(typed(&longer).ui().ask_line("?"), Err(AskError::TooLong { max: MAX_LINE })));
    }
}
