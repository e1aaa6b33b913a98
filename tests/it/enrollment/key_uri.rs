//! Key URIs: what the format requires (the rows "URI" of `manual::standards`), what is read leniently, and that no secret leaks.

use proptest::prelude::*;
use second_factor::enrollment::{
    Base32Error, ForeignScheme, ForeignType, KeyUriError, KeyUriKind, KeyUriWarning, LabelPart,
};
use second_factor::otp::Counter;
use second_factor::session::PolicyError;
use second_factor::{Algorithm, Digits, KeyUri, Period, Policy, Secret, TotpParams};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn secret() -> Secret {
    Secret::new(b"12345678901234567890").unwrap()
}

fn totp(issuer: &str, account: &str) -> Result<KeyUri, KeyUriError> {
    KeyUri::totp(issuer, account, secret(), Algorithm::Sha1, Digits::Six, Period::DEFAULT)
}

/// Reads a URI with this label and these further parameters, and the usual secret.
fn read(label: &str, more: &str) -> KeyUri {
    KeyUri::parse(&with(label, more)).unwrap_or_else(|error| panic!("{label} {more}: {error}"))
}

fn with(label: &str, more: &str) -> String {
    format!("otpauth://totp/{label}?secret={SECRET}{more}")
}

fn refused(text: &str) -> KeyUriError {
    KeyUri::parse(text).expect_err(text)
}

fn refused_strictly(text: &str) -> KeyUriError {
    KeyUri::parse_strict(text).expect_err(text)
}

fn warnings(uri: &KeyUri) -> Vec<KeyUriWarning> {
    uri.warnings().collect()
}

/// URI type: only `hotp` or `totp`; Steam's variants are recognized.
#[test]
fn key_uri_type() {
    for (kind, expected) in [
        ("", ForeignType::Missing),
        ("yaotp", ForeignType::Yandex),
        ("motp", ForeignType::Other),
        ("totp%20", ForeignType::Other),
        ("user@totp", ForeignType::Other),
        ("totp:80", ForeignType::Other),
    ] {
        let text = format!("otpauth://{kind}/A:b?secret={SECRET}");
        assert_eq!(refused(&text), KeyUriError::Type(expected));
        assert_eq!(refused_strictly(&text), KeyUriError::Type(expected));
    }
    assert_eq!(
        refused_strictly(&format!("otpauth://steam/A:b?secret={SECRET}")),
        KeyUriError::Type(ForeignType::Steam)
    );
    // RFC 3986 §3.1 and §3.2.2: the case of scheme and host does not matter.
    assert!(KeyUri::parse_strict(&format!("OTPAUTH://TOTP/A:b?secret={SECRET}")).is_ok());
}

#[test]
fn foreign_schemes_are_named() {
    for (text, expected) in [
        ("otpauth-migration://offline?data=CjEK", ForeignScheme::Migration),
        ("otpauth:totp?secret=AA", ForeignScheme::NoAuthority),
        ("otpauth:/totp/A:b?secret=AA", ForeignScheme::NoAuthority),
        ("https://totp/A:b?secret=AA", ForeignScheme::Other),
        ("otpauth", ForeignScheme::Other),
        ("", ForeignScheme::Other),
        (SECRET, ForeignScheme::Other),
    ] {
        assert_eq!(refused(text), KeyUriError::Scheme(expected), "{text}");
        assert_eq!(refused_strictly(text), KeyUriError::Scheme(expected), "{text}");
    }
}

/// URI label: split at the issuer parameter followed by a colon, else at the first literal colon, else at the first `%3A`.
#[test]
fn key_uri_label_is_split_in_that_order() {
    for (label, more, issuer, account) in [
        ("ACME:alice", "", Some("ACME"), "alice"),
        ("ACME%3Aalice", "", Some("ACME"), "alice"),
        ("ACME%3aalice", "", Some("ACME"), "alice"),
        ("alice", "", None, "alice"),
        // 1. The issuer parameter as a prefix comes before any other colon.
        ("A:B:c", "&issuer=A%3AB", Some("A:B"), "c"),
        ("A%3AB:c", "&issuer=A", Some("A"), "B:c"),
        ("https://a.example:b", "&issuer=https%3A%2F%2Fa.example", Some("https://a.example"), "b"),
        ("A%3AB%3Ac", "&issuer=A%3AB", Some("A:B"), "c"),
        // 2. A literal colon comes before an escaped one further left.
        ("A%3AB:c", "", Some("A:B"), "c"),
        ("A%3AB:c", "&issuer=Other", Some("Other"), "c"),
        ("ACME:a%3Ab", "", Some("ACME"), "a:b"),
        ("ACME:a:b", "", Some("ACME"), "a:b"),
        // 3. The first escaped colon.
        ("ACME%3Aa%3Ab", "", Some("ACME"), "a:b"),
        // A label that only starts like the issuer does not have it as a prefix.
        ("ACMEX:alice", "&issuer=ACME", Some("ACME"), "alice"),
        ("ACME", "&issuer=ACME", Some("ACME"), "ACME"),
        (":alice", "", None, "alice"),
        (":alice", "&issuer=ACME", Some("ACME"), "alice"),
        ("ACME:%20%20alice", "", Some("ACME"), "alice"),
        ("ACME:  alice", "", Some("ACME"), "alice"),
        ("ACME:alice%20", "", Some("ACME"), "alice "),
        ("Caf%C3%A9:Ren%C3%A9", "", Some("Café"), "René"),
        ("Café:René", "&issuer=Café", Some("Café"), "René"),
    ] {
        let uri = read(label, more);
        assert_eq!((uri.issuer(), uri.account_name()), (issuer, account), "{label} {more}");
    }
}

