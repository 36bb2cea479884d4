//! Layers as they are packed: gzip, zstd, or not at all, told by their first bytes as Docker and containerd
//! tell it, because media types lie.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde::Serialize;

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Not at all.
    Plain,
    /// RFC 1952, in any number of members.
    Gzip,
    /// RFC 8878, in any number of frames.
    Zstd,
}

/// The most that zstd may look back, in bytes: what `zstd -d` takes by itself is 128 MiB; levels up to 19 need 8.
const ZSTD_WINDOW: u64 = 32 << 20;

impl Packing {
    /// How a stream is packed that begins so.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }

    /// How a media type says that a layer is packed; `None` where it is no layer's.
    #[must_use]
    pub fn announced(media_type: &str) -> Option<Self> {
        if !media_type.contains("layer") && !media_type.contains("rootfs") {
            return None;
        }
        Some(match media_type.rsplit(['+', '.']).next() {
            Some("gzip") => Packing::Gzip,
            Some("zstd") => Packing::Zstd,
            _ => Packing::Plain,
        })
    }
}

/// Unpacks a stream.
///
/// # Errors
/// When nothing can be read.
pub(super) fn unpack<'a>(mut packed: impl BufRead + 'a) -> io::Result<(Packing, Box<dyn Read + 'a>)> {
    let packing = Packing::of(packed.fill_buf()?);
    let reader: Box<dyn Read> = match packing {
        Packing::Plain => Box::new(packed),
        Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Packing::Zstd => Box::new(Zstd { packed, decoder: FrameDecoder::new(), inside: false }),
    };
    Ok((packing, reader))
}

/// Frames of zstd, one after the other. `ruzstd`'s own reader ends with the first one.
struct Zstd<R> {
    packed: R,
    decoder: FrameDecoder,
    inside: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Enters the next frame; `false` at the end.
    fn enter(&mut self) -> io::Result<bool> {
        self.decoder.set_max_window_size(ZSTD_WINDOW);
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let passed = io::copy(&mut self.packed.by_ref().take(length.into()), &mut io::sink())?;
                    if passed < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                if !self.enter()? {
                    return Ok(0);
                }
                self.inside = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            }
            match self.decoder.read(buffer)? {
                0 => self.inside = false,
                read => return Ok(read),
            }
        }
    }
}
