//! The others: Postfix to a maildir, stock mailin-embedded, notmuch.

use super::casella::command;
use mailin_embedded::{Handler, Response, Server, SslConfig, response};
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A private Postfix, on loopback, with folders of its own.
pub struct Postfix {
    folder: PathBuf,
    pub address: String,
}

impl Postfix {
    /// `None`, with a line that says why, where it cannot be had.
    pub fn start(folder: &Path) -> Option<Postfix> {
        let skip = |why: &str| println!("(Postfix skipped: {why})");
        if !Path::new("/usr/sbin/postfix").exists() {
            skip("it is not installed");
            return None;
        }
        let port = free_port();
        write_config(folder, port).ok()?;
        let started = Command::new("/usr/sbin/postfix")
            .arg("-c")
            .arg(folder.join("etc"))
            .arg("start")
            .output()
            .ok()?;
        if !started.status.success() {
            skip(
                String::from_utf8_lossy(&started.stderr)
                    .lines()
                    .next()
                    .unwrap_or("it did not start"),
            );
            return None;
        }
        let address = format!("127.0.0.1:{port}");
        for _ in 0..100 {
            if std::net::TcpStream::connect(&address).is_ok() {
                return Some(Postfix {
                    folder: folder.to_owned(),
                    address,
                });
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        skip("it does not answer");
        None
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("/usr/sbin/postfix")
            .arg("-c")
            .arg(self.folder.join("etc"))
            .arg("stop")
            .output();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .map_or(2599, |a| a.port())
}

fn write_config(folder: &Path, port: u16) -> std::io::Result<()> {
    let etc = folder.join("etc");
    for name in ["etc", "queue", "data", "mail"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let script = format!(
        "chmod 755 {0} {0}/..; chown postfix {0}/data; chown nobody {0}/mail",
        folder.display()
    );
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let master = std::fs::read_to_string("/etc/postfix/master.cf")
        .or_else(|_| std::fs::read_to_string("/usr/share/postfix/master.cf.dist"))?;
    let lines = master
        .lines()
        .filter(|line| !line.starts_with("smtp ") || !line.contains("inet"));
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    text.push_str(&format!("127.0.0.1:{port} inet n - n - 100 smtpd\n"));
    std::fs::write(etc.join("master.cf"), text)?;
    let at = folder.display();
    std::fs::write(
        etc.join("main.cf"),
        format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\nmyhostname = bench.test\nmydestination =\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nvirtual_mailbox_domains = bench.test\n\
             virtual_mailbox_base = {at}/mail\nvirtual_mailbox_maps = static:box/\nvirtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n\
             virtual_minimum_uid = 1\nsmtpd_client_connection_count_limit = 0\nmaillog_file = /dev/null\nmaillog_file_prefixes = /dev\n\
             smtputf8_enable = no\nmessage_size_limit = 104857600\nmailbox_size_limit = 0\nvirtual_mailbox_limit = 0\n"
        ),
    )
}

/// mailin-embedded as it comes, keeping nothing: an upper bound, and no fair one. Its address.
pub fn embedded() -> String {
    #[derive(Clone)]
    struct Sink;
    impl Handler for Sink {
        fn helo(&mut self, _: IpAddr, _: &str) -> Response {
            response::OK
        }
        fn data(&mut self, _: &[u8]) -> std::io::Result<()> {
            Ok(())
        }
        fn data_end(&mut self) -> Response {
            response::OK
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut server = Server::new(Sink);
    server
        .with_name("bench.test")
        .with_tcp_listener(listener)
        .with_num_threads(64);
    server.with_ssl(SslConfig::None).expect("no TLS");
    std::thread::spawn(move || {
        let _ = server.serve();
    });
    address
}

/// Import of the real archive against `notmuch new`, where both are there.
pub fn import(folder: &Path) {
    println!("## Import of 5,000 real mails\n");
    let archive = Path::new("../shared/data/nvdimm-list.mbox.gz");
    if !archive.exists() {
        println!("(skipped: {} is not there)\n", archive.display());
        return;
    }
    let begun = Instant::now();
    let done = command(&folder.join("archive"))
        .arg("import")
        .arg(archive)
        .output()
        .expect("an import");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let ours = begun.elapsed();
    println!("Casella {:.1} s", ours.as_secs_f64());
    match notmuch(folder, archive) {
        Ok(theirs) => println!(
            "notmuch {:.1} s; ratio {:.2}\n",
            theirs,
            theirs / ours.as_secs_f64()
        ),
        Err(why) => println!("(notmuch skipped: {why})\n"),
    }
}

fn notmuch(folder: &Path, archive: &Path) -> std::io::Result<f64> {
    let mail = folder.join("notmuch");
    for name in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mail.join(name))?;
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(archive)?).read_to_end(&mut text)?;
    split(&text, &mail)?;
    let config = folder.join("notmuch-config");
    let mut file = std::fs::File::create(&config)?;
    write!(
        file,
        "[database]\npath={}\n[user]\nname=b\nprimary_email=b@b.test\n[new]\ntags=new\n",
        mail.display()
    )?;
    let begun = Instant::now();
    let done = Command::new("notmuch")
        .env("NOTMUCH_CONFIG", &config)
        .arg("new")
        .output()?;
    if !done.status.success() {
        return Err(std::io::Error::other(
            String::from_utf8_lossy(&done.stderr).into_owned(),
        ));
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// An mbox as a maildir, which is all notmuch reads.
fn split(text: &[u8], mail: &Path) -> std::io::Result<()> {
    let mut starts: Vec<usize> = (0..text.len())
        .filter(|&at| {
            text[at..].starts_with(b"From ") && (at == 0 || text[..at].ends_with(b"\n\n"))
        })
        .collect();
    starts.push(text.len());
    for (n, pair) in starts.windows(2).enumerate() {
        let one = &text[pair[0]..pair[1]];
        let head = one.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
        std::fs::write(mail.join("cur").join(format!("{n}:2,S")), &one[head..])?;
    }
    Ok(())
}
