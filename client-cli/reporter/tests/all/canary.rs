//! Markers that must be found nowhere: not in arguments, environment, home, temporary folders or core files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bisik_formats::day::Day;

use crate::agency::Agency;
use crate::server::Answer;
use crate::world::World;

/// Returns the day by this machine's clock, which the real program reads.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the same clock")]
pub(crate) fn now() -> Day {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Day::from_unix_seconds(since.as_secs()).unwrap()
}

fn prepared(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bisik"));
    fs::create_dir_all(world.path("home")).unwrap();
    fs::create_dir_all(world.path("tmp")).unwrap();
    command.env_clear().env("HOME", world.path("home")).env("TMPDIR", world.path("tmp"));
    command.current_dir(world.path("home"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the real program in a home of its own.
pub(crate) fn program(world: &World, args: &[String], input: &str) -> Output {
    let mut child = prepared(world).args(args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Returns every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn nothing_is_left_on_the_device() {
    let mut world = World::with(Agency::new(now()), now());
    let receipt = world.receipt();
    world.agency.answer("pusat", &receipt, |_| ());
    world.serve();
    fs::write(world.path("bukti.jpg"), crate::evidence::sample("jpeg-phone.jpg")).unwrap();
    let mut common = world.arguments();
    common.push("--direct".to_owned());
    let path = |name: &str| world.path(name).to_string_lossy().into_owned();
    let words =
        |list: &[&str]| [list.iter().map(|word| (*word).to_owned()).collect(), common.clone()].concat();
    let line = format!("{}\n", *receipt.expose_text());
    let message = format!("{line}PENANDA-RAHASIA-7391\n");
    let runs = [
        (words(&["send", "--answers", &path("jawaban.json"), "--evidence", &path("bukti.jpg")]), ""),
        (words(&["inbox"]), line.as_str()),
        (words(&["reply"]), message.as_str()),
        (words(&["close", "--yes"]), line.as_str()),
    ];
    let before = files(world.folder.path());
    for (args, input) in &runs {
        let run = program(&world, args, input);
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        let shown = [run.stdout, run.stderr].concat();
        let shown = String::from_utf8(shown).unwrap();
        assert!(!shown.contains("PENANDA"), "{shown}");
        if args[0] != "send" {
            assert!(!shown.contains(&*receipt.expose_text()), "{shown}");
        }
    }
    let mut after = files(world.folder.path());
    after.retain(|path| !before.contains(path));
    assert_eq!(after, Vec::<std::path::PathBuf>::new());
}

#[test]
fn other_users_of_the_device_see_neither_receipt_nor_message() {
    let mut world = World::with(Agency::new(now()), now());
    let receipt = world.receipt();
    world.agency.answer("pusat", &receipt, |_| ());
    world.serve();
    // The server keeps the upload waiting, so that the program can be looked at while it runs.
    let (entered, seen) = channel();
    let (release, released) = channel();
    world.server.answer(&[Answer::Wait(entered, Arc::new(Mutex::new(released)))]);
    let mut args = vec!["reply".to_owned(), "--direct".to_owned()];
    args.extend(world.arguments());
    let mut child = prepared(&world).args(&args).spawn().unwrap();
    let input = format!("{}\nPENANDA-RAHASIA-7391\n", *receipt.expose_text());
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    seen.recv().unwrap();
    let proc = Path::new("/proc").join(child.id().to_string());
    let read = |name: &str| String::from_utf8_lossy(&fs::read(proc.join(name)).unwrap()).into_owned();
    for name in ["cmdline", "environ", "comm"] {
        let text = read(name);
        assert!(!text.contains("PENANDA") && !text.contains(&*receipt.expose_text()), "{name}: {text}");
    }
    let limits = read("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    release.send(()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}
