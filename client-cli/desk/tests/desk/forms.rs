//! The forms of deploy/forms: sound, signable, in plain words, and without a demand to know the reporter.

use std::fs;
use std::path::PathBuf;

use bisik_desk::root::{self, RootError, demanded_identity};
use bisik_formats::form::{FieldKind, Form, Need, Role, Text};

use crate::agency::{Agency, CARD, FORM, passphrase};

/// The agencies with a form.
const NAMES: [&str; 6] = ["banten", "kpk", "ntt-biro-umum", "ntt-diskominfo", "tangsel", "tarakan"];
/// The most bytes of a card with any of these forms.
const MAX_CARD: usize = 64 * 1024;
/// The most words of a sentence.
const MAX_WORDS: usize = 20;
/// What blocks sending, in every form.
const REQUIRED: [&str; 3] = ["apa", "kategori", "siapa"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/forms")
}

fn forms() -> Vec<(&'static str, String, Form)> {
    let read = |name| {
        let text = fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
        let form: Form = toml::from_str(&text).unwrap();
        (name, text, form)
    };
    NAMES.into_iter().map(read).collect()
}

#[test]
fn every_form_of_the_repository_is_known() {
    let mut found: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, NAMES);
    for (name, _, form) in forms() {
        assert_eq!(form.id, format!("{}_1", name.replace('-', "_")));
    }
}

#[test]
fn every_form_is_signed_into_a_small_card() {
    let agency = Agency::new();
    let requests = [agency.pusat.request().unwrap(), agency.daerah.request().unwrap()];
    let key = agency.root.unlock(1, &passphrase("kunci akar satu")).unwrap();
    for (name, text, form) in forms() {
        let order = root::order(&agency.root, CARD, &text, &requests).unwrap();
        let signed = root::sign_card(&agency.root, &order, None, &key, agency.today).unwrap();
        assert_eq!(signed.card.card().form, form, "{name}");
        assert!(signed.bundle.len() <= MAX_CARD, "{name}: {} bytes", signed.bundle.len());
    }
}

#[test]
fn only_what_who_and_the_category_block_sending() {
    for (name, _, form) in forms() {
        let required = form.fields().filter(|field| field.need == Need::Required);
        let mut required: Vec<&str> = required.map(|field| field.id.as_str()).collect();
        required.sort_unstable();
        assert_eq!(required, REQUIRED, "{name}");
        assert!(form.one_of.iter().all(|set| set.need == Need::Expected), "{name}");
        let FieldKind::Group { one_of, .. } = &form.field("siapa").unwrap().kind else { panic!("{name}") };
        assert_eq!(one_of, &["nama", "jabatan", "unit"], "{name}");
    }
}

#[test]
fn every_form_asks_for_dangers_and_conflicts_and_takes_a_report_of_anything() {
    for (name, _, form) in forms() {
        for role in [Role::NeverReveal, Role::Influence, Role::Source] {
            assert_eq!(form.fields().filter(|field| field.role == Some(role)).count(), 1, "{name} {role:?}");
        }
        assert_eq!(form.self_check.iter().filter(|check| check.conflict).count(), 1, "{name}");
        assert_eq!(form.categories.last().unwrap().id, "lain", "{name}");
        assert!(form.guidance.iter().any(|advice| advice.text.id.contains("LPSK")), "{name}");
        for clock in ["jawaban_awal", "verifikasi", "kelengkapan", "pemeriksaan"] {
            assert!(form.clocks.iter().any(|known| known.id == clock), "{name}: {clock}");
        }
    }
}

#[test]
fn forms_speak_in_short_sentences_and_two_languages() {
    for (name, _, form) in forms() {
        for Text { id, en } in texts(&form) {
            for text in [id, en] {
                let longest =
                    text.split(['.', '?', '!', ':', ';']).map(|part| part.split_whitespace().count());
                assert!(longest.max().unwrap() <= MAX_WORDS, "{name}: {text}");
            }
            assert!(id != en || id.split_whitespace().count() < 3, "{name}: {id} is not translated");
        }
    }
}

#[test]
fn no_form_demands_the_identity_of_the_reporter() {
    for (name, _, form) in forms() {
        assert_eq!(demanded_identity(&form), None, "{name}");
        let with_name = ["ntt-biro-umum", "tarakan"].contains(&name);
        let asked = form.fields().find(|field| field.role == Some(Role::Identity));
        assert_eq!(
            asked.map(|field| (field.id.as_str(), field.need)),
            with_name.then_some(("nama_pelapor", Need::Optional))
        );
    }
}

#[test]
fn a_form_that_demands_the_identity_of_the_reporter_is_not_signed() {
    let agency = Agency::new();
    let requests = [agency.pusat.request().unwrap()];
    let head = "[[sections]]\nid = \"tambahan\"\ntitle = { id = \"Tambahan\", en = \"More\" }\nfields = [";
    let order =
        |field: &str| root::order(&agency.root, CARD, &format!("{FORM}\n{head}{field}]\n"), &requests);
    let field = |need: &str, role: &str| {
        format!(
            "{{ id = \"nomor\", label = {{ id = \"NIK\", en = \"National id\" }}, need = \"{need}\", kind = {{ text = {{ long = false, min = 0, max = 20 }} }}{role} }}"
        )
    };
    for role in ["", ", role = \"identity\""] {
        let refused = order(&field("required", role));
        assert!(matches!(refused, Err(RootError::DemandsIdentity { field }) if field == "nomor"));
        assert!(order(&field("optional", role)).is_ok());
    }
}

fn texts(form: &Form) -> Vec<&Text> {
    let mut texts: Vec<&Text> = form.categories.iter().map(|choice| &choice.label).collect();
    texts.extend(form.self_check.iter().flat_map(|check| [&check.question, &check.advice]));
    texts.extend(form.guidance.iter().map(|advice| &advice.text));
    texts.extend(form.statuses.iter().map(|status| &status.label));
    texts.extend(form.sections.iter().map(|section| &section.title));
    for field in form.fields() {
        texts.push(&field.label);
        texts.extend(&field.help);
        match &field.kind {
            FieldKind::Choice { options, .. } | FieldKind::Evidence { kinds: options } => {
                texts.extend(options.iter().map(|choice| &choice.label));
            }
            FieldKind::Group { fields, .. } => texts.extend(fields.iter().map(|part| &part.label)),
            _ => {}
        }
    }
    texts
}