/// URI label, strictly: no colon in either part, and the account name is not empty.
#[test]
fn key_uri_label_strictly() {
    let strict = |label, more| refused_strictly(&with(label, more));
    assert_eq!(strict("ACME:a:b", ""), KeyUriError::Colon(LabelPart::AccountName));
    assert_eq!(strict("ACME:a%3Ab", ""), KeyUriError::Colon(LabelPart::AccountName));
    assert_eq!(strict("A%3AB:c", ""), KeyUriError::Colon(LabelPart::Issuer));
    assert_eq!(strict("ACME:", ""), KeyUriError::EmptyLabel);
    assert_eq!(strict("", "&issuer=ACME"), KeyUriError::EmptyLabel);
    assert_eq!(strict(":alice", ""), KeyUriError::EmptyName(LabelPart::Issuer));
    assert_eq!(strict("ACME:alice", "&issuer="), KeyUriError::EmptyName(LabelPart::Issuer));
    assert_eq!(strict("ACME: alice", ""), KeyUriError::RawCharacter { position: 20 });
    assert_eq!(strict("ACME/x:alice", ""), KeyUriError::RawCharacter { position: 19 });
    assert_eq!(strict("Café:alice", ""), KeyUriError::RawCharacter { position: 18 });
    assert_eq!(strict("A:a#b", ""), KeyUriError::RawCharacter { position: 18 });
    assert_eq!(strict("A:a+b", ""), KeyUriError::AmbiguousPlus { position: 18 });
    let uri = KeyUri::parse_strict(&with("Big%20Co%3A%20alice%40big.co", "&issuer=Big%20Co")).unwrap();
    assert_eq!((uri.issuer(), uri.account_name()), (Some("Big Co"), "alice@big.co"));
    assert_eq!(warnings(&uri), []);
}

/// URI issuer: both are kept, the parameter wins, and both modes report a mismatch.
#[test]
fn key_uri_issuer_parameter_wins_and_a_mismatch_is_reported() {
    let text = with("GitHub:me", "&issuer=Gitlab");
    for uri in [KeyUri::parse(&text).unwrap(), KeyUri::parse_strict(&text).unwrap()] {
        assert_eq!(uri.issuer(), Some("Gitlab"));
        assert_eq!((uri.label_issuer(), uri.parameter_issuer()), (Some("GitHub"), Some("Gitlab")));
        assert_eq!(warnings(&uri), [KeyUriWarning::IssuerMismatch]);
    }
    let uri = read("GitHub:me", "&issuer=");
    assert_eq!((uri.issuer(), uri.parameter_issuer()), (Some("GitHub"), None));
    assert_eq!(warnings(&uri), [KeyUriWarning::EmptyIssuer]);
    let uri = read("ACME:", "");
    assert_eq!((uri.issuer(), uri.account_name()), (Some("ACME"), ""));
    assert_eq!(warnings(&uri), [KeyUriWarning::EmptyAccountName]);
    assert_eq!(refused(&with("", "")), KeyUriError::EmptyLabel);
    assert_eq!(refused(&with(":", "")), KeyUriError::EmptyLabel);
    assert_eq!(refused(&with("%20%20", "")), KeyUriError::EmptyLabel);
}

#[test]
fn a_plus_in_an_issuer_is_a_space_where_form_encoding_wrote_it() {
    for (label, more, issuer, told) in [
        ("Test%20Issuer:a", "&issuer=Test+Issuer", "Test Issuer", true),
        ("Test+Issuer:a", "&issuer=Test+Issuer", "Test Issuer", true),
        ("Test+Issuer:a", "", "Test Issuer", true),
        ("a", "&issuer=One+Two+Three", "One Two Three", true),
        ("Test+Issuer:a", "&issuer=Test%20Issuer", "Test Issuer", true),
        // Not if the same text has an escaped or raw space …
        ("a", "&issuer=One+Two%20Three", "One+Two Three", false),
        ("a", "&issuer=One+Two Three", "One+Two Three", false),
        // … nor if the plus is not a single one between two other characters …
        ("Disney+:a", "&issuer=Disney+", "Disney+", false),
        ("Disney+:a", "&issuer=Disney%2B", "Disney+", false),
        ("C++:a", "", "C++", false),
        ("a", "&issuer=C++", "C++", false),
        // … nor if the other issuer spells the plus out.
        ("A%2BB:a", "&issuer=A+B", "A+B", false),
        ("A+B:a", "&issuer=A%2BB", "A+B", false),
    ] {
        let uri = read(label, more);
        assert_eq!(uri.issuer(), Some(issuer), "{label} {more}");
        assert_eq!(uri.warnings().any(|found| found == KeyUriWarning::PlusAsSpace), told, "{label} {more}");
        assert!(!uri.warnings().any(|found| found == KeyUriWarning::IssuerMismatch), "{label} {more}");
    }
    assert_eq!(read("ACME:alice+work@x.example", "&issuer=ACME").account_name(), "alice+work@x.example");
    assert_eq!(
        refused_strictly(&with("a", "&issuer=Test+Issuer")),
        KeyUriError::AmbiguousPlus { position: 68 }
    );
}

