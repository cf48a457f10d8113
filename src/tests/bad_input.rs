//! Whatever is wrong, one line names the culprit and the remedy.

use super::world::World;
use serde_json::json;
use std::process::Output;

/// The one line a command ended with; its exit code must be `code`.
fn complaint(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    let lines: Vec<_> = said
        .lines()
        .filter(|l| l.starts_with("casella: "))
        .collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    lines[0].to_owned()
}

/// Commands that fail the same way with a server and without one: arguments, exit code, what is said.
const WRONG: [(&[&str], i32, &str); 13] = [
    (
        &["agent", "add", "mario", "--password-stdin"],
        2,
        "`email`: mario is not an address; ",
    ),
    (
        &["agent", "disable", "none@x.example"],
        1,
        "there is no agent none@x.example; ",
    ),
    (&["token", "add", ""], 2, "`name`: a token needs a name; "),
    (&["token", "revoke", "none"], 1, "there is no token none; "),
    (
        &["search", "x", "--limit", "0"],
        2,
        "`--limit` must be at least 1; ",
    ),
    (
        &["import", "/nonexistent"],
        1,
        "/nonexistent: there is no such file or folder; ",
    ),
    (
        &["contacts", "import", "/nonexistent"],
        1,
        "/nonexistent: there is no such file or folder; ",
    ),
    (
        &["export", "--mbox", "/nonexistent/x"],
        1,
        "/nonexistent/x: there is no such file or folder; ",
    ),
    (
        &["backup", "/nonexistent/x"],
        1,
        "/nonexistent/x: there is no such file or folder; ",
    ),
    (
        &["backup", "/etc/passwd"],
        1,
        "/etc/passwd: it is there already and never overwritten; ",
    ),
    (
        &["restore", "/nonexistent"],
        1,
        "is not empty: restore never overwrites; ",
    ),
    (
        &["dkim", "new", "no domain"],
        2,
        "`no domain` is no domain; ",
    ),
    (
        &["inspect", "--agent", "mario"],
        2,
        "`--agent`: mario is not an address; ",
    ),
];

#[test]
fn a_command_names_the_culprit_and_the_remedy_with_and_without_a_server() {
    let mut world = World::start();
    for running in [true, false] {
        for (arguments, code, says) in WRONG {
            let output = world
                .command(arguments)
                .stdin(a_password())
                .output()
                .unwrap();
            let said = complaint(&output, code);
            assert!(
                said.contains(says),
                "running: {running}, {arguments:?}: {said}"
            );
        }
        world.stop();
    }
}

/// A standard input that holds a password.
fn a_password() -> std::process::Stdio {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"correct horse\n").unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    file.into()
}

/// What is wrong in a configuration, and what is said of it after the file's name.
const BAD_VALUES: [(&str, &str); 14] = [
    ("[smtp]\nlsten = 1", "`smtp.lsten`: unknown field"),
    ("[smtp]\nlisten = \"x\"", "`smtp.listen`: "),
    (
        "[smtp]\nmax_message = 0",
        "`smtp.max_message`: write at least",
    ),
    (
        "[inbox]\naddresses = [\"a@b@c\"]",
        "`inbox.addresses`: `a@b@c` is neither",
    ),
    ("[inbox]\nlanguage = \"fr\"", "`inbox.language`: "),
    (
        "[outbound]\nvia = \"ftp://x\"",
        "`outbound.via`: not a way for mail to leave",
    ),
    (
        "[outbound]\npassword = { env = \"CASELLA_NOT_SET\" }",
        "`outbound.password`: the environment variable `CASELLA_NOT_SET`",
    ),
    (
        "[outbound]\npassword = { file = \"/nonexistent\" }",
        "`outbound.password`: cannot read `/nonexistent`",
    ),
    (
        "[messenger]\ngraph_version = \"26\"",
        "`messenger.graph_version`: `26` is no version",
    ),
    (
        "[messenger]\nmedia_hosts = [\"*\"]",
        "`messenger.media_hosts`: `*` is neither",
    ),
    (
        "[limits]\nchat_per_minute = -1",
        "`limits.chat_per_minute`: ",
    ),
    (
        "[store]\nmin_free = \"1 apple\"",
        "`store.min_free`: `1 apple` is not a size",
    ),
    (
        "[http]\npublic_url = \"inbox\"",
        "`http.public_url`: `inbox` is no http",
    ),
    ("[smtp", "line 1: "),
];

