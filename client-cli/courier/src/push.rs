//! `push`: brings the outbox to the server: the card first, then editions, then acknowledgements.

use bisik_formats::bundle::write_frames;
use bisik_formats::ids::DeskId;
use bisik_term::{CommandError, ErrorKind, Ui};
use serde::Serialize;

use crate::outbox::Outbox;
use crate::server::{Server, ServerError};
use crate::stick::{Stick, StickError};

/// Something in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The agency card.
    Card,
    /// An edition of a desk.
    Edition,
    /// An acknowledgement of a desk.
    Acknowledgement,
}

/// What became of one thing, as it is shown with `--json`.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// What it is.
    pub kind: Kind,
    /// Whose it is; none for the card.
    pub desk: Option<DeskId>,
    /// Whether the server has it now.
    pub taken: bool,
    /// The message id of the reason, if not.
    pub error: Option<&'static str>,
}

/// Why one thing did not reach the server.
enum Failure {
    Server(ServerError),
    Stick(StickError),
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<StickError> for Failure {
    fn from(error: StickError) -> Self {
        Self::Stick(error)
    }
}

impl Failure {
    /// Tells whether the other things may fare better.
    fn is_about_this_alone(&self) -> bool {
        match self {
            Self::Server(error) => error.is_about_the_document(),
            Self::Stick(_) => true,
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Server(error) => error.into(),
            Failure::Stick(error) => error.into(),
        }
    }
}

/// Sends what is in the outbox. Nothing is removed from it: sending the same once more changes nothing.
///
/// # Errors
/// Fails with the kind of the first refusal after everything is tried, and at once if the server cannot be reached
/// or refuses the token.
pub fn run(server: &Server, stick: &Stick, ui: &Ui) -> Result<(), CommandError> {
    let outbox = stick.outbox()?;
    let (desks, foreign) = outbox.desks()?;
    if foreign > 0 {
        ui.warn("push-foreign", &[("count", foreign.into())]);
    }
    let mut push = Push { server, outbox: &outbox, ui, outcomes: Vec::new(), first: None };
    let pushed = push.all(&desks);
    let Push { outcomes, first, .. } = push;
    if ui.wants_json() {
        ui.json(&outcomes)?;
    } else if outcomes.is_empty() && pushed.is_ok() {
        ui.data(&ui.text("push-nothing", &[]))?;
    }
    pushed?;
    first.map_or(Ok(()), |kind| {
        let refused = outcomes.iter().filter(|outcome| !outcome.taken).count();
        Err(CommandError::new(kind, "err-push").with("count", refused).with("total", outcomes.len()))
    })
}

struct Push<'a> {
    server: &'a Server,
    outbox: &'a Outbox,
    ui: &'a Ui,
    outcomes: Vec<Outcome>,
    /// The kind of the first refusal.
    first: Option<ErrorKind>,
}

