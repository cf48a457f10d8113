//! What the system says of a process: memory, descriptors, time on the processor.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use std::fs;
use std::time::Duration;

/// A process by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// Memory in use, in bytes.
    pub fn memory(self) -> u64 {
        self.status("VmRSS:") << 10
    }

    /// The most memory ever in use, in bytes.
    pub fn most_memory(self) -> u64 {
        self.status("VmHWM:") << 10
    }

    fn status(self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Open descriptors.
    pub fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0))
            .unwrap()
            .count()
    }

    /// Time spent on processors so far.
    pub fn busy(self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        // What follows the name in parentheses begins with the third field (proc(5)).
        let fields: Vec<_> = text.rsplit(')').next().unwrap().split(' ').collect();
        let ticks: u64 = fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Lets it have so many descriptors, and no more, until it is told otherwise.
    pub fn limit_descriptors(self, most: u64) {
        let pid = Pid::from_raw(self.0.try_into().unwrap());
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.0)).unwrap();
        let files = limits
            .lines()
            .find_map(|l| l.strip_prefix("Max open files"));
        let maximum = files.unwrap().split_whitespace().nth(1).unwrap();
        let limit = Rlimit {
            current: Some(most),
            maximum: maximum.parse().ok(),
        };
        prlimit(pid, Resource::Nofile, limit).unwrap();
    }
}

/// Lets this process have as many descriptors as the system allows it.
pub fn raise_own_limit() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    limit.current.unwrap_or(u64::MAX)
}
