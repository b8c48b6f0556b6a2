//! The form: what an agency asks, signed in its card, so that no server can add a question.
//!
//! The same types read the TOML files of `deploy/forms` and the JSON of the card. Every text is in Indonesian and
//! English. Nothing identifies the reporter: a form that asks who the reporter is may do so only as an option.

use serde::{Deserialize, Serialize};

/// A form breaks a rule. `&'static str` names the rule's place, never foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// An id is not `[a-z0-9_]{1,32}`, or stands twice in its list.
    #[error("the form has a malformed or repeated id in its {0}")]
    Id(&'static str),
    /// A text is empty or too long.
    #[error("the form has an empty or too long text in its {0}")]
    Text(&'static str),
    /// A list is empty where something is needed, or too long.
    #[error("the form has too few or too many entries in its {0}")]
    Count(&'static str),
    /// A number is out of its range.
    #[error("the form has a number out of range in its {0}")]
    Range(&'static str),
    /// An id refers to nothing.
    #[error("the form refers to something that is not there in its {0}")]
    Reference(&'static str),
    /// A field that asks who the reporter is blocks sending, or is expected.
    #[error("the form demands the identity of the reporter")]
    DemandsIdentity,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

/// A form, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Names this form in reports, e.g. `kpk_1`.
    pub id: String,
    /// The sections, in the order of screens.
    pub sections: Vec<Section>,
    /// Sets of fields of which at least one should be answered.
    #[serde(default)]
    pub one_of: Vec<OneOf>,
    /// What a report can be about.
    pub categories: Vec<Choice>,
    /// Questions that tell the reporter whether this agency is the right one. Never sent, never a gate.
    #[serde(default)]
    pub self_check: Vec<SelfCheck>,
    /// Advice shown before and while writing.
    #[serde(default)]
    pub guidance: Vec<Guidance>,
    /// The states of a case.
    pub statuses: Vec<Status>,
    /// The deadlines of the agency.
    #[serde(default)]
    pub clocks: Vec<Clock>,
}

/// A section of the form: one heading, some questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Names the section.
    pub id: String,
    /// The heading.
    pub title: Text,
    /// The questions, in order.
    pub fields: Vec<Field>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Names the question in answers.
    pub id: String,
    /// The question.
    pub label: Text,
    /// A line of help below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
    /// What happens when it is not answered.
    pub need: Need,
    /// What an answer is.
    pub kind: FieldKind,
    /// What the answer means to the desk beyond its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What happens when a question is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Sending is not possible without it.
    Required,
    /// A gap is mentioned; the report can be sent.
    Expected,
    /// A gap is not mentioned.
    Optional,
}

/// What an answer means to the desk beyond its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What must never be revealed: a danger banner at the desk.
    NeverReveal,
    /// The accused can influence the receiving office: a danger banner at the desk.
    Influence,
    /// How the reporter knows: withheld when a case is forwarded.
    Source,
    /// Who the reporter is: never demanded.
    Identity,
}

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldKind {
    /// Text.
    Text {
        /// Several lines.
        long: bool,
        /// The least number of characters when answered.
        min: u32,
        /// The greatest number of characters.
        max: u32,
    },
    /// One or several of the options.
    Choice {
        /// Whether several may be picked.
        many: bool,
        /// The options.
        options: Vec<Choice>,
    },
    /// One or several of the form's categories.
    Category,
    /// Yes, no or not known.
    YesNo,
    /// A date, a month, a span of time, or that it still goes on.
    When,
    /// A place, as text; programs may suggest regencies.
    Place,
    /// Files.
    Evidence {
        /// Kinds of evidence to pick from.
        kinds: Vec<Choice>,
    },
    /// A group of questions that can be answered several times, e.g. one for each person.
    Group {
        /// The most entries.
        max: u32,
        /// The questions of one entry; no groups and no evidence.
        fields: Vec<Field>,
        /// At least one of these must be answered in an entry.
        #[serde(default)]
        one_of: Vec<String>,
    },
}

/// An option to pick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Names the option in answers.
    pub id: String,
    /// What people read.
    pub label: Text,
}

/// A set of fields of which at least one should be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneOf {
    /// Ids of fields.
    pub fields: Vec<String>,
    /// What happens when none is answered.
    pub need: Need,
}

