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

/// The settings.
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
    /// `ORIGIN`: scheme, host and port in the browser's address bar, if they are not those of this server itself.
    pub origin: Option<String>,
    /// `ENROLL_BY`: from the beginning of this day (UTC) on, nobody gets in without a second factor. Never, unless set.
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
            .map(|day| day.parse().map_err(|_| format!("ENROLL_BY is not a day such as 2027-01-01: {day}")));
        let settings = Self {
            host: host.parse().map_err(|_| format!("HOST is not an IP address: {host}"))?,
            port: port.parse().map_err(|_| format!("PORT is not a port number: {port}"))?,
            database_url,
            sealing_key,
            origin: var("ORIGIN"),
            enroll_by: enroll_by.transpose()?,
        };
        settings.refuse_what_misleads()?;
        Ok(settings)
    }

    /// Refuses settings with which passwords, codes and cookies would cross a network unencrypted, and an `ORIGIN` that is not an origin.
    fn refuse_what_misleads(&self) -> Result<(), BoxError> {
        const NEEDS_HTTPS: &str = "Off loopback this site needs HTTPS: put it behind a proxy that speaks it, and set \
                                   ORIGIN=https://its.name.";
        let Some(origin) = &self.origin else {
            return if self.host.is_loopback() { Ok(()) } else { Err(NEEDS_HTTPS.into()) };
        };
        let url = Url::parse(origin).ok();
        let Some(url) = url.filter(|url| url.origin().ascii_serialization() == *origin) else {
            // The message does not repeat the value, which may have a password in it.
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

    /// Whether browsers use HTTPS, through a proxy.
    pub fn is_https(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

impl std::fmt::Debug for Settings {
    /// Without the key, and without the password that a URL may contain.
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

/// A key in a file beside the SQLite file. A copy of the folder has both, so this is for development alone.
fn development_key(database_url: &str) -> Result<String, BoxError> {
    const HOW: &str = "set SEALING_KEY to 64 hexadecimal digits (`openssl rand -hex 32`) and keep it apart from the database";
    if Database::is_postgres(database_url) {
        return Err(format!("With PostgreSQL there is no development key: {HOW}.").into());
    }
    let database = Database::sqlite_path(database_url);
    let path = format!("{database}.key");
    let made = files::create(Path::new(&path)).map_err(|error| format!("{path}: {error}"))?;
    match made {
        // A new key cannot open the records that exist.
        Some(_) if Path::new(database).exists() => {
            std::fs::remove_file(&path)?;
            return Err(format!(
                "{database} exists but {path} does not: {HOW}. It must be the key that the database was made with."
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
    tracing::warn!(%path, "DEVELOPMENT KEY: the secrets of all authenticators are sealed with a key that is stored beside the \
                           database. In production, {HOW}");
    Ok(std::fs::read_to_string(&path)?)
}
