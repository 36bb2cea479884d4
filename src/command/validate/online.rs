//! What only the network knows: whether pictures answer, and which versions a repository has.

use std::collections::BTreeMap;

use crate::build;
use crate::build::fetch::{FetchOptions, Glance, glances};
use crate::command::Context;
use crate::command::options::RegistryArgs;
use crate::domain::{Explain, count};
use crate::error::Error;
use crate::registry::Session;
use crate::registry::credentials::Keychain;
use crate::report::Report;
use crate::validate::rules::picture_urls;
use crate::validate::view::{Answer, Online};
use crate::validate::{View, picture};

/// How many pictures are asked for. The Marketplace shows a handful.
const MAX_PICTURES: usize = 50;

/// Asks for the pictures that labels name, and for the tags of the image's repository.
///
/// # Errors
/// When nothing can be asked at all. A repository that does not answer is a warning.
pub fn ask(view: &View, registry: &RegistryArgs, context: &Context) -> Result<Online, Error> {
    let mut urls = picture_urls(view);
    urls.truncate(MAX_PICTURES);
    let mut options = FetchOptions::from_env(&context.env, false);
    options.http.ca_files.extend(registry.cacert.iter().map(|file| context.env.cwd.join(file)));
    let answers = if urls.is_empty() {
        BTreeMap::new()
    } else {
        context.shell.status("Looking", format!("at {}", count(urls.len() as u64, "picture")));
        glances(&urls, &options).map_err(build::Error::from)?
    };
    let answers = answers.into_iter().map(|(url, glance)| (url, answer(glance))).collect();
    Ok(Online { answers, tags: tags(view, registry, context)? })
}

fn answer(glance: Result<Glance, String>) -> Answer {
    match glance {
        Err(why) => Answer::Failed(why),
        Ok(Glance { status, .. }) if !(200..300).contains(&status) => Answer::Status(status),
        Ok(Glance { head, media_type, .. }) => match picture::read(&head) {
            Some(size) => Answer::Picture(size),
            None => Answer::Other(media_type.unwrap_or_else(|| "something unknown".to_owned())),
        },
    }
}

/// The tags of the repository that the image is in or is going to.
fn tags(view: &View, registry: &RegistryArgs, context: &Context) -> Result<Option<Vec<String>>, Error> {
    let Some(reference) = &view.reference else { return Ok(None) };
    let session = Session::new(registry.options(&context.env), Keychain::from_env(&context.env), &context.shell)?;
    match session.tags(reference) {
        Ok(tags) => Ok(Some(tags)),
        Err(error) => {
            let help = error.help().or_else(|| Some("W36 was not looked for".to_owned()));
            context.shell.warning(format!("the tags of {} are not known: {error}", reference.familiar()), help);
            Ok(None)
        }
    }
}