/// URI secret: required, base32; padding is read and never written.
#[test]
fn key_uri_secret() {
    assert_eq!(refused("otpauth://totp/A:b"), KeyUriError::MissingSecret);
    assert_eq!(refused("otpauth://totp/A:b?secret2=AA"), KeyUriError::MissingSecret);
    for empty in ["secret=", "secret", "secret=%20"] {
        let text = format!("otpauth://totp/A:b?{empty}");
        assert_eq!(refused(&text), KeyUriError::Secret(Base32Error::Empty), "{text}");
    }
    for padded in ["MZXW6YQ=", "MZXW6YQ%3D", "MZXW6YQ"] {
        let uri = KeyUri::parse_strict(&format!("otpauth://totp/A:b?secret={padded}")).unwrap();
        assert_eq!(uri.secret().expose(), b"foob");
        assert!(uri.to_uri().expose().ends_with("?secret=MZXW6YQ&issuer=A"));
        assert_eq!(warnings(&uri), [KeyUriWarning::ShortSecret]);
    }
    let long = "A".repeat(208);
    assert_eq!(
        refused(&format!("otpauth://totp/A:b?secret={long}")),
        KeyUriError::Secret(Base32Error::TooLong)
    );
}

/// URI algorithm, digits, period: omitted or written out, the defaults give the same credential.
#[test]
fn key_uri_defaults() {
    let bare = KeyUri::parse_strict(&with("A:b", "&issuer=A")).unwrap();
    let full = KeyUri::parse_strict(&with("A:b", "&issuer=A&algorithm=SHA1&digits=6&period=30")).unwrap();
    assert_eq!(bare, full);
    assert_eq!(
        bare.kind(),
        KeyUriKind::Totp { algorithm: Algorithm::Sha1, digits: Digits::Six, period: Period::DEFAULT }
    );
    assert_eq!(full.to_uri().expose(), with("A:b", "&issuer=A"));
    assert_eq!(bare.totp_params(), Some(TotpParams::DEFAULT));
}

#[test]
fn key_uri_numbers_out_of_range_are_refused() {
    let position = 66;
    for digits in
        ["0", "1", "4", "5", "9", "10", "262", "", "-6", "+6", "six", "6.0", "%36", "99999999999999999999"]
    {
        let text = with("A:b", &format!("&digits={digits}"));
        assert_eq!(refused(&text), KeyUriError::Digits { position }, "{digits}");
        assert_eq!(refused_strictly(&text), KeyUriError::Digits { position }, "{digits}");
    }
    for period in ["0", "121", "3600", "4294967326", "", "-30", "30s"] {
        let text = with("A:b", &format!("&period={period}"));
        assert_eq!(refused(&text), KeyUriError::Period { position }, "{period}");
        assert_eq!(refused_strictly(&text), KeyUriError::Period { position }, "{period}");
    }
    assert!(KeyUri::parse_strict(&with("A:b", "&period=120")).is_ok());
    for counter in ["", "-1", "abc", "18446744073709551616"] {
        let text = with("A:b", &format!("&counter={counter}")).replace("totp", "hotp");
        assert_eq!(refused(&text), KeyUriError::Counter { position: 67 }, "{counter}");
    }
    for algorithm in ["", "MD5", "SHA", "SHA384", "aes", "SHA11", "HMAC", "SHA1%20"] {
        let text = with("A:b", &format!("&algorithm={algorithm}"));
        assert_eq!(refused(&text), KeyUriError::Algorithm { position: 69 }, "{algorithm}");
    }
}

#[test]
fn a_key_uri_has_totp_params_only_for_time_based_codes() {
    let more = "&algorithm=SHA512&digits=8&period=60";
    let params = TotpParams::new(Algorithm::Sha512, Digits::Eight, Period::from_secs(60).unwrap());
    assert_eq!(read("A:b", more).totp_params(), Some(params));
    let hotp = with("A:b", "&counter=1").replace("totp", "hotp");
    assert_eq!(KeyUri::parse_strict(&hotp).unwrap().totp_params(), None);
}

