//! Every program's layout of a forward, one block each, with what all of them hold.

use super::*;

const TABLE: &str = include_str!("../../../tests/mail/forwards/by-program.txt");
const BODY: &str = "Hello there,\n\nthe lamp is broken.\nGiulia";
const NOTE: &str = "Please have a look.";

fn faults(name: &str, subject: &str, head: &str) -> Vec<String> {
    let quoted = head.starts_with('>');
    let quote = |line: &str| format!("> {line}").trim_end().to_owned();
    let body: Vec<String> = match quoted {
        true => BODY.lines().map(quote).collect(),
        false => BODY.lines().map(str::to_owned).collect(),
    };
    let blank = if quoted { ">" } else { "" };
    let block = format!("{}\n{blank}\n{}\n", head.trim_end(), body.join("\n"));
    let mut wrong = Vec::new();
    for note in ["", NOTE] {
        let forwarded = Mail {
            date: Some(1_683_190_800_000), // 2023-05-04 09:00
            ..mail(subject, &format!("{note}\n\n{block}"))
        };
        let found = find(&forwarded, &Team::default());
        let author = found.author.unwrap_or_default().address;
        let day = found.date.map(|date| date / 86_400_000);
        let right = found.kind == ForwardKind::Manual
            && (author == "giulia@client.example" || name.contains("behalf"))
            && found.subject.as_deref() == Some("Broken")
            && day == Some(19_480)
            && found.text.as_deref().map(str::trim) == Some(BODY)
            && found.note.unwrap_or_default() == note;
        if !right {
            let again = find(&forwarded, &Team::default());
            wrong.push(format!("{name}: {again:?}"));
        }
    }
    wrong
}

#[test]
fn every_programs_forward_is_read() {
    let blocks = TABLE.trim_start_matches("=== ").split("\n=== ");
    let cases = blocks.filter_map(|block| {
        let (head, block) = block.split_once('\n')?;
        let (name, subject) = head.split_once(" | ")?;
        Some((name, subject, block))
    });
    let wrong: Vec<String> = cases
        .flat_map(|(name, subject, block)| faults(name, subject, block))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
