//! A small file system in a file; needs root, a loop device and the program that makes it.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file system in a file that can lose its power.
pub struct Disk {
    folder: TempDir,
    mounted: bool,
}

impl Disk {
    pub fn new(make: &str, megabytes: u64) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("mount")).unwrap();
        File::create(folder.path().join("image")).unwrap().set_len(megabytes << 20).unwrap();
        let mut disk = Self { folder, mounted: false };
        let ready = run("xfs_io", &["-V"]) && run(make, &["-q", disk.image().to_str()?]) && disk.mount();
        ready.then_some(disk)
    }

    pub fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("mount")
    }

    pub fn mount(&mut self) -> bool {
        let (image, path) = (self.image(), self.path());
        self.mounted = run("mount", &["-o", "loop", image.to_str().unwrap(), path.to_str().unwrap()]);
        self.mounted
    }

    pub fn unmount(&mut self) {
        assert!(run("umount", &[self.path().to_str().unwrap()]));
        self.mounted = false;
    }

    pub fn cut(&self) {
        assert!(run("xfs_io", &["-x", "-c", "shutdown", self.path().to_str().unwrap()]));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            run("umount", &["-l", self.path().to_str().unwrap()]);
        }
    }
}

pub fn run(program: &str, arguments: &[&str]) -> bool {
    let quiet = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}
