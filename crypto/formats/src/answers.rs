//! Answers to a form: a flat list in the form's order, so that one set of answers has one spelling.

use serde::{Deserialize, Serialize};

use crate::day::{Day, DayError};
use crate::form::{Field, FieldKind, Form, Need, YesNo};
use crate::ids::text_serde;

/// Answers do not fit the form. The number is the place in the list, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswersError {
    /// Answers to something that the form does not ask, or to a part outside a group, or the reverse.
    #[error("answer {0} is to a question that the form does not ask")]
    Question(usize),
    /// Not in the order of the form, or answered twice.
    #[error("answer {0} is out of order or given twice")]
    Order(usize),
    /// Another kind of value than the question takes.
    #[error("answer {0} is of another kind than the question takes")]
    Kind(usize),
    /// A text is too short or too long.
    #[error("answer {0} is too short or too long")]
    Length(usize),
    /// An option that the question does not offer, picked twice, or none or too many.
    #[error("answer {0} picks something that the question does not offer")]
    Option(usize),
    /// Entries of a group are not numbered from 1 without gaps, or are too many.
    #[error("answer {0} is in an entry that is out of order")]
    Entry(usize),
    /// A time span ends before it begins.
    #[error("answer {0} is a time that ends before it begins")]
    When(usize),
}

/// An answer to one question, or to one part of an entry of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The question.
    pub field: String,
    /// Which entry of a group, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u32>,
    /// Which question of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The answer itself.
    pub value: Value,
}

/// An answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    /// "I do not know", possible everywhere.
    Unknown,
    /// Words.
    Text(String),
    /// Ids of what was picked, in the form's order.
    Choice(Vec<String>),
    /// Yes, no or not known.
    YesNo(YesNo),
    /// A time.
    When(When),
}

/// A time, as roughly as the reporter knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// On a day.
    Day(Day),
    /// In a month.
    Month(Month),
    /// Between two days, both included.
    Range {
        /// The first day.
        from: Day,
        /// The last day.
        to: Day,
    },
    /// It still goes on.
    Ongoing,
}

/// A month, written `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Day);

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = self.0.to_string();
        f.write_str(day.strip_suffix("-01").unwrap_or(&day))
    }
}

impl std::str::FromStr for Month {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        format!("{text}-01").parse().map(Self)
    }
}
text_serde!(Month);

/// What is still missing in well-formed answers: ids of fields, in the form's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Sending is not possible without these; for a set, its first field.
    pub required: Vec<String>,
    /// These are worth mentioning.
    pub expected: Vec<String>,
}

/// Checks that answers fit the form: known questions, in order, once each, of the right kind and size.
pub fn check(form: &Form, answers: &[Answer]) -> Result<(), AnswersError> {
    let mut last = None;
    for (index, answer) in answers.iter().enumerate() {
        let place = place(form, answer).ok_or(AnswersError::Question(index))?;
        if last.is_some_and(|last| last >= place) {
            return Err(AnswersError::Order(index));
        }
        check_entry(form, last, place).ok_or(AnswersError::Entry(index))?;
        last = Some(place);
        let field = asked(form, answer).ok_or(AnswersError::Question(index))?;
        check_value(form, field, &answer.value, index)?;
    }
    Ok(())
}

/// Returns what is missing. `files` tells whether evidence is attached.
pub fn gaps(form: &Form, answers: &[Answer], files: bool) -> Gaps {
    let mut gaps = Gaps::default();
    let answered = |field: &Field| is_answered(field, answers, files);
    let mut miss = |need, id: &String| match need {
        Need::Required => gaps.required.push(id.clone()),
        Need::Expected => gaps.expected.push(id.clone()),
        Need::Optional => {}
    };
    for field in form.fields().filter(|field| !answered(field)) {
        miss(field.need, &field.id);
    }
    for set in &form.one_of {
        let any = set.fields.iter().filter_map(|id| form.field(id)).any(answered);
        if let (false, Some(first)) = (any, set.fields.first()) {
            miss(set.need, first);
        }
    }
    gaps
}

/// Where an answer stands: field, entry, part.
type Place = (usize, u32, usize);