impl Push<'_> {
    fn all(&mut self, desks: &[DeskId]) -> Result<(), CommandError> {
        let sent = self.card();
        self.note(Kind::Card, None, sent)?;
        for desk in desks {
            let sent = self.edition(desk);
            self.note(Kind::Edition, Some(desk), sent)?;
        }
        for desk in desks {
            let sent = self.acknowledgement(desk);
            self.note(Kind::Acknowledgement, Some(desk), sent)?;
        }
        Ok(())
    }

    /// Sends the card; `false` if there is none. So it is with the others.
    fn card(&self) -> Result<bool, Failure> {
        let Some(bundle) = self.outbox.card()? else { return Ok(false) };
        self.server.put_card(&bundle)?;
        Ok(true)
    }

    fn edition(&self, desk: &DeskId) -> Result<bool, Failure> {
        let Some(edition) = self.outbox.edition(desk)? else { return Ok(false) };
        // Both parts were read with bounds far below the 4 GiB of a frame.
        let frames = write_frames(&[&edition.header, &edition.body]).map_err(|_| ServerError::Malformed)?;
        self.server.post_edition(desk, &frames)?;
        Ok(true)
    }

    fn acknowledgement(&self, desk: &DeskId) -> Result<bool, Failure> {
        let Some(note) = self.outbox.acknowledgement(desk)? else { return Ok(false) };
        self.server.post_acknowledgement(&note)?;
        Ok(true)
    }

    /// Shows and keeps what became of one thing. Fails if the others would fare the same.
    fn note(
        &mut self,
        kind: Kind,
        desk: Option<&DeskId>,
        sent: Result<bool, Failure>,
    ) -> Result<(), CommandError> {
        let item = self.item(kind, desk);
        let error = match sent {
            Ok(false) => return Ok(()),
            Ok(true) => {
                if !self.ui.wants_json() {
                    self.ui.data(&self.ui.text("push-taken", &[("item", item.into())]))?;
                }
                None
            }
            Err(failure) => {
                let alone = failure.is_about_this_alone();
                let error = CommandError::from(failure);
                if !alone {
                    return Err(error);
                }
                let messages = self.ui.messages();
                let (cause, advice) = (error.cause(&messages), error.advice(&messages));
                let values = [("item", item.into()), ("cause", cause.into()), ("advice", advice.into())];
                self.ui.warn("push-refused", &values);
                self.first.get_or_insert(error.kind());
                Some(error.id())
            }
        };
        self.outcomes.push(Outcome { kind, desk: desk.cloned(), taken: error.is_none(), error });
        Ok(())
    }

    fn item(&self, kind: Kind, desk: Option<&DeskId>) -> String {
        let desk = [("desk", desk.map_or("", DeskId::as_str).into())];
        match kind {
            Kind::Card => self.ui.text("item-card", &[]),
            Kind::Edition => self.ui.text("item-edition", &desk),
            Kind::Acknowledgement => self.ui.text("item-acknowledgement", &desk),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use bisik_formats::problem::ProblemCode;
    use bisik_term::testing::Screen;
    use bisik_term::{Language, Messages};
    use tempfile::TempDir;

    use super::*;
    use crate::LOADER;
    use crate::fake::{Answer, FakeServer};

    struct Story {
        folder: TempDir,
        fake: FakeServer,
        screen: Screen,
    }

    impl Story {
        fn new() -> Self {
            let messages = Messages::new(Language::English, &LOADER);
            let screen = Screen::with_options(messages, "", false, false);
            let story = Self { folder: TempDir::new().unwrap(), fake: FakeServer::start(), screen };
            story.write("card.bundle", b"card");
            for desk in ["spi", "inspektorat"] {
                story.write(&format!("{desk}/header.note"), b"header");
                story.write(&format!("{desk}/body.bin"), b"body");
                story.write(&format!("{desk}/ack.note"), b"ack");
            }
            story
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            let path = self.folder.path().join("outbox").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        fn push(&self) -> Result<(), CommandError> {
            run(&self.fake.server(), &Stick::open(self.folder.path()).ok().unwrap(), self.screen.ui())
        }
    }

    #[test]
    fn brings_the_card_then_editions_then_acknowledgements() {
        let story = Story::new();
        story.push().unwrap();
        assert_eq!(
            story.fake.log(),
            [
                "PUT /kpk/card",
                "POST /kpk/editions/inspektorat",
                "POST /kpk/editions/spi",
                "POST /kpk/acknowledgements",
                "POST /kpk/acknowledgements",
            ]
        );
        let frames = write_frames(&[b"header", b"body"]).unwrap();
        assert_eq!(story.fake.body_of("POST /kpk/editions/spi"), frames);
        assert_eq!(story.fake.body_of("PUT /kpk/card"), b"card");
        assert_eq!(story.screen.out().lines().count(), 5);
    }

    #[test]
    fn sends_nothing_but_the_named_files() {
        let story = Story::new();
        story.write("spi/rahasia.txt", b"MARKER");
        story.write("rahasia.txt", b"MARKER");
        let secret = story.folder.path().join("rahasia");
        fs::write(&secret, b"MARKER").unwrap();
        fs::remove_file(story.folder.path().join("outbox/spi/ack.note")).unwrap();
        symlink(&secret, story.folder.path().join("outbox/spi/ack.note")).unwrap();
        let error = story.push().unwrap_err();
        assert_eq!(error.id(), "err-push");
        assert!(!story.fake.saw(b"MARKER"));
        assert_eq!(story.fake.log().len(), 4);
    }

    #[test]
    fn an_edition_that_is_refused_does_not_stop_the_others() {
        let story = Story::new();
        story.fake.answer("POST /kpk/editions/inspektorat", Answer::Problem(ProblemCode::EditionOld));
        let error = story.push().unwrap_err();
        assert_eq!((error.id(), error.kind()), ("err-push", ErrorKind::Refused));
        assert_eq!(story.fake.log().len(), 5);
        assert!(story.screen.err().contains("inspektorat"));
        assert_eq!(story.screen.out().lines().count(), 4);
    }

    #[test]
    fn a_wrong_token_stops_at_once() {
        let story = Story::new();
        story.fake.next(Answer::Problem(ProblemCode::Unauthorized));
        assert_eq!(story.push().unwrap_err().kind(), ErrorKind::Secret);
        assert_eq!(story.fake.log().len(), 1);
    }

    #[test]
    fn an_empty_outbox_and_none_at_all_are_told_apart() {
        let story = Story::new();
        fs::remove_dir_all(story.folder.path().join("outbox")).unwrap();
        assert_eq!(story.push().unwrap_err().id(), "err-no-outbox");
        fs::create_dir(story.folder.path().join("outbox")).unwrap();
        story.push().unwrap();
        assert!(story.fake.log().is_empty());
    }
}
