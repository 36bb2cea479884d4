//! What is trusted, at which time and under which name. The certificates are those of `tests/fixtures`.

use std::path::Path;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;

use super::*;

/// Between 2000 and 2100, for which the certificates are.
const NOW: u64 = 1_800_000_000;

fn certificate(name: &str) -> CertificateDer<'static> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let pem = crate::sys::fs::read(&path, 1 << 20).expect("the fixture is there");
    CertificateDer::from_pem_slice(&pem).expect("it is a certificate")
}

fn judge(named: &str, shown: &str, name: &str, now: u64) -> Result<ServerCertVerified, Error> {
    let named = vec![certificate(named)];
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let ordinary = Verifier::new_with_extra_roots(named.iter().cloned(), provider).expect("a verifier");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    Named { ordinary, named }.verify_server_cert(&certificate(shown), &[], &name, &[], now)
}

#[test]
fn a_certificate_that_is_named_is_trusted_for_what_it_says() {
    let [own, twin, ca, server] = ["registry/own.pem", "registry/twin.pem", "registry/ca.pem", "registry/server.pem"];
    for (named, shown, name, now, fine) in [
        (own, own, "127.0.0.1", NOW, true),
        (own, own, "registry.example.test", NOW, true),
        (own, own, "other.example.test", NOW, false),
        (own, own, "127.0.0.2", NOW, false),
        // Before its time, and after it.
        (own, own, "127.0.0.1", 900_000_000, false),
        (own, own, "127.0.0.1", 5_000_000_000, false),
        // The same names, and another key.
        (own, twin, "127.0.0.1", NOW, false),
        (twin, own, "127.0.0.1", NOW, false),
        (ca, own, "127.0.0.1", NOW, false),
        // An authority is trusted for others; itself it is no server.
        (ca, server, "127.0.0.1", NOW, true),
        (ca, server, "127.0.0.1", 5_000_000_000, false),
        (ca, ca, "127.0.0.1", NOW, false),
        (server, server, "127.0.0.1", NOW, false),
    ] {
        let verdict = judge(named, shown, name, now);
        assert_eq!(verdict.is_ok(), fine, "{named} {shown} {name} {now}: {verdict:?}");
    }
}
