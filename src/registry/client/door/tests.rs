//! What is told of requests that fail.

use super::*;
use crate::registry::Options;
use crate::registry::credentials::Keychain;
use crate::report::Recorder;
use crate::sys::Env;
use crate::sys::http::Unknown;

#[test]
fn what_a_server_has_chosen_is_told_in_a_line() {
    let (env, report) = (Env::of(&[]), Recorder::default());
    let session = Session::new(Options::from_env(&env), Keychain::from_env(&env), &report).expect("a session");
    let door = Door::new(&session, "r.example", "a/b", Vec::new()).expect("an address");
    session.secrets().borrow_mut().learn("hunter2");
    let talk = session.talk(&door);
    let said = format!("\u{1b}[31mnot for hunter2,\n{}", "DnsName(\"www.example\"), ".repeat(1_000));
    for trouble in [
        Trouble::Certificate { host: "r.example".to_owned(), why: said.clone() },
        Trouble::NoTls(said.clone()),
        Trouble::Broken(said.clone()),
        Trouble::Gibberish(said.clone()),
        Trouble::Proxy { proxy: "HTTPS_PROXY=http://p.example".to_owned(), why: said.clone() },
        Trouble::UnknownHost(Unknown::Server(said.clone())),
    ] {
        let told = match talk.fault("looking", trouble) {
            Fault::Passing(passing) => passing.why,
            Fault::Final(error) => error.to_string(),
        };
        assert!(told.contains("[31mnot for <redacted>, DnsName"), "{told}");
        assert!(told.chars().count() < 400 && !told.contains(char::is_control), "{told}");
    }
}
