//! Blobs and uploads, as the distribution specification has them: "Pushing blobs", "Pulling blobs".

use std::sync::Arc;

use super::State;
use super::http::{Answer, Head};
use super::quirks::{Locations, Mounts};
use super::store::Upload;
use crate::support::files::sha256;

impl State {
    /// HEAD or GET of a blob.
    pub fn read_blob(&mut self, name: &str, digest: &str, head: &Head) -> Answer {
        let Some(bytes) = self.store.repository(name).blobs.get(digest).cloned() else {
            return Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        let answer = Answer::new(200).with("content-type", "application/octet-stream");
        let answer = answer.with("docker-content-digest", digest).with("accept-ranges", "bytes");
        let Some(range) = head.header("range") else { return answer.body(bytes.to_vec()) };
        let bounds = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
        let Some((first, last)) = bounds.and_then(|(first, last)| {
            let last = if last.is_empty() { bytes.len() - 1 } else { last.parse().ok()? };
            Some((first.parse::<usize>().ok()?, last.min(bytes.len() - 1)))
        }) else {
            self.violation(format!("the range `{range}`"));
            return Answer::new(416);
        };
        if first > last {
            return Answer::new(416).with("content-range", format!("bytes */{}", bytes.len()));
        }
        let range = format!("bytes {first}-{last}/{}", bytes.len());
        Answer { status: 206, ..answer }.with("content-range", range).body(&bytes[first..=last])
    }

    /// POST of an upload, or of a mount.
    pub fn start_upload(&mut self, name: &str, head: &Head) -> Answer {
        if let (Some(digest), Some(from)) = (head.param("mount"), head.param("from")) {
            let found = self.store.repository(from).blobs.get(digest).cloned();
            match (self.quirks.mounts, found) {
                (Mounts::Unknown, _) => return Answer::error(405, "UNSUPPORTED", "the operation is unsupported"),
                (Mounts::Done, Some(bytes)) => {
                    self.store.repository(name).blobs.insert(digest.to_owned(), bytes);
                    return self.blob_is_there(name, digest);
                }
                (Mounts::Done | Mounts::Refused, _) => {}
            }
        }
        self.store.begun += 1;
        let id = format!("upload-{}", self.store.begun);
        self.store.uploads.insert((name.to_owned(), id.clone()), Upload::default());
        let answer = self.upload_goes_on(202, name, &id);
        match self.quirks.shortest_chunk {
            Some(bytes) => answer.with("oci-chunk-min-length", bytes.to_string()),
            None => answer,
        }
    }

    /// PATCH: a piece of a blob.
    pub fn patch(&mut self, name: &str, id: &str, head: &Head, body: &[u8]) -> Answer {
        if !self.quirks.patch {
            return Answer::error(405, "UNSUPPORTED", "the operation is unsupported");
        }
        if let Err(answer) = self.find_upload(name, id, head, body) {
            return answer;
        }
        self.wants_octets(head);
        let arrived = self.store.uploads[&(name.to_owned(), id.to_owned())].bytes.len();
        // The header is a bare range here, without `bytes` and without the whole length.
        let wanted = format!("{arrived}-{}", (arrived + body.len()).saturating_sub(1));
        let range = head.header("content-range").unwrap_or_default().to_owned();
        if range.is_empty() {
            // Docker's own client streams the whole blob in one PATCH without it, and registries take that.
            self.violation("a PATCH has no Content-Range".to_owned());
            self.store.uploads.get_mut(&key(name, id)).expect("it was found").bytes.extend(body);
            return self.upload_goes_on(202, name, id);
        }
        let bounds = range.split_once('-').map(|(first, last)| (first.parse::<usize>(), last.parse::<usize>()));
        let Some((Ok(first), Ok(last))) = bounds else {
            self.violation(format!("a PATCH has the Content-Range `{range}`, not `{wanted}`"));
            return Answer::error(416, "BLOB_UPLOAD_INVALID", "the range cannot be read");
        };
        if first != arrived {
            // A client whose last answer was lost may be wrong, and asks.
            return self.upload_goes_on(416, name, id);
        }
        if last + 1 - first != body.len() {
            self.violation(format!("a PATCH of {} bytes has the Content-Range `{range}`", body.len()));
        }
        let shortest = self.quirks.shortest_chunk.unwrap_or(0);
        let upload = self.store.uploads.get_mut(&key(name, id)).expect("it was found");
        let two_short = std::mem::replace(&mut upload.short, body.len() < shortest);
        upload.bytes.extend(body);
        if two_short {
            self.violation("a piece that is not the last is shorter than OCI-Chunk-Min-Length".to_owned());
        }
        self.upload_goes_on(202, name, id)
    }

    /// PUT: the whole blob, or its last piece, or only its digest.
    pub fn put_blob(&mut self, name: &str, id: &str, head: &Head, body: &[u8]) -> Answer {
        if let Err(answer) = self.find_upload(name, id, head, body) {
            return answer;
        }
        if !body.is_empty() {
            self.wants_octets(head);
            if !self.quirks.monolithic {
                return Answer::error(405, "UNSUPPORTED", "send the blob by PATCH");
            }
        }
        let Some(digest) = head.param("digest") else {
            self.violation("a blob was PUT without its digest".to_owned());
            return Answer::error(400, "DIGEST_INVALID", "the digest is missing");
        };
        let mut bytes = self.store.uploads[&key(name, id)].bytes.clone();
        bytes.extend(body);
        if !self.quirks.believing && sha256(&bytes) != digest {
            self.store.uploads.remove(&key(name, id));
            return Answer::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        self.store.uploads.remove(&key(name, id));
        self.store.repository(name).blobs.insert(digest.to_owned(), Arc::from(bytes));
        self.blob_is_there(name, digest)
    }

    /// GET of an upload: how much has arrived.
    pub fn upload_status(&mut self, name: &str, id: &str) -> Answer {
        if !self.store.uploads.contains_key(&key(name, id)) {
            return unknown_upload();
        }
        self.upload_goes_on(204, name, id)
    }

    /// DELETE of an upload.
    pub fn cancel(&mut self, name: &str, id: &str) -> Answer {
        self.store.uploads.remove(&key(name, id)).map_or_else(unknown_upload, |_| Answer::new(204))
    }

    fn blob_is_there(&self, name: &str, digest: &str) -> Answer {
        let answer =
            Answer::new(201).with("location", format!("http://{}/v2/{name}/blobs/{digest}", self.hosts.registry));
        answer.with("docker-content-digest", digest)
    }

    /// An answer that names the upload and what has arrived of it.
    fn upload_goes_on(&mut self, status: u16, name: &str, id: &str) -> Answer {
        let upload = self.store.uploads.get_mut(&key(name, id)).expect("it has begun");
        let arrived = upload.bytes.len();
        // Docker's registry keeps the state of an upload in its address; who makes up addresses loses it.
        let state = format!("{id}+{arrived}");
        upload.told.clone_from(&state);
        let path = format!("/v2/{name}/blobs/uploads/{id}?_state={}", state.replace('+', "%2B"));
        let location = match self.quirks.locations {
            Locations::Absolute => format!("http://{}{path}", self.hosts.registry),
            Locations::Path => path,
            Locations::Relative => path.rsplit_once('/').expect("it has slashes").1.to_owned(),
            Locations::Storage => format!("http://{}{path}", self.hosts.storage),
        };
        let range = format!("0-{}", arrived.saturating_sub(1));
        Answer::new(status).with("location", location).with("range", range).with("docker-upload-uuid", id)
    }

    fn find_upload(&mut self, name: &str, id: &str, head: &Head, body: &[u8]) -> Result<(), Answer> {
        let longest = if head.method == "PUT" { self.quirks.longest_put } else { self.quirks.longest_patch };
        if longest.is_some_and(|longest| body.len() > longest) {
            return Err(Answer::error(416, "BLOB_UPLOAD_INVALID", "the range is too long"));
        }
        let number = id.rsplit_once('-').and_then(|(_, number)| number.parse::<u32>().ok()).unwrap_or(1);
        if head.method == "PUT" && self.quirks.forgets.is_some_and(|every| number.is_multiple_of(every)) {
            self.store.uploads.remove(&key(name, id));
        }
        let Some(upload) = self.store.uploads.get(&key(name, id)) else { return Err(unknown_upload()) };
        let state = head.param("_state").unwrap_or_default();
        let current = format!("{id}+{}", upload.bytes.len());
        if state != upload.told && state != current && !self.answers_were_lost {
            let told = format!("the state `{state}` of an upload came back, which was told as `{}`", upload.told);
            self.violation(told);
        }
        Ok(())
    }

    fn wants_octets(&mut self, head: &Head) {
        if head.header("content-type") != Some("application/octet-stream") {
            self.violation(format!("{} of a blob has the Content-Type {:?}", head.method, head.header("content-type")));
        }
    }
}

fn key(name: &str, id: &str) -> (String, String) {
    (name.to_owned(), id.to_owned())
}

fn unknown_upload() -> Answer {
    Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
}
