//! Settings that cannot be used, and when to ask again.

use super::*;

#[test]
fn pauses_grow_and_end() {
    let first = Duration::from_millis(500);
    assert_eq!(pause(first, 1, 0, None), first);
    assert_eq!(pause(first, 3, 0, None), 4 * first);
    assert_eq!(pause(first, 3, 256, None), 3 * first);
    assert_eq!(pause(first, u32::MAX, 0, None), LONGEST_PAUSE);
    assert_eq!(pause(first, 1, 0, Some(Duration::ZERO)), Duration::ZERO);
    assert_eq!(pause(first, 1, 0, Some(Duration::MAX)), LONGEST_PAUSE);
}

#[test]
fn what_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().expect("temp");
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write_atomic(&path, bytes).expect("written");
        path
    };
    let files = [
        write("empty.pem", b""),
        write("ca.der", b"\x30\x82\x01\x0a"),
        write("key.pem", b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
        dir.path().join("missing.pem"),
    ];
    for path in files {
        let settings = HttpSettings { ca_files: vec![path.clone()], ..HttpSettings::default() };
        let error = settings.client(Speaks::Https).expect_err("it has no certificates");
        let told = format!("{error} {}", error.place().unwrap_or_default());
        assert!(told.contains(&path.display().to_string()), "{told}");
        assert!(error.help().is_some_and(|help| help.contains("PEM") && help.contains("--cacert")), "{told}");
        // Plain HTTP needs none.
        assert!(settings.client(Speaks::Plain).is_ok());
    }
}

#[test]
fn a_proxy_is_told_without_its_password() {
    for (variable, value, told) in [
        ("HTTPS_PROXY", "http://[bad", "HTTPS_PROXY=http://[bad"),
        ("https_proxy", "http://ann:hun@ter2@[bad", "https_proxy=http://[bad"),
        ("ALL_PROXY", "ann:hunter2@[bad\u{1b}", "ALL_PROXY=[bad\\u{1b}"),
        ("CARGO_HTTP_PROXY", "http://ann:hun/ter2@[bad", "CARGO_HTTP_PROXY=http://[bad"),
    ] {
        let settings = HttpSettings::from_env(&Env::of(&[(variable, value)]));
        let error = settings.client(Speaks::Https).expect_err("it is no address");
        assert_eq!(error.to_string(), format!("this is no address of a proxy: `{told}`"));
        assert_eq!(error.place(), Some(format!("the environment variable {variable}")));
        assert!(error.help().is_some_and(|help| help.contains("unset")), "{value}");
    }
}

#[test]
fn dates_are_read() {
    for (text, seconds) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
        ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("", None),
    ] {
        assert_eq!(http_date(text), seconds, "{text}");
    }
}

#[test]
fn servers_ask_to_wait_in_seconds_or_until_a_date() {
    let now = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (asked, date, seconds) in [
        ("7", None, Some(7)),
        (" 0 ", None, Some(0)),
        ("18446744073709551615", None, Some(u64::MAX)),
        ("18446744073709551616", None, None),
        ("-1", None, None),
        ("Sun, 06 Nov 1994 08:50:00 GMT", Some(now), Some(23)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", Some(now), Some(0)),
        ("Sun, 06 Nov 1994 08:50:00 GMT", None, None),
    ] {
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(asked))]);
        headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
        assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{asked}");
    }
}

#[test]
fn this_machine_is_known_by_its_names() {
    for (host, own) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("[::1]", true),
        ("localhost.example.com", false),
        ("10.0.0.1", false),
        ("0.0.0.0", false),
    ] {
        assert_eq!(is_loopback(host), own, "{host}");
    }
}