#[test]
fn algorithm_aliases_are_read_and_reported() {
    for (alias, algorithm) in [
        ("sha1", Algorithm::Sha1),
        ("SHA-1", Algorithm::Sha1),
        ("HmacSHA256", Algorithm::Sha256),
        ("HMAC-SHA-512", Algorithm::Sha512),
        ("sha_512", Algorithm::Sha512),
    ] {
        let text = with("A:b", &format!("&algorithm={alias}"));
        let uri = KeyUri::parse(&text).unwrap();
        assert_eq!(uri.totp_params().map(|params| params.algorithm()), Some(algorithm), "{alias}");
        assert_eq!(warnings(&uri), [KeyUriWarning::AlgorithmAlias], "{alias}");
        assert_eq!(refused_strictly(&text), KeyUriError::Algorithm { position: 69 });
    }
}

/// URI counter: required for HOTP; a parameter of the other type is ignored.
#[test]
fn key_uri_counter() {
    let text = with("A:b", "").replace("totp", "hotp");
    assert_eq!(refused_strictly(&text), KeyUriError::MissingCounter);
    let uri = KeyUri::parse(&text).unwrap();
    assert!(matches!(uri.kind(), KeyUriKind::Hotp { counter, .. } if counter == Counter::new(0)));
    assert_eq!(warnings(&uri), [KeyUriWarning::MissingCounter]);
    let last = KeyUri::parse_strict(&format!("{text}&counter=18446744073709551615")).unwrap();
    assert!(matches!(last.kind(), KeyUriKind::Hotp { counter, .. } if counter == Counter::new(u64::MAX)));
}

#[test]
fn a_parameter_of_the_other_kind_is_refused_where_its_name_begins() {
    let hotp = with("A:b", "&counter=1").replace("totp", "hotp");
    for (text, position) in [
        (with("A:b", "&counter=1"), 59),
        (with("A:b", "&digits=8&counter"), 68),
        (format!("{hotp}&period=0"), 69),
    ] {
        let uri = KeyUri::parse(&text).unwrap();
        assert_eq!(warnings(&uri), [KeyUriWarning::IgnoredParameter], "{text}");
        assert_eq!(refused_strictly(&text), KeyUriError::UnknownParameter { position }, "{text}");
    }
}

/// Steam URIs are read and marked: none gives TOTP parameters.
#[test]
fn steam_is_marked_and_never_ordinary() {
    for text in [
        format!("otpauth://steam/Steam:me?secret={SECRET}"),
        format!("otpauth://STEAM/me?secret={SECRET}&digits=5"),
        with("me", "&issuer=Steam"),
        with("me", "&issuer=steam&digits=6"),
        with("Steam:me", ""),
        with("ACME:me", "&encoder=steam"),
        with("ACME:me", "&encoder=STEAM&digits=5"),
        with("ACME:me", "&steam"),
        format!("steam://{SECRET}"),
        with("me", "&issuer=Steam").replace("totp", "hotp"),
    ] {
        let uri = KeyUri::parse(&text).unwrap();
        assert_eq!(uri.kind(), KeyUriKind::Steam, "{text}");
        assert_eq!(uri.totp_params(), None);
        assert_eq!(uri.unknown_parameters().count(), 0, "{text}");
        assert_eq!(KeyUri::parse(uri.to_uri().expose()), Ok(uri), "{text}");
        if let Ok(strictly) = KeyUri::parse_strict(&text) {
            assert_eq!(strictly.kind(), KeyUriKind::Steam, "{text}");
        }
    }
    assert_eq!(
        refused_strictly(&format!("steam://{SECRET}")),
        KeyUriError::Scheme(ForeignScheme::Steam),
        "strictly this is not a key URI"
    );
    let pasted = KeyUri::parse(&format!("steam://{SECRET} \n")).unwrap();
    assert_eq!(warnings(&pasted), [KeyUriWarning::EmptyAccountName, KeyUriWarning::RawCharacters]);
    assert_eq!(refused("steam://"), KeyUriError::Secret(Base32Error::Empty));
    assert_eq!(refused("steam:"), KeyUriError::MissingSecret);
    assert_eq!(totp("Steam", "me"), Err(KeyUriError::SteamIssuer));
    // Five digits alone do not mean Steam.
    assert_eq!(refused(&with("me", "&digits=5")), KeyUriError::Digits { position: 65 });
    assert_eq!(refused(&with("me", "&digits=5&encoder=other")), KeyUriError::Digits { position: 65 });
    assert!(matches!(read("Steamboat:me", "&steam=no").kind(), KeyUriKind::Totp { .. }));
}

#[test]
fn duplicates_of_known_parameters_are_refused() {
    for (name, value) in [
        ("secret", "AA"),
        ("issuer", "A"),
        ("algorithm", "SHA1"),
        ("digits", "6"),
        ("period", "30"),
        ("counter", "1"),
    ] {
        let more = if name == "secret" { String::new() } else { format!("&{name}={value}") };
        let text = with("A:b", &format!("{more}&{name}={value}"));
        let position = text.len() - name.len() - value.len() - 1;
        assert_eq!(refused(&text), KeyUriError::Duplicate { position }, "{name}");
        assert_eq!(refused_strictly(&text), KeyUriError::Duplicate { position }, "{name}");
        for other in [name.to_uppercase(), format!("%{:02x}{}", name.as_bytes()[0], &name[1..])] {
            let text = with("A:b", &format!("{more}&{other}={value}"));
            assert!(matches!(refused(&text), KeyUriError::Duplicate { .. }), "{other}");
        }
        let flag = with("A:b", &format!("{more}&{name}"));
        assert!(matches!(refused(&flag), KeyUriError::Duplicate { .. }), "{name} without value");
    }
}

