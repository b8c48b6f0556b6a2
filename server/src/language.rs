//! Texts in Indonesian and English.

use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, langid};
use http::{HeaderMap, header};
use serde::Deserialize;

fluent_templates::static_loader! {
    static MESSAGES = {
        locales: "./messages",
        fallback_language: "id",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The language of a reader; Indonesian unless English is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::Id, Self::En];

    /// Returns the language that `Accept-Language` prefers.
    pub fn of(headers: &HeaderMap) -> Self {
        let value =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0, Self::Id);
        for range in value.split(',').take(16) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let Some(language) = Self::of_tag(tag) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// Returns the language of `BISIK_LANG`, `id` or `en`, if it is one.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else if primary.eq_ignore_ascii_case("id") || primary.eq_ignore_ascii_case("in") {
            Some(Self::Id)
        } else {
            None
        }
    }

    /// Returns the two letters of the language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    /// Returns a message; one that is missing gives its own name, and a test sees to it that none is.
    pub fn text(self, id: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let args: HashMap<_, _> = args.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        let found = MESSAGES.lookup_single_language::<std::borrow::Cow<'static, str>>(
            &self.identifier(),
            id,
            Some(&args),
        );
        found.unwrap_or_else(|_| id.to_owned())
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Id => langid!("id"),
            Self::En => langid!("en"),
        }
    }
}

/// Reads a weight from `0` to `1` with up to three decimals, as thousandths; anything else weighs nothing.
fn thousandths(text: &str) -> u32 {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = format!("{decimals:0<3}");
    match (whole, digits.len(), digits.parse::<u32>()) {
        ("1", 3, Ok(0)) => 1000,
        ("0", 3, Ok(weight)) => weight,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
        Language::of(&headers)
    }

    /// Returns the ids of a message file, attributes included.
    fn ids(file: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut message = "";
        for line in file.lines() {
            let Some((id, _)) = line.split_once(" =") else { continue };
            match id.strip_prefix("    .") {
                Some(attribute) => ids.push(format!("{message}.{attribute}")),
                None => {
                    message = id;
                    ids.push(id.to_owned());
                }
            }
        }
        ids
    }

    #[test]
    fn both_languages_say_the_same_things_and_the_code_says_nothing_else() {
        let indonesian = ids(include_str!("../messages/id/server.ftl"));
        assert_eq!(indonesian, ids(include_str!("../messages/en/server.ftl")));
        assert!(indonesian.len() > 100);
        let names = [
            "agency", "courier", "desk", "error", "files", "missing", "number", "place", "public", "removed",
            "reports", "serial", "version",
        ];
        let args = names.map(|name| (name, "x".into()));
        for id in &indonesian {
            for language in Language::ALL {
                assert_ne!(language.text(id, &args), *id);
            }
        }
        let sources = [
            include_str!("command.rs"),
            include_str!("run.rs"),
            include_str!("upkeep.rs"),
            include_str!("events.rs"),
            include_str!("health.rs"),
            include_str!("routes/publish.rs"),
            include_str!("routes/put_card.rs"),
            include_str!("routes/form.rs"),
        ];
        let quoted = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
        for word in quoted.filter(|word| ["cli-", "error-"].iter().any(|start| word.starts_with(start))) {
            assert!(indonesian.contains(&word.to_owned()), "{word}");
        }
        let events = sources.iter().flat_map(|source| source.split(".write(").skip(1));
        for event in events.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next()) {
            assert!(indonesian.contains(&format!("event-{event}")), "{event}");
        }
        for alarm in crate::health::AlarmCode::ALL {
            assert!(indonesian.contains(&format!("event-{}", alarm.event())));
            assert_eq!(serde_json::to_value(alarm).unwrap(), alarm.event());
        }
    }

    #[test]
    fn indonesian_unless_english_is_preferred() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Id);
        for value in
            ["en", "EN-us", "en-US,en;q=0.5", "id;q=0.3, en;q=0.8", "fr, en;q=0.1", "id;q=0,en;q=0.001"]
        {
            assert_eq!(of(value), Language::En, "{value}");
        }
        for value in ["id", "", "fr", "in", "en;q=0.5,id", "en;q=0", "en;q=x", "english", "*"] {
            assert_eq!(of(value), Language::Id, "{value}");
        }
    }
}
