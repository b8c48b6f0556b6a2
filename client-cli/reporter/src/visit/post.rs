//! The one upload of a visit.

use std::io::{PipeReader, PipeWriter, Read, Seek, SeekFrom, pipe};
use std::thread;
use std::time::Duration;

use bisik_formats::ids::Digest;
use bisik_formats::json::from_json;
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use bisik_formats::pow::Challenge;
use bisik_formats::upload::RESUMABLE_FROM;
use bisik_sealing::report::seal_decoy;
use bisik_term::{CommandError, ErrorKind, Progress, Ui};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::fetch::Verified;
use super::kept::KeptFile;
use super::resumable::Sender;
use crate::env::{Env, Random};
use crate::error::{VisitError, seal_error};
use crate::network::{NetworkError, Upload};

/// The longest challenge document, in bytes.
const MAX_CHALLENGE: usize = 256;

/// What a visit hands in.
pub enum Outgoing<'a, R> {
    /// A decoy: the visitor has nothing to say.
    Decoy,
    /// A sealed text.
    Bytes(&'a [u8]),
    /// A sealed report in a file of this device.
    File(&'a KeptFile),
    /// A report with evidence, sealed while it is sent.
    Seal {
        /// Bytes of the sealed report, known before.
        len: u64,
        /// Does the sealing.
        seal: SealInto<'a, R>,
    },
}

/// Seals a report into a pipe, on a thread of its own.
pub type SealInto<'a, R> = Box<dyn FnOnce(PipeWriter, &mut R) -> Result<(), CommandError> + Send + 'a>;

impl Verified {
    /// Fetches the challenge, solves it and hands in one sealed report. When this returns, the server has it.
    ///
    /// # Errors
    /// Fails if the server was not reached, or refuses; nothing was stored then, or it was stored and the answer
    /// was lost: handing in the same message again is harmless.
    pub fn post<R: Random>(self, outgoing: Outgoing<'_, R>, env: &mut Env<'_, R>) -> Result<(), VisitError> {
        let desks = self.desks().card().desks.len();
        // Before the challenge, as every message is: the pauses between requests stay alike.
        let mut decoy = Vec::new();
        if matches!(outgoing, Outgoing::Decoy) {
            seal_decoy(desks, &mut decoy, env.rng).map_err(seal_error)?;
        }
        let bytes = self.client.get(&self.client.routes().challenge(), MAX_CHALLENGE)?;
        let challenge: Challenge = from_json(&bytes, MAX_CHALLENGE).map_err(|_| VisitError::Challenge)?;
        // A second generator: the first may be busy on the sealing thread. Nothing secret comes of it.
        let mut rng = StdRng::from_rng(env.rng);
        let poster = Poster { visit: &self, challenge, desks, ui: env.ui, pause: env.pause };
        match outgoing {
            Outgoing::Decoy => poster.hand_in(&mut decoy.as_slice(), decoy.len() as u64, None, &mut rng),
            Outgoing::Bytes(bytes) => poster.hand_in(&mut &*bytes, bytes.len() as u64, None, &mut rng),
            Outgoing::File(kept) => poster.hand_in_kept(kept, &mut rng),
            Outgoing::Seal { len, seal } => poster.seal_and_hand_in(len, seal, env.rng, &mut rng),
        }
    }
}

/// One upload within a visit.
struct Poster<'a> {
    visit: &'a Verified,
    challenge: Challenge,
    desks: usize,
    ui: &'a Ui,
    pause: &'a dyn Fn(Duration),
}

