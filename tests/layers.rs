//! Imports go down only: time < otp < enrollment < session < store < verifier, and `testing` above all.
//!
//! The checker reads paths, not only `use` lines: groups, renames, inline paths, paths in attribute strings,
//! `#[cfg(test)]` modules. Comments and documentation do not count. The crate root may name every room.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod tree;

use std::collections::HashMap;

use tree::{code_of, is_word, sources};

/// The rooms of the house, lowest first. `manual` is prose: it names everything in links and nothing in code.
const ROOMS: [&str; 8] = ["time", "otp", "enrollment", "session", "store", "verifier", "testing", "manual"];

/// What a room that decides purely must not name: clocks, entropy, input and output, waiting.
const AMBIENT: [&str; 10] = [
    "std::time",
    "std::fs",
    "std::net",
    "SystemTime",
    "Instant",
    "getrandom",
    "OsRng",
    "SysRng",
    "async",
    "await",
];

#[test]
fn imports_go_down_only() {
    let files = sources();
    let root = files.iter().find(|file| file.path == "lib.rs").unwrap();
    let re_exports = re_exports(&root.text);
    assert_eq!(re_exports.get("UnixTime").map(String::as_str), Some("time"), "lib.rs was not understood");
    let faults: Vec<_> = files.iter().flat_map(|file| upward(&file.path, &file.text, &re_exports)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_hmac_and_digest_name_the_hash_crates() {
    let faults: Vec<_> = sources().iter().flat_map(|file| hash_crates(&file.path, &file.text)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn otp_and_session_are_pure() {
    let faults: Vec<_> = sources().iter().flat_map(|file| ambient(&file.path, &file.text)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The paths in `text` that lead from the room of `file` to a higher one, to none, or to an item nobody
/// knows.
fn upward(file: &str, text: &str, re_exports: &HashMap<String, String>) -> Vec<String> {
    let module = module_of(file);
    let Some(room) = module.first() else { return Vec::new() };
    let Some(rank) = rank(room) else {
        return vec![format!("src/{file}: `{room}` is no room of the house")];
    };
    paths(text, &module)
        .into_iter()
        .filter_map(|Path { line, segments }| {
            let name = segments.first().map_or("", String::as_str);
            let target = re_exports.get(name).map_or(name, String::as_str);
            let fault = match self::rank(target) {
                Some(to) if to <= rank => return None,
                Some(_) => "leads up",
                None => "leads to no room",
            };
            Some(format!("src/{file}:{line}: crate::{} {fault}", segments.join("::")))
        })
        .collect()
}

fn hash_crates(file: &str, text: &str) -> Vec<String> {
    if ["otp/hmac.rs", "otp/hmac/tests.rs", "enrollment/digest.rs"].contains(&file) {
        return Vec::new();
    }
    let tokens = tokens(text);
    let foreign = foreign_paths(&tokens);
    let named = foreign.iter().filter(|path| ["hmac", "sha1", "sha2"].contains(&path.segments[0].as_str()));
    named.map(|path| format!("src/{file}:{}: {}", path.line, path.segments.join("::"))).collect()
}

fn ambient(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let also: &[&str] = match module.first().map(String::as_str) {
        Some("otp") => &[],
        Some("session") => &["Store", "BlockingStore", "MemoryStore"],
        _ => return Vec::new(),
    };
    let tokens = tokens(text);
    let foreign = foreign_paths(&tokens);
    let paths = foreign.iter().map(|path| (path.line, path.segments.join("::")));
    let paths = paths.filter(|(_, path)| AMBIENT.iter().any(|banned| path.starts_with(banned)));
    let words = tokens.iter().map(|token| (token.line, token.text.clone()));
    let words = words.filter(|(_, word)| AMBIENT.contains(&word.as_str()) || also.contains(&word.as_str()));
    paths.chain(words).map(|(line, what)| format!("src/{file}:{line}: {what}")).collect()
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// `otp/secret.rs` is `otp::secret`; `otp/mod.rs` and `otp.rs` are `otp`; `lib.rs` is the root.
fn module_of(file: &str) -> Vec<String> {
    let parts = file.trim_end_matches(".rs").split('/');
    parts.filter(|part| !["lib", "mod"].contains(part)).map(String::from).collect()
}

/// What the crate root re-exports, and from which room.
fn re_exports(root: &str) -> HashMap<String, String> {
    let tokens = tokens(root);
    let leaves = foreign_paths(&tokens).into_iter().filter(|path| path.segments.len() > 1);
    let mut known = HashMap::new();
    for Path { segments, .. } in leaves {
        if rank(&segments[0]).is_some() {
            known.insert(segments.last().unwrap().clone(), segments[0].clone());
        }
    }
    known
}

/// Words after which `::` starts a path.
const KEYWORDS: [&str; 9] = ["use", "return", "in", "as", "mut", "dyn", "impl", "else", "match"];

struct Token {
    line: usize,
    text: String,
}

/// Words, `::`, and single marks.
fn tokens(text: &str) -> Vec<Token> {
    let code = code_of(text);
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let len = match first {
                ':' if rest.starts_with("::") => 2,
                c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                c => c.len_utf8(),
            };
            tokens.push(Token { line: number + 1, text: rest[..len].to_owned() });
            rest = rest[len..].trim_start();
        }
    }
    tokens
}

/// A path written out to one leaf. `as` gives the new name as the last segment.
struct Path {
    line: usize,
    segments: Vec<String>,
}

/// Every path of `text` that starts in this crate (`crate::`, `super::`, `second_factor::`), from the root
/// on.
fn paths(text: &str, module: &[String]) -> Vec<Path> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut inside: Vec<(usize, String)> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < tokens.len() {
        let word = tokens[at].text.as_str();
        match word {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inside.retain(|(opened, _)| *opened <= depth);
            }
            "mod" if text_at(&tokens, at + 2) == "{" => {
                inside.push((depth + 1, tokens[at + 1].text.clone()));
            }
            "crate" | "super" | "self" | "second_factor" if starts_path(&tokens, at) => {
                let mut base: Vec<String> = match word {
                    "super" | "self" => {
                        module.iter().cloned().chain(inside.iter().map(|(_, name)| name.clone())).collect()
                    }
                    _ => Vec::new(),
                };
                while ["crate", "super", "self", "second_factor"].contains(&text_at(&tokens, at)) {
                    if tokens[at].text == "super" {
                        base.pop();
                    }
                    at += if text_at(&tokens, at + 1) == "::" { 2 } else { 1 };
                }
                at = leaves(&tokens, at, &base, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Every path that starts with a plain name, and every name in a `use`.
fn foreign_paths(tokens: &[Token]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let head = at.checked_sub(1).map_or("", |before| text_at(tokens, before));
        let named = head == "use" || (head == "crate" && at > 1 && text_at(tokens, at - 2) == "extern");
        let rooted = named && tokens[at].text == "::";
        if named || (starts_path(tokens, at) && tokens[at].text.starts_with(is_word)) {
            at = leaves(tokens, at + usize::from(rooted), &[], &mut found).max(at + 1);
        } else {
            at += 1;
        }
    }
    found
}

fn starts_path(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| text_at(tokens, before));
    let parent = at.checked_sub(2).map_or("", |parent| text_at(tokens, parent));
    let continued = before == "::" && parent.starts_with(is_word) && !KEYWORDS.contains(&parent);
    let follows = text_at(tokens, at + 1) == "::" && !KEYWORDS.contains(&text_at(tokens, at));
    !continued && (follows || before == "use")
}

fn text_at(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// Reads the rest of a path at `at` into its leaves and returns where it ends.
fn leaves(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Path>) -> usize {
    let mut segments = base.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.line);
    loop {
        match text_at(tokens, at) {
            "{" => {
                at += 1;
                while !["}", ""].contains(&text_at(tokens, at)) {
                    at = leaves(tokens, at, &segments, found).max(at + 1);
                    at += usize::from(text_at(tokens, at) == ",");
                }
                return at + 1;
            }
            "self" => {}
            word => segments.push(word.to_owned()),
        }
        at += 1;
        match text_at(tokens, at) {
            "::" if text_at(tokens, at + 1) == "<" => break,
            "::" => at += 1,
            "as" if text_at(tokens, at + 1).starts_with(is_word) => {
                // `x as y` in a `use` renames; elsewhere it casts, and one more segment does no harm.
                segments.push(tokens[at + 1].text.clone());
                at += 2;
                break;
            }
            _ => break,
        }
    }
    found.push(Path { line, segments });
    at
}

/// The checker itself, on planted sources.
mod planted {
    use super::*;

    fn root() -> HashMap<String, String> {
        re_exports(
            "//! `pub use session::Nothing;`\npub mod otp;\nmod time;\nmod verifier;\n\
             pub use otp::{Code, Secret, totp::{Totp as Codes}};\npub use time::UnixTime;\n\
             #[cfg(feature = \"std\")]\npub use verifier::Verifier;\n",
        )
    }

    fn faults(file: &str, text: &str) -> usize {
        upward(file, text, &root()).len()
    }

    #[test]
    fn root_re_exports_are_followed() {
        let known = root();
        assert_eq!(known["Secret"], "otp");
        assert_eq!(known["Codes"], "otp");
        assert_eq!(known["UnixTime"], "time");
        assert!(!known.contains_key("Nothing"));
        assert_eq!(faults("session/login.rs", "use crate::{Code, UnixTime};"), 0);
        assert_eq!(faults("session/login.rs", "use crate::{Code, Verifier};"), 1);
        assert_eq!(faults("time.rs", "use crate::Secret;"), 1);
    }

    #[test]
    fn down_and_sideways_pass() {
        assert_eq!(
            faults("session/login.rs", "use crate::otp::{self, Code};\nuse super::record::Record;"),
            0
        );
        assert_eq!(faults("otp/totp.rs", "use super::{Secret, mac::Mac};\nuse crate::time::UnixTime;"), 0);
        assert_eq!(faults("testing/mod.rs", "use crate::verifier::Verifier;"), 0);
        assert_eq!(
            faults("otp/secret.rs", "mod tests { use super::*; fn f() { super::super::Code::parse() } }"),
            0
        );
        assert_eq!(faults("otp/secret.rs", "pub(crate) fn f(self) {}\npub(in crate::otp) fn g() {}"), 0);
        assert_eq!(faults("lib.rs", "pub use crate::verifier::Verifier;"), 0);
    }

    #[test]
    fn a_plain_upward_edge_is_found() {
        assert_eq!(faults("otp/totp.rs", "use crate::session::Policy;"), 1);
        assert_eq!(faults("store/mod.rs", "pub(crate) use crate::verifier;"), 1);
        assert_eq!(faults("verifier/mod.rs", "use crate::testing::Suite;"), 1);
        assert_eq!(faults("session/mod.rs", "use second_factor::store::Store;"), 1);
    }

    #[test]
    fn an_upward_edge_in_groups_is_found() {
        assert_eq!(faults("otp/totp.rs", "use crate::{time::UnixTime, session::Policy};"), 1);
        assert_eq!(faults("session/a.rs", "use crate::{otp::{Code, mac::{Mac}}, store::{Store, Swap}};"), 2);
        assert_eq!(
            faults("session/a.rs", "use crate::{\n    otp::Code,\n    store::{\n        Store,\n    },\n};"),
            1
        );
        assert_eq!(faults("session/a.rs", "use crate::{store as shelf, otp::{self as codes}};"), 1);
    }

    #[test]
    fn an_upward_edge_over_several_lines_is_found_where_it_starts() {
        let found = upward("session/a.rs", "\nuse crate\n    ::store\n    ::Store;\n", &root());
        assert_eq!(found, ["src/session/a.rs:3: crate::store::Store leads up"]);
    }

    #[test]
    fn an_upward_edge_through_super_is_found() {
        assert_eq!(faults("otp/mod.rs", "use super::session::Policy;"), 1);
        assert_eq!(faults("otp/totp.rs", "use super::super::session::Policy;"), 1);
        assert_eq!(
            faults("otp/totp.rs", "mod a { mod b { use super::super::super::super::session::X; } }"),
            1
        );
        assert_eq!(faults("otp/totp.rs", "mod a { fn f() {} }\nuse super::super::session::Policy;"), 1);
        assert_eq!(faults("otp/totp.rs", "use self::super::super::session::Policy;"), 1);
    }

    #[test]
    fn an_inline_upward_path_is_found() {
        assert_eq!(faults("otp/totp.rs", "fn f() -> crate::session::Policy { todo() }"), 1);
        assert_eq!(faults("otp/totp.rs", "fn f() { crate::session::Policy::<u8>::new(); }"), 1);
        assert_eq!(
            faults("otp/totp.rs", "#[cfg(test)] mod tests { fn f() { crate::store::MemoryStore; } }"),
            1
        );
        assert_eq!(faults("otp/totp.rs", "macro_rules! m { () => { $crate::session::Policy } }"), 1);
        assert_eq!(faults("otp/totp.rs", "#[serde(with = \"crate::session::codec\")] struct S;"), 1);
        assert_eq!(faults("otp/totp.rs", "fn f() -> Vec<crate::session::Policy> { '\"'; x(\"\") }"), 1);
    }

    #[test]
    fn ways_around_the_rooms_are_found() {
        assert_eq!(faults("otp/totp.rs", "use crate::*;"), 1);
        assert_eq!(faults("time.rs", "use super::*;"), 1);
        assert_eq!(faults("otp/totp.rs", "use crate as root;"), 1);
        assert_eq!(faults("shed.rs", ""), 1);
    }

    #[test]
    fn comments_and_strings_do_not_count() {
        let text = "//! [`x`](crate::session)\n/// use crate::session::X;\n/* crate::session::X /* crate::store */ */\n\
                    const A: &str = \"see crate::session::X\";\nconst B: &str = r#\"use \"crate::store::X\"#;";
        assert_eq!(faults("otp/totp.rs", text), 0);
        assert_eq!(faults("otp/totp.rs", "fn f<'a>(x: &'a str) -> crate::session::X<'a> {}"), 1);
        assert_eq!(
            faults("otp/totp.rs", "const Q: char = '\\''; use crate::session::X; const R: char = '\"';"),
            1
        );
    }

    #[test]
    fn hash_crates_are_found_elsewhere() {
        assert_eq!(hash_crates("otp/hmac.rs", "use sha2::Sha256;").len(), 0);
        assert_eq!(hash_crates("otp/totp.rs", "use sha2::Sha256;").len(), 1);
        assert_eq!(hash_crates("otp/totp.rs", "use ::sha1::Sha1;").len(), 1);
        assert_eq!(hash_crates("otp/totp.rs", "use {core::fmt, hmac::{Hmac, Mac}};").len(), 2);
        assert_eq!(hash_crates("otp/totp.rs", "use sha1 as digest; extern crate sha2;").len(), 2);
        assert_eq!(hash_crates("session/a.rs", "fn f() { ::sha2::Sha256::digest(b\"\"); }").len(), 1);
        assert_eq!(hash_crates("otp/totp.rs", "// sha2::Sha256\nlet sha1 = mac::sha1();").len(), 0);
    }

    #[test]
    fn ambient_authority_is_found() {
        for text in [
            "use std::time::Duration;",
            "use std::{fmt, time::{Duration}};",
            "use std::{fs, net};",
            "fn now() { SystemTime::now(); }",
            "use web_time::Instant;",
            "fn f() { getrandom::fill(&mut []); }",
            "use rand_core::OsRng;",
            "use getrandom::SysRng;",
            "async fn f() {}",
            "fn f() { x.await }",
            "fn f<S: Store>(store: S) {}",
        ] {
            assert!(!ambient("session/a.rs", text).is_empty(), "{text}");
            assert!(ambient("verifier/mod.rs", text).is_empty(), "{text}");
        }
        for text in ["use core::time::Duration;", "// std::time, Instant", "fn stored(x: Stored) {}"] {
            assert!(ambient("session/a.rs", text).is_empty(), "{text}");
        }
    }
}