fn place(form: &Form, answer: &Answer) -> Option<Place> {
    let (field_place, field) = form.fields().enumerate().find(|(_, field)| field.id == answer.field)?;
    match (&field.kind, answer.entry, &answer.part) {
        (FieldKind::Group { fields, .. }, Some(entry), Some(part)) => {
            Some((field_place, entry, fields.iter().position(|field| field.id == *part)?))
        }
        (FieldKind::Group { .. }, None, None) if answer.value == Value::Unknown => Some((field_place, 0, 0)),
        (FieldKind::Group { .. }, ..) => None,
        (_, None, None) => Some((field_place, 0, 0)),
        _ => None,
    }
}

/// Entries are numbered from 1 without gaps and not beyond the group's limit.
fn check_entry(form: &Form, last: Option<Place>, (field, entry, _): Place) -> Option<()> {
    let before = last.filter(|last| last.0 == field).map_or(0, |last| last.1);
    let max = match &form.fields().nth(field)?.kind {
        FieldKind::Group { max, .. } => *max,
        _ => 0,
    };
    (entry <= max && entry <= before + 1).then_some(())
}

/// Returns the question that an answer is to: the field, or the part of its group.
pub fn asked<'a>(form: &'a Form, answer: &Answer) -> Option<&'a Field> {
    let field = form.field(&answer.field)?;
    match &answer.part {
        Some(part) => field.part(part),
        None => Some(field),
    }
}

fn check_value(form: &Form, field: &Field, value: &Value, index: usize) -> Result<(), AnswersError> {
    match (&field.kind, value) {
        (_, Value::Unknown) => Ok(()),
        (FieldKind::Text { min, max, .. }, Value::Text(text)) => check_len(text, *min, *max, index),
        (FieldKind::Place, Value::Text(text)) => check_len(text, 1, MAX_PLACE, index),
        (FieldKind::Choice { many, options }, Value::Choice(picked)) => {
            check_picked(picked, &ids(options), *many, index)
        }
        (FieldKind::Category, Value::Choice(picked)) => {
            check_picked(picked, &ids(&form.categories), true, index)
        }
        (FieldKind::YesNo, Value::YesNo(_)) => Ok(()),
        (FieldKind::When, Value::When(When::Range { from, to })) if from > to => {
            Err(AnswersError::When(index))
        }
        (FieldKind::When, Value::When(_)) => Ok(()),
        _ => Err(AnswersError::Kind(index)),
    }
}

/// The most characters of a place.
const MAX_PLACE: u32 = 300;

fn check_len(text: &str, min: u32, max: u32, index: usize) -> Result<(), AnswersError> {
    let len = text.chars().count() as u64;
    let allowed = u64::from(min.max(1))..=u64::from(max);
    if allowed.contains(&len) { Ok(()) } else { Err(AnswersError::Length(index)) }
}

fn ids(options: &[crate::form::Choice]) -> Vec<&str> {
    options.iter().map(|option| option.id.as_str()).collect()
}

/// What is picked must rise in the order of the options, which also excludes picking one twice.
fn check_picked(picked: &[String], options: &[&str], many: bool, index: usize) -> Result<(), AnswersError> {
    let places: Option<Vec<usize>> =
        picked.iter().map(|id| options.iter().position(|option| option == id)).collect();
    let places = places.ok_or(AnswersError::Option(index))?;
    let rising = places.is_sorted_by(|before, after| before < after);
    let counted = !places.is_empty() && (many || places.len() == 1);
    if rising && counted { Ok(()) } else { Err(AnswersError::Option(index)) }
}

