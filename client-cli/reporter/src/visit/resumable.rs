//! A large report on its way, in pieces of 1 MiB.
//!
//! It is sealed once, while it is sent. The piece that is under way is kept until the server has it: after a lost
//! connection the server is asked how far it came, and sending goes on inside that piece.

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use bisik_formats::problem::ProblemCode;
use bisik_formats::upload::{MAX_PIECE, UploadId};
use bisik_term::{Progress, Ui};

use crate::network::{Client, NetworkError, Upload};

/// Seconds between attempts that brought nothing; about five minutes together.
const WAITS: [u64; 9] = [2, 4, 8, 15, 30, 60, 60, 60, 60];

/// Sends a large report.
pub(super) struct Sender<'a> {
    pub(super) client: &'a Client,
    pub(super) ui: &'a Ui,
    pub(super) pause: &'a dyn Fn(Duration),
    /// Counts what the server has.
    pub(super) progress: &'a mut Progress,
}

impl Sender<'_> {
    /// Begins an upload.
    pub(super) fn begin(&self, upload: Upload) -> Result<UploadId, NetworkError> {
        self.client.begin(upload)
    }

    /// Goes on with an upload that was begun before; returns where it was, or `None` if the server does not know it
    /// any more.
    pub(super) fn go_on(
        &mut self,
        id: UploadId,
        len: u64,
        mut file: impl Read + Seek,
    ) -> Result<Option<u64>, NetworkError> {
        let found = match self.client.offset(id) {
            Err(error) => self.find_offset(id, error, &mut WAITS.iter()),
            found => found,
        };
        let offset = match found {
            Err(NetworkError::UploadGone) => return Ok(None),
            Ok(offset) if offset > len => return Ok(None),
            other => other?,
        };
        file.seek(SeekFrom::Start(offset)).map_err(|_| NetworkError::Source)?;
        self.progress.advance(offset);
        self.send(id, offset, len, &mut file)?;
        Ok(Some(offset))
    }

    /// Sends the rest of what is `len` bytes long, read from where it begins. When this returns, the server has
    /// stored the report.
    pub(super) fn send(
        &mut self,
        id: UploadId,
        mut start: u64,
        len: u64,
        sealed: &mut dyn Read,
    ) -> Result<(), NetworkError> {
        let mut piece = Vec::new();
        while start < len {
            // Behind a piece that was cut short comes what is left of it.
            let wanted = (MAX_PIECE - start % MAX_PIECE).min(len - start);
            piece.clear();
            (&mut *sealed).take(wanted).read_to_end(&mut piece).map_err(|_| NetworkError::Source)?;
            if piece.len() as u64 != wanted {
                return Err(NetworkError::Source);
            }
            self.send_piece(id, start, &piece)?;
            start += wanted;
        }
        Ok(())
    }

    /// Sends one piece, from wherever the server stopped, until it has all of it.
    fn send_piece(&mut self, id: UploadId, start: u64, piece: &[u8]) -> Result<(), NetworkError> {
        let end = start + piece.len() as u64;
        let (mut at, mut waits) = (start, WAITS.iter());
        loop {
            let error = match self.client.send_piece(id, at, rest(piece, at - start)) {
                Ok(offset) if offset == end => {
                    self.progress.advance(end - at);
                    return Ok(());
                }
                Ok(_) => return Err(NetworkError::Unexpected { status: 204 }),
                Err(error) => error,
            };
            let offset = self.find_offset(id, error, &mut waits)?;
            // Earlier pieces are not kept: a server that lost one must be given everything again.
            if offset < at || offset > end {
                return Err(NetworkError::UploadGone);
            }
            if offset > at {
                waits = WAITS.iter();
            }
            self.progress.advance(offset - at);
            at = offset;
            if at == end {
                return Ok(());
            }
        }
    }

    /// Waits until the server tells how far the upload came; gives up when no wait is left.
    fn find_offset<'w>(
        &self,
        id: UploadId,
        mut error: NetworkError,
        waits: &mut impl Iterator<Item = &'w u64>,
    ) -> Result<u64, NetworkError> {
        loop {
            let Some(&seconds) = waits.next().filter(|_| passes(&error)) else { return Err(error) };
            self.ui.status("status-again", &[("seconds", seconds.into())]);
            (self.pause)(Duration::from_secs(seconds));
            match self.client.offset(id) {
                Ok(offset) => return Ok(offset),
                Err(again) => error = again,
            }
        }
    }
}

/// Says whether an upload may go on after a while.
fn passes(error: &NetworkError) -> bool {
    match error {
        NetworkError::Connection => true,
        NetworkError::Problem(code) => matches!(
            code,
            ProblemCode::Busy
                | ProblemCode::Timeout
                | ProblemCode::Truncated
                | ProblemCode::UploadLocked
                | ProblemCode::UploadOffset
        ),
        // What gates before a server say while it is away.
        NetworkError::Unexpected { status } => matches!(status, 502..=504),
        _ => false,
    }
}

/// Returns what of a piece is not sent yet.
fn rest(piece: &[u8], sent: u64) -> &[u8] {
    usize::try_from(sent).ok().and_then(|sent| piece.get(sent..)).unwrap_or_default()
}
