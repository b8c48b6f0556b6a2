//! A small ext4 in a file: what a seized disk holds can be searched whole. Needs root.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A mounted file system.
pub struct Disk {
    folder: TempDir,
    mount: PathBuf,
}

impl Disk {
    /// Makes a file system and mounts it at this folder, which it makes; `None` without root.
    pub fn mount(megabytes: u64, mount: &Path) -> Option<Self> {
        let disk = Self { folder: TempDir::with_prefix("bisik-").unwrap(), mount: mount.to_owned() };
        std::fs::create_dir(mount).unwrap();
        let image = disk.image();
        File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
        let made = run(Command::new("mkfs.ext4").arg("-q").arg(&image));
        let mounted = made && run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(mount));
        mounted.then_some(disk)
    }

    /// Returns the file that holds the disk, with everything that was written so far.
    pub fn image(&self) -> PathBuf {
        if self.mount.is_dir() {
            run(Command::new("sync").arg("--file-system").arg(&self.mount));
        }
        self.folder.path().join("image")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("--lazy").arg(&self.mount));
    }
}

fn run(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
