//! The one owner of every stream.

use std::fs::File;
use std::io::{self, ErrorKind as IoErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;
use serde::Serialize;

use crate::error::{CommandError, ErrorKind};
use crate::escape;
use crate::messages::{Messages, Value};

/// Owns the streams of a program: data on standard output, everything else on standard error.
///
/// Text is made safe for a terminal when it is written. A reader that closes a pipe early is no error.
pub struct Ui {
    messages: Messages,
    quiet: bool,
    json: bool,
    asking: Asking,
    progress_shown: bool,
    out: Mutex<Box<dyn Write + Send>>,
    err: Mutex<Box<dyn Write + Send>>,
    pub(crate) input: Mutex<Box<dyn Read + Send>>,
    pub(crate) bar: Mutex<Option<ProgressBar>>,
}

/// Where answers to questions come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asking {
    /// From nobody: every question is refused. Standard input is not a terminal.
    Nobody,
    /// From the input stream as if a person typed them; for tests.
    Stream,
    /// From a person at the terminal.
    Terminal,
}

/// The streams of a [`Ui`].
pub struct Streams {
    /// Takes the data.
    pub out: Box<dyn Write + Send>,
    /// Takes status lines, warnings, questions and errors.
    pub err: Box<dyn Write + Send>,
    /// Gives answers and secrets.
    pub input: Box<dyn Read + Send>,
    /// Where answers come from.
    pub asking: Asking,
    /// Whether progress bars are drawn on the terminal behind standard error.
    pub progress_shown: bool,
}

impl Streams {
    /// Returns the streams of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let stdin = io::stdin();
        let asking =
            if stdin.is_terminal() && io::stderr().is_terminal() { Asking::Terminal } else { Asking::Nobody };
        // A second descriptor without the buffer of `Stdin`: no secret stays in memory that nobody wipes, and
        // what is not asked for stays unread.
        let input: Box<dyn Read + Send> = match stdin.as_fd().try_clone_to_owned() {
            Ok(descriptor) => Box::new(File::from(descriptor)),
            Err(_) => Box::new(io::empty()),
        };
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            input,
            asking,
            progress_shown: io::stderr().is_terminal(),
        }
    }
}

impl Ui {
    /// Creates a `Ui` over streams. With `quiet` there are no status lines, warnings and progress bars; `json` says that
    /// the user asked for data as JSON.
    #[must_use]
    pub fn new(messages: Messages, quiet: bool, json: bool, streams: Streams) -> Self {
        Self {
            messages,
            quiet,
            json,
            asking: streams.asking,
            progress_shown: streams.progress_shown && !quiet,
            out: Mutex::new(streams.out),
            err: Mutex::new(streams.err),
            input: Mutex::new(streams.input),
            bar: Mutex::new(None),
        }
    }

    /// Returns the messages.
    #[must_use]
    pub fn messages(&self) -> Messages {
        self.messages
    }

    /// Returns a message; see [`Messages::text`].
    #[must_use]
    pub fn text(&self, id: &str, args: &[(&str, Value<'_>)]) -> String {
        self.messages.text(id, args)
    }

    /// Says whether the user wants data as JSON.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        self.json
    }

    /// Says where answers to questions come from.
    #[must_use]
    pub fn asking(&self) -> Asking {
        self.asking
    }

    /// Says whether progress bars are drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        self.progress_shown
    }

    /// Writes lines of data to standard output.
    ///
    /// # Errors
    /// Fails with [`ErrorKind::Io`] if the output cannot be written, for instance on a full disk.
    pub fn data(&self, text: &str) -> Result<(), CommandError> {
        self.write_out(format!("{}\n", escape::foreign_multiline(text)).as_bytes())
    }

