//! What else there is, and when to take it. Looked at in November 2026, in the versions named; things change.
//!
//! | you want | take |
//! |---|---|
//! | codes made and compared | [totp-rs](#totp-rs), [totp-rfc](#totp-rfc) |
//! | the whole login, new | [better-auth](#better-auth-and-its-rust-relatives) |
//! | one login for many services | [kanidm](#kanidm) |
//! | a login that others run | [a hosted service](#a-hosted-identity-service) |
//! | a second factor for the login you have | this crate |
//!
//! Whoever can use a passkey is better off with it than with any code. This crate takes one in place of a code
//! ([`manual::passkeys`](super::passkeys)) and runs no ceremony itself.
//!
//! # totp-rs
//!
//! Version 6.0.0. It makes codes and checks them, reads and writes key URIs, and draws QR codes as PNG. It runs without
//! `std`, and knows the codes of Steam. `check` returns the step that matched; the documentation says that it is the caller's
//! to accept each step once. Where secrets are stored, how many guesses there are and what comes after a lost phone are the
//! caller's too.
//!
//! Take it to write an authenticator app or a command-line tool, to log in *to* a service, for Steam, or where your service
//! has rules for all of the above. To come from it: [`manual::migration`](super::migration).
//!
//! # totp-rfc
//!
//! Version 0.1.2. HOTP and TOTP and deliberately nothing else: no base32, no key URIs, no random secrets. It neither
//! allocates nor needs `std`, insists on secrets of 128 bits, reads codes strictly, compares in constant time, and returns
//! which step matched and how far it drifted. A matrix in its repository maps the clauses of the RFCs to tests.
//!
//! Take it for a device, or as a small core to be audited under rules of your own. The [`otp`](crate::otp) layer of this
//! crate, without features, is meant for the same; it forgives blanks and dashes in what was typed, and also takes codes in a
//! row.
//!
//! # better-auth and its Rust relatives
//!
//! better-auth (TypeScript, 1.7) is a whole login: users, passwords, sessions, social logins, organizations, passkeys, and
//! clients for the browser. Its two-factor plugin has authenticator apps, codes by mail or SMS, backup codes, and devices
//! that are trusted for 30 days from their last login. In Rust, better-auth-rs (1.0.0-alpha.5, whose APIs and schemas may
//! change between alphas) follows its routes and payloads over axum and `SeaORM`, and fastauth (0.3.0) those of the plugin.
//!
//! Three decisions differ from those here. A login ends after five wrong codes, and ten in all stop every code of the account
//! for a quarter of an hour, the owner's too: that limits guesses by the hour. Here they are limited by the year, and codes
//! in a row get the owner past it. A trusted device is extended with each login; here 30 days are 30 days.
//! And a code is accepted as often as it is sent while it is valid: better-auth-api 1.0.0-alpha.5 keeps no last step, and
//! [issue 10387](https://github.com/better-auth/better-auth/issues/10387) of better-auth asks for it. It was open when we
//! looked.
//!
//! Take one of them when you begin a service and want everything from one hand, mail and SMS and social logins too. This
//! crate has none of those, and no pages.
//!
//! # kanidm
//!
//! By its book for 1.8; 1.11 is the newest release. An identity server that you run: people, groups and service accounts, OAuth 2 and `OpenID` Connect
//! for your services, a read-only LDAP gateway, RADIUS, and logins to Unix machines. It prefers passkeys, can insist on
//! attested ones, and has password and TOTP, where it asks for the code *before* the password so that nobody tries
//! passwords. A policy for a group says how strong the credentials of its members must be.
//!
//! Take it for the people of an organization, who are onboarded by somebody, and for many services with one login. Your
//! services then check tokens, and need no second factor of their own. It is a server to operate, not a library, and more
//! than one public site with a table of users needs.
//!
//! # A hosted identity service
//!
//! Auth0, Amazon Cognito and others keep users and passwords, show the login, send mails and SMS, watch for attacks, and
//! bring certificates that an auditor asks for. Your service redirects there and checks a token. Nothing of it is your code,
//! and little of it is your decision: Auth0's "remember this device" lasts 30 days and 7 without use, which is not a
//! setting; it gives one recovery code, and a new one when that was used. Cognito remembers devices if the pool is set so;
//! since August 2026 an administrator can remove one user's authenticator. Who moves away takes the users along, but not
//! always their secrets: Cognito gives out no password.
//!
//! Take one when nobody on your team wants to run a login, when your customers bring their own single sign-on, or when the
//! certificate matters most. You pay by user, and when the service is down, so is your login.
//!
//! # This crate
//!
//! It adds a second factor to a password login that exists, in its process and its database, and keeps the rules:
//! [`manual::promises`](super::promises) says which. It is new, and its API may still change. Do not take it if you have no
//! password login, want codes by mail or SMS, or would rather not write the pages: `examples/web` and `examples/recipes`
//! show how much that is.
