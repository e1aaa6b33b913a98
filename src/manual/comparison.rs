//! The alternatives to this crate, and when to choose them. We looked at the named versions in November 2026; things
//! change.
//!
//! | you want | choose |
//! |---|---|
//! | codes made and compared | [totp-rs](#totp-rs), [totp-rfc](#totp-rfc) |
//! | the whole login, new | [better-auth](#better-auth-and-its-rust-relatives) |
//! | one login for many services | [kanidm](#kanidm) |
//! | a login that somebody else runs | [a hosted service](#a-hosted-identity-service) |
//! | a second factor for the login you have | this crate |
//!
//! A passkey is safer than any code, for everybody who can use one. This crate accepts a passkey in place of a code
//! ([`manual::passkeys`](super::passkeys)), but your service has to run the WebAuthn ceremony.
//!
//! # totp-rs
//!
//! Version 6.0.0. It makes codes and checks them, reads and writes key URIs, and draws QR codes as PNG. It runs without
//! `std`, and knows the codes of Steam. `check` returns the step that matched; the documentation says that the caller
//! has to accept each step only once. The caller also decides where secrets are stored, how many guesses are allowed, and
//! what happens after a phone is lost.
//!
//! Choose it to write an authenticator app or a command-line tool, to log in *to* a service, for Steam, or if your service
//! has its own rules for all of the above. To move from it to this crate, see [`manual::migration`](super::migration).
//!
//! # totp-rfc
//!
//! Version 0.1.2. It has HOTP and TOTP, and deliberately nothing else: no base32, no key URIs, no random secrets. It neither
//! allocates nor needs `std`, requires secrets of at least 128 bits, reads codes strictly, compares in constant time, and returns
//! which step matched and how far it drifted. A matrix in its repository maps the clauses of the RFCs to tests.
//!
//! Choose it for a device, or as a small core that you audit and put your own rules around. The [`otp`](crate::otp) layer of this
//! crate, without features, has the same purpose; it also accepts blanks and dashes in what was typed, and codes in a row.
//!
//! # better-auth and its Rust relatives
//!
//! better-auth (TypeScript, 1.7) is a whole login: users, passwords, sessions, social logins, organizations, passkeys, and
//! clients for the browser. Its two-factor plugin has authenticator apps, codes by mail or SMS, backup codes, and devices
//! that are trusted for 30 days from their last login. In Rust, better-auth-rs (1.0.0-alpha.5, whose APIs and schemas may
//! change between alphas) has the same routes and payloads, over axum and `SeaORM`; fastauth (0.3.0) has those of the plugin.
//!
//! Three decisions are different from those in this crate. First, a login ends after five wrong codes there, and after ten
//! wrong codes in all, every code of the account is refused for a quarter of an hour, including the owner's. This limits the
//! guesses in an hour. This crate limits the guesses in a year, and the owner still gets in, by codes in a row. Second, each
//! login extends the time of a trusted device there; here the time ends after 30 days. Third, a code is accepted there each
//! time it is sent while it is valid: better-auth-api 1.0.0-alpha.5 does not store the last step, and
//! [issue 10387](https://github.com/better-auth/better-auth/issues/10387) of better-auth asks for this. The issue was open
//! when we looked.
//!
//! Choose one of them if you start a new service and want everything from one project, including mail, SMS and social
//! logins. This crate has none of those, and no pages.
//!
//! # kanidm
//!
//! This is from its book for version 1.8; 1.11 is the newest release. kanidm is an identity server that you run. It has
//! people, groups and service accounts, OAuth 2 and `OpenID` Connect for your services, a read-only LDAP gateway, RADIUS, and
//! logins to Unix machines. It prefers passkeys, and can require attested ones. It also has password and TOTP; in that case
//! it asks for the code *before* the password, so that nobody can try passwords. A policy for a group says how strong the
//! credentials of its members must be.
//!
//! Choose it for the people of an organization, whose accounts somebody creates, and for many services with one login. Your
//! services then check tokens, and need no second factor of their own. It is a server that you operate, not a library, and
//! it does more than one public site with a table of users needs.
//!
//! # A hosted identity service
//!
//! Auth0, Amazon Cognito and others keep users and passwords, show the login, send mails and SMS, watch for attacks, and
//! bring certificates that an auditor asks for. Your service redirects there and checks a token. None of it is your code,
//! and you can decide little about it. For example, Auth0's "remember this device" lasts 30 days, or 7 days without use, and
//! you cannot change that; a user has one recovery code, and gets a new one after using it. Cognito remembers devices if the
//! pool is configured that way; since August 2026 an administrator can remove one user's authenticator. If you move away, you
//! can take the users with you, but not always their secrets: Cognito does not export passwords.
//!
//! Choose one if nobody on your team wants to run a login, if your customers bring their own single sign-on, or if the
//! certificate matters most. You pay for each user, and when the service is down, nobody can log in to yours.
//!
//! # This crate
//!
//! It adds a second factor to a password login that you have already. It runs in the process of your service, uses its
//! database, and makes the promises that [`manual::promises`](super::promises) lists. It is new, and its API may still
//! change. Do not choose it if you have no password login, want codes by mail or SMS, or do not want to write the pages:
//! `examples/web` and `examples/recipes` show how much work they are.
