//! A message on its way: what it says, to whom, and the sealing of it in a visit.

mod file;
mod sending;

use std::collections::BTreeSet;

use bisik_formats::answers::{self, Answer};
use bisik_formats::card::Card;
use bisik_formats::form::{FieldKind, Form};
use bisik_formats::ids::DeskId;
use bisik_sealing::report::Kind;
use bisik_term::{CommandError, ErrorKind};
use zeroize::Zeroize;

pub use self::file::{AnswersFile, read_answers};
pub use self::sending::{Keep, Sending};
use crate::cli::DeskArgs;
use crate::evidence::{self, EvidenceFile};

/// What a message says. Its texts are wiped on drop.
pub struct Draft {
    /// First report, later message, or end of the thread.
    pub kind: Kind,
    /// The answers, in the order of the form.
    pub answers: Vec<Answer>,
    /// Free text.
    pub message: String,
    /// Files.
    pub evidence: Vec<EvidenceFile>,
}

impl Drop for Draft {
    fn drop(&mut self) {
        wipe(&mut self.answers, &mut self.message);
    }
}

/// Wipes everything written in own words.
fn wipe(answers: &mut [Answer], message: &mut String) {
    message.zeroize();
    for answer in answers {
        if let answers::Value::Text(text) = &mut answer.value {
            text.zeroize();
        }
    }
}

impl Draft {
    /// Iterates over everything that was written in own words.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let words = self.answers.iter().filter_map(|answer| match &answer.value {
            answers::Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        words.chain([self.message.as_str()])
    }

    /// Checks the answers, in the order of the form, and the files against the form and limits of a card.
    ///
    /// # Errors
    /// Names what does not fit, or the first question without which nothing can be sent.
    fn check(&self, answers: &[Answer], card: &Card) -> Result<(), CommandError> {
        let refused = |id| CommandError::new(ErrorKind::Refused, id);
        answers::check(&card.form, answers).map_err(|error| answers_error(error, answers))?;
        evidence::check(&self.evidence, &card.form, &card.limits)?;
        if self.kind == Kind::Report {
            let gaps = answers::gaps(&card.form, answers, !self.evidence.is_empty());
            if let Some(field) = gaps.required.first() {
                return Err(refused("err-answer-missing").with("field", field.clone()));
            }
        }
        self.check_message()
    }

    /// Checks that a later message says something.
    ///
    /// # Errors
    /// Fails if it does not.
    pub fn check_message(&self) -> Result<(), CommandError> {
        if self.kind == Kind::FollowUp && self.message.trim().is_empty() && self.evidence.is_empty() {
            return Err(CommandError::new(ErrorKind::Refused, "err-message-empty"));
        }
        Ok(())
    }
}

/// Names the answer that does not fit.
fn answers_error(error: answers::AnswersError, given: &[Answer]) -> CommandError {
    use answers::AnswersError as E;
    let (id, index) = match error {
        E::Question(index) => ("err-answer-question", index),
        E::Order(index) | E::Entry(index) => ("err-answer-order", index),
        E::Kind(index) => ("err-answer-kind", index),
        E::Length(index) => ("err-answer-length", index),
        E::Option(index) => ("err-answer-option", index),
        E::When(index) => ("err-answer-when", index),
    };
    let field = given.get(index).map(|answer| answer.field.clone()).unwrap_or_default();
    CommandError::new(ErrorKind::Refused, id).with("number", index.saturating_add(1)).with("field", field)
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressees {
    /// To these desks.
    Only(BTreeSet<DeskId>),
    /// To all desks but these.
    AllBut(BTreeSet<DeskId>),
    /// To whom the letters of the thread say.
    AsLetters,
    /// Not said yet: a person decides, unless there is only one desk.
    Ask,
}

impl Addressees {
    /// Takes what the command line says; `None` if it says nothing.
    #[must_use]
    pub fn from_args(args: &DeskArgs) -> Option<Self> {
        if !args.to.is_empty() {
            Some(Self::Only(args.to.iter().cloned().collect()))
        } else if !args.leave_out.is_empty() {
            Some(Self::AllBut(args.leave_out.iter().cloned().collect()))
        } else {
            None
        }
    }

    /// Returns the desks as far as a card tells; `None` if letters or a person must say.
    #[must_use]
    pub fn on(&self, card: &Card) -> Option<BTreeSet<DeskId>> {
        let all = || card.desks.iter().map(|desk| desk.id.clone());
        match self {
            Self::Only(to) => Some(to.clone()),
            Self::AllBut(out) => Some(all().filter(|id| !out.contains(id)).collect()),
            Self::Ask if card.desks.len() == 1 => Some(all().collect()),
            Self::AsLetters | Self::Ask => None,
        }
    }

    /// Returns a desk that is named and is not on the card: a mistyped name must not widen or narrow anything.
    fn unknown(&self, card: &Card) -> Option<&DeskId> {
        match self {
            Self::Only(desks) | Self::AllBut(desks) => desks.iter().find(|id| card.desk(id).is_none()),
            Self::AsLetters | Self::Ask => None,
        }
    }
}

/// Puts answers into the order of the form, as a hand-written file may not have it; what the form does not ask
/// goes to the end, where the check names it.
pub fn in_order(form: &Form, answers: &mut [Answer]) {
    let place = |answer: &Answer| {
        let field = form.fields().position(|field| field.id == answer.field).unwrap_or(usize::MAX);
        let part = answer.part.as_ref().and_then(|part| match &form.field(&answer.field)?.kind {
            FieldKind::Group { fields, .. } => fields.iter().position(|field| field.id == *part),
            _ => None,
        });
        (field, answer.entry, part)
    };
    answers.sort_by_key(place);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bisik_formats::answers::Value;
    use proptest::prelude::*;

    fn form() -> Form {
        toml::from_str(include_str!("../../../deploy/forms/kpk.toml")).unwrap()
    }

    fn said(field: &str, entry: Option<u32>, part: Option<&str>, words: &str) -> Answer {
        let value = Value::Text(words.to_owned());
        Answer { field: field.to_owned(), entry, part: part.map(str::to_owned), value }
    }

    fn answers() -> Vec<Answer> {
        vec![
            said("apa", None, None, &"a".repeat(60)),
            said("bagaimana", None, None, "b"),
            said("siapa", Some(1), Some("nama"), "c"),
            said("siapa", Some(1), Some("unit"), "d"),
            said("siapa", Some(2), Some("jabatan"), "e"),
            said("di_mana", None, None, "f"),
        ]
    }

    proptest! {
        #[test]
        fn answers_in_any_order_are_put_in_that_of_the_form(mut given in Just(answers()).prop_shuffle()) {
            in_order(&form(), &mut given);
            prop_assert_eq!(&given, &answers());
            prop_assert_eq!(answers::check(&form(), &given), Ok(()));
        }
    }

    #[test]
    fn own_words_are_wiped() {
        let (mut given, mut message) = (answers(), "rahasia".to_owned());
        wipe(&mut given, &mut message);
        assert!(message.is_empty());
        assert!(given.iter().all(|answer| answer.value == Value::Text(String::new())));
    }
}
