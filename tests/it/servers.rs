//! Real registries on this machine.

use crate::support::distribution::{Guard, PASSWORD, Registry, USER};
use crate::support::files::{self, fixture};
use crate::support::judges::{accept, judge, refuse};
use crate::support::prebuilt;
use crate::support::tokens::{Account, TokenServer};

#[test]
fn servers_work_with_skopeo() {
    let (Some(skopeo), Some(program)) = (judge("skopeo"), judge("docker-registry")) else { return };
    let project = prebuilt::project();
    project.pack([]).run().success();
    let layout = format!("oci:{}:1.2.3", project.layout("demo").display());
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let account = Account { user: USER.to_owned(), password: PASSWORD.to_owned(), identity: "idtoken".to_owned() };
    let tokens = TokenServer::start(account);
    let ca = temp.path().join("ca");
    files::write(&ca.join("ca.crt"), &files::read(&fixture("registry/ca.pem")));
    let creds = format!("--dest-creds={USER}:{PASSWORD}");
    let cert = format!("--dest-cert-dir={}", ca.display());
    let copy = ["--insecure-policy", "copy", "--all"];
    for (name, guard, tls) in
        [("a", Guard::Nobody, false), ("b", Guard::Password, true), ("c", Guard::Tokens(&tokens), false)]
    {
        let folder = temp.path().join(name);
        let registry = Registry::guarded(&program, &folder, guard, tls);
        let there = format!("docker://{}/example/demo:1.2.3", registry.address);
        let how = if tls { cert.as_str() } else { "--dest-tls-verify=false" };
        accept(&skopeo, copy.into_iter().chain([how, &creds, &layout, &there]));
        if !matches!(guard, Guard::Nobody) {
            eprintln!("{}", refuse(&skopeo, copy.into_iter().chain([how, "--dest-creds=a:b", &layout, &there])));
        }
        if tls {
            eprintln!("{}", refuse(&skopeo, copy.into_iter().chain([creds.as_str(), &layout, &there])));
        }
        eprintln!("{}", registry.log());
    }
    eprintln!("{:?}", tokens.asked());
}
