//! A reporter: the real visit, and beside it what was said and what may be read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bisik::env::Env;
use bisik::mailbox::Mailbox;
use bisik::network::Network;
use bisik::visit::{Errand, Outgoing, Verified, visit};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, MessageId, ReportId};
use bisik_sealing::letter::Letter;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    Kind, Language, ReportContent, ReportFormat, ReportNonce, ThreadPublic, seal_report,
};
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::testing::Screen;
use bisik_term::{CommandError, Messages};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::wire::Wire;

use super::weather::Way;

/// Words that must never be found anywhere in the clear.
pub(super) const MARKER: &str = "RAHASIA-PELAPOR";

/// Somebody with a receipt.
pub(super) struct Reporter {
    pub(super) receipt: String,
    pub(super) keys: ThreadKeys,
    /// The desks of the first report.
    to: BTreeSet<DeskId>,
    /// What the server has said to have, in order.
    pub(super) sent: Vec<ReportId>,
    /// Messages written so far.
    pub(super) written: u32,
    /// Whether the thread was ever closed: what was written after that may reach a desk before the end does.
    pub(super) closed: bool,
    /// A message that may not have arrived.
    pub(super) pending: Option<Pending>,
}

/// A message that was sealed and may not have arrived.
pub(super) struct Pending {
    content: ReportContent,
    /// The sealed bytes, if they were kept.
    kept: Option<Vec<u8>>,
}

/// What one look into the inbox showed: the letter of each desk that had an edition.
pub(super) type Look = Vec<(DeskId, EditionNumber, Option<Letter>)>;

/// A report that was sealed.
pub(super) struct Made {
    pub(super) id: ReportId,
    pub(super) message: MessageId,
    pub(super) to: BTreeSet<DeskId>,
    pub(super) kind: Kind,
    pub(super) len: usize,
}

/// What came of a visit.
pub(super) struct Visited {
    pub(super) looks: Vec<Look>,
    pub(super) made: Vec<Made>,
    /// The report that the server has, if this program believes so.
    pub(super) sent: Option<ReportId>,
    pub(super) error: Option<&'static str>,
}

impl Reporter {
    pub(super) fn new(agency: &AgencyId, desks: &[DeskId], rng: &mut StdRng) -> Self {
        let receipt = Receipt::generate(agency, rng);
        let one = rng.random_range(0..4);
        let to = desks.iter().enumerate().filter(|(place, _)| one > 1 || *place == one);
        Self {
            receipt: receipt.expose_text().to_string(),
            keys: receipt.keys().unwrap(),
            to: to.map(|(_, desk)| desk.clone()).collect(),
            sent: Vec::new(),
            written: 0,
            closed: false,
            pending: None,
        }
    }

    /// Visits the box: reads, and writes if asked to or if something is pending.
    pub(super) fn visit(
        &mut self,
        write: Option<Kind>,
        way: Way,
        agency: &AgencyId,
        today: Day,
        seed: u64,
    ) -> Visited {
        let wire = Wire::new(way);
        let network = Network::over(&"http://127.0.0.1:1/contoh".parse().unwrap(), wire.agent());
        let messages = Messages::new(bisik_term::Language::English, bisik::messages());
        let screen = Screen::with_options(messages, "", true, true);
        let mut rng = StdRng::seed_from_u64(seed);
        let pause = |_: Duration| {};
        let mut env = Env { ui: screen.ui(), today, rng: &mut rng, pause: &pause };
        let mut errand = Reading { reporter: self, write, sealed: None, looks: Vec::new(), made: Vec::new() };
        let done = visit(&network, agency, &mut errand, &mut env);
        let Reading { looks, made, sealed, .. } = errand;
        let mut sent = None;
        match (&done, &sealed) {
            (Ok(()), Some(bytes)) => {
                let id = ReportId::of(bytes);
                self.pending = None;
                self.sent.push(id);
                sent = Some(id);
            }
            (Err(_), Some(bytes)) => {
                // Some keep the sealed file for another day, some only what they wrote.
                if let Some(pending) = &mut self.pending {
                    pending.kept = seed.is_multiple_of(2).then(|| bytes.to_vec());
                }
            }
            _ => {}
        }
        Visited { looks, made, sent, error: done.err().map(|error: CommandError| error.id()) }
    }

