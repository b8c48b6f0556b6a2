//! What the gates need from the machine: found, installed, or named.

use std::process::Command;

use crate::shell::{Outcome, command, failure, is_on_path, output, run, succeeds};

/// A program that the gates need, how it is found, and the Debian package that brings it.
struct Tool {
    /// How the tool is called in the message.
    name: &'static str,
    found: fn() -> bool,
    package: &'static str,
}

/// Everything besides the Rust toolchain.
const TOOLS: [Tool; 25] = [
    Tool { name: "a C compiler", found: || is_on_path("cc"), package: "gcc" },
    Tool { name: "a C++ compiler (libFuzzer)", found: || is_on_path("c++"), package: "g++" },
    Tool { name: "node 20 or newer", found: has_node, package: "nodejs" },
    Tool { name: "npm", found: || is_on_path("npm"), package: "npm" },
    Tool { name: "python3", found: || is_on_path("python3"), package: "python3" },
    Tool { name: "python3 venv", found: has_venv, package: "python3-venv" },
    Tool { name: "strace", found: || is_on_path("strace"), package: "strace" },
    Tool { name: "systemd-analyze", found: || is_on_path("systemd-analyze"), package: "systemd" },
    Tool { name: "nginx", found: || is_on_path("nginx"), package: "nginx-light" },
    Tool { name: "openssl", found: || is_on_path("openssl"), package: "openssl" },
    Tool { name: "tor", found: || is_on_path("tor"), package: "tor" },
    Tool { name: "tcpdump", found: || is_on_path("tcpdump"), package: "tcpdump" },
    // What the torture does to disks and clocks.
    Tool { name: "mkfs.ext4", found: || is_on_path("mkfs.ext4"), package: "e2fsprogs" },
    Tool { name: "mkfs.xfs and xfs_io", found: || is_on_path("xfs_io"), package: "xfsprogs" },
    Tool { name: "mount", found: || is_on_path("mount"), package: "mount" },
    Tool { name: "fiu-run", found: || is_on_path("fiu-run"), package: "fiu-utils" },
    Tool { name: "faketime", found: || is_on_path("faketime"), package: "faketime" },
    // The reporter's page in the browsers that reporters have, and the judges of what the cleaners leave.
    Tool { name: "chromium", found: || is_on_path("chromium"), package: "chromium" },
    Tool { name: "firefox-esr", found: || is_on_path("firefox-esr"), package: "firefox-esr" },
    Tool { name: "exiftool", found: || is_on_path("exiftool"), package: "libimage-exiftool-perl" },
    Tool { name: "perl Archive::Zip (for exiftool)", found: has_archive_zip, package: "libarchive-zip-perl" },
    Tool { name: "convert", found: || is_on_path("convert"), package: "imagemagick" },
    Tool { name: "ffmpeg", found: || is_on_path("ffmpeg"), package: "ffmpeg" },
    Tool { name: "pdftotext", found: || is_on_path("pdftotext"), package: "poppler-utils" },
    Tool { name: "qpdf", found: || is_on_path("qpdf"), package: "qpdf" },
];

/// Makes sure that every tool is there.
///
/// As root on Debian and its kin missing ones are installed, if `install` allows it; else the failure names the
/// one command that does it.
pub(crate) fn ensure(install: bool) -> Outcome {
    let missing = missing();
    if missing.is_empty() {
        println!("every tool is there");
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if install && is_on_path("apt-get") && is_root() {
        run(&mut apt(&["update", "-q"]))?;
        run(apt(&["install", "-y", "-q", "--no-install-recommends"]).args(&packages))?;
    }
    let names: Vec<&str> = self::missing().iter().map(|tool| tool.name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let (names, packages) = (names.join(", "), packages.join(" "));
    Err(failure(format!("missing: {names}. Run as root: apt-get install {packages} (Debian 13 or newer)")))
}

fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !(tool.found)()).collect()
}

/// `apt-get` that asks nothing and starts no service: run level 1 is that of a machine under maintenance.
fn apt(args: &[&str]) -> Command {
    let mut apt = command("apt-get", args);
    apt.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    apt
}

fn is_root() -> bool {
    output(&mut command("id", ["-u"])).is_ok_and(|id| id.trim() == "0")
}

fn has_node() -> bool {
    succeeds("node", &["-e", "process.exit(Number(process.versions.node.split('.')[0]) >= 20 ? 0 : 1)"])
}

fn has_archive_zip() -> bool {
    succeeds("perl", &["-MArchive::Zip", "-e", "1"])
}

fn has_venv() -> bool {
    succeeds("python3", &["-c", "import venv, ensurepip"])
}
