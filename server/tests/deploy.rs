//! The samples in deploy/ are checked by the programs that read them, where those programs are.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bisik_formats::access::AccessToken;
use bisik_server::config::Config;
use tempfile::TempDir;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

/// Runs a program; `None`, said aloud, when it is not installed.
fn run(test: &str, command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("SKIPPED {test}: {}: {error}", command.get_program().display());
            None
        }
    }
}

#[test]
fn the_unit_is_hardened() {
    let unit = deploy().join("systemd/bisik-server.service");
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--offline=true", "--no-pager", "--threshold=10"]).arg(&unit);
    let Some(output) = run("the_unit_is_hardened", &mut command) else { return };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let level: f64 = text
        .lines()
        .find_map(|line| {
            line.split_once("Overall exposure level for bisik-server.service: ")?
                .1
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_else(|| panic!("{text}"));
    assert!(level <= 1.0, "{text}");
}

#[test]
fn the_unit_is_understood() {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(deploy().join("systemd/bisik-server.service")).unwrap();
    // The checker wants the program to be there.
    let unit = folder.path().join("bisik-server.service");
    fs::write(&unit, text.replace("/usr/bin/bisik-server", env!("CARGO_BIN_EXE_bisik-server"))).unwrap();
    let more = folder.path().join("bisik-server.service.d");
    fs::create_dir(&more).unwrap();
    fs::copy(deploy().join("systemd/bisik-server-tls.conf"), more.join("tls.conf")).unwrap();
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no"]).arg(&unit);
    let Some(output) = run("the_unit_is_understood", &mut command) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Units of this machine are checked along; only what is said about ours counts.
    assert!(!said.contains("bisik-server.service"), "{said}");
}

#[test]
fn the_unit_and_the_configuration_agree() {
    let unit = fs::read_to_string(deploy().join("systemd/bisik-server.service")).unwrap();
    let torrc = fs::read_to_string(deploy().join("tor/torrc")).unwrap();
    let config = Config::load(&deploy().join("server.toml")).unwrap();
    for listener in [&config.public, &config.courier] {
        assert!(listener.listen.ip().is_loopback());
        assert!(unit.contains(&format!("SocketBindAllow=tcp:{}\n", listener.listen.port())));
    }
    assert!(unit.contains("\nExecReload=+/bin/kill -HUP $MAINPID\n"));
    let open = fs::read_to_string(deploy().join("systemd/bisik-server-tls.conf")).unwrap();
    assert!(open.contains("\nSocketBindAllow=tcp:443\n"));
    let proxy = fs::read_to_string(deploy().join("proxy/nginx.conf")).unwrap();
    assert!(proxy.contains(&format!("proxy_pass http://{};", config.public.listen)));
    assert!(torrc.contains(&format!("\nHiddenServicePort 80 {}\n", config.public.listen)));
    assert_eq!(config.data, Path::new("/var/lib/bisik"));
    assert!(unit.contains("\nStateDirectory=bisik\n"));
    let stop: u64 = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.parse().ok()).unwrap();
    assert!(stop > config.limits.stop_seconds);
    let files: usize = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")?.parse().ok()).unwrap();
    assert!(files > 2 * config.limits.connections + 2 * config.limits.large_uploads + 256);
}

#[test]
fn tor_understands_the_onion_service() {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(deploy().join("tor/torrc")).unwrap();
    // The commented courier service is checked as well.
    let text = text.replace("\n#HiddenService", "\nHiddenService");
    let torrc = folder.path().join("torrc");
    fs::write(&torrc, text.replace("/var/lib/tor", &folder.path().display().to_string())).unwrap();
    let mut command = Command::new("tor");
    command.args(["--verify-config", "--defaults-torrc", "/dev/null", "-f"]).arg(&torrc);
    command.arg("--DataDirectory").arg(folder.path().join("data"));
    let Some(output) = run("tor_understands_the_onion_service", &mut command) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let warned = said.lines().find(|line| line.contains("[warn]") && !line.contains("running Tor as root"));
    assert_eq!(warned, None);
}

#[test]
fn the_sample_passes_the_programs_own_check() {
    let output = Command::new(env!("CARGO_BIN_EXE_bisik-server"))
        .args(["check-config", "--config"])
        .arg(deploy().join("server.toml"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let folder = TempDir::new().unwrap();
    let bad = folder.path().join("server.toml");
    fs::write(&bad, "data = 1").unwrap();
    for (path, code, word) in
        [(bad, 1, "Berkas pengaturan salah"), (folder.path().join("none"), 5, "tidak dapat dibaca")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_bisik-server"))
            .args(["check-config", "--config"])
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word) && said.lines().count() >= 2, "{said}");
    }
}

#[test]
fn a_token_goes_into_a_private_file_and_only_its_hash_is_printed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("courier.token");
    let token = || {
        Command::new(env!("CARGO_BIN_EXE_bisik-server")).args(["token", "--out"]).arg(&path).output().unwrap()
    };
    let output = token();
    assert!(output.status.success());
    let secret = AccessToken::parse(fs::read_to_string(&path).unwrap().trim_end()).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("sha256={}\n", secret.hash()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A token that is in use is never overwritten.
    assert_eq!(token().status.code(), Some(5));
}
