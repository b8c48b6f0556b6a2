//! `bisik discard`: removes a sealed report that was kept, and the note beside it.

use bisik_term::CommandError;

use crate::cli::DiscardArgs;
use crate::env::Env;
use crate::visit::{KeptFile, remove_kept};

pub(super) fn run<R>(args: &DiscardArgs, env: &Env<'_, R>) -> Result<(), CommandError> {
    // Nothing else is removed: a slip of the hand must not cost a file of another kind.
    drop(KeptFile::open(&args.file)?);
    remove_kept(&args.file)?;
    env.ui.status("discarded", &[]);
    Ok(())
}