impl Poster<'_> {
    /// Goes on with the upload that was begun for a kept report, or hands it in anew.
    fn hand_in_kept(&self, kept: &KeptFile, rng: &mut StdRng) -> Result<(), VisitError> {
        let mut file = &kept.file;
        file.seek(SeekFrom::Start(0)).map_err(|_| NetworkError::Source)?;
        let digest = Digest::of(&self.read_header(&mut file)?);
        if let Some(id) = kept.place(&digest) {
            let mut progress = self.ui.progress("progress-upload", &[], Some(kept.len));
            match self.sender(&mut progress).go_on(id, kept.len, file) {
                Ok(Some(offset)) if offset == kept.len => {
                    kept.found_whole();
                    return Ok(());
                }
                Ok(Some(_)) => return Ok(()),
                Ok(None) => self.ui.status("status-upload-gone", &[]),
                Err(error) => return Err(error.into()),
            }
        }
        file.seek(SeekFrom::Start(0)).map_err(|_| NetworkError::Source)?;
        self.hand_in(&mut file, kept.len, Some(kept), rng)
    }

    fn read_header(&self, mut sealed: &mut dyn Read) -> Result<Vec<u8>, NetworkError> {
        let mut header = Vec::new();
        let header_len = header_len(self.desks);
        (&mut sealed).take(header_len).read_to_end(&mut header).map_err(|_| NetworkError::Source)?;
        if header.len() as u64 == header_len { Ok(header) } else { Err(NetworkError::Source) }
    }

    fn sender<'s>(&'s self, progress: &'s mut Progress) -> Sender<'s> {
        Sender { client: &self.visit.client, ui: self.ui, pause: self.pause, progress }
    }

    /// Reads the header, solves the challenge for it, and sends header and rest, in pieces if they are many.
    fn hand_in(
        &self,
        sealed: &mut dyn Read,
        len: u64,
        kept: Option<&KeptFile>,
        rng: &mut StdRng,
    ) -> Result<(), VisitError> {
        let header = self.read_header(sealed)?;
        let digest = Digest::of(&header);
        let nonce = self.challenge.solve(&digest, rng).ok_or(VisitError::Challenge)?;
        let large = len != sealed_len(self.desks, TEXT_SIZE);
        let upload = Upload { nonce, header: digest, len, large };
        let (client, mut whole) = (&self.visit.client, header.as_slice().chain(sealed));
        if !large {
            return Ok(client.post(upload, &mut whole)?);
        }
        let mut progress = self.ui.progress("progress-upload", &[], Some(len));
        if len <= RESUMABLE_FROM {
            return Ok(client.post(upload, &mut progress.count(whole))?);
        }
        let mut sender = self.sender(&mut progress);
        let id = sender.begin(upload)?;
        if let Some(kept) = kept {
            kept.note(digest, id)?;
        }
        Ok(sender.send(id, 0, len, &mut whole)?)
    }

    /// Seals on a second thread into a pipe of constant size, from which this thread sends.
    fn seal_and_hand_in<R: Random>(
        &self,
        len: u64,
        seal: SealInto<'_, R>,
        sealing_rng: &mut R,
        rng: &mut StdRng,
    ) -> Result<(), VisitError> {
        let (reader, writer) = pipe().map_err(|error| {
            CommandError::new(ErrorKind::Io, "err-seal-write").with("detail", error.to_string())
        })?;
        thread::scope(|scope| {
            let sealing = scope.spawn(move || seal(writer, sealing_rng));
            let sent = send_from(reader, |reader| self.hand_in(reader, len, None, rng));
            let sealed = sealing.join().map_err(|_| CommandError::internal("the sealing thread stopped"))?;
            match (sent, sealed) {
                (Ok(()), sealed) => Ok(sealed?),
                // The pipe broke because sealing failed: its error is the cause.
                (Err(VisitError::Network(NetworkError::Source)), Err(error)) => Err(error.into()),
                (Err(error), _) => Err(error),
            }
        })
    }
}

/// Sends, then closes the reading end, so that a sealing thread that still writes is told to stop.
fn send_from(
    mut reader: PipeReader,
    send: impl FnOnce(&mut PipeReader) -> Result<(), VisitError>,
) -> Result<(), VisitError> {
    send(&mut reader)
}
