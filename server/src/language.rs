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