#[test]
fn unknown_parameters_are_kept_in_order() {
    let more = "&image=https%3A%2F%2Fx%2Fy.png&pinned&x=1&x=2&empty=&a%26b=c%3Dd&plus=1+1&eq=a=b&&";
    let uri = read("A:b", more);
    let kept = [
        ("image", Some("https://x/y.png")),
        ("pinned", None),
        ("x", Some("1")),
        ("x", Some("2")),
        ("empty", Some("")),
        ("a&b", Some("c=d")),
        ("plus", Some("1+1")),
        ("eq", Some("a=b")),
    ];
    assert!(uri.unknown_parameters().eq(kept));
    assert!(KeyUri::parse(uri.to_uri().expose()).unwrap().unknown_parameters().eq(kept));
    assert_eq!(refused_strictly(&with("A:b", more)), KeyUriError::UnknownParameter { position: 59 });
}

#[test]
fn spelling_of_names_and_escapes() {
    let uri = KeyUri::parse(&format!("otpauth://totp/A:b?SECRET={SECRET}&Digits=8")).unwrap();
    assert_eq!(uri.totp_params().map(|params| params.digits()), Some(Digits::Eight));
    assert_eq!(warnings(&uri), [KeyUriWarning::ParameterCase]);
    for (label, more, position) in [
        ("a%", "", 16),
        ("a%4", "", 16),
        ("a%zz", "", 16),
        ("a%+1", "", 16),
        ("a", "&issuer=%é", 64),
        ("a", "&image=%", 63),
        ("a", "&%=1", 57),
    ] {
        assert_eq!(refused(&with(label, more)), KeyUriError::Escape { position }, "{label} {more}");
    }
    assert_eq!(refused(&with("a%E9b", "")), KeyUriError::Utf8 { position: 15 });
    assert_eq!(refused(&with("A:b%C3", "")), KeyUriError::Utf8 { position: 17 });
    for control in ["%00", "%0A", "\n", "%7F", "%C2%85"] {
        assert_eq!(refused(&with(&format!("A:b{control}c"), "")), KeyUriError::Control { position: 17 });
    }
    assert_eq!(refused(&with("a", "&issuer=A%0AB")), KeyUriError::Control { position: 64 });
    assert_eq!(refused(&with("a", "&issuer=A+B%0A")), KeyUriError::Control { position: 64 });
    let uri = KeyUri::parse(&format!(" \n{} \r\n", with("A:b", "&issuer=A"))).unwrap();
    assert_eq!((uri.issuer(), warnings(&uri)), (Some("A"), vec![KeyUriWarning::RawCharacters]));
    assert_eq!(read("A:user#1", "&issuer=A").account_name(), "user#1");
}

/// At every position in a text of every length.
#[test]
fn escapes_and_plus_signs_are_found_at_every_position() {
    for len in 1..40 {
        for place in 0..len {
            let (before, after) = ("a".repeat(place), "b".repeat(len - place - 1));
            let account = read(&format!("A:{before}%43{after}"), "").account_name().to_owned();
            assert_eq!(account, format!("{before}C{after}"));
            let issuer = format!("{before}%44{after}");
            assert_eq!(
                read("A:b", &format!("&issuer={issuer}")).issuer(),
                Some(&*format!("{before}D{after}"))
            );
            if place > 0 && place < len - 1 {
                let uri = read("A:b", &format!("&issuer={before}+{after}"));
                assert_eq!(uri.issuer(), Some(&*format!("{before} {after}")));
            }
        }
    }
    let uri = KeyUri::parse("steam://M%46RA").unwrap();
    assert_eq!((uri.secret().expose(), warnings(&uri).len()), (&b"ab"[..], 2));
}

/// RFC 3986 §2: characters that are neither unreserved, nor reserved, nor `%`; and the reserved ones `#`, `[` and `]`.
#[test]
fn every_character_that_a_uri_must_escape_is_reported() {
    let allowed = |character: char| {
        character.is_ascii_alphanumeric()
            || "-._~".contains(character)
            || ":/?@!$&'()*+,;=".contains(character)
    };
    for character in ('\0'..='\u{ff}').filter(|character| *character != '%') {
        for place in 0..17 {
            let more = format!("&x={}{character}{}", "a".repeat(place), "b".repeat(17 - place));
            let position = with("A:b", "&x=").len() + place;
            let warned = warnings(&read("A:b", &more)).contains(&KeyUriWarning::RawCharacters);
            assert_eq!(warned, !allowed(character), "{character:?}");
            let raw = refused_strictly(&with("A:b", &more)) == KeyUriError::RawCharacter { position };
            assert_eq!(raw, !allowed(character), "{character:?} strictly");
        }
    }
    let uri = KeyUri::parse(" steam://MFRA").unwrap();
    assert!(warnings(&uri).contains(&KeyUriWarning::RawCharacters));
}

