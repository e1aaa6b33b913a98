use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::{self, Write};

use super::record::garbles;

/// Where a request came from. The audit events of the request carry it: the "where" of ASVS 16.2.1.
///
/// Pass it to [`Verifier::on_behalf_of`](crate::Verifier::on_behalf_of); the events have it in
/// [`AuditEvent::origin`](crate::AuditEvent::origin). No decision depends on it, and no account record holds
/// it. (The HTTP header `Origin` is something else.)
///
/// Behind a proxy, the address of the connection is the proxy's own. Take the client's address from the
/// header that your proxy sets (`X-Forwarded-For`, `Forwarded`), and from no other header: a client can send
/// such headers too.
///
/// Address and user agent come from somebody who is not authenticated yet. Characters that could forge or
/// garble a line of a log are dropped (control characters, line and paragraph separators, marks that change
/// the direction of the text), and text that is too long is cut off. The same happens when an origin is
/// deserialized. Escape it like any other text where you show it. An address is personal data: keep it as
/// long as the log, and no longer.
///
/// ```
/// use core::net::{IpAddr, Ipv6Addr};
/// use second_factor::session::Origin;
///
/// let client = IpAddr::from(Ipv6Addr::LOCALHOST);
/// let origin = Origin::new().with_address(client).with_user_agent("Firefox\r\nroot logged in");
/// assert_eq!(origin.address(), Some("::1"));
/// assert_eq!(origin.user_agent(), Some("Firefoxroot logged in"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "Fields"))]
pub struct Origin {
    address: Option<Arc<str>>,
    user_agent: Option<Arc<str>>,
}

impl Origin {
    /// The longest address, in characters. The longest IPv6 address with a port has 47.
    pub const MAX_ADDRESS: usize = 64;
    /// The longest user agent, in characters. Those of today's browsers have 100 to 200.
    pub const MAX_USER_AGENT: usize = 256;

    /// An origin without address and user agent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the address: an [`IpAddr`](core::net::IpAddr), or whatever else the host identifies its clients
    /// by. Its first [`MAX_ADDRESS`](Self::MAX_ADDRESS) characters are kept.
    #[must_use]
    pub fn with_address(self, address: impl fmt::Display) -> Self {
        Self { address: line(address, Self::MAX_ADDRESS), ..self }
    }

    /// Sets the user agent: the value of the HTTP header `User-Agent`. Its first
    /// [`MAX_USER_AGENT`](Self::MAX_USER_AGENT) characters are kept.
    #[must_use]
    pub fn with_user_agent(self, user_agent: &str) -> Self {
        Self { user_agent: line(user_agent, Self::MAX_USER_AGENT), ..self }
    }

    /// The address, if there is one.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The user agent, if there is one.
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }
}

/// The text as one line of at most `max` characters; `None` if nothing is left.
fn line(text: impl fmt::Display, max: usize) -> Option<Arc<str>> {
    let mut line = Line { text: String::new(), left: max };
    // This fails when the line is full or the host's `Display` fails. What was written until then is kept.
    let _ = write!(line, "{text}");
    (!line.text.is_empty()).then(|| line.text.into())
}

struct Line {
    text: String,
    left: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars().filter(|&c| !garbles(c)) {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

/// An origin as it is read, with texts that may still have to be cut.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Fields {
    address: Option<String>,
    user_agent: Option<String>,
}

#[cfg(feature = "serde")]
impl From<Fields> for Origin {
    fn from(Fields { address, user_agent }: Fields) -> Self {
        Self {
            address: address.and_then(|text| line(text, Self::MAX_ADDRESS)),
            user_agent: user_agent.and_then(|text| line(text, Self::MAX_USER_AGENT)),
        }
    }
}