/// A self-check question with advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfCheck {
    /// Names the question.
    pub id: String,
    /// The question, to be answered by yes or no.
    pub question: Text,
    /// The answer that brings up the advice.
    pub advise_on: YesNo,
    /// The advice.
    pub advice: Text,
    /// Whether this asks if the accused leads or is close to a desk: "yes" leads to the choice of desks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conflict: bool,
}

/// Yes, no or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not known.
    Unknown,
}

/// A piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guidance {
    /// Names the advice.
    pub id: String,
    /// The words.
    pub text: Text,
}

/// A state of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Names the state in letters.
    pub id: String,
    /// What the reporter reads.
    pub label: Text,
    /// Whether letters may show it.
    pub shown: bool,
    /// Whether the case ends with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Names the deadline.
    pub id: String,
    /// What it is for.
    pub label: Text,
    /// Days.
    pub days: u32,
    /// Whether only working days count.
    pub working_days: bool,
    /// The status that starts it.
    pub from: String,
    /// The statuses that stop it.
    pub until: Vec<String>,
}

/// The most fields in a form, those in groups included.
const MAX_FIELDS: usize = 64;
/// The most entries of any other list.
const MAX_LIST: usize = 64;
/// The most bytes of any text.
const MAX_TEXT: usize = 600;
/// The most characters an answer may be allowed.
const MAX_ANSWER: u32 = 10_000;
/// The most entries of a group.
const MAX_ENTRIES: u32 = 20;
/// The most days of a clock.
const MAX_DAYS: u32 = 3650;

impl Form {
    /// Checks every rule of forms.
    pub fn check(&self) -> Result<(), FormError> {
        check_ids("form", [self.id.as_str()])?;
        check_list("sections", &self.sections, 1, |section| (&section.id, vec![&section.title]))?;
        check_choices("categories", &self.categories)?;
        check_list("self-check", &self.self_check, 0, |q| (&q.id, vec![&q.question, &q.advice]))?;
        check_list("guidance", &self.guidance, 0, |g| (&g.id, vec![&g.text]))?;
        check_list("statuses", &self.statuses, 1, |status| (&status.id, vec![&status.label]))?;
        check_list("clocks", &self.clocks, 0, |clock| (&clock.id, vec![&clock.label]))?;
        check_fields("fields", &self.fields().collect::<Vec<_>>(), true)?;
        self.check_one_of()?;
        self.check_clocks()
    }

    /// Iterates over the fields of all sections, those inside groups excluded.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }

    /// Returns the field of this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id == id)
    }

    /// Returns the status of this id.
    pub fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    fn check_one_of(&self) -> Result<(), FormError> {
        for set in &self.one_of {
            if set.fields.len() < 2 || set.fields.len() > MAX_LIST {
                return Err(FormError::Count("one-of sets"));
            }
            if !set.fields.iter().all(|id| self.field(id).is_some()) {
                return Err(FormError::Reference("one-of sets"));
            }
        }
        if self.one_of.len() > MAX_LIST { Err(FormError::Count("one-of sets")) } else { Ok(()) }
    }

    fn check_clocks(&self) -> Result<(), FormError> {
        for clock in &self.clocks {
            if !(1..=MAX_DAYS).contains(&clock.days) {
                return Err(FormError::Range("clocks"));
            }
            if clock.until.is_empty() || clock.until.len() > MAX_LIST {
                return Err(FormError::Count("clocks"));
            }
            let known = |id: &String| self.status(id).is_some();
            if !known(&clock.from) || !clock.until.iter().all(known) {
                return Err(FormError::Reference("clocks"));
            }
        }
        Ok(())
    }
}

impl Field {
    /// Returns the part of this group with this id; `None` for fields that are no group.
    pub fn part(&self, id: &str) -> Option<&Self> {
        match &self.kind {
            FieldKind::Group { fields, .. } => fields.iter().find(|field| field.id == id),
            _ => None,
        }
    }

