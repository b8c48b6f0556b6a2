//! The desk's program: the import of many reports, and a full edition.
//!
//! Each figure stands beside four times the same for a quarter as many: a ratio of 1 is linear growth.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use bisik_formats::card::VerifiedCard;
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    Kind, Language, ReportContent, ReportFormat, ReportNonce, Slot, ThreadPublic, seal_report,
};
use bisik_tests::run::{Home, finish, spawn};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::measure::{median, memory, time};
use super::{Amount, Line};
use crate::shell::{Outcome, command, failure, root, run};

/// Figures of the desk.
pub(super) const NAMES: [&str; 4] =
    ["desk_import_1000", "desk_import_rss", "desk_publish_1024", "desk_publish_rss"];

const DESK: &str = "pusat";
const PASSPHRASE: &str = "kuda lari di bukit\n";
const ROOT_PASSPHRASES: &str = "kuda lari di bukit satu\nkuda lari di bukit dua\n";

/// How often a process is asked how much memory it holds.
const GLANCE: Duration = Duration::from_millis(2);

/// Reports imported at once, and places of a full edition.
struct Size {
    reports: usize,
    letters: usize,
}

/// What one run of the program cost.
struct Cost {
    seconds: f64,
    memory: f64,
}

/// Measures import and publishing, whole and a quarter.
pub(super) fn measure(amount: Amount) -> Outcome<Vec<Line>> {
    let whole = if amount.quick {
        Size { reports: 250, letters: 256 }
    } else {
        Size { reports: 1000, letters: 1024 }
    };
    let quarter = Size { reports: whole.reports / 4, letters: whole.letters / 4 };
    let (whole, quarter) = (Bench::found(whole)?, Bench::found(quarter)?);
    let [mut imports, mut quarter_imports, mut publishes, mut quarter_publishes] = [const { Vec::new() }; 4];
    for _ in 0..amount.rounds() {
        quarter_imports.push(quarter.import()?);
        imports.push(whole.import()?);
    }
    quarter.fill()?;
    whole.fill()?;
    for _ in 0..amount.rounds() {
        quarter_publishes.push(quarter.publish()?);
        publishes.push(whole.publish()?);
    }
    Ok([
        lines(["desk_import_1000", "desk_import_rss"], &imports, &quarter_imports),
        lines(["desk_publish_1024", "desk_publish_rss"], &publishes, &quarter_publishes),
    ]
    .into_iter()
    .flatten()
    .collect())
}

