//! The hands of a push: blobs, manifests and tags, each until it is there.

mod tags;

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::client::{Answer, Call, Dialogue, Fault, Passing, Piece, Proof, UploadCall};
use super::pace::Pace;
use super::push::permits;
use super::upload::{Failure, Heard, Next, Reply, Upload};
use super::{Error, Fate, Shipment, Target};
use crate::image::{Descriptor, MediaTypes};
use crate::report::Event;
use crate::sys::fs;

/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// A blob that is being sent.
struct Load {
    label: String,
    total: u64,
    sent: Arc<AtomicU64>,
    /// What was told last.
    told: Cell<Option<u64>>,
}

/// What a push works with.
pub(super) struct Yard<'a> {
    talk: Dialogue<'a>,
    shipment: &'a Shipment,
    target: &'a Target,
    /// Blobs that are looked for at once.
    looking: Semaphore,
    /// Blobs that are sent at once. Those that are looked for do not wait for them.
    sending: Semaphore,
    /// Tags that are written at once.
    tagging: Semaphore,
    loads: RefCell<Vec<Load>>,
    pace: Pace,
}

impl<'a> Yard<'a> {
    /// Prepares a push.
    pub fn new(talk: Dialogue<'a>, shipment: &'a Shipment, target: &'a Target) -> Self {
        let [looking, sending, tagging] = [(); 3].map(|()| permits(talk.session));
        let (loads, pace) = (RefCell::default(), Pace::default());
        Yard { talk, shipment, target, looking, sending, tagging, loads, pace }
    }

    /// Whether no blob had to be sent so far, or even announced.
    pub fn has_sent_nothing(&self) -> bool {
        self.loads.borrow().is_empty()
    }

    /// Brings a blob there.
    pub async fn deliver(&self, blob: &Descriptor) -> Result<Fate, Error> {
        let name = self.shipment.name_of(blob);
        let fate = self.upload(blob, &name).await?;
        let verb = match &fate {
            Fate::Sent => "Sent",
            Fate::Mounted { .. } => "Mounted",
            Fate::Skipped => "Skipped",
        };
        self.talk.report.detail(verb, format!("{name} ({} bytes)", blob.size));
        Ok(fate)
    }

    async fn upload(&self, blob: &Descriptor, name: &str) -> Result<Fate, Error> {
        let (door, options) = (self.talk.door, self.talk.session.options());
        let (file, step) = (self.file(blob), format!("sending {name}"));
        let mut upload = Upload::new(blob.size, options.retries, self.mounts(), door.pieces.get());
        let mut permit = self.looking.acquire().await.ok();
        let (mut loaded, mut last) = (false, None);
        loop {
            if upload.is_known_absent() && !loaded {
                drop(permit.take());
                permit = self.sending.acquire().await.ok();
                upload.learn(door.pieces.get());
                self.load(blob, &file);
                loaded = true;
            }
            match upload.next() {
                Next::Send(call) => {
                    let request = self.talk.upload_call(&call, blob, &file);
                    let (heard, answer) = self.heard(&step, &call, blob, &request).await?;
                    upload.take(heard);
                    last = answer.or(last);
                    if upload.fallback().is_some() {
                        door.pieces.set(upload.fallback());
                    }
                }
                Next::Rest { why, tries, after } => self.talk.rest(&step, &why, tries, after).await,
                Next::Done(fate) => {
                    file.sent.store(blob.size, Ordering::Relaxed);
                    drop(permit);
                    return Ok(fate);
                }
                Next::Failed(failure) => return Err(self.failure(&step, failure, last, blob)),
            }
        }
    }

    fn file(&self, blob: &Descriptor) -> Piece {
        let (path, size) = (self.shipment.blob_path(&blob.digest), blob.size);
        let proof = (!self.shipment.proven).then(|| Arc::new(Proof::of(blob.digest)));
        Piece { path, whole: size, offset: 0, length: size, sent: Arc::default(), proof }
    }

    fn mounts(&self) -> Vec<String> {
        let own = &self.target.repository.repository;
        let others = self.target.mount_from.iter().filter(|from| *from != own && !self.talk.door.no_mounts.get());
        others.cloned().collect()
    }

    /// Sends one request of an upload. The answer itself comes with what it means, if there was one.
    async fn heard(
        &self,
        step: &str,
        call: &UploadCall,
        blob: &Descriptor,
        request: &Call,
    ) -> Result<(Heard, Option<Answer>), Error> {
        let mounting = matches!(call, UploadCall::Begin { mount: Some(_) });
        let start = Instant::now();
        let answer = self.talk.ask_once(step, request).await;
        if matches!(call, UploadCall::Look) && answer.is_ok() {
            self.pace.answered(start.elapsed());
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(Fault::Passing(passing)) => return Ok((Heard::Passing(passing), None)),
            Err(Fault::Final(error)) => return Err(error),
        };
        if mounting && matches!(answer.code(), 401 | 403) {
            self.talk.door.no_mounts.set(true);
        }
        if matches!(call, UploadCall::Look)
            && answer.code() == 200
            && answer.length().is_some_and(|length| length != blob.size)
        {
            return Err(self.talk.senseless(step, "it has a blob of that digest and of another size"));
        }
        let moves = answer.status.is_success() && answer.header("location").is_some();
        let location = moves.then(|| self.talk.location(step, &answer.url, &answer.headers)).transpose()?;
        let lost =
            answer.error_codes().iter().any(|code| code == "BLOB_UPLOAD_UNKNOWN" || code == "BLOB_UPLOAD_INVALID");
        let (status, words) = (answer.code(), self.talk.words(&answer));
        let (held, smallest) = (answer.held(), answer.smallest_piece());
        let reply = Reply { status, words, location, held, smallest, lost };
        Ok((Heard::Reply(reply), Some(answer)))
    }

