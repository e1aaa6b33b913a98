//! Settings from the environment, each with a default for a fresh machine.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

use crate::database::Database;
use crate::files;
use crate::keys::hex;
use crate::stop::BoxError;
use crate::two_factor::UnixTime;
use crate::users::random;

/// What the environment says.
#[derive(Clone)]
pub struct Settings {
    /// `HOST`: the address to listen on, `127.0.0.1` unless set.
    pub host: IpAddr,
    /// `PORT`: 3000 unless set; 0 takes any that is free.
    pub port: u16,
    /// `DATABASE_URL`: the path of a SQLite file, or `postgres://…`.
    pub database_url: String,
    /// `SEALING_KEY`: 64 hexadecimal digits.
    pub sealing_key: String,
    /// `ORIGIN`: what stands before the path in the browser's address bar, if it is not this server itself.
    pub origin: Option<String>,
    /// `ENROLL_BY`: the day from whose beginning on, in UTC, nobody gets in without a second factor; never unless set.
    pub enroll_by: Option<UnixTime>,
}

impl Settings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, BoxError> {
        let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let database_url = var("DATABASE_URL").unwrap_or_else(|| "second-factor-web.db".into());
        if !Database::is_url(&database_url) {
            return Err("DATABASE_URL is neither the path of a file nor postgres://….".into());
        }
        let sealing_key = match var("SEALING_KEY") {
            Some(key) => key,
            None => development_key(&database_url)?,
        };
        let host = var("HOST").unwrap_or_else(|| "127.0.0.1".into());
        let port = var("PORT").unwrap_or_else(|| "3000".into());
        let enroll_by = var("ENROLL_BY")
            .map(|day| day.parse().map_err(|_| format!("ENROLL_BY is no day, as 2027-01-01 is one: {day}")));
        let settings = Self {
            host: host.parse().map_err(|_| format!("HOST is no address: {host}"))?,
            port: port.parse().map_err(|_| format!("PORT is no port: {port}"))?,
            database_url,
            sealing_key,
            origin: var("ORIGIN"),
            enroll_by: enroll_by.transpose()?,
        };
        settings.refuse_what_misleads()?;
        Ok(settings)
    }

    /// Passwords, codes and cookies cross no network in clear, and what is said of the origin is all of it and true.
    fn refuse_what_misleads(&self) -> Result<(), BoxError> {
        const NEEDS_HTTPS: &str = "Off loopback this site needs HTTPS: put it behind a proxy that speaks it, and set \
                                   ORIGIN=https://its.name.";
        let Some(origin) = &self.origin else {
            return if self.host.is_loopback() { Ok(()) } else { Err(NEEDS_HTTPS.into()) };
        };
        let url = Url::parse(origin).ok();
        let Some(url) = url.filter(|url| url.origin().ascii_serialization() == *origin) else {
            // Without what it says, which may have a password in it.
            return Err("ORIGIN is a scheme, a name in lower case and a port if it is not the usual one, and nothing else: \
                        https://its.name or http://localhost:3000."
                .into());
        };
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_loopback && self.host.is_loopback() => Ok(()),
            _ => Err(NEEDS_HTTPS.into()),
        }
    }

    /// Whether browsers come by HTTPS, through a proxy.
    pub fn is_https(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

impl std::fmt::Debug for Settings {
    /// Without the key, and without the password that may stand in a URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, origin, enroll_by, .. } = self;
        f.debug_struct("Settings")
            .field("host", host)
            .field("port", port)
            .field("origin", origin)
            .field("enroll_by", enroll_by)
            .finish_non_exhaustive()
    }
}

/// A key in a file beside the SQLite file: whoever copies the folder has both, so this is for development alone.
fn development_key(database_url: &str) -> Result<String, BoxError> {
    const HOW: &str = "set SEALING_KEY to 64 hexadecimal digits that no copy of the database takes along (`openssl rand -hex 32`)";
    if Database::is_postgres(database_url) {
        return Err(format!("With PostgreSQL there is no development key: {HOW}.").into());
    }
    let database = Database::sqlite_path(database_url);
    let path = format!("{database}.key");
    let made = files::create(Path::new(&path)).map_err(|error| format!("{path}: {error}"))?;
    match made {
        // A new key beside old records would open none of them.
        Some(_) if Path::new(database).exists() => {
            std::fs::remove_file(&path)?;
            return Err(format!(
                "{database} is there but {path} is not: {HOW}, to the key that it was made with."
            )
            .into());
        }
        Some(mut file) => {
            let key = random::<32>().map_err(|_| "There are no random bytes for a key.")?;
            file.write_all(hex(&key).as_bytes())?;
            file.sync_all()?;
        }
        None => files::close(Path::new(&path))?,
    }
    tracing::warn!(%path, "DEVELOPMENT KEY: the secrets of all authenticators are sealed with a key that lies beside the \
                           database. In earnest, {HOW}");
    Ok(std::fs::read_to_string(&path)?)
}