#[test]
fn a_configuration_is_refused_with_file_key_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("casella.toml");
    for (text, says) in BAD_VALUES {
        std::fs::write(&config, text).unwrap();
        for command in [&["serve"][..], &["agent", "list"]] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_casella"))
                .args(command)
                .arg("--config")
                .arg(&config)
                .arg("--data")
                .arg(folder.path().join("data"))
                .output()
                .unwrap();
            let said = complaint(&output, 2);
            let wanted = format!("casella: `{}`: {says}", config.display());
            assert!(said.starts_with(&wanted), "{text}: {said}");
        }
    }
}

#[test]
fn a_missing_or_broken_template_is_said_at_the_start() {
    let mut world = World::start();
    world.stop();
    let listen = "[http]\nlisten = \"127.0.0.1:0\"\n[smtp]\nlisten = \"127.0.0.1:0\"\n";
    let config = |folder: &str| format!("{listen}[pages]\ntemplates = \"{folder}\"\n");
    world.configure(&config("/nonexistent"));
    let said = complaint(&world.casella(&["serve"]), 1);
    assert!(
        said.contains("`pages.templates`: cannot read `/nonexistent`"),
        "{said}"
    );
    let folder = world.folder.path().join("mine");
    std::fs::create_dir_all(folder.join("pages")).unwrap();
    std::fs::write(folder.join("pages/login.hbs"), "{{#if}}\n{{/each}}").unwrap();
    world.configure(&config(folder.to_str().unwrap()));
    let said = complaint(&world.casella(&["serve"]), 1);
    assert!(said.contains("`pages/login` is malformed"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_one_is_named() {
    let world = World::start();
    let file = world.folder.path().join("a file");
    std::fs::write(&file, "x").unwrap();
    for folder in [file.clone(), file.join("data")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_casella"))
            .args(["agent", "list", "--data"])
            .arg(&folder)
            .output()
            .unwrap();
        let said = complaint(&output, 1);
        assert!(said.contains(&format!("{}: ", folder.display())), "{said}");
        assert!(said.contains("; "), "a remedy: {said}");
    }
}

#[test]
fn an_odd_call_of_the_api_names_the_culprit_and_the_remedy() {
    let world = World::start();
    let mail = "From: anna@example.com\nTo: inbox@localhost\nSubject: Hello\n\nHi there\n";
    world.mail("anna@example.com", "inbox@localhost", mail);
    let api = world.api();
    for (method, path, body, status, says) in [
        ("GET", "/conversations/999", None, 404, "conversation 999"),
        ("GET", "/conversations/abc", None, 404, "/conversations/abc"),
        (
            "GET",
            "/events?since=abc",
            None,
            400,
            "`since` cannot be `abc`",
        ),
        (
            "PATCH",
            "/conversations/1",
            Some(json!([])),
            400,
            "must be an object",
        ),
        (
            "PATCH",
            "/conversations/1",
            Some(json!({"read": "x"})),
            400,
            "`read`",
        ),
        (
            "PATCH",
            "/contacts/1",
            Some(json!({"emails": ["x"]})),
            422,
            "`email`: x is not",
        ),
        (
            "POST",
            "/contacts",
            Some(json!({})),
            422,
            "needs a name or an address",
        ),
        (
            "POST",
            "/contacts/1/merge",
            Some(json!({"into": 1})),
            400,
            "into itself",
        ),
        ("POST", "/saved-replies", Some(json!({})), 422, "`title`"),
        (
            "POST",
            "/conversations/1/messages",
            Some(json!({"channel": "email"})),
            422,
            "`text`",
        ),
    ] {
        let answer = api.ask(method, path, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let refusal = answer.json();
        let reason = refusal["reason"].as_str().unwrap();
        assert!(reason.contains(says), "{path}: {reason}");
        assert_ne!(refusal["remedy"], "", "{path}: {refusal}");
    }
}