    /// Writes a value as one line of JSON to standard output.
    ///
    /// # Errors
    /// Fails with [`ErrorKind::Io`] if the output cannot be written, and with [`ErrorKind::Internal`] if the value
    /// is none that JSON can hold.
    pub fn json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), CommandError> {
        let text = serde_json::to_string(value).map_err(CommandError::internal)?;
        self.write_out(format!("{}\n", escape::json(&text)).as_bytes())
    }

    /// Writes bytes as they are to standard output, such as a generated page; never foreign text.
    ///
    /// # Errors
    /// Fails with [`ErrorKind::Io`] if the output cannot be written.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), CommandError> {
        self.write_out(bytes)
    }

    /// Tells the user what happens, on standard error; silent with `--quiet`.
    pub fn status(&self, id: &str, args: &[(&str, Value<'_>)]) {
        if !self.quiet {
            self.write_err(&format!("{}\n", self.text(id, args)));
        }
    }

    /// Warns the user, on standard error; silent with `--quiet`.
    pub fn warn(&self, id: &str, args: &[(&str, Value<'_>)]) {
        if !self.quiet {
            self.write_err(&format!("{} {}\n", self.text("warning", &[]), self.text(id, args)));
        }
    }

    /// Shows an error: a line with the cause and a line with the advice, or one line of JSON.
    pub fn error(&self, error: &CommandError) {
        let (cause, advice) = (error.cause(&self.messages), error.advice(&self.messages));
        if self.json {
            let kind = error.kind();
            let line = serde_json::json!({
                "error": error.id(), "kind": kind, "exit": kind.exit_code(), "cause": cause, "advice": advice,
            });
            self.write_err(&format!("{}\n", escape::json(&line.to_string())));
        } else {
            let (failed, hint) = (self.text("error", &[]), self.text("advice", &[]));
            self.write_err(&format!("{failed} {cause}\n{hint} {advice}\n"));
        }
    }

    /// Writes to standard error. A failure is dropped: there is nobody left to tell.
    pub(crate) fn write_err(&self, text: &str) {
        let text = escape::foreign_multiline(text);
        let write = || {
            let mut err = lock(&self.err);
            err.write_all(text.as_bytes()).and_then(|()| err.flush()).ok();
        };
        match lock(&self.bar).as_ref() {
            Some(bar) if !bar.is_finished() => bar.suspend(write),
            _ => write(),
        }
    }

    fn write_out(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut out = lock(&self.out);
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            // The reader has seen enough; work already begun goes on.
            Err(error) if error.kind() == IoErrorKind::BrokenPipe => Ok(()),
            Err(error) => {
                Err(CommandError::new(ErrorKind::Io, "err-output").with("detail", error.to_string()))
            }
        }
    }
}

/// Locks a stream, also after a panic elsewhere: a stream has no state that a panic could leave half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::testing::Screen;

    #[test]
    fn parts_data_from_the_rest() {
        let screen = Screen::new(Messages::shared(Language::English), "");
        screen.ui().data("satu\ndua\x1b[1m").unwrap();
        screen.ui().status("ask-again-yes-no", &[]);
        screen.ui().warn("ask-again-yes-no", &[]);
        assert_eq!(screen.out(), "satu\ndua\\u{1b}[1m\n");
        assert_eq!(screen.err(), "Please answer y or n.\nWarning: Please answer y or n.\n");
    }

    #[test]
    fn quiet_keeps_data_and_errors() {
        let screen = Screen::with_options(Messages::shared(Language::English), "", true, false);
        screen.ui().status("ask-again-yes-no", &[]);
        screen.ui().warn("ask-again-yes-no", &[]);
        screen.ui().data("x").unwrap();
        screen.ui().error(&CommandError::new(ErrorKind::Usage, "err-no-terminal"));
        assert_eq!(screen.out(), "x\n");
        assert!(screen.err().starts_with("Error: This command has to ask"));
        assert_eq!(screen.err().lines().count(), 2);
    }

    #[test]
    fn json_is_one_harmless_line() {
        let screen = Screen::with_options(Messages::shared(Language::English), "", false, true);
        screen.ui().json(&serde_json::json!({"name": "a\u{202e}b\u{e0041}"})).unwrap();
        assert_eq!(screen.out(), "{\"name\":\"a\\u202eb\\udb40\\udc41\"}\n");
        screen.ui().error(&CommandError::new(ErrorKind::Secret, "err-no-terminal"));
        let error: serde_json::Value = serde_json::from_str(&screen.err()).unwrap();
        assert_eq!(error.get("exit").unwrap(), 6);
        assert_eq!(error.get("kind").unwrap(), "secret");
    }

    struct Failing(IoErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn writing_to(out: Failing) -> Ui {
        let streams = Streams {
            out: Box::new(out),
            err: Box::new(io::sink()),
            input: Box::new(io::empty()),
            asking: Asking::Nobody,
            progress_shown: false,
        };
        Ui::new(Messages::shared(Language::English), false, false, streams)
    }

    #[test]
    fn a_closed_pipe_is_no_error_but_a_full_disk_is() {
        assert_eq!(writing_to(Failing(IoErrorKind::BrokenPipe)).data("x"), Ok(()));
        let error = writing_to(Failing(IoErrorKind::StorageFull)).data("x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
