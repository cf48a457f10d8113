//! What the templates promise as a whole: every file is carried, every text exists in every language.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

const NOW: Millis = 1_795_359_600_000;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_template_on_disk_is_carried_in_the_binary() {
    let on_disk: BTreeSet<String> = files_under(&folder())
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "hbs"))
        .map(|p| {
            let name = p.strip_prefix(folder()).unwrap().to_str().unwrap();
            name.strip_suffix(".hbs").unwrap().to_owned()
        })
        .collect();
    let carried: BTreeSet<String> = built_in::TEMPLATES
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    assert_eq!(on_disk, carried);
}

#[test]
fn every_language_has_the_same_keys() {
    let templates = Templates::load(None).unwrap();
    let english = templates.catalogues.keys(Language::En);
    for language in Language::ALL {
        assert_eq!(templates.catalogues.keys(language), english, "{language:?}");
    }
}

#[test]
fn every_text_has_the_same_parameters_in_every_language() {
    let templates = Templates::load(None).unwrap();
    let parameters = |language, key: &str| {
        let text = templates.text(language, key, &[]);
        let names = regex::Regex::new(r"\{(\w+)\}").unwrap();
        let found: BTreeSet<String> = names.captures_iter(&text).map(|c| c[1].into()).collect();
        found
    };
    for key in templates.catalogues.keys(Language::En) {
        let english = parameters(Language::En, key);
        assert_eq!(parameters(Language::It, key), english, "{key}");
    }
}

#[test]
fn every_text_a_template_asks_for_exists() {
    let templates = Templates::load(None).unwrap();
    let asked = regex::Regex::new(r#"[({]t "([^"]+)""#).unwrap();
    for (name, source) in built_in::TEMPLATES {
        for key in asked.captures_iter(source) {
            let there = templates.catalogues.has(Language::En, &key[1]);
            assert!(there, "`{name}` asks for `{}`", &key[1]);
        }
    }
}

#[test]
fn no_template_carries_inline_script_or_style() {
    for (name, source) in built_in::TEMPLATES {
        if name.starts_with("mail/") {
            continue;
        }
        let source = source.to_lowercase();
        assert!(!source.contains(" style="), "{name}");
        assert!(!source.contains("<style"), "{name}");
        assert!(!source.contains(" onclick="), "{name}");
        assert!(!source.contains("<script>"), "{name}");
    }
}

#[test]
fn a_file_on_disk_overrides_the_one_in_the_binary() {
    let own = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(own.path().join("text")).unwrap();
    std::fs::write(own.path().join("text/en.toml"), "nav.inbox = \"Post\"").unwrap();
    let templates = Templates::load(Some(own.path())).unwrap();
    assert_eq!(templates.text(Language::En, "nav.inbox", &[]), "Post");
    assert_ne!(templates.text(Language::It, "nav.inbox", &[]), "Post");
}

#[test]
fn a_malformed_override_is_refused_by_name() {
    let own = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(own.path().join("parts")).unwrap();
    std::fs::write(own.path().join("parts/layout.hbs"), "{{#if}").unwrap();
    let refused = Templates::load(Some(own.path())).err().unwrap().to_string();
    assert!(refused.contains("`parts/layout`"), "{refused}");
}

#[test]
fn a_missing_template_is_named() {
    let templates = Templates::load(None).unwrap();
    let voice = Voice::utc(Language::En, NOW);
    let refused = templates
        .render("pages/nowhere", &voice, &())
        .err()
        .unwrap();
    assert_eq!(refused.to_string(), "template `pages/nowhere` is missing");
}

#[test]
fn browsers_are_answered_in_the_language_they_want_most() {
    let cases = [
        ("it", Some(Language::It)),
        ("de, it;q=0.5, en;q=0.4", Some(Language::It)),
        ("en;q=0.3, it-CH;q=0.9", Some(Language::It)),
        ("fr, de", None),
        ("it;q=0, en;q=0.1", Some(Language::En)),
        ("", None),
    ];
    for (header, language) in cases {
        assert_eq!(Language::accepted(header), language, "{header}");
    }
}

#[test]
fn moments_are_told_as_people_say_them() {
    let templates = Templates::load(None).unwrap();
    let (minute, hour, day) = (60_000, 3_600_000, 86_400_000);
    let cases = [
        (moments::Style::Age, 0, "now"),
        (moments::Style::Age, -hour, "now"),
        (moments::Style::Age, 5 * minute, "5 min"),
        (moments::Style::Age, 3 * hour, "3 h"),
        (moments::Style::Age, 2 * day, "Fri"),
        (moments::Style::Age, 30 * day, "23 Oct"),
        (moments::Style::Age, 800 * day, "13 Sep 2024"),
        (moments::Style::Day, 0, "Today"),
        (moments::Style::Day, day, "Yesterday"),
        (moments::Style::Day, 2 * day, "Friday, 20 November"),
        (moments::Style::Full, 0, "22 November 2026, 15:00"),
        (moments::Style::Hour, hour, "14:00"),
    ];
    for (style, ago, told) in cases {
        let (words, at) = (&templates.catalogues, NOW - ago);
        let text = moments::tell(words, Language::En, style, at, NOW, &TimeZone::UTC);
        assert_eq!(text, told, "{style:?} {ago}");
    }
    let beyond = moments::tell(
        &templates.catalogues,
        Language::En,
        moments::Style::Full,
        i64::MAX,
        NOW,
        &TimeZone::UTC,
    );
    assert_eq!(beyond, "");
}

#[test]
fn a_bare_name_in_a_template_is_a_field_and_never_a_helper() {
    let bare = regex::Regex::new(r"\{\{\s*(\w+)\s*\}\}").unwrap();
    let helpers = [
        "t", "age", "hour", "day", "full", "time", "size", "rich", "initials", "tint", "icon",
        "asset", "concat",
    ];
    for (name, source) in built_in::TEMPLATES {
        for found in bare.captures_iter(source) {
            assert!(!helpers.contains(&&found[1]), "`{name}`: {}", &found[0]);
        }
    }
}
