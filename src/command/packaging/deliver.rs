//! What becomes of a finished image beside its layout: an archive, and the running engine.

use std::path::Path;

use super::args::{ArchiveFormat, PackagingArgs};
use crate::command::Context;
use crate::domain::Arch;
use crate::error::Error;
use crate::image::Image;
use crate::image::archive::{self, Format};
use crate::plan::Plan;
use crate::report::Report;
use crate::sys::Invocation;

/// Checks, before anything is built, that the archive can be what was asked for.
pub fn check(args: &PackagingArgs, plan: &Plan, output: &Path, context: &Context) -> Result<(), Error> {
    let Some(file) = &args.image.archive else { return Ok(()) };
    if file.as_os_str() == "-" {
        return Err(Error::Usage {
            what: "an archive is written to a file, not to standard output".to_owned(),
            help: "name a file; `--load` hands the image to a running engine".to_owned(),
        });
    }
    if args.image.archive_format == ArchiveFormat::Docker && plan.images.len() != 1 {
        return Err(Error::Usage {
            what: "an archive for `docker load` holds the image of one CPU".to_owned(),
            help: "add `--platform linux/amd64` or `--platform linux/arm64`".to_owned(),
        });
    }
    Ok(archive::check_target(&context.env.cwd.join(file), output)?)
}

/// Writes the archive and loads the image into the engine, as far as that was asked for.
///
/// # Errors
/// When the file cannot be written, or the engine is not there or does not take the image.
pub fn deliver(args: &PackagingArgs, image: &Image, context: &Context) -> Result<(), Error> {
    if let Some(file) = &args.image.archive {
        let format = match args.image.archive_format {
            // Engines without OCI support find one image in the same file.
            ArchiveFormat::Oci => Format::Oci { docker: Some(image.platforms[0].arch) },
            ArchiveFormat::Docker => Format::Docker(image.platforms[0].arch),
        };
        archive::write_file(&image.layout, format, &context.env.cwd.join(file))?;
        context.shell.status("Archived", file.display().to_string());
    }
    if args.image.load { load_into_engine(image, context) } else { Ok(()) }
}

/// Hands the image for the engine's own CPU to `docker load`.
fn load_into_engine(image: &Image, context: &Context) -> Result<(), Error> {
    let docker = || Invocation::new("docker");
    let said = docker().args(["version", "--format", "{{.Server.Arch}}"]).read()?;
    let arch: Option<Arch> = said.trim().parse().ok();
    let arch = arch.filter(|arch| image.platforms.iter().any(|platform| platform.arch == *arch)).ok_or_else(|| {
        Error::Usage {
            what: format!("the running engine's CPU is `{}`, and this image has none for it", said.trim()),
            help: "leave `--platform` out, or name the engine's CPU".to_owned(),
        }
    })?;
    let mut failed = None;
    let answer = docker().arg("load").feed(|stdin| {
        archive::write(&image.layout, Format::Docker(arch), stdin).map_err(|error| {
            failed = Some(error);
            std::io::Error::other("the image could not be sent")
        })
    });
    match (answer, failed) {
        (Ok(said), None) => {
            context.shell.status("Loaded", said.trim().to_owned());
            Ok(())
        }
        (Ok(_), Some(error)) => Err(error.into()),
        // The engine's own words say more than that it stopped reading.
        (Err(error), _) => Err(error.into()),
    }
}