#[test]
fn text_is_bounded() {
    let text = |len: usize| format!("{}{}", with("A:b", "&x="), "y".repeat(len - with("A:b", "&x=").len()));
    assert!(KeyUri::parse(&text(KeyUri::MAX_LEN)).is_ok());
    assert_eq!(refused(&text(KeyUri::MAX_LEN + 1)), KeyUriError::TooLong { found: KeyUri::MAX_LEN + 1 });
    assert_eq!(refused(&"%".repeat(1 << 20)), KeyUriError::TooLong { found: 1 << 20 });
}

#[test]
fn printed_uri_is_escaped_and_complete() {
    let secret = Secret::new(&[0xff; 64]).unwrap();
    let uri = KeyUri::totp(
        "A&B Co+é",
        "alice?x=1#%@x",
        secret,
        Algorithm::Sha512,
        Digits::Eight,
        Period::from_secs(60).unwrap(),
    )
    .unwrap();
    let printed = uri.to_uri();
    let (label, query) = printed.expose().split_once('?').unwrap();
    assert_eq!(label, "otpauth://totp/A%26B%20Co%2B%C3%A9:alice%3Fx%3D1%23%25%40x");
    assert!(query.starts_with("secret=77777777") && !query.trim_start_matches("secret=").starts_with('='));
    assert!(query.ends_with("&issuer=A%26B%20Co%2B%C3%A9&algorithm=SHA512&digits=8&period=60"));
    assert_eq!(KeyUri::parse_strict(printed.expose()), Ok(uri));
}

#[test]
fn a_uri_that_cannot_be_printed_is_not_built() {
    let long = "x".repeat(KeyUri::MAX_ACCOUNT_NAME_LEN + 1);
    for (name, expected) in [
        ("", KeyUriError::EmptyName as fn(LabelPart) -> KeyUriError),
        ("a\nb", KeyUriError::ControlCharacter),
        ("a\u{85}b", KeyUriError::ControlCharacter),
        (" a", KeyUriError::SurroundingSpace),
        (&long, |part| KeyUriError::NameTooLong { part, found: KeyUri::MAX_ACCOUNT_NAME_LEN + 1 }),
    ] {
        assert_eq!(totp(name, "alice"), Err(expected(LabelPart::Issuer)), "{name:?}");
        assert_eq!(totp("ACME", name), Err(expected(LabelPart::AccountName)), "{name:?}");
    }
    assert_eq!(totp("a:b", "alice"), Err(KeyUriError::Colon(LabelPart::Issuer)));
    for issuer in ["ACME ", "ACME\u{3000}", "\u{a0}ACME"] {
        assert_eq!(totp(issuer, "alice"), Err(KeyUriError::SurroundingSpace(LabelPart::Issuer)), "{issuer}");
    }
    let issuer = "é".repeat(KeyUri::MAX_ISSUER_LEN / 2);
    let account = "é".repeat(KeyUri::MAX_ACCOUNT_NAME_LEN / 2);
    let uri = totp(&issuer, &account).unwrap();
    assert_eq!(KeyUri::parse_strict(uri.to_uri().expose()), Ok(uri));
    let found = KeyUri::MAX_ISSUER_LEN + 1;
    let part = LabelPart::Issuer;
    assert_eq!(totp(&format!("{issuer}x"), &account), Err(KeyUriError::NameTooLong { part, found }));
}

/// A policy refuses the issuers that `KeyUri::totp` refuses.
#[test]
fn g18_an_issuer_that_cannot_be_enrolled_makes_no_policy() {
    for issuer in [
        "",
        " ",
        "\u{3000}",
        " ACME",
        "ACME ",
        "AC\nME",
        "AC:ME",
        "Steam",
        "steam",
        "STEAM",
        &"x".repeat(300),
        &"x".repeat(KeyUri::MAX_ISSUER_LEN + 1),
    ] {
        let refused = totp(issuer, "alice").unwrap_err();
        assert_eq!(Policy::new(issuer).unwrap_err(), PolicyError::Issuer(refused), "{issuer:?}");
    }
    for issuer in ["ACME", "AC ME", "Steamboat", "喵", &"x".repeat(KeyUri::MAX_ISSUER_LEN)] {
        assert_eq!(Policy::new(issuer).unwrap().issuer(), issuer);
        assert_eq!(totp(issuer, "alice").unwrap().issuer(), Some(issuer));
    }
}

