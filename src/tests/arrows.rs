//! Imports point one way (README, "Tour"): read from the sources, as a reader would.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may not know. What is missing here may be imported by anyone.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "rules",
        &[
            "inbox", "channel", "workers", "web", "cli", "http", "render", "clock",
        ],
    ),
    ("inbox", &["channel", "workers", "web", "cli"]),
    (
        "http",
        &["inbox", "channel", "workers", "web", "cli", "render"],
    ),
    (
        "render",
        &["inbox", "channel", "workers", "web", "cli", "http"],
    ),
    (
        "channel/chat",
        &[
            "channel::email",
            "channel::messenger",
            "workers",
            "web",
            "cli",
        ],
    ),
    (
        "channel/email",
        &[
            "channel::chat",
            "channel::messenger",
            "workers",
            "web",
            "cli",
        ],
    ),
    (
        "channel/messenger",
        &["channel::chat", "channel::email", "workers", "web", "cli"],
    ),
    ("workers", &["web", "cli"]),
    ("web", &["cli"]),
];

#[test]
fn imports_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (room, forbidden) in FORBIDDEN {
        for file in sources(&root, room) {
            let text = fs::read_to_string(&file).expect("a source file");
            // A room's own tests may look across.
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let uses = |room: &&&str| code.contains(&format!("crate::{room}::"));
            let found = forbidden.iter().filter(uses);
            wrong.extend(found.map(|other| format!("{} imports {other}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_knows_no_socket_clock_or_runtime() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("index");
    for file in sources(&root, "src") {
        let text = fs::read_to_string(&file).expect("a source file");
        for word in ["std::net", "tokio", "SystemTime", "handlebars"] {
            let used = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", file.display());
        }
    }
}

/// Every source of a room: `room.rs` and what lies in `room/`, tests left out.
fn sources(root: &Path, room: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Some(root.join(format!("{room}.rs")))
        .into_iter()
        .filter(|f| f.exists())
        .collect();
    walk(&root.join(room), &mut found);
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            walk(&path, found);
        } else if name.ends_with(".rs") && !name.contains("tests") {
            found.push(path);
        }
    }
}