    fn failure(&self, step: &str, failure: Failure, last: Option<Answer>, blob: &Descriptor) -> Error {
        match (failure, last) {
            (Failure::Exhausted { tries, last }, _) => self.talk.exhausted(step, tries, last),
            (Failure::Senseless(why), _) => self.talk.senseless(step, why),
            (Failure::Refused, Some(answer)) => {
                let path = self.shipment.blob_path(&blob.digest);
                let says_other = answer.error_codes().iter().any(|code| code == "DIGEST_INVALID");
                // It may be right: somebody may have changed the file.
                if says_other && fs::digest(&path).is_ok_and(|digest| digest != blob.digest) {
                    return Error::Changed { path };
                }
                self.talk.refusal(step, &answer)
            }
            (Failure::Refused, None) => self.talk.senseless(step, "it refused without an answer"),
        }
    }

    /// Writes a platform's manifest.
    pub async fn manifest(&self, platform: usize) -> Result<(), Error> {
        let platform = &self.shipment.platforms[platform];
        let bytes = self.shipment.read_document(&platform.manifest)?.into();
        let step = format!("writing the manifest of {}", platform.platform);
        let below: Vec<&Descriptor> = platform.layers.iter().chain([&platform.config]).collect();
        let digest = platform.manifest.digest.to_string();
        self.write(&step, &digest, &platform.manifest, &bytes, &below).await?;
        Ok(())
    }

    /// Writes a document that refers to the blobs `below`. Registries that do not see at once what they have
    /// been given are asked again; a blob that they have lost is sent again. Returns how often it was sent.
    async fn write(
        &self,
        step: &str,
        reference: &str,
        document: &Descriptor,
        bytes: &Bytes,
        below: &[&Descriptor],
    ) -> Result<u32, Error> {
        let call = self.talk.put_document(reference, &document.media_type, bytes)?;
        let (mut misses_blobs, mut tries) = (false, 0);
        let attempt = async || {
            tries += 1;
            if misses_blobs {
                for blob in below {
                    self.deliver(blob).await?;
                }
            }
            let answer = self.talk.ask_once(step, &call).await?;
            let misses =
                |code: &String| matches!(code.as_str(), "MANIFEST_BLOB_UNKNOWN" | "BLOB_UNKNOWN" | "MANIFEST_UNKNOWN");
            match answer.code() {
                200..=202 | 204 => match answer.digest() {
                    Some(digest) if digest != document.digest => {
                        let why = format!("it says it stored {digest} where {} was sent", document.digest);
                        Err(self.talk.senseless(step, why).into())
                    }
                    _ => Ok(tries),
                },
                400 | 404 if answer.error_codes().iter().any(misses) => {
                    misses_blobs = true;
                    let why = format!("the registry answered {}", self.talk.words(&answer));
                    Err(Fault::Passing(Passing::answered(why)))
                }
                // What is there by its digest is of a type that the registry takes, under a tag too.
                400 | 415 if reference == document.digest.to_string() && concerns_types(&answer, document) => {
                    Err(Error::MediaTypes { at: self.talk.at(step), answer: self.talk.words(&answer) }.into())
                }
                _ => Err(self.talk.refusal(step, &answer).into()),
            }
        };
        self.talk.patiently(step, attempt).await
    }

    fn load(&self, blob: &Descriptor, file: &Piece) {
        let load = Load {
            label: self.shipment.label_of(blob),
            total: blob.size,
            sent: Arc::clone(&file.sent),
            told: Cell::new(None),
        };
        self.loads.borrow_mut().push(load);
    }

    /// Works, and tells from time to time how far it has come.
    pub async fn with_progress<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout(TICK, &mut work).await {
                Ok(done) => {
                    self.tell_progress();
                    return done;
                }
                Err(_) => self.tell_progress(),
            }
        }
    }

    fn tell_progress(&self) {
        let loads = self.loads.borrow();
        let (mut all_done, mut all) = (0, 0);
        for (id, load) in loads.iter().enumerate() {
            let done = load.sent.load(Ordering::Relaxed).min(load.total);
            if load.told.replace(Some(done)) != Some(done) {
                let (label, total) = (load.label.clone(), load.total);
                self.talk.report.event(Event::Transfer { id, label, done, total });
            }
            (all_done, all) = (all_done + done, all + load.total);
        }
        if all > 0 {
            self.talk.report.event(Event::Progress { verb: "Uploading", done: all_done, total: all });
        }
    }
}

/// Whether a document may have been refused because it is of OCI's types: registries that know Docker's alone have
/// several codes for that.
fn concerns_types(answer: &Answer, document: &Descriptor) -> bool {
    let is_oci = [MediaTypes::Oci.index(), MediaTypes::Oci.manifest()].contains(&document.media_type);
    let suits = |code: &String| matches!(code.as_str(), "MANIFEST_INVALID" | "UNSUPPORTED" | "UNSUPPORTED_MEDIA_TYPE");
    let says = || answer.words(&[]).to_lowercase().contains("media type");
    is_oci && (answer.code() == 415 || answer.error_codes().iter().any(suits) || says())
}
