//! `publish` through HTTP proxies. The registry's name is one that only the proxy can resolve, so that nothing gets
//! there another way.

use snapbox::{IntoData, assert_data_eq, str};

use crate::support::distribution::{PASSWORD, USER};
use crate::support::proxy::Proxy;
use crate::support::sandbox::Sandbox;
use crate::support::secrets::assert_untold;
use crate::support::shop::{Kind, Shop};

const NAME: &str = "registry.example.test";

/// What the user and the password of a proxy are in its URL, and as the proxy knows them.
const PROXY_PASSWORD: (&str, &str) = ("squid:open%20se%C5%9Fame", "squid:open seşame");

fn image() -> String {
    format!("{NAME}/team/demo")
}

/// A registry with TLS that has the name.
fn named() -> Option<Shop> {
    let shop = Shop::open(Kind::Tls)?;
    shop.log_in(NAME, USER, PASSWORD);
    Some(shop)
}

#[test]
fn plain_http_is_brought_there() {
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let Some(shop) = Shop::open(Kind::Plain) else { return };
        let proxy = Proxy::start(&shop.registry.address, None);
        let url = format!("http://{}", proxy.address);
        shop.run(&shop.publish_to(&image(), &["--plain-http"]).env(variable, url)).success();
        let asked = proxy.asked();
        let there = format!("http://{NAME}/v2/");
        let strange: Vec<_> = asked.iter().filter(|line| !line.contains(&there)).collect();
        assert!(!asked.is_empty() && strange.is_empty(), "{variable}: {strange:?}");
        shop.read_back();
    }
}

#[test]
fn tls_goes_through_a_tunnel() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let Some(shop) = named() else { return };
        let proxy = Proxy::start(&shop.registry.address, None);
        let words = Shop::trust();
        let dext = shop.publish_to(&image(), &words.each_ref().map(String::as_str));
        shop.run(&dext.env(variable, format!("http://{}", proxy.address))).success();
        let asked = proxy.asked();
        let tunnel = format!("CONNECT {NAME}:443");
        assert!(!asked.is_empty() && asked.iter().all(|line| *line == tunnel), "{variable}: {asked:?}");
        shop.read_back();
    }
}

