//! A report with evidence on its way into a file, in few large writes off the connection threads.

use std::sync::Arc;

use bisik_formats::day::Day;
use bisik_formats::ids::ReportId;
use bisik_formats::problem::ProblemCode;
use bisik_store::{AgencyKey, Period, Staged, StoreError};
use tokio::sync::oneshot;

use super::reports::durable;
use crate::app::App;
use crate::places::Place;
use crate::refusal::Refusal;

/// Bytes handed to the disk at once.
const BLOCK: usize = 256 * 1024;

/// An upload that holds one of the few places; dropping it leaves nothing behind.
pub struct Upload {
    app: Arc<App>,
    staged: Option<Box<dyn Staged>>,
    block: Vec<u8>,
    place: Place,
}

impl Upload {
    /// Takes a place and sets room aside.
    ///
    /// # Errors
    /// When all places are taken or there is no room.
    pub async fn begin(app: &Arc<App>, agency: AgencyKey, length: u64) -> Result<Self, Refusal> {
        let place = app.gates.large().await?;
        let staged = app.on_disk(move |app| app.store.stage(agency, length)).await?;
        Ok(Self { app: Arc::clone(app), staged: Some(staged), block: Vec::new(), place })
    }

    /// Returns its place.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn push(&mut self, mut piece: &[u8]) -> Result<(), Refusal> {
        self.place.holder().moved(piece.len());
        while !piece.is_empty() {
            if self.block.capacity() == 0 {
                self.block.reserve_exact(BLOCK);
            }
            let (now, later) = piece.split_at(piece.len().min(BLOCK.saturating_sub(self.block.len())));
            self.block.extend_from_slice(now);
            piece = later;
            if self.block.len() >= BLOCK {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Returns the id that the report has if nothing more comes.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub async fn id(&mut self) -> Result<ReportId, Refusal> {
        self.write().await?;
        self.place.holder().set_busy(true);
        self.staged.as_ref().map(|staged| staged.id()).ok_or(ProblemCode::Internal.into())
    }

    /// Makes the report durable.
    ///
    /// # Errors
    /// When it is not complete or cannot be stored.
    pub async fn commit(mut self, day: Day, ready: Period) -> Result<(), Refusal> {
        self.write().await?;
        let Some(staged) = self.staged.take() else { return Err(ProblemCode::Internal.into()) };
        let (done, stored) = oneshot::channel();
        let tell = Box::new(move |result| drop::<Result<(), _>>(done.send(result)));
        self.app
            .on_disk(move |_| {
                staged.commit(day, ready, tell);
                Ok(())
            })
            .await?;
        durable(&self.app, stored).await
    }

    async fn write(&mut self) -> Result<(), Refusal> {
        let Some(mut staged) = self.staged.take() else { return Err(ProblemCode::Internal.into()) };
        let mut block = std::mem::take(&mut self.block);
        let (staged, block) = self
            .app
            .on_disk(move |_| {
                staged.write(&block)?;
                block.clear();
                Ok::<_, StoreError>((staged, block))
            })
            .await?;
        (self.staged, self.block) = (Some(staged), block);
        Ok(())
    }
}
