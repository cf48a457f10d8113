//! Where a message waits while it arrives: in memory up to [`IN_MEMORY`], then in a file without a
//! name.

use std::{
    fs, io,
    io::{Read, Seek},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::io::AsyncWriteExt;

/// Bytes kept in memory before a file is opened.
pub const IN_MEMORY: usize = 1 << 20;

/// A message that arrived whole: the DATA after dot-unstuffing and bare-LF normalisation.
#[derive(Debug)]
pub enum Spooled {
    Memory(Vec<u8>),
    /// The file, read from its beginning, and its length.
    File(fs::File, u64),
}

impl Spooled {
    /// Bytes in all.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, len) => *len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole message in memory. Blocks on the disk when it was spooled to a file.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::File(mut file, len) => {
                let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
                file.rewind()?;
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

/// A message on its way in.
pub struct Spool<'a> {
    dir: &'a Path,
    memory: Vec<u8>,
    file: Option<tokio::fs::File>,
    len: u64,
}

impl<'a> Spool<'a> {
    pub fn new(dir: &'a Path) -> Self {
        Self {
            dir,
            memory: Vec::new(),
            file: None,
            len: 0,
        }
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends. An error (a full disk, say) leaves the spool useless.
    pub async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = tokio::fs::File::from_std(nameless(self.dir)?);
            file.write_all(&std::mem::take(&mut self.memory)).await?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes).await,
            None => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The message is whole.
    pub async fn finish(self) -> io::Result<Spooled> {
        match self.file {
            None => Ok(Spooled::Memory(self.memory)),
            Some(mut file) => {
                file.flush().await?;
                Ok(Spooled::File(file.into_std().await, self.len))
            }
        }
    }
}

/// A file that vanishes with its last handle, so that not even a crash leaves it behind.
fn nameless(dir: &Path) -> io::Result<fs::File> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("smtp-{}-{number}", std::process::id()));
        match options.open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => (),
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_and_large_messages_come_back_whole_and_leave_no_file() {
        let dir = tempfile::tempdir().expect("a folder");
        for pieces in [0, 1, 1_000, 40_000] {
            let mut spool = Spool::new(dir.path());
            let piece: Vec<u8> = (0..=99).collect();
            for _ in 0..pieces {
                spool.push(&piece).await.expect("room");
            }
            let spooled = spool.finish().await.expect("room");
            let in_file = matches!(spooled, Spooled::File(..));
            assert_eq!(in_file, pieces * 100 > IN_MEMORY);
            assert_eq!(spooled.len(), (pieces * 100) as u64);
            assert!(spooled.into_bytes().expect("readable") == piece.repeat(pieces));
            assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 0);
        }
    }

    #[tokio::test]
    async fn a_missing_spool_folder_is_an_error_of_that_message_alone() {
        let mut spool = Spool::new(Path::new("missing/folder"));
        assert!(spool.push(&vec![0; IN_MEMORY + 1]).await.is_err());
    }
}
