//! The commands as an officer types them: what is asked, said and returned.

use std::fs;
use std::path::Path;

use bisik_desk::cli::{Cli, Surroundings, dispatch, messages};
use bisik_desk::vault::WorkFactor;
use bisik_formats::ids::AgencyId;
use bisik_term::testing::Screen;
use bisik_term::{ErrorKind, Language, Messages};
use clap::Parser;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::agency::{Agency, CARD, FORM, SECRET, day};
use crate::reporter::Reporter;

/// What a command did.
struct Done {
    out: String,
    err: String,
    failed: Option<(ErrorKind, &'static str)>,
}

/// Runs a command with everything typed at a terminal.
fn typed(language: Language, args: &[&str], lines: &str) -> Done {
    run_on(&Screen::new(Messages::new(language, messages()), lines), args, "2026-11-22")
}

fn run_on(screen: &Screen, args: &[&str], today: &str) -> Done {
    let cli = Cli::parse_from(["bisik-desk"].iter().chain(args));
    let rng = StdRng::seed_from_u64(3);
    let mut around = Surroundings { today: day(today), rng, work: WorkFactor::for_tests() };
    let failed = dispatch(cli, screen.ui(), &mut around).err();
    if let Some(error) = &failed {
        screen.ui().error(error);
    }
    let failed = failed.map(|error| (error.kind(), error.id()));
    Done { out: screen.out(), err: screen.err(), failed }
}

impl Done {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.failed, None, "{}", self.err);
        self
    }
}

/// A closed desk with a case in it, and the path of its vault.
fn with_case() -> (tempfile::TempDir, String) {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let name = "../../\x1b[2J\u{202e}gpj.exe";
    let sealed = reporter.report_with_evidence(&agency, name, "jpg", b"isi bukti");
    agency.put(&sealed);
    agency.import();
    let vault = agency.vault().to_str().unwrap().to_owned();
    (agency.close().0, vault)
}

fn at(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_box_is_opened_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| at(folder.path(), name);
    let secrets = "kunci akar satu\nkunci akar satu\nkunci akar dua\nkunci akar dua\n";
    let made = typed(Language::Indonesian, &["root", "init", &path("root")], secrets).ok();
    let fingerprint = made.out.lines().next().unwrap().to_owned();
    assert!(AgencyId::parse_fingerprint(&fingerprint).is_ok());
    assert!(fs::read_to_string(path("root/fingerprint.html")).unwrap().contains(&fingerprint));

    let init = [
        "--vault",
        &path("vault"),
        "--officer",
        "ani",
        "init",
        "--agency",
        &fingerprint,
        "--desk",
        "pusat",
        "--name-id",
        "Pusat",
        "--name-en",
        "Centre",
        "--request",
        &path("pusat.request"),
    ];
    let init = typed(Language::Indonesian, &init, &format!("{SECRET}\n{SECRET}\n")).ok();

    fs::write(path("card.toml"), CARD).unwrap();
    fs::write(path("form.toml"), FORM).unwrap();
    let sign = [
        "root",
        "sign-card",
        &path("root"),
        "--card",
        &path("card.toml"),
        "--form",
        &path("form.toml"),
        "--request",
        &path("pusat.request"),
        "--key",
        "1",
        "--out",
        &path("card.bundle"),
    ];
    let refused = typed(Language::Indonesian, &sign, "t\n");
    assert_eq!(refused.failed, Some((ErrorKind::Refused, "err-not-confirmed")));
    assert!(refused.err.contains(init.out.lines().next().unwrap()), "{}", refused.err);
    typed(Language::Indonesian, &sign, "y\nkunci akar satu\n").ok();

    let secret = format!("{SECRET}\n");
    let early = typed(Language::Indonesian, &["--vault", &path("vault"), "publish", &path("")], &secret);
    assert_eq!(early.failed, Some((ErrorKind::Refused, "err-no-card")));
    let card = ["--vault", &path("vault"), "card", &path("card.bundle")];
    let card = typed(Language::Indonesian, &card, &secret).ok();
    assert!(card.out.starts_with("Komisi Contoh\n"), "{}", card.out);
    fs::create_dir_all(path("stick/reports")).unwrap();
    let publish = ["--vault", &path("vault"), "publish", &path("stick")];
    let published = typed(Language::Indonesian, &publish, &secret).ok();
    assert_eq!(
        published.out,
        "Edisi 202611220 siap dibawa: 0 surat dari 4 tempat, berlaku sampai 2026-12-01. Tanda terima: 0 berkas.\n"
    );
    assert!(Path::new(&path("stick/outbox/pusat/body.bin")).exists());
}