    fn check_kind(&self, groups: bool) -> Result<(), FormError> {
        match &self.kind {
            FieldKind::Text { min, max, .. } if min > max || *max > MAX_ANSWER || *max == 0 => {
                Err(FormError::Range("text fields"))
            }
            FieldKind::Choice { options, .. } => check_choices("options", options),
            FieldKind::Evidence { kinds } if groups => check_choices("evidence kinds", kinds),
            FieldKind::Group { max, fields, one_of } if groups => {
                if !(1..=MAX_ENTRIES).contains(max) {
                    return Err(FormError::Range("groups"));
                }
                if !one_of.iter().all(|id| self.part(id).is_some()) {
                    return Err(FormError::Reference("groups"));
                }
                check_fields("groups", &fields.iter().collect::<Vec<_>>(), false)
            }
            FieldKind::Evidence { .. } | FieldKind::Group { .. } => Err(FormError::Reference("groups")),
            FieldKind::Text { .. }
            | FieldKind::Category
            | FieldKind::YesNo
            | FieldKind::When
            | FieldKind::Place => Ok(()),
        }
    }
}

fn check_fields(place: &'static str, fields: &[&Field], groups: bool) -> Result<(), FormError> {
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        return Err(FormError::Count(place));
    }
    check_ids(place, fields.iter().map(|field| field.id.as_str()))?;
    for field in fields {
        check_text(place, &field.label)?;
        field.help.iter().try_for_each(|help| check_text(place, help))?;
        if field.role == Some(Role::Identity) && field.need != Need::Optional {
            return Err(FormError::DemandsIdentity);
        }
        field.check_kind(groups)?;
    }
    Ok(())
}

fn check_choices(place: &'static str, choices: &[Choice]) -> Result<(), FormError> {
    check_list(place, choices, 1, |choice| (&choice.id, vec![&choice.label]))
}

/// Checks the length of a list, its ids and its texts.
fn check_list<'a, T>(
    place: &'static str,
    list: &'a [T],
    least: usize,
    parts: impl Fn(&'a T) -> (&'a String, Vec<&'a Text>),
) -> Result<(), FormError> {
    if list.len() < least || list.len() > MAX_LIST {
        return Err(FormError::Count(place));
    }
    check_ids(place, list.iter().map(|item| parts(item).0.as_str()))?;
    list.iter().flat_map(|item| parts(item).1).try_for_each(|text| check_text(place, text))
}

fn check_ids<'a>(place: &'static str, ids: impl IntoIterator<Item = &'a str>) -> Result<(), FormError> {
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if id.is_empty() || id.len() > 32 || !id.bytes().all(word) || seen.contains(&id) {
            return Err(FormError::Id(place));
        }
        seen.push(id);
    }
    Ok(())
}

