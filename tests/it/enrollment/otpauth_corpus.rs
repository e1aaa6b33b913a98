//! Key URIs from real apps, sites and tests of other libraries, each with the expected result.
//!
//! One line of `tests/it/data/otpauth_corpus.tsv` is one URI: the result of `parse` (`read`, or the kind of error),
//! every field, the warnings, the unknown parameters, the result of `parse_strict`, and where the URI is from.

use second_factor::KeyUri;
use second_factor::enrollment::{KeyUriError, KeyUriKind};

const CORPUS: &str = include_str!("../data/otpauth_corpus.tsv");

#[test]
fn the_corpus_is_read_as_its_columns_say() {
    let (mut lines, mut read, mut read_strictly) = (0, 0, 0);
    for line in CORPUS.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (uri, expected, strict) = (columns[0], columns[1..12].join(" | "), columns[12]);
        let found = match KeyUri::parse(uri) {
            Ok(found) => {
                read += 1;
                columns_of(&found)
            }
            Err(error) => format!("{}{}", kind(error), " | -".repeat(10)),
        };
        assert_eq!(found, expected, "{uri} [{}]", columns[13]);

        let found = KeyUri::parse_strict(uri).map_or_else(kind, |strictly| {
            read_strictly += 1;
            assert_eq!(Ok(strictly), KeyUri::parse(uri), "strict and lenient reading differ: {uri}");
            "read".to_owned()
        });
        assert_eq!(found, strict, "strict: {uri} [{}]", columns[13]);
        lines += 1;
    }
    println!("{lines} URIs: {read} read, {} refused; strict: {read_strictly} read", lines - read);
    assert_eq!((lines, read, read_strictly), (92, 57, 13));
}

#[test]
fn the_corpus_survives_printing() {
    for uri in CORPUS.lines().skip(1).filter_map(|line| KeyUri::parse(line.split('\t').next()?).ok()) {
        let printed = uri.to_uri();
        assert_eq!(KeyUri::parse(printed.expose()), Ok(uri), "{}", printed.expose());
    }
}

fn columns_of(uri: &KeyUri) -> String {
    let (kind, algorithm, digits, moving) = match uri.kind() {
        KeyUriKind::Totp { algorithm, digits, period } => {
            ("totp", algorithm.name(), digits.to_string(), period.as_secs().to_string())
        }
        KeyUriKind::Hotp { algorithm, digits, counter } => {
            ("hotp", algorithm.name(), digits.to_string(), counter.get().to_string())
        }
        KeyUriKind::Steam => ("steam", "", String::new(), String::new()),
        other => panic!("unexpected kind {other:?}"),
    };
    let warnings: Vec<String> = uri.warnings().map(|warning| format!("{warning:?}")).collect();
    let unknown: Vec<String> = uri
        .unknown_parameters()
        .map(|(name, value)| value.map_or(name.to_owned(), |value| format!("{name}={value}")))
        .collect();
    [
        "read",
        kind,
        uri.issuer().unwrap_or_default(),
        uri.account_name(),
        algorithm,
        &digits,
        &moving,
        &uri.secret().expose().len().to_string(),
        uri.secret().to_base32().expose(),
        &warnings.join(","),
        &unknown.join(";"),
    ]
    .map(|column| if column.is_empty() { "-" } else { column })
    .join(" | ")
}

fn kind(error: KeyUriError) -> String {
    format!("{error:?}")
}
