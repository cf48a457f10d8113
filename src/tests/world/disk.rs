//! A small disk that can be filled and enlarged. Only root can have one.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A tmpfs of its own, gone with this value.
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None`, with a line that says so, where this process may not mount.
    pub fn of(mib: u32) -> Option<Self> {
        let disk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        if disk.mount(&format!("size={mib}m")) {
            return Some(disk);
        }
        eprintln!("skipped: a full disk can be tried by root alone (mount -t tmpfs was refused)");
        None
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it another size while it is in use.
    pub fn resize(&self, mib: u32) {
        assert!(self.mount(&format!("remount,size={mib}m")));
    }

    fn mount(&self, options: &str) -> bool {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "casella-test"])
            .arg(self.path())
            .output();
        mounted.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Where it never was mounted there is nothing to unmount.
        let _ = Command::new("umount").arg(self.path()).output();
    }
}
