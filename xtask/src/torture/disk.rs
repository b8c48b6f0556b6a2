//! A file system in a file, which can lose its power, and one that is small.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::shell::{Outcome, command, failure, run, succeeds};

/// A mounted file system; unmounted when dropped.
pub(super) struct Disk {
    image: PathBuf,
    mount: PathBuf,
    mounted: bool,
}

impl Disk {
    /// Makes a file system in a folder by `mkfs.ext4 ..` or `mkfs.xfs ..` and mounts it.
    pub(super) fn make(folder: &Path, make: &[&str], megabytes: u64) -> Outcome<Self> {
        Self::over(&folder.join("mount"), &folder.join("image"), make, megabytes)
    }

    /// As [`Disk::make`], with the mount point and the image somewhere else.
    pub(super) fn over(mount: &Path, image: &Path, make: &[&str], megabytes: u64) -> Outcome<Self> {
        let (image, mount) = (image.to_owned(), mount.to_owned());
        fs::create_dir_all(&mount)?;
        File::create(&image)?.set_len(megabytes << 20)?;
        let Some((program, options)) = make.split_first() else { return Err(failure("no mkfs")) };
        run(command(program, ["-q"]).args(options).arg(&image))?;
        let mut disk = Self { image, mount, mounted: false };
        disk.mount()?;
        Ok(disk)
    }

    /// Returns where it is mounted.
    pub(super) fn path(&self) -> &Path {
        &self.mount
    }

    pub(super) fn mount(&mut self) -> Outcome {
        run(command("mount", ["-o", "loop"]).arg(&self.image).arg(&self.mount))?;
        self.mounted = true;
        Ok(())
    }

    pub(super) fn unmount(&mut self) -> Outcome {
        run(command("umount", [&self.mount]).current_dir("/"))?;
        self.mounted = false;
        Ok(())
    }

    /// Cuts the power: what is not on the disk is forgotten, and nothing more gets there.
    pub(super) fn cut(&self) -> Outcome {
        run(command("xfs_io", ["-x", "-c", "shutdown"]).arg(&self.mount))
    }

    /// Gives it its power back; nobody may use it any more.
    pub(super) fn again(&mut self) -> Outcome {
        self.unmount()?;
        self.mount()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            succeeds("umount", &["-l", &self.mount.to_string_lossy()]);
        }
    }
}
