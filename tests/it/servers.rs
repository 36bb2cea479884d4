//! `publish` to Debian's docker-registry: plain, with TLS and a password, and with a token server. What was pushed is
//! read back by skopeo, and pulled and run by Docker's engine.

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::base64;
use crate::support::distribution::{Guard, PASSWORD, Registry, USER};
use crate::support::files::{self, fixture};
use crate::support::judges;
use crate::support::shop::{IDENTITY, Kind, Shop};
use crate::support::tokens::Asked;

/// `publish` with the certificate of the tests trusted.
fn trusting<'a>(shop: &'a Shop) -> crate::support::sandbox::Dext<'a> {
    shop.publish(&Shop::trust().each_ref().map(String::as_str))
}

#[test]
fn a_plain_registry_has_what_was_pushed() {
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    shop.run(&shop.publish(&[])).success();
    let digest = shop.read_back();
    let log = shop.registry.requests();
    let last = log.iter().rposition(|request| request.starts_with("PUT ")).expect("something was put");
    assert_eq!(log[last], "PUT /v2/team/demo/manifests/1.2.3 201", "the tag comes last");
    let cut = log.len();
    // The second time there is nothing to do, and two requests find that out.
    shop.run(&shop.publish(&[])).success();
    let log = shop.registry.requests();
    assert!(log.len() <= cut + 2, "{:?}", &log[cut..]);
    assert_eq!(shop.read_back(), digest);
}

#[test]
fn the_project_is_packed_and_pushed_at_once() {
    let Some(shop) = Shop::open(Kind::Tls) else { return };
    let image = shop.image();
    let [flag, file] = Shop::trust();
    let words = ["publish", "-vv", "--no-build", "--artifacts", "artifacts", "--image", &image, &flag, &file];
    shop.run(&shop.publish(&[]).words(words)).success();
    shop.read_back();
}

#[test]
fn tls_and_a_password() {
    let Some(shop) = Shop::open(Kind::Tls) else { return };
    shop.run(&trusting(&shop)).success();
    let digest = shop.read_back();
    // What reads needs the same, and gets it in the same ways.
    let (image, [flag, file]) = (format!("{}:1.2.3", shop.image()), Shop::trust());
    let words = ["inspect", "--format", "json", "-vv", &image];
    let inspect = |more: &[&str]| shop.sandbox.dext(words.into_iter().chain(more.iter().copied()));
    for dext in [inspect(&[&flag, &file]), inspect(&[]).env("SSL_CERT_FILE", &file)] {
        let facts: Value = serde_json::from_str(&shop.run(&dext).success().stdout).expect("JSON");
        assert_eq!(facts["digest"], digest);
    }
    shop.run(&inspect(&[]).env_remove("SSL_CERT_FILE")).failure(3);
}

#[test]
fn a_certificate_that_is_its_own_authority() {
    let Some(mut shop) = Shop::open(Kind::Plain) else { return };
    let program = judges::judge("docker-registry").expect("it runs already");
    let store = tempfile::tempdir().expect("a temporary folder can be made");
    shop.registry = Registry::guarded(&program, store.path(), Guard::Nobody, Some("own"));
    let named = |name: &str| ["--cacert".to_owned(), fixture(name).display().to_string()];
    let publish = |words: [String; 2]| shop.run(&shop.publish(&words.each_ref().map(String::as_str)));
    publish(named("registry/own.pem")).success();
    shop.run(&shop.publish(&[]).env("SSL_CERT_FILE", fixture("registry/own.pem"))).success();
    // It has the same names, and another key.
    for other in ["registry/twin.pem", "registry/ca.pem"] {
        let told = shop.error(&publish(named(other)).failure(3));
        assert!(told.starts_with("error: the certificate of 127.0.0.1 is not trusted: "), "{told}");
    }
}

#[test]
fn tls_on_this_machine_costs_nothing_more() {
    let Some(shop) = Shop::open(Kind::Tls) else { return };
    shop.run(&trusting(&shop)).success();
    // Who it is, and whether the tag is there.
    let again = shop.run(&trusting(&shop)).success().message("dext-push");
    assert_eq!((&again["requests"], &again["token_requests"]), (&json!(2), &json!(0)), "{again}");
    // A registry without TLS is found all the same.
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    shop.run(&trusting(&shop)).success();
    shop.read_back();
}

#[test]
fn the_certificate_may_come_from_the_environment() {
    for variable in ["SSL_CERT_FILE", "CARGO_HTTP_CAINFO"] {
        let Some(shop) = Shop::open(Kind::Tls) else { return };
        shop.run(&shop.publish(&[]).env(variable, fixture("registry/ca.pem"))).success();
        shop.read_back();
    }
}

