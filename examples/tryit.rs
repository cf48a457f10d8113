use std::io::Read;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let start: usize = std::env::args()
        .nth(2)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let step: usize = std::env::args()
        .nth(3)
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let mut raw = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut raw)
        .unwrap();
    let mut mails: Vec<Vec<u8>> = Vec::new();
    let mut prev_blank = true;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        if prev_blank && line.starts_with(b"From ") {
            mails.push(Vec::new());
        } else if let Some(m) = mails.last_mut() {
            m.extend_from_slice(line);
        }
        prev_blank = line == b"\n" || line == b"\r\n";
    }
    eprintln!("{} mails", mails.len());
    let team = Default::default();
    let (mut tp, mut tr, mut tf) = (0u128, 0u128, 0u128);
    let mut kinds = std::collections::BTreeMap::new();
    let mut stats = [0usize; 6];
    let mut slow = 0u128;
    for (n, m) in mails.iter().enumerate().skip(start).step_by(step) {
        let t = std::time::Instant::now();
        let mail = casella::channel::email::parse::mail(m);
        tp += t.elapsed().as_micros();
        let t = std::time::Instant::now();
        let p = casella::rules::quoting::part(&mail);
        let e = t.elapsed().as_micros();
        tr += e;
        if e > slow {
            slow = e;
            eprintln!("slowest {n}: {e}us {} bytes", mail.text.len());
        }
        let t = std::time::Instant::now();
        let f = casella::rules::forwarding::find(&mail, &team);
        tf += t.elapsed().as_micros();
        *kinds.entry(format!("{:?}", f.kind)).or_insert(0) += 1;
        let has_q = mail.text.lines().any(|l| l.starts_with('>'));
        stats[0] += 1;
        if has_q {
            stats[1] += 1;
        }
        if !p.quoted_text.is_empty() {
            stats[2] += 1;
        }
        if p.reply_text.lines().any(|l| l.starts_with('>')) {
            stats[3] += 1;
        }
        let mode = std::env::var("MODE").unwrap_or_default();
        let show = match mode.as_str() {
            "fwd" => f.kind != casella::rules::mail::ForwardKind::None,
            "odd" => {
                !has_q
                    && !p.quoted_text.is_empty()
                    && p.signature.as_deref() != Some(p.quoted_text.as_str())
            }
            "none" => false,
            "missed" => p.reply_text.lines().any(|l| {
                (l.contains("wrote:") || l.starts_with("-----Orig") || l.starts_with("From:"))
                    && !l.starts_with('>')
            }),
            _ => true,
        };
        if show {
            println!(
                "=#=#= {n} {} | {} | refs {}",
                mail.from.address,
                mail.subject,
                mail.references.len()
            );
            if mode == "fwd" {
                println!(
                    "{:?} by {:?} author {:?} subj {:?} date {:?} note {:?}",
                    f.kind,
                    f.by.map(|b| b.address),
                    f.author,
                    f.subject,
                    f.date,
                    f.note.map(|n| n.chars().take(100).collect::<String>())
                );
            }
            let cut = |s: &str, k: usize| {
                let l: Vec<&str> = s.lines().collect();
                if l.len() > 2 * k {
                    format!(
                        "{}\n   [... {} lines]\n{}",
                        l[..k].join("\n"),
                        l.len() - 2 * k,
                        l[l.len() - k..].join("\n")
                    )
                } else {
                    s.to_owned()
                }
            };
            println!("{}", cut(&p.reply_text, 12));
            println!(
                "--------Q ({} lines) sig={:?}",
                p.quoted_text.lines().count(),
                p.signature
                    .as_ref()
                    .map(|s| s.chars().take(80).collect::<String>())
            );
            println!("{}", cut(&p.quoted_text, 4));
        }
    }
    eprintln!(
        "all {} has> {} quoted {} inline {}",
        stats[0], stats[1], stats[2], stats[3]
    );
    eprintln!("kinds {kinds:?}; parse {tp}us part {tr}us find {tf}us");
}