fn lines(names: [&'static str; 2], whole: &[Cost], quarter: &[Cost]) -> [Line; 2] {
    let seconds = |costs: &[Cost]| median(costs.iter().map(|cost| cost.seconds).collect());
    let memory = |costs: &[Cost]| median(costs.iter().map(|cost| cost.memory).collect());
    let [time, rss] = names;
    [
        Line::new(time, seconds(whole), "s", "four times that of a quarter", 4.0 * seconds(quarter)),
        Line::new(rss, memory(whole), "MiB", "that of a quarter", memory(quarter)),
    ]
}

/// A desk with a stick full of reports.
struct Bench {
    home: Home,
    size: Size,
}

impl Bench {
    /// Founds an agency with one desk, up to its first edition, and seals the reports onto its stick.
    fn found(size: Size) -> Outcome<Self> {
        let home = Home::new();
        let made = home.run(
            "bisik-desk",
            &["root", "init", "root", "--passphrase-stdin", "--json"],
            ROOT_PASSPHRASES,
        );
        let made = made.success().json();
        let fingerprint = made.get("fingerprint").and_then(|text| text.as_str());
        let fingerprint = fingerprint.ok_or_else(|| failure("no fingerprint"))?.to_owned();
        let bench = Self { home, size };
        bench.desk(&[
            "init",
            "--officer",
            "sari",
            "--agency",
            &fingerprint,
            "--desk",
            DESK,
            "--name-id",
            "Pusat",
            "--name-en",
            "Centre",
            "--request",
            "request",
        ]);
        bench.sign_card()?;
        bench.desk(&["card", "card.bundle"]);
        fs::create_dir_all(bench.home.path("stick/reports"))?;
        fs::create_dir_all(bench.home.path("rest/reports"))?;
        bench.desk(&["publish", "stick"]);
        bench.seal_reports(&AgencyId::parse_fingerprint(&fingerprint).map_err(other)?)?;
        Ok(bench)
    }

    fn sign_card(&self) -> Outcome {
        let description = format!(
            "names = {{ id = \"Badan Uji\", en = \"Test Agency\" }}\nletters = {}\n\
             limits = {{ report_bytes = 2000000, file_bytes = 1000000 }}\ncontacts = []\n",
            self.size.letters
        );
        fs::write(self.home.path("card.toml"), description)?;
        let form = root().join("deploy/forms/kpk.toml").display().to_string();
        let args = [
            "root",
            "sign-card",
            "root",
            "--card",
            "card.toml",
            "--form",
            &form,
            "--request",
            "request",
            "--key",
            "1",
            "--out",
            "card.bundle",
            "--fingerprints-checked",
            "--passphrase-stdin",
            "--json",
        ];
        self.home.run("bisik-desk", &args, ROOT_PASSPHRASES).success();
        Ok(())
    }

    /// Seals one report of each of many reporters: those to be measured onto one stick, the rest of an edition's
    /// worth onto another.
    fn seal_reports(&self, agency: &AgencyId) -> Outcome {
        let mut rng = StdRng::seed_from_u64(3);
        let card = fs::read(self.home.path("card.bundle"))?;
        let card = VerifiedCard::verify(&card, agency).map_err(other)?;
        let header = fs::read(self.home.path("stick/outbox").join(DESK).join("header.note"))?;
        let header = VerifiedHeader::verify(&header, &card).map_err(other)?;
        let recipient = Recipient::parse(&header.header().recipient).map_err(other)?;
        for number in 0..self.size.letters {
            let stick = if number < self.size.reports { "stick/reports" } else { "rest/reports" };
            seal_one(agency, &card, &recipient, &self.home.path(stick), &mut rng)?;
        }
        Ok(())
    }

    /// Imports the stick into a copy of the empty vault.
    fn import(&self) -> Outcome<Cost> {
        let vault = format!("vault-{DESK}");
        self.copy(&vault, "vault-copy")?;
        self.measure(&["--vault", "vault-copy", "import", "stick"])
    }

    /// Imports everything into the vault itself.
    fn fill(&self) -> Outcome {
        self.desk(&["import", "stick"]);
        self.desk(&["import", "rest"]);
        Ok(())
    }

    /// Publishes an edition in which every place is taken.
    fn publish(&self) -> Outcome<Cost> {
        self.measure(&["--vault", &format!("vault-{DESK}"), "publish", "stick", "--replace-outbox"])
    }

    fn measure(&self, args: &[&str]) -> Outcome<Cost> {
        let mut command: Command = self.home.command("bisik-desk");
        command.args(["--passphrase-stdin", "--json"]).args(args);
        let shown = format!("{command:?}");
        let (memory, took) = time(|| {
            let child = spawn(command, PASSPHRASE);
            let id = child.id();
            // Ends with the process: then the kernel tells no more figures.
            let watch = thread::spawn(move || most_memory(id));
            finish(child, shown).success();
            watch.join().map_err(|_| failure("the watch panicked"))
        })?;
        Ok(Cost { seconds: took.as_secs_f64(), memory })
    }

    fn desk(&self, args: &[&str]) {
        let vault = format!("vault-{DESK}");
        let all = [&["--vault", &vault, "--passphrase-stdin", "--json"], args].concat();
        self.home.run("bisik-desk", &all, PASSPHRASE).success();
    }

    fn copy(&self, from: &str, to: &str) -> Outcome {
        let (from, to) = (self.home.path(from), self.home.path(to));
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        run(command("cp", ["--archive"]).args([from, to]))
    }
}

fn seal_one(
    agency: &AgencyId,
    card: &VerifiedCard,
    recipient: &Recipient,
    folder: &Path,
    rng: &mut StdRng,
) -> Outcome {
    let keys = Receipt::generate(agency, rng).keys().map_err(other)?;
    let content = ReportContent {
        format: ReportFormat::V1,
        agency: *agency,
        card: card.card().serial,
        to: vec![DeskId::from_str(DESK).map_err(other)?],
        kind: Kind::Report,
        nonce: ReportNonce::generate(rng),
        seen: Default::default(),
        language: Language::Id,
        form: card.card().form.id.clone(),
        answers: Vec::new(),
        message: "Ada pungutan pada pembagian bantuan di desa kami. ".repeat(40),
        evidence: Vec::new(),
        thread: ThreadPublic::of(&keys).map_err(other)?,
    };
    let mut sealed = Vec::new();
    let slots = [Slot::For(Box::new(recipient.clone()))];
    seal_report(&content, &mut [], &keys, &slots, &mut sealed, rng).map_err(other)?;
    let id = bisik_formats::ids::ReportId::of(&sealed);
    Ok(fs::write(folder.join(format!("{id}.age")), sealed)?)
}

/// Watches a process until it ends, and returns the most memory it held, in MiB.
#[expect(clippy::disallowed_methods, reason = "looks at another process from time to time")]
fn most_memory(id: u32) -> f64 {
    let mut most = 0.0;
    while let Ok(now) = memory(id, "VmHWM") {
        most = now;
        thread::sleep(GLANCE);
    }
    most
}

fn other(error: impl ToString) -> crate::shell::Failure {
    failure(error.to_string())
}
