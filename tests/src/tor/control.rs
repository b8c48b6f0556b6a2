//! The control port of Tor, as far as the tests ask it.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connection to a control socket.
pub struct Control {
    stream: BufReader<UnixStream>,
}

impl Control {
    pub(super) fn open(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        let mut control = Self { stream: BufReader::new(stream) };
        control.ask("AUTHENTICATE");
        control
    }

    /// Says a command and returns the lines of the answer, without their codes.
    ///
    /// # Panics
    /// Panics if Tor refuses.
    pub fn ask(&mut self, command: &str) -> Vec<String> {
        self.stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line().unwrap_or_else(|| panic!("no answer to {command}"));
            if line.starts_with("650") {
                continue;
            }
            assert!(line.starts_with("250"), "{command}: {line}");
            if line.starts_with("250+") {
                lines.extend(std::iter::from_fn(|| self.line().filter(|line| line != ".")));
            } else if line.starts_with("250 ") {
                lines.push(line.get(4..).unwrap_or_default().to_owned());
                return lines;
            } else {
                lines.push(line.get(4..).unwrap_or_default().to_owned());
            }
        }
    }

    /// Asks for events of this kind and returns the next one, or `None` after a while without any.
    pub fn next_event(&mut self, patience: Duration) -> Option<String> {
        self.stream.get_ref().set_read_timeout(Some(patience)).unwrap();
        let line = self.line();
        self.stream.get_ref().set_read_timeout(None).unwrap();
        line.and_then(|line| line.strip_prefix("650 ").map(str::to_owned))
    }

    /// Waits for an event of this kind with this word in it.
    pub fn wait_for(&mut self, kind: &str, word: &str, patience: Duration) {
        self.ask(&format!("SETEVENTS {kind}"));
        while let Some(event) = self.next_event(patience) {
            if event.contains(word) {
                return;
            }
        }
    }

    /// Returns the names of the relays on the path of every circuit over which something goes to a service now.
    pub fn paths_in_use(&mut self) -> Vec<Vec<String>> {
        let streams = self.ask("GETINFO stream-status");
        let circuits = self.ask("GETINFO circuit-status");
        let used: Vec<&str> = streams
            .iter()
            .filter(|line| line.contains(" SUCCEEDED "))
            .filter_map(|line| line.trim_start_matches("stream-status=").split(' ').nth(2))
            .collect();
        circuits
            .iter()
            .map(|line| line.trim_start_matches("circuit-status="))
            .filter(|line| line.split(' ').next().is_some_and(|id| used.contains(&id)))
            .filter_map(|line| line.split(' ').nth(2))
            .map(|path| path.split(',').filter_map(|hop| Some(hop.split_once('~')?.1.to_owned())).collect())
            .collect()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }
}
