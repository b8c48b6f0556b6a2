//! The receipt at the terminal: asked for, shown, and asked back.

use bisik_formats::ids::AgencyId;
use bisik_sealing::receipt::{GROUPS, Receipt};
use bisik_term::{Asking, CommandError, Piped};

use crate::env::{Env, Random};
use crate::error::receipt_error;

/// How often a person may mistype.
const ATTEMPTS: usize = 4;

/// Asks for the receipt, or takes it from the first line of standard input. A wrong one is refused at once, before
/// any request is made.
///
/// # Errors
/// Fails if the receipt is none of this agency.
pub fn ask<R>(agency: &AgencyId, env: &Env<'_, R>) -> Result<Receipt, CommandError> {
    let question = env.ui.text("ask-receipt", &[]);
    let mut left = if env.ui.asking() == Asking::Nobody { 1 } else { ATTEMPTS };
    loop {
        let typed = env.ui.ask_secret(&question, Piped::Allowed)?;
        left -= 1;
        match Receipt::parse(&typed, agency) {
            Ok(receipt) => return Ok(receipt),
            Err(error) if left == 0 => return Err(receipt_error(error)),
            Err(error) => env.ui.error(&receipt_error(error)),
        }
    }
}

/// Shows a new receipt, the only thing the reporter keeps.
///
/// # Errors
/// Fails if it cannot be shown; the thread is lost then.
pub fn show<R>(receipt: &Receipt, env: &Env<'_, R>) -> Result<(), CommandError> {
    env.ui.status("receipt-here", &[]);
    env.ui.data(&receipt.expose_text())?;
    env.ui.status("receipt-keep", &[]);
    Ok(())
}

/// Asks two random groups back, so that a receipt that was noted wrongly is found while it still stands there.
///
/// An empty answer says that it was noted in another way.
///
/// # Errors
/// Fails if the terminal does.
pub fn ask_back<R: Random>(receipt: &Receipt, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    if env.ui.asking() == Asking::Nobody {
        return Ok(());
    }
    for group in two_groups(env.rng) {
        let question = env.ui.text("ask-receipt-group", &[("group", group.saturating_add(1).into())]);
        loop {
            let typed = zeroize::Zeroizing::new(env.ui.ask_line(&question)?);
            if typed.is_empty() {
                env.ui.status("receipt-noted-otherwise", &[]);
                return Ok(());
            }
            if is_group(receipt, group, &typed) {
                break;
            }
            env.ui.warn("receipt-group-wrong", &[]);
            env.ui.data(&receipt.expose_text())?;
        }
    }
    env.ui.status("receipt-checked", &[]);
    Ok(())
}

fn is_group(receipt: &Receipt, group: usize, typed: &str) -> bool {
    let normal = bisik_formats::crockford::normalize(typed).map(zeroize::Zeroizing::new);
    match (normal, receipt.expose_group(group)) {
        (Ok(typed), Some(group)) => *typed == *group,
        _ => false,
    }
}

/// Draws two different groups, in order.
fn two_groups(rng: &mut impl Random) -> [usize; 2] {
    // The remainder favours some groups by less than one in a thousand million.
    let mut draw = |below: usize| rng.next_u32() as usize % below;
    let (first, second) = (draw(GROUPS), draw(GROUPS - 1));
    let second = if second >= first { second + 1 } else { second };
    [first.min(second), first.max(second)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use bisik_formats::day::Day;
    use bisik_term::testing::Screen;
    use bisik_term::{Language, Messages};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn agency() -> AgencyId {
        AgencyId::parse_fingerprint("0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ").unwrap()
    }

    fn with<T>(screen: &Screen, seed: u64, act: impl FnOnce(&mut Env<'_, StdRng>) -> T) -> T {
        let mut rng = StdRng::seed_from_u64(seed);
        let today: Day = "2026-11-22".parse().unwrap();
        act(&mut Env { ui: screen.ui(), today, rng: &mut rng, pause: &|_| () })
    }

    fn messages() -> Messages {
        Messages::new(Language::English, crate::messages())
    }

    fn receipt() -> Receipt {
        Receipt::generate(&agency(), &mut StdRng::seed_from_u64(1))
    }

    #[test]
    fn a_piped_receipt_is_read_once() {
        let text = receipt().expose_text().to_lowercase().replace('-', " ");
        let screen = Screen::piped(messages(), &format!("{text}\nrest"));
        let read = with(&screen, 2, |env| ask(&agency(), env)).unwrap();
        assert_eq!(*read.expose_text(), *receipt().expose_text());
        assert_eq!(screen.err(), "");
        let wrong = Screen::piped(messages(), "abc\n");
        assert_eq!(with(&wrong, 2, |env| ask(&agency(), env)).err().unwrap().id(), "err-receipt-length");
    }

    #[test]
    fn a_person_may_mistype() {
        let mut wrong = receipt().expose_text().to_string();
        wrong.replace_range(0..1, if wrong.starts_with('0') { "1" } else { "0" });
        let screen = Screen::new(messages(), &format!("{wrong}\n{}\n", *receipt().expose_text()));
        assert!(with(&screen, 2, |env| ask(&agency(), env)).is_ok());
        assert!(screen.err().contains("another agency"), "{}", screen.err());
    }

    #[test]
    fn two_groups_are_asked_back() {
        let groups = two_groups(&mut StdRng::seed_from_u64(5));
        let text = receipt().expose_text().to_lowercase();
        let group = |n: usize| text.split('-').nth(groups[n]).unwrap().to_owned();
        let screen = Screen::new(messages(), &format!("zzzz\n{}\n{}\n", group(0), group(1)));
        with(&screen, 5, |env| ask_back(&receipt(), env)).unwrap();
        assert!(screen.out().contains(&*receipt().expose_text()), "shown again after the wrong one");
        let skipped = Screen::new(messages(), "\n");
        with(&skipped, 5, |env| ask_back(&receipt(), env)).unwrap();
        let nobody = Screen::piped(messages(), "");
        with(&nobody, 5, |env| ask_back(&receipt(), env)).unwrap();
        assert_eq!(nobody.err(), "");
    }

    #[test]
    fn groups_differ_and_lie_in_range() {
        for seed in 0..500 {
            let [first, second] = two_groups(&mut StdRng::seed_from_u64(seed));
            assert!(first < second && second < GROUPS);
        }
    }
}