#[test]
fn the_proxy_wants_a_password_too() {
    let Some(shop) = named() else { return };
    let (written, meant) = PROXY_PASSWORD;
    for secret in [written, meant] {
        shop.keep_secret(secret.split_once(':').expect("a user and a password").1);
    }
    shop.keep_secret("a-guess");
    let proxy = Proxy::start(&shop.registry.address, Some(meant));
    let words = Shop::trust();
    let dext = shop.publish_to(&image(), &words.each_ref().map(String::as_str));
    shop.run(&dext.clone().env("HTTPS_PROXY", format!("http://{written}@{}", proxy.address))).success();
    shop.read_back();
    let outcome = shop.run(&dext.env("HTTPS_PROXY", format!("http://squid:a-guess@{}", proxy.address))).failure(3);
    assert_data_eq!(
        shop.error(&outcome).replace(&proxy.address, "[PROXY]"),
        str![[r#"
error: the proxy wants a user and a password, or another one
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: write them into the proxy's address, in HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT

"#]]
        .raw()
    );
}

#[test]
fn a_proxy_that_repeats_its_password() {
    let (written, meant) = PROXY_PASSWORD;
    let proxy = Proxy::that_repeats();
    for (variable, user) in [("HTTP_PROXY", written), ("ALL_PROXY", written), ("http_proxy", meant)] {
        // In an address a blank is a mistake, and is then no part of what is sent.
        let user = user.replace(' ', "%20");
        let sandbox = Sandbox::empty();
        let image = format!("{NAME}/team/demo:1");
        let dext = sandbox.dext(["inspect", "--plain-http", &image, "-vv"]);
        let outcome = dext.env(variable, format!("http://{user}@{}", proxy.address)).run().failure(3);
        let told = outcome.told();
        assert!(told.contains("403 Forbidden: denied for Basic <redacted> <redacted>"), "{variable}: {told}");
        for secret in [meant, meant.split_once(':').expect("a user and a password").1] {
            assert_untold(&told, secret);
        }
    }
}

#[test]
fn a_proxy_that_is_not_there() {
    let Some(shop) = named() else { return };
    let words = Shop::trust();
    let dext = shop.publish_to(&image(), &words.each_ref().map(String::as_str));
    // The port of a server that has ended.
    let port = crate::support::daemon::free_port();
    let outcome = shop.run(&dext.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}"))).failure(3);
    assert_data_eq!(
        shop.error(&outcome).replace(&port.to_string(), "[PORT]"),
        str![[r#"
error: failed 6 times, at last because the proxy: Connection refused (os error 111)
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: check the proxy, HTTPS_PROXY=http://127.0.0.1:[PORT], or name the host in NO_PROXY if it needs none

"#]]
        .raw()
    );
}

#[test]
fn plain_http_and_a_proxy_that_is_not_there() {
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    shop.keep_secret("a-guess");
    let port = crate::support::daemon::free_port();
    let url = format!("http://squid:a-guess@127.0.0.1:{port}");
    let outcome = shop.run(&shop.publish_to(&image(), &["--plain-http"]).env("HTTP_PROXY", url)).failure(3);
    assert_data_eq!(
        shop.error(&outcome).replace(&port.to_string(), "[PORT]"),
        str![[r#"
error: failed 6 times, at last because the proxy: Connection refused (os error 111)
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: check the proxy, HTTP_PROXY=http://127.0.0.1:[PORT], or name the host in NO_PROXY if it needs none

"#]]
        .raw()
    );
}

#[test]
fn a_proxy_that_lets_nobody_through() {
    let Some(shop) = named() else { return };
    shop.keep_secret("a-guess");
    let words = Shop::trust();
    let dext = shop.publish_to(&image(), &words.each_ref().map(String::as_str));
    let asked_by = |proxy: &Proxy| dext.clone().env("HTTPS_PROXY", format!("http://squid:a-guess@{}", proxy.address));
    let tunnel = format!("CONNECT {NAME}:443");
    // The second question is what it answers, which the first one does not tell.
    let proxy = Proxy::refusing("403 Forbidden");
    let outcome = shop.run(&asked_by(&proxy)).failure(3);
    assert_data_eq!(
        shop.error(&outcome).replace(&proxy.address, "[PROXY]"),
        str![[r#"
error: the proxy, HTTPS_PROXY=http://[PROXY], refuses to connect to the registry: it answered 403 Forbidden
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: ask who runs the proxy to allow that host, or name the host in NO_PROXY if it needs no proxy

"#]]
        .raw()
    );
    assert_eq!(proxy.asked(), [tunnel.as_str(); 2]);
    // That may change.
    let proxy = Proxy::refusing("503 Service Unavailable");
    let outcome = shop.run(&asked_by(&proxy)).failure(3);
    assert_data_eq!(
        shop.error(&outcome).replace(&proxy.address, "[PROXY]"),
        str![[r#"
error: failed 6 times, at last because the proxy answered 503 Service Unavailable
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: check the proxy, HTTPS_PROXY=http://[PROXY], or name the host in NO_PROXY if it needs none

"#]]
        .raw()
    );
    assert_eq!(proxy.asked(), vec![tunnel.as_str(); 12]);
}

#[test]
fn a_proxy_that_is_none_for_http() {
    let Some(shop) = named() else { return };
    shop.keep_secret("a-guess");
    let outcome =
        shop.run(&shop.publish_to(&image(), &[]).env("ALL_PROXY", "socks5://squid:a-guess@127.0.0.1:9")).failure(1);
    assert_data_eq!(
        outcome.told(),
        str![[r#"
  Publishing team/demo:1.2.3 (registry.example.test)
        HEAD https://registry.example.test/v2/team/demo/manifests/1.2.3: no answer
error: only HTTP is spoken with proxies, not what `ALL_PROXY=socks5://127.0.0.1:9` says
  --> the environment variable ALL_PROXY
  help: name a proxy for HTTP, as http://HOST:PORT, or unset the variable; a host that needs no proxy goes into NO_PROXY

"#]]
        .raw()
    );
    // Who needs none is not kept from anything.
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    shop.run(&shop.publish(&[]).env("ALL_PROXY", "socks5://127.0.0.1:9")).success();
}

#[test]
fn a_proxy_whose_name_nobody_has() {
    let name = format!("{}.example.test", "p".repeat(64));
    for (variable, more, kind) in [("HTTPS_PROXY", &[][..], Kind::Tls), ("ALL_PROXY", &["--plain-http"], Kind::Plain)] {
        let Some(shop) = Shop::open(kind) else { return };
        shop.keep_secret("a-guess");
        let dext = shop.publish_to(&image(), more).env(variable, format!("http://squid:a-guess@{name}:3128"));
        let outcome = shop.run(&dext).failure(3);
        assert_data_eq!(
            shop.error(&outcome).replace(&name, "[PROXY]").replace(variable, "[VARIABLE]"),
            str![[r#"
error: no host has the name of the proxy, `[VARIABLE]=http://[PROXY]:3128`
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: correct the address in the variable, or unset it; a host that needs no proxy goes into NO_PROXY

"#]]
            .raw()
        );
    }
}

#[test]
fn a_proxy_that_has_no_address() {
    let Some(shop) = named() else { return };
    shop.keep_secret("a-guess");
    let words = Shop::trust();
    let dext = shop.publish_to(&image(), &words.each_ref().map(String::as_str));
    let outcome = shop.run(&dext.env("HTTPS_PROXY", "http://squid:a-guess@[bad")).failure(1);
    assert_data_eq!(
        shop.error(&outcome),
        str![[r#"
error: this is no address of a proxy: `HTTPS_PROXY=http://[bad`
  --> the environment variable HTTPS_PROXY
  help: write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or unset the variable

"#]]
        .raw()
    );
}

#[test]
fn some_need_no_proxy() {
    // Linux takes an address of zeros for this machine, and `cargo dext` does not.
    let other = |shop: &Shop| shop.registry.address.replace("127.0.0.1", "0.0.0.0");
    for no_proxy in ["0.0.0.0", "other.example.test, 0.0.0.0", "0.0.0.0/8", "*", "0.0.0.0:PORT"] {
        let Some(shop) = Shop::open(Kind::Plain) else { return };
        let port = shop.registry.address.rsplit_once(':').expect("it has a port").1;
        let no_proxy = no_proxy.replace("PORT", port);
        let proxy = Proxy::start(&shop.registry.address, None);
        let image = format!("{}/team/demo", other(&shop));
        let url = format!("http://{}", proxy.address);
        let dext = shop.publish_to(&image, &["--plain-http"]).env("HTTP_PROXY", url);
        shop.run(&dext.clone().env("NO_PROXY", &no_proxy)).success();
        assert_eq!(proxy.asked(), [""; 0], "{no_proxy}");
        shop.read_back();
        // Without the word, the same goes through the proxy.
        shop.run(&dext.env("NO_PROXY", "other.example.test,0.0.0.0:1")).success();
        assert_ne!(proxy.asked(), [""; 0]);
    }
}

#[test]
fn this_machine_needs_no_proxy() {
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    let proxy = Proxy::start("127.0.0.1:1", None);
    shop.run(&shop.publish(&[]).env("ALL_PROXY", format!("http://{}", proxy.address))).success();
    assert_eq!(proxy.asked(), [""; 0]);
    shop.read_back();
}

#[test]
fn plain_http_needs_a_word() {
    let Some(shop) = Shop::open(Kind::Plain) else { return };
    shop.log_in(NAME, USER, PASSWORD);
    let proxy = Proxy::start(&shop.registry.address, None);
    let url = format!("http://{}", proxy.address);
    let outcome = shop.run(&shop.publish_to(&image(), &[]).env("ALL_PROXY", url)).failure(3);
    assert_data_eq!(
        shop.error(&outcome),
        str![[r#"
error: the registry does not speak TLS: received corrupt message of type InvalidContentType
  --> registry.example.test/team/demo, looking for the tag 1.2.3
  help: if nobody can read or change what goes there, pass `--plain-http`

"#]]
        .raw()
    );
    // It has tried TLS and nothing else: whatever it says without, everybody on the way can read.
    let asked = proxy.asked();
    assert!(asked.iter().all(|line| line.starts_with("CONNECT ")), "{asked:?}");
    let requests: Vec<_> = shop.registry.requests().into_iter().filter(|line| line.contains("/v2/")).collect();
    assert_eq!(requests, [""; 0]);
}
