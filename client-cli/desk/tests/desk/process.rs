//! The real program: locked down before it reads anything, and silent about secrets.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bisik-desk");

#[test]
fn the_program_waits_for_its_first_secret_without_network_and_core_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    let mut child = Command::new(PROGRAM)
        .args(["--passphrase-stdin", "root", "init", root.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let about = |what: &str| fs::read_to_string(format!("/proc/{}/{what}", child.id())).unwrap();
    // The filter comes last, so that everything else is in place once it is seen. A program that does not install
    // one waits for its secret for ever; the test then never ends, which counts as failed.
    while !about("status").contains("Seccomp:\t2") {
        std::thread::yield_now();
    }
    assert!(about("status").contains("NoNewPrivs:\t1"));
    let limits = about("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"rahasia akar satu\nrahasia akar dua\n").unwrap();
    drop(input);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let said = [done.stdout, done.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains("rahasia"));
    for entry in fs::read_dir(root).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"rahasia"));
    }
}

#[test]
fn exit_codes_are_fixed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &str| {
        let mut child = Command::new(PROGRAM)
            .args(args)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A program that refuses at once does not read what it is given.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        child.wait().unwrap().code().unwrap()
    };
    let init = [
        "--passphrase-stdin",
        "--officer",
        "ani",
        "init",
        "--agency",
        "0000-0000-0000-0000-0000-0000-0000-0000",
        "--desk",
        "pusat",
        "--name-id",
        "Pusat",
        "--name-en",
        "Centre",
        "--request",
        "pusat.request",
    ];
    assert_eq!(run(&["terbang"], ""), 2);
    assert_eq!(run(&["--passphrase-stdin", "list"], "kuda makan batu\n"), 1);
    assert_eq!(run(&init, "pendek\n"), 1);
    assert_eq!(run(&init, "kuda makan batu\n"), 0);
    assert_eq!(run(&["list"], ""), 2);
    assert_eq!(run(&["--passphrase-stdin", "list"], "kuda makan kayu\n"), 6);
    assert_eq!(run(&["--passphrase-stdin", "self-test"], "kuda makan batu\n"), 0);
}
