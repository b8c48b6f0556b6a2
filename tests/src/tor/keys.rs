//! The keys of the authorities, which every node must know before it starts.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Output};

use super::Ports;
use super::node::Node;
use crate::run::{finish, spawn};

/// One of those who vote on the network.
pub(super) struct Authority {
    name: String,
    number: usize,
    line: String,
}

impl Authority {
    /// Makes the keys.
    pub(super) fn found(folder: &Path, number: usize, ports: &Ports) -> Self {
        let (name, or, dir) = (format!("a{number}"), ports.or[number], ports.dir[number]);
        let data = folder.join(&name);
        DirBuilder::new().recursive(true).mode(0o700).create(data.join("keys")).unwrap();
        let at = format!("127.0.0.1:{dir}");
        let mut gencert = Command::new("tor-gencert");
        gencert.current_dir(data.join("keys")).args(["--create-identity-key", "-m", "12", "-a", &at]);
        gencert.args(["-i", "authority_identity_key", "-s", "authority_signing_key"]);
        gencert.args(["-c", "authority_certificate", "--passphrase-fd", "0"]);
        let made = finish(spawn(gencert, "sandi\n"), "tor-gencert".to_owned()).success();
        drop(made);
        let certificate = fs::read_to_string(data.join("keys/authority_certificate")).unwrap();
        let identity = certificate.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap();
        let relay = fingerprint(folder, &name, or);
        let line =
            format!("DirAuthority {name} orport={or} no-v2 v3ident={identity} 127.0.0.1:{dir} {relay}\n");
        Self { name, number, line }
    }

    /// Returns the line by which the others know it.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Starts it.
    pub(super) fn run(&self, folder: &Path, common: &str, ports: &Ports) -> Node {
        let (or, dir) = (ports.or[self.number], ports.dir[self.number]);
        let own = format!(
            "SocksPort 0\n\
             ORPort 127.0.0.1:{or}\n\
             DirPort 127.0.0.1:{dir}\n\
             AuthoritativeDirectory 1\n\
             V3AuthoritativeDirectory 1\n\
             AssumeReachable 1\n\
             ExitRelay 0\n\
             ContactInfo test@test.invalid\n\
             TestingV3AuthInitialVotingInterval 10\n\
             TestingV3AuthInitialVoteDelay 2\n\
             TestingV3AuthInitialDistDelay 2\n\
             V3AuthVotingInterval 10\n\
             V3AuthVoteDelay 2\n\
             V3AuthDistDelay 2\n\
             TestingMinExitFlagThreshold 0\n\
             TestingAuthDirTimeToLearnReachability 0\n\
             MinMeasuredBWsForAuthToIgnoreAdvertised 0\n"
        );
        Node::run(folder, &self.name, &format!("{common}{own}"))
    }
}

/// Makes the keys that an authority has as a relay, and returns their fingerprint.
fn fingerprint(folder: &Path, name: &str, or: u16) -> String {
    let empty = folder.join("empty.torrc");
    fs::write(&empty, "").unwrap();
    let mut tor = Command::new("tor");
    // Any authority that is not the true ones will do: without one Tor would think of the real network.
    tor.arg("-f").arg(&empty).args(["--defaults-torrc", "/dev/null", "--list-fingerprint"]);
    tor.args(["--orport", &or.to_string(), "--Nickname", name, "--DataDirectory"]).arg(folder.join(name));
    tor.args(["--dirauthority", &format!("x 127.0.0.1:1 {}", "f".repeat(40)), "--quiet"]);
    let Output { status, stdout, stderr } = tor.output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{said}\n{}", String::from_utf8_lossy(&stderr));
    let line = said.lines().rev().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no fingerprint: {said}")).replace(' ', "")
}
