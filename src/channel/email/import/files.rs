//! What lies under the paths of an import: single mails, Maildirs, mboxes, folders of all of them.
//!
//! A file is known by what it begins with, not by its name, except inside a folder, where files that
//! are clearly something else are passed over. `.gz` is unpacked on the way.

use crate::channel::email::parse;
use crate::clock::Millis;
use crate::error::Failure;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const BUFFER: usize = 256 * 1024;
/// So much of a mail is read to learn its date.
const HEAD: u64 = 64 * 1024;
/// Folders in folders beyond this are not looked into.
const DEEPEST: usize = 64;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mail,
    Mbox,
}

/// A file with mail in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub path: PathBuf,
    pub kind: Kind,
    /// On disk, in bytes.
    pub size: u64,
    /// When its mail is of, as far as can be told at a glance; 0 for an mbox.
    date: Millis,
}

/// Everything with mail in it under these paths: mboxes as named, then single mails, oldest first,
/// so that threads grow in their order.
///
/// # Errors
/// A path that is not there or cannot be read, and one given by name that holds no mail.
pub fn archives(paths: &[PathBuf]) -> Result<Vec<Archive>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        gather(path, 0, &mut found).map_err(|e| Failure::io(&e).at(path.display()))?;
        if found.len() == before {
            let folder = path.is_dir();
            let what = if folder {
                "no mail in this folder"
            } else {
                "it is neither a mail nor an mbox"
            };
            return Err(Failure::new(what)
                .at(path.display())
                .remedy("give .eml files, Maildir folders or mbox files (also .gz)"));
        }
    }
    found.sort_by(|a, b| (a.date, &a.path).cmp(&(b.date, &b.path)));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn gather(path: &Path, depth: usize, into: &mut Vec<Archive>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        into.extend(archive(path)?);
        return Ok(());
    }
    if depth > DEEPEST {
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() && !is_unfinished(&path) {
            gather(&path, depth + 1, into)?;
        } else if kind.is_file() && !is_left_out(&path) {
            into.extend(archive(&path)?);
        }
    }
    Ok(())
}

/// A Maildir's `tmp` holds mail that is still being delivered.
fn is_unfinished(path: &Path) -> bool {
    let beside = |name| {
        path.parent()
            .is_some_and(|parent| parent.join(name).is_dir())
    };
    path.ends_with("tmp") && (beside("cur") || beside("new"))
}

/// Drafts and mail marked as deleted (Maildir flags D and T), and the files mail programs keep beside.
fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let flags = name.split_once(":2,").map_or("", |(_, flags)| flags);
    flags.contains(['D', 'T']) || name.starts_with("dovecot") || name == "maildirfolder"
}

fn archive(path: &Path) -> io::Result<Option<Archive>> {
    let mut head = Vec::new();
    open(path, 0)?.take(HEAD).read_to_end(&mut head)?;
    let Some(kind) = kind_of(&head) else {
        return Ok(None);
    };
    let date = match kind {
        Kind::Mail => parse::mail(header(&head)).date.unwrap_or(0),
        Kind::Mbox => 0,
    };
    Ok(Some(Archive {
        path: path.to_owned(),
        kind,
        size: fs::metadata(path)?.len(),
        date,
    }))
}

/// A mail up to its first blank line.
fn header(head: &[u8]) -> &[u8] {
    let end = head.windows(2).position(|w| w == b"\n\n");
    let end = end.or_else(|| head.windows(4).position(|w| w == b"\r\n\r\n"));
    &head[..end.unwrap_or(head.len())]
}

/// An mbox begins with `From `, a mail with a header field (RFC 5322 section 2.2).
fn kind_of(head: &[u8]) -> Option<Kind> {
    let text = head.trim_ascii_start();
    if text.starts_with(b"From ") {
        return Some(Kind::Mbox);
    }
    let line = text.split(|b| *b == b'\n').next()?;
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_field =
        !name.is_empty() && name.len() <= 76 && name.iter().all(|b| matches!(b, 33..=126));
    is_field.then_some(Kind::Mail)
}

/// The bytes of a file from `at` on, unpacked if it is `.gz`.
///
/// # Errors
/// The operating system's.
pub fn open(path: &Path, at: u64) -> io::Result<Box<dyn BufRead + Send>> {
    let mut file = BufReader::with_capacity(BUFFER, File::open(path)?);
    if !file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        file.seek(SeekFrom::Start(at))?;
        return Ok(Box::new(file));
    }
    let mut unpacked = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file));
    io::copy(&mut (&mut unpacked).take(at), &mut io::sink())?;
    Ok(Box::new(unpacked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let found = archives(&[folder.to_owned()]).unwrap();
        let name = |a: &Archive| a.path.strip_prefix(folder).unwrap().display().to_string();
        found.iter().map(name).collect()
    }

    #[test]
    fn a_maildir_gives_its_mail_oldest_first_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mail =
            |day: u8| format!("Date: Thu, {day:02} Jan 2026 10:00:00 +0000\nSubject: x\n\nx\n");
        put(folder.path(), "cur/1.a:2,S", &mail(8));
        put(folder.path(), "new/2.b", &mail(1));
        put(folder.path(), "cur/3.c:2,DS", &mail(2));
        put(folder.path(), "cur/4.d:2,ST", &mail(3));
        put(folder.path(), "tmp/5.e", &mail(4));
        put(folder.path(), ".Sent/cur/6.f:2,", &mail(5));
        put(folder.path(), ".Sent/maildirfolder", "");
        put(folder.path(), "dovecot-uidlist", "3 V1 N2: x");
        assert_eq!(
            names(folder.path()),
            ["new/2.b", ".Sent/cur/6.f:2,", "cur/1.a:2,S"]
        );
    }

    #[test]
    fn a_folder_gives_mails_and_mboxes_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a/one.eml", "Subject: x\n\nx");
        put(folder.path(), "b/tmp/two", "\r\nReceived : by x\n\nx");
        put(folder.path(), "archive", "From a 12:00\nA: 1\n\nx\n");
        put(folder.path(), "photo.jpg", "\u{fffd}JFIF\nSubject: x");
        put(folder.path(), "readme.txt", "Just some text\n\nx: y\n");
        put(folder.path(), "empty", "");
        assert_eq!(names(folder.path()), ["a/one.eml", "archive", "b/tmp/two"]);
    }

    #[test]
    fn a_packed_file_is_unpacked_and_can_be_gone_on_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive.mbox.gz");
        let mut packed = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        packed.write_all(b"From a 12:00\nA: 1\n\nx\n").unwrap();
        packed.finish().unwrap();
        let found = archives(std::slice::from_ref(&path)).unwrap();
        assert_eq!(found[0].kind, Kind::Mbox);
        let mut rest = String::new();
        open(&path, 13).unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "A: 1\n\nx\n");
    }

    #[test]
    fn what_holds_no_mail_is_named() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "notes", "nothing to see\n");
        for path in [
            folder.path().join("notes"),
            folder.path().to_owned(),
            folder.path().join("missing"),
        ] {
            let failure = archives(std::slice::from_ref(&path))
                .unwrap_err()
                .to_string();
            assert!(failure.contains(&path.display().to_string()), "{failure}");
        }
    }
}
