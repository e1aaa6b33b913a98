use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;

/// A browser that uses plain HTTP.
#[derive(Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Stores the cookie of a `Set-Cookie` header. On plain HTTP it drops cookies that are `Secure` or have the prefix of such ones
    /// (RFC 6265bis 5.7).
    pub fn takes(&mut self, header: &str) {
        let (cookie, attributes) = header.split_once(';').unwrap();
        let (name, value) = cookie.split_once('=').unwrap();
        let is_secure = attributes.split(';').any(|attribute| attribute.trim() == "Secure");
        if !is_secure && !name.starts_with("__Host-") {
            self.cookies.insert(name.into(), value.into());
        }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.get(name).cloned()
    }

    /// The host's session id.
    pub fn session(&self) -> Option<&str> {
        self.cookies.get("session").map(String::as_str)
    }

    pub fn forget_session(&mut self) {
        self.cookies.remove("session");
    }

    /// With a session id that an attacker chose.
    pub fn with_planted_session(id: &str) -> Self {
        Self { cookies: [("session".to_owned(), id.to_owned())].into() }
    }
}

/// A counter here; a real host uses 128 random bits.
pub fn new_session_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst).to_string()
}
