//! The steps of a push, told from its requests.

use super::http::Head;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `GET /v2/`
    Ping,
    /// GET or POST to the token server.
    Token,
    /// HEAD or GET of a tag that this client has not set.
    HeadTag,
    /// HEAD or GET of a manifest or index by its digest.
    HeadManifest,
    /// HEAD of a blob.
    HeadBlob,
    /// GET of a blob.
    GetBlob,
    /// POST of an upload.
    StartUpload,
    /// POST of an upload that may become a mount.
    Mount,
    /// PUT of a blob, or of the digest of what was sent in pieces.
    PutBlob,
    /// PATCH: a piece of a blob.
    Patch,
    /// GET of an upload.
    UploadStatus,
    /// DELETE of an upload.
    Cancel,
    /// PUT of a platform's manifest by its digest.
    PutManifest,
    /// PUT of an index by its digest.
    PutIndex,
    /// PUT of a tag.
    PutTag,
    /// HEAD or GET of a tag that this client has set.
    ReadBack,
    /// GET of the list of tags.
    ListTags,
    /// What no registry knows.
    Unknown,
}

/// The parts of a path below `/v2/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/v2/`
    Ping,
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest(String, String),
    /// `/v2/NAME/blobs/DIGEST`
    Blob(String, String),
    /// `/v2/NAME/blobs/uploads/`
    Uploads(String),
    /// `/v2/NAME/blobs/uploads/ID`
    Upload(String, String),
    /// `/v2/NAME/tags/list`
    Tags(String),
    /// Anything else.
    Unknown,
}

impl Route {
    /// Reads a path.
    pub fn of(path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/v2/") else { return Route::Unknown };
        let parts: Vec<&str> = rest.split('/').collect();
        let name = |parts: &[&str]| parts.join("/");
        match parts.as_slice() {
            [""] => Route::Ping,
            [above @ .., "blobs", "uploads", ""] if !above.is_empty() => Route::Uploads(name(above)),
            [above @ .., "blobs", "uploads", id] if !above.is_empty() => Route::Upload(name(above), (*id).to_owned()),
            [above @ .., "blobs", digest] if !above.is_empty() => Route::Blob(name(above), (*digest).to_owned()),
            [above @ .., "manifests", name_or_digest] if !above.is_empty() => {
                Route::Manifest(name(above), (*name_or_digest).to_owned())
            }
            [above @ .., "tags", "list"] if !above.is_empty() => Route::Tags(name(above)),
            _ => Route::Unknown,
        }
    }

    /// The repository.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Route::Manifest(name, _) | Route::Blob(name, _) | Route::Upload(name, _) => Some(name),
            Route::Uploads(name) | Route::Tags(name) => Some(name),
            Route::Ping | Route::Unknown => None,
        }
    }
}

impl Step {
    /// The step of a request. `set` tells which tags the client has set, by repository and tag.
    pub fn of(head: &Head, route: &Route, set: impl Fn(&str, &str) -> bool) -> Self {
        let read = matches!(head.method.as_str(), "HEAD" | "GET");
        let index = || head.header("content-type").is_some_and(|kind| kind.contains("index") || kind.contains("list"));
        match (route, head.method.as_str()) {
            (Route::Ping, _) => Step::Ping,
            (Route::Manifest(_, digest), _) if read && digest.contains(':') => Step::HeadManifest,
            (Route::Manifest(name, tag), _) if read && set(name, tag) => Step::ReadBack,
            (Route::Manifest(..), _) if read => Step::HeadTag,
            (Route::Manifest(_, digest), "PUT") if !digest.contains(':') => Step::PutTag,
            (Route::Manifest(..), "PUT") if index() => Step::PutIndex,
            (Route::Manifest(..), "PUT") => Step::PutManifest,
            (Route::Blob(..), "HEAD") => Step::HeadBlob,
            (Route::Blob(..), "GET") => Step::GetBlob,
            (Route::Uploads(_), "POST") if head.param("mount").is_some() => Step::Mount,
            (Route::Uploads(_), "POST") => Step::StartUpload,
            (Route::Upload(..), "PUT") => Step::PutBlob,
            (Route::Upload(..), "PATCH") => Step::Patch,
            (Route::Upload(..), "DELETE") => Step::Cancel,
            (Route::Upload(..), _) if read => Step::UploadStatus,
            (Route::Tags(_), _) if read => Step::ListTags,
            _ => Step::Unknown,
        }
    }
}
