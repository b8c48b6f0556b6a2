//! One Tor process.

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use super::control::Control;

/// A process that ends with the test.
pub(super) struct Node {
    name: String,
    torrc: PathBuf,
    child: Child,
    control: PathBuf,
    said: Arc<(Mutex<Said>, Condvar)>,
}

/// What a process has written.
#[derive(Default)]
struct Said {
    text: String,
    ended: bool,
}

impl Node {
    /// Starts a node with these settings; its data goes into a folder of its name.
    pub(super) fn run(folder: &Path, name: &str, settings: &str) -> Self {
        let (data, torrc) = (folder.join(name), folder.join(format!("{name}.torrc")));
        DirBuilder::new().recursive(true).mode(0o700).create(&data).unwrap();
        let control = data.join("control");
        let own = format!(
            "Nickname {name}\nDataDirectory {}\nControlSocket {}\n",
            data.display(),
            control.display()
        );
        // The log of the service is set by its own file.
        let log = if settings.contains("\nLog ") { "" } else { "Log notice stdout\n" };
        fs::write(&torrc, format!("{own}{log}{settings}")).unwrap();
        let (child, said) = start(&torrc);
        Self { name: name.to_owned(), torrc, child, control, said }
    }

    /// Returns the name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until the log says something.
    pub(super) fn says(&self, words: &str, patience: Duration) -> Result<(), String> {
        let said = self.said.0.lock().unwrap();
        let waiting = |said: &mut Said| !said.text.contains(words) && !said.ended;
        let (said, _) = self.said.1.wait_timeout_while(said, patience, waiting).unwrap();
        let last = || said.text.lines().last().unwrap_or_default().to_owned();
        said.text.contains(words).then_some(()).ok_or_else(|| format!("{}: {}", self.name, last()))
    }

    /// Returns what it has said so far.
    pub(super) fn log(&self) -> String {
        self.said.0.lock().unwrap().text.clone()
    }

    /// Opens a connection to its control socket.
    pub(super) fn control(&self) -> Control {
        Control::open(&self.control)
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, with the same keys.
    pub(super) fn start_again(&mut self) {
        (self.child, self.said) = start(&self.torrc);
    }
}

/// Starts a process, and keeps what it says.
fn start(torrc: &Path) -> (Child, Arc<(Mutex<Said>, Condvar)>) {
    // The kernel kills it when whoever started it is gone, however that came.
    let mut tor = Command::new("setpriv");
    tor.args(["--pdeathsig", "KILL", "tor", "--defaults-torrc", "/dev/null", "-f"]).arg(torrc);
    tor.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = tor.spawn().unwrap();
    let said = Arc::<(Mutex<Said>, Condvar)>::default();
    let (lines, heard) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&said));
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            heard.0.lock().unwrap().text.push_str(&format!("{line}\n"));
            heard.1.notify_all();
        }
        heard.0.lock().unwrap().ended = true;
        heard.1.notify_all();
    });
    (child, said)
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
