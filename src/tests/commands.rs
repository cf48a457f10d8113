//! Commands do the same whether or not a server runs on the folder.

use super::world::{World, signal};
use std::process::Stdio;

#[test]
fn agents_and_tokens_are_managed_with_and_without_a_server() {
    let mut world = World::start();
    world.agent("mario@shop.example", "admin");
    let token = world.told(&["token", "add", "shop"], "");
    assert!(
        token
            .split_whitespace()
            .last()
            .unwrap()
            .starts_with("casella_")
    );
    assert!(world.stop());
    world.agent("luigi@shop.example", "viewer");
    let agents = world.told(&["agent", "list"], "");
    assert!(agents.contains("mario@shop.example\tadmin"), "{agents}");
    assert!(agents.contains("luigi@shop.example\tviewer"), "{agents}");
    assert!(world.told(&["token", "list"], "").starts_with("shop\t"));
    world.told(&["token", "revoke", "shop"], "");
    assert!(world.told(&["token", "list"], "").contains("revoked"));
}

#[test]
fn failures_are_one_line_with_their_exit_code() {
    let world = World::start();
    for (arguments, code, says) in [
        (
            &["token", "revoke", "none"][..],
            1,
            "there is no token none",
        ),
        (
            &["agent", "disable", "none@x.example"],
            1,
            "there is no agent",
        ),
        (&["agent", "add", "mario", "--role", "king"], 2, "king"),
        (&["frobnicate"], 2, "frobnicate"),
        (&["restore", "/nonexistent"], 1, "not empty"),
        (&["serve"], 1, "in use by another Casella"),
    ] {
        let output = world.casella(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_occupied_port_is_said_in_one_line() {
    let world = World::start();
    let other = World::start();
    let taken = format!("[smtp]\nlisten = \"{}\"", world.smtp_address());
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, taken).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_casella"))
        .args(["serve", "--config"])
        .arg(&config)
        .arg("--data")
        .arg(folder.path().join("data"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("`smtp.listen`"), "{said}");
    assert!(said.contains("choose another port"), "{said}");
    drop(other);
}

#[test]
fn a_backup_of_a_running_server_restores_its_agents_and_its_keys() {
    let world = World::start();
    world.agent("mario@shop.example", "admin");
    let file = world.folder.path().join("backup");
    world.told(&["backup", file.to_str().unwrap()], "");
    let new = tempfile::tempdir().unwrap();
    let data = new.path().join("data");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_casella"));
        let output = command.args(arguments).arg("--data").arg(&data).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["restore", file.to_str().unwrap()]);
    assert!(run(&["agent", "list"]).contains("mario@shop.example"));
    let key = |folder: &std::path::Path| std::fs::read(folder.join("secret.key")).unwrap();
    assert_eq!(key(&data), key(&world.data()));
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut world = World::start();
    assert!(world.stop());
    let mut child = world
        .command(&["serve"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut http = None;
    for line in std::io::BufRead::lines(out).map_while(Result::ok) {
        if line == "ready" {
            break;
        }
        if let Some(address) = line.strip_prefix("listening http ") {
            http = Some(address.to_owned());
        }
    }
    // A request that never ends keeps the server from draining.
    let mut half = std::net::TcpStream::connect(http.unwrap()).unwrap();
    let head = b"POST /chat/v1/visitors HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";
    std::io::Write::write_all(&mut half, head).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    signal(&child, "TERM");
    std::thread::sleep(std::time::Duration::from_millis(300));
    if child.try_wait().unwrap().is_none() {
        signal(&child, "INT");
    }
    child.wait().unwrap();
}

#[test]
fn contacts_go_out_and_come_back_the_same() {
    let world = World::start();
    let put = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let rows = "email,name,phone,tags,city\na@x.example;b@x.example,\"Bianchi, Anna\",+39 1,vip;late,Roma\n\
        ,Nobody,,,\n,Nobody,+39 2,,\nc@x.example,,,,\"via \"\"X\"\"\"\n";
    world.told(&["contacts", "import", &put("in.csv", rows)], "");
    // A mail without a sender makes a contact that is nobody one could name.
    let reply = world.mail("", "inbox@localhost", "Subject: Hello\n\nHi\n");
    assert!(reply.starts_with("250"), "{reply}");
    let first = world.told(&["contacts", "export"], "");
    assert_eq!(first, rows);
    world.told(&["contacts", "import", &put("out.csv", &first)], "");
    assert_eq!(world.told(&["contacts", "export"], ""), first);
}
