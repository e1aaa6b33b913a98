//! A URI that is read and printed reads again as the same; what the strict reader accepts, the lenient one reads in the same
//! way; no error repeats the secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::KeyUri;
use second_factor::enrollment::KeyUriKind;

fuzz_target!(|text: &str| {
    let (lenient, strict) = (KeyUri::parse(text), KeyUri::parse_strict(text));
    let pieces = pieces_of_the_secret(text);
    for error in [lenient.as_ref().err(), strict.as_ref().err()].into_iter().flatten() {
        let said = format!("{error} {error:?}");
        assert!(pieces.iter().all(|piece| !said.contains(piece)), "an error repeats the secret: {said}");
    }
    if let Ok(strict) = &strict {
        assert_eq!(lenient.as_ref().ok(), Some(strict), "strict and lenient reading differ");
    }
    let Ok(uri) = lenient else { return };

    let names = [uri.label_issuer(), uri.parameter_issuer(), Some(uri.account_name())];
    let said = format!("{uri:?}");
    for piece in pieces.iter().filter(|piece| !names.iter().flatten().any(|name| name.contains(*piece))) {
        assert!(!said.contains(piece), "Debug repeats the secret: {said}");
    }
    assert_ne!(uri.issuer(), Some(""), "an empty issuer was read as an issuer");
    assert_eq!(uri.issuer(), uri.parameter_issuer().or(uri.label_issuer()));

    let printed = uri.to_uri();
    assert!(printed.expose().is_ascii());
    if printed.expose().len() > KeyUri::MAX_LEN {
        return;
    }
    let again = KeyUri::parse(printed.expose()).expect("what is printed can be read");
    assert_eq!(again, uri, "the URI changes when it is printed and read again");
    assert_eq!(again.to_uri().expose(), printed.expose(), "printing twice gives different texts");
    if let Ok(strict) = strict
        && strict.kind() != KeyUriKind::Steam
    {
        assert_eq!(KeyUri::parse_strict(printed.expose()).ok(), Some(strict));
    }

    // A URI that an app can enroll can be issued by this library, and is read strictly.
    let (name, secret) = (uri.account_name(), uri.secret().clone());
    let issued = match uri.kind() {
        KeyUriKind::Totp { algorithm, digits, period } => {
            KeyUri::totp(uri.issuer().unwrap_or_default(), name, secret, algorithm, digits, period)
        }
        KeyUriKind::Hotp { algorithm, digits, counter } => {
            KeyUri::hotp(uri.issuer().unwrap_or_default(), name, secret, algorithm, digits, counter)
        }
        _ => return,
    };
    if let Ok(issued) = issued {
        assert_eq!(KeyUri::parse_strict(issued.to_uri().expose()).ok(), Some(issued));
    }
});

/// Every eight successive characters of any `secret`, if they contain a letter and a digit: no word of a message looks so.
fn pieces_of_the_secret(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    lower
        .match_indices("secret=")
        .filter_map(|(at, name)| text[at + name.len()..].split('&').next())
        .flat_map(|value| (0..value.len()).filter_map(|from| value.get(from..from + 8)))
        .filter(|piece| {
            piece.bytes().all(|byte| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte))
                && piece.bytes().any(|byte| byte.is_ascii_digit())
                && piece.bytes().any(|byte| byte.is_ascii_alphabetic())
        })
        .collect()
}
