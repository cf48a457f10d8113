//! How much room the disk has left: below `[store] min_free` mail is deferred and uploads refused.

use super::Inbox;

impl Inbox {
    /// Bytes free on the data folder's disk; `None` if the system does not say.
    pub fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether less than `[store] min_free` is left. Asked anew each time: it is one system call,
    /// and all is normal again the moment there is room.
    pub fn disk_is_nearly_full(&self) -> bool {
        let least = self.config.store.min_free.bytes();
        self.free_bytes().is_some_and(|free| free < least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;

    fn full_below(min_free: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[store]\nmin_free = \"{min_free}\"");
        let config = Config::parse(&text, "test.toml").unwrap();
        let inbox = Inbox::open(config, Clock::machine(), folder.path()).unwrap();
        inbox.disk_is_nearly_full()
    }

    #[test]
    fn a_disk_is_nearly_full_below_the_configured_room() {
        assert!(!full_below("0"));
        assert!(full_below("1000000 TiB"));
    }
}
