//! A sender as simple as can be: one connection each, mail after mail.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

/// Mails a second that `count` mails of `size` bytes were accepted at, over `senders` connections.
pub fn rate(address: &str, to: &str, size: usize, count: usize, senders: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for sender in 0..senders {
            let share = count / senders;
            scope.spawn(move || {
                send(address, to, size, share, sender).expect("a mail was not accepted")
            });
        }
    });
    (count / senders * senders) as f64 / begun.elapsed().as_secs_f64()
}

/// Sends `count` mails over one connection.
pub fn send(
    address: &str,
    to: &str,
    size: usize,
    count: usize,
    sender: usize,
) -> std::io::Result<()> {
    let mut out = TcpStream::connect(address)?;
    out.set_nodelay(true)?;
    let mut input = BufReader::new(out.try_clone()?);
    expect(&mut input, "220")?;
    say(&mut out, &mut input, "EHLO bench.test", "250")?;
    let body = "All work and no play makes a dull mail about invoices and parcels.\r\n"
        .repeat(size / 68 + 1);
    for n in 0..count {
        say(
            &mut out,
            &mut input,
            &format!("MAIL FROM:<s{sender}@bench.test>"),
            "250",
        )?;
        say(&mut out, &mut input, &format!("RCPT TO:<{to}>"), "250")?;
        say(&mut out, &mut input, "DATA", "354")?;
        let id = format!("{}.{sender}.{n}.{size}", std::process::id());
        let head = format!(
            "From: s{sender}@bench.test\r\nTo: {to}\r\nSubject: bench {n}\r\nMessage-ID: <{id}@bench.test>\r\n\r\n"
        );
        out.write_all(head.as_bytes())?;
        out.write_all(&body.as_bytes()[..size])?;
        out.write_all(b"\r\n.\r\n")?;
        expect(&mut input, "250")?;
    }
    say(&mut out, &mut input, "QUIT", "221")
}

fn say(
    out: &mut TcpStream,
    input: &mut impl BufRead,
    line: &str,
    code: &str,
) -> std::io::Result<()> {
    out.write_all(format!("{line}\r\n").as_bytes())?;
    expect(input, code)
}

fn expect(input: &mut impl BufRead, code: &str) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        if !line.starts_with(code) {
            return Err(std::io::Error::other(format!("expected {code}: {line}")));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
