//! The forms in `deploy/forms` keep every rule and fit on a card.

#![allow(clippy::unwrap_used)]

use bisik_formats::card::MAX_CARD;
use bisik_formats::form::Form;
use bisik_formats::json;

#[test]
fn every_shipped_form_is_sound_and_leaves_room_on_the_card() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/forms");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let form: Form = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(form.check(), Ok(()), "{}", path.display());
        // Names, desks and contacts take a few KiB beside the form.
        assert!(json::to_json(&form).unwrap().len() < MAX_CARD - 16 * 1024, "{}", path.display());
        let conflict = form.self_check.iter().any(|question| question.conflict);
        assert!(conflict, "{} does not ask about a conflict of interest", path.display());
        seen += 1;
    }
    assert!(seen > 0);
}