#[test]
fn passphrases_come_from_standard_input_only_when_asked_for() {
    let (_folder, vault) = with_case();
    let piped = |lines: &str| Screen::piped(Messages::new(Language::English, messages()), lines);
    let secret = format!("{SECRET}\n");
    let refused = run_on(&piped(&secret), &["--vault", &vault, "list"], "2026-11-22");
    assert_eq!(refused.failed, Some((ErrorKind::Usage, "err-no-terminal")));
    let args = ["--vault", &vault, "--passphrase-stdin", "list"];
    let done = run_on(&piped(&secret), &args, "2026-11-22").ok();
    assert_eq!(done.out, "1  2026-11-22  Taken by an officer  messages: 1  unread\n");
    let wrong = run_on(&piped("kuda makan kayu\n"), &args, "2026-11-22");
    assert_eq!(wrong.failed, Some((ErrorKind::Secret, "err-passphrase-wrong")));
}

#[test]
fn a_case_is_shown_without_one_raw_foreign_byte() {
    let (_folder, vault) = with_case();
    let secret = format!("{SECRET}\n");
    let done = typed(Language::Indonesian, &["--vault", &vault, "show", "1"], &secret).ok();
    assert!(done.out.contains("BAHAYA: hanya satu orang lain memegang bukti ini."), "{}", done.out);
    assert!(done.out.contains("  | ../../\\u{1b}[2J\\u{202e}gpj.exe"), "{}", done.out);
    assert!(done.out.contains("  | Suap atau uang pelicin"), "{}", done.out);
    assert!(!done.out.chars().any(|c| c != '\n' && bisik_term::escape::is_dangerous(c)));
    let journal = typed(Language::Indonesian, &["--vault", &vault, "journal"], &secret).ok();
    assert!(journal.out.lines().last().unwrap().ends_with("ani  melihat kasus  1"), "{}", journal.out);
}

#[test]
fn a_forged_line_in_a_message_stands_behind_the_bar() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let sealed = reporter.report(&agency, &["pusat"], "x\nBAHAYA: palsu\r\x1b]0;t\x07");
    agency.put(&sealed);
    agency.import();
    let vault = agency.vault().to_str().unwrap().to_owned();
    let (_folder, _) = agency.close();
    let done = typed(Language::Indonesian, &["--vault", &vault, "show", "1"], &format!("{SECRET}\n")).ok();
    assert!(done.out.contains("\n  | BAHAYA: palsu\\u{d}\\u{1b}]0;t\\u{7}\n"), "{}", done.out);
}

#[test]
fn json_has_the_answers_and_no_key_of_the_thread() {
    let (_folder, vault) = with_case();
    let screen = Screen::with_options(
        Messages::new(Language::English, messages()),
        &format!("{SECRET}\n"),
        false,
        true,
    );
    let done = run_on(&screen, &["--vault", &vault, "show", "1"], "2026-11-22").ok();
    let value: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(value["messages"][0]["answers"][0]["value"]["choice"][0], "suap");
    assert_eq!(value["messages"][0]["evidence"][0]["size"], 9);
    assert!(!done.out.contains("letter_key") && !done.out.contains("age1pq1"));
}