/// The name with the substitute for the colon is the one that is printed, shown, compared and read back.
#[test]
fn g18_an_account_name_with_a_colon_is_enrolled() {
    let uri = totp("ACME", "@ann:example.org").unwrap();
    assert_eq!(uri.account_name(), "@ann\u{2236}example.org");
    let printed = uri.to_uri();
    assert!(printed.expose().starts_with("otpauth://totp/ACME:%40ann%E2%88%B6example.org?"));
    for read in [KeyUri::parse(printed.expose()).unwrap(), KeyUri::parse_strict(printed.expose()).unwrap()] {
        assert_eq!(read.issuer(), Some("ACME"));
        assert_eq!(read.account_name(), "@ann\u{2236}example.org");
        assert_eq!(warnings(&read), []);
        assert_eq!(read.to_uri().expose(), printed.expose());
        assert_eq!(read, uri);
    }
    assert_eq!(totp("ACME", ":::").unwrap().account_name(), "\u{2236}".repeat(3));
    // The length counts as printed.
    let (part, found) = (LabelPart::AccountName, 261);
    assert_eq!(totp("ACME", &":".repeat(87)), Err(KeyUriError::NameTooLong { part, found }));
    let matrix_id = format!("@{}:example.org", "a".repeat(242));
    assert_eq!(matrix_id.len(), 255);
    assert!(totp("ACME", &matrix_id).is_ok());
    // A name that was only read keeps its colon, also when printed.
    assert_eq!(read("ACME:@ann:example.org", "").account_name(), "@ann:example.org");
}

#[test]
fn equality_is_over_all_that_is_enrolled() {
    let uri = totp("ACME", "alice").unwrap();
    assert_eq!(uri, read("ACME%3Aalice", ""));
    assert_eq!(uri, KeyUri::parse(&with("ACME: alice", "&period=30")).unwrap());
    assert_ne!(uri, read("ACME:alicf", ""));
    assert_ne!(uri, read("ACMF:alice", ""));
    assert_ne!(uri, read("ACME:alice", "&digits=8"));
    assert_ne!(uri, read("ACME:alice", "&x=1"));
    let other = Secret::new(b"12345678901234567891").unwrap();
    assert_ne!(
        uri,
        KeyUri::totp("ACME", "alice", other, Algorithm::Sha1, Digits::Six, Period::DEFAULT).unwrap()
    );
}

/// With a planted secret and a planted name, for every kind of error and every `Debug`.
#[test]
fn no_error_and_no_debug_has_the_secret_or_the_uri() {
    let planted =
        ["PLANTEDSECRETPLANTEDSECR", "PLANTEDSECRETPLANTEDSECRETPLAN", "PLANTED1", "PLANTED", "PLA"];
    let labels =
        ["ACME:PLANTED", "ACME:PLANTED%", "PLANTED%0A", "PLANTED%FF", "PLANTED PLANTED", "", "A:PLANTED:x"];
    let mores = [
        "",
        "&secret=PLANTED",
        "&PLANTED=%",
        "&digits=PLANTED",
        "&period=PLANTED",
        "&algorithm=PLANTED",
        "&issuer=PLANTED%",
        "&issuer=PLANTED+PLANTED",
        "&PLANTED=PLANTED",
    ];
    let mut errors = 0;
    for start in ["otpauth://totp/", "otpauth://hotp/", "otpauth://PLANTED/", "PLANTED://totp/", "otpauth:"] {
        for (label, more) in labels.iter().flat_map(|label| mores.iter().map(move |more| (label, more))) {
            for secret in planted {
                let text = format!("{start}{label}?secret={secret}{more}");
                for result in [KeyUri::parse(&text), KeyUri::parse_strict(&text)] {
                    let told = match result {
                        Err(error) => {
                            errors += 1;
                            let source = std::error::Error::source(&error).map(ToString::to_string);
                            format!("{error} {error:?} {source:?}")
                        }
                        // Names are not secret. The secret is, and so are the values of unknown parameters.
                        Ok(uri) => format!("{uri:?} {:?}", uri.to_uri()).replace("\"PLANTED", ""),
                    };
                    assert!(!told.contains("PLANTEDS") && !told.contains("PLA\""), "{told}");
                    assert!(!told.contains("otpauth://totp/") && !told.contains("=PLANTED"), "{told}");
                    assert!(!told.starts_with("the key") || !told.contains("PLANTED"), "{told}");
                }
            }
        }
    }
    assert!(errors > 1_000, "{errors}");
    let uri = read("ACME:alice", "&secret2=PLANTED");
    assert!(!format!("{uri:?}").contains("PLANTED"));
    assert!(!format!("{uri:?}").contains(SECRET));
}

fn name() -> impl Strategy<Value = String> {
    let special =
        prop::sample::select(vec!["%", "+", " ", "é", "喵", "😀", "&", "=", "?", "#", "/", "%3A", "++", "a"]);
    let piece = prop_oneof![special.prop_map(str::to_owned), "[^:\\p{Cc}]{1,4}"];
    prop::collection::vec(piece, 1..8)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("what the constructor refuses", |name| {
            name.trim() == name && !name.eq_ignore_ascii_case("Steam")
        })
}