fn check_text(place: &'static str, text: &Text) -> Result<(), FormError> {
    let sound = |words: &str| {
        !words.trim().is_empty() && words.len() <= MAX_TEXT && !words.chars().any(char::is_control)
    };
    if sound(&text.id) && sound(&text.en) { Ok(()) } else { Err(FormError::Text(place)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    /// A small form with every kind of field.
    pub(crate) fn small_form() -> Form {
        toml::from_str(SMALL).unwrap()
    }

    const SMALL: &str = r#"
id = "kecil_1"
categories = [
    { id = "suap", label = { id = "Suap", en = "Bribery" } },
    { id = "lain", label = { id = "Lainnya", en = "Other" } },
]
statuses = [
    { id = "diterima", label = { id = "Diterima", en = "Received" }, shown = true },
    { id = "ditutup", label = { id = "Ditutup", en = "Closed" }, shown = true, ends = true },
]
clocks = [
    { id = "akhir", label = { id = "Selesai", en = "Done" }, days = 60, working_days = false, from = "diterima", until = ["ditutup"] },
]
one_of = [{ fields = ["bukti", "di_mana"], need = "expected" }]

[[self_check]]
id = "konflik"
question = { id = "Apakah terlapor memimpin penerima?", en = "Does the accused lead the recipient?" }
advise_on = "yes"
advice = { id = "Pilih meja lain.", en = "Choose another desk." }
conflict = true

[[sections]]
id = "isi"
title = { id = "Isi", en = "Content" }
fields = [
    { id = "kategori", label = { id = "Tentang apa?", en = "About what?" }, need = "required", kind = "category" },
    { id = "apa", label = { id = "Apa yang terjadi?", en = "What happened?" }, need = "required", kind = { text = { long = true, min = 5, max = 100 } } },
    { id = "siapa", label = { id = "Siapa?", en = "Who?" }, need = "required", kind = { group = { max = 3, one_of = ["nama", "jabatan"], fields = [
        { id = "nama", label = { id = "Nama", en = "Name" }, need = "optional", kind = { text = { long = false, min = 0, max = 50 } } },
        { id = "jabatan", label = { id = "Jabatan", en = "Position" }, need = "optional", kind = { text = { long = false, min = 0, max = 50 } } },
    ] } } },
    { id = "kapan", label = { id = "Kapan?", en = "When?" }, need = "expected", kind = "when" },
    { id = "di_mana", label = { id = "Di mana?", en = "Where?" }, need = "optional", kind = "place" },
    { id = "nilai", label = { id = "Berapa?", en = "How much?" }, need = "optional", kind = { choice = { many = false, options = [
        { id = "kecil", label = { id = "Kecil", en = "Small" } },
        { id = "besar", label = { id = "Besar", en = "Large" } },
    ] } } },
    { id = "atasan", label = { id = "Berpengaruh?", en = "Influence?" }, need = "optional", kind = "yes_no", role = "influence" },
    { id = "bukti", label = { id = "Bukti", en = "Evidence" }, need = "optional", kind = { evidence = { kinds = [
        { id = "foto", label = { id = "Foto", en = "Photo" } },
    ] } } },
]
"#;

    fn with(change: impl FnOnce(&mut Form)) -> Result<(), FormError> {
        let mut form = small_form();
        change(&mut form);
        form.check()
    }

    fn field(form: &mut Form, place: usize) -> &mut Field {
        form.sections.first_mut().unwrap().fields.get_mut(place).unwrap()
    }

    #[test]
    fn a_sound_form_passes_and_round_trips_as_strict_json() {
        let form = small_form();
        assert_eq!(form.check(), Ok(()));
        let bytes = crate::json::to_json(&form).unwrap();
        assert_eq!(crate::json::from_json::<Form>(&bytes, 100_000), Ok(form));
    }

    #[test]
    fn broken_forms_are_refused() {
        assert_eq!(with(|f| f.id = "Besar".to_owned()), Err(FormError::Id("form")));
        assert_eq!(with(|f| f.categories.clear()), Err(FormError::Count("categories")));
        assert_eq!(with(|f| field(f, 1).id = "kategori".to_owned()), Err(FormError::Id("fields")));
        assert_eq!(with(|f| field(f, 1).label.en.clear()), Err(FormError::Text("fields")));
        assert_eq!(with(|f| field(f, 1).label.en = "\u{1b}[2J".to_owned()), Err(FormError::Text("fields")));
        let text = |min, max| FieldKind::Text { long: false, min, max };
        assert_eq!(with(|f| field(f, 1).kind = text(2, 1)), Err(FormError::Range("text fields")));
        assert_eq!(with(|f| field(f, 1).kind = text(0, 10_001)), Err(FormError::Range("text fields")));
        let clock = |f: &mut Form, until: &str| f.clocks.first_mut().unwrap().until = vec![until.to_owned()];
        assert_eq!(with(|f| clock(f, "nanti")), Err(FormError::Reference("clocks")));
        let one_of = |f: &mut Form| f.one_of.first_mut().unwrap().fields.push("lain".to_owned());
        assert_eq!(with(one_of), Err(FormError::Reference("one-of sets")));
    }

    #[test]
    fn groups_do_not_nest() {
        let nest = |f: &mut Form| {
            let inner = field(f, 2).clone();
            if let FieldKind::Group { fields, .. } = &mut field(f, 2).kind {
                fields.push(inner);
            }
        };
        assert_eq!(with(nest), Err(FormError::Reference("groups")));
    }

    #[test]
    fn the_identity_of_the_reporter_is_never_demanded() {
        let ask = |f: &mut Form, need| {
            field(f, 4).role = Some(Role::Identity);
            field(f, 4).need = need;
        };
        assert_eq!(with(|f| ask(f, Need::Required)), Err(FormError::DemandsIdentity));
        assert_eq!(with(|f| ask(f, Need::Expected)), Err(FormError::DemandsIdentity));
        assert_eq!(with(|f| ask(f, Need::Optional)), Ok(()));
    }
}
