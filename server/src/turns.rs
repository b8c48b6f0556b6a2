//! Who is writing to which upload: one request at a time, and who asks how far it is may end a request that hangs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bisik_formats::upload::UploadId;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

/// The uploads to which somebody is writing.
#[derive(Default)]
pub struct Turns {
    taken: Mutex<HashMap<UploadId, Arc<Taken>>>,
}

impl Turns {
    /// Takes the turn to write to an upload; `None` while somebody else has it.
    pub fn take(self: &Arc<Self>, id: UploadId) -> Option<Turn> {
        let mut taken = self.taken();
        if taken.contains_key(&id) {
            return None;
        }
        let state = Arc::new(Taken { stop: Notify::new(), over: Semaphore::new(0) });
        taken.insert(id, Arc::clone(&state));
        drop(taken);
        Some(Turn { turns: Arc::clone(self), id, state })
    }

    /// Asks whoever is writing to an upload to stop, and waits for it, but not for ever.
    ///
    /// A sender who lost its connection comes back on another one long before the first is known to be dead.
    pub async fn interrupt(&self, id: UploadId) {
        let Some(state) = self.taken().get(&id).cloned() else { return };
        state.stop.notify_one();
        let _over = timeout(PATIENCE, state.over.acquire()).await;
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Taken>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to write to one upload; dropping it gives it back.
pub struct Turn {
    turns: Arc<Turns>,
    id: UploadId,
    state: Arc<Taken>,
}

impl Turn {
    /// Waits until somebody asks to stop.
    pub async fn stopped(&self) {
        self.state.stop.notified().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.taken().remove(&self.id);
        self.state.over.close();
    }
}

struct Taken {
    stop: Notify,
    /// Never has a place; it is closed when the turn is over.
    over: Semaphore,
}

/// Time that a writer gets to stop.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_has_the_turn_and_gives_it_back_when_asked() {
        let (id, other) = (UploadId::from_bytes([1; 16]), UploadId::from_bytes([2; 16]));
        let turns = Arc::<Turns>::default();
        turns.interrupt(id).await;
        let turn = turns.take(id).unwrap();
        assert!(turns.take(id).is_none() && turns.take(other).is_some());
        let writer = tokio::spawn(async move { turn.stopped().await });
        turns.interrupt(id).await;
        writer.await.unwrap();
        // Who does not listen keeps it; who asks does not wait for ever.
        let deaf = turns.take(id).unwrap();
        turns.interrupt(id).await;
        assert!(turns.take(id).is_none());
        drop(deaf);
        assert!(turns.take(id).is_some());
    }
}
