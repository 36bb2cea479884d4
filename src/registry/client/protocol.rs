//! HTTP or HTTPS with a registry of this machine: which of them it speaks shows in its first answer.

use reqwest::{Method, Response, StatusCode, Url};

use super::door::{Dialogue, MAX_EXPLANATION};
use super::wire::Trouble;

impl Dialogue<'_> {
    /// Looks whether the first answer of a registry on this machine means that it wants TLS. What was read of
    /// the body for that is returned.
    pub(super) async fn first_answer(&self, method: &Method, url: &Url, response: &mut Response) -> Option<Vec<u8>> {
        let body = match response.status() {
            StatusCode::BAD_REQUEST => Some(self.session.wire().read_some(response, MAX_EXPLANATION).await),
            _ => None,
        };
        let text = String::from_utf8_lossy(body.as_deref().unwrap_or_default()).to_lowercase();
        let wants_tls = text.contains("http") && (text.contains("https") || text.contains("ssl-enabled"));
        // What a server of TLS says to plain HTTP comes in a body, and HEAD has none: the next request will tell.
        let is_silent = *method == Method::HEAD && body.is_some();
        if wants_tls && url.scheme() == "http" {
            self.turn("https");
        } else if !is_silent {
            // Another request may have met with something else meanwhile; this one has an answer.
            self.turn(url.scheme());
            self.door.settled.set(true);
        }
        body
    }

    /// Whether the registry may speak the other protocol, so that the request can be sent again in that.
    pub(super) fn turns(&self, url: &Url, trouble: &Trouble) -> bool {
        let (settled, secure) = (self.door.settled.get(), url.scheme() == "https");
        match trouble {
            Trouble::Gibberish(_) | Trouble::NoTls(_) => {}
            // Some servers of plain HTTP hang up on what is none.
            Trouble::Broken(_) if secure && !settled => {}
            _ => return false,
        }
        if !settled && !self.has_turned(url) {
            self.turn(if secure { "http" } else { "https" });
        }
        self.has_turned(url)
    }

    /// Whether the registry is spoken to in another protocol since a request to `url` was sent.
    pub(super) fn has_turned(&self, url: &Url) -> bool {
        self.door.base.borrow().scheme() != url.scheme()
    }

    fn turn(&self, scheme: &str) {
        // Registries have names that both schemes can have.
        let _ = self.door.base.borrow_mut().set_scheme(scheme);
    }
}