    fn content(&self, kind: Kind, to: BTreeSet<DeskId>, agency: AgencyId, rng: &mut StdRng) -> ReportContent {
        let message = match kind {
            Kind::Close => String::new(),
            _ => format!("{MARKER} menulis pesan {} dari kasusnya.", self.written + 1),
        };
        ReportContent {
            format: ReportFormat::V1,
            agency,
            card: 1.into(),
            to: to.into_iter().collect(),
            kind,
            nonce: ReportNonce::generate(rng),
            seen: Default::default(),
            language: Language::Id,
            form: "kecil_1".to_owned(),
            answers: Vec::new(),
            message,
            evidence: Vec::new(),
            thread: ThreadPublic::of(&self.keys).unwrap(),
        }
    }
}

/// The errand of reading and perhaps writing.
struct Reading<'a> {
    reporter: &'a mut Reporter,
    write: Option<Kind>,
    sealed: Option<Arc<Vec<u8>>>,
    looks: Vec<Look>,
    made: Vec<Made>,
}

impl Errand<StdRng> for Reading<'_> {
    fn prepare(
        &mut self,
        visit: &Verified,
        env: &mut Env<'_, StdRng>,
    ) -> Result<Outgoing<'_, StdRng>, CommandError> {
        let mailbox = Mailbox::open(visit, &self.reporter.keys);
        assert!(mailbox.broken.is_empty());
        let recipients = mailbox.recipients();
        let mut letters = mailbox.letters;
        let look = visit.desks().headers().map(|(desk, header)| {
            let found =
                letters.iter().position(|(id, _)| *id == desk.id).map(|place| letters.remove(place).1);
            (desk.id.clone(), header.header().number, found)
        });
        self.looks.push(look.collect());
        if self.sealed.is_none() {
            self.seal(visit, recipients, env)?;
        }
        match &self.sealed {
            Some(sealed) => Ok(Outgoing::Bytes(sealed)),
            None => Ok(Outgoing::Decoy),
        }
    }
}

impl Reading<'_> {
    fn seal(
        &mut self,
        visit: &Verified,
        recipients: Option<BTreeSet<DeskId>>,
        env: &mut Env<'_, StdRng>,
    ) -> Result<(), CommandError> {
        if self.reporter.pending.is_none() {
            let Some(kind) = self.write else { return Ok(()) };
            let to = recipients.unwrap_or_else(|| self.reporter.to.clone());
            visit.desks().slots(&to, env.today)?;
            let mut content = self.reporter.content(kind, to, visit.desks().card().agency, env.rng);
            content.card = visit.desks().card().serial;
            content.seen = visit.desks().seen();
            self.reporter.written += 1;
            self.reporter.closed |= kind == Kind::Close;
            self.reporter.pending = Some(Pending { content, kept: None });
        }
        let pending = self.reporter.pending.as_mut().unwrap();
        if let Some(kept) = pending.kept.take() {
            self.sealed = Some(Arc::new(kept));
            return Ok(());
        }
        let content = &pending.content;
        let to: BTreeSet<DeskId> = content.to.iter().cloned().collect();
        let slots = visit.desks().slots(&to, env.today)?;
        let mut sealed = Vec::new();
        let report =
            seal_report(content, &mut [], &self.reporter.keys, &slots, &mut sealed, env.rng).unwrap();
        let (id, len) = (ReportId::of(&sealed), sealed.len());
        self.made.push(Made { id, message: report.message, to, kind: content.kind, len });
        self.sealed = Some(Arc::new(sealed));
        Ok(())
    }
}
