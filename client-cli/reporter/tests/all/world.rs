//! An agency, its server, a reporter's folder, and the program run in this process.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bisik::cli::Cli;
use bisik::commands;
use bisik::env::Env;
use bisik_formats::day::Day;
use bisik_sealing::receipt::Receipt;
use bisik_term::testing::Screen;
use bisik_term::{CommandError, Language, Messages};
use clap::Parser;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::agency::Agency;
use crate::server::{Request, Server};

pub(crate) struct World {
    pub(crate) agency: Agency,
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
    /// The day on the reporter's device.
    pub(crate) today: Day,
    /// How long the program waited before further attempts.
    pub(crate) waits: RefCell<Vec<Duration>>,
    /// Happens while the program waits.
    pub(crate) meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
    seed: RefCell<u64>,
}

/// What a run of the program did.
pub(crate) struct Run {
    pub(crate) result: Result<(), CommandError>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) requests: Vec<Request>,
}

impl Run {
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.result, Ok(()), "{}", self.err);
        self
    }

    /// Demands this error, with words in both languages.
    #[track_caller]
    pub(crate) fn refused(self, exit: u8, id: &str) -> Self {
        let error = self.result.clone().expect_err("the command succeeded");
        assert_eq!((error.id(), error.kind().exit_code()), (id, exit), "{}", self.err);
        for language in [Language::Indonesian, Language::English] {
            let messages = Messages::new(language, bisik::messages());
            let (cause, advice) = (error.cause(&messages), error.advice(&messages));
            assert!(cause != id && !cause.contains('$') && !advice.contains(".advice"), "{cause} {advice}");
        }
        self
    }

    /// Returns how many uploads there were.
    pub(crate) fn posts(&self) -> usize {
        self.requests.iter().filter(|request| request.method == "POST").count()
    }
}

/// An answers file that leaves out the desk `daerah`.
pub(crate) const ANSWERS: &str = r#"{
    "answers": [
        {"field": "siapa", "entry": 1, "part": "jabatan", "value": {"text": "Kepala bidang perizinan"}},
        {"field": "kategori", "value": {"choice": ["suap"]}},
        {"field": "apa", "value": {"text": "Pemohon diminta menyetor uang tunai sebelum berkas diproses di loket."}}
    ],
    "leave_out": ["daerah"]
}"#;

impl World {
    pub(crate) fn new() -> Self {
        let today: Day = "2026-11-22".parse().unwrap();
        Self::with(Agency::new(today), today)
    }

    pub(crate) fn with(agency: Agency, today: Day) -> Self {
        let server = Server::start(agency.documents());
        let folder = TempDir::with_prefix("bisik-").unwrap();
        fs::write(folder.path().join("jawaban.json"), ANSWERS).unwrap();
        Self {
            agency,
            server,
            folder,
            today,
            waits: RefCell::default(),
            meanwhile: RefCell::default(),
            seed: RefCell::new(0),
        }
    }

    /// Serves what the agency has now.
    pub(crate) fn serve(&self) {
        for (path, bytes) in self.agency.documents() {
            self.server.replace(&path, bytes);
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn receipt(&self) -> Receipt {
        Receipt::generate(&self.agency.id(), &mut StdRng::seed_from_u64(99))
    }

    /// Returns the arguments that name agency and server.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let server = format!("http://{}/kpk", self.server.address());
        ["--agency", &self.agency.id().fingerprint(), "--server", &server].map(str::to_owned).to_vec()
    }

    /// Runs a command with these words; `@name` is a file in the folder.
    fn run_on(&self, words: &[&str], screen: &Screen) -> Run {
        let mut args = vec!["bisik".to_owned()];
        args.extend(words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).to_string_lossy().into_owned(),
            None => (*word).to_owned(),
        }));
        // Without network there is no way to choose, and what is only removed belongs to no agency.
        let (named, reached) = match words.first() {
            Some(&"discard") => (false, false),
            Some(&"seal") => (true, false),
            _ => (true, true),
        };
        args.extend(self.arguments().into_iter().filter(|_| named));
        args.extend(reached.then(|| "--direct".to_owned()));
        let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
        *self.seed.borrow_mut() += 1;
        let mut rng = StdRng::seed_from_u64(*self.seed.borrow());
        let pause = |time| {
            self.waits.borrow_mut().push(time);
            if let Some(happen) = self.meanwhile.take() {
                happen();
            }
        };
        let mut env = Env { ui: screen.ui(), today: self.today, rng: &mut rng, pause: &pause };
        let result = commands::run(cli, &mut env);
        Run { result, out: screen.out(), err: screen.err(), requests: self.server.take() }
    }

    /// Runs without a terminal, `input` on standard input.
    pub(crate) fn run(&self, words: &[&str], input: &str) -> Run {
        self.run_on(words, &Screen::piped(messages(), input))
    }

    /// Runs without a terminal, data as JSON.
    pub(crate) fn run_json(&self, words: &[&str], input: &str) -> Run {
        self.run_on(words, &Screen::with_options(messages(), input, false, true))
    }

    /// Runs with somebody who types these lines.
    pub(crate) fn type_in(&self, words: &[&str], typed: &str) -> Run {
        self.run_on(words, &Screen::new(messages(), typed))
    }
}

fn messages() -> Messages {
    Messages::new(Language::English, bisik::messages())
}