#[test]
fn a_reply_is_typed_checked_and_shown() {
    let (folder, vault) = with_case();
    let reply = |lines: &str| {
        typed(Language::Indonesian, &["--vault", &vault, "reply", "1"], &format!("{SECRET}\n{lines}"))
    };
    let dangerous = reply("Siapa nama Anda?\n.\n.\n");
    assert_eq!(dangerous.failed, Some((ErrorKind::Refused, "err-text-dangerous")));
    assert!(dangerous.err.contains("\"nama anda\""), "{}", dangerous.err);
    reply("Terima kasih.\n.\nKapan?\nDi mana?\n.\n").ok();
    let secret = format!("{SECRET}\n");
    let done = typed(Language::Indonesian, &["--vault", &vault, "show", "1"], &secret).ok();
    assert!(done.out.ends_with(
        "Balasan meja, 2026-11-22\n  | Terima kasih.\n\nPertanyaan yang masih terbuka\n  | Kapan?\n  | Di mana?\n"
    ));
    let long = at(folder.path(), "long.txt");
    fs::write(&long, "panjang ".repeat(600)).unwrap();
    let args = ["--vault", &vault, "reply", "1", "--text-file", &long];
    let long = typed(Language::Indonesian, &args, &secret);
    assert_eq!(long.failed, Some((ErrorKind::Refused, "err-text-long")));
}

#[test]
fn a_reply_follows_the_passphrase_on_standard_input() {
    let (_folder, vault) = with_case();
    let lines = format!("{SECRET}\nBaris satu.\nBaris dua.\n");
    let screen = Screen::piped(Messages::new(Language::English, messages()), &lines);
    let args = ["--vault", &vault, "--passphrase-stdin", "reply", "1", "--text-file", "-"];
    run_on(&screen, &args, "2026-11-22").ok();
    let done = typed(Language::English, &["--vault", &vault, "show", "1"], &format!("{SECRET}\n")).ok();
    assert!(done.out.ends_with("  | Baris satu.\n  | Baris dua.\n"), "{}", done.out);
}

#[test]
fn statuses_come_from_the_form() {
    let (_folder, vault) = with_case();
    let secret = format!("{SECRET}\n");
    let unknown = typed(Language::English, &["--vault", &vault, "status", "1", "selesai"], &secret);
    assert_eq!(unknown.failed, Some((ErrorKind::Refused, "err-status-unknown")));
    assert!(unknown.err.contains("diterima, verifikasi,"), "{}", unknown.err);
    let done = typed(Language::English, &["--vault", &vault, "status", "1", "telaah"], &secret).ok();
    assert_eq!(done.out, "Case 1: Under review, since 2026-11-22\n");
}

#[test]
fn junk_leaves_the_list_and_comes_back() {
    let (_folder, vault) = with_case();
    let run = |args: &[&str]| {
        typed(Language::English, &[&["--vault", &vault], args].concat(), &format!("{SECRET}\n")).ok().out
    };
    run(&["junk", "1"]);
    assert_eq!(run(&["list"]), "");
    assert!(run(&["list", "--all"]).contains("junk"));
    run(&["junk", "1", "--undo"]);
    assert!(!run(&["list"]).is_empty());
}

#[test]
fn evidence_leaves_the_vault_with_a_warning_and_consent() {
    let (folder, vault) = with_case();
    let out = at(folder.path(), "out");
    let args = ["--vault", &vault, "evidence", "export", "1", "1", "1", "--to", &out];
    let refused = typed(Language::English, &args, &format!("{SECRET}\nn\n"));
    assert_eq!(refused.failed, Some((ErrorKind::Refused, "err-not-confirmed")));
    assert!(!Path::new(&out).exists());
    let done = typed(Language::English, &args, &format!("{SECRET}\ny\n")).ok();
    assert!(done.err.starts_with("Warning: A file from a stranger may hold malicious code."), "{}", done.err);
    assert_eq!(fs::read(done.out.trim_end()).unwrap(), b"isi bukti");
    let secret = format!("{SECRET}\n");
    let verified = typed(Language::English, &["--vault", &vault, "evidence", "verify", "1"], &secret).ok();
    assert_eq!(verified.out, "1 pieces of evidence are whole; the signatures of all messages fit.\n");
    let court = at(folder.path(), "court");
    let export = ["--vault", &vault, "export", "1", "--to", &court, "--yes"];
    typed(Language::English, &export, &secret).ok();
    assert!(Path::new(&court).join("kasus-0001-pesan-01/SHA256SUMS.sig").exists());
}