fn any_uri() -> impl Strategy<Value = KeyUri> {
    let algorithm = prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]);
    let digits = prop::sample::select(vec![Digits::Six, Digits::Seven, Digits::Eight]);
    let bytes = prop::collection::vec(any::<u8>(), 1..=Secret::MAX_LEN);
    (name(), name(), bytes, algorithm, digits, prop::option::of(1..=Period::MAX_SECS), any::<u64>()).prop_map(
        |(issuer, account, bytes, algorithm, digits, period, counter)| {
            let secret = Secret::new(&bytes).unwrap();
            match period {
                Some(secs) => {
                    let period = Period::from_secs(secs).unwrap();
                    KeyUri::totp(&issuer, &account, secret, algorithm, digits, period).unwrap()
                }
                None => {
                    KeyUri::hotp(&issuer, &account, secret, algorithm, digits, Counter::new(counter)).unwrap()
                }
            }
        },
    )
}

proptest! {
    /// Including colons.
    #[test]
    fn g18_any_account_name_survives_printing(account in "[:a-z% +é]{1,20}") {
        prop_assume!(!account.starts_with(' '));
        let uri = totp("ACME", &account).unwrap();
        prop_assert_eq!(uri.account_name(), account.replace(':', "\u{2236}"));
        prop_assert_eq!(&KeyUri::parse_strict(uri.to_uri().expose()).unwrap(), &uri);
        prop_assert_eq!(&totp("ACME", uri.account_name()).unwrap(), &uri);
    }

    /// URI label: a round trip with Unicode, `%`, `+` and spaces.
    #[test]
    fn print_then_parse_is_identity(uri in any_uri()) {
        let printed = uri.to_uri();
        prop_assert!(printed.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%:/?&=".contains(&byte)));
        let strictly = KeyUri::parse_strict(printed.expose()).unwrap();
        prop_assert_eq!(strictly.issuer(), uri.issuer());
        prop_assert_eq!(strictly.account_name(), uri.account_name());
        prop_assert_eq!(&strictly, &uri);
        prop_assert_eq!(strictly.warnings().collect::<Vec<_>>(), uri.warnings().collect::<Vec<_>>());
        prop_assert_eq!(&KeyUri::parse(printed.expose()).unwrap(), &uri);
        let again = strictly.to_uri();
        prop_assert_eq!(again.expose(), printed.expose());
    }

    /// Text that is read can be printed and read again; text that is read strictly is also read leniently, with the same result.
    #[test]
    fn any_text_is_read_and_printed_or_refused(
        label in "[a-zA+:%3A é/]{0,12}",
        issuer in prop::option::of("[a-zA+:%20B é]{0,8}"),
        more in "(&[a-z]{0,3}(=[a-z+%2B:]{0,4})?){0,3}",
    ) {
        let issuer = issuer.map(|issuer| format!("&issuer={issuer}")).unwrap_or_default();
        let text = with(&label, &format!("{issuer}{more}"));
        let read = KeyUri::parse(&text);
        prop_assert_eq!(&text.parse::<KeyUri>(), &read);
        if let Ok(strictly) = KeyUri::parse_strict(&text) {
            prop_assert_eq!(Ok(&strictly), read.as_ref());
        }
        if let Ok(uri) = read {
            let printed = uri.to_uri();
            prop_assert_eq!(KeyUri::parse(printed.expose()), Ok(uri), "{}", printed.expose());
        }
    }

    #[test]
    fn no_text_panics(text in "(otpauth://(totp|hotp|steam)/)?\\PC{0,60}(\\?secret=AAAA\\PC{0,60})?") {
        let _ = (KeyUri::parse(&text), KeyUri::parse_strict(&text));
    }
}

#[test]
fn without_an_issuer_a_colon_is_printed_only_where_the_name_has_one() {
    for (label, printed) in [("alice", "alice"), (":a%3Ab", ":a%3Ab")] {
        assert_eq!(read(label, "").to_uri().expose(), with(printed, ""));
    }
}

#[test]
fn what_errors_and_warnings_name_has_words() {
    let schemes = ["steam://x", "otpauth-migration://x", "otpauth:x", "x"]
        .map(|text| refused_strictly(text).to_string());
    let types = ["otpauth:///x", "otpauth://steam/x", "otpauth://yaotp/x", "otpauth://x/x"];
    let types = types.map(|text| refused_strictly(text).to_string());
    let words = [
        "a plain Steam secret",
        "an export of Google Authenticator",
        "no slashes after the scheme",
        "another scheme",
        "there is none",
        "Steam",
        "Yandex",
        "another one",
    ];
    for (told, words) in schemes.into_iter().chain(types).zip(words) {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(
        [LabelPart::Issuer, LabelPart::AccountName].map(|part| part.to_string()),
        ["issuer", "account name"]
    );
    let uri = read("ACME:a", "&issuer=Other&digits=6&PERIOD=30");
    assert!(format!("{uri:?}").contains("{IssuerMismatch, ParameterCase}"), "{uri:?}");
    let told: Vec<_> = warnings(&uri).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["the label names another issuer than the parameter", "the name of a parameter is in upper case"]
    );
}