fn is_answered(field: &Field, answers: &[Answer], files: bool) -> bool {
    let mut own = answers.iter().filter(|answer| answer.field == field.id);
    match &field.kind {
        FieldKind::Evidence { .. } => files,
        FieldKind::Group { one_of, .. } => own.any(|answer| match &answer.part {
            Some(part) => answer.value != Value::Unknown && (one_of.is_empty() || one_of.contains(part)),
            // "Not known" answers a group only when nothing in it is demanded.
            None => field.need != Need::Required,
        }),
        _ => own.any(|answer| answer.value != Value::Unknown || field.need != Need::Required),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::form::tests::small_form;
    use crate::json;
    use proptest::prelude::*;

    fn answer(field: &str, value: Value) -> Answer {
        Answer { field: field.to_owned(), entry: None, part: None, value }
    }

    fn part(field: &str, entry: u32, part: &str, value: Value) -> Answer {
        Answer { field: field.to_owned(), entry: Some(entry), part: Some(part.to_owned()), value }
    }

    fn text(words: &str) -> Value {
        Value::Text(words.to_owned())
    }

    fn picked(ids: &[&str]) -> Value {
        Value::Choice(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    fn full() -> Vec<Answer> {
        vec![
            answer("kategori", picked(&["suap", "lain"])),
            answer("apa", text("Uang diminta di loket.")),
            part("siapa", 1, "jabatan", text("Kepala")),
            part("siapa", 2, "nama", text("X")),
            answer("kapan", Value::When(When::Month("2026-03".parse().unwrap()))),
            answer("di_mana", Value::Unknown),
            answer("nilai", picked(&["kecil"])),
            answer("atasan", Value::YesNo(YesNo::Yes)),
        ]
    }

    fn check_with(place: usize, new: Answer) -> Result<(), AnswersError> {
        let mut answers = full();
        *answers.get_mut(place).unwrap() = new;
        check(&small_form(), &answers)
    }

    #[test]
    fn sound_answers_pass() {
        assert_eq!(check(&small_form(), &full()), Ok(()));
        assert_eq!(check(&small_form(), &[]), Ok(()));
    }

    #[test]
    fn answers_that_do_not_fit_are_refused() {
        assert_eq!(check_with(1, answer("rahasia", text("x"))), Err(AnswersError::Question(1)));
        assert_eq!(check_with(1, answer("kategori", picked(&["suap"]))), Err(AnswersError::Order(1)));
        assert_eq!(check_with(1, answer("apa", picked(&["suap"]))), Err(AnswersError::Kind(1)));
        assert_eq!(check_with(1, answer("apa", text("abc"))), Err(AnswersError::Length(1)));
        assert_eq!(check_with(1, answer("apa", text(&"é".repeat(101)))), Err(AnswersError::Length(1)));
        assert_eq!(
            check_with(0, answer("kategori", picked(&["lain", "suap"]))),
            Err(AnswersError::Option(0))
        );
        assert_eq!(
            check_with(0, answer("kategori", picked(&["suap", "suap"]))),
            Err(AnswersError::Option(0))
        );
        assert_eq!(check_with(0, answer("kategori", picked(&["x"]))), Err(AnswersError::Option(0)));
        assert_eq!(check_with(6, answer("nilai", picked(&["kecil", "besar"]))), Err(AnswersError::Option(6)));
        assert_eq!(check_with(2, part("siapa", 3, "nama", text("X"))), Err(AnswersError::Entry(2)));
        assert_eq!(check_with(2, answer("siapa", text("X"))), Err(AnswersError::Question(2)));
        assert_eq!(check_with(1, part("apa", 1, "nama", text("X"))), Err(AnswersError::Question(1)));
        let backwards =
            When::Range { from: "2026-02-01".parse().unwrap(), to: "2026-01-01".parse().unwrap() };
        assert_eq!(check_with(4, answer("kapan", Value::When(backwards))), Err(AnswersError::When(4)));
    }

    #[test]
    fn gaps_tell_what_blocks_and_what_is_missed() {
        assert_eq!(gaps(&small_form(), &full(), true), Gaps::default());
        let none = gaps(&small_form(), &[], false);
        assert_eq!(none.required, ["kategori", "apa", "siapa"]);
        assert_eq!(none.expected, ["kapan", "bukti"]);
        let unknown = [answer("apa", Value::Unknown), answer("kapan", Value::Unknown)];
        assert_eq!(gaps(&small_form(), &unknown, true).required, ["kategori", "apa", "siapa"]);
        assert_eq!(gaps(&small_form(), &unknown, true).expected, Vec::<String>::new());
    }

    #[test]
    fn answers_have_one_spelling() {
        let bytes = json::to_json(&full()).unwrap();
        assert_eq!(json::from_json::<Vec<Answer>>(&bytes, 10_000), Ok(full()));
        assert!("2026-3".parse::<Month>().is_err());
        assert!("2026-13".parse::<Month>().is_err());
        assert_eq!("2026-12".parse::<Month>().unwrap().to_string(), "2026-12");
    }

    proptest! {
        #[test]
        fn any_text_round_trips(words in ".{0,200}", entry in 1..5u32) {
            let answers = vec![part("siapa", entry, "nama", text(&words))];
            let bytes = json::to_json(&answers).unwrap();
            prop_assert_eq!(json::from_json::<Vec<Answer>>(&bytes, 10_000), Ok(answers));
        }
    }
}
