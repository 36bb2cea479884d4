//! Every error says where and what to do.

use super::*;

#[test]
fn errors_say_where_and_what_to_do() {
    let at = || {
        let (registry, repository) = ("r.example".to_owned(), "a/b".to_owned());
        Box::new(At { registry, repository, step: "sending x".to_owned(), sends: true })
    };
    let answer = || "403 Forbidden: DENIED: no".to_owned();
    for (error, text) in [
        (
            Error::Denied { at: at(), answer: answer(), origin: String::new() },
            "the registry denies access: 403 Forbidden: DENIED: no",
        ),
        (Error::Refused { at: at(), status: 400, answer: answer() }, "the registry answered 403 Forbidden: DENIED: no"),
        (Error::NoTls { at: at(), why: "no message".to_owned() }, "the registry does not speak TLS: no message"),
        (
            Error::TokenServer {
                at: at(),
                host: "auth.example:5001".to_owned(),
                status: 403,
                answer: answer(),
                origin: String::new(),
            },
            "the token server auth.example:5001 answered 403 Forbidden: DENIED: no",
        ),
        (Error::ProxyDenies { at: at() }, "the proxy wants a user and a password, or another one"),
        (
            Error::Unreachable {
                at: at(),
                tries: 6,
                cause: Cause::Answered,
                why: "the registry answered 503".to_owned(),
            },
            "failed 6 times, at last because the registry answered 503",
        ),
        (Error::UnknownHost { at: at(), host: "r.example".to_owned() }, "no host has the name `r.example`"),
        (
            Error::UnknownProxy { at: at(), proxy: "HTTPS_PROXY=http://p.example:1".to_owned() },
            "no host has the name of the proxy, `HTTPS_PROXY=http://p.example:1`",
        ),
        (
            Error::TooManyTags { at: at(), why: "there are more than 2 tags".to_owned() },
            "the list of tags is too long: there are more than 2 tags",
        ),
        (
            Error::Later { at: at(), why: "the registry answered 429".to_owned(), asks: Duration::from_secs(90) },
            "the registry answered 429, and wants to be asked again in 90 s",
        ),
        (
            Error::Later { at: at(), why: "the registry answered 429".to_owned(), asks: Duration::from_secs(3601) },
            "the registry answered 429, and wants to be asked again in 61 min",
        ),
        (
            Error::ReadBack { at: at(), tag: "1.0.0".to_owned(), found: None, ours: Digest::of(b"") },
            "the tag `1.0.0` was written, but the registry answers that it does not exist",
        ),
    ] {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.place().as_deref(), Some("r.example/a/b, sending x"));
        assert!(error.help().is_some() && error.is_network());
    }
    assert!(denied(&at(), "auths in config.json").contains("docker login r.example"));
}

#[test]
fn what_is_at_fault_here_has_a_place() {
    let proxy = http::ProxyAddress { variable: "HTTPS_PROXY", address: "http://[bad".to_owned() };
    for (error, place) in [
        (Error::Changed { path: "blobs/x".into() }, "blobs/x"),
        (Error::Unfit { layout: "image".into(), why: String::new() }, "image"),
        (Error::Http(http::Error::Proxy(proxy)), "the environment variable HTTPS_PROXY"),
        (Error::Runtime(io::Error::other("no")), "this process"),
        (Error::NoAddress { name: "a b".to_owned() }, "a b"),
        (Error::MediaType { media_type: "a b".to_owned() }, "the image's manifests"),
    ] {
        assert_eq!(error.place().as_deref(), Some(place), "{error}");
        assert!(error.help().is_some_and(|help| !help.contains("ca-certificates")) && !error.is_network());
    }
}

#[test]
fn advice_depends_on_the_cause_and_not_on_the_words() {
    let at = || Box::new(At { registry: String::new(), repository: String::new(), step: String::new(), sends: false });
    let proxy = Cause::Proxy("ALL_PROXY=http://p:3128".to_owned());
    for (cause, proxy) in [(Cause::Answered, false), (Cause::Broken, true), (proxy, false)] {
        for why in ["the registry answered 503", "the peer answered with a reset", ""] {
            let error = Error::Unreachable { at: at(), tries: 6, cause: cause.clone(), why: why.to_owned() };
            assert_eq!(error.help().is_some_and(|help| help.contains("HTTPS_PROXY")), proxy, "{why}");
        }
    }
}

#[test]
fn who_only_reads_sends_nothing_again() {
    for (sends, help) in [(true, "try again later: what has arrived is not sent again"), (false, "try again later")] {
        let at = Box::new(At { registry: String::new(), repository: String::new(), step: String::new(), sends });
        let error = Error::Unreachable { at, tries: 6, cause: Cause::Answered, why: String::new() };
        assert_eq!(error.help().as_deref(), Some(help));
    }
}