#[test]
fn an_unknown_certificate_is_refused() {
    let Some(shop) = Shop::open(Kind::Tls) else { return };
    for more in [vec![], vec!["--cacert".to_owned(), fixture("tls/ca.pem").display().to_string()]] {
        let words: Vec<&str> = more.iter().map(String::as_str).collect();
        let outcome = shop.run(&shop.publish(&words)).failure(3);
        assert_data_eq!(
            shop.error(&outcome),
            str![[r#"
error: the certificate of 127.0.0.1 is not trusted: invalid peer certificate: UnknownIssuer
  --> [REGISTRY]/team/demo, looking for the tag 1.2.3
  help: if the registry has a certificate of its own authority, name that in a PEM file with `--cacert`

"#]]
            .raw()
        );
        let requests = shop.registry.requests();
        assert!(requests.is_empty(), "nothing is told to a stranger: {requests:?}");
    }
}

#[test]
fn a_wrong_password() {
    let Some(shop) = Shop::open(Kind::Tls) else { return };
    shop.log_in(&shop.registry.address, USER, "a guess at the password");
    let outcome = shop.run(&trusting(&shop)).failure(3);
    assert_data_eq!(shop.error(&outcome), str![[r#"
error: the registry denies access: 401 Unauthorized
  --> [REGISTRY]/team/demo, looking for the tag 1.2.3
  help: run `docker login [REGISTRY]` with an account that may do this; the credentials were: auths."[REGISTRY]" in [HOME]/.docker/config.json

"#]].raw());
    // And none at all.
    shop.configure(&json!({}));
    let outcome = shop.run(&trusting(&shop)).failure(3);
    assert_data_eq!(
        shop.error(&outcome),
        str![[r#"
error: the registry denies access: 401 Unauthorized
  --> [REGISTRY]/team/demo, looking for the tag 1.2.3
  help: run `docker login [REGISTRY]`; there are no credentials for [REGISTRY] in [HOME]/.docker/config.json

"#]]
        .raw()
    );
}

#[test]
fn one_token_serves_a_whole_push() {
    let Some(shop) = Shop::open(Kind::Tokens) else { return };
    shop.run(&shop.publish(&[])).success();
    let asked = |method: &str, user: &str| Asked {
        method: method.to_owned(),
        user: Some(user.to_owned()),
        scopes: vec!["repository:team/demo:pull,push".to_owned()],
    };
    assert_eq!(shop.tokens().asked(), [asked("GET", USER)]);
    shop.read_back();
    shop.tokens().asked();
    // Nothing changed: a token, and then as without one.
    shop.run(&shop.publish(&[])).success();
    assert_eq!(shop.tokens().asked(), [asked("GET", USER)]);
    // Another layer.
    shop.sandbox.write("ui/index.html", "<!doctype html><title>Another</title>");
    shop.sandbox.pack([]).run().success();
    shop.run(&shop.publish(&["--overwrite"])).success();
    assert_eq!(shop.tokens().asked(), [asked("GET", USER)]);
    shop.read_back();
}

#[test]
fn an_identity_token_is_changed_for_a_token() {
    let Some(shop) = Shop::open(Kind::Tokens) else { return };
    // As `docker login` stores what such a registry gives it: the user is a name without meaning.
    let auth = base64::standard(b"00000000-0000-0000-0000-000000000000:");
    let address = &shop.registry.address;
    shop.configure(&json!({ "auths": { address: { "auth": auth, "identitytoken": IDENTITY } } }));
    shop.run(&shop.publish(&[])).success();
    let asked = shop.tokens().asked();
    assert_eq!(asked.iter().map(|it| it.method.as_str()).collect::<Vec<_>>(), ["POST"], "{asked:?}");
    assert_eq!(asked[0].scopes, ["repository:team/demo:pull,push"]);
    shop.read_back();
}

#[test]
fn a_token_server_that_says_no() {
    let Some(shop) = Shop::open(Kind::Tokens) else { return };
    shop.log_in(&shop.registry.address, USER, "a guess at the password");
    let outcome = shop.run(&shop.publish(&[])).failure(3);
    let told = shop.error(&outcome).replace(shop.tokens().host(), "[TOKENS]");
    assert_data_eq!(
        told,
        str![[r#"
error: the token server [TOKENS] answered 401 Unauthorized: UNAUTHORIZED: this is not the password
  --> [REGISTRY]/team/demo, looking for the tag 1.2.3 (asking for a token)
  help: run `docker login [REGISTRY]` with an account that may do this; the credentials were: auths."[REGISTRY]" in [HOME]/.docker/config.json

"#]]
    );
    // Without a password there is a token, but it is not for pushing.
    shop.configure(&json!({}));
    let outcome = shop.run(&shop.publish(&[])).failure(3);
    let told = shop.error(&outcome).replace(shop.tokens().host(), "[TOKENS]");
    assert_data_eq!(
        told,
        str![[r#"
error: the registry denies access: 401 Unauthorized: UNAUTHORIZED: authentication required
  --> [REGISTRY]/team/demo, sending [..]
  help: run `docker login [REGISTRY]`; there are no credentials for [REGISTRY] in [HOME]/.docker/config.json

"#]]
    );
}

#[test]
fn the_docker_engine_pulls_and_runs_it() {
    let Some(engine) = judges::engine() else { return };
    for kind in [Kind::Plain, Kind::Tls, Kind::Tokens] {
        let Some(shop) = Shop::open(kind) else { return };
        shop.run(&trusting(&shop)).success();
        let auth = base64::standard(format!("{USER}:{PASSWORD}").as_bytes());
        let config = json!({ "auths": { &shop.registry.address: { "auth": auth } } });
        files::write(&engine.folder().join("config.json"), config.to_string().as_bytes());
        let image = format!("{}:1.2.3", shop.image());
        // For registries at 127.0.0.0/8 the engine asks for no certificate that it knows.
        engine.say(["pull", "--quiet", &image]);
        let inspected: Value = serde_json::from_str(&engine.say(["image", "inspect", &image])).expect("JSON");
        let digest = shop.read_back();
        assert_eq!(inspected[0]["RepoDigests"], json!([format!("{}@{digest}", shop.image())]), "{kind:?}");
        assert_eq!(engine.say(["run", "--rm", "--network=none", &image]), "hello\n", "{kind:?}");
        // The next one is not taken for this one.
        engine.say(["image", "rm", &image]);
    }
}
