//! The crate's own source text, for tests that read it.

use std::fs;
use std::path::Path;

/// A file under `src/`.
pub struct Source {
    /// Relative to `src/`, with `/` between the parts.
    pub path: String,
    pub text: String,
}

/// Every `.rs` file under `src/`, sorted by path.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap();
                let parts: Vec<_> = relative.iter().map(|part| part.to_str().unwrap()).collect();
                found.push(Source { path: parts.join("/"), text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    assert!(found.len() > 5, "src/ was not found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// `text` without comments and without the contents of literals. Lines are kept.
pub fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (len, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(len) = string(rest).filter(|_| !code.ends_with(is_word)) {
            (len, false)
        } else if let Some(len) = character(rest) {
            (len, false)
        } else {
            (first.len_utf8(), true)
        };
        let (token, after) = rest.split_at(len);
        if keep {
            code.push_str(token);
        } else {
            code.push(' ');
            code.extend(token.chars().filter(|&c| c == '\n'));
        }
        rest = after;
    }
    code
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of the string literal at the start of `text`: plain, byte, C or raw.
fn string(text: &str) -> Option<usize> {
    let prefix = text.len() - text.trim_start_matches(['b', 'c']).len();
    let unprefixed = text.get(prefix..).filter(|_| prefix <= 1)?;
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(text.len() - body.len() + body.find(&end)? + end.len());
    }
    let body = unprefixed.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(text.len() - body.len() + at + 1),
            _ => {}
        }
    }
    None
}

/// The length of the character literal at the start of `text`. A lifetime is not a character literal.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    match chars.next()?.1 {
        '\\' => Some(1 + 2 + body[2..].find('\'')? + 1),
        _ => chars.next().filter(|&(_, c)| c == '\'').map(|(at, _)| 1 + at + 1),
    }
}

/// The variants of the enum `name` in `text`, in order.
pub fn variants(text: &str, name: &str) -> Vec<String> {
    let code = code_of(text);
    let head = format!("enum {name}");
    let after = |at: usize| code[at + head.len()..].chars().next().is_some_and(|c| !is_word(c));
    let start = code.match_indices(&head).map(|(at, _)| at).find(|&at| after(at));
    let start = start.unwrap();
    let (_, body) = code[start..].split_once('{').unwrap();
    let (mut depth, mut found, mut word) = (0_usize, Vec::new(), String::new());
    let mut expecting = true;
    for c in body.chars() {
        if depth == 0 && expecting && is_word(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
            expecting = false;
        }
        match c {
            '(' | '{' | '[' => depth += 1,
            '}' if depth == 0 => break,
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            _ => {}
        }
    }
    found
}
