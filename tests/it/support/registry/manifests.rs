//! Manifests, indexes and tags, as the distribution specification has them.

use std::sync::Arc;

use serde_json::Value;

use super::State;
use super::http::{Answer, Head};
use super::quirks::Families;
use super::store::{Manifest, Needs};
use crate::support::files::sha256;

/// The longest manifest that registries take in bytes.
const LONGEST: usize = 4 << 20;

impl State {
    /// HEAD or GET of a manifest or an index, by tag or by digest.
    pub fn read_manifest(&mut self, name: &str, reference: &str, head: &Head) -> Answer {
        // Registries answer in a format of 2014 to who accepts no other, or not at all.
        if !head.header("accept").is_some_and(|accept| accept.contains("index") && accept.contains("manifest")) {
            self.violation(format!("{} of a manifest accepts {:?}", head.method, head.header("accept")));
        }
        let repository = self.store.repository(name);
        let digest = repository.tags.get(reference).cloned().unwrap_or_else(|| reference.to_owned());
        let Some(manifest) = repository.manifests.get(&digest) else {
            return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let answer = Answer::new(200).with("content-type", manifest.media_type.clone()).body(manifest.bytes.to_vec());
        if self.quirks.digest_header { answer.with("docker-content-digest", digest) } else { answer }
    }

    /// PUT of a manifest or an index, by tag or by digest.
    pub fn put_manifest(&mut self, name: &str, reference: &str, head: &Head, body: &[u8]) -> Answer {
        let (digest, by_digest) = (sha256(body), reference.contains(':'));
        if by_digest && reference != digest {
            return Answer::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            self.violation("a manifest is no JSON".to_owned());
            return Answer::error(400, "MANIFEST_INVALID", "manifest invalid");
        };
        let media_type = head.header("content-type").unwrap_or_default().to_owned();
        if document["mediaType"] != *media_type || body.len() > LONGEST {
            self.violation(format!("a manifest of type {} has the Content-Type `{media_type}`", document["mediaType"]));
        }
        if let Some(why) = self.dislikes(name, &document) {
            return Answer::error(400, "MANIFEST_INVALID", &why);
        }
        let (needs, trusting) = (Needs::of(&document), self.quirks.trusting);
        let repository = self.store.repository(name);
        let missing = repository.missing(&needs);
        if !missing.is_empty() && !trusting {
            self.violation(format!("{reference} was PUT before {}", missing.join(" and ")));
            return Answer::error(400, "MANIFEST_BLOB_UNKNOWN", &format!("blob unknown to registry: {}", missing[0]));
        }
        let known = repository.manifests.contains_key(&digest);
        let manifest = Manifest { media_type, bytes: Arc::from(body) };
        repository.manifests.insert(digest.clone(), manifest);
        if !by_digest {
            repository.tags.insert(reference.to_owned(), digest.clone());
            let broken = repository.broken(reference);
            if !known {
                self.violation(format!("the tag {reference} was set before its index was there by digest"));
            }
            broken.into_iter().for_each(|problem| self.violation(format!("{name}: {problem}")));
            self.record.set.insert((name.to_owned(), reference.to_owned()));
        }
        let answer = Answer::new(201);
        let answer = if self.quirks.digest_header { answer.with("docker-content-digest", digest) } else { answer };
        if !self.quirks.manifest_location {
            return answer;
        }
        answer.with("location", format!("http://{}/v2/{name}/manifests/{reference}", self.hosts.registry))
    }

    /// GET of the list of tags.
    pub fn list_tags(&mut self, name: &str, head: &Head) -> Answer {
        let Some(repository) = self.store.repositories.get(name) else {
            return Answer::error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let asked = head.param("n").and_then(|number| number.parse().ok()).unwrap_or(usize::MAX);
        let (page, last) = (self.quirks.page.min(asked), head.param("last").unwrap_or_default());
        let tags: Vec<&String> = repository.tags.keys().filter(|tag| tag.as_str() > last).take(page + 1).collect();
        let shown = &tags[..tags.len().min(page)];
        let answer = Answer::json(200, &serde_json::json!({ "name": name, "tags": shown }));
        match shown.last() {
            Some(last) if tags.len() > page => {
                answer.with("link", format!("</v2/{name}/tags/list?n={page}&last={last}>; rel=\"next\""))
            }
            _ => answer,
        }
    }

    /// Why this registry does not take a document that others take.
    fn dislikes(&self, name: &str, document: &Value) -> Option<String> {
        let entries = ["config", "layers", "manifests"].into_iter().filter_map(|key| document.get(key));
        let entries = entries.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        let mut types: Vec<&str> = entries.filter_map(|entry| entry["mediaType"].as_str()).collect();
        types.extend(document["mediaType"].as_str());
        let docker = |kind: &&str| kind.contains("vnd.docker");
        let known = self.store.repositories.get(name);
        let below = document["manifests"].as_array().into_iter().flatten().filter_map(|entry| entry["digest"].as_str());
        let below = below.filter_map(|digest| Some(known?.manifests.get(digest)?.media_type.as_str()));
        let all: Vec<&str> = types.into_iter().chain(below).collect();
        let mixed = all.iter().any(docker) && !all.iter().all(docker);
        let no_layers = document.get("config").is_some() && document["layers"].as_array().is_none_or(Vec::is_empty);
        match self.quirks.families {
            Families::Docker if !all.iter().all(docker) => Some("unsupported media type".to_owned()),
            Families::Unmixed if mixed => Some("mixed media types".to_owned()),
            _ if self.quirks.wants_layers && no_layers => Some("the manifest has no layers".to_owned()),
            _ => None,
        }
    }
}
