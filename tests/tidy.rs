//! What must not be left lying about in the tree, and what the manifest and the documentation must agree on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "it/support/source.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the other tests")]
mod tree;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use tree::{code_of, is_word, sources};

/// Split, so that this file passes its own test.
const LEFTOVERS: [&str; 6] = [
    concat!("to", "do!("),
    concat!("un", "implemented!("),
    concat!("db", "g!("),
    concat!("#[", "ignore"),
    concat!("```", "ignore"),
    concat!("```rust,", "ignore"),
];

/// Folders of somebody's machine.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

#[test]
fn nothing_is_left_over() {
    faultless(|path, line| {
        let reads = [".rs", ".md"].iter().any(|extension| path.ends_with(extension));
        reads && LEFTOVERS.iter().any(|leftover| line.contains(leftover))
    });
}

#[test]
fn no_path_of_a_machine_is_in_the_tree() {
    faultless(|_, line| names_a_machine(line));
}

#[test]
fn the_machine_paths_are_recognised() {
    let folder = MACHINE_PATHS[0];
    assert!(names_a_machine(&format!("{folder}x")));
    assert!(names_a_machine(&format!("see (`{folder}x`)")));
    assert!(!names_a_machine(&format!("https://host.example{folder}x")));
    assert!(!names_a_machine(&format!("$PWD{folder}x ~{folder}x .{folder}x")));
}

#[test]
fn files_are_short_and_safe() {
    for file in sources() {
        let lines = file.text.lines().count();
        assert!(lines <= 500, "src/{} has {lines} lines: split it", file.path);
        let code = code_of(&file.text);
        let unsafe_code = code.split(|c| !is_word(c)).any(|word| word == "unsafe");
        assert!(!unsafe_code, "src/{} has unsafe code", file.path);
    }
}

#[test]
fn every_feature_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let features = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let features: Vec<_> = features
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = [").map(|(name, _)| name))
        .filter(|name| *name != "default")
        .collect();
    assert!(features.contains(&"std"), "the features were not found in Cargo.toml");

    let docs = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap_or_default();
    let rows = docs.lines().filter_map(|line| line.strip_prefix("//! ")).chain(readme.lines());
    let rows: Vec<_> = rows.filter(|line| line.starts_with("| `")).collect();
    if rows.is_empty() && env::var_os("REQUIRE_ALL").is_none() {
        eprintln!("skipped: no table of features yet");
        return;
    }
    for feature in features {
        let cell = format!("| `{feature}` |");
        assert!(
            rows.iter().any(|row| row.starts_with(&cell)),
            "feature `{feature}` has no row in the table of src/lib.rs or README.md"
        );
    }
}

/// Fails with every line of a tracked text file that `at_fault(path, line)` names.
fn faultless(at_fault: impl Fn(&str, &str) -> bool) {
    let mut faults = Vec::new();
    for path in tracked_files() {
        // A binary file has no lines to read; a file deleted and not committed yet has no text.
        let Ok(text) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)) else {
            continue;
        };
        let lines = text.lines().enumerate().filter(|(_, line)| at_fault(&path, line));
        faults.extend(lines.map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What `git` tracks; nothing in a packaged crate, which is no checkout.
fn tracked_files() -> Vec<String> {
    let root = env!("CARGO_MANIFEST_DIR");
    let listed = Command::new("git").args(["-C", root, "ls-files", "-z"]).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        assert!(env::var_os("REQUIRE_ALL").is_none(), "git cannot list {root}");
        eprintln!("skipped: {root} is not a git checkout");
        return Vec::new();
    };
    String::from_utf8(listed.stdout).unwrap().split_terminator('\0').map(String::from).collect()
}

fn names_a_machine(line: &str) -> bool {
    MACHINE_PATHS.iter().any(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| !c.is_alphanumeric() && !"~._-}$>".contains(c))
        })
    })
}