#[test]
fn the_output_of_an_import_is_the_same_with_and_without_reports_for_others() {
    let outputs = [false, true].map(|with_others| {
        let mut agency = Agency::new();
        let good = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Satu.");
        agency.put(&good);
        if with_others {
            let other = Reporter::new(&agency, 2).report(&agency, &["daerah"], "Tentang pusat.");
            agency.put(&other);
            let mut decoy = Vec::new();
            bisik_sealing::report::seal_decoy(2, &mut decoy, &mut agency.rng).unwrap();
            agency.put(&decoy);
        }
        let (vault, stick) = (agency.vault(), agency.stick());
        let (_folder, _) = agency.close();
        let import = || {
            let args = ["--vault", vault.to_str().unwrap(), "import", stick.to_str().unwrap()];
            let done = typed(Language::Indonesian, &args, &format!("{SECRET}\n")).ok();
            (done.out, done.err)
        };
        let list = ["--vault", vault.to_str().unwrap(), "list"];
        let (first, second) = (import(), import());
        let list = typed(Language::Indonesian, &list, &format!("{SECRET}\n")).ok();
        (first, second, list.out, list.err)
    });
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn a_wrong_date_is_refused_until_it_is_confirmed() {
    let (folder, vault) = with_case();
    let stick = at(folder.path(), "stick");
    let import = |more: &[&str]| {
        let screen = Screen::new(Messages::new(Language::English, messages()), &format!("{SECRET}\n"));
        run_on(&screen, &[&["--vault", &vault, "import", &stick], more].concat(), "2026-11-01")
    };
    let refused = import(&[]);
    assert_eq!(refused.failed, Some((ErrorKind::Refused, "err-date-past")));
    assert!(refused.err.contains("(2026-11-01) is before the last edition"), "{}", refused.err);
    import(&["--confirm-date"]).ok();
}

#[test]
fn a_damaged_vault_says_so_in_clear_words() {
    let (_folder, vault) = with_case();
    let file = Path::new(&vault).join("vault.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    // In the middle of a sealed record.
    let place = bytes.len() - 2000;
    bytes[place] ^= 1;
    fs::write(&file, bytes).unwrap();
    let done = typed(Language::English, &["--vault", &vault, "self-test"], &format!("{SECRET}\n"));
    assert_eq!(done.failed, Some((ErrorKind::Verification, "err-damaged")));
    assert!(done.err.contains("The vault was changed from outside, or the disk has failed"), "{}", done.err);
}

#[test]
fn a_vault_is_backed_up_and_restored_from_the_command_line() {
    let (folder, vault) = with_case();
    let path = |name: &str| at(folder.path(), name);
    let (backup, other) = (path("cadangan"), path("vault-baru"));
    let line = format!("{SECRET}\n");
    let done = typed(Language::Indonesian, &["--vault", &vault, "backup", &backup], &line).ok();
    assert!(done.out.contains("1 bukti"), "{}", done.out);
    let again = typed(Language::English, &["--vault", &vault, "backup", &backup], &line);
    assert_eq!(again.failed, Some((ErrorKind::Refused, "err-backup-taken")));
    let wrong = typed(Language::English, &["--vault", &other, "restore", &backup], "kuda makan kayu\n");
    assert!(wrong.failed.is_some() && !Path::new(&other).exists());
    let done = typed(Language::English, &["--vault", &other, "restore", &backup], &line).ok();
    assert!(done.out.contains("1 cases") && done.err.contains("stick of the last edition"), "{}", done.err);
    let journal = typed(Language::English, &["--vault", &other, "journal"], &line).ok();
    assert!(journal.out.contains("wrote a backup") && journal.out.contains("restored the vault"));
}
